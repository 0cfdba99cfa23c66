"""Attempts at files that could not be had: what ends otherwise has made another, and what is here now closes the last.

A disk that is full has failed, and no file.
"""

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import Catalog
from schemas.errors import Unwritable
from schemas.ids import content_id
from schemas.stage import SNIFF, Receipt

Tries = Sequence[tuple[str, Receipt]]  # what stands for a file while its bytes cannot be read, and what became of it
Before = Mapping[str, tuple[int, str, str | None]]  # by that: the last attempt, how it ended, and why
UNREAD = ("failed", "dropped")
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
NOT_ALLOWED = (errno.EACCES, errno.EPERM)


def attempts_before(connection: DuckDBPyConnection, tries: Tries) -> Before:
    """How the last attempts ended at those that were not had at once."""
    query = """SELECT "row", max(attempt), arg_max(state, attempt), arg_max(coalesce(reason, ''), attempt) FROM receipts
               WHERE stage = ? AND "row" IN (SELECT unnest(?::VARCHAR[])) GROUP BY 1"""
    rows = connection.execute(query, [SNIFF, [by_name for by_name, _ in tries]]).fetchall()
    return {row: (attempt, state, reason or None) for row, attempt, state, reason in rows}


def tried_again(tries: Tries, before: Before) -> Iterator[Receipt]:
    """The receipts, where what was not had then and is not now has made a further attempt: it ended otherwise."""
    for by_name, receipt in tries:
        attempt, state, reason = before.get(by_name, (0, receipt.state, receipt.reason))
        otherwise = state != receipt.state or (state == "dropped" and reason != receipt.reason)
        yield replace(receipt, attempt=attempt + 1) if receipt.row == by_name and otherwise else receipt


def mended(tries: Tries, before: Before) -> Iterator[Receipt]:
    """Of a file that could not be had before and can be now: its last attempt is closed."""
    for by_name, receipt in tries:
        attempt, state, _ = before.get(by_name, (0, "done", None))
        if receipt.row != by_name and state in UNREAD:
            yield Receipt(receipt.stage, by_name, "done", attempt=attempt + 1)


def folders_mended(catalog: Catalog, looked: Sequence[Path]) -> None:
    """Close the failures of folders that could not be looked into before and can be now."""
    by_name = {unread_id(folder) for folder in looked}
    rows = catalog.rows(
        """SELECT "row", max(attempt) FROM receipts WHERE stage = ? GROUP BY 1
           HAVING arg_max(state, attempt) = 'failed'""",
        [SNIFF],
    )
    catalog.add([], [Receipt(SNIFF, row, "done", attempt=last + 1) for row, last in rows if row in by_name])


def unread_id(path: Path) -> str:
    """What stands for a file or folder whose bytes cannot be read."""
    return content_id("unread", place=str(path.absolute()))


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """A full disk is no fault of the file that met it first; raises Unwritable."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM or (error.errno in NOT_ALLOWED and not os.access(folder, os.W_OK)):
            raise Unwritable(
                f"cannot write to {folder}: {error.strerror}; mend that, then type the same command again"
            ) from None
        raise
