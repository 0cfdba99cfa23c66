"""With turns found, an utterance holds one voice, an overlap several, and every clip leads to the weights it came by."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.engine.catalog import Catalog
from pipelines.engine.workers import Inline
from pipelines.find.pipeline import models, pipeline
from pipelines.find.run import bring_up_to_date
from pipelines.find.thresholds import choose
from schemas.errors import BadSetting
from schemas.sections import VoiceSettings
from schemas.settings import Settings
from tests.curate.conversations import RATE_HZ, taken_over, talk

WITH_TURNS = Settings(voice=VoiceSettings(turns="onnx"))
UTTERANCES = """
    SELECT c.kind, c.start_ms, c.end_ms, s.value::INTEGER FROM clips c JOIN live_clips l USING (id)
    LEFT JOIN scores s ON s."row" = c.id AND s.name IN ('voice', 'voices')
    WHERE c.kind IN ('utterance', 'overlap') ORDER BY c.start_ms"""
PEOPLE = "SELECT count(DISTINCT person), count(DISTINCT clip) FROM appears WHERE how = 'diarised'"


def test_a_conversation_becomes_utterances_of_one_voice_each(home: Path, tmp_path: Path, intake) -> None:  # type: ignore[no-untyped-def]
    import soundfile

    speech, truth = talk("otto_neutral", "anna_neutral", "otto_sadness", gap_ms=0)
    soundfile.write(tmp_path / "talk.wav", speech, RATE_HZ)
    intake([tmp_path / "talk.wav"])
    bring_up_to_date(home, pipeline(WITH_TURNS), Inline())
    rows = Catalog(home).rows(UTTERANCES)
    assert {kind for kind, *_ in rows} <= {"utterance", "overlap"}
    assert {value for kind, *_, value in rows if kind == "utterance"} == {1, 2}
    (second,) = (turn for turn in truth if turn[2] == "anna")
    for kind, start_ms, end_ms, voice in rows:
        inside_ms = min(end_ms, 1000 * second[1]) - max(start_ms, 1000 * second[0])
        if kind == "utterance":
            assert (voice == 2) == (inside_ms > (end_ms - start_ms) / 2)
    assert Catalog(home).rows(PEOPLE)[0][0] == 2
    before = Catalog(home).fact("revision")
    bring_up_to_date(home, pipeline(WITH_TURNS), Inline())
    assert Catalog(home).fact("revision") == before


def test_both_networks_are_named_with_their_licences_only_where_turns_are_wanted() -> None:
    names = {weights.name.split(" (")[0] for weights in models(WITH_TURNS)}
    assert {"pyannote segmentation-3.0", "CAM++ zh-en advanced"} <= names
    off = Settings(voice=VoiceSettings(turns="off"))
    assert not any("segmentation" in weights.name for weights in models(off))


def test_an_utterance_in_which_the_voice_changes_is_refused_only_where_that_is_wanted(
    home: Path, tmp_path: Path, intake
) -> None:  # type: ignore[no-untyped-def]
    import soundfile

    soundfile.write(tmp_path / "talk.wav", taken_over("ralf_neutral", "gwen_fear"), RATE_HZ)
    intake([tmp_path / "talk.wav"])
    voice = VoiceSettings(turns="off", changes=True)
    bring_up_to_date(home, pipeline(Settings(voice=voice)), Inline())
    with Catalog(home).open() as connection:
        for most, reason in ((2.0, None), (0.7, "the voice changes more than voice.max_change")):
            choose(connection, Settings(voice=replace(voice, max_change=most)), "voice")
            reasons = connection.execute("SELECT kind, reason FROM chosen_voice ORDER BY start_ms").fetchall()
            assert reasons == [("burst", None), ("utterance", reason)]


def test_changes_are_not_refused_unmeasured() -> None:
    with pytest.raises(BadSetting, match=r"max_change = 0.7.*type: emocurate config set voice.changes true"):
        pipeline(Settings(voice=VoiceSettings(max_change=0.7)))
