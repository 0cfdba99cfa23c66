"""What `list` and `show` say of clips."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.clips import GivenAnswer, KnownClip, ListedClip
from pipelines.show.clips import clip, clips

VOICE = ListedClip("ab12", "voice", "a\x1b.wav", "utterance", 250, 1_500, None, None, 1, 3, ("v1",))
FACE = ListedClip("cd34", "face", "b.png", "face", None, None, (1, 2, 30, 40), "too small", 0, 0, ())
FRAME = ListedClip("ef56", "face", "c.mkv", "face", 2_000, 2_000, (1, 2, 30, 40), None, 0, 0, ())
ANSWER = GivenAnswer("ekman-1", "emotion", "r1", "given", '"anger"')
KNOWN = KnownClip(
    VOICE, {"snr_db": 12.5}, "so be it", "licence", "CC-BY-4.0", "Example Radio", (ANSWER,), Path("cuts/ab12.flac")
)


def test_clips_are_listed_with_where_they_lie_and_why_they_are_not_good(capsys: pytest.CaptureFixture[str]) -> None:
    clips([VOICE, FACE, FRAME])
    printed = capsys.readouterr().out
    assert "0.25-1.50 s" in printed
    assert "box 1 2 30 40" in printed
    assert "2.00 s box 1 2 30 40" in printed
    assert "too small" in printed
    assert "\x1b" not in printed


def test_no_clips_say_what_brings_them(capsys: pytest.CaptureFixture[str]) -> None:
    clips([])
    assert capsys.readouterr().out == "no clips; they come with: emocurate run\n"


def test_one_clip_is_shown_with_its_terms_its_cut_its_scores_and_its_answers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clip(KNOWN)
    printed = capsys.readouterr().out
    for words in ("ab12 (voice, utterance)", "CC-BY-4.0, Example Radio", "cuts/ab12.flac", "12.500", '"anger"', "v1"):
        assert words in printed


def test_json_of_a_clip_has_all_of_it(as_json: Callable[[Any], Any]) -> None:
    assert as_json(KNOWN)["clip"]["start_ms"] == 250
    assert as_json(KNOWN)["answers"] == [vars(ANSWER)]
