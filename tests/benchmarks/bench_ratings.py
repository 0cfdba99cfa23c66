"""Measures `answers import`: ten million long rows with validation, in seconds and peak memory."""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from annotate.ratings.layout import Asked, Layout
from pipelines import collection
from pipelines.engine.catalog import Catalog
from pipelines.imports.answers import Ratings, import_answers

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


def bring(home: Path, table: Path) -> None:
    """Import the table once and print what it took."""
    here = collection.find(home)
    started, cpu = time.perf_counter(), time.process_time()

    def show(text: str) -> None:
        print(f"  {time.perf_counter() - started:6.1f} s  {time.process_time() - cpu:6.1f} s CPU  {text}", flush=True)

    done = import_answers(Ratings(home, here.people, LAYOUT, (table,)), show)[0]
    show("done")
    seconds, work = time.perf_counter() - started, time.process_time() - cpu
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = done.rows
    print(
        f"import: {rows.rows:,} rows ({rows.refused:,} refused) from {table.suffix}, {done.committed.new:,} new:"
        f" {seconds:.1f} s wall, {work:.1f} s CPU, {memory_mb:,.0f} MB, load {os.getloadavg()[0]:.1f}"
    )
    assert rows.rows == rows.used + rows.dropped + rows.refused


def main(rows: int = ROWS, endings: tuple[str, ...] = (".csv", ".parquet")) -> None:
    """Each format in a process of its own, twice: all rows are new, then none is."""
    for ending in endings:
        with tempfile.TemporaryDirectory() as folder:
            table, home = Path(folder) / f"table{ending}", Path(folder) / "collection"
            os.environ["EMOCURATE_KEYS"] = folder
            write_table(table, rows)
            collection.make(home, None, ())
            for _ in range(2):
                subprocess.run([sys.executable, __file__, "--bring", home, table], check=True)
            print(
                f"catalog: {Catalog(home).rows('SELECT count(*) FROM answers')[0][0]:,} answers,"
                f" {(home / 'catalog.duckdb').stat().st_size / 1e6:,.0f} MB"
            )


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rows", type=int, default=ROWS)
    arguments.add_argument("--bring", nargs=2, type=Path)
    given = arguments.parse_args()
    if given.bring:
        bring(*given.bring)
    else:
        main(given.rows)
