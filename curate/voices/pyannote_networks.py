"""Networks of pyannote.audio, made of checkpoints that cannot run code of their own unless somebody trusts them."""

import io
import os
import pickle
import re
import sys
import warnings
from importlib import import_module
from typing import Any

from curate.sessions import CPU, device
from curate.voices.pyannote_files import NETWORKS, Part, PyannoteFiles
from schemas.errors import Missing

# Windows, or windows times voices, at a time: a multiple of the voices a window may hold. On a graphics card more, for
# it takes as long for few; one of 8 GB still has room for two processes.
BATCH, ON_A_CARD = 30, 60
DESCRIBES = "REPRESENTATION"  # what pyannote.audio calls the purpose of a network that gives vectors
CALLED = re.compile(r"GLOBAL (\S+)")  # what torch says a checkpoint would use
OUR_NETWORKS = "pyannote.audio.models."  # where the classes of its own networks are


def refuse_all_code(files: PyannoteFiles) -> None:
    """Raise Missing where a network of a pipeline holds code and nobody has said that it may run."""
    if not files.trusted:
        contents = files.read(files.sha256)
        for part in NETWORKS:
            if part in contents:
                _refuse_code(files, part, contents[part])


def network(files: PyannoteFiles, part: Part, content: bytes) -> Any:
    """A network of these very bytes, looked at for code once more where nobody has said that it may run."""
    if not files.trusted:
        _refuse_code(files, part, content)
    from pyannote.audio import Model  # noqa: PLC0415

    try:
        with warnings.catch_warnings(action="ignore"):  # about other versions, which its own check allows
            made = Model.from_pretrained(io.BytesIO(content), strict=False)
        purpose = made.specifications.problem.name
    except Exception as error:  # noqa: BLE001  # whatever torch, lightning or a class of somebody's says
        raise Missing(f"{files.files[part]} is no network of pyannote.audio: {first_line(error)}") from None
    if (purpose == DESCRIBES) != (part == "embedding"):
        raise Missing(f"{files.files[part]} is a network for {purpose}, not for {part}; put the right one there")
    return made


def _refuse_code(files: PyannoteFiles, part: Part, content: bytes) -> None:
    """Raise Missing where a checkpoint does more than describe one of pyannote.audio's own networks.

    pyannote.audio unpickles checkpoints without limits. What torch reads with its own limits, given that nothing but
    the four plain classes below is allowed beside tensors, makes nothing else when it is read without.
    """
    load_library()
    import torch  # noqa: PLC0415
    from pyannote.audio.core.task import Problem, Resolution, Specifications  # noqa: PLC0415

    trust = f"type: emocurate config set voice.{files.purpose.key}_trusted true, if you trust who made it"
    plain = [Problem, Resolution, Specifications, torch.torch_version.TorchVersion]
    file = files.files[part]
    try:
        with torch.serialization.safe_globals(plain):
            told = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        made_by = str(told["pyannote.audio"]["architecture"]["module"])
    except pickle.UnpicklingError as error:
        if not content.startswith((b"PK", b"\x80")):
            raise Missing(f"{file} is no checkpoint of torch; fetch it again") from None
        named = CALLED.search(str(error))
        reason = f"it calls {named[1]}" if named else "it holds more than tensors"
        raise Missing(f"{file} is code as much as weights ({reason}) and is not run unasked; {trust}") from None
    except Exception as error:  # noqa: BLE001  # whatever torch says of a damaged file
        raise Missing(f"{file} is no network of pyannote.audio: {first_line(error)}; fetch it again") from None
    if not made_by.startswith(OUR_NETWORKS):
        raise Missing(f"{file} is a network whose code is {made_by!r}, not pyannote.audio's, and is not run; {trust}")


def load_library() -> None:
    """Import pyannote.audio: its makers are told nothing, and torchaudio goes without a library unfit for torch."""
    os.environ.update(PYANNOTE_METRICS_ENABLED="0", HF_HUB_DISABLE_TELEMETRY="1")
    with warnings.catch_warnings(action="ignore"):  # that torchcodec is not there: no file is decoded by it
        try:
            import_module("torchaudio")
        except OSError:  # built for CUDA, beside a torch that is not: only what it has in Python is used
            utils = sys.modules.get("torchaudio._extension.utils")
            if utils is None:
                raise
            utils._load_lib = lambda _name: False  # type: ignore[attr-defined]
            import_module("torchaudio")
        import_module("pyannote.audio")


def batch() -> int:
    """How many windows, or windows times voices, are judged at a time on the device of this process."""
    return BATCH if device() == CPU else ON_A_CARD


def first_line(error: Exception) -> str:
    """What an error says first, in 200 characters at most."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
