"""insightface's own code behind our protocols: on a detector of the field where there is one, else on tiny networks."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from curate.faces import insightface
from curate.faces.detect import DetectFaces
from curate.faces.insightface import Scrfd, arcface, scrfd
from curate.faces.packs import pack
from curate.read.decode import Frame, decode
from schemas.errors import Missing
from schemas.media import Asset, Clip, Score
from schemas.stage import stage_key
from tests.curate.faces.test_detect import found_among
from tests.curate.faces.tiny_models import detector, discs, recogniser

pytest.importorskip("insightface", reason="the extra [faces]")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    detector(tmp_path / "tiny_det.onnx")
    recogniser(tmp_path / "tiny_rec.onnx")
    return tmp_path


@pytest.fixture(scope="session")
def field_pack(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scrfd")
    shutil.copy(shared / "models" / "scrfd_500m_bnkps.onnx", folder)
    return folder


def test_every_disc_is_a_face_with_its_points_best_first(tiny: Path) -> None:
    faces = scrfd(pack(str(tiny))).faces(discs((120, 150), (370, 190)))
    assert len(faces.boxes) == 2
    assert list(faces.scores) == sorted(faces.scores, reverse=True)
    middles = faces.boxes.reshape(-1, 2, 2).mean(axis=1)
    assert sorted(middles[:, 0].tolist()) == pytest.approx([120, 370], abs=25)
    assert faces.points.mean(axis=1) == pytest.approx(middles, abs=12)


@pytest.mark.parametrize("shape", [(1, 1), (3, 1900), (1900, 3), (200, 300)])
def test_a_picture_without_a_face_has_none_whatever_its_size(tiny: Path, shape: tuple[int, int]) -> None:
    faces = scrfd(pack(str(tiny))).faces(np.full((*shape, 3), 90, np.uint8))
    assert [part.shape for part in faces] == [(0, 4), (0,), (0, 5, 2)]


def test_the_rows_are_those_of_the_other_detector(tiny: Path) -> None:
    stage = DetectFaces(scrfd(pack(str(tiny))))
    ((clip, *scores),) = stage([Asset("a", "picture", "png", 1)], [Frame(None, discs((240, 160)))])
    assert isinstance(clip, Clip)
    assert clip.kind == "face"
    names = [row.name for row in scores if isinstance(row, Score)]
    assert names == ["face_score", "face_points", "yaw_deg", "pitch_deg", "roll_deg", "occlusion"]


def test_the_stage_is_known_by_the_bytes_of_its_weights_and_not_by_where_they_lie(tiny: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(tiny / "tiny_det.onnx", elsewhere / "other.onnx")
    here, there = (DetectFaces(scrfd(pack(str(folder)))) for folder in (tiny, elsewhere))
    assert stage_key(here) == stage_key(there)
    assert stage_key(here) != stage_key(DetectFaces())
    assert stage_key(here) != stage_key(DetectFaces(Scrfd(pack(str(tiny)), "0" * 16)))


def test_a_model_that_changed_since_the_run_began_is_refused(tiny: Path) -> None:
    chosen = scrfd(pack(str(tiny)))
    (tiny / "tiny_det.onnx").write_bytes(recogniser(tiny / "other.onnx").read_bytes())
    insightface._model.cache_clear()
    with pytest.raises(Missing, match="is not the model any more that this run began with"):
        chosen.faces(discs((240, 160)))


def test_sessions_keep_to_one_thread(tiny: Path) -> None:
    chosen = scrfd(pack(str(tiny)))
    loaded = insightface._model(insightface._Loaded(chosen.pack, "detection", chosen.weights))
    assert loaded.session.get_session_options().intra_op_num_threads == 1


def test_a_face_has_one_vector_wherever_it_stands_and_other_faces_have_others(tiny: Path) -> None:
    embedder = arcface(pack(str(tiny)))
    rgb = discs((120, 150), (370, 190))
    rgb[150:160, 330:400] = 0  # another face
    faces = embedder.detector.faces(rgb)
    vectors = embedder.vectors(rgb, faces.boxes)
    assert vectors.shape == (2, 32)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    alone = embedder.vectors(rgb, faces.boxes[1:])
    assert alone[0] == pytest.approx(vectors[1], abs=1e-5)


def test_a_model_that_takes_one_face_at_a_time_gives_the_same_vectors(tiny: Path, tmp_path: Path) -> None:
    singly = tmp_path / "singly"
    singly.mkdir()
    detector(singly / "det.onnx")
    recogniser(singly / "rec.onnx", several=False)
    rgb = discs((120, 150), (370, 190))
    boxes = scrfd(pack(str(tiny))).faces(rgb).boxes
    together, apart = (arcface(pack(str(folder))).vectors(rgb, boxes) for folder in (tiny, singly))
    assert together == pytest.approx(apart, abs=1e-5)


def test_no_faces_have_no_vectors(tiny: Path) -> None:
    assert len(arcface(pack(str(tiny))).vectors(discs(), np.zeros((0, 4), np.float32))) == 0


@pytest.mark.shared
def test_43_of_the_43_faces_on_photos_are_found_and_nothing_else(shared: Path, field_pack: Path) -> None:
    stage = DetectFaces(scrfd(pack(str(field_pack))))
    assert found_among(stage, shared) == (43, 0)


@pytest.mark.shared
def test_a_talking_head_has_one_face_on_every_frame(shared: Path, field_pack: Path) -> None:
    stage = DetectFaces(scrfd(pack(str(field_pack))))
    for path in sorted((shared / "video").glob("*.mpg")):
        with decode(path, "video", sound=False, every_ms=(500,)) as decoding:
            frames = list(decoding.frames())
        outcomes = stage([Asset("a", "video", "mpg", 1)] * len(frames), frames)
        assert [sum(isinstance(row, Clip) for row in outcome) for outcome in outcomes] == [1] * len(frames)
