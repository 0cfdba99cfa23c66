"""`release list`, `show` and `diff`: what releases there are, what one holds, and what two do not have in common."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import Catalog
from pipelines.release.folders import FOLDER
from pipelines.release.published import published_to
from pipelines.release.records import manifest_of
from pipelines.tables.scratch import identifier
from schemas.errors import BadInput, BadSetting, nearest
from schemas.modality import ModalityName
from schemas.release import Split

MOST = 1_000  # keys that a difference names, of each kind
UNLIKE = "IS DISTINCT FROM"


@dataclass(frozen=True)
class Listed:
    """One release: when it was made (UTC), how many samples each split has, its shards and bytes, where it went.

    Not `there` is one whose folder is gone; `export` writes it again while its clips are there.
    """

    name: str
    made_at: str
    samples: dict[ModalityName, dict[Split, int]]
    shards: int
    bytes: int
    published: tuple[str, ...]
    there: bool


@dataclass(frozen=True)
class Shown:
    """What one release holds: its flat labels by medium, licences of its samples, and its files with their hashes."""

    listed: Listed
    labels_only: int
    internal: bool
    columns: dict[ModalityName, tuple[str, ...]]
    licences: dict[str, int]
    files: dict[str, str]


@dataclass(frozen=True)
class Difference:
    """What two releases do not have in common, by medium: counts of samples, and of each kind the first keys.

    `labels` counts samples of both whose label differs, by column; columns that one of the two lacks are `lacking`.
    """

    media: ModalityName
    same: int
    came: int
    left: int
    moved: int
    relicensed: int
    relabelled: int
    labels: dict[str, int] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()
    shards_alike: int = 0
    shards: int = 0
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)


def releases(home: Path) -> list[Listed]:
    """Every release of a collection, the oldest first."""
    rows = Catalog(home).rows("SELECT name, body, added_at FROM releases ORDER BY added_at, name")
    sent = published_to(home)
    listed = []
    for name, body, made_at in rows:
        manifest = json.loads(body)
        shards = [shard for part in manifest["parts"] for shard in part["shards"]]
        repos = tuple(to.repo for to in sent if to.release == name)
        size = sum(shard["bytes"] for shard in shards)
        there = (home / FOLDER / name).is_dir()
        listed.append(Listed(name, f"{made_at:%Y-%m-%d %H:%M}", manifest["counts"], len(shards), size, repos, there))
    return listed


def show(home: Path, name: str | None) -> Shown:
    """What a release holds, the latest unless one is named; raises BadInput and BadSetting where there is none."""
    listed = _listed(home, name)
    manifest = manifest_of(_folder(home, listed.name))
    columns = {part["media"]: tuple(label["column"] for label in part["layout"]["flat"]) for part in manifest["parts"]}
    files = {**manifest["documents"], manifest["places"]["path"]: manifest["places"]["sha256"]}
    for part in manifest["parts"]:
        files |= {file["path"]: file["sha256"] for file in (*part["shards"], part["table"], part["answers"])}
    places = str(_folder(home, listed.name) / manifest["places"]["path"])
    query = "SELECT coalesce(licence, 'none'), count(*) FROM read_parquet(?) GROUP BY 1 ORDER BY 2 DESC, 1"
    with duckdb.connect() as connection:
        licences = dict(connection.execute(query, [places]).fetchall())
    bare = manifest.get("labels_only")
    files |= {bare["table"]["path"]: bare["table"]["sha256"]} if bare else {}
    count = bare["table"]["samples"] if bare else 0
    return Shown(listed, count, manifest.get("internal", False), columns, licences, dict(sorted(files.items())))


def diff(home: Path, first: str, second: str) -> list[Difference]:
    """What changed from one release to another, by medium."""
    folders = [_folder(home, _listed(home, name).name) for name in (first, second)]
    before, after = (_parts(manifest_of(folder)) for folder in folders)
    with duckdb.connect() as connection:
        return [
            _difference(connection, media, before.get(media), after.get(media), folders)
            for media in sorted(before.keys() | after.keys())
        ]


def _listed(home: Path, name: str | None) -> Listed:
    there = releases(home)
    if not there:
        raise BadInput("there is no release; make one with: emocurate export")
    named = {listed.name: listed for listed in there}
    if name is not None and name not in named:
        raise BadSetting(f"no release {name!r}; {nearest(name, named)}")
    return named[name] if name else there[-1]


def _folder(home: Path, name: str) -> Path:
    folder = home / FOLDER / name
    if not folder.is_dir():
        raise BadInput(f"the folder of release {name} is gone: {folder}; type `emocurate export` to write it again")
    return folder


def _parts(manifest: Mapping[str, Any]) -> dict[ModalityName, Mapping[str, Any]]:
    return {part["media"]: part for part in manifest["parts"]}


def _difference(
    connection: DuckDBPyConnection,
    media: ModalityName,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    folders: list[Path],
) -> Difference:
    """How the samples of one medium differ; one that a release lacks has no sample."""
    columns = [{label["column"] for label in part["layout"]["flat"]} if part else set() for part in (before, after)]
    common = sorted(columns[0] & columns[1])
    for name, part, folder in zip(("before", "after"), (before, after), folders, strict=True):
        _view(connection, name, part, folder, common)
    labels = {column: f"b.{identifier(column)} {UNLIKE} a.{identifier(column)}" for column in common}
    relabelled = " OR ".join(labels.values()) or "false"
    kinds = {
        "came": "b.key IS NULL",
        "left": "a.key IS NULL",
        "moved": f"{_BOTH} AND b.split <> a.split",
        "relicensed": f"{_BOTH} AND b.licence {UNLIKE} a.licence",
        "relabelled": f"{_BOTH} AND ({relabelled})",
    }
    counts = _counts(connection, kinds)
    differ = " OR ".join(f"({condition})" for condition in kinds.values())
    same = _counts(connection, {"same": f"NOT coalesce({differ}, false)"})["same"]
    hashes = [{shard["sha256"] for shard in part["shards"]} if part else set() for part in (before, after)]
    return Difference(
        media=media,
        same=same,
        **counts,
        labels={
            name: n for name, n in _counts(connection, {k: f"{_BOTH} AND {v}" for k, v in labels.items()}).items() if n
        },
        lacking=tuple(sorted(columns[0] ^ columns[1])) if before and after else (),
        shards_alike=len(hashes[0] & hashes[1]),
        shards=len(hashes[1]),
        keys=dict(_keys(connection, kinds)),
    )


_BOTH = "a.key IS NOT NULL AND b.key IS NOT NULL"
_JOINED = "FROM before b FULL JOIN after a ON a.key = b.key"


def _view(
    connection: DuckDBPyConnection, name: str, part: Mapping[str, Any] | None, folder: Path, columns: list[str]
) -> None:
    """Temporary table of the samples of a release, one without any where it has no such medium."""
    chosen = ", ".join(["key", "split", "licence", *map(identifier, columns)])
    if part is None:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} (key VARCHAR, split VARCHAR, licence VARCHAR)")
        return
    table = str(folder / part["table"]["path"])
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {chosen} FROM read_parquet(?)", [table])


def _counts(connection: DuckDBPyConnection, conditions: Mapping[str, str]) -> dict[str, int]:
    if not conditions:
        return {}
    columns = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in conditions.values())
    return dict(zip(conditions, connection.execute(f"SELECT {columns} {_JOINED}").fetchall()[0], strict=True))


def _keys(connection: DuckDBPyConnection, kinds: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for kind, condition in kinds.items():
        query = f"SELECT coalesce(a.key, b.key) {_JOINED} WHERE {condition} ORDER BY 1 LIMIT {MOST}"
        yield kind, tuple(key for (key,) in connection.execute(query).fetchall())
