"""A collection is found where one stands, and above."""

from pathlib import Path

import pytest

from pipelines.collection import find, make
from schemas.errors import NoCollection


def test_the_nearest_collection_above_is_found_unless_a_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "outer", None, ())
    inside = tmp_path / "outer" / "notes" / "2026"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    assert find(Path()).home == tmp_path / "outer"
    with pytest.raises(NoCollection, match="emocurate init"):
        find(inside)
    make(inside, None, ())
    assert find(Path()).home == Path()


def test_without_any_the_message_says_where_was_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoCollection, match="in the current folder or above it; make one with: emocurate init"):
        find(Path())
