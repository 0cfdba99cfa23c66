"""What a person sees while work goes on: a bar with rate and time left on a terminal, plain lines elsewhere."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

LINE_EVERY_S = 5.0


@contextmanager
def progress(doing: str, unit: str) -> Iterator[Callable[[int, int | None, str], None]]:
    """A function (done, total, note) that shows how far the work is, on standard error."""
    if sys.stderr.isatty():
        yield from _bar(doing, unit)
    else:
        yield from _lines(doing, unit)


def _bar(doing: str, unit: str) -> Iterator[Callable[[int, int | None, str], None]]:
    rate = TextColumn("{task.fields[rate]}")
    left, took, note = TimeRemainingColumn(), TimeElapsedColumn(), TextColumn("[dim]{task.fields[note]}")
    start = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit), rate, left, took)
    with Progress(*columns, note, console=Console(stderr=True)) as bars:
        bar = bars.add_task(doing, total=None, rate="", note="")

        def show(done: int, total: int | None, told: str) -> None:
            per_s = done / max(time.monotonic() - start, 1e-9)
            bars.update(bar, completed=done, total=total, rate=f"{per_s:,.1f} {unit}/s", note=told)

        yield show


def _lines(doing: str, unit: str) -> Iterator[Callable[[int, int | None, str], None]]:
    start = last = time.monotonic()
    shown = (-1, "")

    def show(done: int, total: int | None, told: str) -> None:
        nonlocal last, shown
        now = time.monotonic()
        if (done, told) != shown and (done == total or now - last >= LINE_EVERY_S):
            of = f" of {total}" if total is not None else ""
            rate = done / max(now - start, 1e-9)
            left = f", {(total - done) / rate:.0f} s left" if total and rate > 0 and done < total else ""
            print(f"{doing}: {done}{of} {unit}, {rate:,.1f}/s{left}{', ' if told else ''}{told}", file=sys.stderr)
            last, shown = now, (done, told)

    yield show


def say(text: str) -> None:
    """A line for people, on standard error, so that what a verb prints can be piped."""
    print(text, file=sys.stderr, flush=True)


def print_json(value: Any) -> None:
    """What a verb reports, as JSON on standard output."""
    print(json.dumps(_plain(value), indent=2, ensure_ascii=False))


def print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], legend: Mapping[str, str] | None = None
) -> None:
    """A table on standard output; numbers to the right, and no column in which nothing stands.

    `legend` explains columns below the table, those that are there.
    """
    filled = [place for place in range(len(columns)) if not rows or any(row[place] is not None for row in rows)]
    columns, rows = [columns[place] for place in filled], [[row[place] for place in filled] for row in rows]
    cells = [[_shown(cell) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(columns, *cells, strict=True)]
    numeric = [
        bool(rows) and all(isinstance(row[place], int | float | None) for row in rows) for place in range(len(widths))
    ]

    def line(some: Sequence[str]) -> str:
        aligned = zip(some, widths, numeric, strict=True)
        return "  ".join(cell.rjust(width) if right else cell.ljust(width) for cell, width, right in aligned).rstrip()

    print(f"\n{title}" if title else "")
    if any(columns):
        print(line(columns))
    print("  ".join("-" * width for width in widths))
    print(*(line(row) for row in cells), sep="\n")
    told = [f"{name}: {meaning}" for name, meaning in (legend or {}).items() if name in columns]
    print(*([";\n".join(told)] if told else []), sep="\n", end="\n" if told else "")


def _shown(cell: Any) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:.3f}"
    return f"{cell:,}" if isinstance(cell, int) else printable(str(cell))


def printable(text: str) -> str:
    """A text that may come from a stranger's file name, without letters that would steer a terminal."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
