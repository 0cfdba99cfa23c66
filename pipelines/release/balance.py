"""How far the splits of a release are from their shares: over all clips, and within each language and emotion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from duckdb import DuckDBPyConnection

from schemas.modality import ModalityName
from schemas.release import SPLITS
from schemas.sections import ExportSettings

FEWEST = 20  # clips; of fewer a share says nothing
# Clips of each value by split: all of a modality, those of a language, and of what was requested.
COUNTS = """
    SELECT what, value, split, count(*) FROM (
        SELECT '{name}s' AS what, 'all' AS value, split FROM samples_{name}
        UNION ALL SELECT '{name}s in language', language, split FROM samples_{name} WHERE language IS NOT NULL
        UNION ALL SELECT '{name}s asked to show', requested, split FROM samples_{name} WHERE requested IS NOT NULL)
    GROUP BY ALL"""


@dataclass(frozen=True)
class Deviation:
    """The split that is furthest from its share within some clips: `of` how many, what it has and was to have."""

    what: str
    value: str
    of: int
    split: str
    share: float
    wanted: float


@dataclass(frozen=True)
class Bridge:
    """A clip by which a group is linked: its id, and what people call it."""

    clip: str
    name: str


@dataclass(frozen=True)
class Large:
    """A group that holds more than the largest share of all files that one may, and what links them.

    Without `bridges`, the fewest clips that were found, it falls into parts, of which the two largest have `parts`
    files; both are empty where no clips were found that part it so.
    """

    group: str
    files: int
    share: float
    links: tuple[str, ...]
    bridges: tuple[Bridge, ...] = ()
    parts: tuple[int, ...] = ()

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Large":
        """A group as it was written down."""
        lists = {name: tuple(told.get(name, ())) for name in ("links", "parts")}
        return cls(**{**told, **lists, "bridges": tuple(Bridge(**one) for one in told.get("bridges", ()))})


@dataclass(frozen=True)
class Gap:
    """What is lacking, in words; what is `grave` leaves only where somebody says so.

    An empty split is grave where there are groups enough to fill it, a class of one speaker where it has clips enough
    for a model to learn the speaker from.
    """

    what: str
    grave: bool


def deviations(
    connection: DuckDBPyConnection, names: Sequence[ModalityName], settings: ExportSettings
) -> tuple[Deviation, ...]:
    """For each kind of clips with enough of them the worst deviation, of the samples in the scratch database."""
    worst: dict[str, Deviation] = {}
    for name in names:
        counts: dict[tuple[str, str], dict[str, int]] = {}
        for what, value, split, n in connection.execute(COUNTS.format(name=name)).fetchall():
            counts.setdefault((what, value), {})[split] = n
        for (what, value), by_split in sorted(counts.items()):
            of = sum(by_split.values())
            for split in SPLITS:
                new = Deviation(what, value, of, split, by_split.get(split, 0) / of, float(getattr(settings, split)))
                if of >= FEWEST and (what not in worst or _off(new) > _off(worst[what])):
                    worst[what] = new
    return tuple(worst.values())


def _off(one: Deviation) -> float:
    return abs(one.share - one.wanted)
