"""Addresses on their way from a list or a page into the collection, and the form they have in the frontier."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from curate.rights.fetch import Fetched, Hop
from curate.rights.optouts import OptOut
from schemas.ids import content_id

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
CREATE TABLE IF NOT EXISTS claims (batch TEXT, url TEXT, claim TEXT, PRIMARY KEY (batch, url, claim)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notices (id TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sites (origin TEXT PRIMARY KEY, body TEXT, learnt_at REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rests (origin TEXT PRIMARY KEY, until REAL) WITHOUT ROWID;
"""
REPEATED = "named on an earlier line"
DIFFERS = "named on an earlier line, and described otherwise there"
# Of the lines that are coming, those whose address stands on another line already.
REPEATS = f"""
    INSERT OR IGNORE INTO repeats
    SELECT c.batch, c.line, CASE WHEN json_remove(c.cells, '$.evidence') = json_remove(a.cells, '$.evidence')
                                 THEN '{REPEATED}' ELSE '{DIFFERS}' END
    FROM coming c JOIN addresses a ON a.url = c.url AND a.batch = c.batch WHERE a.line <> c.line"""
# Of assets that go: every row of their addresses, and rows that name no asset where the one that goes stands for them.
# A row that names another asset stays then: the same address may have given another file, which nobody forgets.
GOING = """
    SELECT id, url FROM addresses
    WHERE url IN (SELECT url FROM addresses WHERE asset IN (SELECT value FROM json_each(?1)))
    OR (asset IS NULL AND stand_in(url) IN (SELECT value FROM json_each(?1)))"""
UNCLAIMED = """
    DELETE FROM claims WHERE url = ?2 AND NOT EXISTS
    (SELECT 1 FROM addresses a WHERE a.url = claims.url AND a.batch = claims.batch)"""


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
    kind: str
    cells: Mapping[str, Any]
    fetched: Fetched
    notices: tuple[str, ...]
    optouts: tuple[OptOut, ...]
    asset: str | None


@dataclass(frozen=True)
class DroppedAddress:
    """An address that was dropped, the reason, and the asset that stands for it."""

    id: int
    url: str
    kind: str
    reason: str | None
    asset: str | None

    @property
    def is_refused(self) -> bool:
        """Whether nothing came: what came and is no media, was forgotten or has expired, no site has refused."""
        return self.kind == "page" or self.asset == stand_in(self.url)


@dataclass(frozen=True)
class Ends:
    """What became of an address in the end, and the asset that stands for it in the collection."""

    url: str
    state: str
    reason: str | None
    asset: str | None


@dataclass(frozen=True)
class Discovered:
    """How many media a batch names, by host and by licence (several where pages disagree), and the first of them."""

    media: int
    hosts: Mapping[str, int]
    licences: Mapping[str, int]
    first: tuple[str, ...]


def columns_of_address(batch: str, one: Address) -> tuple[Any, ...]:
    """The values of a new row: batch, url, origin, kind, line, cells, state, result."""
    refused = Fetched(one.url, "refused", one.refusal) if one.refusal else None
    result = result_text(refused, [], []) if refused else None
    state, cells = "arrived" if refused else "waiting", json.dumps(one.cells, sort_keys=True)
    return batch, one.url, one.origin, one.kind, one.line, cells, state, result


def result_text(fetched: Fetched, notices: Sequence[str], optouts: Sequence[OptOut]) -> str:
    """How a fetch ended, as text."""
    more: dict[str, Any] = {"body": "", "path": None, "headers": dict(fetched.headers), "notices": list(notices)}
    more |= {"chain": [asdict(hop) for hop in fetched.chain], "optouts": [asdict(one) for one in optouts]}
    return json.dumps({**vars(fetched), **more})  # `asdict` would copy every header deeply


def arrived_from(number: int, url: str, kind: str, cells: str, result: str, asset: str | None) -> Arrived:
    """What `result_text` and the other columns of a row hold."""
    values = json.loads(result)
    notices, optouts = values.pop("notices"), [OptOut(**one) for one in values.pop("optouts")]
    hops = tuple(Hop(**hop) for hop in values.pop("chain"))
    fetched = Fetched(**values | {"chain": hops, "body": b""})
    return Arrived(number, url, kind, json.loads(cells), fetched, tuple(notices), tuple(optouts), asset)


def stand_in(url: str) -> str:
    """What stands for an address whose bytes are not there."""
    return content_id("unread", place=url)


def batch_id(*what: Any) -> str:
    """What tells a list, or a crawl, with all that was said of it from any other."""
    return content_id("batch", what=[str(one) for one in what])
