"""Weights undo what thresholds and people did not let through, as far as enough is left; what cannot be is named."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.cutting import cut_path
from pipelines.engine.catalog import Catalog
from pipelines.release.gather import gather
from pipelines.release.order import Wanted
from pipelines.release.samples import Gathered
from pipelines.release.weighting import CAP, Weighting
from pipelines.tables.scratch import scratch_database
from schemas.answers import Decision, Item
from schemas.sections import ExportSettings, VoiceSettings
from schemas.settings import Settings
from tests.pipelines.conftest import Builder, empty_in
from tests.pipelines.test_gates import AT, Recording, recorded

STRICT = Settings(voice=VoiceSettings(min_loudness_lufs=-30.0))


def planted(n: int = 1500) -> list[Recording]:
    """Calm voices are soft and mostly of women, angry ones loud and mostly of men, sad ones between."""
    random = np.random.default_rng(1)
    levels, women = {"calm": -33.0, "sad": -29.0, "angry": -24.0}, {"calm": 0.8, "sad": 0.5, "angry": 0.2}
    recordings = []
    for number, emotion in enumerate(random.choice(list(levels), n)):
        sex = "f" if random.random() < women[emotion] else "m"
        recordings.append(Recording(number, random.normal(levels[emotion], 3), str(emotion), sex=sex))
    return recordings


def gathered(home: Path, scratch: Path, recordings: Sequence[Recording], *by: str) -> Gathered:
    """What would be released of made recordings, all of them cut."""
    recorded(home, recordings)
    for one in recordings:
        file = cut_path(home, "voice", one.clip.id)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    settings = replace(STRICT, export=ExportSettings(weigh_by=by or ("emotion",)))
    return gather(home, settings, scratch / "scratch.duckdb", Wanted(unlabelled=True), lambda *_: None)


@pytest.fixture(scope="module")
def many(
    made_once: Callable[[Builder], Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[Recording], Gathered]:
    """1,500 recordings as `planted`, and what would be released of them."""
    folder, recordings = tmp_path_factory.mktemp("planted"), planted()
    shutil.copytree(made_once(empty_in) / "home", folder / "home")
    return recordings, gathered(folder / "home", folder, recordings)


def weights(done: Gathered) -> dict[str, float]:
    with scratch_database(done.scratch) as connection:
        return dict(connection.execute("SELECT clip, weight FROM selection_weights").fetchall())


def women(recordings: Sequence[Recording], by_clip: dict[str, float]) -> float:
    """The share of women, each clip by its weight."""
    total = sum(by_clip.get(one.clip.id, 0.0) for one in recordings)
    return sum(by_clip.get(one.clip.id, 0.0) for one in recordings if one.sex == "f") / total


def test_a_variable_that_was_not_used_comes_back_within_three_points(many: tuple[list[Recording], Gathered]) -> None:
    recordings, by_clip = many[0], weights(many[1])
    before = women(recordings, {one.clip.id: 1.0 for one in recordings})
    biased = women(recordings, dict.fromkeys(by_clip, 1.0))
    assert abs(biased - before) > 0.08
    assert abs(women(recordings, by_clip) - before) < 0.03


def test_what_was_used_comes_back_as_it_was_found(many: tuple[list[Recording], Gathered]) -> None:
    recordings, by_clip = many[0], weights(many[1])
    for emotion in ("calm", "sad", "angry"):
        found = sum(one.requested == emotion for one in recordings) / len(recordings)
        weighed = sum(by_clip.get(one.clip.id, 0.0) for one in recordings if one.requested == emotion)
        assert weighed / sum(by_clip.values()) == pytest.approx(found, abs=1e-4)


def test_weights_have_a_mean_of_one_and_say_for_how_many_clips_they_count(
    many: tuple[list[Recording], Gathered],
) -> None:
    done = many[1]
    numbers = np.array(list(weights(done).values()))
    assert numbers.mean() == pytest.approx(1, abs=1e-5)
    assert done.weightings["voice"].effective_n == pytest.approx(numbers.sum() ** 2 / (numbers**2).sum(), abs=0.1)
    assert done.weightings["voice"].effective_n < done.weightings["voice"].n == len(numbers)


def test_of_which_fewer_than_five_are_left_cannot_be_undone_and_is_named(home: Path, tmp_path: Path) -> None:
    recordings = [Recording(n, -40 if n < 16 else -20, "calm") for n in range(20)]
    recordings += [Recording(20 + n, -20, "angry") for n in range(10)]
    recordings += [Recording(30 + n, -40, "sad") for n in range(3)]
    done = gathered(home, tmp_path, recordings)
    assert done.weightings["voice"].undone_not == {"calm": (4, 20), "sad": (0, 3)}
    assert set(weights(done).values()) == {1.0}


def test_a_clip_counts_for_no_more_than_ten(home: Path, tmp_path: Path) -> None:
    recordings = [Recording(n, -20 if n < 5 else -40, "calm") for n in range(500)]
    recordings += [Recording(500 + n, -20, "angry") for n in range(300)]
    done = gathered(home, tmp_path, recordings)
    numbers = sorted(weights(done).values())
    assert done.weightings["voice"].capped == 5
    assert numbers[-1] / np.mean(numbers) <= CAP


def test_draws_with_unlike_chances_are_undone_within_a_stratum(home: Path, tmp_path: Path) -> None:
    recordings = [Recording(n, -20, "calm") for n in range(20)]
    recorded(home, recordings)
    for one in recordings[:10]:
        item = Item("clip", one.clip.id)
        Catalog(home).add([item, Decision(item.id, "selected Select@1-x", "limit", AT, 0.25)])
    by_clip = weights(gathered(home, tmp_path, recordings))
    first, last = (by_clip[recordings[at].clip.id] for at in (0, 19))
    assert first == pytest.approx(4 * last, abs=1e-4)


def test_without_an_emotion_that_is_known_all_count_alike(home: Path, tmp_path: Path) -> None:
    done = gathered(home, tmp_path, [Recording(n, -20) for n in range(6)])
    assert set(weights(done).values()) == {1.0}
    assert done.weightings == {"voice": Weighting(("emotion",), 6, 6.0, 0, {})}


def test_several_variables_make_strata_together(home: Path, tmp_path: Path) -> None:
    recordings = planted(600)
    by_clip = weights(gathered(home, tmp_path, recordings, "emotion", "sex"))
    before = women(recordings, {one.clip.id: 1.0 for one in recordings})
    assert women(recordings, by_clip) == pytest.approx(before, abs=1e-3)
