"""With turns found, an utterance holds one voice, an overlap several, and every clip leads to the weights it came by."""

from pathlib import Path

from pipelines.engine.catalog import Catalog
from pipelines.engine.workers import Inline
from pipelines.find.pipeline import models, pipeline
from pipelines.find.run import bring_up_to_date
from schemas.sections import VoiceSettings
from schemas.settings import Settings
from tests.curate.conversations import RATE_HZ, talk

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
