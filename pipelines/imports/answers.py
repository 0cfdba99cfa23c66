"""`answers import`: a table of raw ratings becomes items, asks, raters and answers; a second time changes nothing."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from annotate.ratings.audformat import ENDINGS, HEADER, header_from, tables_in
from annotate.ratings.inference import INFERRED, Found, needs_texts, scheme_of
from annotate.ratings.layout import Asked, Layout, conditions_of
from annotate.ratings.schemetoml import described
from annotate.ratings.shapes import slug
from pipelines.engine.catalog import Catalog
from pipelines.engine.pseudonyms import Pseudonyms, naming
from pipelines.engine.tombstones import Tombstones, tombstones
from pipelines.imports import codes as ratingcodes
from pipelines.imports import commit as ratingcommit
from pipelines.imports import mediakeys
from pipelines.imports import schemes as ratingschemes
from pipelines.imports.codes import Removed
from pipelines.imports.commit import NAMES, TABLE, Committed, Origin
from pipelines.imports.notices import Notices, check_aliases, notices
from pipelines.imports.refusals import Account, Adjusted, account, adjusted
from pipelines.imports.rows import PlainAnswers, check
from pipelines.tables.conditions import judge
from pipelines.tables.scratch import FOLDER, MEMORY, scratch_database, scratch_folder
from pipelines.tables.staged import Staged, stage
from schemas.answers import RaterKind
from schemas.errors import BadInput
from schemas.ids import content_id
from schemas.media import Source
from schemas.scheme import Scheme


@dataclass(frozen=True)
class Imported:
    """What one table (or several of one layout) brought.

    `items` are all items with an answer, `media` how many of them are media of the collection, `ambiguous` how many
    names fit several media. `raters` counts them by kind; `anonymous` says how many of them are only votes without a
    name: so many an item at most. `questions` and `scheme_file` describe a scheme that was inferred. `encodings`,
    `stray` and `adjusted` say what had to be set right, `notices` what was not used or not believed.
    """

    corpus: str
    origin: str
    tables: tuple[str, ...]
    scheme: str
    inferred: bool
    rows: Account
    removed: Removed
    committed: Committed
    items: int
    media: int
    ambiguous: int
    raters: dict[RaterKind, int]
    encodings: tuple[str, ...]
    stray: int
    anonymous: int
    adjusted: Adjusted
    notices: Notices
    questions: tuple[str, ...]
    scheme_file: str | None


def nothing_taken(done: Sequence[Imported]) -> bool:
    """Whether every row of every table was refused."""
    return all(table.rows.refused and not table.rows.used and not table.rows.dropped for table in done)


@dataclass(frozen=True)
class Ratings:
    """What is to be imported into which collection.

    `replace` withdraws answers of the same corpus that the tables no longer hold; `source` narrows media to those of
    one Source.
    """

    home: Path
    people: Pseudonyms
    layout: Layout
    tables: tuple[Path, ...]
    replace: bool = False
    source: str | None = None


def import_answers(ratings: Ratings, report: Callable[[str], None] = lambda _: None) -> list[Imported]:
    """Bring the answers of tables into the catalog; raises BadInput, BadSetting. Rows that do not fit are listed."""
    with ExitStack() as at_work:
        with Catalog(ratings.home).open():  # held for two questions; neither the lease nor a key makes it wait
            media = mediakeys.has_media(ratings.home)  # before a byte is read: is there a collection?
            at_work.enter_context(naming(ratings.home, ratings.people, "answers import"))
        folder = at_work.enter_context(scratch_folder(ratings.home))
        imports = []
        for place, (layout, tables) in enumerate(_jobs(ratings)):
            check(layout)
            (folder / str(place)).mkdir()
            imports.append(_Import(replace(ratings, layout=layout, tables=tables), folder / str(place), media, report))
        for job in imports:
            job.read()
        if not any(job.staged.rows for job in imports):
            raise BadInput(f"{', '.join(path.name for path in ratings.tables)}: no rows, so there is nothing to import")
        scheme = _scheme(ratings, imports)
        with Catalog(ratings.home).open():  # held for two questions
            scheme, forgotten = _held(ratings.home, scheme, imports), tombstones(ratings.home)
        first, *others = imports
        return [first.bring(scheme, forgotten), *(job.bring(scheme, tombstones(ratings.home)) for job in others)]


def _jobs(ratings: Ratings) -> list[tuple[Layout, tuple[Path, ...]]]:
    """Layouts with their tables: one, or those of an audformat database."""
    if ratings.layout.reader != "audformat":
        named = ratings.layout.corpus or slug(ratings.tables[0].name.split(".")[0])
        return [(_with_rater(replace(ratings.layout, corpus=named)), ratings.tables)]
    jobs: list[tuple[Layout, tuple[Path, ...]]] = []
    for path in ratings.tables:
        folder = path.parent if path.name == HEADER else path
        try:
            text = (folder / HEADER).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"cannot read {folder / HEADER}: {getattr(error, 'strerror', None) or error}") from None
        jobs += [
            (table.layout, (_table_file(folder, table.name),))
            for table in tables_in(header_from(text, str(path)), ratings.layout)
        ]
    return jobs


def _with_rater(layout: Layout) -> Layout:
    """The layout with one rater for all rows, called after the corpus, where somebody other than people is said to rate
    and nobody is named."""
    votes = any(asked.form in ("votes", "vector") for asked in layout.question)
    if layout.rater_kind == "person" or layout.rater or layout.rater_name or votes:
        return layout
    return replace(layout, rater_name=layout.corpus)


def _table_file(folder: Path, name: str) -> Path:
    for ending in ENDINGS:
        if (path := folder / f"db.{name}{ending}").is_file():
            return path
    raise BadInput(f"{folder} has no table db.{name}.csv or db.{name}.parquet; older .pkl tables are not read")


def _scheme(ratings: Ratings, imports: Sequence["_Import"]) -> Scheme:
    """One scheme for all tables: the one given, or what their cells show."""
    first, found, before = imports[0].layout, list[Found](), 0
    layout = replace(first, question=_asked(imports), part="" if ratings.layout.reader == "audformat" else first.part)
    for job in imports:
        found += [replace(cells, asked=cells.asked + before) for cells in job.texts]
        before += len(job.layout.question)
    return scheme_of(layout, found, lambda name: ratingschemes.loaded(ratings.home, name))


def _held(home: Path, scheme: Scheme, imports: Sequence["_Import"]) -> Scheme:
    """The scheme an earlier import wrote down, where this one was inferred."""
    declared = any(asked.type or asked.minimum is not None for asked in _asked(imports))
    return ratingschemes.held(home, scheme, declared) if scheme.name.startswith(INFERRED) else scheme


def _asked(imports: Sequence["_Import"]) -> tuple[Asked, ...]:
    return tuple(asked for job in imports for asked in job.layout.question)


@dataclass
class _Import:
    """One layout's tables on their way."""

    ratings: Ratings
    folder: Path
    has_media: bool
    report: Callable[[str], None]
    staged: Staged = field(default_factory=Staged)
    texts: list[Found] = field(default_factory=list)

    @property
    def layout(self) -> Layout:
        return self.ratings.layout

    @property
    def scratch(self) -> Path:
        return self.folder / "scratch.duckdb"

    def read(self) -> None:
        """Tables into the scratch database, conditions judged, cells looked at where the scheme needs them."""
        self.report(f"reading {', '.join(path.name for path in self.ratings.tables)}")
        judged = bool(conditions_of(self.layout))
        with scratch_database(self.scratch) as connection:
            self.staged = stage(connection, self.ratings.tables, self.layout, self.folder)
            if not judged:
                self._look(connection)
        if judged:
            judge(self.scratch, self.layout, self.staged.offered, MEMORY)
            with scratch_database(self.scratch) as connection:
                self._look(connection)

    def _look(self, connection: DuckDBPyConnection) -> None:
        PlainAnswers(self.layout, self.has_media).show(connection, self.staged.rows)
        ratingcodes.list_cells(connection)
        if not self.layout.scheme:
            wanted = [place for place, asked in enumerate(self.layout.question) if needs_texts(asked)]
            self.texts = ratingcodes.texts_of(connection, wanted)

    def bring(self, scheme: Scheme, forgotten: Tombstones) -> Imported:
        """Answers into the catalog."""
        self.report("checking every answer")
        with scratch_database(self.scratch) as connection:
            counts = self._code(connection, scheme, forgotten)
        self.report("writing what is new")
        home, origin = self.ratings.home, origin_of(self.layout)
        done = ratingcommit.commit(home, self.scratch, origin, scheme, self.ratings.replace, MEMORY)
        inferred = scheme.name.startswith(INFERRED) and not self.layout.scheme
        return Imported(
            corpus=self.layout.corpus,
            origin=origin.id,
            tables=tuple(path.name for path in self.ratings.tables),
            scheme=scheme.name,
            inferred=inferred,
            committed=done,
            encodings=tuple(dict.fromkeys(file.encoding for file in self.staged.files)),
            stray=sum(file.stray for file in self.staged.files),
            questions=tuple(map(described, scheme.questions)) if inferred else (),
            scheme_file=ratingschemes.written(home, scheme) if inferred else None,
            **counts,
        )

    def _code(self, connection: DuckDBPyConnection, scheme: Scheme, forgotten: Tombstones) -> dict[str, Any]:
        """Every answer as codes and ids in the scratch database; gives what there is to say of them."""
        check_aliases(self.layout, scheme)
        ratingcodes.read_meanings(connection, self.layout, scheme)
        raters = ratingcodes.name_raters(connection, self.layout, self.ratings.people, forgotten)
        counts: dict[str, Any] = {"raters": dict(raters)}
        ratingcodes.list_items(connection)
        counts["media"], counts["ambiguous"] = 0, 0
        if self.has_media:
            counts["media"], counts["ambiguous"] = mediakeys.match(connection, self.ratings.home, self.ratings.source)
        mediakeys.withhold(connection, forgotten)
        ratingcodes.code_answers(connection)
        counts["rows"] = account(connection, self.layout, self.staged, self._refused)
        counts["adjusted"], counts["anonymous"] = adjusted(connection, self.layout), ratingcodes.anonymous(connection)
        inferred = scheme.name.startswith(INFERRED)
        counts["notices"] = notices(connection, self.layout, scheme, self.staged, inferred)
        counts["removed"] = ratingcodes.thin_out(connection, self.layout)
        ratingcommit.identify(connection, self.layout.corpus, scheme)
        counts["items"] = connection.execute("SELECT count(DISTINCT item_id) FROM asks").fetchall()[0][0]
        return counts

    @property
    def _refused(self) -> Path:
        """Where refused rows are listed: what models said about a corpus apart from what people did."""
        kind = self.layout.rater_kind
        parts = (self.layout.corpus, self.layout.part or ("" if kind == "person" else kind))
        return self.ratings.home / FOLDER / f"{'-'.join(slug(part) for part in parts if part)}-refused.csv"


def origin_of(layout: Layout) -> Origin:
    """The origin of a table's answers: the same for the same part of the same corpus, whatever the file is called."""
    id_ = content_id("import", corpus=layout.corpus, part=layout.part, rater=layout.rater_name)
    source = Source("licence", layout.licence, layout.address or None, layer="labels") if layout.licence else None
    return Origin(id_, NAMES if layout.reader == "names" else TABLE, source, layout.corpus)
