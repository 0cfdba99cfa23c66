"""What `status` says."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from pipelines.show.status import counted, listed
from pipelines.status import Clips, Files, LostFile, Status

STATUS = Status(
    Files(1_012, 1_000, {"not media: text": 7}, {"cut short": 2}, 3, 40, nothing_found={"no speech": 60}),
    {"voice": Clips(90, 70, {"snr_db": 20}, 4, 60, 50, 6, 30), "face": Clips(8, 8, {}, 0, 0, 0, 0, 0)},
    150,
    3,
    ["v1", "v2"],
    {"FindSpeech": 2},
    {"no category of 'emotion'": 4},
)
LOST = [LostFile("a\x1b.wav", "failed", "cut short"), LostFile(None, "dropped", None)]


def test_the_funnel_goes_from_files_to_released_clips(capsys: pytest.CaptureFixture[str]) -> None:
    counted(STATUS)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    for row in (
        "files 1,012", "kept 1,000", "dropped 7", "failed 2", "waiting for run 3", "duplicates among the kept 40",
        "nothing found in the kept 60", "nothing found: 60 x no speech",
        "dropped: 7 x not media: text", "failed: 2 x cut short",
        "found good asked answered skipped released", "voices 90 70 60 50 6 30", "faces 8 8 0 0 0 0",
        "voice below a threshold: 20 x snr_db",
        "4 voices miss a threshold of today and stay, because they were asked about",
        "150 answers by 3 raters; releases: v1, v2", "failed rows: 2 x FindSpeech",
        "answers left out, outside their scheme: 4 x no category of 'emotion'",
    ):  # fmt: skip
        assert row.split() in lines


def test_a_collection_without_a_release_says_none(capsys: pytest.CaptureFixture[str]) -> None:
    counted(Status(Files(0, 0, {}, {}, 0, 0), {}, 0, 0, [], {}, {}))
    assert "releases: none" in capsys.readouterr().out


def test_each_file_that_was_not_kept_is_a_line_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    listed(LOST)
    assert capsys.readouterr().out.splitlines() == [r"failed  a\x1b.wav  cut short", "dropped  -  -"]
    listed([])
    assert capsys.readouterr().out == "every file was kept, and something good was found in each\n"


def test_json_holds_the_whole_funnel_and_every_file(as_json: Callable[[Any], Any]) -> None:
    assert as_json(STATUS) == asdict(STATUS)
    assert as_json(LOST) == [asdict(file) for file in LOST]


@pytest.mark.parametrize("flags", [[], ["--files"]])
def test_status_loads_nothing_of_what_other_verbs_need(home: Path, flags: list[str]) -> None:
    heavy = ("annotate.studio", "label_studio_sdk", "huggingface_hub", "matplotlib", "scipy", "av", "cv2")
    code = (
        f"import sys; sys.argv = ['emocurate', 'status', '--home', {str(home)!r}, *{flags!r}]; import cli\n"
        "try: cli.main()\nexcept SystemExit as ending: assert not ending.code\n"
        f"print('loaded', [name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded []"
