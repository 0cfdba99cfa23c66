"""Folders of media with a table or with classes as folders, and lhotse manifests, come in as datasets."""

import gzip
import json
from pathlib import Path

import pytest

from annotate.ratings.flags import Flags
from pipelines import collection
from pipelines.engine.catalog import Catalog
from schemas.errors import BadInput
from tests.pipelines.imports.datasets.bringing import answers, brought, names
from tests.pipelines.imports.datasets.laion_shards import flac


def put(path: Path, number: int, seconds: float = 1.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(flac(number, seconds))


def test_an_audiofolder_comes_with_its_metadata(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "d"
    put(folder / "train" / "a.flac", 1)
    put(folder / "train" / "b.flac", 2)
    (folder / "train" / "metadata.csv").write_text("file_name,emotion,speaker\na.flac,joy,ann\nb.flac,fear,bob\n")
    done = brought(home, folder, flags=Flags(wide=("emotion",)))
    assert [row[:3] for row in answers(home)] == [
        ("train/a.flac", "emotion", '"joy"'),
        ("train/b.flac", "emotion", '"fear"'),
    ]
    assert done.roles == {"speaker": "speaker"}
    assert done.counts.splits == {"train": 2}


def test_a_table_that_names_a_file_that_is_not_there_fails_that_row_alone(home: Path, tmp_path: Path) -> None:
    put(tmp_path / "d" / "a.flac", 1)
    put(tmp_path / "d" / "more.flac", 2)
    (tmp_path / "d" / "metadata.csv").write_text("file_name\na.flac\ngone.flac\n../out.flac\n")
    done = brought(home, tmp_path / "d")
    assert (done.counts.kept, len(done.counts.failed)) == (2, 1)
    assert list(done.counts.dropped) == ["a path that leads out of the folder of its table"]


def test_folders_can_be_the_classes(home: Path, tmp_path: Path) -> None:
    put(tmp_path / "d" / "train" / "joy" / "a.flac", 1)
    put(tmp_path / "d" / "test" / "fear" / "b.flac", 2)
    brought(home, tmp_path / "d", flags=Flags(wide=("emotion=folder",)))
    assert [row[1:3] for row in answers(home)] == [("emotion", '"fear"'), ("emotion", '"joy"')]


def test_a_table_that_names_no_files_is_refused_with_its_columns(home: Path, tmp_path: Path) -> None:
    put(tmp_path / "d" / "a.flac", 1)
    (tmp_path / "d" / "metadata.csv").write_text("x,y\n1,2\n")
    with pytest.raises(BadInput, match="has no column 'file_name'.*it has x, y"):
        brought(home, tmp_path / "d")


def manifests(folder: Path, supervisions: list[dict[str, object]]) -> Path:
    put(folder / "audio" / "r1.flac", 1, 4.0)
    put(folder / "audio" / "r2.flac", 2, 1.0)
    recordings = [
        {
            "id": name,
            "sources": [{"type": "file", "channels": [0], "source": f"audio/{name}.flac"}],
            "duration": seconds,
        }
        for name, seconds in (("r1", 4.0), ("r2", 1.0))
    ]
    recordings.append({"id": "r3", "sources": [{"type": "url", "source": "https://example.org/x.wav"}], "duration": 1})
    (folder / "recordings.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in recordings))
    lines = "".join(f"{json.dumps(one)}\n" for one in supervisions)
    (folder / "supervisions.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    return folder


def test_lhotse_supervisions_are_about_stretches_or_about_the_whole(home: Path, tmp_path: Path) -> None:
    told = [
        {"id": "s1", "recording_id": "r1", "start": 0.5, "duration": 1.25, "speaker": "a", "custom": {"mood": "joy"}},
        {"id": "s2", "recording_id": "r1", "start": 2.0, "duration": 1.0, "speaker": "b", "custom": {"mood": "fear"}},
        {"id": "s3", "recording_id": "r2", "start": 0, "duration": 1.0, "speaker": "a", "custom": {"mood": "joy"}},
        {"id": "s4", "recording_id": "r9", "start": 0, "duration": 1.0},
    ]
    done = brought(home, manifests(tmp_path / "l", told), flags=Flags(wide=("mood",), categories=("joy", "fear")))
    assert (done.counts.rows, done.counts.kept, done.counts.segments) == (4, 2, 2)
    rows = Catalog(home).rows(
        """SELECT o.clip_kind, o.start_ms, o.end_ms, a.value FROM answers a JOIN asks k ON k.id = a.ask
           JOIN about o USING (item) ORDER BY ALL"""
    )
    assert rows == [
        ("utterance", 500, 1750, '"joy"'),
        ("utterance", 2000, 3000, '"fear"'),
        ("whole", None, None, '"joy"'),
    ]
    people = collection.find(home).people
    assert Catalog(home).rows("SELECT speaker FROM described WHERE speaker IS NOT NULL") == [(people.of("l/a"),)]
    assert names(home) == ["l/r1.flac", "l/r2.flac"]
    assert sorted(done.counts.dropped) == [
        "1 supervisions of a recording that no manifest has",
        "its sources are no files but url",
    ]


def test_a_time_that_is_none_costs_one_recording(home: Path, tmp_path: Path) -> None:
    told = [{"id": "s1", "recording_id": "r1", "start": "soon", "duration": 1}]
    done = brought(home, manifests(tmp_path / "l", told))
    assert done.counts.kept == 1
    assert any("a time in its manifest is none" in reason for reason in done.counts.dropped)
