"""Weights that undo what was not released: of each stratum released clips stand for all that were found in it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from duckdb import DuckDBPyConnection

from schemas.modality import ModalityName
from schemas.settings import Settings

EMOTION = "emotion"  # requested, else intended, else a corpus's: what is known of it whatever the thresholds
LEAST = 5  # clips of a stratum that must be left to stand for it
CAP = 10.0  # no clip counts for more than so many clips of the mean weight
UNKNOWN = "not known"

# Which stratum each clip that was found is in, by the known_<modality> of `pipelines.gates`.
STRATA = """
    INSERT INTO scratch.strata
    SELECT c.id, '{name}', {stratum}
    FROM chosen_{name} c {joins} WHERE c.altered IS NULL"""
KNOWN = """LEFT JOIN (SELECT id, arg_min(value, {order}) AS value FROM known_{name} WHERE {which} GROUP BY id) v{at}
           ON v{at}.id = c.id"""
# With which probability a clip of a stratum was released: once it was found, whatever came between.
SELECTION = """
    CREATE VIEW selection AS
    SELECT t.modality, t.stratum, count(*) AS found, count(s.key) AS released, count(s.key) / count(*) AS probability
    FROM strata t LEFT JOIN ({samples}) s ON s.key = t.clip GROUP BY ALL"""
# Of each stratum the released clips stand for those found, each by 1 / the probability of its draw where it was drawn
# (poststratification, Holt and Smith 1979, doi:10.2307/2344652); where too few are left they stand for themselves. Then
# mean 1, none above the cap: what that takes from some, all others get.
WEIGHTS = f"""
    CREATE TABLE selection_weights AS
    WITH samples AS ({{samples}}),
    based AS (
        SELECT t.clip, t.modality, p.released < {LEAST} AS is_few, p.found,
               coalesce(s.weight, 1) / sum(coalesce(s.weight, 1)) OVER (PARTITION BY t.modality, t.stratum) AS part,
               sum(p.found) OVER (PARTITION BY t.modality) / count(*) OVER (PARTITION BY t.modality) AS usual
        FROM strata t JOIN samples s ON s.key = t.clip JOIN selection p USING (modality, stratum)),
    raw AS (SELECT clip, modality, if(is_few, NULL, part * found) AS weight FROM based),
    filled AS (SELECT clip, modality, coalesce(weight, avg(weight) OVER (PARTITION BY modality), 1) AS weight FROM raw),
    scaled AS (SELECT clip, modality, weight / avg(weight) OVER (PARTITION BY modality) AS weight FROM filled),
    parted AS (SELECT *, weight > {CAP} AS is_capped FROM scaled),
    sums AS (SELECT modality, sum(weight) FILTER (WHERE NOT is_capped) AS others,
                    count(*) - {CAP} * count(*) FILTER (WHERE is_capped) AS room FROM parted GROUP BY modality)
    SELECT clip, modality, is_capped, round(if(is_capped, {CAP}, weight * room / others), 6) AS weight
    FROM parted JOIN sums USING (modality)"""
# The effective number of clips (Kish 1965, 11.7), of which so many are capped.
SUMMARY = """SELECT modality, count(*), sum(weight) ** 2 / sum(weight ** 2), count(*) FILTER (WHERE is_capped)
             FROM selection_weights GROUP BY 1 ORDER BY 1"""
LOST = f"""SELECT stratum, released, found FROM selection
           WHERE modality = ? AND released < {LEAST} AND released < found ORDER BY 1"""


@dataclass(frozen=True)
class Weighting:
    """What weights come to in one modality: by which variables, for how many clips they count, how many are capped.

    `undone_not` are strata of which fewer than five clips are left, with how many of how many: what is lacking of them
    cannot be undone.
    """

    by: tuple[str, ...]
    n: int
    effective_n: float
    capped: int
    undone_not: dict[str, tuple[int, int]]


def hold_strata(connection: DuckDBPyConnection, settings: Settings, names: Sequence[ModalityName]) -> None:
    """Copy into the attached scratch database which stratum every clip is in by what is known of it."""
    connection.execute("CREATE TABLE scratch.strata (clip VARCHAR, modality VARCHAR, stratum VARCHAR)")
    by = settings.export.weigh_by
    for name in names:
        joins = [KNOWN.format(name=name, at=at, **_which(variable)) for at, variable in enumerate(by)]
        parts = [f"coalesce(v{at}.value, '{UNKNOWN}')" for at in range(len(by))]
        stratum = f"concat_ws(', ', {', '.join(parts)})" if parts else "''"
        connection.execute(STRATA.format(name=name, stratum=stratum, joins=" ".join(joins)))


def weigh(
    connection: DuckDBPyConnection, settings: Settings, names: Sequence[ModalityName]
) -> dict[ModalityName, Weighting]:
    """Table `selection_weights` of what is in the scratch database, and what the weights come to."""
    samples = " UNION ALL ".join(f"SELECT key, weight FROM samples_{name}" for name in names)
    connection.execute(SELECTION.format(samples=samples))
    connection.execute(WEIGHTS.format(samples=samples))
    weightings: dict[ModalityName, Weighting] = {}
    for name, n, effective, capped in connection.execute(SUMMARY).fetchall():
        lost = {stratum: (left, found) for stratum, left, found in connection.execute(LOST, [name]).fetchall()}
        weightings[name] = Weighting(settings.export.weigh_by, n, round(effective, 1), capped, lost)
    return weightings


def told(weightings: Mapping[ModalityName, Weighting]) -> dict[str, dict[str, Any]]:
    """Weightings as plain values, which come back from JSON as they are."""
    return {name: asdict(one) for name, one in weightings.items()}


def _which(variable: str) -> dict[str, str]:
    """Which rows of what is known a variable of the settings means, and which of several goes first."""
    if variable != EMOTION:
        return {"which": f"variable = '{variable}'", "order": "variable"}
    which = "variable = 'requested' OR ends_with(variable, ' (intended)') OR ends_with(variable, ' (corpus)')"
    order = (
        "(CASE WHEN variable = 'requested' THEN 0 WHEN ends_with(variable, ' (intended)') THEN 1 ELSE 2 END, variable)"
    )
    return {"which": which, "order": order}
