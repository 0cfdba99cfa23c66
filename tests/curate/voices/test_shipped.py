"""Shipped networks are the ones named; whatever else lies in their place is refused with what to type."""

import importlib.util
from pathlib import Path

import pytest

from curate import weights as room
from curate.voices.embeddings import CAMPPLUS
from curate.voices.segmentation import SEGMENTER
from curate.voices.shipped import shipped_model, shipped_session
from schemas.errors import Missing

NETWORKS = (("segmentation-3.0.onnx", SEGMENTER), ("campplus.onnx", CAMPPLUS))


@pytest.mark.parametrize(("name", "weights"), NETWORKS, ids=["segmentation", "embedding"])
def test_the_shipped_networks_are_the_ones_named(name: str, weights: room.Weights) -> None:
    assert len(shipped_model(name, weights.sha256)) > 2_000_000


def test_a_web_page_saved_in_the_place_of_a_network_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "voices" / "models"
    folder.mkdir(parents=True)
    (folder / "campplus.onnx").write_text("<!DOCTYPE html><html>not found</html>")
    spec = importlib.util.spec_from_loader("curate", None, is_package=True)
    assert spec
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(room.importlib.util, "find_spec", lambda _: spec)
    with pytest.raises(Missing, match=r"expected 276968b2.*type: pip install --force-reinstall 'emocurate'"):
        shipped_model("campplus.onnx", CAMPPLUS.short)
    with pytest.raises(Missing, match=r"lacks voices/models/segmentation-3\.0\.onnx"):
        shipped_model("segmentation-3.0.onnx", SEGMENTER.short)


def test_a_network_of_another_shape_is_refused() -> None:
    with pytest.raises(Missing, match=r"takes .*160000.*expected \{'w': \(1, 8000\)\} and \(589, 7\)"):
        shipped_session("segmentation-3.0.onnx", SEGMENTER.short, {"w": (1, 8000)}, (589, 7))
    with pytest.raises(Missing, match=r"expected .* and \(192,\)"):
        shipped_session("campplus.onnx", CAMPPLUS.short, {"f": (80,)}, (192,))
