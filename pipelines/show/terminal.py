"""How anything is printed: results as tables or JSON, work that goes on as a bar, or as lines off a terminal."""

import errno
import json
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from importlib import metadata
from io import TextIOWrapper
from typing import Any, TypeVar

from rich.box import Box
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from schemas.errors import BadUsage, EmocurateError

LINE_EVERY_S = 5.0
LINE_AT_LEAST_EVERY_S = 300.0  # while nothing is done: lines come ever more rarely, up to this
SHOWN_FAILURES = 20
GAP = 2  # blanks between columns
FOLDED = 8  # the width that a column of text keeps when a table is folded
RULED = Box("    \n    \n -  \n" + "    \n" * 5, ascii=True)  # a rule under the names, blanks elsewhere
Result = TypeVar("Result")


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
    start, before = time.monotonic(), 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit), rate, left, took)
    with Progress(*columns, note, console=Console(stderr=True)) as bars:
        bar = bars.add_task(doing, total=None, rate="", note="", visible=False)  # until there is something to show

        def show(done: int, total: int | None, note: str) -> None:
            nonlocal start, before
            if done < before:  # another kind of work begins
                start = time.monotonic()
                bars.reset(bar)
            before = done
            per_s = done / max(time.monotonic() - start, 1e-9)
            bars.update(bar, completed=done, total=total, rate=f"{_number(per_s)} {unit}/s", note=note, visible=True)

        yield show


def _lines(doing: str, unit: str) -> Iterator[Callable[[int, int | None, str], None]]:
    start = last = time.monotonic()
    shown, before, patience_s = (-1, ""), 0, LINE_EVERY_S

    def show(done: int, total: int | None, note: str) -> None:
        nonlocal start, last, shown, before, patience_s
        now = time.monotonic()
        if done < before:  # another kind of work begins
            start = now
        before = done
        due_s = patience_s if done == shown[0] else LINE_EVERY_S
        if total != 0 and (done, note) != shown and (done == total or now - last >= due_s):
            of = f" of {total:,}" if total is not None else ""
            rate = done / max(now - start, 1e-9)
            left = f", {(total - done) / rate:.0f} s left" if total and rate > 0 and done < total else ""
            print(f"{doing}: {done:,}{of} {unit}, {_number(rate)}/s{left}{', ' if note else ''}{note}", file=sys.stderr)
            patience_s = min(2 * due_s, LINE_AT_LEAST_EVERY_S) if done == shown[0] else LINE_EVERY_S
            last, shown = now, (done, note)

    yield show


def _number(rate: float) -> str:
    """A rate with a digit after the point; of one below 1 the first two that count."""
    return f"{rate:,.1f}" if rate >= 1 or not rate else f"{rate:.2g}"


