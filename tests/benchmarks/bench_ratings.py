"""Measures `answers import`: ten million long rows with validation, in seconds and peak memory."""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from annotate.ratings.layout import Asked, Layout
from pipelines import collection
from pipelines.engine.catalog import Catalog
from pipelines.imports.answers import Ratings, import_answers
from tests.benchmarks.figures import Figure, apart, peak_mb, say

ROWS = 10_000_000
QUESTIONS = ("anger", "fear", "happiness", "sadness", "surprise")
RATERS_PER_ITEM = 5
LAYOUT = Layout(
    corpus="benchmark",
    item=("item",),
    rater="rater",
    question=(Asked(named_by="question", value="value", minimum=0, maximum=7, step=1, measure="ordinal"),),
)


def write_table(path: Path, rows: int) -> None:
    """A long table: five raters of a thousand answer five questions about each item; one row in 100,000 is bad."""
    import duckdb

    names = ", ".join(f"'{one}'" for one in QUESTIONS)
    per_item = len(QUESTIONS) * RATERS_PER_ITEM
    form = "PARQUET" if path.suffix == ".parquet" else "CSV, HEADER"
    with duckdb.connect() as connection:
        connection.execute(
            f"""COPY (SELECT 'clip_' || (i // {per_item}) || '.wav' AS item,
                       'rater' || ((i // {per_item} * 7 + i % {per_item} // {len(QUESTIONS)} * 13) % 1000) AS rater,
                       [{names}][i % {len(QUESTIONS)} + 1] AS question,
                       if(i % 100000 = 99999, 'high', (hash(i) % 8)::VARCHAR) AS value
                FROM range({rows}) r(i)) TO '{path}' (FORMAT {form})"""
        )


def bring(home: Path, table: Path) -> tuple[float, float]:
    """Import the table once; gives what it took in seconds and megabytes."""
    here = collection.find(home)
    started, cpu = time.perf_counter(), time.process_time()
    done = import_answers(Ratings(home, here.people, LAYOUT, (table,)), lambda _: None)[0]
    seconds, work, rows = time.perf_counter() - started, time.process_time() - cpu, done.rows
    say(
        f"ratings: {rows.rows:,} rows ({rows.refused:,} refused) from {table.suffix}, {done.committed.new:,} new: "
        f"{seconds:.1f} s ({work:.1f} s of CPU), peak {peak_mb():,.0f} MB"
    )
    assert rows.rows == rows.used + rows.dropped + rows.refused
    return seconds, peak_mb()


def main(rows: int = ROWS, endings: tuple[str, ...] = (".csv", ".parquet")) -> Iterator[Figure]:
    """Each format in a process of its own, twice: all rows are new, then none is."""
    for ending in endings:
        with tempfile.TemporaryDirectory() as folder:
            table, home = Path(folder) / f"table{ending}", Path(folder) / "collection"
            write_table(table, rows)
            collection.make(home, None, ())
            for what in ("new", "again"):
                seconds, peak = apart(bring, home, table)
                name = f"import of {rows:,} rows, {ending}, {what}"
                yield Figure(name, "s", seconds, 30, at_most=True)
                yield Figure(f"{name}: memory", "MB", peak, 2000, at_most=True)
            size_mb = (home / "catalog.duckdb").stat().st_size / 1e6
            say(f"catalog: {Catalog(home).rows('SELECT count(*) FROM answers')[0][0]:,} answers, {size_mb:,.0f} MB")


if __name__ == "__main__":
    for figure in main(*(int(argument) for argument in sys.argv[1:])):
        say("  ".join(figure.cells))
