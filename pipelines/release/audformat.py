"""A release as audformat databases, one a medium: a column for each rater, and the gold standard beside them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from pipelines.release.flat import SUFFIX
from pipelines.release.records import rows_of
from pipelines.weigh.questions import name_of
from schemas.layout import FlatLabel
from schemas.release import Part, Split
from schemas.scheme import Media, Question, Scheme

NAME = "db"
FILES = "files"  # the table of what is known of every file
GOLD = "gold_standard"  # the end of a table's name, and the rater
SHARE, CHOSEN = "share", "chosen"
MEDIA_TYPES: dict[Media, str] = {"voice": "audio", "face": "other", "moment": "video"}
SPLIT_TYPES: dict[Split, str] = {"train": "train", "validation": "dev", "test": "test"}
RATER_TYPES = {"person": "human", "model": "machine", "corpus": "other"}
ABOUT = ("split", "asset", "speaker", "language", "transcript", "duration_ms", "licence", "source", "attribution")
SEVERAL = ";"  # between the answers to a question that takes several

# Every answer that was given, with how many the same rater gave to the same question about the clip before it.
ANSWERS = """
    SELECT t.split, a.key, a.scheme, a.question, a.rater, a.rater_kind, a.category, a.number, a.categories, a.text,
           row_number() OVER (PARTITION BY a.key, a.scheme, a.question, a.rater
                              ORDER BY a.week, a.category, a.number, a.categories, a.text) AS nth
    FROM read_parquet($answers) a JOIN read_parquet($table) t USING (key)
    WHERE a.state = 'given' ORDER BY a.scheme, a.question, t.split, a.key, a.rater, nth"""


@dataclass(frozen=True)
class _Column:
    """A column of a table: the scheme of its values and who gave them."""

    scheme: str
    rater: str | None = None

    def header(self) -> dict[str, Any]:
        return {"scheme_id": self.scheme, **({"rater_id": self.rater} if self.rater else {})}


class _Database:
    """The header of one database, which grows with its tables."""

    def __init__(self, folder: Path, title: str, part: Part) -> None:
        self._folder, self._part = folder, part
        self.raters: dict[str, Any] = {GOLD: {"type": "vote"}}
        self.schemes: dict[str, Any] = {SHARE: {"dtype": "float", "minimum": 0, "maximum": 1}}
        self._tables: dict[str, Any] = {}
        self._head = {"name": title, "source": title, "usage": "other", "description": f"{title}: {part.media}"}

    def add(self, name: str, split: Split | None, columns: Mapping[str, _Column], table: pa.Table) -> None:
        """Write a table whose first column is the file, and list it."""
        pq.write_table(table, self._folder / f"{NAME}.{name}.parquet", version="2.6", compression="zstd")
        listed = {column: about.header() for column, about in columns.items()}
        place = {"split_id": split} if split else {}
        self._tables[name] = {"type": "filewise", **place, "media_id": self._part.media, "columns": listed}

    def close(self, licence: str | None) -> None:
        """Write the header; a database has one licence or, where its files have several, a column that says which."""
        part = self._part
        header = {
            **self._head,
            **({"license": licence} if licence else {}),
            "media": {part.media: {"type": MEDIA_TYPES[part.media], "format": part.suffix}},
            "raters": self.raters,
            "schemes": self.schemes,
            "splits": {split: {"type": kind} for split, kind in SPLIT_TYPES.items()},
            "tables": self._tables,
        }
        text = yaml.safe_dump(header, sort_keys=False, allow_unicode=True)
        (self._folder / f"{NAME}.yaml").write_text(text, "utf-8")


def write_database(folder: Path, title: str, part: Part, schemes: Sequence[Scheme]) -> int:
    """Write the tables and the header of one medium, and give how many files they are about.

    A file is named `SPLIT/KEY.SUFFIX`. A rater who answered a question about one clip more than once has a column for
    each time; answers out of several categories are joined by semicolons; skips are empty cells.
    """
    folder.mkdir()
    database = _Database(folder, title, part)
    rows = sorted(rows_of(part.table.path), key=lambda row: str(row["key"]))
    files = {row["key"]: file_of(row["split"], row["key"], part.suffix) for row in rows}
    asked = {(name_of(scheme), one.name): one for scheme in schemes for one in scheme.questions}
    _about(database, files, rows)
    names = _answers(database, files, part, asked)
    for label in part.layout.flat:
        _gold(database, files, rows, label, names)
    licences = {row["licence"] for row in rows}
    database.close(licences.pop() if len(licences) == 1 else None)
    return len(rows)


def file_of(split: Split, key: str, suffix: str) -> str:
    """The path of the media of a clip in its database."""
    return f"{split}/{key}.{suffix}"


def _about(database: _Database, files: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
    """What is known of every file, whoever rated it."""
    kinds = {name: "int" if name == "duration_ms" else "str" for name in ABOUT}
    database.schemes |= {name: {"dtype": kind} for name, kind in kinds.items()}
    columns = {name: [row[name] for row in rows] for name in ABOUT}
    types = {name: pa.int64() if kind == "int" else pa.string() for name, kind in kinds.items()}
    table = _table([files[row["key"]] for row in rows], columns, types)
    database.add(FILES, None, {name: _Column(name) for name in ABOUT}, table)


def _answers(
    database: _Database, files: Mapping[str, str], part: Part, asked: Mapping[tuple[str, str], Question]
) -> dict[tuple[str, str], str]:
    """A table for each question and split with a column a rater; gives what questions of schemes are called."""
    with duckdb.connect() as connection:
        rows = connection.execute(ANSWERS, {"answers": str(part.answers.path), "table": str(part.table.path)})
        columns = [column for column, *_ in rows.description or ()]
        found: dict[tuple[str, str], dict[Split, list[dict[str, Any]]]] = {}
        for values in rows.fetchall():
            row = dict(zip(columns, values, strict=True))
            database.raters.setdefault(row["rater"], {"type": RATER_TYPES[row["rater_kind"]]})
            found.setdefault((row["scheme"], row["question"]), {}).setdefault(row["split"], []).append(row)
    names = _names([*found, *asked, *(_question(label) for label in part.layout.flat)])
    for place, name in names.items():
        given = [row for rows in found.get(place, {}).values() for row in rows]
        database.schemes[name] = _scheme(asked.get(place), given)
    for place, splits in found.items():
        for split, given in splits.items():
            _rated(database, files, (names[place], split), given)
    return names


def _names(questions: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """What each question is called: its name, after that of its scheme where something else has the same."""
    places = dict.fromkeys(questions)
    often = Counter(question for _, question in places)
    return {
        (scheme, question): f"{scheme}.{question}"
        if often[question] > 1 or question in (*ABOUT, SHARE, CHOSEN)
        else question
        for scheme, question in places
    }


def _rated(
    database: _Database, files: Mapping[str, str], place: tuple[str, Split], rows: Sequence[Mapping[str, Any]]
) -> None:
    """The answers to one question about the clips of one split."""
    scheme, split = place
    number = database.schemes[scheme]["dtype"] == "float"
    column = {(row["rater"], row["nth"]): row["rater"] + (f" ({row['nth']})" if row["nth"] > 1 else "") for row in rows}
    keys = list(dict.fromkeys(row["key"] for row in rows))
    cells: dict[str, dict[str, Any]] = {name: {} for _, name in sorted(column.items())}
    for row in rows:
        cells[column[row["rater"], row["nth"]]][row["key"]] = row["number"] if number else _words(row)
    kinds = dict.fromkeys(cells, pa.float64() if number else pa.string())
    table = _table([files[key] for key in keys], {name: list(map(of.get, keys)) for name, of in cells.items()}, kinds)
    whose = {name: _Column(scheme, rater) for (rater, _), name in column.items()}
    database.add(f"{scheme}.{split}", split, whose, table)


def _words(row: Mapping[str, Any]) -> str | None:
    if row["categories"] is not None:
        return SEVERAL.join(row["categories"])
    words: str | None = row["category"] if row["category"] is not None else row["text"]
    return words


def _scheme(question: Question | None, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What values a question takes; of one whose scheme the release does not list, only the type of its answers."""
    if question is None:
        return {"dtype": "float" if any(row["number"] is not None for row in rows) else "str"}
    if question.scale:
        return {"dtype": "float", "minimum": question.scale.minimum, "maximum": question.scale.maximum}
    if question.type == "choice":
        return {"dtype": "str", "labels": {one.name: {"title": one.title} for one in question.categories}}
    return {"dtype": "str"}


