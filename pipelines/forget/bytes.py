"""The bytes of what is forgotten: cuts, stored files, and what a collection cannot reach."""

from collections.abc import Collection
from pathlib import Path

from pipelines.bench.files import FOLDER as BENCHMARKS
from pipelines.bench.files import ITEMS, held_in
from pipelines.cutting import FOLDER as CUTS
from pipelines.engine.store import Store
from schemas.modality import MODALITIES

MEDIA, IMPORTS = "media", "imports"
CHUNK = 1 << 20
NAMES = 1_000


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


def notes_of(home: Path, items: Collection[str], names: Collection[str]) -> list[str]:
    """Frozen benchmarks that hold one of these clips or files, and lists of refused rows that hold a name."""
    needles = [name.encode("utf-8", "surrogatepass") for name in [*names][:NAMES]]
    listed = [file for file in sorted((home / IMPORTS).rglob("*")) if file.is_file() and holds(file, needles)]
    frozen = [file for file in sorted((home / BENCHMARKS).glob(f"*/{ITEMS}")) if not held_in(file).isdisjoint(items)]
    return [f"{path.relative_to(home)}: remove it, or make it again" for path in (*frozen, *listed)]


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
