"""What each scope of consent allows each verb, and that what is over stops at once: a table of scopes and verbs."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from annotate.sampling import Plan
from pipelines import collection
from pipelines.ask.proposals import propose
from pipelines.collect.add import Intake, add
from pipelines.collect.metadata import Metadata
from pipelines.collect.verdicts import check
from pipelines.engine.catalog import Catalog
from pipelines.release.gather import gather
from pipelines.release.order import Wanted
from pipelines.release.preflight import obstacles, standing
from pipelines.release.publish import Access, inspect_release, publish_release
from pipelines.tables.scratch import scratch_database, scratch_folder
from schemas.errors import NotPublishable
from schemas.media import Source
from schemas.settings import Settings
from tests.pipelines.collect.test_consents import HEAD, consents
from tests.pipelines.conftest import Builder, answer, run
from tests.pipelines.forget.test_forget import spoken_in
from tests.pipelines.release.test_export import export
from tests.pipelines.release.test_publish import REPO, Desk, desk  # noqa: F401  # a fixture

pytestmark = pytest.mark.long

VERBS = ("run", "push", "export", "publish", "gated", "identify")
DAY, OVER = "2999-01-01", "2020-01-01"
KEPT = HEAD.strip() + ",keep_until\n"
SCOPES = [  # a record of consent, and the verbs that it allows
    (None, {"run", "push", "export", "publish", "gated"}),
    (f"annotate,,,{DAY},", {"run", "push"}),
    (f"train,,,{DAY},", {"run", "export"}),
    (f"publish,CC-BY-4.0,,{DAY},", {"run", "export", "gated"}),
    (f"train publish,CC-BY-4.0,,{DAY},", {"run", "export", "publish", "gated"}),
    (f"identify,,,{DAY},", {"run", "identify"}),
    (f"annotate train publish identify,CC-BY-4.0,,{DAY},{DAY}", set(VERBS)),
    (f"annotate train publish identify,CC-BY-4.0,withdrawn,{DAY},", set()),
    (f"annotate train publish identify,CC-BY-4.0,,{OVER},", set()),
    (f"annotate train publish identify,CC-BY-4.0,,{DAY},{OVER}", set()),
]


@pytest.fixture(scope="module")
def verbs(tmp_path_factory: pytest.TempPathFactory) -> dict[str | None, set[str]]:
    """The verbs that do their work, by record: each is that of one of ten speakers, who come from ten sources."""
    around = tmp_path_factory.mktemp("scopes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOCURATE_KEYS", str(tmp_path_factory.mktemp("keys")))
        here = collection.make(around / "home", "test", ("ekman",))
        for number in range(len(SCOPES)):
            file = around / f"tone-{number}.wav"
            soundfile.write(file, 0.2 * np.sin(np.arange(16_000) / (5 + number)), 16_000, "PCM_16")
            source = Source("licence", "CC-BY-4.0", f"made by {number}")
            add(Intake(here.home, source, Metadata({file.name: {"speaker": f"speaker {number}"}}), here.people), [file])
        run(here.home)
        answer(here.home)
        export(here.home, Settings())
        consents(here.home, "".join(f"speaker {n},{record}\n" for n, (record, _) in enumerate(SCOPES) if record), KEPT)
        return allowed(here.home)


def allowed(home: Path) -> dict[str | None, set[str]]:
    """By record, the verbs that do their work for the speaker whose record it is."""
    people = collection.find(home).people
    query = "SELECT d.speaker, d.asset, a.source FROM described d JOIN arrivals a USING (asset)"
    of = {speaker: (asset, source) for speaker, asset, source in Catalog(home).rows(query)}
    speakers = {record: of[people.of(f"speaker {number}")] for number, (record, _) in enumerate(SCOPES)}
    terms = standing(home, "v1")
    with scratch_folder(home) as folder:  # what an export within the house would take; all is cut already
        taken = gather(home, Settings(), folder / "scratch.duckdb", Wanted(internal=True), lambda *_: None)
        with scratch_database(folder / "scratch.duckdb") as connection:
            kept = connection.execute("SELECT asset FROM samples_voice WHERE reason IS NULL").fetchall()
    assert sum(map(sum, (counts.values() for counts in taken.counts.values()))) == len(kept)
    does = {
        "push": proposed(home),
        "export": {asset for (asset,) in kept},
        "identify": {asset for (asset,) in Catalog(home).rows("SELECT asset FROM rights WHERE may_identify")},
        "run": looked_at_again(home),
    }
    found = {}
    for record, (asset, source) in speakers.items():
        mine = [one for one in terms if one.source == source]
        assert mine
        publishable = not obstacles(mine, ["CC-BY-4.0"])
        found[record] = {verb for verb, assets in does.items() if asset in assets}
        found[record] |= {"gated"} if publishable else set()
        found[record] |= {"publish"} if publishable and all(one.may_train for one in mine) else set()
    return found


def looked_at_again(home: Path) -> set[str]:
    """The files that `run` looks at again when their receipts are gone."""
    with Catalog(home).open() as connection:
        connection.execute("DELETE FROM receipts WHERE stage LIKE 'Probe%'")
    run(home)
    return {asset for (asset,) in Catalog(home).rows("SELECT \"row\" FROM receipts WHERE stage LIKE 'Probe%'")}


def proposed(home: Path) -> set[str]:
    """The files about whose clips anybody would be asked; `push` asks by the same view."""
    here = collection.find(home)
    (found,) = propose(home, here.settings, here.schemes, Plan(n=100, random_share=1.0))
    items = [one.proposal.item for one in found.proposed]
    return {asset for (asset,) in Catalog(home).rows("SELECT asset FROM about WHERE list_contains(?, item)", [items])}


@pytest.mark.parametrize(("record", "allows"), SCOPES, ids=[str(record) for record, _ in SCOPES])
def test_a_scope_allows_these_verbs_and_no_others(
    record: str | None, allows: set[str], verbs: dict[str | None, set[str]]
) -> None:
    assert verbs[record] == allows


@pytest.fixture
def spoken(copy_of: Callable[[Builder], Path]) -> Path:
    """A collection of two speakers, answered and released."""
    return copy_of(spoken_in)


def recorded(home: Path, record: str) -> None:
    consents(home, f"speaker 0,{record}\n", KEPT)


def test_media_that_are_kept_too_long_are_listed_as_to_be_deleted(spoken: Path) -> None:
    recorded(spoken, SCOPES[-1][0] or "")
    (listed,) = check(collection.find(spoken))
    assert (listed.why, listed.must_go, listed.keep_until, listed.releases) == ("kept too long", True, OVER, ("v1",))


def test_what_may_not_be_trained_on_leaves_only_for_a_gated_dataset(spoken: Path, desk: Desk) -> None:  # noqa: F811
    recorded(spoken, SCOPES[3][0] or "")
    here = collection.find(spoken)
    for access in (Access(), Access(private=False)):
        with pytest.raises(NotPublishable, match=r"4 clips may be published and not trained on.*--gated"):
            publish_release(here, REPO, "v1", access=access, say=desk.said.append)
    assert REPO not in desk.hub.repos, "nothing was made"
    assert any("--gated" in line for line in inspect_release(here, "v1").look)
    done = publish_release(here, REPO, "v1", access=Access(private=False, gated=True), say=desk.said.append)
    assert (done.changed, done.private, desk.hub.repos[REPO].gated) == (True, False, "manual")
    assert not publish_release(here, REPO, "v1", access=Access(private=False), say=desk.said.append).changed


def test_the_scopes_of_a_source_hold_where_nobody_has_a_record(home: Path, media: Path) -> None:
    source = Source("consent", "CC-BY-4.0", scopes=("annotate", "publish"))
    add(Intake(home, source, Metadata(), collection.find(home).people), [media])
    query = "SELECT DISTINCT may_annotate, may_train, may_identify FROM rights"
    assert Catalog(home).rows(query) == [(True, False, False)]
