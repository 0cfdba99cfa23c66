"""`plot`: the figures of a collection."""

from pathlib import Path

import numpy as np
import pytest

from pipelines.weigh.exclusions import exclude
from pipelines.weigh.figures import Drawn, figures
from schemas.scheme import Question, Scale, Scheme, shipped_schemes
from tests.pipelines.answering import CATEGORIES, Said, answer, asset

pytest.importorskip("matplotlib")


def some_answers(home: Path) -> None:
    rng = np.random.default_rng(0)
    clips = asset(home, "one", clips=12)
    said = [Said(clip, rater, str(rng.choice(CATEGORIES[:3]))) for clip in clips for rater in "abc"]
    said += [Said(clip, rater, float(rng.integers(0, 100)), "intensity") for clip in clips for rater in "abc"]
    answer(home, said)


def names(drawn: list[Drawn]) -> set[str]:
    return {one.png.stem for one in drawn}


def bytes_of(drawn: list[Drawn]) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for one in drawn for path in (one.png, one.svg)}


def test_a_collection_is_drawn_scheme_by_scheme_and_medium_by_medium(home: Path, tmp_path: Path) -> None:
    some_answers(home)
    answer(home, [Said("elsewhere", rater, "fear") for rater in "ab"])
    written = figures(home, tmp_path / "figures", bootstraps=20)
    kinds = ("agreement", "emotions-emotion", "confusion-emotion", "cooccurrence-emotion")
    assert {f"{kind}-ekman-1-voices" for kind in kinds} <= names(written)
    assert "emotions-emotion-ekman-1" in names(written)
    assert "shift" in names(written)
    assert all(len(data) > 1000 for data in bytes_of(written).values())
    assert all(one.title for one in written)


def test_only_the_media_that_are_wanted_are_drawn(home: Path, tmp_path: Path) -> None:
    some_answers(home)
    answer(home, [Said("elsewhere", rater, "fear") for rater in "ab"])
    drawn = names(figures(home, tmp_path, bootstraps=0, only=["voice", "face"]))
    assert "emotions-emotion-ekman-1-voices" in drawn
    assert "emotions-emotion-ekman-1" not in drawn


def test_the_same_answers_give_the_same_bytes_and_an_excluded_rater_is_not_drawn(home: Path, tmp_path: Path) -> None:
    answer(home, [Said(f"k{n}", rater, value) for n in range(3) for rater, value in (("a", "fear"), ("b", "anger"))])
    first = bytes_of(figures(home, tmp_path / "one", bootstraps=0))
    assert bytes_of(figures(home, tmp_path / "two", bootstraps=0)) == first
    exclude(home, "b", "left")
    names_left = names(figures(home, tmp_path / "three", bootstraps=0))
    assert names_left == {"emotions-emotion-ekman-1"}  # one rater: no agreement, no confusion


def test_valence_and_arousal_get_their_plane(home: Path, tmp_path: Path) -> None:
    vad = shipped_schemes()["vad"]
    said = [
        Said(f"k{n}", rater, 1 + (n + place) % 9, question.name)
        for n in range(6)
        for place, rater in enumerate("ab")
        for question in vad.questions
    ]
    answer(home, said, vad)
    assert f"plane-vad-{vad.version}" in names(figures(home, tmp_path, bootstraps=0))


def test_questions_about_presence_are_drawn_as_one_distribution(home: Path, tmp_path: Path) -> None:
    scale = Scale(0, 7)
    questions = tuple(Question(name, name, "scale", untouched="lowest", scale=scale) for name in ("joy", "fear"))
    scheme = Scheme("many", 1, "Many", ("voice",), questions)
    said = [Said(f"k{n}", rater, n % 3, name) for n in range(6) for rater in "ab" for name in ("joy", "fear")]
    answer(home, said, scheme)
    assert {"emotions-many-1", "cooccurrence-many-1"} <= names(figures(home, tmp_path, bootstraps=0))


def test_yes_to_contrast_questions_is_drawn_as_leniency(home: Path, tmp_path: Path) -> None:
    said = [
        Said(f"k{n}", rater, "fear" if n < limit else "anger", role="contrast", target="fear")
        for rater, limit in (("a", 2), ("b", 9))
        for n in range(20)
    ]
    answer(home, said)
    assert "leniency" in names(figures(home, tmp_path, bootstraps=0))


def test_a_collection_without_answers_has_no_figures(home: Path, tmp_path: Path) -> None:
    assert figures(home, tmp_path) == []
