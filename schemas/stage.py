"""What a stage is, what it reads and what it leaves behind: a receipt for every row it was given."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from typing import Any, ClassVar, Literal, Protocol

from schemas.ids import short_id
from schemas.media import Clip, Score

State = Literal["done", "dropped", "failed"]

# Receipts that no stage of a pipeline leaves.
SNIFF = "Sniff@1"  # of `add`: is it media at all?
LINK = "Link@1"  # of every look at an original: is it still what was added?


class Signal(StrEnum):
    """What of a file a stage looks at; a visit decodes it once for all stages of its pass."""

    HEADER = "header"  # what the container says of itself: no samples, no pixels
    SOUND = "sound"
    FRAME = "frame"
    ROWS = "rows"  # nothing of the file: what the stages it names in `after` made of it


@dataclass(frozen=True)
class Dropped:
    """A stage turned a row down; the reason is for people and stands in the catalog."""

    reason: str


Made = Clip | Score
Outcome = Sequence[Made] | Dropped
EVERY_MS = 1000


@dataclass(frozen=True)
class Rows:
    """What earlier stages made of one asset, by stage id, whatever thresholds say; and why they dropped it."""

    made: Mapping[str, Sequence[Made]] = field(default_factory=dict)
    dropped: Mapping[str, str] = field(default_factory=dict)


class Stage(Protocol):
    """A pure function from rows to rows: a frozen dataclass whose fields are its parameters.

    Called with rows and, for each, the signal it reads; yields one outcome per row in the same order, which must not
    depend on what else is in the batch. A stage that takes assets and reads FRAME is called once per sampled frame of
    the asset (a picture is one frame), one each `every_ms`, if it has such a field; one that takes clips gets the frame
    the clip lies in. A stage that takes clips and reads SOUND gets the whole sound of the asset and slices it. One that
    reads ROWS takes assets and has a field `after`, the ids of the stages it reads: so they are part of its own id.
    It sees frames no more: what it makes is measured in sound, or by the next run.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]]
    version: ClassVar[int]
    takes: ClassVar[type[Any]]  # Asset or Clip
    kinds: ClassVar[tuple[str, ...]]
    reads: ClassVar[Signal]

    def __call__(self, rows: Sequence[Any], signals: Sequence[Any]) -> Iterable[Outcome]:
        """One outcome per row, in order."""


def every_ms(stage: Stage) -> int:
    """How far the frames of a video lie apart that a stage looks at."""
    return int(getattr(stage, "every_ms", EVERY_MS))


def after(stage: Stage) -> tuple[str, ...]:
    """The ids of the stages whose rows a stage reads."""
    return tuple(getattr(stage, "after", ()))


def stage_key(stage: Stage) -> str:
    """The id of a stage: `Name@version-<hash of its parameters>`.

    A field that does not compare (`field(compare=False)`) says where something lies, not what it is, and is left out.
    """
    if not is_dataclass(stage):
        raise TypeError(f"{stage!r} is not a frozen dataclass")
    return f"{type(stage).__name__}@{stage.version}-{short_id(**_parameters(stage))}"


def _parameters(part: Any) -> dict[str, Any]:
    values = {one.name: getattr(part, one.name) for one in fields(part) if one.compare}
    return {name: _parameters(value) if is_dataclass(value) else value for name, value in values.items()}


@dataclass(frozen=True)
class Receipt:
    """What one stage did with one row: what was made, or why it was dropped, or the error."""

    stage: str
    row: str
    state: State
    reason: str | None = None
    attempt: int = 1
    made: tuple[Made, ...] = field(default=())
