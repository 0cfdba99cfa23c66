"""`corpus import` of any dataset: media with what is said of them, and labels as answers; nothing comes in twice."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

from annotate.ratings.flags import Flags, alike, layout_with
from annotate.ratings.layout import Layout, columns_of, presets
from pipelines.collect.add import Added, Intake, take_in
from pipelines.collect.metadata import Metadata
from pipelines.engine.catalog import Catalog
from pipelines.engine.pseudonyms import Pseudonyms
from pipelines.imports.answers import Imported, Ratings, import_answers
from pipelines.imports.datasets.celltables import KEY, MEDIUM, ROWS, CellTables
from pipelines.imports.datasets.recognise import RELEASE, recognised
from pipelines.imports.datasets.releases import ReleaseAnswers
from pipelines.imports.datasets.rows import Dataset
from pipelines.imports.datasets.said import Roles, said_in_record
from pipelines.imports.datasets.walk import RowCounts, Walk
from pipelines.tables.scratch import scratch_folder
from schemas.errors import BadSetting
from schemas.media import Source

Report = Callable[[str], None]
DOUBLED = """SELECT count(*) FROM (SELECT key FROM corpus_keys WHERE corpus = ? GROUP BY key
             HAVING count(DISTINCT asset) > 1)"""


@dataclass(frozen=True)
class GivenDataset:
    """Where a dataset lies, the collection it goes to, and what was said of it.

    `source` says on what basis; where it is unknown, what the dataset says of itself counts. `columns` maps our names
    to its columns, `layouts` and `flags` say which columns are answers, `medium` which medium they are about.
    """

    home: Path
    people: Pseudonyms
    places: tuple[str, ...]
    source: Source
    name: str | None = None
    layers: tuple[Source, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    layouts: tuple[Layout, ...] = ()
    flags: Flags = field(default_factory=Flags)
    medium: str | None = None
    link: bool = False
    generator_terms: str | None = None


@dataclass(frozen=True)
class DatasetImported:
    """What a dataset brought: its rows by what became of them, answers by table, and all that was not used.

    `roles` says which column was taken for what, `unused_columns` counts the cells of those that nothing took,
    `unused` members and files, `absent` are columns that were named and that no row has, `doubled` counts keys that
    several media have, `answers` those of a release.
    """

    corpus: str
    kind: str
    source: Source
    counts: RowCounts
    added: Added
    imported: tuple[Imported, ...]
    roles: dict[str, str]
    unused_columns: dict[str, int]
    unused: dict[str, int]
    absent: tuple[str, ...] = ()
    doubled: int = 0
    answers: int | None = None
    cells_beyond: int = 0


def import_dataset(given: GivenDataset, report: Report = lambda _: None) -> DatasetImported:
    """Bring media and labels of a dataset into the collection, once; raises BadInput, BadSetting."""
    Catalog(given.home).fact("collection")  # before a byte is read: is there a collection?
    with scratch_folder(given.home) as folder:
        dataset = recognised(given.places, folder)
        corpus = given.name or dataset.name
        report(f"{dataset.kind}, called {corpus!r}")
        return _brought(given, dataset, corpus, folder, report)


def _brought(given: GivenDataset, dataset: Dataset, corpus: str, folder: Path, report: Report) -> DatasetImported:
    source = _source(given.source, dataset)
    roles = Roles(corpus, given.columns, given.generator_terms)
    release = None
    if dataset.kind == RELEASE:
        release = ReleaseAnswers(given.home, given.people, corpus, given.places[0], folder)
    with CellTables(folder) as tables:
        walk = Walk(dataset, corpus, roles, tables, given.medium)
        if release:
            walk.known, walk.on_kept = release.clips_here(), release.take
            walk.says = lambda values, _: said_in_record(corpus, values)
        intake = Intake(given.home, source, Metadata(), given.people, given.link, layers=given.layers)
        added = take_in(intake, walk.offers(), _progress(walk.counts, report), walk.heard)
    layouts = () if release else _layouts(given, corpus, tables, report)
    imported = [one for layout, table in layouts for one in _answers(given, layout, tables, table, report)]
    answers = release.finish() if release else None
    return DatasetImported(
        corpus, dataset.kind, source, walk.counts, added, tuple(imported), roles.used,
        {} if release else _unused(tables, roles, [layout for layout, _ in layouts]), dict(+dataset.unused),
        tuple(roles.absent), _doubled(given.home, corpus), answers, tables.beyond,
    )  # fmt: skip


def _source(said: Source, dataset: Dataset) -> Source:
    """The Source of the media: what was typed, else what the dataset says of its licence."""
    source = replace(said, address=said.address or dataset.address)
    if said.basis == "unknown" and dataset.licence:
        return replace(source, basis="licence", licence=dataset.licence, evidence=dataset.evidence)
    return source


def _progress(counts: RowCounts, report: Report) -> Callable[[Added], None]:
    def show(_: Added) -> None:
        if counts.rows and counts.rows % 10_000 == 0:
            report(f"{counts.rows:,} rows")

    return show


def _layouts(given: GivenDataset, corpus: str, tables: CellTables, report: Report) -> list[tuple[Layout, str]]:
    """Which columns of which table are answers: as maps and flags say, else by a preset whose columns are all there."""
    layouts = list(given.layouts)
    typed = layout_with(Layout(rater_kind="corpus"), given.flags)
    layouts += [typed] if typed.question else []
    if not layouts and tables.columns:
        rows = [KEY, MEDIUM, *tables.columns.get(ROWS, ())]
        fitting = [name for name in alike(rows) if KEY in columns_of(presets()[name])]
        for name in fitting:
            report(f"its columns are those of preset {name!r}, so its answers are read by that")
        layouts = [presets()[name] for name in fitting]
    parts = [layout.part for layout in layouts]
    if len(set(parts)) < len(parts):
        raise BadSetting("several maps need a different `part` each, so that their answers are told apart")
    return [(_meant_for(layout, corpus), _table_of(layout, tables)) for layout in layouts if tables.columns]


def _meant_for(layout: Layout, corpus: str) -> Layout:
    """The layout about the rows of this dataset, by their keys and media unless it names others."""
    return replace(layout, corpus=corpus, item=layout.item or (KEY,), media=layout.media or (MEDIUM,))


def _table_of(layout: Layout, tables: CellTables) -> str:
    """The list of objects whose members a layout names; the table of rows where it names none."""
    named = columns_of(layout)
    return next((table for table in tables.columns if table and any(n.startswith(f"{table}.") for n in named)), ROWS)


def _answers(given: GivenDataset, layout: Layout, tables: CellTables, table: str, report: Report) -> list[Imported]:
    """The answers of one table; which columns nothing took is told once, of all tables together."""
    done = import_answers(Ratings(given.home, given.people, layout, (tables.path(table),)), report)
    named = (f"{layout.corpus}, {table or 'rows'}",)
    return [replace(one, tables=named, notices=replace(one.notices, unused=())) for one in done]


def _unused(tables: CellTables, roles: Roles, layouts: list[Layout]) -> dict[str, int]:
    """Columns that nothing took, with the number of cells they have."""
    used = {name.casefold() for layout in layouts for name in columns_of(layout)}
    used |= {name.casefold() for name in (*roles.used.values(), KEY, MEDIUM)}
    patterns = [pattern for layout in layouts for pattern in layout.folded]
    counts = {name: count for columns in tables.columns.values() for name, count in columns.items()}
    return {
        name: count
        for name, count in sorted(counts.items())
        if name.casefold() not in used and not any(fnmatchcase(name, pattern) for pattern in patterns)
    }


def _doubled(home: Path, corpus: str) -> int:
    return int(Catalog(home).rows(DOUBLED, [corpus])[0][0])
