"""Runs every benchmark, or those named: `python -m tests.benchmarks [name …]`.

Each has processes and a folder of its own, and costs the others nothing: what fails, and what takes longer than
`BENCH_LIMIT_S` (half an hour), is a line of the table, beside the figures it had until then. `BENCH_ROUNDS` is how often
what is compared in turns is repeated (3). Where several share a machine, each waits for the file `BENCH_LOCK`.
"""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from pipelines.show.terminal import print_table
from tests.benchmarks.bounded import told
from tests.benchmarks.figures import say

COLUMNS = ("figure", "ours", "peer", "ratio", "bar", "reached")
LIMIT_S = float(os.environ.get("BENCH_LIMIT_S", "1800"))

Row = tuple[str, ...]


def names() -> list[str]:
    """Every benchmark there is."""
    return sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))


def rows(name: str) -> list[Row]:
    """The lines of one benchmark: its figures, and why it has no more of them."""
    say(f"\n{name}")
    started = time.perf_counter()
    made: list[Row] = []
    with tempfile.TemporaryDirectory(prefix=f"bench-{name}-", ignore_cleanup_errors=True) as folder:
        for outcome in told(name, LIMIT_S, folder):
            made.append((name, "", "", "", "", outcome) if isinstance(outcome, str) else outcome.cells)
            say(" | ".join(made[-1]))
    say(f"{name}: {time.perf_counter() - started:.0f} s, load {os.getloadavg()[0]:.1f}")
    return made


def main(wanted: list[str]) -> int:
    """Print what each benchmark says, then one table of all figures; 1 when any was missed, failed or left out."""
    unknown = sorted(set(wanted) - set(names()))
    if unknown:
        say(f"no benchmark {', '.join(unknown)}; there are: {', '.join(names())}")
        return 2
    table = [row for name in wanted or names() for row in rows(name)]
    print_table(f"on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", COLUMNS, table)
    return int(any(row[-1] != "yes" for row in table))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started ends, and folders go
    sys.exit(main(sys.argv[1:]))
