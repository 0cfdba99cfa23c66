"""The bytes of what is forgotten: cuts, stored files, and what a collection cannot reach."""

import re
from collections.abc import Collection
from pathlib import Path

from pipelines.cutting import FOLDER as CUTS
from pipelines.engine.store import Store
from schemas.modality import MODALITIES

MEDIA, BENCHMARKS, IMPORTS = "media", "benchmarks", "imports"
CHUNK = 1 << 20
NAMES = 1_000
ID = re.compile(rb"[0-9a-f]{32}")


def remove_bytes(home: Path, clips: Collection[str], assets: Collection[str], remaining: list[str]) -> int:
    """Remove the cuts of clips and the stored files of assets; gives how many bytes that were.

    Originals of linked files lie elsewhere and are named in `remaining`.
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
    return removed


def notes_of(home: Path, clips: Collection[str], names: Collection[str]) -> list[str]:
    """Frozen benchmarks and lists of refused rows that name one of the clips, or one of the first thousand names."""
    wanted, needles = set(clips), [name.encode("utf-8", "surrogatepass") for name in [*names][:NAMES]]
    files = [file for room in (BENCHMARKS, IMPORTS) for file in sorted((home / room).rglob("*")) if file.is_file()]
    return [
        f"{file.relative_to(home)}: remove it, or make it again"
        for file in files
        if holds(file, needles) or not wanted.isdisjoint(one.decode() for one in ID.findall(file.read_bytes()))
    ]


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


def _unlinked(path: Path) -> int:
    try:
        size = path.lstat().st_size
        path.unlink()
    except FileNotFoundError:
        return 0
    return size
