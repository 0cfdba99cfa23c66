"""What `export` and `publish` say."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pytest

from pipelines.release.export import Exported
from pipelines.release.publish import Published
from pipelines.show.releases import exported, published

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
REVISION = Published(
    "anna/voices", "https://example.org/anna/voices", "0123456789abcdef", True, 5, 1, 7, 900, "v1", True
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


def test_what_stayed_out_is_named_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    out = replace(RELEASE, by=("corpus",), left_out={"torn": 3}, named={"torn": ("a.wav",)}, moved=("c1",))
    exported(out)
    printed = capsys.readouterr().err
    assert "left out: 3 clips of a.wav: torn" in printed
    assert "declare it with: --by corpus" in printed
    assert "1 clips were in different splits of earlier releases" in printed


def test_a_published_release_has_an_address_and_a_commit(capsys: pytest.CaptureFixture[str]) -> None:
    published(REVISION)
    assert capsys.readouterr().out == (
        "https://example.org/anna/voices (private): 5 files added, 1 deleted; tag v1, commit 0123456789ab\n"
    )
    published(replace(REVISION, changed=False, private=False))
    assert "(public): nothing new; tag v1" in capsys.readouterr().out


def test_json_holds_the_release_and_the_revision(as_json: Callable[[Any], Any]) -> None:
    assert as_json(RELEASE)["samples"] == RELEASE.samples
    assert as_json(REVISION) == asdict(REVISION) | {"kept": []}
