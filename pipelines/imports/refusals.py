"""What became of the rows of a table: those refused, each with its line and why, and what was adjusted in others."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from itertools import chain
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from annotate.ratings.layout import Layout, conditions_of
from annotate.ratings.meanings import MISSING
from pipelines.engine.instances import beside
from pipelines.imports.rows import PLAIN, milliseconds, text_of
from pipelines.tables.conditions import VERDICTS
from pipelines.tables.scratch import FOLDER, literal
from pipelines.tables.staged import Refusal, Staged

SHOWN = 10
AT_ONCE = 10_000


@dataclass(frozen=True)
class Several:
    """All that was refused for one reason, which does not say what single cells held, and the first of it."""

    count: int
    reason: str
    first: Refusal


@dataclass(frozen=True)
class Account:
    """Where the rows of a table went: rows = used + dropped + refused + withdrawn; some used rows had cells refused.

    `first` are the first refusals, `grouped` the first reasons with how often each was given. Of `withdrawn` rows,
    which are about files that were forgotten, nothing is listed.
    """

    rows: int
    used: int
    dropped: int
    refused: int
    cells: int
    first: tuple[Refusal, ...] = ()
    grouped: tuple[Several, ...] = ()
    file: str | None = None
    withdrawn: int = 0


def account(connection: DuckDBPyConnection, layout: Layout, staged: Staged, file: Path) -> Account:
    """Count what became of every row, and write what was refused to `file` (no file where nothing was)."""
    taken = sum(file.rows for file in staged.files)
    judged = bool(conditions_of(layout))
    counted = _counted(connection, layout, judged)
    used, dropped, withdrawn = counted["used"], counted["dropped"], counted["withdrawn"]
    refused, cells, explained = _gather(connection, counted), 0, 0
    if refused:  # the short table first: millions of rows are looked up in it, not it in them
        cells, explained = _partly_used(connection)
    if explained < taken - dropped - used:
        refused += _gather_silent(connection, layout, judged)
    if withdrawn:
        connection.execute("DELETE FROM refused WHERE _n IN (FROM withdrawn)")
    listed = _Listed(connection, layout, staged, bool(refused))
    first = tuple([*staged.unreadable[:SHOWN], *listed.rows(SHOWN)][:SHOWN])
    if first:
        _write(file, staged.unreadable, listed)
    else:
        file.unlink(missing_ok=True)
    lost = len(staged.unreadable) + taken - dropped - used - withdrawn
    grouped = tuple(listed.grouped()[:SHOWN])
    name = f"{FOLDER}/{file.name}" if first else None
    return Account(staged.rows, used, dropped, lost, cells, first, grouped, name, withdrawn)


def _counted(connection: DuckDBPyConnection, layout: Layout, judged: bool) -> dict[str, int]:
    """The rows that count, were dropped or withdrawn; answers, cells that were read, meanings that are none."""
    single = len(layout.question) == 1 and layout.question[0].form in ("value", "marks")
    counts = {
        "used": f"count({'' if single else 'DISTINCT '}_n) FROM coded",
        "dropped": f"count(*) FROM {VERDICTS} WHERE dropped" if judged else "0",
        "withdrawn": "count(*) FROM withdrawn",
        "answers": f"count(*) FROM {PLAIN}",
        "cells": "coalesce(sum(n), 0) FROM cells",
        "faults": "count(reason) FROM meanings",
    }
    rows = connection.execute(" UNION ALL ".join(f"SELECT '{name}', {what}" for name, what in counts.items()))
    return {name: int(count) for name, count in rows.fetchall()}


def _gather(connection: DuckDBPyConnection, counted: dict[str, int]) -> int:
    """Table `refused`: cells that say nothing we know, rows without item or rater (which are no question's fault).

    Gives how many there are.
    """
    connection.execute(
        "CREATE TABLE refused (_n BIGINT, asked UTINYINT, named VARCHAR, value VARCHAR, reason VARCHAR, kind VARCHAR)"
    )
    refused = 0
    if counted["answers"] != counted["cells"]:  # looking for what is not there costs a pass over every row
        refused += _gather_unread(connection)
    if counted["faults"]:
        refused += _count(
            connection,
            f"""INSERT INTO refused SELECT t._n, t.asked, t.named, t.value, m.reason, m.kind FROM {PLAIN} t
                JOIN (FROM meanings WHERE reason IS NOT NULL) m USING (asked, named, value) WHERE t.reason IS NULL""",
        )
    return refused


def _partly_used(connection: DuckDBPyConnection) -> tuple[int, int]:
    """How many cells were refused of rows that count all the same, and how many rows count for nothing."""
    connection.execute("CREATE TEMP TABLE partly AS SELECT DISTINCT _n FROM coded WHERE _n IN (SELECT _n FROM refused)")
    cells, explained = connection.execute(
        """SELECT count(*) FILTER (WHERE partly._n IS NOT NULL),
                  count(DISTINCT refused._n) FILTER (WHERE partly._n IS NULL)
           FROM refused LEFT JOIN partly USING (_n)"""
    ).fetchall()[0]
    return int(cells), int(explained)


def _gather_unread(connection: DuckDBPyConnection) -> int:
    """Rows without item, rater or question, and cells that hold no votes."""
    alike = "if(starts_with(reason, value || ' '), substr(reason, len(value) + 2), reason)"
    rows = _count(
        connection,
        f"""INSERT INTO refused SELECT DISTINCT _n, NULL, NULL, NULL, coalesce(reason, 'no question is named'), NULL
            FROM {PLAIN} WHERE of_row OR named IS NULL""",
    )
    return rows + _count(
        connection,
        f"""INSERT INTO refused SELECT _n, asked, named, value, reason, {alike} FROM {PLAIN}
            WHERE reason IS NOT NULL AND NOT of_row AND named IS NOT NULL""",
    )


def _gather_silent(connection: DuckDBPyConnection, layout: Layout, judged: bool) -> int:
    """Rows that hold no answer at all."""
    kept = f"(FROM {VERDICTS} WHERE NOT dropped)" if judged else "ratings"
    nothing = "the name does not follow the pattern" if layout.reader == "names" else "the row holds no answer"
    if any(asked.when for asked in layout.question):
        nothing += ", or no question asks about such rows"
    return _count(
        connection,
        f"""INSERT INTO refused SELECT DISTINCT _n, NULL::UTINYINT, NULL, NULL, {literal(nothing)}, NULL FROM {kept}
            ANTI JOIN coded USING (_n) ANTI JOIN refused USING (_n)""",
    )


@dataclass(frozen=True)
class _Listed:
    """Table `refused` as refusals, where there are any."""

    connection: DuckDBPyConnection
    layout: Layout
    staged: Staged
    any: bool

    def rows(self, limit: int | None = None) -> Iterator[Refusal]:
        """Refusals in the order of the rows."""
        if not self.any:
            return
        refused = beside(self.connection).execute(
            f"""SELECT r._part, {self._place}, f.asked, coalesce(f.named, ''), coalesce(f.value, ''), f.reason
                FROM refused f JOIN ratings r USING (_n)
                ORDER BY f._n, f.asked {f"LIMIT {limit}" if limit else ""}"""
        )
        while rows := refused.fetchmany(AT_ONCE):
            yield from (self._refusal(*row) for row in rows)

    def grouped(self) -> list[Several]:
        """Every reason with the first refusal it was given for, the first of them first."""
        alike: dict[tuple[str, str], list[Refusal]] = {}
        for refusal in self.staged.unreadable:
            alike.setdefault((refusal.table, refusal.reason), []).append(refusal)
        groups = self._groups() if self.any else []
        return [
            *(Several(len(group), group[0].reason, group[0]) for group in alike.values()),
            *(Several(count, why, self._refusal(*first)) for count, why, *first in groups),
        ]

    def _groups(self) -> list[tuple[Any, ...]]:
        groups: list[tuple[Any, ...]] = self.connection.execute(
            f"""WITH reasons AS (
                    SELECT f.*, r._part AS part, {self._place} AS place, coalesce(f.kind, f.reason) AS why
                    FROM refused f JOIN ratings r USING (_n))
                SELECT count(*), why, arg_min(part, _n), arg_min(place, _n), asked, coalesce(named, ''),
                       coalesce(arg_min(value, _n), ''), arg_min(reason, _n)
                FROM reasons GROUP BY why, asked, named ORDER BY min(_n), asked LIMIT {SHOWN}"""
        ).fetchall()
        return groups

    @property
    def _place(self) -> str:
        """Where a row stands: its line, or the file whose name it is."""
        return 'r."name"' if self.layout.reader == "names" else "r._line"

    def _refusal(self, part: int, place: int | str, asked: int | None, named: str, value: str, reason: str) -> Refusal:
        table, line = (place, 0) if isinstance(place, str) else (self.staged.files[part].path.name, place)
        question = self.layout.question[asked] if asked is not None else None
        column = (question.value or question.vector) if question else ""
        return Refusal(table, line, named, column, value, reason)


def _write(file: Path, unreadable: Sequence[Refusal], listed: _Listed) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([field.name for field in fields(Refusal)])
        writer.writerows(astuple(refusal) for refusal in chain(unreadable, listed.rows()))


def _count(connection: DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def reasons(refused: Sequence[Several]) -> list[str]:
    """Refusals as lines for people: one by itself, several of one reason together."""
    return [
        f"{_where(group.first)}: {_about(group.first)}{group.first.reason}"
        if group.count == 1
        else f"{group.count:,} x {_about(group.first)}{group.reason}, first {_where(group.first)}"
        for group in refused
    ]


def _where(refusal: Refusal) -> str:
    return f"{refusal.table}, line {refusal.line}" if refusal.line else refusal.table


def _about(refusal: Refusal) -> str:
    """Question and column, unless the reason names them already."""
    question = refusal.question
    column = f" (column {refusal.column})" if refusal.column not in ("", question) else ""
    named = repr(question) in refusal.reason and not column
    return f"{question}{column}: " if question and not named else ""


@dataclass(frozen=True)
class Adjusted:
    """Durations that were left out (with one of them), and vectors that got zeros before their digits."""

    durations: int = 0
    duration: str = ""
    vectors: int = 0


def adjusted(connection: DuckDBPyConnection, layout: Layout) -> Adjusted:
    """Count what was adjusted in the rows that were used, so that nothing happens in silence."""
    return Adjusted(*_durations(connection, layout), _vectors(connection, layout))


def _durations(connection: DuckDBPyConnection, layout: Layout) -> tuple[int, str]:
    if not layout.duration:
        return 0, ""
    cell = text_of(layout.duration)
    empty = ", ".join(literal(text) for text in sorted({*MISSING, *map(str.casefold, layout.missing)}))
    count, first = connection.execute(
        f"""SELECT count(*), coalesce(min_by({cell}, _n), '') FROM ratings
            WHERE {cell} IS NOT NULL AND {milliseconds(layout)} IS NULL AND lower({cell}) NOT IN ({empty})
            AND _n IN (SELECT _n FROM coded)"""
    ).fetchall()[0]
    return count, first


def _vectors(connection: DuckDBPyConnection, layout: Layout) -> int:
    total = 0
    for place, asked in enumerate(layout.question):
        if asked.vector:
            padded = f"SELECT _cell FROM vectors WHERE _padded AND _asked = {place}"
            total += _count(connection, f"SELECT count(*) FROM ratings WHERE {text_of(asked.vector)} IN ({padded})")
    return total
