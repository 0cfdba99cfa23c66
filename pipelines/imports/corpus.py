"""`corpus import`: a published corpus comes in whole: media, what names and tables say, and what does not fit."""

import csv
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path, PurePosixPath

from annotate.ratings.corpora import Corpus, FileNames, file_names, load_corpus, tables_of
from annotate.ratings.layout import Layout, presets
from annotate.ratings.nested import MEDIA
from annotate.ratings.shapes import slug
from pipelines.collect.add import Added, Intake, add
from pipelines.collect.metadata import Metadata
from pipelines.engine.catalog import Catalog
from pipelines.engine.pseudonyms import Pseudonyms
from pipelines.engine.tombstones import tombstones
from pipelines.imports.answers import Imported, Ratings, import_answers
from pipelines.imports.rows import template, text_of
from pipelines.tables.scratch import FOLDER, scratch_database, scratch_folder
from pipelines.tables.staged import stage
from schemas.errors import BadInput
from schemas.licences import checked
from schemas.media import Source

TABLES = (".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson", ".parquet", ".arrow", ".feather")
UNLABELLED = """SELECT DISTINCT f.name FROM statements f JOIN arrivals a ON a.asset = f.asset
    JOIN assets ON assets.id = a.asset WHERE a.source = $source AND f.source = $source AND a.asset NOT IN
        (SELECT o.asset FROM current_answers s JOIN asks k ON k.id = s.ask JOIN about o ON o.item = k.item
         WHERE o.asset IS NOT NULL AND s.state <> 'withdrawn' AND s.origin IN (SELECT unnest($origins::VARCHAR[])))
    ORDER BY 1"""
FILELESS = """SELECT DISTINCT i.ref FROM current_answers s JOIN asks k ON k.id = s.ask JOIN items i ON i.id = k.item
    WHERE i.kind = 'key' AND s.state <> 'withdrawn' AND s.origin IN (SELECT unnest($origins::VARCHAR[])) ORDER BY 1"""


@dataclass(frozen=True)
class Conflict:
    """A table says something else about an item than the name of its file."""

    table: str
    line: int
    item: str
    question: str
    table_says: str
    name_says: str


@dataclass(frozen=True)
class CorpusImported:
    """What a corpus brought, and what in it does not fit together; `file` lists it all when there is anything.

    `passed_over` are tables in the folder that were not used.
    """

    corpus: str
    source: Source
    added: Added
    imported: tuple[Imported, ...]
    unlabelled: tuple[str, ...]
    fileless: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    unusable: tuple[str, ...]
    file: str | None
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True)
class CorpusFolder:
    """A folder that holds a corpus we know, and the collection it goes to.

    `licence` replaces the corpus's own, `tables` are more tables to import (path to layout).
    """

    home: Path
    people: Pseudonyms
    folder: Path
    name: str
    licence: str | None = None
    link: bool = False
    tables: tuple[tuple[Path, Layout], ...] = ()


def import_corpus(given: CorpusFolder, report: Callable[[str], None] = lambda _: None) -> CorpusImported:
    """Bring media and labels of a folder into the collection, once; raises BadInput, BadSetting."""
    corpus = load_corpus(given.name)
    if not given.folder.is_dir():
        raise BadInput(f"there is no folder {given.folder}")
    names = _names(given.folder)
    said = file_names(corpus)
    source = _source(corpus, given.licence)
    media = [name for name in names if PurePosixPath(name).suffix.casefold() in MEDIA]
    layouts = list(_layouts(corpus, said if media else None, given, names))
    if not media and not layouts:
        raise BadInput(_expected(corpus, given.folder))
    report(f"taking in {len(media):,} files")
    words = Metadata(_metadata(corpus, said, media))
    added = add(Intake(given.home, source, words, given.people, given.link), [given.folder])
    imported, conflicts = list[Imported](), list[Conflict]()
    for layout, tables in layouts:
        report(f"importing {', '.join(table.name for table in tables)}")
        ratings = Ratings(given.home, given.people, layout, tables, source=source.id)
        imported += import_answers(ratings)
        conflicts += _conflicts(given.home, layout, tables, said)
    origins = [one.origin for one in imported]
    with Catalog(given.home).open():  # held for three questions
        forgotten = tombstones(given.home)
        unlabelled = _column(given.home, UNLABELLED, {"source": source.id, "origins": origins})
        fileless = _column(given.home, FILELESS, {"origins": origins})
    return _reported(given.home, CorpusImported(
        corpus=corpus.name, source=source, added=added, imported=tuple(imported),
        unlabelled=unlabelled, fileless=fileless,
        conflicts=tuple(one for one in conflicts if not forgotten.names_file(one.item)),
        unusable=tuple(
            name for name in media if PurePosixPath(name).name.startswith(corpus.unusable or ("\0",))
            and not forgotten.names_file(name)
        ),
        file=None, passed_over=_passed_over(names, imported, layouts),
    ))  # fmt: skip


