"""Which shard a clip keeps: released ones stay where the last release has them, and unchanged shards are taken."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.engine.catalog import Catalog
from pipelines.release.records import PLACES
from pipelines.release.shards import Earlier, Place, Sharding, half_full
from pipelines.tables.scratch import scratch_database
from schemas.release import Shard

NUMBER = re.compile(r"-(\d{6})\.tar$")
NONE_KEPT = "CREATE OR REPLACE TABLE kept (clip VARCHAR, split VARCHAR, number INTEGER)"

# The release whose places count: the very one that is written again, else the last; internal ones are apart.
LAST = """SELECT id, name, body FROM releases WHERE coalesce(body ->> '$.internal', 'false') = ?
          ORDER BY name = ? DESC, added_at DESC, name DESC LIMIT 1"""
PLACED = "SELECT clip, split, shard FROM released WHERE release = ?"


@dataclass(frozen=True)
class Before:
    """The release before this one: its folder, and its shards by their paths in it, as its manifest has them."""

    folder: Path
    shards: Mapping[str, Mapping[str, Any]]

    def placed(self, how: Sharding) -> Sharding:
        """The same with the shards that clips keep, and the number of the first new one."""
        stem = f"{how.folder.name}/{how.name}-"
        ours = {_number(path): path for path in self.shards if path.startswith(stem)}
        first = max(ours, default=-1) + 1
        if ours and not self._is_closed(ours[first - 1], how):
            first -= 1
        kept = {number: self._earlier(path, how) for number, path in ours.items() if number < first}
        there = {number: earlier for number, earlier in kept.items() if earlier.shard.path.is_file()}
        return replace(how, first=first, earlier=there)

    def _is_closed(self, path: str, how: Sharding) -> bool:
        return half_full(self.shards[path]["bytes"], self.shards[path]["samples"], how)

    def _earlier(self, path: str, how: Sharding) -> Earlier:
        listed = self.shards[path]
        file, media = self.folder / path, how.folder.name
        whole = file.is_file() and file.stat().st_size == listed["bytes"]
        content = listed.get("content", "") if whole and (self.folder / PLACES).is_file() else ""
        shard = Shard(file, listed["sha256"], listed["samples"], listed["bytes"], media, listed["split"], content)  # type: ignore[arg-type]
        return Earlier(shard, partial(_places, self.folder / PLACES, path))


def before(home: Path, releases: Path, name: str, *, internal: bool) -> tuple[str | None, Before]:
    """The id of the release whose places count, and what is there of it; nothing where there is none."""
    rows = Catalog(home).rows(LAST, [str(internal).lower(), name])
    if not rows:
        return None, Before(releases, {})
    release, called, body = rows[0]
    listed = [shard for part in json.loads(body)["parts"] for shard in part["shards"]]
    return release, Before(releases / called, {shard["path"]: shard for shard in listed})


def note_kept(home: Path, scratch: Path, release: str, hows: Mapping[str, Sharding]) -> None:
    """Table `kept` in the scratch database: the number of the shard of every clip that keeps one.

    `hows` are the shards by the beginning of their names; those from the first new one on are dealt anew.
    """
    with Catalog(home).open() as connection:
        places = connection.sql(PLACED, params=[release]).to_arrow_table()
    firsts = pa.table({"stem": list(hows), "first": pa.array([how.first for how in hows.values()], pa.int64())})
    with scratch_database(scratch) as connection:
        connection.register("places", places)
        connection.register("firsts", firsts)
        connection.execute(
            """INSERT INTO kept SELECT clip, split, number FROM
               (SELECT clip, split, regexp_replace(shard, '-[0-9]+[.]tar$', '') AS stem,
                       regexp_extract(shard, '-([0-9]+)[.]tar$', 1)::INTEGER AS number FROM places)
               JOIN firsts USING (stem) WHERE number < first"""
        )


def _places(places: Path, path: str) -> list[Place]:
    """Where the samples of one shard lie, in its order."""
    rows = pq.read_table(places, columns=["offset", "size", "sha256"], filters=[("shard", "=", path)]).to_pylist()
    return [Place(Path(path).name, **row) for row in rows]


def _number(path: str) -> int:
    found = NUMBER.search(path)
    return int(found[1]) if found else -1
