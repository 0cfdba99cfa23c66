"""insightface: SCRFD finds faces, ArcFace describes them, with the models of a pack that somebody brought."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import cv2
import numpy as np

from curate.faces.detector import Array, Faces, Pixels
from curate.faces.packs import Pack, Task, digest
from curate.sessions import kept_to_device, one_thread, providers
from curate.weights import SHORT, Weights
from schemas.errors import BadSetting, Missing

STEP = 32  # the largest stride of a detector: its input is a multiple of it
SMALLEST_PX = 8  # of a picture that may hold a face
AROUND = 0.5  # of a face's size, on every side, in which its points are looked for again
USUAL_POINTS = np.array([(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.78), (0.65, 0.78)])  # shares of a face's box
NO_FACES = Faces(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 5, 2), np.float32))


@dataclass(frozen=True)
class Scrfd:
    """Finds faces surer than `least_score` in one look at a picture whose longer side is brought to `side_px`.

    A model that takes one size only is given that. The pack says where the weights lie; what they are, `weights` says.
    """

    pack: Pack = field(compare=False)
    weights: str
    side_px: int = 640
    least_score: float = 0.5
    backend: Literal["insightface"] = "insightface"

    @property
    def models(self) -> tuple[Weights, ...]:
        """The detector of the pack."""
        return (self.pack.weights("detection"),)

    def faces(self, rgb: Pixels) -> Faces:
        """The faces in one picture, best first; insightface wants blue before red."""
        if min(rgb.shape[:2]) < SMALLEST_PX:
            return NO_FACES
        model = _model(_Loaded(self.pack, "detection", self.weights))
        size = _input_size(rgb, self.side_px)
        found, points = model.detect(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), input_size=size, det_thresh=self.least_score)
        return Faces(found[:, :4], found[:, 4], points)


@dataclass(frozen=True)
class Arcface:
    """Describes faces by the recognition model of a pack, aligned by points that its detector finds in each again."""

    detector: Scrfd
    weights: str
    backend: Literal["insightface"] = "insightface"

    @property
    def models(self) -> tuple[Weights, ...]:
        """The recognition model of the pack, and its detector."""
        return (self.detector.pack.weights("recognition"), *self.detector.models)

    @property
    def same_below(self) -> float:
        """A cosine of 0.4, which these models are mostly read at, as a distance."""
        return 1.095

    @property
    def same_from(self) -> float:
        """The same cosine."""
        return 0.4

    def vectors(self, rgb: Pixels, boxes: Array) -> Array:
        """Vectors of length 1 (faces, dimensions), in one call where the model takes several faces at a time."""
        from insightface.utils import face_align  # noqa: PLC0415  # of the extra [faces]

        model = _model(_Loaded(self.detector.pack, "recognition", self.weights))
        bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
        side = model.input_size[0]
        crops = [face_align.norm_crop(bgr, self._points(rgb, box), image_size=side) for box in boxes]
        if not crops:
            return np.zeros((0, model.output_shape[-1]), np.float32)
        takes_several = not isinstance(model.input_shape[0], int)
        parts = [crops] if takes_several else [[crop] for crop in crops]
        raw = np.concatenate([model.get_feat(part) for part in parts])
        return np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True), np.float32)

    def _points(self, rgb: Pixels, box: Array) -> Array:
        """The five points of the face in a box, in pixels of the picture; without any, where they mostly are."""
        margin = AROUND * (box[2:] - box[:2])
        left, top = np.maximum(box[:2] - margin, 0).astype(int)
        right, bottom = (box[2:] + margin).astype(int)
        faces = self.detector.faces(rgb[top:bottom, left:right])
        if not len(faces.points):
            return np.asarray(box[:2] + (box[2:] - box[:2]) * USUAL_POINTS, np.float32)
        middle = (box[:2] + box[2:]) / 2 - (left, top)
        nearest = np.linalg.norm(faces.points.mean(axis=1) - middle, axis=1).argmin()
        return np.asarray(faces.points[nearest] + (left, top), np.float32)


def scrfd(pack: Pack) -> Scrfd:
    """The detector of a pack."""
    return Scrfd(pack, pack.sha256["detection"][:SHORT])


def arcface(pack: Pack) -> Arcface:
    """The embedder of a pack; raises Missing where it has none."""
    if "recognition" not in pack.files:
        raise Missing(
            f"no recognition model in {pack.folder}: expected one that takes square crops of 112 pixels or more; "
            "put it there, or type: emocurate config set face.identity dlib"
        )
    return Arcface(scrfd(pack), pack.sha256["recognition"][:SHORT])


def _input_size(rgb: Pixels, side_px: int) -> tuple[int, int]:
    """Width and height of what a detector sees: the picture's shape, in whole steps, so that little of it is empty."""
    height, width = rgb.shape[:2]
    scale = side_px / max(height, width)
    across, down = (max(STEP, -int(-side * scale // STEP) * STEP) for side in (width, height))
    return across, down


@dataclass(frozen=True)
class _Loaded:
    """What one model is: of which pack, for which task, and which bytes it must have."""

    pack: Pack = field(compare=False)
    task: Task
    weights: str


@cache
def _model(wanted: _Loaded) -> Any:
    """A model as insightface's own loader makes it, on one thread; raises Missing where it is not what was meant."""
    from insightface.model_zoo import get_model  # noqa: PLC0415  # of the extra [faces]

    file = wanted.pack.files[wanted.task]
    if not digest(file).startswith(wanted.weights):
        raise Missing(f"{file} is not the model any more that this run began with; type: emocurate run")
    options = {"providers": providers(), "sess_options": one_thread(), "static_shape_sessions": False}
    declared = {"model_task": wanted.task} if wanted.pack.has_manifest else {}
    where = wanted.pack.folder if wanted.pack.has_manifest else file
    try:
        model = get_model(str(where), **declared, **options)
        kept_to_device(model.session)
    except BadSetting:
        raise
    except Exception as error:  # noqa: BLE001  # whatever onnxruntime or insightface says of a damaged model
        raise Missing(f"{file} cannot be loaded by insightface: {str(error).splitlines()[0][:200]}") from None
    return model
