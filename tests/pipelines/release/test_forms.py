"""A release in other forms: Parquet that `datasets` loads with classes and pictures, labels as CSV and JSON lines."""

import csv
import json
from pathlib import Path

import pytest

from pipelines.release.forms import formed
from tests.pipelines.release.samples import EMOTIONS, face, flac, voice, write_release
from tests.pipelines.release.test_loading import WITHOUT_TORCH, run

SAMPLES = [*(voice(number) for number in range(5)), voice(5, split="test"), *(face(number) for number in range(3))]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    write_release(tmp_path / "release", SAMPLES, max_samples=3)
    return tmp_path / "release"


def test_parquet_has_media_classes_and_splits_as_datasets_wants_them(release: Path, tmp_path: Path) -> None:
    from datasets import Value, load_dataset, load_dataset_builder

    done = formed(tmp_path, "v1", release, "parquet")
    assert (done.form, done.samples) == ("parquet", 9)
    faces = load_dataset(done.folder, "face", split="train", cache_dir=str(tmp_path / "cache"))
    assert {row["image"].size for row in faces} == {(64, 48)}
    assert {row["valence"] for row in faces} == {6.5}
    features = load_dataset_builder(done.folder, "voice", cache_dir=str(tmp_path / "cache")).info.features
    assert features["emotion"].names == list(EMOTIONS)
    features["audio"] = {"bytes": Value("binary"), "path": Value("string")}
    rows = load_dataset(done.folder, "voice", features=features, cache_dir=str(tmp_path / "cache"))
    assert {split: rows[split].num_rows for split in rows} == {"train": 5, "test": 1}
    row = rows["test"][0]
    assert (row["audio"]["bytes"], row["key"]) == (flac(), voice(5).key)
    assert (row["emotion"], row["emotion_n"]) == (EMOTIONS.index("anger"), 3)


def test_parquet_loads_without_torch_where_media_are_pictures(release: Path, tmp_path: Path) -> None:
    folder = Path(formed(tmp_path, "v1", release, "parquet").folder)
    code = 'from datasets import load_dataset\nprint(load_dataset(sys.argv[1], "face", split="train")[0]["image"].size)'
    assert run(folder, tmp_path, WITHOUT_TORCH + code) == "(64, 48)\n"


def test_labels_and_answers_leave_as_text(release: Path, tmp_path: Path) -> None:
    folder = Path(formed(tmp_path, "v1", release, "jsonl").folder)
    rows = [json.loads(line) for line in (folder / "voice.jsonl").read_text("utf-8").splitlines()]
    assert [row["key"] for row in rows] == sorted(voice(number).key for number in range(6))
    assert rows[0]["emotion_soft"][0] == pytest.approx(2 / 3)
    assert len((folder / "voice-answers.jsonl").read_text("utf-8").splitlines()) == 18
    folder = Path(formed(tmp_path, "v1", release, "csv").folder)
    with (folder / "voice.csv").open(newline="", encoding="utf-8") as file:
        assert [row["emotion"] for row in csv.DictReader(file)] == ["anger"] * 6
    assert (folder / "LICENSE.md").is_file()


def test_a_form_written_again_is_the_same(release: Path, tmp_path: Path) -> None:
    def files(folder: Path) -> dict[str, bytes]:
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    first = files(Path(formed(tmp_path, "v1", release, "parquet").folder))
    assert files(Path(formed(tmp_path, "v1", release, "parquet").folder)) == first
    assert [path.name for path in (tmp_path / "forms").iterdir()] == ["v1-parquet"]
