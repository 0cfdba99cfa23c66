"""Model packs: found or refused with what to put where, and nothing is downloaded."""

import hashlib
import json
from pathlib import Path

import pytest

from curate.faces import packs
from curate.faces.packs import UNKNOWN_LICENCE, pack
from schemas.errors import BadSetting, Missing
from tests.curate.faces.tiny_models import detector, recogniser

pytest.importorskip("insightface", reason="the extra [faces]")


def test_a_folder_says_which_file_does_what_whatever_else_lies_in_it(tmp_path: Path) -> None:
    det, rec = detector(tmp_path / "b.onnx"), recogniser(tmp_path / "c.onnx")
    recogniser(tmp_path / "a.onnx", side=96)  # no face of a size that ArcFace knows
    (tmp_path / "README").write_text("not a model")
    found = pack(str(tmp_path))
    assert found.files == {"detection": det, "recognition": rec}
    assert found.sha256["detection"] == hashlib.sha256(det.read_bytes()).hexdigest()
    assert found.weights("detection").licence == UNKNOWN_LICENCE
    assert pack(str(tmp_path), "MIT").weights("detection").licence == "MIT"


def test_a_name_is_a_pack_where_insightface_keeps_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_s").mkdir()
    detector(tmp_path / "own_s" / "det.onnx")
    monkeypatch.setattr(packs, "ROOT", tmp_path)
    assert pack("own_s").folder == tmp_path / "own_s"


def test_a_manifest_says_which_file_does_what_and_whose_it_is(tmp_path: Path) -> None:
    det = detector(tmp_path / "z.onnx")
    detector(tmp_path / "a.onnx")
    tasks = {"detection": {"file": "z.onnx", "sha256": hashlib.sha256(det.read_bytes()).hexdigest()}}
    manifest = {"manifest_version": 2, "model_id": "own", "license": "MODEL.LICENSE", "tasks": tasks}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    found = pack(str(tmp_path / "manifest.json"))
    assert found.files == {"detection": det}
    assert "MODEL.LICENSE" in found.licence


def test_a_pack_that_is_not_there_is_not_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "ROOT", tmp_path)
    with pytest.raises(Missing, match=r"no folder .*buffalo_l; nothing is downloaded: put the pack there"):
        pack("buffalo_l")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("", "wants face.model: a folder of models"),
        ("models/own", "expected an absolute path"),
        ("/models/det.onnx", "is a file; expected the folder it lies in"),
    ],
)
def test_a_model_that_cannot_be_meant_is_refused(model: str, told: str) -> None:
    with pytest.raises(BadSetting, match=told):
        pack(model)


@pytest.mark.parametrize(
    "content", [b"<!DOCTYPE html><html>404</html>", b"version https://git-lfs.github.com/spec/v1\noid sha256:0"]
)
def test_a_web_page_or_a_pointer_saved_as_a_model_is_called_that(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "det.onnx").write_bytes(content)
    with pytest.raises(Missing, match="is a web page or a pointer saved in place of a model"):
        pack(str(tmp_path))


@pytest.mark.parametrize("content", [b"", b"\x00" * 400, bytes(range(256)) * 4])
def test_a_damaged_model_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "det.onnx").write_bytes(content)
    with pytest.raises(Missing, match=r"det\.onnx is no ONNX model"):
        pack(str(tmp_path))


def test_a_detector_without_points_is_refused_with_what_it_gives(tmp_path: Path) -> None:
    detector(tmp_path / "det.onnx", results=6)
    with pytest.raises(Missing, match=r"gives 6 results of sizes \[1, 1, 1, 4, 4, 4\]; expected a SCRFD detector"):
        pack(str(tmp_path))


def test_a_folder_without_a_detector_is_refused(tmp_path: Path) -> None:
    recogniser(tmp_path / "rec.onnx")
    with pytest.raises(Missing, match="no face detector in"):
        pack(str(tmp_path))


def test_a_manifest_that_names_what_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(
        json.dumps({"manifest_version": 2, "model_id": "own", "tasks": {"detection": {"file": "gone.onnx"}}})
    )
    with pytest.raises(Missing, match=r"names 'gone\.onnx', which is not there"):
        pack(str(tmp_path))
