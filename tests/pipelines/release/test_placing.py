"""A released clip keeps its shard, and a release rewrites those shards alone that differ."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipelines.engine.catalog import Catalog
from pipelines.release import writing
from pipelines.release.records import rows_of
from schemas.answers import Answer, Rater
from tests.pipelines.conftest import Builder, answer, answered_in, run, take_in
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


ANSWERED = """SELECT a.ask, b.clip FROM answers a JOIN asks k ON k.id = a.ask JOIN about b USING (item)
              WHERE a.question = 'emotion' AND b.modality = 'voice' ORDER BY ALL LIMIT 1"""


def another_answer(home: Path, of: str = "9") -> None:
    """A further rater sees the first clip otherwise."""
    ((ask, _),) = Catalog(home).rows(ANSWERED)
    rater = Rater("p" + of * 16, "person")
    Catalog(home).add(
        [rater, Answer("origin-1", ask, "emotion", rater.id, "2026-02-02T00:00:00.000000Z", '"fear"', "given")]
    )


def twice_in(home: Path, media: Path) -> None:
    """A collection with a release v1 of small shards, one more answer, and a release v2 that has it."""
    answered_in(home, media)
    released(home)
    another_answer(home)
    released(home)


@pytest.fixture
def twice(copy_of: Callable[[Builder], Path]) -> Path:
    return copy_of(twice_in)


def test_an_answer_rewrites_the_shard_of_its_clip_alone(made_once: Callable[[Builder], Path]) -> None:
    first, second = (made_once(twice_in) / "home" / "releases" / name for name in ("v1", "v2"))
    ((_, clip),) = Catalog(made_once(twice_in) / "home").rows(ANSWERED)
    before, after = shards(first), shards(second)
    assert len(before) > 4
    assert before.keys() == after.keys()
    assert {path for path in before if before[path] != after[path]} == {places(second)[clip]}
    assert places(first) == places(second)


def test_new_clips_leave_the_old_ones_where_they_are(twice: Path, tmp_path: Path) -> None:
    first = twice / "releases" / "v2"
    for number in range(3):
        tone = 0.2 * np.sin(np.arange(16_000) / (25 + number))
        soundfile.write(tmp_path / f"late-{number}.wav", tone, 16_000, "PCM_16")
    take_in(twice, sorted(tmp_path.glob("late-*.wav")))
    run(twice)
    answer(twice, "origin-2")
    second = released(twice)
    before, after = places(first), places(second)
    assert len(after) == len(before) + 6
    assert before.items() <= after.items()


def test_a_release_whose_folder_was_lost_comes_back_byte_for_byte(twice: Path) -> None:
    second = twice / "releases" / "v2"
    before = files_of(second)
    shutil.rmtree(twice / "releases")
    assert released(twice) == second
    assert files_of(second) == before


def test_a_shard_that_was_damaged_is_not_taken_over(twice: Path) -> None:
    first = twice / "releases" / "v2"
    another_answer(twice, of="8")
    damaged = next(first.glob("face/*.tar"))
    damaged.write_bytes(damaged.read_bytes()[:-512])
    second = released(twice)
    assert (second / damaged.relative_to(first)).stat().st_size == damaged.stat().st_size + 512
