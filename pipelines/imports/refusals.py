"""Rows of a table that were not taken: each with its line, what it says and why, in a CSV of the collection."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from annotate.ratings.layout import Layout, conditions_of
from pipelines.imports.conditions import VERDICTS
from pipelines.imports.rows import TOLD
from pipelines.imports.scratch import FOLDER
from pipelines.imports.tables import Refusal, Staged

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SHOWN = 10
AT_ONCE = 10_000


@dataclass(frozen=True)
class Account:
    """Where the rows of a table went: rows = used + dropped + refused; some used rows had single cells refused."""

    rows: int
    used: int
    dropped: int
    refused: int
    cells: int
    first: tuple[Refusal, ...] = ()
    file: str | None = None


def account(connection: "DuckDBPyConnection", layout: Layout, staged: Staged, file: Path) -> Account:
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
    refused = [*staged.unreadable[:SHOWN], *_refusals(connection, staged, SHOWN)][:SHOWN]
    if refused:
        _write(file, connection, staged)
    else:
        file.unlink(missing_ok=True)
    lost = len(staged.unreadable) + taken - dropped - used
    return Account(
        staged.rows, used, dropped, lost, cells, tuple(refused), f"{FOLDER}/{file.name}" if refused else None
    )


def _gather(connection: "DuckDBPyConnection") -> None:
    """Table `refused`: cells that say nothing we know, rows without item or rater."""
    connection.execute("CREATE TABLE refused (_n BIGINT, asked UTINYINT, value VARCHAR, reason VARCHAR)")
    connection.execute(
        f"""INSERT INTO refused SELECT _n, asked, value, coalesce(reason, 'no question is named') FROM {TOLD}
            WHERE reason IS NOT NULL OR named IS NULL"""
    )
    connection.execute(
        f"""INSERT INTO refused SELECT t._n, t.asked, t.value, m.reason FROM {TOLD} t
            JOIN (FROM meanings WHERE reason IS NOT NULL) m USING (asked, named, value) WHERE t.reason IS NULL"""
    )


def _gather_silent(connection: "DuckDBPyConnection", layout: Layout, judged: bool) -> None:
    """Rows that hold no answer at all."""
    kept = f"(FROM {VERDICTS} WHERE NOT dropped)" if judged else "ratings"
    nothing = "the row holds no answer"
    if any(asked.when for asked in layout.question):
        nothing += ", or no question asks about such rows"
    connection.execute(
        f"""INSERT INTO refused SELECT DISTINCT _n, NULL, NULL, '{nothing}' FROM {kept}
            ANTI JOIN coded USING (_n) ANTI JOIN refused USING (_n)"""
    )


def _refusals(connection: "DuckDBPyConnection", staged: Staged, limit: int | None = None) -> Iterator[Refusal]:
    files = [one.path.name for one in staged.files]
    found = connection.cursor().execute(
        f"""SELECT r._part, r._line, f.asked, coalesce(f.value, ''), f.reason FROM refused f JOIN ratings r USING (_n)
            ORDER BY f._n, f.asked {f"LIMIT {limit}" if limit else ""}"""
    )
    while rows := found.fetchmany(AT_ONCE):
        for part, line, _, value, reason in rows:
            yield Refusal(files[part], line, value, reason)


def _write(file: Path, connection: "DuckDBPyConnection", staged: Staged) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([one.name for one in fields(Refusal)])
        writer.writerows(astuple(one) for one in staged.unreadable)
        writer.writerows(astuple(one) for one in _refusals(connection, staged))


def _count(connection: "DuckDBPyConnection", query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def reasons(refused: Sequence[Refusal]) -> list[str]:
    """Refusals as lines for people."""
    return [f"{one.table}, line {one.line}: {one.reason}" for one in refused]
