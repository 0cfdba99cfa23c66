"""What column names say by themselves, however they are written."""

import pytest

from annotate.ratings.flags import Flags, guessed
from annotate.ratings.guesses import column_for, in_seconds, raterlike


@pytest.mark.parametrize(
    "column",
    ["Rater ID", "_annotator_id", "WorkerId", "rater", "Annotator", "participant no.", "PROLIFIC_PID", "user_email"],
)
def test_a_column_of_raters_is_known_however_it_is_written(column: str) -> None:
    assert column_for("rater", ["clip", column, "emotion"]) == column


@pytest.mark.parametrize("column", ["rater_age", "n_raters", "annotator agreement", "rating"])
def test_a_column_about_raters_is_not_taken_for_who_rated(column: str) -> None:
    assert column_for("rater", ["clip", column]) is None


def test_columns_that_may_name_raters_are_told() -> None:
    assert raterlike(["clip", "rater_age", "rating"]) == ["rater_age"]


def test_the_only_column_left_holds_the_answers_and_of_two_neither_does() -> None:
    assert guessed(Flags(), ["clip", "rater", "valence"]).value == "valence"
    assert guessed(Flags(), ["clip", "rater", "valence", "arousal"]).value is None
    assert guessed(Flags(), ["clip", "valence"]).value is None


def test_a_duration_that_says_its_unit_is_read_in_it() -> None:
    assert guessed(Flags(), ["clip", "WorkerId", "emotion", "WorkTimeInSeconds"]).duration_unit == "s"
    assert guessed(Flags(duration="lead_time"), ["clip", "lead_time"]).duration_unit == "s"
    assert not in_seconds("rt_ms")
