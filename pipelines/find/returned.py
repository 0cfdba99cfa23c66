"""Copies of what was forgotten: keyed marks of fingerprints, by which `run` tells a re-encoded one when it comes in."""

from collections.abc import Collection, Iterator

import numpy as np
from duckdb import DuckDBPyConnection

from curate.prints.pictures import PICTURE_PRINT
from curate.prints.sounds import HEARD, SOUND_PRINT, STEP_MS
from pipelines.engine.catalog import insert, is_read_only, now, revise, state
from pipelines.engine.tombstones import Tombstones, tombstones_in

RETURNED, ALLOWED = "returned", "allowed"  # decisions about an asset
FACT = "copies looked for until"
FEWEST_HEARD = 16  # of a word's 32 bits: a word of which less is heard could be anything's
MOST_WORDS = 20 * 60_000 // STEP_MS  # of a longer sound the first 20 minutes
# Of re-encoded speech a few in a hundred words are exactly the same, usually a third; of other speech not one.
FEWEST_WORDS, LEAST_SHARE = 3, 0.03
AT_ONCE = 200

PRINTS = f"""
    SELECT s."row", s.name, s.bits FROM scores s SEMI JOIN active_stages USING (stage)
    WHERE s.name IN ('{SOUND_PRINT}', '{PICTURE_PRINT}') AND s.bits IS NOT NULL"""
MADE = f"""
    FROM receipts r WHERE r.stage IN (SELECT stage FROM scores WHERE name IN ('{SOUND_PRINT}', '{PICTURE_PRINT}'))"""
NEW = f"""{PRINTS} AND s."row" IN (
    SELECT r."row" {MADE} AND ($seen::TIMESTAMP IS NULL OR r.added_at > $seen::TIMESTAMP)) ORDER BY ALL"""


def marks_of_copies(connection: DuckDBPyConnection, assets: Collection[str], marks: Tombstones) -> list[str]:
    """The tombstones of how files sound and look, which no copy with other bytes would have otherwise.

    What others that stay sound like too, a jingle, has none. From a keyed mark nothing can be heard or seen.
    """
    heard: dict[int, None] = {}
    made: list[str] = []
    going = f'{PRINTS} AND s."row" IN (SELECT unnest($assets::VARCHAR[])) ORDER BY ALL'
    for name, bits in _prints(connection, going, {"assets": list(assets)}):
        if name == SOUND_PRINT:
            heard |= dict.fromkeys(_words(bits))
        else:
            (seen,) = np.frombuffer(bits, "<u8").tolist()
            made += [marks.mark("picture", f"{near:016x}") for near in _near(seen)]
    staying = f"{PRINTS} AND s.name = '{SOUND_PRINT}' AND s.\"row\" NOT IN (SELECT unnest($assets::VARCHAR[]))"
    words = np.array(sorted(heard), np.uint64)
    for _, bits in _prints(connection, staying, {"assets": list(assets)}) if heard else ():
        words = words[~np.isin(words, np.frombuffer(bits, "<u8"))]
    return made + [marks.mark("sound", f"{word:016x}") for word in words.tolist()]


def keep_out(connection: DuckDBPyConnection) -> None:
    """Decide about every file that was fingerprinted since the last time whether it is a copy of what was forgotten."""
    [(made,)] = connection.execute(f"SELECT max(r.added_at)::VARCHAR {MADE}").fetchall()
    [(seen,)] = connection.execute("SELECT any_value(value) FROM facts WHERE name = ?", [FACT]).fetchall()
    if made is None or made == seen or is_read_only(connection):
        return
    marks = tombstones_in(connection)
    if marks.marks:
        cursor = connection.cursor().execute(NEW, {"seen": seen})
        found = dict[str, str]()
        while rows := cursor.fetchmany(AT_ONCE):
            found |= {asset: why for asset, name, bits in rows if (why := _returned(name, bits, marks))}
        if found:
            decided = {"subject": list(found), "what": [RETURNED] * len(found), "reason": list(found.values())}
            insert(connection, "decisions", {**decided, "at": [now()] * len(found)})
            revise(connection)
    state(connection, FACT, made)


def _returned(name: str, bits: bytes, marks: Tombstones) -> str | None:
    """Why a file is taken for a copy of what was forgotten; None where it is not."""
    if name == SOUND_PRINT:
        words = list(dict.fromkeys(_words(bits)))
        held = sum(marks.holds("sound", f"{word:016x}") for word in words)
        is_copy = held >= FEWEST_WORDS and held >= LEAST_SHARE * len(words)
        return f"it sounds like what was forgotten here: {held:,} of {len(words):,} marks" if is_copy else None
    (seen,) = np.frombuffer(bits, "<u8").tolist()
    is_copy = any(marks.holds("picture", f"{near:016x}") for near in _near(seen))
    return "it looks like what was forgotten here" if is_copy else None


def _near(seen: int) -> list[int]:
    """A picture's fingerprint and all of which one bit differs: of both sides, so that two bits may."""
    return [seen, *(seen ^ (1 << bit) for bit in range(64))]


def _words(bits: bytes) -> list[int]:
    """The words of a sound of which enough is heard."""
    words = np.frombuffer(bits, "<u8")[:MOST_WORDS]
    kept: list[int] = words[np.bitwise_count(words >> HEARD) >= FEWEST_HEARD].tolist()
    return kept


def _prints(connection: DuckDBPyConnection, query: str, given: dict[str, list[str]]) -> Iterator[tuple[str, bytes]]:
    cursor = connection.cursor().execute(query, given)
    while rows := cursor.fetchmany(AT_ONCE):
        yield from ((name, bits) for _, name, bits in rows)
