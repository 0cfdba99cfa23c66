"""Networks of onnxruntime: one thread each, on the device that this process was given."""

import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import onnxruntime
from onnxruntime import InferenceSession

from schemas.errors import BadSetting, nearest

CPU = "cpu"
CUDA, PROCESSOR = "CUDAExecutionProvider", "CPUExecutionProvider"
# Pictures come in every size, and a search for the best way to convolve would begin again for each; with TF32 numbers
# would be others than on the processor; and of the memory several processes share nothing is taken ahead.
CUDA_OPTIONS = {
    "cudnn_conv_algo_search": "HEURISTIC",  # DEFAULT takes ten times as long for a picture with scrfd_500m
    "use_tf32": "0",
    "arena_extend_strategy": "kSameAsRequested",
}


@dataclass
class _Place:
    """Where this process runs its networks; said once, before the first of them is opened."""

    device: str = CPU


_PLACE = _Place()


def use_device(device: str) -> None:
    """Run networks on this device from now on: `cpu`, or `cuda:0` and so on; raises BadSetting where it is not here."""
    if checked_device(device) != CPU:
        with redirect_stdout(sys.stderr):  # it prints what it does not find, and a missing one is said by the session
            onnxruntime.preload_dlls()
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


def open_session(model: bytes, on_processor: bool = False) -> InferenceSession:
    """A session on one thread: networks this small gain nothing from more, and workers are processes.

    It runs on the device of this process, or on the processor whatever that is; raises BadSetting where it does not.
    """
    if on_processor:
        return InferenceSession(model, one_thread(), providers=[PROCESSOR])
    with redirect_stdout(sys.stderr):
        return kept_to_device(InferenceSession(model, one_thread(), providers=providers()))


def kept_to_device(session: Any) -> Any:
    """The session, if it runs on the device of this process, and from now on nowhere else; raises BadSetting.

    onnxruntime itself goes on with the processor where a device fails, and says so in passing.
    """
    if device() != CPU:
        session.disable_fallback()
        if CUDA not in session.get_providers():
            raise BadSetting(
                f"run.devices: {device()!r}, but onnxruntime cannot use it (its own words are above): it wants a card "
                "of that number, and the CUDA and cuDNN it was built for; or type: emocurate config set run.devices cpu"
            )
    return session


def providers() -> list[Any]:
    """What onnxruntime is to run a network with, as `InferenceSession` takes it."""
    kind, number = device_and_number()
    if kind == CPU:
        return [PROCESSOR]
    return [(CUDA, {"device_id": number, **CUDA_OPTIONS}), PROCESSOR]


def device_and_number() -> tuple[str, int]:
    """The kind of this process's device and its number, as libraries beside onnxruntime ask for them."""
    kind, _, number = _PLACE.device.partition(":")
    return kind, int(number or 0)


def one_thread() -> Any:
    """How a session is told to keep to one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # warnings about a graph are of no use to the person who runs it
    return options
