"""Clips of a release that stand in somebody else's corpus are found: by their sound, their picture, or their name."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.engine.catalog import Catalog, insert
from pipelines.find import fingerprints
from pipelines.find.contamination import Contamination, against
from schemas.duplicates import DuplicateSettings
from schemas.errors import BadInput
from schemas.media import CorpusKey
from tests.curate.prints.test_pictures import jpeg, scene
from tests.curate.twins.test_sounds import encoded, noisy, talk
from tests.pipelines.conftest import Builder, empty_in, take_in
from tests.pipelines.find.test_groups import looked_at, written

SETTINGS = DuplicateSettings(shared=0.4)


def released_in(home: Path, media: Path) -> None:
    """A collection of six sounds and four pictures, all of whose clips are released, half of them in test."""
    empty_in(home, media)
    sounds = {f"s{n}": talk(3000, n) for n in range(6)}
    take_in(home, [written(media, sounds, {f"p{n}": scene(n) for n in range(4)})])
    looked_at(home)
    clips = [clip for (clip,) in Catalog(home).rows("SELECT id FROM live_clips ORDER BY id")]
    with Catalog(home).open() as connection:
        insert(connection, "releases", {"id": ["r"], "name": ["v1"], "body": ["{}"]})
        splits = ["test" if place % 2 else "train" for place in range(len(clips))]
        insert(connection, "released", {"release": ["r"] * len(clips), "clip": clips, "split": splits})


@pytest.fixture
def released(copy_of: Callable[[Builder], Path]) -> Path:
    return copy_of(released_in)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Another corpus: altered copies of two of the sounds and of one picture, and things of its own."""
    sounds = {"x1": encoded(talk(3000, 2), "mp3"), "x2": noisy(talk(3000, 4) / 3), "x3": talk(3000, 70)}
    folder = written(tmp_path / "theirs", sounds, {"y1": jpeg(scene(3), 40).resize((200, 150)), "y2": scene(80)})
    (folder / "notes.txt").write_text("not media")
    return folder


def files_found(home: Path, found: Contamination) -> set[tuple[str, str]]:
    rows = Catalog(home).rows("SELECT c.id, s.name FROM clips c JOIN statements s USING (asset)")
    names = dict(rows)
    return {(names[match.clip], match.there) for match in found.matches}


COPIES = {("s2.flac", "x1.flac"), ("s4.flac", "x2.flac"), ("p3.png", "y1.png")}


def test_altered_copies_in_a_folder_are_found_and_nothing_else(released: Path, corpus: Path) -> None:
    found = against(released, corpus, SETTINGS)
    assert files_found(released, found) == COPIES
    assert (found.clips, found.files, found.unread) == (16, 5, 1)
    assert sum(found.splits.values()) == len({match.clip for match in found.matches}) == 5


def test_a_file_of_fingerprints_tells_what_the_media_tell(released: Path, corpus: Path, tmp_path: Path) -> None:
    done = fingerprints.write(released, tmp_path / "ours.parquet")
    assert (done.clips, done.without) == (16, 0)
    found = against(released, tmp_path / "ours.parquet", SETTINGS)
    assert {match.clip for match in found.matches} == {match.there for match in found.matches}
    assert len({match.clip for match in found.matches}) == 16


def test_a_file_of_fingerprints_holds_a_kilobyte_a_clip_and_no_vector(released: Path, tmp_path: Path) -> None:
    fingerprints.write(released, tmp_path / "ours.parquet")
    table = pq.read_table(tmp_path / "ours.parquet")
    assert table.column_names == ["key", "split", "kind", "bits"]
    assert max(map(len, table.column("bits").to_pylist())) + 32 + 16 < 1024
    long = fingerprints.Fingerprint("k", "test", "sound", np.arange(10_000, dtype=np.uint64))
    assert len(fingerprints._middle(long.words)) == fingerprints.MOST_WORDS


def test_ids_in_a_table_are_found_in_whichever_column(released: Path, tmp_path: Path) -> None:
    ((asset,),) = Catalog(released).rows("SELECT asset FROM statements WHERE name = 's1.flac'")
    Catalog(released).add([CorpusKey(asset, "theirs", "utt-17")])
    (tmp_path / "ids.csv").write_text("id,split\nutt-17,train\nutt-99,train\n")
    found = against(released, tmp_path / "ids.csv", SETTINGS)
    assert files_found(released, found) == {("s1.flac", "utt-17")}
    assert found.matches[0].why == "named in column id"


def test_what_cannot_be_compared_is_refused(released: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no"):
        against(released, tmp_path / "nothing", SETTINGS)
    pq.write_table(pa.table({"a": [1]}), tmp_path / "other.parquet")
    with pytest.raises(BadInput, match="no file of fingerprints"):
        against(released, tmp_path / "other.parquet", SETTINGS)


def test_without_a_release_there_is_nothing_to_compare(home: Path, corpus: Path) -> None:
    with pytest.raises(BadInput, match="emocurate export"):
        against(home, corpus, SETTINGS)
