"""What crosses the splits of a release: known links, what nobody measured, and how many are likely to be missed."""

import json
from collections.abc import Iterator, Sequence

from duckdb import DuckDBPyConnection

from pipelines.find.thresholds import FOLDED
from pipelines.release.missed import COPIES, TOLD, VOICES, MissRate, expected
from schemas.errors import BadInput
from schemas.modality import ModalityName
from schemas.release import Leak
from schemas.sections import ExportSettings

KINDS = ("recording", "speaker", "take", "contributor", "voice", "face", "duplicate", "repeated", "sentence")
REPEATED = "repeated content that an earlier clip has in another split"

# The links of all files and of single clips, for the release to be checked against once its clips are known; and which
# clips stay out because they are copies.
COPY_LINKS = """
    CREATE TABLE scratch.links AS
    SELECT DISTINCT asset, NULL::VARCHAR AS clip, kind, key FROM links
    UNION ALL SELECT NULL, member, 'repeated', "group" FROM groups
    WHERE kind = 'duplicate' AND member IN (SELECT id FROM clips);
    CREATE TABLE scratch.measured AS
    SELECT "row" AS asset FROM scores SEMI JOIN active_stages USING (stage)
    WHERE name = 'sound_print' OR starts_with(name, 'picture_print') GROUP BY ALL;
    CREATE TABLE scratch.folded AS SELECT f.id AS clip, f.modality, g."group" AS key
    FROM ({folded}) f JOIN groups g ON g.member = f.id AND g.kind = 'duplicate';
    CREATE TABLE scratch.rates AS SELECT split_part(name, ' ', 1) AS kind, value FROM facts
    WHERE name IN ('voice rates', 'face rates')"""

# Every clip of the release with each of its links.
LINKED = """
    CREATE OR REPLACE TEMP TABLE linked AS
    SELECT s.key AS clip, s.split, 'recording' AS kind, s.asset AS link FROM samples s
    UNION ALL SELECT s.key, s.split, l.kind, l.key FROM samples s JOIN links l ON l.asset = s.asset
    UNION ALL SELECT s.key, s.split, l.kind, l.key FROM samples s JOIN links l ON l.clip = s.key"""
# Pairs of clips with one link in two splits: all pairs less those within a split.
CROSSING = """
    SELECT kind, sum(n)::BIGINT, sum((n * n - within) / 2)::BIGINT, sum((n * n - n) / 2)::BIGINT
    FROM (SELECT kind, link, sum(n) AS n, sum(n * n) AS within
          FROM (SELECT kind, link, split, count(DISTINCT clip) AS n FROM linked GROUP BY ALL) GROUP BY ALL)
    GROUP BY kind"""
SEARCHED = "SELECT count(*), count(m.asset) FROM samples s LEFT JOIN measured m USING (asset)"
KNOWN = "SELECT kind, count(DISTINCT clip) FROM linked GROUP BY kind"
# Pairs of copies by modality: those of the release, and what stays out for being one, since had it been missed it would
# be in.
FOUND_COPIES = """
    SELECT modality, sum(n * (n - 1) / 2)::BIGINT FROM (
        SELECT key, any_value(modality) AS modality, count(DISTINCT clip) AS n FROM (
            SELECT l.key, s.modality, s.key AS clip, true AS is_in FROM samples s JOIN links l ON l.clip = s.key
            UNION ALL SELECT key, modality, clip, false FROM folded)
        GROUP BY key HAVING bool_or(is_in))
    GROUP BY modality"""


def copy_links(connection: DuckDBPyConnection, names: Sequence[ModalityName]) -> None:
    """Copy into the attached scratch database what `leaks` looks at, of what is chosen in these modalities."""
    folded = " UNION ALL ".join(
        f"SELECT id, '{name}' AS modality FROM chosen_{name} WHERE reason = '{FOLDED}'" for name in names
    )
    connection.execute(COPY_LINKS.format(folded=folded))


