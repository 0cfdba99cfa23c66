"""The Croissant description of a release is one that `mlcroissant` accepts, and its records are the labels."""

from pathlib import Path

import mlcroissant
import pytest

from tests.pipelines.release.samples import face, voice, write_release


@pytest.fixture
def release(tmp_path: Path) -> Path:
    write_release(tmp_path, [*(voice(number) for number in range(3)), face(4)])
    return tmp_path


def test_mlcroissant_finds_nothing_wrong_with_it(release: Path) -> None:
    dataset = mlcroissant.Dataset(jsonld=str(release / "croissant.json"))
    assert list(dataset.metadata.ctx.issues.errors) == []
    told = list(dataset.metadata.ctx.issues.warnings)
    assert all("datePublished" in line for line in told), "a date would make the same release another file"
    names = {file.name for file in dataset.metadata.distribution}
    assert {"manifest.parquet", "voice/labels.parquet", "voice/voice-train-000000.tar"} <= names


def test_the_records_are_the_labels(release: Path) -> None:
    dataset = mlcroissant.Dataset(jsonld=str(release / "croissant.json"))
    rows = list(dataset.records("voice-labels"))
    assert sorted(row["voice-labels/key"].decode() for row in rows) == sorted(voice(number).key for number in range(3))
    assert {row["voice-labels/emotion"] for row in rows} == {b"anger"}
