"""SplitByVoice: utterances of one voice each, overlaps apart, and nothing of the speech lost."""

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.vectors import vector
from curate.voices.split import Part, SplitByVoice
from schemas.media import Asset, Clip, ClipKind, score
from schemas.stage import Dropped, Made, Rows

ASSET = Asset("a" * 32, "sound", "wav", 1)
SPLIT = SplitByVoice(("FindSpeech@1-x", "FindTurns@1-x"))


def speech(start_ms: int, end_ms: int, kind: ClipKind = "speech") -> list[Made]:
    clip = Clip(ASSET.id, kind, start_ms, end_ms)
    return [clip, score(clip.id, "speech_probability", 0.9)]


def turn(start_ms: int, end_ms: int, *voices: int) -> list[Made]:
    clip = Clip(ASSET.id, "turn", start_ms, end_ms)
    return [clip, vector(clip.id, "voices", voices)]


def split(found: Sequence[list[Made]], turns: Sequence[list[Made]], **dropped: str) -> Any:
    rows = Rows({SPLIT.after[0]: list(chain(*found)), SPLIT.after[1]: list(chain(*turns))}, dropped)
    (outcome,) = SPLIT([ASSET], [rows])
    return outcome


def clips(outcome: Sequence[Made]) -> list[tuple[str, int | None, int | None, float | None]]:
    """Kind, times and voice of each clip that was made."""
    voices = {made.row: made.value for made in outcome if not isinstance(made, Clip) and made.name == "voice"}
    return [(m.kind, m.start_ms, m.end_ms, voices.get(m.id)) for m in outcome if isinstance(m, Clip)]


def test_an_utterance_ends_where_another_voice_begins() -> None:
    made = split([speech(0, 9000)], [turn(100, 4000, 1), turn(4200, 8900, 2)])
    assert clips(made) == [("utterance", 0, 4100, 1), ("utterance", 4100, 9000, 2)]


def test_voices_at_once_are_an_overlap_of_their_own() -> None:
    made = split([speech(0, 9000)], [turn(0, 4000, 1), turn(4000, 5000, 1, 2), turn(5000, 9000, 2)])
    assert clips(made) == [("utterance", 0, 4000, 1), ("overlap", 4000, 5000, None), ("utterance", 5000, 9000, 2)]
    assert [m.value for m in made if not isinstance(m, Clip) and m.name == "voices"] == [2]


def test_pauses_of_one_voice_cut_nothing() -> None:
    made = split([speech(0, 9000)], [turn(0, 3000, 1), turn(3500, 6000, 1), turn(6100, 9000, 1)])
    assert clips(made) == [("utterance", 0, 9000, 1)]


@pytest.mark.parametrize("between", [turn(4000, 4150, 2), turn(4000, 4200, 1, 2)])
def test_what_is_too_short_cuts_nothing(between: list[Made]) -> None:
    made = split([speech(0, 9000)], [turn(0, 4000, 1), between, turn(4200, 9000, 1)])
    assert clips(made) == [("utterance", 0, 9000, 1)]


def test_speech_of_which_no_turn_is_known_stays_whole_and_without_a_voice() -> None:
    assert clips(split([speech(0, 900)], [turn(2000, 3000, 1)])) == [("utterance", 0, 900, None)]


def test_turns_outside_of_speech_make_nothing() -> None:
    assert split([], [turn(0, 4000, 1)]) == []


def test_a_burst_stays_as_it_is_and_knows_whose_it_is() -> None:
    made = split([speech(1000, 1400, "burst")], [turn(0, 4000, 3)])
    assert [(m.name, m.value) for m in made if not isinstance(m, Clip)] == [("voice", 3)]
    assert clips(made) == []


def test_the_likelihood_of_speech_goes_with_the_pieces() -> None:
    made = split([speech(0, 9000)], [turn(0, 4000, 1), turn(4000, 9000, 2)])
    likely = [m.value for m in made if not isinstance(m, Clip) and m.name == "speech_probability"]
    assert likely == [0.9, 0.9]


def test_a_file_without_sound_is_dropped_with_the_reason_of_the_first_stage() -> None:
    assert split([], [], **{SPLIT.after[0]: "no sound track"}) == Dropped("no sound track")


@st.composite
def timelines(draw: st.DrawFn) -> list[Part]:
    edges = sorted(draw(st.sets(st.integers(0, 20_000), min_size=2, max_size=30)))
    voices = st.lists(st.integers(1, 3), min_size=0, max_size=2, unique=True).map(tuple)
    return [Part(start, end, who) for start, end in pairwise(edges) if (who := draw(voices))]


@given(turns=timelines(), start_ms=st.integers(0, 15_000), length_ms=st.integers(1, 9_000))
def test_parts_lie_end_to_end_over_the_whole_stretch(turns: list[Part], start_ms: int, length_ms: int) -> None:
    parts = SPLIT.parts(start_ms, start_ms + length_ms, turns)
    assert (parts[0].start_ms, parts[-1].end_ms) == (start_ms, start_ms + length_ms)
    assert all(before.end_ms == after.start_ms for before, after in pairwise(parts))
    assert all(part.ms > 0 for part in parts)
    assert all(before.voices != after.voices for before, after in pairwise(parts))


SPANS = st.tuples(st.integers(0, 60_000), st.integers(1, 20_000))


@given(st.lists(SPANS, max_size=6), st.lists(st.tuples(SPANS, st.sampled_from([(1,), (2,), (1, 2)])), max_size=12))
def test_a_stretch_is_split_by_all_turns_wherever_they_lie_in_the_recording(
    stretches: list[tuple[int, int]], told: list[tuple[tuple[int, int], tuple[int, ...]]]
) -> None:
    """Turns of any length, one within another too, and stretches that overlap."""
    spans = sorted({(start, start + length) for start, length in stretches})
    turns = {(start, start + length): voices for (start, length), voices in told}
    parts = sorted(Part(*span, voices) for span, voices in turns.items())
    made = split([speech(*span) for span in spans], [turn(*span, *voices) for span, voices in turns.items()])
    expected = [part[:2] for span in spans for part in SPLIT.parts(*span, parts)]
    assert [(clip.start_ms, clip.end_ms) for clip in made if isinstance(clip, Clip)] == expected
