"""What flags of the command line come to: columns by name, ranges, and whole dataclasses."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from schemas.answers import RaterKind
from schemas.errors import BadSetting, nearest

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Flagged = TypeVar("Flagged", bound="DataclassInstance")


def by_name(kind: type[Flagged], flags: Mapping[str, Any], **parsed: Any) -> Flagged:
    """A dataclass from the flags that have the names of its fields; what was not given keeps its default."""
    names = {field.name for field in fields(kind)}
    given = {name: value for name, value in flags.items() if name in names and value is not None}
    return kind(**{name: _split(value) if isinstance(value, list) else value for name, value in given.items()} | parsed)


def pairs(columns: list[str], form: str = "OURS=THEIRS, such as speaker=Actor") -> dict[str, str]:
    """Options of the form NAME=VALUE as a dictionary; raises BadSetting, which says the form that was expected."""
    if wrong := [column for column in columns if "=" not in column]:
        raise BadSetting(f"{wrong[0]!r}; expected {form}")
    return dict(column.split("=", 1) for column in columns)


def number_range(text: str | None) -> tuple[float, float] | None:
    """The ends of LOW:HIGH, None where nothing is said; raises BadSetting."""
    if text is None:
        return None
    try:
        low, high = (float(end) for end in text.split(":"))
    except ValueError:
        raise BadSetting(f"{text!r} is no range; expected LOW:HIGH, such as 0:10") from None
    return low, high


def rater_kinds(by: Sequence[str] | None) -> tuple[RaterKind, ...]:
    """Kinds of raters by name; raises BadSetting for another word."""
    kinds: dict[str, RaterKind] = {kind: kind for kind in get_args(RaterKind)}
    if wrong := [word for word in by or () if word not in kinds]:
        raise BadSetting(f"nobody answers as {wrong[0]!r}; {nearest(wrong[0], kinds)}")
    return tuple(kinds[word] for word in by or ())


def to_write(file: Path, flag: str) -> Path:
    """A file that is to be written; raises BadSetting where its folder is not there, or a folder has its name."""
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise BadSetting(f"{flag} {file} is no file that can be written; expected a name in a folder that is there")
    return file


def _split(texts: list[str] | None) -> tuple[str, ...]:
    """The columns or names of an option that may be given several times, or once with commas."""
    return tuple(part.strip() for text in texts or () for part in text.split(",") if part.strip())
