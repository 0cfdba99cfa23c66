"""The pipeline: which stages bring a collection's media up to date, with the parameters its settings give them."""

from curate.faces.detect import DetectFaces
from curate.quality import MeasureFace, MeasureSound
from curate.read.probe import Probe
from curate.voices.utterances import FindSpeech
from pipelines.engine.passes import Pass
from schemas.settings import Settings


def pipeline(settings: Settings) -> tuple[Pass, ...]:
    """The passes of a collection; between passes stand whole-table questions (exact duplicates need none: one id)."""
    face = settings.face
    find_faces = DetectFaces(backend=face.backend, min_px=face.find_px, every_ms=face.every_ms)
    return (Pass((Probe(), FindSpeech(), MeasureSound(), find_faces, MeasureFace())),)
