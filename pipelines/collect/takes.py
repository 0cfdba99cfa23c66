"""Takes: what a generation manifest says of files that belong together, such as the candidates of one prompt."""

from collections.abc import Mapping

from schemas.errors import BadInput
from schemas.ids import content_id
from schemas.media import Source, Take, TakeKind

COLUMNS: dict[
    TakeKind, tuple[str, str]
] = {  # of each kind: the column that names the group, and that of the place in it
    "candidates": ("candidates", "rank"),
    "magnitude": ("magnitude", "strength"),
    "polarity": ("polarity", "pole"),
}
POLES = {"positive": 1, "+": 1, "1": 1, "negative": -1, "-": -1, "-1": -1}
TAKE_COLUMNS = tuple(column for columns in COLUMNS.values() for column in columns)
PROMPT = ("model", "model_version", "prompt", "voice")


def check_takes(name: str, row: Mapping[str, str]) -> None:
    """Raise BadInput for a place in a group that is no number, or a pole that is none."""
    for kind, (group, place) in COLUMNS.items():
        if group in row and place not in row and kind != "candidates":
            raise BadInput(f"{name}: column {group!r} names a group; its column {place!r} is empty")
        if place in row and _place(kind, row[place]) is None:
            expected = "positive or negative" if kind == "polarity" else "a whole number such as 1"
            raise BadInput(f"{name}: {place} {row[place]!r}; expected {expected}")


def takes_in(asset: str, row: Mapping[str, str], source: Source) -> list[Take]:
    """The groups a file belongs to; candidates that no column groups are those of one prompt, model and voice."""
    takes = []
    for kind, (group, place) in COLUMNS.items():
        named = row.get(group) or (_prompt(source) if kind == "candidates" and place in row else None)
        if named:
            takes.append(Take(asset, kind, named, _place(kind, row[place]) if place in row else None))
    return takes


def _place(kind: TakeKind, text: str) -> int | None:
    if kind == "polarity":
        return POLES.get(text.strip().casefold())
    return int(text) if text.strip().isdigit() else None


def _prompt(source: Source) -> str | None:
    """What stands for the prompt that was asked of a generator; None where none is known."""
    if source.prompt is None:
        return None
    return content_id("prompt", **{name: getattr(source, name) for name in PROMPT})[:16]
