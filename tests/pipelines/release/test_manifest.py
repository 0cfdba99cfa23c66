import hashlib
import json
from pathlib import Path

import pytest

from pipelines.release.manifest import listed_files
from schemas.errors import BadInput
from schemas.ids import canonical
from tests.pipelines.release.samples import face, voice, write_release

SAMPLES = [voice(1), voice(2, split="test"), face(3)]


def test_the_manifest_names_every_file_of_a_release_with_its_hash(tmp_path: Path) -> None:
    write_release(tmp_path, SAMPLES)
    files = {path.relative_to(tmp_path).as_posix(): path for path in tmp_path.rglob("*") if path.is_file()}
    text = files.pop("manifest.json").read_text()
    assert listed_files(text) == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}


def test_the_manifest_is_canonical_and_tells_what_is_in_it(tmp_path: Path) -> None:
    release = write_release(tmp_path, SAMPLES)
    text = (tmp_path / "manifest.json").read_text()
    told = json.loads(text)
    assert text == canonical(told) + "\n"
    assert told["name"] == "voices-1"
    assert told["counts"] == {"voice": {"train": 1, "test": 1}, "face": {"train": 1}}
    assert told["methods"] == ["majority@1", "mean@1"]
    assert [scheme["id"] for scheme in told["schemes"]] == [release.schemes[0].id]
    assert told["splits"]["salt"] == "salt"


def test_wids_reads_any_sample_by_its_number(tmp_path: Path) -> None:
    from wids import ShardListDataset

    write_release(tmp_path, [*(voice(number) for number in range(9)), voice(9, split="test")], max_samples=4)
    index = tmp_path / "voice" / "voice-train-index.json"
    assert len(json.loads(index.read_text())["shardlist"]) > 1
    rows = ShardListDataset(str(index), cache_dir=str(tmp_path / "cache"), keep=True)
    keys = sorted(voice(number).key for number in range(9))
    assert [rows[place]["__key__"] for place in (8, 0, 5)] == [keys[8], keys[0], keys[5]]


def test_a_release_written_twice_has_the_same_bytes_everywhere(tmp_path: Path) -> None:
    write_release(tmp_path / "first", SAMPLES)
    write_release(tmp_path / "second", list(reversed(SAMPLES)))
    assert (tmp_path / "first" / "manifest.json").read_text() == (tmp_path / "second" / "manifest.json").read_text()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"parts": [], "documents": {}, "format": "another"}', '{"parts": 3}']
)
def test_another_file_is_not_taken_for_a_manifest(text: str) -> None:
    with pytest.raises(BadInput, match="emocurate export"):
        listed_files(text)
