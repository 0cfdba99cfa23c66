"""The device that networks run on: said once, and refused where it is not here."""

import pytest

from curate import sessions
from schemas.errors import BadSetting


@pytest.fixture(autouse=True)
def on_the_cpu_again() -> None:
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
    assert sessions.providers() == [(sessions.CUDA, {"device_id": 1}), "CPUExecutionProvider"]
