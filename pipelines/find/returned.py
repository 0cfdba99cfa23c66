"""Copies of what was forgotten: keyed marks of fingerprints, by which `run` tells a re-encoded one when it comes in."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from duckdb import DuckDBPyConnection

from curate.prints.words import HEARD, MAKERS, PICTURE_PRINT, SOUND_PRINT, STEP_MS
from pipelines.engine.catalog import Catalog, insert, is_read_only, now, revise, state
from pipelines.engine.instances import beside
from pipelines.engine.tombstones import Tombstones, tombstones_in

RETURNED, ALLOWED = "returned", "allowed"  # decisions about an asset
FACT = "copies looked for until"
FEWEST_HEARD = 8  # of a word's 32 bits: a word of which less is heard could be anything's
MOST_WORDS = 20 * 60_000 // STEP_MS  # of a longer sound the first 20 minutes
# Of speech at 64 kbit/s half the words stay exactly the same, at 32 kbit/s a quarter; no other speech has any of them.
FEWEST_WORDS, LEAST_SHARE = 3, 0.03
MOSTLY = 0.2  # of the words of a file that stays: it is a copy, and does not only share a jingle
ANY = "any"  # marked beside the fingerprints, so that nothing is hashed where there are none
AT_ONCE = 200

PRINTS = f"""
    SELECT s."row", s.name, s.bits FROM scores s SEMI JOIN active_stages USING (stage)
    WHERE s.name IN ('{SOUND_PRINT}', '{PICTURE_PRINT}') AND s.bits IS NOT NULL"""
MADE = f"FROM receipts r SEMI JOIN active_stages s ON s.stage = r.stage AND s.name IN {MAKERS}"
GOING = f'{PRINTS} AND s."row" IN (SELECT unnest(?::VARCHAR[])) ORDER BY ALL'
STAYING = f'{PRINTS} AND s."row" NOT IN (SELECT unnest(?::VARCHAR[])) ORDER BY ALL'
NEW = f"""{PRINTS} AND s."row" IN (SELECT r."row" {MADE} WHERE r.added_at > coalesce(?::TIMESTAMP, '-infinity'))
    AND s."row" NOT IN (SELECT subject FROM decisions WHERE what IN ('{RETURNED}', '{ALLOWED}')) ORDER BY ALL"""


def marks_of_copies(
    connection: DuckDBPyConnection, assets: Collection[str], marks: Tombstones
) -> tuple[list[str], list[str]]:
    """The tombstones of how files sound and look, and the files that stay and are much like them.

    What others that stay sound like too, a jingle, has no mark. From a keyed mark nothing can be heard or seen.
    """
    heard, seen = set[int](), set[int]()
    for _, name, bits in _prints(connection, GOING, list(assets)):
        heard.update(_words(bits)) if name == SOUND_PRINT else seen.update(_near(_picture(bits)))
    words, shared, alike = np.array(sorted(heard), np.uint64), set[int](), list[str]()
    for asset, name, bits in _prints(connection, STAYING, list(assets)) if heard or seen else ():
        if name == PICTURE_PRINT:
            is_alike = not seen.isdisjoint(_near(_picture(bits)))
        else:
            own = np.unique(np.array(_words(bits), np.uint64))
            at = np.minimum(np.searchsorted(words, own), max(0, len(words) - 1))
            both = own[words[at] == own] if len(words) else own[:0]
            is_alike = len(both) >= max(FEWEST_WORDS, MOSTLY * len(own))
            shared.update(() if is_alike else both.tolist())
        alike += [asset] if is_alike else []
    made = [marks.mark("sound", f"{word:016x}") for word in sorted(heard - shared)]
    made += [marks.mark("picture", f"{one:016x}") for one in sorted(seen)]
    made += [marks.mark("sound", ANY)] if heard else []
    made += [marks.mark("picture", ANY)] if seen else []
    return made, alike


def look_for_copies(home: Path) -> None:
    """Bar what has come in and was fingerprinted since, before anything is asked about or released."""
    with Catalog(home).open() as connection:
        connection.begin()
        keep_out(connection)
        connection.commit()


def keep_out(connection: DuckDBPyConnection) -> None:
    """Decide about every file that was fingerprinted since the last time whether it is a copy of what was forgotten."""
    last, count = connection.execute(f"SELECT max(r.added_at)::VARCHAR, count(*) {MADE}").fetchall()[0]
    [(seen,)] = connection.execute("SELECT any_value(value) FROM facts WHERE name = ?", [FACT]).fetchall()
    made = f"{last} {count}"
    if last is None or made == seen or is_read_only(connection):
        return
    marks = tombstones_in(connection)
    if marks.holds("sound", ANY) or marks.holds("picture", ANY):
        since = _since(seen, last, count)
        found = dict[str, str]()
        for asset, name, bits in _prints(connection, NEW, since):
            found |= {asset: why} if (why := _returned(name, bits, marks)) else {}
        if found:
            decided = {"subject": list(found), "what": [RETURNED] * len(found), "reason": list(found.values())}
            insert(connection, "decisions", {**decided, "at": [now()] * len(found)})
            revise(connection)
    state(connection, FACT, made)


def _since(seen: str | None, last: str, count: int) -> str | None:
    """From when on receipts are new; all are where there are more of them and none is later: a clock went back."""
    if seen is None:
        return None
    until, _, before = seen.rpartition(" ")
    return None if until == last and count > int(before) else until


def _returned(name: str, bits: bytes, marks: Tombstones) -> str | None:
    """Why a file is taken for a copy of what was forgotten; None where it is not."""
    if name == SOUND_PRINT:
        words = list(dict.fromkeys(_words(bits)))
        held = sum(marks.holds("sound", f"{word:016x}") for word in words)
        is_copy = held >= FEWEST_WORDS and held >= LEAST_SHARE * len(words)
        return f"it sounds like what was forgotten here: {held:,} of {len(words):,} marks" if is_copy else None
    is_copy = any(marks.holds("picture", f"{near:016x}") for near in _near(_picture(bits)))
    return "it looks like what was forgotten here" if is_copy else None


def _near(seen: int) -> list[int]:
    """A picture's fingerprint and all of which one bit differs: of both sides, so that two bits may."""
    return [seen, *(seen ^ (1 << bit) for bit in range(64))]


def _words(bits: bytes) -> list[int]:
    """The words of a sound of which enough is heard."""
    words = np.frombuffer(bits, "<u8")[:MOST_WORDS]
    kept: list[int] = words[np.bitwise_count(words >> HEARD) >= FEWEST_HEARD].tolist()
    return kept


def _picture(bits: bytes) -> int:
    return int(np.frombuffer(bits, "<u8")[0])


def _prints(connection: DuckDBPyConnection, query: str, given: Any) -> Iterator[tuple[str, str, bytes]]:
    """Asset, name and bits of fingerprints, a few at a time."""
    cursor = beside(connection).execute(query, [given])
    while rows := cursor.fetchmany(AT_ONCE):
        yield from rows
