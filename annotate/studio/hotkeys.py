"""Which key answers what: whole rows of the keyboard where they fit, so that a hand learns one row for one question.

Submit and skip are Label Studio's own keys; `interface.KEYS` tells raters of them.
"""

from collections.abc import Sequence

ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
NOWHERE = "ctrl+alt+shift+f19"  # Label Studio hands out keys by itself to whatever has none: this one nobody can press
TICKS = 10

Keys = tuple[str | None, ...]


def hotkeys(wanted: Sequence[int]) -> list[Keys]:
    """For every question as many keys as it wants, None where the keyboard has run out.

    A question with several answers takes a whole row when one is free; with eleven (a scale from 0 to 10) its lowest
    gets the first key of the next free row. What is left goes to the others in order, then the same keys with shift.
    """
    rows = {row: list(row) for row in ROWS}
    given: dict[int, Keys] = {}
    for place, count in enumerate(wanted):
        whole = next((row for row, free in rows.items() if len(free) == len(row) and _fits(count, row)), None)
        if count > 1 and whole:
            given[place] = _taken(rows, whole, count)
    loose = [key for free in rows.values() for key in free] + [f"shift+{key}" for row in ROWS[1:] for key in row]
    for place, count in enumerate(wanted):
        if place not in given:
            keys, loose = loose[:count], loose[count:]
            given[place] = (*keys, *[None] * (count - len(keys)))
    return [given[place] for place in range(len(wanted))]


def ticks(points: int) -> tuple[int, ...]:
    """Which of many points get a key: eleven of them, evenly spread from the lowest to the highest."""
    return tuple(round(place * (points - 1) / TICKS) for place in range(TICKS + 1))


def _fits(count: int, row: str) -> bool:
    return count <= len(row) or (count == len(row) + 1 == TICKS + 1)


def _taken(rows: dict[str, list[str]], whole: str, count: int) -> Keys:
    keys, rows[whole] = rows[whole][:count], rows[whole][count:]
    if count > len(keys):
        below = sorted((free for free in rows.values() if free), key=len, reverse=True)
        return (below[0].pop(0) if below else None, *keys)
    return tuple(keys)
