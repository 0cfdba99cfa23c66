"""A release in other forms follows a withdrawal: what held it is gone, what did not stays byte for byte."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import collection
from pipelines.engine.catalog import Catalog
from pipelines.forget.forget import How, forget
from pipelines.release.folders import FORMS
from pipelines.release.forms import formed
from tests.pipelines.conftest import Builder
from tests.pipelines.forget.test_forget import spoken_in, without
from tests.processes import emocurate

AGAIN = "held it, or was older than v1, and {}; again: export --form {}"


def formed_in(home: Path, media: Path) -> None:
    """A collection of two speakers whose release lies there as Parquet and as JSON lines, too."""
    spoken_in(home, media)
    for form in ("parquet", "jsonl"):
        formed(home, "v1", home / "releases" / "v1", form)


@pytest.fixture
def told(copy_of: Callable[[Builder], Path]) -> Path:
    return copy_of(formed_in)


def forms(home: Path) -> list[str]:
    return sorted(path.name for path in (home / FORMS).iterdir())


def test_forms_of_a_release_that_held_it_are_gone_and_said_so(told: Path) -> None:
    done = without(told, "speaker 1")
    assert forms(told) == []
    assert done.remaining[:2] == [f"forms/v1-{form} {AGAIN.format('is gone', form)}" for form in ("jsonl", "parquet")]


def test_a_dry_run_says_which_would_go_and_removes_none(told: Path) -> None:
    done = without(told, "speaker 1", dry_run=True)
    assert forms(told) == ["v1-jsonl", "v1-parquet"]
    assert done.remaining[:2] == [f"forms/v1-{form} {AGAIN.format('would go', form)}" for form in ("jsonl", "parquet")]


def test_forms_of_a_release_that_held_nothing_of_it_stay(told: Path) -> None:
    (told.parent / "incoming" / "later.wav").write_bytes((told.parent / "incoming" / "tone-0.wav").read_bytes() + b"\0")
    assert (
        emocurate("add", str(told.parent / "incoming" / "later.wav"), "--home", str(told), "--licence", "CC0-1.0") == 0
    )
    done = without(told, "later.wav")
    assert forms(told) == ["v1-jsonl", "v1-parquet"]
    assert not any("forms/" in line for line in done.remaining)


def test_a_form_made_before_its_release_followed_somebody_else_goes_with_the_next_who_leaves(told: Path) -> None:
    manifest = told / "releases" / "v1" / "manifest.json"
    os.utime(told / FORMS / "v1-parquet", (manifest.stat().st_mtime - 60, manifest.stat().st_mtime - 60))
    (told.parent / "incoming" / "later.wav").write_bytes((told.parent / "incoming" / "tone-0.wav").read_bytes() + b"\0")
    assert (
        emocurate("add", str(told.parent / "incoming" / "later.wav"), "--home", str(told), "--licence", "CC0-1.0") == 0
    )
    without(told, "later.wav")
    assert forms(told) == ["v1-jsonl"]


def test_a_form_whose_release_is_not_here_is_named_and_stays(told: Path) -> None:
    (told / FORMS / "v1-parquet").rename(told / FORMS / "v0-parquet")
    done = without(told, "speaker 1")
    assert forms(told) == ["v0-parquet"]
    assert "forms/v0-parquet: its release is not here, and nobody can tell what it holds; remove it" in done.remaining


def test_a_raters_withdrawal_takes_forms_that_hold_their_answers(told: Path) -> None:
    ((rater,), *_) = Catalog(told).rows("SELECT id FROM raters ORDER BY id")
    forget(collection.find(told), rater, "rater", How(sure=True, delete_answers=True))
    assert forms(told) == []


@pytest.mark.parametrize("point", ["shutil:rmtree before 1", "pipelines.forget.forget:follow before 1"])
def test_killed_amid_it_and_typed_again_no_form_stays(told: Path, point: str) -> None:
    killed = emocurate("forget", "speaker 1", "--home", str(told), "--yes", kill=point)
    assert killed < 0
    assert emocurate("forget", "speaker 1", "--home", str(told), "--yes") == 0
    assert forms(told) == []
