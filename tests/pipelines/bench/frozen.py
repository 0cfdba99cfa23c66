"""A small benchmark and what tests of benchmarks do with it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from annotate.bench.figures import Figure
from pipelines.bench import scoring as bench
from pipelines.bench.scoring import Made, Scoring
from pipelines.bench.votes import Recipe
from pipelines.engine.catalog import Catalog, insert
from schemas.answers import Answer, Ask, Item, Rater, RaterKind
from schemas.ids import canonical
from schemas.scheme import Scheme, shipped_schemes
from schemas.settings import Settings

EKMAN, VAD = shipped_schemes()["ekman"], shipped_schemes()["vad"]
EMOTIONS = {"x": ["anger"] * 3, "y": ["fear", "fear", "anger"], "z": ["happiness"] * 2 + ["anger"], "w": ["fear"] * 3}
HOW = Scoring(bootstraps=40)


def asked(
    home: Path, scheme: Scheme, answers: Mapping[str, Mapping[str, Sequence[Any]]], kind: RaterKind = "person"
) -> None:
    """Answers by question and item of raters who need no media."""
    catalog, rows = Catalog(home), list[Any]()
    with catalog.open() as connection:
        body = {"id": [scheme.id], "name": [scheme.name], "version": [scheme.version]}
        insert(connection, "schemes", body | {"body": [canonical(asdict(scheme))]})
    for question, by_item in answers.items():
        for name, values in by_item.items():
            item = Item("key", name)
            ask = Ask(item.id, scheme.id)
            rows += [item, ask]
            for place, value in enumerate(values):
                rater = Rater(f"{kind}-{place}", kind)
                time = f"2026-01-01T00:00:0{place}.000000Z"
                rows += [rater, Answer("origin", ask.id, question, rater.id, time, canonical(value), "given")]
    catalog.add(list({row.id: row for row in rows}.values()))


def make(home: Path, recipe: Recipe | None = None) -> Made:
    return bench.make(home, Settings(), recipe or Recipe("b", "ekman"), bootstraps=40)


def csv(home: Path, text: str, name: str = "model.csv") -> Path:
    path = home / name
    path.write_text(text, "utf-8")
    return path


def figure(found: bench.Scored, metric: str, task: str) -> Figure:
    return next(one for one in found.figures if (one.metric, one.task) == (metric, task))


RIGHT = "item,value\nx,anger\ny,fear\nz,happiness\nw,fear\n"
