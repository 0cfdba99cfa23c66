"""The frontier: every address that is to be fetched and what became of it, in one SQLite file that survives a kill."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Self

from curate.rights.addresses import refused_then
from curate.rights.bodies import Part
from curate.rights.fetch import Fetched
from curate.rights.licences import Claim
from curate.rights.optouts import OptOut
from pipelines.collect.addresses import (
    GOING,
    REPEATS,
    TABLES,
    UNCLAIMED,
    Address,
    Arrived,
    Discovered,
    DroppedAddress,
    Ends,
    Waiting,
    arrived_from,
    columns_of_address,
    result_text,
    stand_in,
)
from pipelines.collect.sites import Sites
from schemas.web import SiteNotice

FOLDER, FILE, INCOMING = "web", "frontier.sqlite", "incoming"
PAGES = "pages"  # the folder of the pages that evidence rests on, by the hash of their bytes


class Frontier:
    """The frontier of a collection; every change is on the disk's side of a kill when its method returns."""

    def __init__(self, home: Path) -> None:
        self.folder = home / FOLDER
        self.incoming.mkdir(parents=True, exist_ok=True)
        self._rows = sqlite3.connect(self.folder / FILE, timeout=30, isolation_level=None, check_same_thread=False)
        self._rows.execute("PRAGMA journal_mode = WAL")
        self._rows.execute("PRAGMA synchronous = NORMAL")
        self._rows.executescript(TABLES)
        self.sites = Sites(self._rows)
        self._noted: set[str] = set()
        self._given: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.close()

    @property
    def incoming(self) -> Path:
        """Where bytes lie that are not in the collection yet, each under the number of its address."""
        return self.folder / INCOMING

    def begin(self, batch: str, addresses: Iterable[Sequence[Address]]) -> None:
        """Take in the addresses of a batch, portion by portion; a batch that was taken in whole is not read again."""
        if self._rows.execute("SELECT 1 FROM batches WHERE id = ?", [batch]).fetchone():
            return
        lines = 0
        for portion in addresses:
            self.add(batch, portion)
            lines += len(portion)
        self._rows.execute("INSERT INTO batches VALUES (?, ?)", [batch, lines])

    def add(self, batch: str, portion: Sequence[Address]) -> None:
        """Addresses that are not there yet; what stands on two lines is the first one's, and the other is noted."""
        with self._changing() as rows:
            rows.execute("CREATE TEMP TABLE IF NOT EXISTS coming AS SELECT * FROM addresses WHERE false")
            rows.execute("DELETE FROM coming")
            rows.executemany(
                """INSERT INTO coming (batch, url, origin, kind, line, cells, state, result)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
                [columns_of_address(batch, one) for one in portion],
            )
            columns = "batch, url, origin, kind, line, cells, state, result"
            rows.execute(f"INSERT OR IGNORE INTO addresses ({columns}) SELECT {columns} FROM coming ORDER BY line")
            rows.execute(REPEATS)

    def retry(self, batch: str, hosts: Collection[str], refused: bool) -> None:
        """Let wait again what failed, what was refused while one of these hosts was not allowed, and all `refused`.

        A line that holds no address that may be asked has no site: there is nobody to ask again.
        """
        query = """SELECT id, url, kind, reason, asset FROM addresses
                   WHERE batch = ? AND state = 'dropped' AND origin <> ''"""
        dropped = (DroppedAddress(*row) for row in self._rows.execute(query, [batch]))
        again = [(one.id,) for one in dropped if one.is_refused and (refused or refused_then(one.reason, hosts))]
        with self._changing() as rows:
            waits = "UPDATE addresses SET state = 'waiting', reason = NULL, asset = NULL"
            rows.execute(f"{waits} WHERE batch = ? AND state = 'failed'", [batch])
            rows.executemany(f"{waits} WHERE id = ?", again)

    def had(self, batch: str) -> list[tuple[int, str]]:
        """Addresses that wait and that another batch, which says the same of them, has brought: number and asset."""
        query = """SELECT a.id, b.asset FROM addresses a JOIN addresses b USING (url, cells)
                   WHERE a.batch = ? AND a.state = 'waiting' AND b.state = 'kept' AND b.asset IS NOT NULL
                   ORDER BY b.id"""
        return list(dict(self._rows.execute(query, [batch]).fetchall()).items())

    def next_origin(self, batch: str, kind: str, after: str) -> str | None:
        """The next site, in the order of their names, of which something waits."""
        row = self._rows.execute(
            """SELECT origin FROM addresses WHERE batch = ? AND kind = ? AND state = 'waiting' AND origin > ?
               ORDER BY origin LIMIT 1""",
            [batch, kind, after],
        ).fetchone()
        return str(row[0]) if row else None

    def waiting(self, batch: str, kind: str, origin: str, most: int) -> list[Waiting]:
        """The next addresses of a site, with what is known of them from earlier batches."""
        rows = self._rows.execute(
            """SELECT id, url FROM addresses WHERE batch = ? AND kind = ? AND origin = ? AND state = 'waiting'
               ORDER BY id LIMIT ?""",
            [batch, kind, origin, most],
        ).fetchall()
        return [self._known(*row) for row in rows]

    def arrive(
        self, waiting: Waiting, fetched: Fetched, notices: Sequence[SiteNotice], optouts: Sequence[OptOut]
    ) -> None:
        """Keep how a fetch ended; from now on it is not asked for again."""
        for notice in notices:
            if notice.id not in self._noted:
                insert = "INSERT OR IGNORE INTO notices VALUES (?, ?)"
                self._rows.execute(insert, [notice.id, json.dumps(asdict(notice))])
                self._noted.add(notice.id)
        result = result_text(fetched, [notice.id for notice in notices], optouts)
        self._rows.execute(
            "UPDATE addresses SET state = 'arrived', result = ?, asset = ? WHERE id = ?",
            [result, waiting.asset if fetched.outcome == "unchanged" else None, waiting.id],
        )

    def notices(self, ids: Sequence[str]) -> list[SiteNotice]:
        """The notices of these ids that were not asked for before."""
        new = [one for one in ids if one not in self._given]
        self._given.update(new)
        query = "SELECT body FROM notices WHERE id = ?"
        return [SiteNotice(**json.loads(self._rows.execute(query, [one]).fetchone()[0])) for one in new]

    def arrived(self, batch: str, most: int) -> list[Arrived]:
        """What has come and is not in the catalog yet."""
        rows = self._rows.execute(
            "SELECT id, url, kind, cells, result, asset FROM addresses WHERE batch = ? AND state = 'arrived' LIMIT ?",
            [batch, most],
        ).fetchall()
        return [arrived_from(*row) for row in rows]

    def settle(self, ends: Iterable[tuple[int, str, str | None, str | None]]) -> None:
        """What became of addresses, as (id, state, reason, asset), now that it stands in the catalog."""
        with self._changing() as rows:
            rows.executemany(
                """UPDATE addresses SET state = ?2, reason = ?3, asset = ?4, result = NULL,
                       etag = json_extract(result, '$.headers.etag'),
                       last_modified = json_extract(result, '$.headers."last-modified"') WHERE id = ?1""",
                list(ends),
            )

    def claim(self, batch: str, claims: Iterable[tuple[str, Claim]]) -> None:
        """Keep what pages say about the licence of media."""
        with self._changing() as rows:
            query = "INSERT OR IGNORE INTO claims VALUES (?, ?, ?)"
            rows.executemany(query, [(batch, url, json.dumps(asdict(one), sort_keys=True)) for url, one in claims])

    def claims(self, batch: str, url: str) -> list[Claim]:
        """What pages say about the licence of one address."""
        query = "SELECT claim FROM claims WHERE batch = ? AND url = ? ORDER BY claim"
        return [Claim(**json.loads(text)) for (text,) in self._rows.execute(query, [batch, url]).fetchall()]

    def pages(self, batch: str, most: int, but: Collection[int]) -> list[tuple[Waiting, int]]:
        """The next pages to look at, in the order they were found, each with its depth."""
        rows = self._rows.execute(
            """SELECT id, url, json_extract(cells, '$.depth') FROM addresses
               WHERE batch = ? AND kind = 'page' AND state = 'waiting' ORDER BY id LIMIT ?""",
            [batch, most + len(but)],
        ).fetchall()
        return [(Waiting(number, url), int(depth)) for number, url, depth in rows if number not in but][:most]

    def again(self, batch: str) -> None:
        """Let the pages that were seen wait again."""
        query = "UPDATE addresses SET state = 'waiting' WHERE batch = ? AND kind = 'page' AND state = 'kept'"
        self._rows.execute(query, [batch])

    def pass_by(self, batch: str, url: str, origin: str) -> None:
        """A page that was seen under another address need not be fetched under its canonical one."""
        with self._changing() as rows:
            insert = """INSERT OR IGNORE INTO addresses (batch, url, origin, kind, line, cells, state)
                        VALUES (?, ?, ?, 'page', 0, '{"depth": 0}', 'kept')"""
            rows.execute(insert, [batch, url, origin])
            query = "UPDATE addresses SET state = 'kept' WHERE batch = ? AND url = ? AND state = 'waiting'"
            rows.execute(query, [batch, url])

    def counts(self, batch: str, kind: str = "media") -> list[tuple[str, str | None, int]]:
        """How many lines of a batch have come to which end, as (state, reason, lines)."""
        return self._rows.execute(
            """SELECT state, reason, count(*) FROM addresses WHERE batch = ?1 AND kind = ?2 GROUP BY 1, 2
               UNION ALL
               SELECT 'dropped', reason, count(*) FROM repeats WHERE batch = ?1 AND ?2 = 'media' GROUP BY 2""",
            [batch, kind],
        ).fetchall()

    def found(self, batch: str) -> Discovered:
        """The media of a batch by host and by licence, and the first of them."""
        media = "FROM addresses WHERE batch = ?1 AND kind = 'media'"
        hosts = self._rows.execute(f"SELECT origin, count(*) {media} GROUP BY 1 ORDER BY 2 DESC, 1", [batch]).fetchall()
        licences = self._rows.execute(
            """SELECT coalesce(licence, 'not known'), count(*) FROM (
                   SELECT a.url, group_concat(DISTINCT json_extract(c.claim, '$.licence')) AS licence
                   FROM addresses a LEFT JOIN claims c ON c.batch = a.batch AND c.url = a.url
                   WHERE a.batch = ?1 AND a.kind = 'media' GROUP BY 1) GROUP BY 1 ORDER BY 2 DESC, 1""",
            [batch],
        ).fetchall()
        first = self._rows.execute(f"SELECT url {media} ORDER BY id LIMIT 10", [batch]).fetchall()
        return Discovered(sum(dict(hosts).values()), dict(hosts), dict(licences), tuple(url for (url,) in first))

    def notes(self, batch: str, most: int) -> list[str]:
        """Pages that were not fetched, or not as they should be, each with the reason."""
        query = """SELECT url || ': ' || coalesce(reason, json_extract(result, '$.reason')) AS note FROM addresses
                   WHERE batch = ? AND kind = 'page' AND note IS NOT NULL ORDER BY id LIMIT ?"""
        return [str(text) for (text,) in self._rows.execute(query, [batch, most]).fetchall()]

    def ends(self, batch: str) -> Iterator[Ends]:
        """What became of the media of a batch, address by address."""
        query = "SELECT url, state, reason, asset FROM addresses WHERE batch = ? AND kind = 'media' ORDER BY id"
        return (Ends(*row) for row in self._rows.execute(query, [batch]).fetchall())

    def failed(self, batch: str, most: int) -> list[str]:
        """Addresses that failed, each with the reason."""
        query = """SELECT url || ': ' || reason FROM addresses WHERE batch = ? AND state = 'failed' AND kind = 'media'
                   ORDER BY id LIMIT ?"""
        return [str(text) for (text,) in self._rows.execute(query, [batch, most]).fetchall()]

    def forget(self, assets: Sequence[str]) -> None:
        """Delete the addresses of assets, wherever else they stand, and write the file anew without them.

        What came from them, and what pages said of them, goes too, with copies of pages that nothing else rests on.
        """
        rows = self._rows
        rows.execute("PRAGMA secure_delete = ON")
        rows.create_function("stand_in", 1, stand_in, deterministic=True)
        going = rows.execute(GOING, [json.dumps([*assets])]).fetchall()
        for path in (self.incoming / str(number) for number, _ in going):  # while their numbers are known
            path.unlink(missing_ok=True)
            Part(path.with_suffix(".part")).drop()
        before = self._snapshots()
        with self._changing():
            for query in ("DELETE FROM addresses WHERE id = ?1 AND url = ?2", UNCLAIMED):
                rows.executemany(query, going)
        for sha256 in before - self._snapshots():
            (self.folder / PAGES / sha256[:2] / f"{sha256}.gz").unlink(missing_ok=True)
        rows.execute("VACUUM")
        rows.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def expire(self, assets: Sequence[str], reason: str) -> None:
        """Addresses of assets that are removed end as dropped: the same crawl does not fetch them again."""
        query = """UPDATE addresses SET state = 'dropped', reason = ?, asset = NULL, etag = NULL, last_modified = NULL
                   WHERE asset IN (SELECT value FROM json_each(?))"""
        self._rows.execute(query, [reason, json.dumps(list(assets))])

    def _snapshots(self) -> set[str]:
        """The hashes of pages that evidence rests on."""
        claimed = self._rows.execute("SELECT DISTINCT json_extract(claim, '$.sha256') FROM claims").fetchall()
        found = self._rows.execute(
            "SELECT DISTINCT substr(json_extract(cells, '$.evidence'), -64) FROM addresses WHERE kind = 'media'"
        ).fetchall()
        return {str(sha256) for (sha256,) in (*claimed, *found) if sha256}

    def _known(self, number: int, url: str) -> Waiting:
        row = self._rows.execute(
            """SELECT asset, etag, last_modified FROM addresses WHERE url = ? AND state = 'kept'
               AND coalesce(etag, last_modified) IS NOT NULL ORDER BY id DESC LIMIT 1""",
            [url],
        ).fetchone()
        return Waiting(number, url, *(row or ()))

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        self._rows.execute("BEGIN IMMEDIATE")
        try:
            yield self._rows
            self._rows.execute("COMMIT")
        except BaseException:
            self._rows.execute("ROLLBACK")
            raise


def forget_addresses(home: Path, assets: Sequence[str]) -> None:
    """Take the addresses of assets that are forgotten out of the frontier, in a way that leaves none of their bytes."""
    if not (home / FOLDER / FILE).exists():
        return
    with Frontier(home) as frontier:
        frontier.forget(assets)