def leaks(connection: DuckDBPyConnection, names: Sequence[ModalityName], settings: ExportSettings) -> tuple[Leak, ...]:
    """What of each kind of link crosses splits, of the samples in the scratch database; raises BadInput if any does.

    Nothing is known of a clip without a told speaker, a fingerprint, a voice or a face that was measured: it is counted
    as unknown. Links that the search is likely to have missed are estimated for what was measured with a known rate.
    """
    if not names:
        return ()
    samples = " UNION ALL ".join(
        f"SELECT key, split, asset, '{name}' AS modality FROM samples_{name}" for name in names
    )
    connection.execute(f"CREATE OR REPLACE TEMP VIEW samples AS {samples}")
    connection.execute(LINKED)
    total, searched = connection.execute(SEARCHED).fetchall()[0]
    known = dict(connection.execute(KNOWN).fetchall())
    pairs = {kind: (crossing, linked) for kind, _, crossing, linked in connection.execute(CROSSING).fetchall()}
    shares = [getattr(settings, split) for split in ("train", "validation", "test")]
    apart = 1 - sum(share * share for share in shares)
    told = []
    for kind in KINDS:
        crossing, linked = pairs.get(kind, (0, 0))
        of = searched if kind in ("duplicate", "repeated") else known.get(kind, 0)
        if kind == "sentence" and not settings.sentence:
            continue
        found = list(_found(connection, kind, linked)) if of else []  # what nobody searched for was not missed
        likely, least, most = expected(found, apart) or (None, None, None)
        rates = tuple(str(rate) for rate, _ in found)
        told.append(Leak(kind, of, total - of, linked, crossing, likely, least, most, rates))
    crossing_kinds = [leak for leak in told if leak.crossing]
    if crossing_kinds:
        named = ", ".join(f"{leak.crossing:,} pairs of one {leak.kind}" for leak in crossing_kinds)
        raise BadInput(f"the splits of this release leak: {named}; type `emocurate duplicates` to see the groups")
    return tuple(told)


def _found(connection: DuckDBPyConnection, kind: str, linked: int) -> Iterator[tuple[MissRate, int]]:
    """The pairs of one kind of link that a search has found, each with how many of such it misses."""
    if kind == "duplicate":
        copies = dict(connection.execute(FOUND_COPIES).fetchall())
        yield from ((rate, copies.get(modality, 0)) for modality, rate in COPIES.items() if _has(connection, modality))
    elif kind in ("voice", "face"):
        rows = connection.execute("SELECT value FROM rates WHERE kind = ?", [kind]).fetchall()
        rate = json.loads(rows[0][0]) if rows else {"same": 0}
        if rate["same"]:
            yield MissRate(rate["missed"], rate["same"], TOLD.format(kind=kind)), linked
        elif kind == "voice":
            yield VOICES, linked


def _has(connection: DuckDBPyConnection, modality: str) -> bool:
    return bool(connection.execute("SELECT 1 FROM samples WHERE modality = ? LIMIT 1", [modality]).fetchall())


def part_repeated(connection: DuckDBPyConnection, names: Sequence[ModalityName]) -> None:
    """Leave out clips of repeated content, such as the words of an intro, that stand in another split than the first.

    They join no recordings, and so may lie in different splits: the split with most of them keeps them.
    """
    samples = " UNION ALL ".join(f"SELECT key, split FROM samples_{name} WHERE reason IS NULL" for name in names)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE apart AS
            WITH clips AS (SELECT s.key, s.split, l.key AS link FROM ({samples}) s JOIN links l ON l.clip = s.key),
            kept AS (SELECT link, arg_max(split, (n, split)) AS split
                     FROM (SELECT link, split, count(*) AS n FROM clips GROUP BY ALL) GROUP BY link)
            SELECT c.key FROM clips c JOIN kept k USING (link) WHERE c.split <> k.split"""
    )
    for name in names:
        connection.execute(f"UPDATE samples_{name} SET reason = ? WHERE key IN (FROM apart)", [REPEATED])
