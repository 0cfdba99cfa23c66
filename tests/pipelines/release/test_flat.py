"""Flat columns: named by the question, apart where two would clash, by the method the settings name first."""

from pathlib import Path

import pytest

from pipelines.release.flat import apart
from pipelines.release.records import manifest_of
from schemas.layout import FlatLabel
from schemas.settings import settings_from_toml
from tests.pipelines.release.test_export import export


def label(scheme: str, question: str, type_: str = "choice") -> FlatLabel:
    return FlatLabel(question, scheme, question, "m@1", "person", type_, ("a", "b"))  # type: ignore[arg-type]


def columns(*labels: FlatLabel) -> dict[str, str]:
    return {f"{one.scheme} {one.question}": one.column for one in apart(labels)}


def test_a_question_is_a_column_and_two_of_one_name_have_their_schemes_before_them() -> None:
    assert columns(label("ekman-1", "emotion"), label("vad-1", "valence", "scale")) == {
        "ekman-1 emotion": "emotion",
        "vad-1 valence": "valence",
    }
    assert columns(label("ekman-1", "emotion"), label("fer-plus-2", "emotion")) == {
        "ekman-1 emotion": "ekman_emotion",
        "fer-plus-2 emotion": "fer_plus_emotion",
    }


def test_two_versions_of_a_scheme_have_their_numbers_before_them() -> None:
    assert columns(label("ekman-1", "emotion"), label("ekman-2", "emotion")) == {
        "ekman-1 emotion": "ekman_1_emotion",
        "ekman-2 emotion": "ekman_2_emotion",
    }


def test_a_question_never_takes_the_column_of_another_or_of_a_fact() -> None:
    assert columns(label("s-1", "language")) == {"s-1 language": "s_language"}
    clash = columns(label("s-1", "emotion"), label("t-1", "emotion_n"))
    assert clash == {"s-1 emotion": "s_emotion", "t-1 emotion_n": "t_emotion_n"}


@pytest.mark.parametrize(
    ("methods", "expected"),
    [(["soft", "majority"], "soft@1"), pytest.param(["majority", "soft"], "majority@1", marks=pytest.mark.heavy)],
)
def test_of_several_methods_the_first_of_the_settings_is_flat(
    answered: Path, methods: list[str], expected: str
) -> None:
    settings = settings_from_toml(f"[labels]\nmethods = {methods}\n")
    (part, *_) = manifest_of(Path(export(answered, settings).folder))["parts"]
    told = {one["column"]: one["method"] for one in part["layout"]["flat"]}
    assert told["emotion"].startswith(expected)
