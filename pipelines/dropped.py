"""What people say of clips that were drawn from those below a threshold, beside what they say of the good ones."""

from dataclasses import dataclass

import numpy as np
from duckdb import DuckDBPyConnection

from annotate.agreement.intervals import percentiles
from annotate.arrays import Ints
from annotate.raters.shares import Share, share
from pipelines.find.thresholds import BELOW, SAMPLED
from pipelines.weigh.exclusions import EXCLUDED
from schemas.modality import ModalityName

DRAWS = 2_000  # of the bootstrap
# What most people chose for each clip of a modality, question by question, and whether it lies below a threshold; ties
# are nothing. Good ones count that were asked about as good, those below only where they were drawn.
HEARD = f"""
    WITH votes AS (
        SELECT c.id, c.reason IS NOT NULL AS below, a.question, a.value ->> '$' AS word, count(*) AS n
        FROM chosen_{{name}} c JOIN about o ON o.clip = c.id JOIN read_answers a ON a.item = o.item
        JOIN raters r ON r.id = a.rater
        WHERE a.state = 'given' AND r.kind = 'person' AND a.rater NOT IN ({EXCLUDED}) AND json_type(a.value) = 'VARCHAR'
          AND (c.reason IS NULL OR ({BELOW} AND c.id IN ({SAMPLED}))) GROUP BY ALL),
    most AS (FROM votes QUALIFY n = max(n) OVER (PARTITION BY id, question)),
    heard AS (SELECT id, below, question, min(word) AS word FROM most GROUP BY ALL HAVING count(*) = 1)
    SELECT question, word, count(*) FILTER (WHERE below), count(*) FILTER (WHERE NOT below)
    FROM heard GROUP BY ALL ORDER BY ALL"""
COUNTS = f"""
    SELECT count(*) FILTER (WHERE {BELOW}), count(*) FILTER (WHERE {BELOW} AND c.id IN ({SAMPLED})),
           count(*) FILTER (WHERE c.reason IS NULL) FROM chosen_{{name}} c"""


@dataclass(frozen=True)
class Heard:
    """One answer: its share of the rated clips below a threshold, and of the good ones, with Wilson's intervals.

    `removed` is what share of all clips that sound so the thresholds remove, as these shares make it likely, with the
    95 % percentile interval of 2,000 bootstrap draws of both (Efron 1979, doi:10.1214/aos/1176344552).
    """

    value: str
    below: Share
    good: Share
    removed: Share


@dataclass(frozen=True)
class Sampled:
    """What people say to one question of clips below a threshold: `drawn` of `below`, each with the same chance."""

    modality: ModalityName
    question: str
    below: int
    drawn: int
    rated: int
    values: tuple[Heard, ...]


def heard_below(connection: DuckDBPyConnection, name: ModalityName) -> list[Sampled]:
    """What people say of what was drawn from below the thresholds, on the temporary table chosen_<modality>."""
    below, drawn, good = connection.execute(COUNTS.format(name=name)).fetchall()[0]
    rows = connection.execute(HEARD.format(name=name)).fetchall() if drawn else []
    sampled = []
    for question in sorted({row[0] for row in rows}):
        words = [row[1] for row in rows if row[0] == question]
        counts = np.array([row[2:] for row in rows if row[0] == question])
        if counts[:, 0].any():
            values = _heard(words, counts, below, good)
            sampled.append(Sampled(name, question, below, drawn, int(counts[:, 0].sum()), values))
    return sampled


def _heard(words: list[str], counts: Ints, below: int, good: int) -> tuple[Heard, ...]:
    """Every answer with its shares; `counts` (answers, 2) are those below and good."""
    totals = counts.sum(axis=0)
    random = np.random.default_rng(0)
    again = [
        random.multinomial(total, column / max(total, 1), DRAWS) / max(total, 1)
        for total, column in zip(totals, counts.T, strict=True)
    ]
    lost, kept = again[0] * below, again[1] * good
    with np.errstate(invalid="ignore"):
        removed = lost / (lost + kept)
    heard = []
    for at, word in enumerate(words):
        shares = [share(int(counts[at, side]), int(totals[side])) for side in (0, 1)]
        lost_once, kept_once = below * (shares[0].value or 0), good * (shares[1].value or 0)
        ends = percentiles(removed[:, at]) if np.isfinite(removed[:, at]).any() else (None, None)
        likely = (
            Share(lost_once / (lost_once + kept_once), int(counts[at].sum()), *ends) if totals[1] else Share(None, 0)
        )
        heard.append(Heard(word, shares[0], shares[1], likely))
    return tuple(heard)
