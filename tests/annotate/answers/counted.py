"""Votes of which only the counts are known, as textbooks and papers print them."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotate.answers.votes import Votes, votes


def tallied(items: Iterable[str], counts: NDArray[Any], categories: Sequence[str]) -> Votes:
    """The answers behind published counts (one row per item, one column per category): nobody knows who gave them."""
    names, table, offered = list(items), np.asarray(counts, np.int64), list(categories)
    rows, columns = np.nonzero(table)
    times = table[rows, columns]
    given = [offered[column] for column in np.repeat(columns, times)]
    return votes([names[row] for row in np.repeat(rows, times)], None, given, offered)
