"""Ten million answers (two million items, five of 500 raters each, eight categories): import, `agree` and `labels`
beside a plain group-by of DuckDB over the same table.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from pipelines import collection
from pipelines.engine.keys import KEYS
from tests.benchmarks.bench_scale import Verb, verb
from tests.benchmarks.figures import ROUNDS, Figure, apart, medians, peak_mb, say

ITEMS = 2_000_000
CATEGORIES = "['anger', 'contempt', 'disgust', 'fear', 'happiness', 'neutral', 'sadness', 'surprise']"
BARS = {"import": (15, 2000), "agree": (15, 2000), "majority": (15, 2000), "dawid-skene": (60, 3000)}

# Rater r is right in 30 to 90 % of the answers, by number; the five of an item are drawn with another step each time.
TABLE = f"""
    COPY (SELECT 'clip_' || lpad(item::VARCHAR, 7, '0') || '.wav' AS item, 'rater' || lpad(rater::VARCHAR, 3, '0') AS rater,
                 {CATEGORIES}[1 + (if(hash(item, place, 1) % 100 < 10 + rater % 60, hash(item, place, 2), hash(item)) % 8)::INTEGER] AS emotion
          FROM (SELECT i // 5 AS item, i % 5 AS place,
                       (hash(i // 5, 7) % 500 + i % 5 * (1 + hash(i // 5, 8) % 99)) % 500 AS rater FROM range($rows) r(i)))
    TO $file (FORMAT CSV, HEADER)"""
GROUPED = """
    COPY (SELECT item, arg_max(emotion, votes) AS emotion
          FROM (SELECT item, emotion, count(*) AS votes FROM read_csv($file) GROUP BY ALL) GROUP BY item)
    TO $labels"""


def write_table(file: Path, items: int) -> None:
    """The answers as a CSV file, a row per answer."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(TABLE, {"rows": items * 5, "file": str(file)})


def grouped(file: Path) -> tuple[float, float]:
    """Seconds and megabytes in which DuckDB alone reads the table, counts votes and writes the commonest per item."""
    import duckdb

    started = time.perf_counter()
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(GROUPED, {"file": str(file), "labels": str(file.with_suffix(".parquet"))})
    return time.perf_counter() - started, peak_mb()


def measured(folder: Path, file: Path) -> dict[str, Verb]:
    """What every command takes, from an empty collection on."""
    home = collection.make(folder, "bench", ()).home
    columns = ("--item", "item", "--rater", "rater", "--value", "emotion")
    found = {"import": verb(home, "answers", "import", str(file), *columns), "agree": verb(home, "agree")}
    for method, spec in (("majority", "majority"), ("dawid-skene", "dawid-skene(tolerance=0.0001)")):
        found[method] = verb(home, "labels", str(folder / f"{method}.parquet"), "--method", spec)
    return found


def main(items: int = ITEMS, rounds: int = ROUNDS) -> list[Figure]:
    """All commands in turns with the group-by, so that all meet what else the machine does."""
    peers, ours = [], []
    with tempfile.TemporaryDirectory() as place:
        os.environ.setdefault(KEYS, place)
        file = Path(place) / "votes.csv"
        write_table(file, items)
        for number in range(rounds):
            peers.append(apart(grouped, file))
            ours.append(measured(Path(place) / str(number), file))
    peer_s, peer_mb = medians(peers)
    figures = []
    for name, (most_s, most_mb) in BARS.items():
        wall_s, cpu_s, peak = medians([run[name] for run in ours])
        say(
            f"votes: {name}, {items * 5:,} answers: {wall_s:.1f} s ({cpu_s:.1f} s of CPU), peak {peak:,.0f} MB; "
            f"group-by {peer_s:.1f} s, {peer_mb:,.0f} MB; ratio {wall_s / peer_s:.1f}"
        )
        what = f"{name}, {items * 5:,} answers, beside a group-by"
        figures += [
            Figure(what, "s", wall_s, most_s, True, peer_s),
            Figure(f"{what}: memory", "MB", peak, most_mb, True, peer_mb),
        ]
    return figures


if __name__ == "__main__":
    for figure in main(*(int(argument) for argument in sys.argv[1:])):
        say("  ".join(figure.cells))
