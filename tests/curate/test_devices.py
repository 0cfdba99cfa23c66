"""A look at a device before a run begins on it."""

import pytest

from curate import devices, sessions
from schemas.errors import BadSetting


@pytest.fixture(autouse=True)
def on_the_cpu_again() -> None:
    sessions.use_device("cpu")


def test_the_processor_needs_no_look() -> None:
    assert devices.proved_device("cpu") == "cpu"


def test_a_card_that_onnxruntime_cannot_open_is_refused_before_a_file_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if sessions.CUDA in sessions.onnxruntime.get_available_providers():
        pytest.skip("there may be a card here")
    monkeypatch.setattr(devices, "checked_device", lambda name: name)
    with pytest.raises(BadSetting, match="'cuda:0'.*put onnxruntime-gpu in the place of onnxruntime"):
        devices.proved_device("cuda:0")
    assert sessions.device() == "cpu"


def test_a_network_runs_in_the_look() -> None:
    assert devices.tried("cpu") == "cpu"
