"""`status --gates`: what every threshold removes, by emotion, speaker, sex, language and basis, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from annotate.raters.shares import Share, share, share_apart
from pipelines.dropped import Sampled, heard_below
from pipelines.engine import live
from pipelines.engine.catalog import Catalog
from pipelines.engine.held import RIGHTS, hold, hold_answers
from pipelines.find.thresholds import SUPERSEDED, choose, looked_for, miss
from pipelines.imports.commit import NAMES
from schemas.modality import MODALITIES, Modality, ModalityName
from schemas.settings import Settings

TOGETHER = "all thresholds"
ABOUT_PEOPLE = ("speaker", "sex", "language", "basis")  # variables of what gates cost; all others are emotions
LEAST = 5  # clips of a value from which it is compared with the rest

# What is known, whatever the thresholds, of every clip of a modality and of every file its finder looked at: a row for
# each variable. People are asked about what is good only, so what they say is none of it. Of several votes of a corpus
# the commonest counts, a tie is nothing; numbers are parted into thirds.
KNOWN = f"""
    CREATE OR REPLACE TEMP TABLE known_{{name}} AS
    WITH judged AS (
        SELECT id, asset FROM chosen_{{name}} WHERE altered IS NULL UNION ALL SELECT asset, asset FROM looked_{{name}}),
    acted AS (SELECT DISTINCT a.rater FROM answers a JOIN origins o ON o.id = a.origin WHERE o.server = '{NAMES}'),
    voted AS (
        SELECT o.clip, o.asset, o.clip_kind, a.value,
               a.question || if(a.rater IN (FROM acted), ' (intended)', ' (corpus)') AS variable
        FROM read_answers a JOIN about o USING (item) JOIN raters r ON r.id = a.rater
        WHERE a.state = 'given' AND r.kind = 'corpus'
          AND json_type(a.value) IN ('VARCHAR', 'DOUBLE', 'BIGINT', 'UBIGINT')),
    votes AS (
        SELECT j.id, variable, value FROM judged j JOIN voted v ON v.clip = j.id
        UNION ALL SELECT j.id, variable, value FROM judged j JOIN voted v
            ON v.asset = j.asset AND v.clip_kind = 'whole' AND v.clip <> j.id),
    words AS (
        FROM (SELECT id, variable, value ->> '$' AS word, count(*) AS n FROM votes
              WHERE json_type(value) = 'VARCHAR' GROUP BY ALL)
        QUALIFY n = max(n) OVER (PARTITION BY id, variable)),
    numbers AS (
        SELECT id, variable, avg(value::DOUBLE) AS number FROM votes
        WHERE json_type(value) <> 'VARCHAR' GROUP BY ALL),
    ends AS (
        SELECT variable, quantile_disc(number, 1 / 3) AS low, quantile_disc(number, 2 / 3) AS high
        FROM numbers GROUP BY variable),
    told AS (
        SELECT j.id, lower(trim(coalesce(d.requested, r.requested))) AS requested, d.speaker,
               lower(trim(d.sex)) AS sex, lower(trim(d.language)) AS language, nullif(r.basis, 'unknown') AS basis
        FROM judged j LEFT JOIN described d USING (asset) LEFT JOIN rights r USING (asset))
    SELECT id, variable, value
    FROM (UNPIVOT told ON requested, speaker, sex, language, basis INTO NAME variable VALUE value)
    UNION ALL SELECT id, variable, min(word) FROM words GROUP BY ALL HAVING count(*) = 1
    UNION ALL SELECT id, variable, CASE WHEN number <= low THEN 'low, up to ' || round(low, 2)
                                        WHEN number <= high THEN 'middle, up to ' || round(high, 2) ELSE 'high' END
    FROM numbers JOIN ends USING (variable)"""

# The files a finder looked at, and whether it found nothing; what has no sound track or picture was not looked at.
LOOKED = """
    CREATE OR REPLACE TEMP TABLE looked_{name} AS
    SELECT r."row" AS asset, bool_and(c.asset IS NULL) AS empty
    FROM receipts r JOIN active_stages a USING (stage) JOIN assets f ON f.id = r."row"
    LEFT JOIN (SELECT DISTINCT asset FROM chosen_{name} WHERE kind <> 'whole') c ON c.asset = r."row"
    WHERE a.name = $finder AND r.state <> 'failed' AND NOT coalesce(starts_with(r.reason, 'no sound track'), false)
      AND list_contains($found_in, f.kind) GROUP BY ALL"""

# How many of the clips (or files) of every value a gate removes, and of how many it is the only one to do so.
COUNTED = """
    SELECT k.variable, k.value, count(*), count(m.id), count(m.id) FILTER (WHERE m.alone)
    FROM ({population}) p JOIN known_{name} k USING (id) LEFT JOIN ({missed}) m USING (id) GROUP BY ALL ORDER BY ALL"""
TOTAL = """SELECT count(*), count(m.id), count(m.id) FILTER (WHERE m.alone)
           FROM ({population}) p LEFT JOIN ({missed}) m USING (id)"""
CLIPS = f"SELECT id FROM chosen_{{name}} WHERE altered IS NULL AND reason IS DISTINCT FROM '{SUPERSEDED}'"
FILES = "SELECT asset AS id FROM looked_{name}"


@dataclass(frozen=True)
class Cost:
    """What a gate removes of the clips of which one thing is known, such as `requested` calm.

    `share` has Wilson's interval (1927), which takes clips to be independent of each other: where many are of one file
    or speaker it is too narrow. `more` is how much larger the share is than that of all clips of another value, with
    Newcombe's interval (1998); None under five clips, or without others. `alone` would be good but for this gate.
    """

    variable: str
    value: str
    share: Share
    removed: int
    alone: int
    more: tuple[float, float, float] | None


@dataclass(frozen=True)
class Gate:
    """One gate: its setting and limit, how many of how many clips (or files) it removes, and of which."""

    modality: ModalityName
    setting: str
    limit: float | str | None
    unit: str
    of: int
    removed: int
    alone: int
    costs: tuple[Cost, ...]

    @property
    def uneven(self) -> tuple[Cost, ...]:
        """What it removes more of than of the rest, beyond what chance explains in nineteen of twenty comparisons."""
        return tuple(cost for cost in self.costs if cost.more and cost.more[1] > 0)


@dataclass(frozen=True)
class Gates:
    """Every gate of a collection; `emotions` is how many clips there are of which an emotion is known independently.

    `sampled` is what people said of clips that were drawn from those below a threshold.
    """

    gates: tuple[Gate, ...]
    clips: int
    emotions: int
    sampled: tuple[Sampled, ...] = ()


def gates(home: Path, settings: Settings) -> Gates:
    """What every threshold of a collection removes, and every finder that found nothing in a file."""
    with Catalog(home).open() as connection:
        live.refresh_on(connection)
        hold(connection, RIGHTS)
        hold_answers(connection)
        names = looked_for(settings)
        for name in names:
            choose(connection, settings, name)
            know(connection, name)
        return gates_of(connection, settings, names)


def gates_of(connection: DuckDBPyConnection, settings: Settings, names: Sequence[ModalityName]) -> Gates:
    """The gates of these modalities, of which it is known what is chosen, and what is known of it (`know`)."""
    found: list[Gate] = []
    sampled: list[Sampled] = []
    clips = emotions = 0
    for name in names:
        miss(connection, settings, name)
        found += _of(connection, settings, MODALITIES[name])
        sampled += heard_below(connection, name)
        rows = connection.execute(
            f"""SELECT count(*), count(*) FILTER (WHERE id IN (
                    SELECT id FROM known_{name} WHERE variable NOT IN {ABOUT_PEOPLE}))
                FROM ({CLIPS.format(name=name)})"""
        ).fetchall()
        clips, emotions = clips + rows[0][0], emotions + rows[0][1]
    return Gates(tuple(found), clips, emotions, tuple(sampled))


def know(connection: DuckDBPyConnection, name: ModalityName) -> None:
    """Of what is chosen in a modality, make the temporary tables of what is known of its clips and of their files."""
    modality = MODALITIES[name]
    connection.execute(LOOKED.format(name=name), {"finder": modality.finder, "found_in": list(modality.found_in)})
    connection.execute(KNOWN.format(name=name))


def _of(connection: DuckDBPyConnection, settings: Settings, modality: Modality) -> list[Gate]:
    """The gates of one modality in the order in which reasons are told, then all together, then its finder."""
    name, section = modality.name, getattr(settings, modality.name)
    missed = f"SELECT id, alone FROM missed_{name} WHERE setting = '{{}}'"
    wanted = [
        (f"{name}.{one.setting}", getattr(section, one.setting), "clips", CLIPS, missed.format(one.setting))
        for one in modality.thresholds
    ]
    wanted.append((TOGETHER, None, "clips", CLIPS, f"SELECT id, true AS alone FROM missed_{name} GROUP BY id"))
    empty = f"SELECT asset AS id, true AS alone FROM looked_{name} WHERE empty"
    wanted.append((f"{modality.finder} finds nothing", None, "files", FILES, empty))
    found = []
    for setting, limit, unit, population, removed in wanted:
        queries = [
            query.format(population=population.format(name=name), missed=removed, name=name)
            for query in (TOTAL, COUNTED)
        ]
        (of, out, alone), *_ = connection.execute(queries[0]).fetchall()
        costs = _costs(connection.execute(queries[1]).fetchall()) if out else ()
        found.append(Gate(name, setting, limit, unit, of, out, alone, costs))
    return found


def _costs(rows: Sequence[tuple[str, str, int, int, int]]) -> tuple[Cost, ...]:
    """What a gate removes of every value, each compared with the others of its variable."""
    costs = []
    for variable, value, of, removed, alone in rows:
        others = [row for row in rows if row[0] == variable and row[1] != value]
        other_of, other_removed = sum(row[2] for row in others), sum(row[3] for row in others)
        more = share_apart(removed, of, other_removed, other_of) if min(of, other_of) >= LEAST else None
        costs.append(Cost(variable, value, share(removed, of), removed, alone, more))
    return tuple(costs)
