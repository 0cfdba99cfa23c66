"""Which split a clip goes to: what belongs together is drawn as one, and what was released once never moves."""

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
from duckdb import DuckDBPyConnection

from pipelines.release.balance import Large
from pipelines.release.large import MANY, OVER, large_groups
from pipelines.release.links import draw_groups
from pipelines.release.pinned import pin
from schemas.errors import BadSetting, nearest
from schemas.release import SPLITS, Split
from schemas.sections import ExportSettings

_BITS = 64

# The split of every clip that was released; where earlier releases disagree, the latest counts.
PINS = """
    CREATE OR REPLACE TEMP TABLE pins AS
    SELECT d.clip, c.asset, arg_max(d.split, (r.added_at, r.name)) AS split, count(DISTINCT d.split) > 1 AS moved
    FROM released d JOIN releases r ON r.id = d.release JOIN clips c ON c.id = d.clip GROUP BY d.clip, c.asset"""

# The split of a group is that of most of its released clips; of equally many the first in the order of the splits.
PINNED = f"""
    CREATE OR REPLACE TEMP TABLE group_splits AS
    SELECT "group", arg_max(split, (n, -list_position({list(SPLITS)}, split))) AS split
    FROM (SELECT "group", split, count(*) AS n FROM pins JOIN asset_groups USING (asset) GROUP BY ALL)
    GROUP BY "group" """

# Groups that hold nothing released, each with what is mostly spoken and said of it: its language, and what most answers
# say or what was requested; and whether anybody answered about any of it, without which little of it leaves.
STRATA = f"""
    WITH answered AS (SELECT o.asset, mode(a.value ORDER BY a.value) AS label
                      FROM read_answers a JOIN about o USING (item)
                      WHERE a.state = 'given' AND starts_with(a.value, '"') AND o.asset IS NOT NULL GROUP BY o.asset)
    SELECT "group", concat_ws(' ', mode(d.language ORDER BY d.language),
                              coalesce(mode(n.label ORDER BY n.label),
                                       mode(d.requested ORDER BY d.requested))) AS stratum,
           "group" IN (SELECT "group" FROM ({OVER})) AS is_large,
           bool_or(asset IN (SELECT o.asset FROM answers a JOIN asks k ON k.id = a.ask JOIN about o USING (item)
                             WHERE o.asset IS NOT NULL)) AS is_answered
    FROM asset_groups g ANTI JOIN group_splits USING ("group")
    LEFT JOIN described d USING (asset) LEFT JOIN answered n USING (asset) GROUP BY "group" ORDER BY "group" """


@dataclass(frozen=True)
class Pins:
    """What earlier releases have to say: `torn` are released clips that stay out of the next release.

    A link that is known now joins these with more clips of another split; they keep their own. `moved` are clips that
    earlier releases had in different splits. `large` are groups over the cap: they went to train, and none was cut.
    """

    torn: Mapping[str, Split] = field(default_factory=dict)
    moved: tuple[str, ...] = ()
    large: tuple[Large, ...] = ()


def draw_splits(
    connection: DuckDBPyConnection, settings: ExportSettings, listed: Mapping[str, str] | None = None
) -> Pins:
    """Make the temporary table asset_splits (asset, split): groups are drawn as one, released ones keep their split.

    `listed` pins files by their names, as a benchmark has them.
    """
    draw_groups(connection, settings)
    for query in (PINS, PINNED):
        connection.execute(query)
    if listed:
        pin(connection, listed)
    drawn = dict(_drawn(connection, settings))
    names, splits = (pa.array(list(column), pa.string()) for column in (drawn, drawn.values()))
    connection.register("drawn", pa.table({"group": names, "split": splits}))
    connection.execute("INSERT INTO group_splits FROM drawn")
    connection.unregister("drawn")
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE asset_splits AS
           SELECT asset, split FROM asset_groups JOIN group_splits USING ("group")"""
    )
    torn = connection.execute(
        "SELECT p.clip, p.split FROM pins p JOIN asset_splits s USING (asset) WHERE p.split <> s.split ORDER BY 1"
    ).fetchall()
    moved = connection.execute("SELECT clip FROM pins WHERE moved ORDER BY 1").fetchall()
    return Pins(dict(torn), tuple(clip for (clip,) in moved), tuple(large_groups(connection, settings)))


def _drawn(connection: DuckDBPyConnection, settings: ExportSettings) -> Iterator[tuple[str, Split]]:
    """The splits of groups that hold nothing released.

    A group has a place between 0 and 1 by its name and the salt alone. Where many groups share a language and a label,
    their places are spread evenly, so that each split gets its share of these; a group that is too large goes to train.
    All the others are spread evenly together when nothing was released yet, those that were answered about by
    themselves: of few, train has the first. Later ones that are few stay where they fall, since a few at a time would
    all go to train.
    """
    shares = {str(split): getattr(settings, split) for split in SPLITS}
    rows = connection.execute(STRATA, {"largest": settings.largest, "many": MANY}).fetchall()
    strata: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for group, stratum, is_large, _ in rows:
        if is_large:
            yield group, SPLITS[0]
        else:
            strata[stratum].append((_place(group, settings.salt), group))
    rest: list[tuple[float, str]] = []
    for stratum, groups in strata.items():
        if len(groups) < MANY:
            rest += groups
        else:
            yield from _spread(groups, _place(stratum, settings.salt), shares)
    answered = {group for group, _, _, is_answered in rows if is_answered}
    is_first = not connection.execute("SELECT count(*) FROM pins").fetchall()[0][0]
    for few in ([one for one in rest if one[1] in answered], [one for one in rest if one[1] not in answered]):
        if is_first or len(few) >= MANY:
            yield from _spread(few, 0.5, shares)
        else:
            yield from ((group, _split_at(place, shares)) for place, group in few)


def _spread(groups: list[tuple[float, str]], start: float, shares: Mapping[str, float]) -> Iterator[tuple[str, Split]]:
    """Groups in order of their places, so that every split has its share of them, to one group."""
    for rank, (_, group) in enumerate(sorted(groups)):
        yield group, _split_at((rank + start) / len(groups), shares)


def split_of(group: str, shares: Mapping[str, float], salt: str) -> Split:
    """The split of a group, a function of its name and the salt alone: adding others never moves it.

    `shares` are weights of train, validation and test and need not sum to one; raises BadSetting.
    """
    return _split_at(_place(group, salt), shares)


def _place(name: str, salt: str) -> float:
    """Where between 0 and 1 a name falls."""
    digest = hashlib.sha256(f"{salt}:{name}".encode("utf-8", "surrogatepass")).digest()
    return float(int.from_bytes(digest[: _BITS // 8], "big") / 2**_BITS)


def _split_at(place: float, shares: Mapping[str, float]) -> Split:
    weights = _weights(shares)
    drawn = place * sum(weights.values())
    chosen, reached = SPLITS[0], 0.0
    for split in (split for split in SPLITS if weights[split] > 0):
        chosen, reached = split, reached + weights[split]
        if drawn < reached:
            break
    return chosen


def _weights(shares: Mapping[str, float]) -> dict[Split, float]:
    for name, share in shares.items():
        if name not in SPLITS:
            raise BadSetting(f"split {name!r} is not one we know; {nearest(name, SPLITS)}")
        if not (math.isfinite(share) and share >= 0):
            raise BadSetting(f"the share of split {name!r} is {share}; give a number that is not negative, such as 0.8")
    if sum(shares.values()) <= 0:
        raise BadSetting("the shares of the splits sum to nothing; give for instance train = 0.8, test = 0.2")
    return {split: float(shares.get(split, 0.0)) for split in SPLITS}
