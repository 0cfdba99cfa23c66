"""Numbers that lie far from all others of a question: codes for a missing answer, and slips."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

USUAL = 10.0  # up to here a lone value is likely the end of a scale that nobody else used
MOST_SLIPS = 0.1  # of all cells; what is more frequent is no slip
_CODE = re.compile(r"-[1789]|-?([6-9])\1+|-?9+[678]")  # -9, 77, 88, 99, 98, -99, 999 …, as surveys code "no answer"


def far_values(numbers: Mapping[float, int]) -> tuple[float, ...]:
    """The numbers (with how many cells hold each) that should not widen a scale before somebody says so.

    Codes that surveys use for "no answer" count where they lie outside of what everybody else uses; any other number
    where it is beyond USUAL, in at most MOST_SLIPS of the cells, and further from its neighbour than twice the width
    of all others.
    """
    codes = {value for value in numbers if _CODE.fullmatch(f"{value:g}")}
    body = sorted(set(numbers) - codes)
    slips: list[float] = []
    while len(body) > 2 and (slip := _slip(body)) is not None:
        if sum(numbers[value] for value in (*slips, slip)) > MOST_SLIPS * sum(numbers.values()):
            break
        slips.append(slip)
        body.remove(slip)
    missing = [code for code in codes if len(body) > 1 and _beyond(code, body)]
    return tuple(sorted((*missing, *slips)))


def _slip(body: Sequence[float]) -> float | None:
    """The end of sorted numbers that lies far off; None where neither does."""
    ends = ((body[0], body[1] - body[0], body[-1] - body[1]), (body[-1], body[-1] - body[-2], body[-2] - body[0]))
    return next((end for end, gap, width in ends if abs(end) > USUAL and gap > 2 * width), None)


def _beyond(code: float, body: Sequence[float]) -> bool:
    """Whether a code lies where no answer of this scale does."""
    low, high = body[0], body[-1]
    widest = max(right - left for left, right in pairwise(body))
    if code < 0:  # -1 may be the low end of a scale around 0
        return low >= (1 if code == -1 else 0) and low - code > widest
    short_scale = high <= 2 * USUAL  # on a slider 77 is an answer
    return code > high + max(high - low, widest) and (short_scale or code > 100)
