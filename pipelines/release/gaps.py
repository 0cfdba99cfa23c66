"""What a release would lack: splits that are asked for and hold nothing, classes that have one speaker alone."""

from collections.abc import Callable, Sequence

from duckdb import DuckDBPyConnection

from pipelines.release.balance import FEWEST, Gap
from pipelines.release.large import MANY
from schemas.modality import MODALITIES, ModalityName
from schemas.release import SPLITS
from schemas.sections import ExportSettings

GROUPS = 'CREATE TABLE scratch.asset_groups AS SELECT asset, "group" FROM asset_groups'
ENTERING = "SELECT key, asset, speaker, split FROM samples_{name} WHERE reason IS NULL AND form IS NULL"
# How many clips each split has, and how many groups there are over all splits.
DEALT = """
    SELECT s.split, count(*), (SELECT count(DISTINCT g."group") FROM entering JOIN asset_groups g USING (asset))
    FROM entering s GROUP BY s.split"""
# Classes of which every clip is of the same known speaker, where other clips have other speakers: those of a corpus of
# one speaker tell nothing of who speaks.
CLASSES = """
    SELECT l.question, l.value_category, count(DISTINCT s.key), any_value(s.split)
    FROM labels l JOIN entering s ON s.key = l.clip
    WHERE l.value_category IS NOT NULL AND (SELECT count(DISTINCT speaker) FROM entering) > 1
    GROUP BY l.scheme, l.question, l.value_category
    HAVING count(s.speaker) = count(*) AND count(DISTINCT s.speaker) = 1 ORDER BY ALL"""

Look = Callable[[Sequence[Gap]], None]


def gaps(connection: DuckDBPyConnection, names: Sequence[ModalityName], settings: ExportSettings) -> tuple[Gap, ...]:
    """What the samples in the scratch database lack, by modality."""
    lacking: list[Gap] = []
    for name in names:
        connection.execute(f"CREATE OR REPLACE TEMP VIEW entering AS {ENTERING.format(name=name)}")
        lacking += _empty(connection, name, settings)
        lacking += _of_one_speaker(connection, name)
    return tuple(lacking)


def _empty(connection: DuckDBPyConnection, name: ModalityName, settings: ExportSettings) -> list[Gap]:
    dealt = {split: (count, groups) for split, count, groups in connection.execute(DEALT).fetchall()}
    if not dealt:
        return []
    clips, groups = sum(count for count, _ in dealt.values()), next(iter(dealt.values()))[1]
    held, plural = " and ".join(split for split in SPLITS if split in dealt), MODALITIES[name].plural
    together = f"{_counted(clips, 'clip')} in {_counted(groups, 'group')} of what belongs together went to {held}"
    shares = {split: getattr(settings, split) for split in SPLITS if split not in dealt}
    asked = {split: f"export.{split} = {share:g}" for split, share in shares.items() if share > 0}
    return [
        Gap(f"{plural}: split {split} is empty, although {setting} asks for it: {together}", groups >= MANY)
        for split, setting in asked.items()
    ]


def _of_one_speaker(connection: DuckDBPyConnection, name: ModalityName) -> list[Gap]:
    return [
        Gap(
            f"{MODALITIES[name].plural}, {question}: {category!r} has {_counted(count, 'clip')}, of one speaker alone, "
            f"in {split}: a model may learn who it is in its place, and no other split can tell",
            grave=count >= FEWEST,
        )
        for question, category, count, split in connection.execute(CLASSES).fetchall()
    ]


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