def amount(count: int, noun: str) -> str:
    """How many there are of something: 1 file, 2 files, 1,200 files."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def say(text: str) -> None:
    """A line for people, on standard error, so that what a verb prints can be piped."""
    print(printable_lines(text), file=sys.stderr, flush=True)


def version(wanted: bool) -> None:
    """Say which version this is, and end, where that is wanted."""
    if wanted:
        print(f"emocurate {metadata.version('emocurate')}")
        raise SystemExit


def shown(result: Result, as_json: bool, draw: Callable[[Result], None]) -> None:
    """What a verb gives back: as JSON on standard output, with every field it has, or drawn for people."""
    if as_json:
        text = json.dumps(_plain(result), indent=2, ensure_ascii=False)
        print("".join(one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in text))
    else:
        draw(result)


@contextmanager
def together(as_json: bool) -> Iterator[Callable[[Any, Callable[[Any], None]], None]]:
    """A function (result, draw) for what one command comes to in several steps: each is drawn at once.

    As JSON they are one document: the result, or a list where there are several; also those before a failure.
    """
    results: list[Any] = []
    try:
        yield lambda result, draw: results.append(result) if as_json else draw(result)
    finally:
        if results:
            shown(results[0] if len(results) == 1 else results, True, lambda _: None)


@dataclass(frozen=True)
class _Column:
    """One column of a table as text; widths in cells of the terminal."""

    name: str
    cells: Sequence[str]
    is_numeric: bool

    @property
    def width(self) -> int:
        """What it takes with every cell on one line."""
        return max(map(cell_len, (self.name, *self.cells)))

    @property
    def least_width(self) -> int:
        """What it takes at least: numbers are never broken, and neither are the words of its name."""
        widest = max(map(cell_len, self.cells), default=0)
        return max(widest if self.is_numeric else min(widest, FOLDED), *map(cell_len, self.name.split()), 0)


def print_table(
    title: str,
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    legend: Mapping[str, str] | None = None,
    said: set[str] | None = None,
) -> None:
    """A table on standard output; numbers to the right, and no column in which nothing stands.

    On a terminal cells are folded until the table fits; elsewhere every row is one line of plain text. `legend`
    explains columns below the table, those that are there; what is `said` below an earlier table is not said again.
    """
    held = [at for at in range(len(names)) if not rows or any(row[at] is not None for row in rows)]
    columns = [_column(names[at], [row[at] for row in rows]) for at in held]
    print(f"\n{title}" if title else "")
    print(_drawn(columns))
    lines = [f"{name}: {meaning}" for name, meaning in (legend or {}).items() if name in {c.name for c in columns}]
    new = [line for line in lines if said is None or line not in said]
    if new:
        print(";\n".join(new))
    if said is not None:
        said.update(new)


def print_reasons(title: str, counts: Mapping[str, int]) -> None:
    """Why so many rows ended so, the commonest reason first; the rare ones as a sum."""
    ordered = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    for reason, count in ordered[:SHOWN_FAILURES]:
        print(f"  {title}: {count:,} x {printable(reason)}")
    if rest := ordered[SHOWN_FAILURES:]:
        print(f"  {title}: {sum(count for _, count in rest):,} more, for {len(rest):,} other reasons")


def _column(name: str, values: Sequence[Any]) -> _Column:
    is_numeric = bool(values) and all(isinstance(value, int | float | None) for value in values)
    return _Column(printable(name), [_shown(value) for value in values], is_numeric)


def _drawn(columns: Sequence[_Column]) -> str:
    """A table as rich draws it, without blanks at the ends of lines."""
    gaps = GAP * (len(columns) - 1)
    natural = sum(column.width for column in columns) + gaps
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else natural
    # where not even the least widths fit, the terminal breaks the lines: rich would cut them
    is_folded = sum(column.least_width for column in columns) + gaps <= room < natural
    console = Console(
        width=room if is_folded else natural,
        force_terminal=sys.stdout.isatty(),
        markup=False,
        emoji=False,
        highlight=False,
    )
    table = Table(box=RULED, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
    table.show_header = any(column.name for column in columns)
    for column in columns:
        width = column.least_width if is_folded and column.is_numeric else None
        table.add_column(column.name, justify="right" if column.is_numeric else "left", overflow="fold", width=width)
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*row)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _shown(cell: Any) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:.3f}"
    return f"{cell:,}" if isinstance(cell, int) else printable(str(cell))


def printable(text: str) -> str:
    """A text that may come from a stranger's file name, without letters that would steer a terminal."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def printable_lines(text: str) -> str:
    """The same of a text of several lines."""
    return "\n".join(map(printable, text.split("\n")))


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def to_people(app: Callable[[], object]) -> None:
    """Run the command line; errors that are meant for people are shown without a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a letter still gets the line
    try:
        app()
    except SystemExit as ending:
        if ending.code == 130:
            print("stopped; the same command goes on where this one ended", file=sys.stderr)
        raise
    except EmocurateError as error:
        print(f"error: {_unnumbered(printable_lines(str(error)))}", file=sys.stderr)
        sys.exit(2 if isinstance(error, BadUsage) else 1)
    except OSError as error:
        print(f"error: {_of_the_system(error)}", file=sys.stderr)
        sys.exit(1)


def _of_the_system(error: OSError) -> str:
    """What the system refused, about which file, and what can be done about it."""
    what = printable(str(error.filename)) if error.filename is not None else "a file"
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        mend = "mend its permissions or those of its folder, or work on a copy elsewhere"
        return f"{what} may not be opened, made or changed by this user ({error.strerror}); {mend}"
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"there is no room for {what} ({error.strerror}); make room, then type the same command again"
    if error.filename is not None and error.strerror:
        return f"{what}: {error.strerror}; when that is mended, type the same command again"
    return _unnumbered(str(error))


def _unnumbered(text: str) -> str:
    """A text without the numbers that systems give to their errors; the words beside them say the same."""
    return re.sub(r"\[errno -?\d+\] ?", "", text, flags=re.IGNORECASE)
