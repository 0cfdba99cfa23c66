"""The pipeline: which stages bring a collection's media up to date, with the parameters its settings give them."""

from pipelines.engine.passes import Pass
from schemas.settings import Settings


def pipeline(settings: Settings) -> tuple[Pass, ...]:
    """The passes of a collection; between passes stand whole-table questions (exact duplicates need none: one id)."""
    from curate.faces import DetectFaces
    from curate.probe import Probe
    from curate.quality import MeasureFace, MeasureSound
    from curate.speech import FindSpeech

    face = settings.face
    find_faces = DetectFaces(backend=face.backend, min_px=face.find_px, every_ms=face.every_ms)
    return (Pass((Probe(), FindSpeech(), MeasureSound(), find_faces, MeasureFace()), every_ms=face.every_ms),)
