"""Rows of a table that were not taken: each with its line, what it says and why, in a CSV of the collection."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from duckdb import DuckDBPyConnection

from annotate.ratings.layout import Layout, conditions_of
from pipelines.imports.rows import TOLD
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
    """Where the rows of a table went: rows = used + dropped + refused; some used rows had single cells refused.

    `first` are the first refusals, `grouped` the first reasons with how often each was given.
    """

    rows: int
    used: int
    dropped: int
    refused: int
    cells: int
    first: tuple[Refusal, ...] = ()
    grouped: tuple[Several, ...] = ()
    file: str | None = None


def account(connection: DuckDBPyConnection, layout: Layout, staged: Staged, file: Path) -> Account:
    """Count what became of every row, and write what was refused to `file` (no file where nothing was)."""
    taken = sum(one.rows for one in staged.files)
    single = len(layout.question) == 1 and layout.question[0].form in ("value", "marks")
    used = _count(connection, f"SELECT count({'' if single else 'DISTINCT '}_n) FROM coded")
    judged = bool(conditions_of(layout))
    dropped = _count(connection, f"SELECT count(*) FROM {VERDICTS} WHERE dropped") if judged else 0
    _gather(connection)
    # the short table first: millions of rows are looked up in it, not it in them
    connection.execute("CREATE TEMP TABLE partly AS SELECT DISTINCT _n FROM coded WHERE _n IN (SELECT _n FROM refused)")
    cells = _count(connection, "SELECT count(*) FROM refused SEMI JOIN partly USING (_n)")
    told = _count(connection, "SELECT count(DISTINCT _n) FROM refused ANTI JOIN partly USING (_n)")
    if told < taken - dropped - used:
        _gather_silent(connection, layout, judged)
    listed = _Listed(connection, layout, staged)
    first = tuple([*staged.unreadable[:SHOWN], *listed.rows(SHOWN)][:SHOWN])
    if first:
        _write(file, staged.unreadable, listed)
    else:
        file.unlink(missing_ok=True)
    lost = len(staged.unreadable) + taken - dropped - used
    grouped = tuple(listed.grouped()[:SHOWN])
    return Account(staged.rows, used, dropped, lost, cells, first, grouped, f"{FOLDER}/{file.name}" if first else None)


def _gather(connection: DuckDBPyConnection) -> None:
    """Table `refused`: cells that say nothing we know, rows without item or rater (which are no question's fault)."""
    connection.execute(
        "CREATE TABLE refused (_n BIGINT, asked UTINYINT, named VARCHAR, value VARCHAR, reason VARCHAR, kind VARCHAR)"
    )
    alike = "if(starts_with(reason, value || ' '), substr(reason, len(value) + 2), reason)"
    connection.execute(
        f"""INSERT INTO refused SELECT DISTINCT _n, NULL, NULL, NULL, coalesce(reason, 'no question is named'), NULL
            FROM {TOLD} WHERE of_row OR named IS NULL"""
    )
    connection.execute(
        f"""INSERT INTO refused SELECT _n, asked, named, value, reason, {alike} FROM {TOLD}
            WHERE reason IS NOT NULL AND NOT of_row AND named IS NOT NULL"""
    )
    connection.execute(
        f"""INSERT INTO refused SELECT t._n, t.asked, t.named, t.value, m.reason, m.kind FROM {TOLD} t
            JOIN (FROM meanings WHERE reason IS NOT NULL) m USING (asked, named, value) WHERE t.reason IS NULL"""
    )


def _gather_silent(connection: DuckDBPyConnection, layout: Layout, judged: bool) -> None:
    """Rows that hold no answer at all."""
    kept = f"(FROM {VERDICTS} WHERE NOT dropped)" if judged else "ratings"
    nothing = "the name does not follow the pattern" if layout.reader == "names" else "the row holds no answer"
    if any(asked.when for asked in layout.question):
        nothing += ", or no question asks about such rows"
    connection.execute(
        f"""INSERT INTO refused SELECT DISTINCT _n, NULL::UTINYINT, NULL, NULL, {literal(nothing)}, NULL FROM {kept}
            ANTI JOIN coded USING (_n) ANTI JOIN refused USING (_n)"""
    )


@dataclass(frozen=True)
class _Listed:
    """Table `refused` as refusals."""

    connection: DuckDBPyConnection
    layout: Layout
    staged: Staged

    def rows(self, limit: int | None = None) -> Iterator[Refusal]:
        """Refusals in the order of the rows."""
        found = self.connection.cursor().execute(
            f"""SELECT r._part, {self._place}, f.asked, coalesce(f.named, ''), coalesce(f.value, ''), f.reason
                FROM refused f JOIN ratings r USING (_n)
                ORDER BY f._n, f.asked {f"LIMIT {limit}" if limit else ""}"""
        )
        while rows := found.fetchmany(AT_ONCE):
            yield from (self._refusal(*row) for row in rows)

    def grouped(self) -> list[Several]:
        """Every reason with the first refusal it was given for, the first of them first."""
        alike: dict[tuple[str, str], list[Refusal]] = {}
        for one in self.staged.unreadable:
            alike.setdefault((one.table, one.reason), []).append(one)
        found = self.connection.execute(
            f"""WITH told AS (
                    SELECT f.*, r._part AS part, {self._place} AS place, coalesce(f.kind, f.reason) AS why
                    FROM refused f JOIN ratings r USING (_n))
                SELECT count(*), why, arg_min(part, _n), arg_min(place, _n), asked, coalesce(named, ''),
                       coalesce(arg_min(value, _n), ''), arg_min(reason, _n)
                FROM told GROUP BY why, asked, named ORDER BY min(_n), asked LIMIT {SHOWN}"""
        ).fetchall()
        return [
            *(Several(len(some), some[0].reason, some[0]) for some in alike.values()),
            *(Several(count, why, self._refusal(*first)) for count, why, *first in found),
        ]

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
        writer.writerow([one.name for one in fields(Refusal)])
        writer.writerows(astuple(one) for one in unreadable)
        writer.writerows(astuple(one) for one in listed.rows())


def _count(connection: DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def reasons(refused: Sequence[Several]) -> list[str]:
    """Refusals as lines for people: one by itself, several of one reason together."""
    return [
        f"{_where(one.first)}: {_about(one.first)}{one.first.reason}"
        if one.count == 1
        else f"{one.count:,} x {_about(one.first)}{one.reason}, first {_where(one.first)}"
        for one in refused
    ]


def _where(one: Refusal) -> str:
    return f"{one.table}, line {one.line}" if one.line else one.table


def _about(one: Refusal) -> str:
    """Question and column, unless the reason names them already."""
    column = f" (column {one.column})" if one.column and one.column != one.question else ""
    named = repr(one.question) in one.reason and not column
    return f"{one.question}{column}: " if one.question and not named else ""
