"""SubRip and WebVTT come in as they were written, with their voices, and nothing in them is taken for words."""

import pytest
from hypothesis import given

from curate.transcripts.cues import Cue
from curate.transcripts.subtitles import subtitles
from schemas.errors import Unreadable
from tests.curate.transcripts.written import SPANS, Spans, ordered, srt, vtt


@given(SPANS)
def test_subrip_comes_back_as_it_was_written(spans: Spans) -> None:
    assert subtitles(srt(spans), "srt").cues == ordered(spans)


@given(SPANS)
def test_subrip_with_line_ends_of_windows_is_the_same(spans: Spans) -> None:
    assert subtitles(srt(spans).replace("\n", "\r\n"), "srt").cues == ordered(spans)


@given(SPANS)
def test_webvtt_comes_back_as_it_was_written(spans: Spans) -> None:
    assert subtitles(vtt(spans), "vtt").cues == ordered(spans)


@given(SPANS)
def test_the_voice_of_webvtt_is_who_speaks(spans: Spans) -> None:
    assert subtitles(vtt(spans, "Anna Smith"), "vtt").cues == ordered(spans, "Anna Smith")


def test_several_voices_of_one_cue_are_cues_of_their_own() -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:02.500\n<v.loud Anna>No &amp; no</v>\n<v Ben>Yes"
    assert subtitles(text, "vtt").cues == (Cue(1000, 2500, "No & no", "Anna"), Cue(1000, 2500, "Yes", "Ben"))


def test_notes_styles_numbers_settings_and_tags_are_no_words() -> None:
    text = (
        "WEBVTT - a title\n\nNOTE\n00:00.000 --> 00:09.000 in a note\n\nSTYLE\n::cue {}\n\nfirst\n"
        "00:01.000 --> 00:02.000 align:start\n<c.red>So</c> <i>it</i> <00:01.500>is\n"
    )
    assert [cue.text for cue in subtitles(text, "vtt").cues] == ["So it is"]
    subrip = "7\n1:02:03,5 --> 1:02:04.25 X1:0\n{\\an8}<font color='red'>So</font> 3 < 4\n"
    assert subtitles(subrip, "srt").cues == (Cue(3723500, 3724250, "So 3 < 4"),)


def test_empty_and_backward_segments_are_counted_and_left_out() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\n\n2\n00:00:05,000 --> 00:00:04,000\nback\n\n3\n00:00:06,000 --> 00:00:07,000\nok\n"
    made = subtitles(text, "srt")
    assert [cue.text for cue in made.cues] == ["ok"]
    assert len(made.notes) == 2


@pytest.mark.parametrize(
    ("text", "form", "said"), [("only words", "srt", "no line with times"), ("00:01.000", "vtt", "begin with WEBVTT")]
)
def test_what_is_no_such_file_is_refused_with_what_was_expected(text: str, form: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        subtitles(text, form)
