"""The device that networks run on: said once, and refused where it is not here."""

from collections.abc import Iterator

import numpy as np
import pytest
from onnx import TensorProto, helper

from curate import sessions
from curate.faces import mtcnn
from curate.faces.mtcnn import Mtcnn
from schemas.errors import BadSetting

VALUES = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("given", "made")]
GRAPH = helper.make_model(
    helper.make_graph([helper.make_node("Relu", ["given"], ["made"])], "one", VALUES[:1], VALUES[1:]),
    opset_imports=[helper.make_opsetid("", 16)],
    ir_version=8,
).SerializeToString()


@pytest.fixture(autouse=True)
def on_the_cpu_again() -> Iterator[None]:
    sessions.use_device("cpu")
    yield
    sessions.use_device("cpu")


def test_networks_run_on_the_processor_unless_told_otherwise() -> None:
    assert sessions.device() == "cpu"
    assert sessions.providers() == ["CPUExecutionProvider"]


@pytest.mark.parametrize("name", ["gpu", "cuda", "cuda:x", ""])
def test_a_name_that_is_no_device_is_refused_with_what_would_be_one(name: str) -> None:
    with pytest.raises(BadSetting, match="is no device.*cpu"):
        sessions.use_device(name)
    assert sessions.device() == "cpu"


def test_a_graphics_card_is_refused_where_onnxruntime_cannot_use_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions.onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(BadSetting, match=r"offers only CPUExecutionProvider; put onnxruntime-gpu"):
        sessions.use_device("cuda:0")


def test_a_graphics_card_goes_before_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions.onnxruntime, "get_available_providers", lambda: [sessions.CUDA])
    sessions.use_device("cuda:1")
    assert sessions.providers() == [(sessions.CUDA, {"device_id": 1, **sessions.CUDA_OPTIONS}), "CPUExecutionProvider"]
    assert sessions.device_and_number() == ("cuda", 1)


def test_no_picture_of_a_new_size_is_searched_for_the_fastest_way(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sessions.CUDA_OPTIONS["cudnn_conv_algo_search"] != "EXHAUSTIVE"  # onnxruntime's own choice
    assert sessions.CUDA_OPTIONS["use_tf32"] == "0"


def test_a_network_that_would_run_on_the_processor_instead_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions.onnxruntime, "get_available_providers", lambda: [sessions.CUDA])
    sessions.use_device("cuda:0")  # which this onnxruntime has not
    with pytest.raises(BadSetting, match=r"'cuda:0', but onnxruntime cannot use it.*config set run.devices cpu"):
        sessions.open_session(GRAPH)


def test_what_is_too_small_for_a_card_runs_on_the_processor_whatever_the_device(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions.onnxruntime, "get_available_providers", lambda: [sessions.CUDA])
    sessions.use_device("cuda:0")
    assert sessions.open_session(GRAPH, on_processor=True).get_providers() == [sessions.PROCESSOR]


def test_mtcnn_finds_faces_on_the_processor_where_the_device_is_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions.onnxruntime, "get_available_providers", lambda: [sessions.CUDA])
    sessions.use_device("cuda:0")
    mtcnn._networks.cache_clear()
    assert len(Mtcnn().faces(np.zeros((64, 64, 3), np.uint8)).boxes) == 0
