"""Whether a release is as it was written: what was edited by hand would be lost when it is written again."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from pipelines.release.folders import PREPARED
from pipelines.release.manifest import NAME as MANIFEST
from pipelines.release.manifest import listed_files
from pipelines.release.records import manifest_of
from pipelines.release.withdraw import Withdrawal, touched_by
from schemas.errors import BadInput

OWN = (MANIFEST, PREPARED)
OF_THE_SYSTEM = "[!.]*"  # .DS_Store and its like are nobody's work


def check_unedited(folder: Path, withdrawal: Withdrawal) -> None:
    """Raises BadInput where a file of a release is gone, was edited or was added by hand.

    Shards that the withdrawal does not touch stay as they are: of them the size is looked at, of all else every byte.
    """
    try:
        files = listed_files((folder / MANIFEST).read_text("utf-8"))
    except BadInput:
        raise BadInput(
            f"{folder / MANIFEST} was edited, is damaged or of an earlier format, and nothing can be taken out of this "
            f"release: put back what was written, or delete the folder {folder} and type the same command again; "
            "`emocurate export` then writes a release without what went"
        ) from None
    shards = {shard["path"]: shard["bytes"] for part in manifest_of(folder)["parts"] for shard in part["shards"]}
    _refuse(folder, [*_gone(folder, files), *_edited(folder, {p: h for p, h in files.items() if p not in shards})])
    _, touched, _ = touched_by(folder, manifest_of(folder), withdrawal)
    held = {path: files[path] for path in shards if Path(path).name in touched}
    resized = (f"{path} was edited" for path, size in shards.items() if (folder / path).stat().st_size != size)
    _refuse(folder, [*resized, *_edited(folder, held), *_added(folder, files)])


def _refuse(folder: Path, reasons: list[str]) -> None:
    if reasons:
        more = f" (and {len(reasons) - 1:,} more)" if len(reasons) > 1 else ""
        raise BadInput(
            f"{reasons[0]}{more} in the release {folder}, which would be written again: put back what was written, or "
            "move what you changed out of the folder; a release that you move away as a whole does not follow"
        )


def _gone(folder: Path, files: dict[str, str]) -> Iterator[str]:
    return (f"{path} is gone" for path in files if not (folder / path).is_file())


def _edited(folder: Path, files: dict[str, str]) -> Iterator[str]:
    for path, sha256 in files.items():
        if (folder / path).is_file():
            with (folder / path).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                    yield f"{path} was edited"


def _added(folder: Path, files: dict[str, str]) -> Iterator[str]:
    for path in sorted(folder.rglob(OF_THE_SYSTEM)):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in files and name not in OWN:
            yield f"{name} was added"
