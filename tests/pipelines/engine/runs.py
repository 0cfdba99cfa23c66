"""Runs of small stages over a collection, and what they leave in the catalog."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.engine.catalog import Catalog
from pipelines.engine.passes import Pass
from pipelines.engine.workers import Inline
from pipelines.find.run import Tally, bring_up_to_date
from tests.pipelines.engine.odd_stages import Brightness, Corner, Halve, Loudest

STAGES = (Halve(), Loudest(), Corner(), Brightness())
TABLES = {
    "clips": "id, asset, kind, start_ms, end_ms, box",
    "scores": '"row", stage, name, value, vector',
    "receipts": 'stage, "row", state, reason, attempt, made',
    "live_clips": "id, asset, kind, pinned",
}


def run(home: Path, stages: Sequence[Any] = STAGES, workers: Any = None, retry: bool = False) -> Tally:
    return bring_up_to_date(home, [Pass(tuple(stages))], workers or Inline(), retry=retry)


def tables(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    return {name: Catalog(home).rows(f"SELECT {columns} FROM {name} ORDER BY ALL") for name, columns in TABLES.items()}


def count(home: Path, query: str) -> int:
    return int(Catalog(home).rows(f"SELECT count(*) FROM {query}")[0][0])


def culprit(home: Path) -> str:
    return str(Catalog(home).rows("SELECT id FROM assets WHERE kind = 'sound' ORDER BY id LIMIT 1")[0][0])
