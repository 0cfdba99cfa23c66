"""Praat's TextGrids, in their long and their short form."""

import re
from collections.abc import Iterator

from curate.transcripts.cues import Tier, Transcript, by_tiers
from schemas.errors import Unreadable

# Praat reads what stands free: texts in quotes, flags and numbers; `xmin =`, `item [1]:` and remarks are for people.
FREE = re.compile(r'"((?:[^"]|"")*)"|(<\w+>)|(?<![^\s])([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?=\s|$)|(![^\n]*)')
FORM = "ooTextFile"


def textgrid(text: str) -> Transcript:
    """The cues of a TextGrid; raises Unreadable for what is none, or ends early."""
    free = _free(text.removeprefix("\ufeff"))
    try:
        if next(free) != FORM or next(free) != "TextGrid":
            raise Unreadable('it does not begin with "ooTextFile" and "TextGrid", as a TextGrid does')
        _number(free), _number(free)
        if next(free) != "<exists>":
            return by_tiers(())
        return by_tiers([_tier(free) for _ in range(int(_number(free)))])
    except StopIteration:
        raise Unreadable("the TextGrid ends early") from None


def _free(text: str) -> Iterator[str | float]:
    """What stands free in a text: strings, flags and numbers."""
    for match in FREE.finditer(text):
        quoted, flag, number, _ = match.groups()
        if quoted is not None:
            yield quoted.replace('""', '"')
        elif flag or number:
            yield flag or float(number)


def _tier(free: Iterator[str | float]) -> Tier:
    kind, name = next(free), str(next(free))
    _number(free), _number(free)
    count = int(_number(free))
    if kind == "TextTier":
        for _ in range(count):
            _number(free), next(free)
        return Tier(name, (), unused="it holds points in time and no spans")
    if kind != "IntervalTier":
        raise Unreadable(f"a tier of the kind {kind!r} is in it; expected IntervalTier or TextTier")
    cues = [(1000 * _number(free), 1000 * _number(free), str(next(free))) for _ in range(count)]
    return Tier(name, tuple(cues))


def _number(free: Iterator[str | float]) -> float:
    number = next(free)
    if not isinstance(number, float):
        raise Unreadable(f"{number!r} stands where a number was expected")
    return number
