"""Which models a collection's settings choose, looked for before anything is decoded; and who may be identified."""

from curate.faces.detector import Detector
from curate.faces.dlib import Dlib
from curate.faces.embedder import Embedder
from curate.faces.insightface import arcface, scrfd
from curate.faces.mtcnn import Mtcnn
from curate.faces.packs import pack
from curate.voices.diarizer import Diarizer
from curate.voices.listener import Listener
from curate.voices.onnx_turns import CAREFUL, QUICK
from curate.voices.pyannote_files import SPEECH, pyannote_files
from curate.voices.pyannote_speech import pyannote_speech
from curate.voices.pyannote_turns import pyannote_turns
from curate.voices.silero import Silero
from schemas.sections import FaceSettings, VoiceSettings


def detector(face: FaceSettings, smallest_px: int = 0) -> Detector:
    """What finds faces from a size up; raises BadSetting or Missing with what to put where."""
    if face.backend == "insightface":
        return scrfd(pack(face.model, face.model_licence))
    return Mtcnn(smallest_px=max(face.find_px, smallest_px))


def embedder(face: FaceSettings) -> Embedder | None:
    """What describes faces by vectors, None where nothing does; raises BadSetting or Missing with what to put where."""
    if face.identity == "insightface":
        return arcface(pack(face.model, face.model_licence))
    return Dlib.installed() if face.identity == "dlib" else None


def may_identify(basis: str) -> str:
    """The SQL of which assets hold people who may be told apart by voice or face, over `asset`.

    Synthetic ones, and those of people whose consent says so; on the legal `basis` somebody names, all others but those
    of people whose consent does not say so.
    """
    named = bool(basis.strip())
    return f"""asset IN (SELECT r.asset FROM rights r LEFT JOIN consented c USING (asset)
               WHERE r.lapsed IS NULL AND (r.may_identify OR ({named} AND coalesce(c.identify, true))))"""


def listener(voice: VoiceSettings) -> Listener:
    """What finds speech; raises BadSetting or Missing with what to put where."""
    if voice.speech == "pyannote":
        return pyannote_speech(pyannote_files(voice.speech_model, voice.speech_licence, voice.speech_trusted, SPEECH))
    return Silero()


def diarizer(voice: VoiceSettings) -> Diarizer | None:
    """What tells who speaks when, None where it is off; raises BadSetting or Missing with what to put where."""
    if voice.turns == "off":
        return None
    if voice.turns == "pyannote":
        return pyannote_turns(pyannote_files(voice.turns_model, voice.turns_licence, voice.turns_trusted))
    return CAREFUL if voice.turns_careful else QUICK
