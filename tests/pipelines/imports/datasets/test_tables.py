"""Datasets of Hugging Face's library come in: as it saves them to a disk, as Parquet, and from the Hub."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from datasets import Audio, ClassLabel, Dataset, DatasetDict, DatasetInfo, Features, Image, Value
from pyarrow import parquet

from annotate.ratings.flags import Flags
from pipelines.engine.catalog import Catalog
from schemas.errors import BadInput
from schemas.media import Source
from tests.mini_hub import TOKEN, MiniHub
from tests.pipelines.imports.datasets.bringing import answers, brought, keys, names
from tests.pipelines.imports.datasets.laion_shards import emolia, flac
from tests.pipelines.release.test_publish import only_loopback

UNKNOWN = Source("unknown")


def sounds(count: int, first: int = 0) -> Dataset:
    rows = [
        {"audio": {"bytes": flac(first + n), "path": f"{n}.flac"}, "label": n % 2, "speaker_id": f"s{n}", "snr": 1.5}
        for n in range(count)
    ]
    features = Features(
        {
            "audio": Audio(decode=False),
            "label": ClassLabel(names=["anger", "joy"]),
            "speaker_id": Value("string"),
            "snr": Value("float32"),
        }
    )
    table = pa.Table.from_pylist(
        rows, features.arrow_schema
    )  # `from_list` would load torch to look for sounds to encode
    return Dataset(table, DatasetInfo(features=features))


def test_a_saved_dataset_gives_its_sounds_and_its_classes_by_name(home: Path, tmp_path: Path) -> None:
    sounds(3).save_to_disk(str(tmp_path / "saved"))
    done = brought(home, tmp_path / "saved", flags=Flags(wide=("emotion=label",)))
    assert done.counts.kept == 3
    assert [row[1:] for row in answers(home)] == [
        ("emotion", '"anger"', "corpus"),
        ("emotion", '"joy"', "corpus"),
        ("emotion", '"anger"', "corpus"),
    ]
    assert done.roles == {"speaker": "speaker_id"}
    assert done.unused_columns == {"snr": 3}


def test_splits_of_a_saved_dataset_have_keys_of_their_own(home: Path, tmp_path: Path) -> None:
    DatasetDict({"train": sounds(2), "test": sounds(2, first=5)}).save_to_disk(str(tmp_path / "d"))
    done = brought(home, tmp_path / "d")
    assert (done.added.new, done.counts.splits) == (4, {"train": 2, "test": 2})


def test_parquet_with_pictures_comes_in_by_the_column_that_holds_them(home: Path, tmp_path: Path) -> None:
    from PIL import Image as Picture

    pictures = [Picture.new("RGB", (40, 40), (60 * n, 20, 90)) for n in range(3)]
    features = Features({"face": Image(), "emotions": Value("string")})
    rows = [{"face": one, "emotions": '{"Joy": 2}'} for one in pictures]
    Dataset.from_list(rows, features=features).to_parquet(str(tmp_path / "faces.parquet"))
    done = brought(home, tmp_path / "faces.parquet", name="faces", flags=Flags(wide=("joy=emotions.Joy",)))
    assert done.counts.kept == 3
    assert names(home)[0] == "faces/faces/000000.face"


def test_plain_bytes_are_media_and_a_row_without_any_is_dropped(home: Path, tmp_path: Path) -> None:
    parquet.write_table(pa.table({"wav": [flac(1), None, b"nothing"], "n": [1, 2, 3]}), tmp_path / "b.parquet")
    done = brought(home, tmp_path / "b.parquet")
    assert done.counts.kept == 1
    assert done.counts.dropped["its media columns are empty"] == 1


def test_a_path_in_a_table_never_leads_out_of_its_folder(home: Path, tmp_path: Path) -> None:
    (tmp_path / "private.flac").write_bytes(flac(9))
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "in.flac").write_bytes(flac(1))
    cells = [{"bytes": None, "path": path} for path in ("in.flac", "../private.flac", "gone.flac")]
    parquet.write_table(pa.table({"audio": cells}), folder / "d.parquet")
    done = brought(home, folder)
    assert done.counts.kept == 1
    assert list(done.counts.dropped) == ["a path that leads out of the dataset's folder"]
    assert len(done.counts.failed) == 1
    (folder / "gone.flac").write_bytes(flac(2))
    assert brought(home, folder).counts.failed == []
    assert Catalog(home).rows("SELECT count(*) FROM open_failures") == [(0,)]


def test_a_parquet_file_that_is_cut_off_costs_no_other(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    for number in range(2):
        parquet.write_table(pa.table({"wav": [flac(number)]}), folder / f"{number}.parquet")
    with (folder / "1.parquet").open("rb+") as file:
        file.truncate(100)
    done = brought(home, folder / "0.parquet", folder / "1.parquet", name="d")
    assert done.counts.kept == 1
    assert len(done.counts.dropped) == 1


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MiniHub]:
    running = MiniHub(tmp_path / "hub").start()
    monkeypatch.setenv("HF_ENDPOINT", running.url)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(socket, "getaddrinfo", only_loopback(socket.getaddrinfo))
    running.create("owner/emolia", private=False)
    yield running
    running.stop()


def uploaded(hub: MiniHub, folder: Path, card: str = "") -> None:
    files: dict[str, Any] = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    hub.put("owner/emolia", files | ({"README.md": card.encode()} if card else {}))


def test_shards_on_the_hub_come_with_the_licence_of_the_card(home: Path, tmp_path: Path, hub: MiniHub) -> None:
    uploaded(hub, emolia(tmp_path / "e", shards=2, samples=2), "---\nlicense: cc-by-4.0\n---\nwords")
    done = brought(home, "hf://owner/emolia", source=UNKNOWN)
    assert done.counts.kept == 4
    assert (done.source.basis, done.source.licence) == ("licence", "CC-BY-4.0")
    assert str(done.source.evidence).startswith("card of the dataset at ")
    assert str(done.source.address).startswith(f"{hub.url}/datasets/owner/emolia/tree/")
    assert keys(home)[0] == ("emolia", "emolia-000000/000000")


def test_a_file_the_hub_does_not_give_is_failed_and_comes_the_next_time(
    home: Path, tmp_path: Path, hub: MiniHub
) -> None:
    uploaded(hub, emolia(tmp_path / "e", shards=2, samples=2))
    hub.fault = lambda _, path: 404 if "resolve" in path and "000001.tar" in path else None
    done = brought(home, "hf://owner/emolia")
    assert (done.counts.kept, len(done.counts.failed)) == (2, 1)
    hub.fault = lambda *_: None
    again = brought(home, "hf://owner/emolia")
    assert (again.counts.kept, again.added.new, again.counts.failed) == (4, 2, [])


def test_a_dataset_that_is_not_there_is_said(home: Path, hub: MiniHub) -> None:
    with pytest.raises(BadInput, match="there is no dataset owner/none"):
        brought(home, "hf://owner/none")
    with pytest.raises(BadInput, match="names no dataset"):
        brought(home, "hf://owner")
