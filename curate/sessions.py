"""Networks of onnxruntime: one thread each, on the device that this process was given."""

from dataclasses import dataclass
from typing import Any

import onnxruntime
from onnxruntime import InferenceSession

from schemas.errors import BadSetting, nearest

CPU = "cpu"
CUDA = "CUDAExecutionProvider"


@dataclass
class _Place:
    """Where this process runs its networks; said once, before the first of them is opened."""

    device: str = CPU


_PLACE = _Place()


def use_device(device: str) -> None:
    """Run networks on this device from now on: `cpu`, or `cuda:0` and so on; raises BadSetting where it is not here."""
    checked_device(device)
    _PLACE.device = device


def device() -> str:
    """The device of this process, as torch names it too."""
    return _PLACE.device


def checked_device(name: str) -> str:
    """The name of a device that networks can run on here; raises BadSetting."""
    kind, _, number = name.partition(":")
    if name != CPU and (kind != "cuda" or not number.isdecimal()):
        raise BadSetting(f"run.devices: {name!r} is no device; {nearest(name, (CPU, 'cuda:0'))}")
    offered = onnxruntime.get_available_providers()
    if name != CPU and CUDA not in offered:
        raise BadSetting(
            f"run.devices: {name!r}, but onnxruntime here offers only {', '.join(offered)}; "
            "put onnxruntime-gpu in the place of onnxruntime, or type: emocurate config set run.devices cpu"
        )
    return name


def open_session(model: bytes) -> InferenceSession:
    """A session on one thread: networks this small gain nothing from more, and workers are processes."""
    return InferenceSession(model, one_thread(), providers=providers())


def providers() -> list[Any]:
    """What onnxruntime is to run a network with, as `InferenceSession` takes it."""
    kind, _, number = _PLACE.device.partition(":")
    return ["CPUExecutionProvider"] if kind == CPU else [(CUDA, {"device_id": int(number)}), "CPUExecutionProvider"]


def one_thread() -> Any:
    """How a session is told to keep to one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # warnings about a graph are of no use to the person who runs it
    return options
