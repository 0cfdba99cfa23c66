"""The whole way: an acted corpus comes in, is asked about, released and published; one of its speakers withdraws."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
import soundfile
from PIL import Image
from skimage import data

from annotate.studio import server
from annotate.studio.client import Studio
from annotate.studio.interface import result_of
from pipelines import collection
from pipelines.ask import people
from pipelines.ask.pull import pull
from pipelines.ask.push import push
from pipelines.ask.sending import origin_of
from pipelines.collect.add import WITHDRAWN
from pipelines.collection import Collection
from pipelines.engine.catalog import Catalog
from pipelines.engine.workers import Inline
from pipelines.find.pipeline import pipeline
from pipelines.find.run import bring_up_to_date
from pipelines.forget.bytes import holds
from pipelines.forget.forget import How, forget
from pipelines.forget.verify import verify
from pipelines.imports.corpus import CorpusFolder, import_corpus
from pipelines.release.publish import publish_release
from pipelines.release.purge import purge
from tests.pipelines.conftest import notified, take_in
from tests.pipelines.release.test_export import export, files_of, samples_of
from tests.pipelines.release.test_publish import REPO, Desk, desk  # noqa: F401  # a fixture
from tests.studio_server import copied

pytestmark = pytest.mark.studio

SPEAKER = "crema-d/1002"
ACTED = {
    "1001_IEO_HAP_HI": "anna_happiness",
    "1001_IEO_NEU_XX": "anna_neutral",
    "1001_IEO_SAD_LO": "anna_sadness",
    "1002_IEO_ANG_HI": "gwen_anger",
    "1002_IEO_FEA_XX": "gwen_fear",
}
# Every id that leads to the speaker; what is released of them is listed as removed, by its id alone.
CANARIES = """
    WITH gone AS (SELECT asset FROM described WHERE speaker = $person)
    SELECT asset FROM gone UNION SELECT s.name FROM statements s JOIN gone USING (asset)
    UNION SELECT i.id FROM items i JOIN clips c ON c.id = i.ref JOIN gone USING (asset)
    UNION SELECT k.id FROM asks k JOIN about o USING (item) JOIN gone USING (asset) UNION SELECT $person"""
CLIPS = "SELECT id FROM clips WHERE asset IN (SELECT asset FROM described WHERE speaker = ?)"


@pytest.fixture
def here(tmp_path: Path, studio_template: Path) -> Iterator[Collection]:
    """A collection with a running Label Studio of its own, an acted corpus and a picture, looked through."""
    here = collection.make(tmp_path / "home", "voices", ("ekman",))
    corpus = tmp_path / "CREMA-D" / "AudioWAV"
    corpus.mkdir(parents=True)
    for name, sample in ACTED.items():
        sound, rate_hz = soundfile.read(Path(str(files("pipelines.demo"))) / "media" / f"{sample}.flac")
        soundfile.write(corpus / f"{name}.wav", sound, rate_hz, "PCM_16")
    import_corpus(CorpusFolder(here.home, here.people, corpus.parent, "crema-d", licence="CC-BY-4.0"))
    Image.fromarray(data.astronaut()).save(tmp_path / "astronaut.png")
    take_in(here.home, [tmp_path / "astronaut.png"])
    bring_up_to_date(here.home, pipeline(here.settings), Inline())
    copied(studio_template, here.home / "studio")
    people.start(here.home, None, "rater@example.com")
    notified(here.home)
    yield here
    server.stop(here.home / "studio")


def tasks(here: Collection, client: Studio) -> dict[str, int]:
    """The asks that have a task, and how many annotations it has."""
    projects = [client.found(origin_of(here.home, scheme, media)) for scheme in here.schemes for media in scheme.media]
    return {task.item_id: task.annotations for one in projects if one is not None for task in client.listed(one)}


def answer_first(here: Collection, client: Studio) -> None:
    """Answer the first task about every speaker; the others stay open."""
    scheme = here.schemes[0]
    project = client.found(origin_of(here.home, scheme, "voice"))
    assert project is not None
    firsts = Catalog(here.home).rows(
        """SELECT min(k.id) FROM asks k JOIN about o USING (item) JOIN described d USING (asset)
           WHERE o.modality = 'voice' AND k.id IN (SELECT unnest(?::VARCHAR[])) GROUP BY d.speaker""",
        [[*client.asked(project)]],
    )
    known = client.asked(project)
    for (ask,) in firsts:
        client.answer(known[ask], result_of(scheme, {"emotion": "fear", "intensity": 20}), 900)


def traces(folder: Path, canaries: set[bytes]) -> list[str]:
    """Files that hold any of these bytes, raw, but for the list of what was removed."""
    return [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "removed.txt" and holds(path, canaries)
    ]


def test_a_speaker_leaves_the_collection_label_studio_the_release_and_the_published_revision(
    here: Collection,
    desk: Desk,  # noqa: F811
) -> None:
    home, client = here.home, people.client(here.home, here.settings)
    push(here, client, 1)
    answer_first(here, client)
    pull(home, client, here.people)
    assert export(home, here.settings, unlabelled=True, by=("person", "corpus")).name == "v1"
    publish_release(here, REPO, None, say=desk.said.append)

    person = here.people.of(SPEAKER)
    clips = {clip for (clip,) in Catalog(home).rows(CLIPS, [person])}
    asks = {
        ask
        for (ask,) in Catalog(home).rows(
            "SELECT k.id FROM asks k JOIN about o USING (item) JOIN described d USING (asset) WHERE d.speaker = ?",
            [person],
        )
    }
    canaries = {text.encode() for (text,) in Catalog(home).rows(CANARIES, {"person": person})} | {SPEAKER.encode()}
    canaries |= {clip.encode() for clip in clips}
    media = next(
        (home / "media").glob(
            f"??/{min(asset for (asset,) in Catalog(home).rows('SELECT asset FROM described WHERE speaker = ?', [person]))}*"
        )
    )
    canaries.add(media.read_bytes()[20_000:20_064])
    canaries |= {path.read_bytes()[9_000:9_064] for path in (home / "cuts").rglob("*.flac") if path.stem in clips}
    before, asked, released = (
        files_of(home / "releases" / "v1"),
        tasks(here, client),
        samples_of(home / "releases" / "v1", "voice"),
    )
    open_ones = {ask for ask in asks & asked.keys() if not asked[ask]}
    holding = {
        f"voice/{path.name}"
        for path in (home / "releases" / "v1" / "voice").glob("*.tar")
        if holds(path, {one.encode() for one in clips})
    }
    assert open_ones
    assert holding
    assert {name.split("/")[0] for name in traces(home, canaries)} >= {
        "catalog.duckdb",
        "cuts",
        "media",
        "releases",
        "studio",
    }

    done = forget(here, SPEAKER, None, How())

    client = people.client(home, here.settings)
    assert tasks(here, client) == {ask: count for ask, count in asked.items() if ask not in asks}
    assert done.tasks == len(asks & asked.keys())
    after = files_of(home / "releases" / "v1")
    assert {name for name in before if name.endswith(".tar") and after.get(name) != before[name]} == holding
    assert any(name.endswith(".tar") and after.get(name) == before[name] for name in before)
    kept = {key: sample for key, sample in released.items() if key not in clips}
    assert samples_of(home / "releases" / "v1", "voice") == kept
    assert done.published == (REPO,)

    publish_release(here, REPO, None, say=desk.said.append)
    purge(REPO, REPO, "v1")
    assert verify(here, SPEAKER).found == ()
    assert traces(home, canaries) == []
    listed = desk.hub.read(REPO, "removed.txt")
    on_hub = [
        *desk.hub.objects.values(),
        *(desk.hub.read(REPO, path) for path in desk.remote()),
    ]
    assert [data[:80] for data in on_hub if data != listed and any(canary in data for canary in canaries)] == []
    assert set(listed.decode().split()) == clips & released.keys()

    again = import_corpus(CorpusFolder(home, here.people, home.parent / "CREMA-D", "crema-d", licence="CC-BY-4.0"))
    assert again.added.dropped == {WITHDRAWN: 2}
    assert [table.rows.withdrawn for table in again.imported] == [2]
    assert traces(home, canaries) == []
