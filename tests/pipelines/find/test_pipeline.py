"""What settings ask for is what the stages of a pipeline do."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import soundfile

from pipelines import demo
from pipelines.engine.catalog import Catalog
from pipelines.engine.workers import Inline
from pipelines.find.pipeline import pipeline
from pipelines.find.run import bring_up_to_date
from pipelines.find.thresholds import choose
from schemas.answers import Ask, Item
from schemas.backends import TurnsBackend
from schemas.scheme import shipped_schemes
from schemas.sections import FaceSettings, VoiceSettings
from schemas.settings import Settings
from tests.curate.speech_sounds import RATE_HZ, voice
from tests.pipelines.conftest import Builder, empty_in, take_in

SPOKEN_MS = 50_000
TALKING = Path(demo.__file__).parent / "pictures" / "astronaut-speaks.mkv"


@dataclass(frozen=True)
class Found:
    """A live utterance: its id and length, whether it was asked about, and why it is not good."""

    id: str
    ms: int
    pinned: bool
    reason: str | None


def spoken_in(home: Path, media: Path) -> None:
    """A collection with one sound: a voice that speaks for 50 s without a pause."""
    empty_in(home, media)
    media.mkdir()
    soundfile.write(media / "spoken.wav", voice(SPOKEN_MS), RATE_HZ)
    take_in(home, [media / "spoken.wav"])


def cut_in(home: Path, media: Path) -> None:
    """The same after a run with utterances of at most 10 s."""
    spoken_in(home, media)
    utterances(home, 10_000)


@pytest.fixture
def spoken(copy_of: Callable[[Builder], Path]) -> Path:
    return copy_of(spoken_in)


@pytest.fixture
def cut(copy_of: Callable[[Builder], Path]) -> Path:
    return copy_of(cut_in)


def utterances(home: Path, max_ms: int, turns: TurnsBackend = "off") -> list[Found]:
    """What is live after a run with utterances of at most so long."""
    settings = Settings(voice=VoiceSettings(max_ms=max_ms, turns=turns))
    assert bring_up_to_date(home, pipeline(settings), Inline()).open == 0
    with Catalog(home).open() as connection:
        choose(connection, settings, "voice")
        query = "SELECT id, end_ms - start_ms, pinned, reason FROM chosen_voice WHERE kind = 'utterance' ORDER BY id"
        return [Found(*row) for row in connection.execute(query).fetchall()]


@pytest.mark.parametrize(("made", "max_ms"), [(spoken_in, 1_856), (cut_in, 10_000), (spoken_in, 30_000)])
def test_long_speech_is_cut_to_the_length_that_settings_allow_and_nothing_is_refused_as_longer(
    copy_of: Callable[[Builder], Path], made: Builder, max_ms: int
) -> None:
    found = utterances(copy_of(made), max_ms)
    assert len(found) > SPOKEN_MS // max_ms
    assert max(one.ms for one in found) <= max_ms
    assert sum(one.ms for one in found) == pytest.approx(SPOKEN_MS, rel=0.1)
    assert {one.reason for one in found} == {None}


def test_speech_that_may_be_long_is_left_whole(spoken: Path) -> None:
    (whole,) = utterances(spoken, 60_000)
    assert whole.ms == pytest.approx(SPOKEN_MS, abs=500)
    assert whole.reason is None


def test_below_what_can_be_cut_the_threshold_refuses_the_rest(spoken: Path) -> None:
    found = utterances(spoken, 1_000)
    assert max(one.ms for one in found) <= 1_856
    assert {one.reason for one in found} == {None if one.ms <= 1_000 else "longer than voice.max_ms" for one in found}


@pytest.mark.parametrize("turns", ["off", "onnx"])
def test_another_length_leaves_no_clip_of_the_length_before(cut: Path, turns: TurnsBackend) -> None:
    before = utterances(cut, 10_000, turns)
    (whole,) = utterances(cut, 60_000, turns)
    assert whole.ms == pytest.approx(SPOKEN_MS, abs=500)
    assert utterances(cut, 10_000, turns) == before


def test_another_length_leaves_what_was_asked_about(cut: Path) -> None:
    asked = utterances(cut, 10_000)[0]
    item = Item("clip", asked.id)
    Catalog(cut).add([item, Ask(item.id, shipped_schemes()["ekman"].id)])
    after = utterances(cut, 60_000)
    assert [one.id for one in after if one.pinned] == [asked.id]
    assert [one.reason for one in after if not one.pinned] == [
        "superseded: mostly the same as a clip that was asked about"
    ]


def test_every_face_of_a_video_is_described_where_that_is_wanted(home: Path) -> None:
    pytest.importorskip("dlib", reason="the extra [identity]")
    take_in(home, [TALKING])
    settings = Settings(face=FaceSettings(identity="dlib", identity_basis="Art. 9(2)(a)", keep_vectors=True))
    assert bring_up_to_date(home, pipeline(settings), Inline()).failed == 0
    faces = Catalog(home).rows("SELECT id FROM live_clips WHERE kind = 'face' ORDER BY id")
    assert len(faces) > 10
    assert Catalog(home).rows("SELECT \"row\" FROM scores WHERE name = 'face_vector' ORDER BY 1") == faces
