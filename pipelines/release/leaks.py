"""What crosses the splits of a release: known links, what nobody measured, and how many are likely to be missed."""

import json
from collections.abc import Sequence

from duckdb import DuckDBPyConnection
from scipy import stats

from schemas.errors import BadInput
from schemas.modality import ModalityName
from schemas.release import Leak
from schemas.sections import ExportSettings

KINDS = ("recording", "speaker", "take", "contributor", "voice", "face", "duplicate", "repeated", "sentence")
# Of planted copies, how many the search missed: re-encoded, softer, noisy (20 dB) and trimmed synthetic voices of 1 to
# 3 s among thousands (tests/benchmarks/bench_twins.py measures it again); for pictures and video it is not measured. Of
# voices and faces each collection knows its own, where people are told: the facts `voice rates` and `face rates`.
MISSED = {"duplicate": (2, 1_154)}
COVERAGE = 0.95
REPEATED = "repeated content that an earlier clip has in another split"

# The links of all files and of single clips, for the release to be checked against once its clips are known.
COPY_LINKS = """
    CREATE TABLE scratch.links AS
    SELECT DISTINCT asset, NULL::VARCHAR AS clip, kind, key FROM links
    UNION ALL SELECT NULL, member, 'repeated', "group" FROM groups
    WHERE kind = 'duplicate' AND member IN (SELECT id FROM clips);
    CREATE TABLE scratch.measured AS
    SELECT "row" AS asset FROM scores SEMI JOIN active_stages USING (stage)
    WHERE name = 'sound_print' OR starts_with(name, 'picture_print') GROUP BY ALL;
    CREATE TABLE scratch.rates AS SELECT split_part(name, ' ', 1) AS kind, value FROM facts
    WHERE name IN ('voice rates', 'face rates')"""

# Every clip of the release with each of its links.
LINKED = """
    CREATE OR REPLACE TEMP TABLE linked AS
    WITH samples AS ({samples})
    SELECT s.key AS clip, s.split, 'recording' AS kind, s.asset AS link FROM samples s
    UNION ALL SELECT s.key, s.split, l.kind, l.key FROM samples s JOIN links l ON l.asset = s.asset
    UNION ALL SELECT s.key, s.split, l.kind, l.key FROM samples s JOIN links l ON l.clip = s.key"""
# Pairs of clips with one link in two splits: all pairs less those within a split.
CROSSING = """
    SELECT kind, sum(n)::BIGINT, sum((n * n - within) / 2)::BIGINT, sum((n * n - n) / 2)::BIGINT
    FROM (SELECT kind, link, sum(n) AS n, sum(n * n) AS within
          FROM (SELECT kind, link, split, count(DISTINCT clip) AS n FROM linked GROUP BY ALL) GROUP BY ALL)
    GROUP BY kind"""
KNOWN = "SELECT kind, count(DISTINCT clip) FROM linked GROUP BY kind"


def leaks(connection: DuckDBPyConnection, names: Sequence[ModalityName], settings: ExportSettings) -> tuple[Leak, ...]:
    """What of each kind of link crosses splits, of the samples in the scratch database; raises BadInput if any does.

    Nothing is known of a clip without a told speaker, a fingerprint, a voice or a face that was measured: it is counted
    as unknown. Links that the search is likely to have missed are estimated for what was measured with a known rate.
    """
    if not names:
        return ()
    samples = " UNION ALL ".join(f"SELECT key, split, asset FROM samples_{name}" for name in names)
    connection.execute(LINKED.format(samples=samples))
    total = int(connection.execute(f"SELECT count(*) FROM ({samples})").fetchall()[0][0])
    measured = f"SELECT count(*) FROM ({samples}) s SEMI JOIN measured m ON m.asset = s.asset"
    searched = int(connection.execute(measured).fetchall()[0][0])
    known = dict(connection.execute(KNOWN).fetchall())
    pairs = {kind: (crossing, linked) for kind, _, crossing, linked in connection.execute(CROSSING).fetchall()}
    shares = [getattr(settings, split) for split in ("train", "validation", "test")]
    apart = 1 - sum(share * share for share in shares)
    missed, told = _missed(connection), []
    for kind in KINDS:
        crossing, linked = pairs.get(kind, (0, 0))
        of = searched if kind in ("duplicate", "repeated") else known.get(kind, 0)
        if kind == "sentence" and not settings.sentence:
            continue
        rate = missed.get(kind) if of else None  # what nobody searched for was not missed
        told.append(Leak(kind, of, total - of, linked, crossing, *_expected(rate, linked, apart)))
    crossing_kinds = [leak for leak in told if leak.crossing]
    if crossing_kinds:
        named = ", ".join(f"{leak.crossing:,} pairs of one {leak.kind}" for leak in crossing_kinds)
        raise BadInput(f"the splits of this release leak: {named}; type `emocurate duplicates` to see the groups")
    return tuple(told)


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


def _missed(connection: DuckDBPyConnection) -> dict[str, tuple[int, int]]:
    """Of each kind of link how many the search missed, and of how many: as it was measured, or by told people here."""
    rates = {kind: json.loads(value) for kind, value in connection.execute("FROM rates").fetchall()}
    return MISSED | {kind: (rate["missed"], rate["same"]) for kind, rate in rates.items() if rate["same"]}


def _expected(
    missed_of: tuple[int, int] | None, linked: int, apart: float
) -> tuple[float | None, float | None, float | None]:
    """How many links that the search missed are likely to cross, and from where to where 95 % of the time.

    Of `linked` pairs that were found a share of all was missed, known from planted copies or told people (Clopper
    and Pearson 1934; pairs of one person are not independent, so the interval is rather too narrow for these); a missed
    pair falls into two splits by chance.
    """
    if missed_of is None or missed_of[0] == missed_of[1]:
        return None, None, None
    missed, planted = missed_of
    low = stats.beta.ppf((1 - COVERAGE) / 2, missed, planted - missed + 1) if missed else 0.0
    high = stats.beta.ppf((1 + COVERAGE) / 2, missed + 1, planted - missed)
    rates = (missed / planted, float(low), float(high))
    expected = [round(linked * rate / (1 - rate) * apart, 3) for rate in rates]
    return expected[0], expected[1], expected[2]
