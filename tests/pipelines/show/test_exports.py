"""What `export` says."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pipelines.release.balance import Bridge, Large
from pipelines.release.exported import Exported
from pipelines.show.exports import exported

RELEASE = Exported(
    name="v1",
    folder="home/releases/v1",
    new=True,
    samples={"voice": {"test": 30, "train": 1_200}, "face": {"train": 4}},
    by=("person",),
    guessed=True,
    left_out={},
    named={},
    moved=(),
    obstacles=(),
)


def test_a_release_is_counted_by_media_and_split(capsys: pytest.CaptureFixture[str]) -> None:
    exported(RELEASE)
    printed = capsys.readouterr()
    assert printed.out.startswith("release v1 written: home/releases/v1\n")
    rows = [line.split() for line in printed.out.splitlines()[-3:]]
    assert rows == [["voice", "train", "1,200"], ["voice", "test", "30"], ["face", "train", "4"]]
    assert "Next: emocurate publish USER/NAME" in printed.err


def test_what_stands_against_publishing_is_said_in_place_of_what_comes_next(capsys: pytest.CaptureFixture[str]) -> None:
    exported(replace(RELEASE, new=False, obstacles=("3 clips have no licence",)))
    printed = capsys.readouterr()
    assert "release v1 is up to date" in printed.out
    assert printed.err == "stands against publishing: 3 clips have no licence\n"


def test_gaps_are_said_once_on_the_way_or_at_the_end_where_nobody_looked_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    gaps = ("voices: split test is empty",)
    exported(replace(RELEASE, new=False, gaps=gaps))
    assert "split test" not in capsys.readouterr().err
    exported(replace(RELEASE, new=False, gaps=gaps, remembered=True))
    assert "look at: voices: split test is empty" in capsys.readouterr().err


def test_what_stayed_out_is_named_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    out = replace(RELEASE, by=("corpus",), left_out={"torn": 3}, named={"torn": ("a.wav",)}, moved=("c1",))
    exported(out)
    printed = capsys.readouterr().err
    assert "left out: 3 clips of a.wav: torn" in printed
    assert "declare it with: --by corpus" in printed
    assert "earlier releases had 1 clip in different splits" in printed


def test_a_group_over_the_cap_is_told_with_the_clips_that_hold_it_together(capsys: pytest.CaptureFixture[str]) -> None:
    bridges = tuple(Bridge(f"{number:032}", f"a.wav {number}.00 s") for number in range(7))
    exported(replace(RELEASE, large=(Large("g", 60, 0.5, ("speaker", "voice"), bridges, (30, 29)),)))
    printed = capsys.readouterr().err
    assert "60 files, 50% of all, is linked by speaker, voice and went to train uncut" in printed
    assert "without 7 clips (a.wav 0.00 s, a.wav 1.00 s, a.wav 2.00 s, a.wav 3.00 s, a.wav 4.00 s and 2 more" in printed
    assert "the largest have 30 and 29 files; leave them out with: emocurate flagged reject" in printed


def test_where_no_clips_hold_a_group_together_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    exported(replace(RELEASE, large=(Large("g", 60, 0.5, ("speaker",)),)))
    assert "no clips were found without which it would fall into two large parts" in capsys.readouterr().err


def test_json_holds_the_release(as_json: Callable[[Any], Any]) -> None:
    assert as_json(RELEASE)["samples"] == RELEASE.samples
