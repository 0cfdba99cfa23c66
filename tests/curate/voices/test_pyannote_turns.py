"""pyannote.audio's own pipeline behind our protocol, on networks of a few kilobytes that are made here."""

import itertools
import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.read.sounds import Sound
from curate.voices import pyannote_turns as ours
from curate.voices.onnx_turns import QUICK
from curate.voices.pyannote_files import pyannote_files
from curate.voices.pyannote_networks import load_library, network
from curate.voices.pyannote_turns import PyannoteTurns, partition
from curate.voices.turns import FindTurns
from pipelines.find.pipeline import pipeline
from schemas.errors import BadSetting, Missing
from schemas.media import Asset, Clip, Score
from schemas.sections import VoiceSettings
from schemas.settings import Settings
from schemas.stage import Dropped, stage_key
from tests.curate.conversations import talk
from tests.curate.errors_of_turns import errors, turns_of
from tests.curate.speech_sounds import sound

heavy = [
    pytest.mark.heavy,  # loads torch
    pytest.mark.filterwarnings("ignore"),
]
SPANS = st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 3000), st.sampled_from("abc")), max_size=12)
MEETING = (("", 1000), ("a", 4000), ("", 500), ("b", 4000), ("", 500), ("ab", 3000), ("a", 3000), ("", 500))


@given(SPANS)
def test_turns_are_apart_and_hold_what_the_spans_say(spans: list[tuple[int, int, str]]) -> None:
    turns, order = partition(spans, 2500)
    assert all(before.end_ms <= after.start_ms for before, after in itertools.pairwise(turns))
    for turn in turns:
        assert turn.end_ms - turn.start_ms >= 100
        for at in (turn.start_ms, turn.end_ms - 1):
            assert {order[voice - 1] for voice in turn.voices} == {w for start, end, w in spans if start <= at < end}
    heard = {at for start, end, _ in spans for at in range(start, min(end, 2500))}
    told = {at for turn in turns for at in range(turn.start_ms, turn.end_ms)}
    assert told <= heard


def test_a_voice_that_is_there_for_less_than_100_ms_is_none() -> None:
    turns, order = partition([(0, 99, "a"), (500, 600, "b")], 1000)
    assert [(turn.start_ms, turn.end_ms, turn.voices) for turn in turns] == [(500, 600, (1,))]
    assert order == ["b"]


@pytest.fixture(scope="module")
def made() -> Any:
    """The room where tiny networks are made, once pyannote.audio is there."""
    pytest.importorskip("lightning", reason="the extra [voices]")
    load_library()
    from tests.curate.voices import tiny_pyannote

    return tiny_pyannote


