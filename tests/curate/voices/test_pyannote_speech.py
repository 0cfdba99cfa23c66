"""pyannote.audio's own voice activity detection as what finds speech, on networks of a few kilobytes made here."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from curate.voices import pyannote_speech as ours
from curate.voices.pyannote_files import SPEECH, pyannote_files
from curate.voices.pyannote_networks import load_library
from curate.voices.pyannote_speech import PyannoteSpeech, pyannote_speech
from curate.voices.utterances import FindSpeech
from pipelines.find.pipeline import pipeline
from schemas.errors import BadSetting, Missing
from schemas.media import Asset, Clip, Score
from schemas.sections import VoiceSettings
from schemas.settings import Settings
from schemas.stage import Dropped, stage_key
from tests.curate.speech_sounds import over_noise, sound, voice

KIND = "pyannote.audio.pipelines.VoiceActivityDetection"
SAID = (("", 2000), ("a", 3000), ("", 1500), ("b", 2000), ("", 2500))

pytestmark = [
    pytest.mark.heavy,  # loads torch
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture(scope="module")
def made() -> Any:
    """The room where tiny networks are made, once pyannote.audio is there."""
    pytest.importorskip("lightning", reason="the extra [voices]")
    load_library()
    from tests.curate.voices import tiny_pyannote

    return tiny_pyannote


@pytest.fixture(scope="module")
def network(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a network that takes two tones for voices."""
    return Path(made.tiny(tmp_path_factory.mktemp("networks") / "tiny")) / "segmentation" / "pytorch_model.bin"


