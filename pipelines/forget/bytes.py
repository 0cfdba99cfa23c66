"""The bytes of what is forgotten: cuts, stored files, and what a collection cannot reach."""

from collections.abc import Collection, Iterator
from pathlib import Path

from pipelines.cutting import FOLDER as CUTS
from pipelines.engine.store import Store
from schemas.modality import MODALITIES

MEDIA, BENCHMARKS, IMPORTS = "media", "benchmarks", "imports"
CHUNK = 1 << 20


def remove_bytes(home: Path, clips: Collection[str], assets: Collection[str], remaining: list[str]) -> int:
    """Remove the cuts of clips and the stored files of assets; gives how many bytes that were.

    What lies elsewhere is named in `remaining`: linked originals, and frozen benchmarks that hold one of the clips.
    """
    store, removed = Store(home / MEDIA), 0
    for modality in MODALITIES.values():
        for clip in clips:
            cut = home.joinpath(CUTS, modality.name, clip[:2], f"{clip}.{modality.suffix}")
            removed += _unlinked(cut)
    for asset in assets:
        path = store.path(asset)
        if path.is_symlink():
            remaining.append(f"the original of a linked file: {path.readlink()}")
        removed += _unlinked(path) + _unlinked(path.with_suffix(".json"))
    remaining += [f"{file.relative_to(home)}: remove it, or make it again" for file in _frozen(home, clips)]
    return removed


def holds(file: Path, needles: Collection[bytes]) -> bool:
    """Whether a file, read raw a piece at a time, holds any of some bytes."""
    longest = max(map(len, needles), default=0)
    with file.open("rb") as stream:
        before = b""
        while chunk := stream.read(CHUNK):
            window = before + chunk
            if any(needle in window for needle in needles):
                return True
            before = window[-longest:] if longest else b""
    return False


def _frozen(home: Path, clips: Collection[str]) -> Iterator[Path]:
    """Files of benchmarks that name one of the clips."""
    needles = [clip.encode() for clip in clips]
    for file in sorted((home / BENCHMARKS).rglob("*")):
        if needles and file.is_file() and holds(file, needles):
            yield file


def _unlinked(path: Path) -> int:
    try:
        size = path.lstat().st_size
        path.unlink()
    except FileNotFoundError:
        return 0
    return size