@pytest.fixture(scope="module")
def folder(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(made.tiny(tmp_path_factory.mktemp("pipelines") / "tiny"))


@pytest.fixture(scope="module")
def published(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(made.published(tmp_path_factory.mktemp("pipelines") / "published"))


@pytest.fixture
def turns(folder: Path) -> PyannoteTurns:
    return ours.pyannote_turns(pyannote_files(str(folder), "MIT", trusted=True))


class TestOfTheLibrary:
    pytestmark = heavy

    def test_who_speaks_when_is_told_and_both_at_once_is_a_turn_of_both(self, turns: PyannoteTurns, made: Any) -> None:
        result = turns.conversation(made.tones(*MEETING))
        assert [turn.voices for turn in result.turns] == [(1,), (2,), (1, 2), (1,)]
        starts = [turn.start_ms for turn in result.turns]
        assert starts == pytest.approx([1000, 5500, 10_000, 13_000], abs=60)
        assert [voice.number for voice in result.voices] == [1, 2]
        assert [np.linalg.norm(voice.vector) for voice in result.voices] == pytest.approx([1, 1], abs=1e-5)

    def test_vbx_with_what_it_knows_of_voices_runs_too(self, made: Any, tmp_path: Path) -> None:
        files = pyannote_files(str(made.tiny(tmp_path / "vbx", "VBxClustering")), trusted=True)
        assert {"transform", "plda"} <= set(files.files)
        assert len(ours.pyannote_turns(files).conversation(made.tones(*MEETING)).turns) == 4

    def test_rows_have_the_form_of_the_default(self, turns: PyannoteTurns, made: Any) -> None:
        speech, _ = talk("otto_neutral", "anna_neutral", "otto_neutral+anna_neutral")
        assert forms(turns, sound(made.tones(*MEETING))) == forms(QUICK, sound(speech))

    def test_the_same_is_found_twice_and_whatever_the_batch(
        self, turns: PyannoteTurns, made: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = made.tones(*MEETING), made.tones(("b", 3000), ("a", 3000))
        alone = [rows(turns, sound(first)), rows(turns, sound(second))]
        stage = FindTurns(turns)
        assert list(stage([asset(), asset()], [sound(second), sound(first)])) == alone[::-1]
        monkeypatch.setattr(ours, "batch", lambda: 4)
        ours._pipeline.cache_clear()
        assert [rows(turns, sound(first)), rows(turns, sound(second))] == alone
        ours._pipeline.cache_clear()

    @pytest.mark.parametrize("samples", [0, 1, 100, 8_000, 176_000])
    def test_silence_of_any_length_has_no_turns(self, turns: PyannoteTurns, samples: int) -> None:
        result = turns.conversation(np.zeros(samples, np.int16))
        assert result.turns == result.voices == ()

    def test_a_memory_map_gives_the_same_as_the_samples_in_memory(
        self, turns: PyannoteTurns, made: Any, tmp_path: Path
    ) -> None:
        speech = made.tones(*MEETING)
        speech.tofile(tmp_path / "speech")
        assert (
            turns.conversation(np.memmap(tmp_path / "speech", np.int16, "r")).turns == turns.conversation(speech).turns
        )

    def test_it_keeps_to_one_thread_and_tells_its_makers_nothing(self, turns: PyannoteTurns, made: Any) -> None:
        import torch
        from pyannote.audio.telemetry.metrics import is_metrics_enabled

        turns.conversation(made.tones(("a", 1000)))
        assert torch.get_num_threads() == 1
        assert not is_metrics_enabled()

    def test_a_pipeline_is_known_by_its_bytes_and_not_by_where_it_lies_or_who_trusts_it(
        self, published: Path, tmp_path: Path
    ) -> None:
        elsewhere = shutil.copytree(published, tmp_path / "elsewhere")
        there = FindTurns(ours.pyannote_turns(pyannote_files(str(elsewhere), "MIT", trusted=True)))
        assert stage_key(there) == stage_key(FindTurns(ours.pyannote_turns(pyannote_files(str(published)))))
        (elsewhere / "config.yaml").write_text((elsewhere / "config.yaml").read_text().replace("0.5", "0.4"))
        assert stage_key(there) != stage_key(FindTurns(ours.pyannote_turns(pyannote_files(str(elsewhere)))))
        ours._pipeline.cache_clear()
        with pytest.raises(Missing, match="is not the pipeline any more that this run began with"):
            there.diarizer.conversation(np.zeros(16_000, np.int16))

    def test_a_window_is_looked_at_once_and_gives_each_voice_what_the_library_gives_it(
        self, published: Path, made: Any
    ) -> None:
        import torch

        embedding = network(
            pyannote_files(str(published)), "embedding", (published / "embedding" / "pytorch_model.bin").read_bytes()
        )
        sounds = torch.randn(2, 1, 32_000).repeat_interleave(3, 0)
        weights = (torch.rand(6, 100) > 0.5).float()
        looks: list[int] = []
        embedding.resnet.conv1.register_forward_hook(lambda _network, taken, _made: looks.append(len(taken[0])))
        with torch.inference_mode():
            theirs = embedding(sounds, weights=weights)
            once = ours.once_per_window(embedding, sounds, weights)
        assert looks == [6, 2]
        assert torch.allclose(once, theirs, atol=1e-5)

    def test_networks_that_pyannote_publishes_need_no_trust(self, published: Path, made: Any) -> None:
        settings = Settings(voice=VoiceSettings(turns="pyannote", turns_model=str(published)))
        stages = {type(stage).__name__: stage for one in pipeline(settings) for stage in one.stages}
        assert stages["FindTurns"].models[0].name == "published (pyannote.audio)"  # type: ignore[attr-defined]
        assert stages["FindTurns"].models[0].licence == "unknown"  # type: ignore[attr-defined]
        (outcome,) = stages["FindTurns"]([asset()], [sound(made.tones(("a", 11_000)))])
        assert not isinstance(outcome, Dropped)

    def test_a_network_with_code_of_its_own_is_refused_with_what_to_type(self, folder: Path) -> None:
        with pytest.raises(Missing, match="whose code is 'tests.*config set voice.turns_trusted true"):
            ours.pyannote_turns(pyannote_files(str(folder)))

    def test_what_a_checkpoint_would_run_is_not_run(self, published: Path, tmp_path: Path) -> None:
        import torch

        class Runs:
            def __reduce__(self) -> Any:
                return os.mkdir, (str(tmp_path / "ran"),)

        own = shutil.copytree(published, tmp_path / "own")
        checkpoint = own / "embedding" / "pytorch_model.bin"
        torch.save({**torch.load(checkpoint, weights_only=False), "callbacks": Runs()}, checkpoint)
        with pytest.raises(Missing, match=r"code as much as weights \(it calls posix.mkdir\).*turns_trusted true"):
            ours.pyannote_turns(pyannote_files(str(own)))
        checkpoint.write_bytes(pickle.dumps(Runs()))
        with pytest.raises(Missing, match="code as much as weights"):
            ours.pyannote_turns(pyannote_files(str(own)))
        assert not (tmp_path / "ran").exists()

    @pytest.mark.parametrize("trusted", [False, True])
    @pytest.mark.parametrize("content", [b"", b"no model", b"half"])
    def test_a_damaged_network_is_told_by_its_name(
        self, published: Path, tmp_path: Path, content: bytes, trusted: bool
    ) -> None:
        own = shutil.copytree(published, tmp_path / "own")
        network = own / "segmentation" / "pytorch_model.bin"
        network.write_bytes(network.read_bytes()[:5000] if content == b"half" else content)
        ours._pipeline.cache_clear()
        with pytest.raises(Missing, match=r"segmentation/pytorch_model.bin is no (network|checkpoint)"):
            ours.pyannote_turns(pyannote_files(str(own), trusted=trusted)).conversation(np.zeros(160, np.int16))

    def test_networks_of_another_purpose_are_told(self, published: Path, tmp_path: Path) -> None:
        own = shutil.copytree(published, tmp_path / "own")
        shutil.copy(own / "embedding" / "pytorch_model.bin", own / "segmentation" / "pytorch_model.bin")
        ours._pipeline.cache_clear()
        with pytest.raises(Missing, match="is a network for REPRESENTATION, not for segmentation"):
            ours.pyannote_turns(pyannote_files(str(own))).conversation(np.zeros(160, np.int16))

    def test_settings_that_leave_something_open_are_told(self, published: Path, tmp_path: Path) -> None:
        own = shutil.copytree(published, tmp_path / "own")
        config = own / "config.yaml"
        config.write_text(config.read_text().replace("    threshold: 0.5\n", ""))
        with pytest.raises(Missing, match="own is no pipeline that pyannote.audio can run: its params are not all"):
            ours.pyannote_turns(pyannote_files(str(own))).conversation(np.zeros(160, np.int16))

    def test_our_errors_of_turns_are_those_of_pyannote_metrics(self) -> None:
        from pyannote.core import Annotation, Segment
        from pyannote.metrics.diarization import DiarizationErrorRate

        speech, truth = talk("anna_neutral", "ralf_neutral", "anna_neutral+ralf_neutral", "otto_sadness")
        heard = turns_of(QUICK.conversation(speech))
        told = [*((start, end, voice if start < 5 else voice % 3 + 1) for start, end, voice in heard), (1.0, 1.5, 9)]

        def annotation(spans: Any) -> Any:
            written = Annotation(uri="recording")
            for at, (start, end, who) in enumerate(spans):
                written[Segment(start, end), at] = who
            return written

        theirs = DiarizationErrorRate()(annotation(truth), annotation(told), detailed=True)
        wrong = errors(truth, told)
        assert wrong.spoken_s == pytest.approx(theirs["total"])
        assert wrong.missed_s == pytest.approx(theirs["missed detection"])
        assert wrong.false_s == pytest.approx(theirs["false alarm"])
        assert wrong.confusion_s == pytest.approx(theirs["confusion"])
        assert wrong.confusion_s > 0


def test_a_choice_that_only_the_default_has_is_refused() -> None:
    with pytest.raises(BadSetting, match="voice.turns_careful false"):
        pipeline(Settings(voice=VoiceSettings(turns="pyannote", turns_careful=True)))


def asset() -> Asset:
    return Asset("a", "sound", "wav", 1)


def rows(diarizer: Any, recording: Sound) -> list[Any]:
    (outcome,) = FindTurns(diarizer)([asset()], [recording])
    assert not isinstance(outcome, Dropped)
    return list(outcome)


def forms(diarizer: Any, recording: Sound) -> set[tuple[str, ...]]:
    """Which kinds of rows there are, and which parts of each are filled."""
    made = rows(diarizer, recording)
    clips = {("clip", row.kind) for row in made if isinstance(row, Clip)}
    scores = [row for row in made if isinstance(row, Score)]
    return clips | {
        (row.name, *(p for p in ("value", "vector", "bits") if getattr(row, p) is not None)) for row in scores
    }