@pytest.fixture(scope="module")
def published(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the hub has a model: a class of pyannote.audio's own, and the settings of its training."""
    folder = Path(made.published(tmp_path_factory.mktemp("networks") / "published")) / "segmentation"
    (folder / "config.yaml").write_text(yaml.safe_dump({"task": {"duration": 10.0}, "model": {"_target_": "PyanNet"}}))
    return folder


@pytest.fixture
def listener(network: Path) -> PyannoteSpeech:
    return pyannote_speech(pyannote_files(str(network), "MIT", True, SPEECH))


def settings(folder: Path, network: Path, tuned: dict[str, float] | None = None, **params: Any) -> Path:
    """A folder with the settings of a pipeline over a network."""
    folder.mkdir(exist_ok=True)
    told = {"name": KIND, "params": {"segmentation": str(network), **params}}
    (folder / "config.yaml").write_text(yaml.safe_dump({"pipeline": told, "params": tuned or {}}))
    return folder


def found(listener: PyannoteSpeech, samples: Any) -> list[Any]:
    (outcome,) = FindSpeech(listener=listener)([Asset("a", "sound", "wav", 1)], [sound(samples)])
    assert not isinstance(outcome, Dropped)
    return list(outcome)


def spans(rows: list[Any], kind: str = "utterance") -> list[tuple[int, int]]:
    return [(row.start_ms, row.end_ms) for row in rows if isinstance(row, Clip) and row.kind == kind]


def test_utterances_are_where_the_pipeline_finds_speech(listener: PyannoteSpeech, made: Any) -> None:
    first, second = spans(found(listener, made.tones(*SAID)))
    assert first == pytest.approx((1900, 5100), abs=80)
    assert second == pytest.approx((6400, 8600), abs=80)


def test_rows_have_the_form_of_the_default(listener: PyannoteSpeech, made: Any) -> None:
    def forms(rows: list[Any]) -> set[Any]:
        return {row.kind if isinstance(row, Clip) else (row.name, row.value is not None) for row in rows}

    (plain,) = FindSpeech()([Asset("a", "sound", "wav", 1)], [sound(over_noise([(1500, voice(1500))], 4000))])
    theirs = found(listener, made.tones(*SAID))
    assert forms(theirs) == forms(list(plain))
    assert all(0.5 < row.value <= 1 for row in theirs if isinstance(row, Score) and row.value is not None)


def test_the_settings_of_a_pipeline_are_obeyed(network: Path, made: Any, tmp_path: Path) -> None:
    tuned = {"min_duration_on": 2.5, "min_duration_off": 0.0}
    own = settings(tmp_path / "own", network, tuned)
    patient = pyannote_speech(pyannote_files(str(own), trusted=True, purpose=SPEECH))
    assert len(spans(found(patient, made.tones(*SAID)))) == 1


@pytest.mark.parametrize("samples", [0, 1, 600, 8_000, 176_000])
def test_silence_of_any_length_has_no_speech(listener: PyannoteSpeech, samples: int) -> None:
    probability, level_db = listener.curve(np.zeros(samples, np.int16))
    assert len(probability) == len(level_db) == -(-samples // 512)
    assert not (probability >= 0.35).any()


def test_it_is_the_library_itself_that_says_where_speech_is(listener: PyannoteSpeech, made: Any) -> None:
    import torch

    samples = made.tones(*SAID)
    waveform = torch.from_numpy(samples.astype(np.float32) / 32768)[None]
    theirs = ours._pipeline(listener)({"waveform": waveform, "sample_rate": 16_000})
    probability, _ = listener.curve(samples)
    spoken_s = float((probability >= 0.5).sum() * 0.032)
    assert spoken_s == pytest.approx(theirs.get_timeline().duration(), abs=0.07)


def test_a_network_as_the_hub_has_it_needs_no_settings_and_no_trust(published: Path) -> None:
    wanted = VoiceSettings(speech="pyannote", speech_model=str(published), speech_licence="MIT")
    stages = [stage for one in pipeline(Settings(voice=wanted)) for stage in one.stages]
    (speech,) = (stage for stage in stages if isinstance(stage, FindSpeech))
    assert [(weights.licence, weights.purpose) for weights in speech.models] == [("MIT", "finds speech in sound")]
    assert stage_key(speech) != stage_key(FindSpeech(kind="speech"))
    (outcome,) = speech([Asset("a", "sound", "wav", 1)], [sound(voice(1500))])
    assert not isinstance(outcome, Dropped)


def test_code_is_refused_with_the_key_that_allows_it(network: Path) -> None:
    with pytest.raises(Missing, match=r"whose code is 'tests.*config set voice.speech_trusted true"):
        pyannote_speech(pyannote_files(str(network), purpose=SPEECH))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"<!DOCTYPE html>", "is a web page or a pointer"), (b"no model", "is no checkpoint of torch; fetch it again")],
)
def test_what_is_no_network_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "own.bin").write_bytes(content)
    with pytest.raises(Missing, match=f"own.bin {message}"):
        pyannote_speech(pyannote_files(str(tmp_path / "own.bin"), purpose=SPEECH))


def test_a_network_for_another_purpose_is_told(network: Path) -> None:
    vectors = network.parents[1] / "embedding" / "pytorch_model.bin"
    with pytest.raises(Missing, match="is a network for REPRESENTATION, not for segmentation"):
        pyannote_speech(pyannote_files(str(vectors), "", True, SPEECH)).curve(np.zeros(16_000, np.int16))


def test_settings_of_another_kind_or_that_cannot_be_obeyed_are_refused(network: Path, tmp_path: Path) -> None:
    turns = network.parents[1]
    with pytest.raises(Missing, match="is of a pipeline .*SpeakerDiarization.*expected a folder .*VoiceActivity"):
        pyannote_files(str(turns), purpose=SPEECH)
    with pytest.raises(Missing, match="sets skip_aggregation, which emocurate does not know"):
        pyannote_files(str(settings(tmp_path / "own", network, skip_aggregation=True)), purpose=SPEECH)
    wrong = settings(tmp_path / "wrong", network, {"onset": 0.6})
    with pytest.raises(Missing, match="wrong is no pipeline that pyannote.audio can run"):
        pyannote_speech(pyannote_files(str(wrong), "", True, SPEECH)).curve(np.zeros(16_000, np.int16))


def test_a_model_that_nobody_named_is_asked_for() -> None:
    with pytest.raises(BadSetting, match="wants voice.speech_model: expected a folder .* a network"):
        pyannote_files("", purpose=SPEECH)
