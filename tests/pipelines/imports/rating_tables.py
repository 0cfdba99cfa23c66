"""What the tests of `answers import` share: a small table, how to import it, what is held then."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from annotate.ratings.layout import Asked, Layout
from pipelines import collection
from pipelines.engine.catalog import Catalog
from pipelines.imports.answers import Imported, Ratings, import_answers

Import = Callable[..., Imported]

LONG = Layout(
    corpus="lab",
    item=("clip",),
    rater="who",
    question=(Asked(name="emotion", value="label", categories=("anger", "fear")),),
)
ROWS = "clip,who,label\nc1,ann,anger\nc1,bob,fear\nc2,ann,Fear\n"
ANSWERS = [("lab/c1", "emotion", '"anger"'), ("lab/c1", "emotion", '"fear"'), ("lab/c2", "emotion", '"fear"')]


def imported(home: Path, text: str | bytes, layout: Layout = LONG, name: str = "table.csv", **told: Any) -> Imported:
    """Import a table of that content, written beside the collection."""
    path = home.parent / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return import_answers(Ratings(home, collection.find(home).people, layout, (path,), **told))[0]


def held(home: Path) -> list[tuple[Any, ...]]:
    """(item, question, value) of every answer that holds, sorted."""
    return Catalog(home).rows(
        """SELECT i.ref, a.question, a.value FROM current_answers a JOIN asks k ON k.id = a.ask
           JOIN items i ON i.id = k.item WHERE a.state = 'given' ORDER BY ALL"""
    )
