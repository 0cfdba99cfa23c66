"""FindTurns makes clips that SplitByVoice can read, and keeps no vector of a voice."""

import pytest

from curate.vectors import numbers
from curate.voices.turns import FindTurns
from schemas.media import Asset, Clip, Score
from schemas.stage import Dropped, Made, stage_key
from tests.curate.conversations import talk
from tests.curate.speech_sounds import sound

ASSET = Asset("a", "sound", "wav", 1)


def made(*names: str) -> list[Made]:
    (outcome,) = FindTurns()([ASSET], [sound(talk(*names)[0])])
    assert not isinstance(outcome, Dropped)
    return list(outcome)


def test_turns_carry_their_voices_and_the_longest_turn_of_a_voice_how_long_it_is_heard() -> None:
    rows = made("otto_neutral", "anna_neutral")
    clips = {row.id: row for row in rows if isinstance(row, Clip)}
    scores = [row for row in rows if isinstance(row, Score)]
    whose = {row.row: tuple(numbers(row)) for row in scores if row.name == "voices"}
    assert clips
    assert whose.keys() == clips.keys()
    assert {clip.kind for clip in clips.values()} == {"turn"}
    for voice in ((1,), (2,)):
        own = [clips[row] for row, voices in whose.items() if voices == voice]
        longest = max(own, key=lambda clip: (clip.end_ms or 0) - (clip.start_ms or 0))
        (heard,) = (row.value for row in scores if row.name == "voice_s" and row.row == longest.id)
        assert heard == pytest.approx(sum((clip.end_ms or 0) - (clip.start_ms or 0) for clip in own) / 1000)


def test_no_vector_of_a_voice_is_kept() -> None:
    rows = made("otto_neutral", "anna_neutral")
    assert {row.name for row in rows if isinstance(row, Score)} == {"voices", "voice_s"}


def test_no_two_rows_have_the_same_identity() -> None:
    rows = made("anna_neutral", "anna_neutral+ralf_neutral", "ralf_anger")
    clips = [row.id for row in rows if isinstance(row, Clip)]
    scores = [(row.row, row.name) for row in rows if isinstance(row, Score)]
    assert len(set(clips)) == len(clips)
    assert len(set(scores)) == len(scores)


def test_what_is_made_of_a_recording_does_not_depend_on_the_others_of_its_batch() -> None:
    first, second = (sound(talk(*names)[0]) for names in (("otto_neutral", "anna_neutral"), ("ralf_anger",)))
    together = list(FindTurns()([ASSET, ASSET, ASSET], [second, first, None]))
    assert [together[1]] == list(FindTurns()([ASSET], [first]))
    assert together[2] == Dropped("no sound track")


def test_the_id_of_the_stage_depends_on_its_weights_and_on_how_careful_it_is() -> None:
    from curate.voices.onnx_turns import CAREFUL, OnnxTurns

    stages = (FindTurns(), FindTurns(CAREFUL), FindTurns(OnnxTurns(embedder="0" * 16)))
    assert len({stage_key(stage) for stage in stages}) == 3
    assert [weights.licence for weights in FindTurns().models] == ["MIT", "Apache-2.0"]
