"""The networks that come with emocurate itself, proved to be the ones named before they are used."""

from collections.abc import Mapping

from onnxruntime import InferenceSession

from curate.sessions import open_session
from curate.weights import Packed, verified_files
from schemas.errors import Missing

REINSTALL = "emocurate"  # what brings the files back


def shipped(name: str) -> Packed:
    """Where a shipped network lies."""
    return Packed("curate", (f"voices/models/{name}",), REINSTALL)


def shipped_model(name: str, weights: str) -> bytes:
    """The bytes of a shipped network whose SHA-256 begins with `weights`; raises Missing where they are others."""
    return verified_files(shipped(name), weights)[0]


def shipped_session(
    name: str, weights: str, takes: Mapping[str, tuple[int, ...]], gives: tuple[int, ...]
) -> InferenceSession:
    """A shipped network on one thread; raises Missing where its inputs or its first result have another shape.

    Shapes are the last dimensions, 0 stands for any size.
    """
    session = open_session(shipped_model(name, weights))
    inputs = {value.name: value.shape for value in session.get_inputs()}
    fits = all(known in inputs and _ends(inputs[known], shape) for known, shape in takes.items())
    if not fits or not _ends(session.get_outputs()[0].shape, gives):
        raise Missing(
            f"the network {name} takes {inputs} and gives {session.get_outputs()[0].shape}; "
            f"expected {dict(takes)} and {gives}; type: pip install --force-reinstall {REINSTALL}"
        )
    return session


def _ends(shape: list[int | str | None], wanted: tuple[int, ...]) -> bool:
    last = shape[-len(wanted) :]
    return len(last) == len(wanted) and all(not size or size == got for size, got in zip(wanted, last, strict=True))
