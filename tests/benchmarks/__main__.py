"""Runs every benchmark, or those named, each in a process of its own: `python -m tests.benchmarks [name …]`."""

import os
import sys
from pathlib import Path

from pipelines.show.terminal import print_table
from tests.benchmarks.figures import apart, benchmark, say

COLUMNS = ("figure", "ours", "peer", "ratio", "bar", "reached")


def names() -> list[str]:
    """Every benchmark there is."""
    return sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))


def main(wanted: list[str]) -> int:
    """Print what each benchmark says, then one table of all figures; 1 when any was missed or left out."""
    unknown = sorted(set(wanted) - set(names()))
    if unknown:
        say(f"no benchmark {', '.join(unknown)}; there are: {', '.join(names())}")
        return 2
    rows: list[tuple[str, ...]] = []
    for name in wanted or names():
        say(f"\n{name}")
        told = apart(benchmark, name)
        rows += [(name, "", "", "", "", told)] if isinstance(told, str) else [figure.cells for figure in told]
    print_table(f"on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", COLUMNS, rows)
    return int(any(row[-1] != "yes" for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
