"""A transcript is read by its suffix, in whatever encoding it was saved."""

import pytest

from curate.transcripts.cues import Cue
from curate.transcripts.formats import MOST_BYTES, read_transcript
from schemas.errors import Unreadable
from tests.curate.transcripts.written import long_textgrid, srt

SPANS = [(0, 900, "Ärger – “so”")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_the_encoding_is_known_by_its_mark_or_as_utf8(encoding: str) -> None:
    made = read_transcript(srt(SPANS).encode(encoding), ".srt")
    assert (made.cues, made.notes) == ((Cue(0, 900, "Ärger – “so”"),), ())


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16-le", "utf-16-be"])
def test_an_encoding_that_is_a_guess_is_said(encoding: str) -> None:
    made = read_transcript(long_textgrid({"words": SPANS}).encode(encoding), ".textgrid")
    assert made.cues == (Cue(0, 900, "Ärger – “so”"),)
    assert "which is a guess" in made.notes[0]


def test_a_text_without_times_is_about_the_whole_file() -> None:
    assert read_transcript(b"ask not\nwhat  ", ".txt").text == "ask not what"
    assert read_transcript(b" \n", ".txt").text is None


def test_a_file_too_large_for_a_transcript_is_refused() -> None:
    with pytest.raises(Unreadable, match="expected"):
        read_transcript(b" " * (MOST_BYTES + 1), ".srt")
