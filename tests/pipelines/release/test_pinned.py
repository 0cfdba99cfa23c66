"""A given list pins a benchmark's split, and what would tear links or releases apart is refused."""

from pathlib import Path

import pytest

from pipelines.engine.catalog import Catalog
from pipelines.release.pinned import read_list
from pipelines.release.splits import draw_splits
from schemas.errors import BadInput
from schemas.sections import ExportSettings
from tests.pipelines.release.test_links import asset, grouped, known
from tests.pipelines.release.test_splits import released


def drawn(home: Path, listed: dict[str, str]) -> dict[str, str]:
    with Catalog(home).open() as connection:
        draw_splits(connection, ExportSettings(1.0, 0.0, 0.0), listed)
        return dict(connection.execute("FROM asset_splits").fetchall())


def test_what_a_list_names_is_in_its_split_with_what_is_linked_to_it(home: Path) -> None:
    known(home, "a", "b", "c")
    grouped(home, "duplicate", asset("a"), asset("b"))
    splits = drawn(home, {f"{asset('a')}.wav": "test"})
    assert splits == {asset("a"): "test", asset("b"): "test", asset("c"): "train"}


def test_a_list_that_tears_apart_what_is_linked_is_refused(home: Path) -> None:
    known(home, "a", "b")
    grouped(home, "duplicate", asset("a"), asset("b"))
    with pytest.raises(BadInput, match="in test and train"):
        drawn(home, {asset("a"): "test", asset("b"): "train"})


def test_a_list_against_an_earlier_release_is_refused(home: Path) -> None:
    known(home, "a")
    released(home, "v1", {asset("a"): "validation"})
    with pytest.raises(BadInput, match="in test and validation"):
        drawn(home, {asset("a"): "test"})


def test_a_list_of_other_files_is_refused(home: Path) -> None:
    known(home, "a")
    with pytest.raises(BadInput, match="names 1 file, and none is in this collection"):
        drawn(home, {"other.wav": "test"})


def test_a_list_says_what_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "splits.csv"
    path.write_text("file,split\na.wav,test\nb.wav,train\n")
    assert read_list(path) == {"a.wav": "test", "b.wav": "train"}
    path.write_text("file,split\na.wav,tset\n")
    with pytest.raises(BadInput, match="test"):
        read_list(path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(BadInput, match="expected split"):
        read_list(path)
