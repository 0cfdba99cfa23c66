"""Attempts at files that failed: what fails anew has made another, and what can be read now closes its failure.

A disk that is full has failed, and no file.
"""

import errno
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pipelines.engine.catalog import Catalog
from schemas.errors import Unwritable
from schemas.ids import content_id
from schemas.stage import SNIFF, Receipt

Tries = Iterable[tuple[str, Receipt]]  # what stands for a file while its bytes cannot be read, and what became of it
EverFailed = Mapping[str, tuple[int, str]]  # by that: the last attempt, and how it ended
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
NOT_ALLOWED = (errno.EACCES, errno.EPERM)


def tried_again(tries: Tries, ever_failed: EverFailed) -> Iterator[Receipt]:
    """The receipts, where a file that was mended and fails again has made a further attempt."""
    for by_name, receipt in tries:
        attempt, state = ever_failed.get(by_name, (0, "failed"))
        fails_anew = receipt.state == "failed" and state != "failed"
        yield replace(receipt, attempt=attempt + 1) if fails_anew else receipt


def mended(tries: Tries, ever_failed: EverFailed) -> Iterator[Receipt]:
    """A file that could not be read before and can be now: its failure is closed."""
    for by_name, receipt in tries:
        attempt, state = ever_failed.get(by_name, (0, "done"))
        if receipt.state != "failed" and state == "failed":
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
