"""What a release of labels asks for: its clips but those that were removed, and the addresses of their files."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.rights.addresses import checked_url
from pipelines.release.folders import NAME as RELEASE_NAME
from pipelines.release.manifest import NAME as MANIFEST
from pipelines.release.records import bare_of, listed_removed, manifest_of, rows_of
from schemas.errors import BadInput, Refused
from schemas.ids import canonical
from schemas.labels_only import NAME
from schemas.release import Bare

FOLDER = "rebuild"  # below the folder of what comes from the net: lists of addresses, by their hash
STATED = ("licence", "public-domain")  # bases that are stated of a work; all others are of who holds it


@dataclass(frozen=True)
class Listed:
    """A release of labels: its name, programs and clips, how many of these were removed since.

    `keys` are those of all clips that it ever had, removed ones too.
    """

    name: str
    folder: Path
    versions: Mapping[str, str]
    bare: Bare
    rows: tuple[dict[str, Any], ...]
    removed: int
    keys: frozenset[str]

    @property
    def gone(self) -> frozenset[str]:
        """The keys of clips that were removed since."""
        return self.keys.difference(row["key"] for row in self.rows)


def listed(folder: Path) -> Listed:
    """What a release asks for; raises BadInput where it is none, holds no such clips, or was edited."""
    try:
        manifest = manifest_of(folder)
    except (OSError, ValueError):
        raise BadInput(f"{folder} is no release: it has no {MANIFEST}; name the folder of one") from None
    name = str(manifest.get("name") or "")
    if not RELEASE_NAME.fullmatch(name):
        raise BadInput(
            f"{folder / MANIFEST} names the release {name!r}, which is no name of one; get the release again"
        )
    bare = bare_of(folder, manifest)
    if bare is None:
        raise BadInput(f"every clip of {folder} has its media in its shards: there is nothing to rebuild")
    try:
        with bare.table.path.open("rb") as file:
            whole = hashlib.file_digest(file, "sha256").hexdigest() == bare.table.sha256
    except OSError as error:
        raise BadInput(f"{bare.table.path} cannot be read: {error.strerror}; get the release again") from None
    if not whole:
        raise BadInput(f"{bare.table.path} is not what {MANIFEST} says; get the release again")
    gone = set(listed_removed(folder))
    rows = tuple(rows_of(bare.table.path))
    left = tuple(row for row in rows if row["key"] not in gone)
    keys = frozenset(gone.union(row["key"] for row in rows))
    return Listed(name, folder, manifest["versions"], bare, left, len(gone), keys)


def address_of(row: Mapping[str, Any]) -> str:
    """The address of the file of a clip as it is asked for; as it is where it is none."""
    try:
        return str(checked_url(row["source_address"] or ""))
    except Refused:
        return str(row["source_address"])


def address_list(release: Listed, web: Path) -> Path:
    """A file with every address once, and what the release says of its licence; the same for the same clips."""
    lines = "".join(f"{line}\n" for line in sorted(set(_lines(release))))
    path = web / FOLDER / f"{hashlib.sha256(lines.encode()).hexdigest()[:32]}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".tmp")
    aside.write_text(lines, "utf-8")
    aside.replace(path)
    return path


def _lines(release: Listed) -> Iterator[str]:
    for row in release.rows:
        stated = {"basis": row["basis"], "licence": row["licence"]} if row["basis"] in STATED and row["licence"] else {}
        evidence = f"{NAME} of release {release.name}: {row['evidence'] or 'no evidence is given'}"
        cells = {"url": row["source_address"], "attribution": row["attribution"] if stated else None, **stated}
        yield json.dumps(json.loads(canonical({n: v for n, v in {**cells, "evidence": evidence}.items() if v})))
