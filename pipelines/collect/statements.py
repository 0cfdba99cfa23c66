"""What is said of files: nothing is said twice, and what is said otherwise than before is told, old and new."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import now
from schemas.media import Statement

# The last statement of each scope about each name of these assets and each layer of them.
LATEST = """
    SELECT s.asset, s.name, s.scope, '' AS said_at, s.source, s.speaker, s.language, s.transcript, s.requested, s.sex
    FROM statements s LEFT JOIN sources o ON o.id = s.source WHERE s.asset IN (SELECT unnest($assets::VARCHAR[]))
    QUALIFY row_number() OVER (PARTITION BY s.asset, s.name, s.scope, coalesce(o.layer, 'recording')
                               ORDER BY s.said_at DESC, s.id DESC) = 1"""

# What holds of these assets now, and what people call them.
HOLDS = """
    SELECT r.asset, n.name, r.conflict, r.licence, if(r.basis = 'unknown', NULL, r.basis) AS basis, r.attribution,
           d.speaker, d.language, d.transcript, d.requested, d.sex
    FROM rights r JOIN (SELECT asset, min(name) AS name FROM statements GROUP BY asset) n USING (asset)
    LEFT JOIN described d USING (asset)
    WHERE r.asset IN (SELECT unnest($assets::VARCHAR[]))"""
# The licences of their layers.
LAYERS = """SELECT asset, layer || ' licence', licence FROM terms
            WHERE layer <> 'recording' AND asset IN (SELECT unnest($assets::VARCHAR[]))"""
WORDS = ("licence", "basis", "attribution", "speaker", "language", "transcript", "requested", "sex")


@dataclass(frozen=True)
class Correction:
    """One word about a file that holds in place of another."""

    name: str
    what: str
    old: str
    new: str | None


@dataclass
class Changes:
    """What statements changed of what holds: words that were there before, and files whose sources now disagree."""

    corrections: list[Correction] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


def unsaid(connection: DuckDBPyConnection, statements: Sequence[Statement]) -> list[Statement]:
    """Those of the statements, which have no time yet, that do not stand already as the last word; said now."""
    assets = list({statement.asset for statement in statements})
    latest = {Statement(*row) for row in connection.execute(LATEST, {"assets": assets}).fetchall()}
    said_at = now()
    return [replace(statement, said_at=said_at) for statement in dict.fromkeys(statements) if statement not in latest]


@contextmanager
def corrected(connection: DuckDBPyConnection, assets: Sequence[str]) -> Iterator[Changes]:
    """What the statements that are added meanwhile change for these assets."""
    changes = Changes()
    known = "SELECT DISTINCT asset FROM statements WHERE asset IN (SELECT unnest(?::VARCHAR[]))"
    before = _holding(connection, [asset for (asset,) in connection.execute(known, [list(assets)]).fetchall()])
    yield changes
    for asset, new in _holding(connection, list(before)).items():
        old = before[asset]
        changes.corrections += [
            Correction(new["name"], word, old[word], new.get(word))
            for word in (*WORDS, *(word for word in old if word.endswith(" licence")))
            if old[word] is not None and old[word] != new.get(word)
        ]
        if new["conflict"] and not old["conflict"]:
            changes.conflicts.append(new["name"])


def _holding(connection: DuckDBPyConnection, assets: list[str]) -> dict[str, dict[str, Any]]:
    if not assets:
        return {}
    rows = connection.sql(HOLDS, params={"assets": assets}).to_arrow_table().to_pylist()
    holding = {row["asset"]: row for row in rows}
    for asset, word, licence in connection.execute(LAYERS, {"assets": assets}).fetchall():
        holding[asset][word] = licence
    return holding