def _names(folder: Path) -> list[str]:
    found = (Path(base) / name for base, _, names in os.walk(folder) for name in names)
    return sorted(path.relative_to(folder).as_posix() for path in found)


def _source(corpus: Corpus, licence: str | None) -> Source:
    granted = checked(licence, "--licence") if licence else corpus.licence or None
    basis, named = "licence" if granted else "unknown", corpus.attribution or None
    return Source(basis, granted, corpus.address or None, attribution=named)  # type: ignore[arg-type]


def _metadata(corpus: Corpus, said: FileNames | None, media: Sequence[str]) -> dict[str, Mapping[str, str]]:
    """What names say of files: who speaks (a person of this corpus), and what was asked of them."""
    rows: dict[str, Mapping[str, str]] = {}
    for name in media:
        row = {"language": corpus.language} if corpus.language else {}
        groups = said.groups(name) if said else {}
        if said and groups:
            row |= {"speaker": f"{corpus.name}/{groups[corpus.speaker]}"} if corpus.speaker else {}
            requested = said.says(name, corpus.requested) if corpus.requested else None
            row |= {"requested": json.loads(requested)} if requested else {}
        if row:
            rows[name] = row
    return rows


def _layouts(
    corpus: Corpus, said: FileNames | None, given: CorpusFolder, names: Sequence[str]
) -> Iterator[tuple[Layout, tuple[Path, ...]]]:
    if said:
        yield _licensed(said.layout, given), (given.folder,)
    for preset, tables in tables_of(corpus, names).items():
        yield _licensed(presets()[preset], given), tuple(given.folder / table for table in tables)
    for table, layout in given.tables:
        yield layout, (table,)


def _licensed(layout: Layout, given: CorpusFolder) -> Layout:
    return replace(layout, licence=given.licence or layout.licence)


def _expected(corpus: Corpus, folder: Path) -> str:
    expected, named = "sound, video or pictures", file_names(corpus)
    if named:
        expected += " named like " + re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", named.layout.pattern)
    expected = " or ".join([expected, *(table.files for table in corpus.table)])
    return f"{folder} holds nothing of {corpus.name}; expected {expected}"


def _passed_over(
    names: Sequence[str], imported: Sequence[Imported], layouts: Sequence[tuple[Layout, tuple[Path, ...]]]
) -> tuple[str, ...]:
    """Tables below the folder that no preset took."""
    used = {name for one in imported for name in one.tables} | {path.name for _, paths in layouts for path in paths}
    return tuple(
        name
        for name in names
        if PurePosixPath(name).suffix.casefold() in TABLES and PurePosixPath(name).name not in used
    )


def _conflicts(home: Path, layout: Layout, tables: Sequence[Path], said: FileNames | None) -> Iterator[Conflict]:
    """Rows whose cell contradicts the name of the file they are about."""
    for column, question in layout.same if said else ():
        for table, line, item, cell in _cells(home, layout, tables, column):
            named = said.says(item, question) if said else None
            stated = said.readings[question](cell).value if said else None
            if named is not None and stated is not None and named != stated:
                yield Conflict(table, line, item, question, json.loads(stated), json.loads(named))


def _cells(home: Path, layout: Layout, tables: Sequence[Path], column: str) -> list[tuple[str, int, str, str]]:
    """The different cells of a column per item: (table, first line, item, cell)."""
    with scratch_folder(home) as folder, scratch_database(folder / "scratch.duckdb") as connection:
        stage(connection, tables, layout, folder)
        rows = connection.execute(
            f"""SELECT min(_part), min(_line), _item, _cell FROM
                (SELECT _part, _line, {template(layout.item[0])} AS _item, {text_of(column)} AS _cell FROM ratings)
                WHERE _item IS NOT NULL AND _cell IS NOT NULL GROUP BY _item, _cell ORDER BY 1, 2"""
        ).fetchall()
    return [(tables[part].name, line, item, cell) for part, line, item, cell in rows]


def _column(home: Path, query: str, values: dict[str, object]) -> tuple[str, ...]:
    return tuple(str(row[0]) for row in Catalog(home).rows(query, values))


def _reported(home: Path, done: CorpusImported) -> CorpusImported:
    """Write down everything that does not fit; no file where everything does."""
    file = home / FOLDER / f"{slug(done.corpus)}-misfits.csv"
    rows: list[tuple[str, ...]] = [("file without labels", "", "", name, "", "", "") for name in done.unlabelled]
    rows += [("labels without file", "", "", ref, "", "", "") for ref in done.fileless]
    rows += [("file name against table", *map(str, astuple(one))) for one in done.conflicts]
    rows += [("unusable, its authors say", "", "", name, "", "", "") for name in done.unusable]
    if not rows:
        file.unlink(missing_ok=True)
        return done
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["what", *(one.name for one in fields(Conflict))])
        writer.writerows(rows)
    return replace(done, file=f"{FOLDER}/{file.name}")
