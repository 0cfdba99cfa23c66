"""What each scope of consent allows each verb, and that what is over stops at once: a table of scopes and verbs."""

import shutil
from pathlib import Path

import pytest

from annotate.sampling import Plan
from pipelines import collection
from pipelines.ask.proposals import propose
from pipelines.collect.add import Intake, add
from pipelines.collect.metadata import Metadata
from pipelines.collect.verdicts import check
from pipelines.engine.catalog import Catalog
from pipelines.release.gather import UNCONSENTED, gather
from pipelines.release.order import Wanted
from pipelines.release.preflight import obstacles, standing
from pipelines.release.publish import Access, inspect_release, publish_release
from pipelines.tables.scratch import scratch_folder
from schemas.errors import NotPublishable
from schemas.media import Source
from schemas.settings import Settings
from tests.pipelines.collect.test_consents import HEAD, SPEAKERS, consents
from tests.pipelines.conftest import SOURCE, answer, notified, run, small_media
from tests.pipelines.release.test_export import export
from tests.pipelines.release.test_publish import REPO, Desk, desk  # noqa: F401  # a fixture

pytestmark = pytest.mark.long

VERBS = ("run", "push", "export", "publish", "gated", "identify")
DAY, OVER = "2999-01-01", "2020-01-01"
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
def before(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A collection of two speakers, answered and released, and the folder of its keys."""
    folder, keys = tmp_path_factory.mktemp("scopes"), tmp_path_factory.mktemp("keys")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOCURATE_KEYS", str(keys))
        here = collection.make(folder / "home", "test", ("ekman",))
        add(Intake(here.home, SOURCE, Metadata(SPEAKERS), here.people), [small_media(folder / "incoming")])
        run(here.home)
        answer(here.home)
        export(here.home, Settings())
        notified(here.home)
    return here.home, keys


@pytest.fixture
def spoken(before: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it."""
    monkeypatch.setenv("EMOCURATE_KEYS", str(before[1]))
    return Path(shutil.copytree(before[0], tmp_path / "home"))


def recorded(home: Path, record: str) -> None:
    consents(home, f"speaker 0,{record}\n", HEAD.strip() + ",keep_until\n")


def rows_of_speaker(home: Path, query: str) -> int:
    person = collection.find(home).people.of("speaker 0")
    return int(Catalog(home).rows(query, [person])[0][0])


def is_run(home: Path) -> bool:
    """Whether `run` looks at the speaker's files again when their receipts are gone."""
    mine = "(SELECT asset FROM described WHERE speaker = ?)"
    with Catalog(home).open() as connection:
        connection.execute("DELETE FROM receipts WHERE stage LIKE 'Probe%'")
    run(home)
    query = f"SELECT count(*) FROM receipts WHERE stage LIKE 'Probe%' AND \"row\" IN {mine}"
    return rows_of_speaker(home, query) == 2


def is_proposed(home: Path) -> bool:
    """Whether anybody would be asked about the speaker's clips; `push` asks by the same view."""
    here = collection.find(home)
    (found,) = propose(home, here.settings, here.schemes, Plan(n=100, random_share=1.0))
    items = [one.proposal.item for one in found.proposed]
    person = here.people.of("speaker 0")
    query = (
        "SELECT count(*) FROM about o JOIN described d USING (asset) WHERE d.speaker = ? AND list_contains(?, o.item)"
    )
    return int(Catalog(home).rows(query, [person, items])[0][0]) > 0


def allowed(home: Path) -> set[str]:
    """The verbs that do their work for the speaker."""
    terms = standing(home, "v1")
    publishable = not obstacles(terms, ["CC-BY-4.0"])
    everybody = all(one.may_train for one in terms)
    with scratch_folder(home) as folder:  # what an export within the house would take; all is cut already
        taken = gather(home, Settings(), folder / "scratch.duckdb", Wanted(internal=True), lambda *_: None)
    query = "SELECT bool_and(may_identify)::INTEGER FROM rights JOIN described d USING (asset) WHERE d.speaker = ?"
    verbs = {
        "push": is_proposed(home),
        "export": taken.left_out.get(UNCONSENTED) is None,
        "publish": publishable and everybody,
        "gated": publishable,
        "identify": bool(rows_of_speaker(home, query)),
        "run": is_run(home),
    }
    return {verb for verb, does in verbs.items() if does}


@pytest.mark.parametrize(("record", "verbs"), SCOPES, ids=[str(record) for record, _ in SCOPES])
def test_a_scope_allows_these_verbs_and_no_others(record: str | None, verbs: set[str], spoken: Path) -> None:
    if record:
        recorded(spoken, record)
    assert allowed(spoken) == verbs


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
