"""The frontier: every address that is to be fetched and what became of it, in one SQLite file that survives a kill."""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from curate.rights.fetch import Fetched, Hop
from curate.rights.manners import Site
from curate.rights.optouts import OptOut
from schemas.ids import content_id
from schemas.web import SiteNotice

FOLDER, FILE, INCOMING = "web", "frontier.sqlite", "incoming"
SITE_S = 24 * 60 * 60  # for so long what a site said holds (RFC 9309, 2.4)
TABLES = """
CREATE TABLE IF NOT EXISTS batches (id TEXT PRIMARY KEY, lines INTEGER);
CREATE TABLE IF NOT EXISTS addresses (
    id INTEGER PRIMARY KEY, batch TEXT NOT NULL, url TEXT NOT NULL, origin TEXT NOT NULL, kind TEXT NOT NULL,
    line INTEGER NOT NULL, cells TEXT NOT NULL, state TEXT NOT NULL, reason TEXT, result TEXT, asset TEXT, etag TEXT,
    last_modified TEXT, UNIQUE (url, batch));
CREATE INDEX IF NOT EXISTS waiting ON addresses (batch, kind, origin, id) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS settled ON addresses (asset) WHERE asset IS NOT NULL;
CREATE INDEX IF NOT EXISTS arrived ON addresses (batch) WHERE state = 'arrived';
CREATE TABLE IF NOT EXISTS repeats (batch TEXT, line INTEGER, reason TEXT, PRIMARY KEY (batch, line)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notices (id TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sites (origin TEXT PRIMARY KEY, body TEXT, learnt_at REAL) WITHOUT ROWID;
"""
REPEATED = "named on an earlier line"
DIFFERS = "named on an earlier line, and described otherwise there"
# Of the lines that are coming, those whose address stands on another line already.
REPEATS = f"""
    INSERT OR IGNORE INTO repeats
    SELECT c.batch, c.line, CASE WHEN json_remove(c.cells, '$.evidence') = json_remove(a.cells, '$.evidence')
                                 THEN '{REPEATED}' ELSE '{DIFFERS}' END
    FROM coming c JOIN addresses a ON a.url = c.url AND a.batch = c.batch WHERE a.line <> c.line"""


@dataclass(frozen=True)
class Address:
    """One address of a batch: where it stands in it, what is said of it, and why it is not even asked for."""

    url: str
    origin: str
    line: int
    cells: Mapping[str, Any]
    kind: str = "media"
    refusal: str | None = None


@dataclass(frozen=True)
class Waiting:
    """An address whose turn it is, with what is known of the last time it was fetched."""

    id: int
    url: str
    asset: str | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class Arrived:
    """An address that has an end, which is not in the catalog yet: how it was fetched, and what was against it."""

    id: int
    url: str
    cells: Mapping[str, Any]
    fetched: Fetched
    notices: tuple[str, ...]
    optouts: tuple[OptOut, ...]
    asset: str | None


