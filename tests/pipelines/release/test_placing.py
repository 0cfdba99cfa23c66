"""A released clip keeps its shard, and a release rewrites those shards alone that differ."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipelines.engine.catalog import Catalog
from pipelines.release import writing
from pipelines.release.records import rows_of
from schemas.answers import Answer, Rater
from tests.pipelines.conftest import answer, run, take_in
from tests.pipelines.release.test_export import SETTINGS, export, files_of


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MAX_SAMPLES", 2)


def released(home: Path) -> Path:
    return Path(export(home, SETTINGS).folder)


def shards(folder: Path) -> dict[str, int]:
    """The tars of a release by their paths, each with what the disk knows it by."""
    return {path.relative_to(folder).as_posix(): path.stat().st_ino for path in folder.rglob("*.tar")}


def places(folder: Path) -> dict[str, str]:
    return {row["sample"]: row["shard"] for row in rows_of(folder / "manifest.parquet")}


def another_answer(home: Path) -> str:
    """A fourth rater sees one clip otherwise; gives the clip."""
    query = """SELECT a.ask, b.clip FROM answers a JOIN asks k ON k.id = a.ask JOIN about b USING (item)
               WHERE a.question = 'emotion' AND b.modality = 'voice' ORDER BY ALL LIMIT 1"""
    ((ask, clip),) = Catalog(home).rows(query)
    rater = Rater("p" + "9" * 16, "person")
    Catalog(home).add(
        [rater, Answer("origin-1", ask, "emotion", rater.id, "2026-02-02T00:00:00.000000Z", '"fear"', "given")]
    )
    return str(clip)


def test_an_answer_rewrites_the_shard_of_its_clip_alone(answered: Path) -> None:
    first = released(answered)
    clip = another_answer(answered)
    second = released(answered)
    before, after = shards(first), shards(second)
    assert len(before) > 4
    assert before.keys() == after.keys()
    assert {path for path in before if before[path] != after[path]} == {places(second)[clip]}
    assert places(first) == places(second)


def test_new_clips_leave_the_old_ones_where_they_are(answered: Path, tmp_path: Path) -> None:
    first = released(answered)
    for number in range(3):
        tone = 0.2 * np.sin(np.arange(16_000) / (25 + number))
        soundfile.write(tmp_path / f"late-{number}.wav", tone, 16_000, "PCM_16")
    take_in(answered, sorted(tmp_path.glob("late-*.wav")))
    run(answered)
    answer(answered, "origin-2")
    second = released(answered)
    before, after = places(first), places(second)
    assert len(after) == len(before) + 6
    assert before.items() <= after.items()


def test_a_release_whose_folder_was_lost_comes_back_byte_for_byte(answered: Path) -> None:
    released(answered)
    another_answer(answered)
    second = released(answered)
    before = files_of(second)
    shutil.rmtree(answered / "releases")
    assert released(answered) == second
    assert files_of(second) == before


def test_a_shard_that_was_damaged_is_not_taken_over(answered: Path) -> None:
    first = released(answered)
    another_answer(answered)
    damaged = next(first.glob("face/*.tar"))
    damaged.write_bytes(damaged.read_bytes()[:-512])
    second = released(answered)
    assert (second / damaged.relative_to(first)).stat().st_size == damaged.stat().st_size + 512