def _question(label: FlatLabel) -> tuple[str, str]:
    """The scheme and the question that a label is about."""
    name = label.question.partition(":")[0] if label.type == "choices" else label.question
    return label.scheme, name.removesuffix(SUFFIX[label.by])


def _gold(
    database: _Database,
    files: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
    label: FlatLabel,
    names: Mapping[tuple[str, str], str],
) -> None:
    """The label, how many answers are behind it, how far these agree, and the share of every category."""
    scheme = names[_question(label)]
    database.schemes.setdefault(f"{label.column}_n", {"dtype": "int"})
    several = label.type == "choices"
    if several:
        database.schemes.setdefault(CHOSEN, {"dtype": "bool"})
    for split in SPLIT_TYPES:
        having = [row for row in rows if row["split"] == split and row[f"{label.column}_n"] is not None]
        if not having:
            continue
        columns, values = dict[str, _Column](), dict[str, list[Any]]()
        for name, about, value in _gold_columns(label, scheme, having):
            columns[name], values[name] = about, value
        kinds = {name: _arrow(database.schemes[about.scheme]["dtype"]) for name, about in columns.items()}
        table = _table([files[row["key"]] for row in having], values, kinds)
        database.add(f"{label.column}.{split}.{GOLD}", split, columns, table)


def _gold_columns(
    label: FlatLabel, scheme: str, rows: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, _Column, list[Any]]]:
    name = label.column
    if label.type == "choices":
        for place, value in enumerate(label.values):
            yield f"{name}.{value}", _Column(CHOSEN, GOLD), [bool(row[name][place]) for row in rows]
    else:
        yield name, _Column(scheme, GOLD), [row[name] for row in rows]
    yield f"{name}_n", _Column(f"{name}_n"), [row[f"{name}_n"] for row in rows]
    yield f"{name}_agreement", _Column(SHARE), [row[f"{name}_agreement"] for row in rows]
    soft = f"{name}_histogram" if label.type == "scale" else f"{name}_soft"
    for place, value in enumerate(label.values):
        shares = [row[soft][place] if row[soft] else None for row in rows]
        yield f"{soft}.{value}", _Column(SHARE), shares


def _table(files: Sequence[str], columns: Mapping[str, list[Any]], types: Mapping[str, pa.DataType]) -> pa.Table:
    arrays = [pa.array(values, types[name]) for name, values in columns.items()]
    return pa.table([pa.array(files, pa.string()), *arrays], names=["file", *columns])


def _arrow(dtype: str) -> pa.DataType:
    return {"str": pa.string(), "float": pa.float64(), "int": pa.int64(), "bool": pa.bool_()}[dtype]