class Frontier:
    """The frontier of a collection; every change is on the disk's side of a kill when its method returns."""

    def __init__(self, home: Path) -> None:
        self.folder = home / FOLDER
        self.incoming.mkdir(parents=True, exist_ok=True)
        self._rows = sqlite3.connect(self.folder / FILE, timeout=30, isolation_level=None, check_same_thread=False)
        self._rows.execute("PRAGMA journal_mode = WAL")
        self._rows.execute("PRAGMA synchronous = NORMAL")
        self._rows.executescript(TABLES)
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
                [_columns(batch, one) for one in portion],
            )
            columns = "batch, url, origin, kind, line, cells, state, result"
            rows.execute(f"INSERT OR IGNORE INTO addresses ({columns}) SELECT {columns} FROM coming ORDER BY line")
            rows.execute(REPEATS)

    def retry(self, batch: str) -> None:
        """Let what failed wait again."""
        with self._changing() as rows:
            rows.execute(
                "UPDATE addresses SET state = 'waiting', reason = NULL WHERE batch = ? AND state = 'failed'", [batch]
            )

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
                self._rows.execute(
                    "INSERT OR IGNORE INTO notices VALUES (?, ?)", [notice.id, json.dumps(asdict(notice))]
                )
                self._noted.add(notice.id)
        result = _kept(fetched, [notice.id for notice in notices], optouts)
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
            "SELECT id, url, cells, result, asset FROM addresses WHERE batch = ? AND state = 'arrived' LIMIT ?",
            [batch, most],
        ).fetchall()
        return [_arrived(*row) for row in rows]

    def settle(self, ends: Iterable[tuple[int, str, str | None, str | None]]) -> None:
        """What became of addresses, as (id, state, reason, asset), now that it stands in the catalog."""
        with self._changing() as rows:
            rows.executemany(
                """UPDATE addresses SET state = ?2, reason = ?3, asset = ?4, result = NULL,
                       etag = json_extract(result, '$.headers.etag'),
                       last_modified = json_extract(result, '$.headers."last-modified"') WHERE id = ?1""",
                list(ends),
            )

    def counts(self, batch: str) -> list[tuple[str, str | None, int]]:
        """How many lines of a batch have come to which end, as (state, reason, lines)."""
        return self._rows.execute(
            """SELECT state, reason, count(*) FROM addresses WHERE batch = ?1 AND kind = 'media' GROUP BY 1, 2
               UNION ALL SELECT 'dropped', reason, count(*) FROM repeats WHERE batch = ?1 GROUP BY 2""",
            [batch],
        ).fetchall()

    def failed(self, batch: str, most: int) -> list[str]:
        """Addresses that failed, each with the reason."""
        query = "SELECT url || ': ' || reason FROM addresses WHERE batch = ? AND state = 'failed' ORDER BY id LIMIT ?"
        return [str(text) for (text,) in self._rows.execute(query, [batch, most]).fetchall()]

    def forget(self, assets: Sequence[str]) -> None:
        """Delete the addresses of assets, wherever else they stand, and write the file anew without them."""
        rows = self._rows
        rows.execute("PRAGMA secure_delete = ON")
        with self._changing():
            for asset in assets:
                query = "DELETE FROM addresses WHERE url IN (SELECT url FROM addresses WHERE asset = ?)"
                rows.execute(query, [asset])
        rows.execute("VACUUM")
        rows.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def recall(self, origin: str) -> Site | None:
        """What a site said, while that holds."""
        query = "SELECT body FROM sites WHERE origin = ? AND learnt_at > ?"
        row = self._rows.execute(query, [origin, time.time() - SITE_S]).fetchone()
        return Site.from_json(row[0]) if row else None

    def remember(self, origin: str, site: Site) -> None:
        """Keep what a site said."""
        self._rows.execute("INSERT OR REPLACE INTO sites VALUES (?, ?, ?)", [origin, site.to_json(), time.time()])

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


def batch_id(*what: Any) -> str:
    """What tells a list, or a crawl, with all that was said of it from any other."""
    return content_id("batch", what=[str(one) for one in what])


def _columns(batch: str, one: Address) -> tuple[Any, ...]:
    refused = Fetched(one.url, "refused", one.refusal) if one.refusal else None
    result = _kept(refused, [], []) if refused else None
    state, cells = "arrived" if refused else "waiting", json.dumps(one.cells, sort_keys=True)
    return batch, one.url, one.origin, one.kind, one.line, cells, state, result


def _kept(fetched: Fetched, notices: Sequence[str], optouts: Sequence[OptOut]) -> str:
    more = {"body": "", "path": None, "notices": list(notices), "optouts": [asdict(one) for one in optouts]}
    return json.dumps(asdict(replace(fetched, body=b"")) | more)


def _arrived(number: int, url: str, cells: str, result: str, asset: str | None) -> Arrived:
    values = json.loads(result)
    notices, optouts = values.pop("notices"), [OptOut(**one) for one in values.pop("optouts")]
    hops = tuple(Hop(**hop) for hop in values.pop("chain"))
    fetched = Fetched(**values | {"chain": hops, "body": b""})
    return Arrived(number, url, json.loads(cells), fetched, tuple(notices), tuple(optouts), asset)
