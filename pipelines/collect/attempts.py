"""Attempts at files that failed: what fails anew has made another, and what can be read now closes its failure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from schemas.stage import Receipt

Tries = Iterable[tuple[str, Receipt]]  # what stands for a file while its bytes cannot be read, and what became of it
EverFailed = Mapping[str, tuple[int, str]]  # by that: the last attempt, and how it ended


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
