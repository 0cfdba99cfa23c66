"""TextGrids come in as they were written, in both forms, and the names of tiers mean what they say."""

import pytest
from hypothesis import given

from curate.transcripts.cues import Cue
from curate.transcripts.textgrid import textgrid
from schemas.errors import Unreadable
from tests.curate.transcripts.written import SPANS, Spans, long_textgrid, ordered, short_textgrid


@given(SPANS)
def test_the_long_form_comes_back_as_it_was_written(spans: Spans) -> None:
    assert textgrid(long_textgrid({"words": spans})).cues == ordered(spans)


@given(SPANS)
def test_the_short_form_comes_back_as_it_was_written(spans: Spans) -> None:
    assert textgrid(short_textgrid({"anna": spans})).cues == ordered(spans, "anna")


def test_tiers_of_several_speakers_may_overlap() -> None:
    made = textgrid(long_textgrid({"Anna": [(0, 900, "so")], "Ben": [(500, 1500, "no")]}))
    assert made.cues == (Cue(0, 900, "so", "Anna"), Cue(500, 1500, "no", "Ben"))
    assert made.notes == ("names of tiers are taken for those who speak",)


def test_tiers_of_a_forced_aligner_belong_to_their_speaker_and_phones_are_no_words() -> None:
    made = textgrid(long_textgrid({"Anna - words": [(0, 900, "so")], "Anna - phones": [(0, 900, "s")]}))
    assert made.cues == (Cue(0, 900, "so", "Anna"),)
    assert any("'Anna - phones' is not used" in note for note in made.notes)


def test_of_tiers_that_hold_the_same_words_the_one_with_the_larger_parts_is_taken() -> None:
    made = textgrid(short_textgrid({"words": [(0, 400, "so"), (400, 900, "it")], "sentences": [(0, 900, "so it")]}))
    assert [cue.text for cue in made.cues] == ["so it"]
    assert made.notes == ("tier 'words' is not used: 'sentences' holds the words",)


def test_empty_intervals_and_points_in_time_are_named_and_left_out() -> None:
    text = short_textgrid({"words": [(0, 400, "so"), (400, 900, "")]}).replace("<exists>\n1", "<exists>\n2")
    made = textgrid(text + '"TextTier"\n"clicks"\n0\n1\n1\n0.5\n"click"\n')
    assert [cue.text for cue in made.cues] == ["so"]
    assert len(made.notes) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("words", "ends early"),
        ('"ooTextFile" "Pitch 1"', "does not begin"),
        (long_textgrid({"words": [(0, 400, "so")]})[:-40], "ends early"),
        (short_textgrid({"a": []}).replace("IntervalTier", "OddTier"), "OddTier"),
    ],
)
def test_what_is_no_textgrid_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        textgrid(text)
