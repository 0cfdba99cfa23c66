"""dlib's face vector: one person's lie close, the weights are the ones meant, and no other file is opened."""

import builtins
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from curate.faces import dlib
from curate.faces.dlib import PACKED, Dlib
from curate.faces.mtcnn import Mtcnn
from curate.faces.vectors import FaceVectors
from curate.read.decode import Frame, decode
from curate.twins.people import people, rates
from curate.vectors import numbers
from pipelines import demo
from schemas.errors import Missing
from schemas.media import Clip, Score
from schemas.stage import Dropped

pytest.importorskip("dlib", reason="the extra [identity]")
PICTURE = Path(demo.__file__).parent / "pictures" / "astronaut.jpg"


@pytest.fixture(scope="module")
def astronaut() -> Any:
    with decode(PICTURE, "picture", sound=False, every_ms=(1,)) as decoding:
        return next(iter(decoding.frames())).rgb


def test_one_person_stays_one_when_the_picture_is_smaller_darker_or_turned_a_little(astronaut: Any) -> None:
    import cv2

    height, width = astronaut.shape[:2]
    turned = cv2.warpAffine(astronaut, cv2.getRotationMatrix2D((width / 2, height / 2), 8, 1), (width, height))
    altered = [astronaut, cv2.resize(astronaut, None, fx=0.7, fy=0.7), (astronaut * 0.6).astype(np.uint8), turned]
    vectors = np.concatenate([Dlib().vectors(rgb, Mtcnn().faces(rgb).boxes[:1]) for rgb in altered])
    assert vectors.shape == (4, 128)
    assert np.linalg.norm(vectors[1:] - vectors[0], axis=1).max() < Dlib().same_below


def test_no_faces_have_no_vectors(astronaut: Any) -> None:
    assert Dlib().vectors(astronaut, np.zeros((0, 4), np.float32)).shape == (0, 128)


def test_the_package_is_not_imported_and_the_points_for_non_commercial_use_are_not_opened(
    astronaut: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(
        builtins, "open", lambda file, *rest, of=open, **more: (opened.append(str(file)), of(file, *rest, **more))[1]
    )
    dlib._networks.cache_clear()
    Dlib().vectors(astronaut, np.array([[180, 60, 270, 175]], np.float32))
    assert "face_recognition_models" not in sys.modules
    assert not any("68" in file for file in (*opened, *PACKED.files))


def test_weights_that_are_not_those_meant_are_refused(astronaut: Any) -> None:
    with pytest.raises(Missing, match="pip install --force-reinstall 'face-recognition-models==0.3.0'"):
        Dlib("0" * 16).vectors(astronaut, np.array([[180, 60, 270, 175]], np.float32))


def test_the_stage_gives_a_vector_or_the_reason_why_not(astronaut: Any) -> None:
    good, small = Clip("a", "face", box=(180, 60, 90, 110)), Clip("a", "face", box=(180, 60, 20, 20))
    (made,), dropped = FaceVectors(Dlib())([good, small], [Frame(None, astronaut)] * 2)  # type: ignore[misc]
    assert isinstance(made, Score)
    assert len(numbers(made)) == 128
    assert dropped == Dropped("smaller than 32 pixels: nobody could tell whose face it is")


@pytest.mark.shared
def test_talking_heads_are_told_apart(shared: Path) -> None:
    vectors = []
    for path in sorted((shared / "video").glob("*.mpg")):
        with decode(path, "video", sound=False, every_ms=(1500,)) as decoding:
            frames = list(decoding.frames())
        vectors += [Dlib().vectors(frame.rgb, Mtcnn().faces(frame.rgb).boxes[:1])[0] for frame in frames]
    apart = np.linalg.norm(np.array(vectors)[:, None] - np.array(vectors), axis=2)
    of = np.repeat(np.arange(4), len(vectors) // 4)
    assert apart[of[:, None] == of].max() < Dlib().same_below < apart[of[:, None] != of].min()


@pytest.mark.shared
def test_faces_in_one_photo_are_several_people_at_the_limit_and_talking_heads_one_each(shared: Path) -> None:
    vectors: list[Any] = []
    for path in sorted((shared / "faces").glob("2008_*.jpg")):
        rgb = np.array(Image.open(path).convert("RGB"))
        faces = Mtcnn().faces(rgb)
        vectors += list(Dlib().vectors(rgb, faces.boxes[faces.scores > 0.9]))
    who = list(range(len(vectors)))
    for path in sorted((shared / "video").glob("*.mpg")):
        with decode(path, "video", sound=False, every_ms=(1500,)) as decoding:
            frames = [frame.rgb.copy() for frame in decoding.frames()]
        vectors += [Dlib().vectors(rgb, Mtcnn().faces(rgb).boxes[:1])[0] for rgb in frames]
        who += [max(who) + 1] * len(frames)
    units = np.array(vectors, np.float32)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    wrong = rates(people(units, Dlib().same_from), np.array(who))
    assert (wrong.missed, wrong.mixed) == (0, 0)
    assert wrong.same == 4
    assert wrong.other > 600
