"""Which models a collection's settings choose, each looked for before anything is decoded; and whose they all are."""

from curate.faces.detector import Detector
from curate.faces.insightface import scrfd
from curate.faces.mtcnn import Mtcnn
from curate.faces.packs import pack
from schemas.settings import FaceSettings


def detector(face: FaceSettings, smallest_px: int = 0) -> Detector:
    """What finds faces from a size up; raises BadSetting or Missing with what to put where."""
    if face.backend == "insightface":
        return scrfd(pack(face.model, face.model_licence))
    return Mtcnn(smallest_px=max(face.find_px, smallest_px))
