"""What a collection's answers put into a benchmark: the items of a split with their licences, and the votes on them."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from annotate.answers.log import AnswerLog
from annotate.answers.votes import Votes
from pipelines.engine.catalog import Catalog
from pipelines.release.pinned import listed
from pipelines.release.splits import draw_splits, split_of
from pipelines.weigh.exclusions import excluded
from pipelines.weigh.questions import answer_logs
from schemas.answers import RaterKind
from schemas.errors import BadSetting, nearest
from schemas.release import SPLITS
from schemas.scheme import Media, Scheme
from schemas.settings import Settings

# Every item that was asked about: its own name, its modality, its licence, its clip, and the split that clip was
# released in, else that of its group, if any.
ITEMS = """
    SELECT o.item, o.ref, o.modality, coalesce(r.licence, r.basis), o.clip, coalesce(p.split, s.split)
    FROM about o LEFT JOIN rights r USING (asset) LEFT JOIN asset_splits s USING (asset) LEFT JOIN pins p USING (clip)
    ORDER BY o.item"""


@dataclass(frozen=True)
class Chosen:
    """An item of a benchmark: its own name there, and its licence."""

    own: str
    licence: str | None


@dataclass(frozen=True)
class Recipe:
    """What goes into a benchmark.

    None takes everything, the usual methods (majority, mean), a scale's own units, the licence of imported answers.
    """

    name: str
    scheme: str
    split: str | None = None
    media: Media | None = None
    questions: tuple[str, ...] = ()
    method: str | None = None
    reported: tuple[float, float] | None = None
    licence: str | None = None
    raters: tuple[RaterKind, ...] = ("person",)
    min_answers: int = 1


def chosen_items(home: Path, settings: Settings, recipe: Recipe) -> dict[str, Chosen]:
    """The items a recipe takes, by item id; raises BadSetting for an unknown split."""
    if recipe.split is not None and recipe.split not in SPLITS:
        raise BadSetting(f"split {recipe.split!r}; {nearest(recipe.split, SPLITS)}")
    shares = {str(split): getattr(settings.export, split) for split in SPLITS}
    chosen, named = {}, listed(home, settings.export)
    with Catalog(home).open() as connection:
        pins = draw_splits(connection, settings.export, named)
        rows = connection.execute(ITEMS).fetchall()
    for key, ref, media, licence, clip, split in rows:
        is_wanted = recipe.media in (None, media)
        is_torn = recipe.split is not None and clip in pins.torn  # as in a release
        if is_wanted and not is_torn and recipe.split in (None, split or split_of(ref, shares, settings.export.salt)):
            chosen[key] = Chosen(ref, licence)
    if len({item.own for item in chosen.values()}) < len(chosen):  # a text and a key may read the same
        return {key: replace(item, own=key) for key, item in chosen.items()}
    return chosen


def chosen_votes(home: Path, scheme: Scheme, recipe: Recipe, items: dict[str, Chosen]) -> dict[str, Votes]:
    """The votes a recipe takes, by name of the task, on items under their own names; raises BadSetting."""
    wanted = {scheme.question(name.partition(":")[0]).name for name in recipe.questions}
    left_out = excluded(home)
    logs = (log for log in answer_logs(home, scheme.id) if not wanted or log.question.name in wanted)
    found = {log.name: _votes(log, recipe, left_out, items) for log in logs}
    return {name: votes for name, votes in found.items() if len(votes)}


def _votes(log: AnswerLog, recipe: Recipe, left_out: dict[str, str], items: dict[str, Chosen]) -> Votes:
    """The answers of the raters wanted to the items wanted, where enough of them answered."""
    votes = log.votes(log.counted(left_out, recipe.raters))
    wanted = np.array([item.partition(" ")[0] in items for item in votes.item_ids], np.bool_)
    kept = votes.kept((wanted & (votes.sizes >= recipe.min_answers))[votes.items])
    return replace(kept, item_ids=tuple(_name(item, items) for item in kept.item_ids))


def _name(item: str, items: dict[str, Chosen]) -> str:
    """The name of an item in the benchmark, with the category where one was asked about alone."""
    whole, _, category = item.partition(" ")
    return f"{items[whole].own} {category}".rstrip()
