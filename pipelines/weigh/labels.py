"""`labels`: what the answers amount to, by one method or several side by side, as a table of one row per label."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from annotate.consensus.methods import NEED_RATERS, Spelled
from pipelines.engine.catalog import Catalog
from pipelines.weigh.agree import Pile, drawn, piles
from pipelines.weigh.asked import chosen_scheme
from pipelines.weigh.questions import PEOPLE
from schemas.answers import Label, RaterKind
from schemas.errors import BadSetting, nearest
from schemas.ids import content_id

SUFFIXES = (".parquet", ".csv", ".jsonl")
LISTS = ("tied", "names", "shares")
COLUMNS = (
    *("item", "kind", "scheme", "question", "method", "n", "category", "number", "confidence"),
    *("deviation", "agreement", *LISTS),
)
# Two catalogs with the same answers, read alike, have the same snapshot, whenever and in whatever order they came.
SNAPSHOT = """
    SELECT count(*), coalesce(bit_xor(md5_number_lower(read)), 0), coalesce(bit_xor(md5_number_upper(read)), 0)
    FROM (SELECT concat_ws(' ', id, scheme, question, target, value) AS read FROM read_answers WHERE state = 'given')"""


@dataclass(frozen=True)
class Drawn:
    """How the labels of one question came out by one method: how many items have a value, and how many tie.

    `confidence` is its mean over the items that have one; None for scales.
    """

    scheme: str
    media: str
    question: str
    method: str
    items: int
    answers: int
    decided: int
    tied: int
    confidence: float | None


@dataclass(frozen=True)
class Labels:
    """All labels that were drawn, the answers they were drawn from, and the table they stand in.

    `unsigned` are the questions (scheme, question) where methods that need to know the raters were left out.
    """

    snapshot: str
    drawn: tuple[Drawn, ...]
    file: Path | None
    unsigned: tuple[tuple[str, str], ...] = ()


def labels(
    home: Path,
    methods: Sequence[Spelled],
    file: Path | None = None,
    kinds: Sequence[RaterKind] = PEOPLE,
    scheme: str | None = None,
) -> Labels:
    """Draw labels by every method and write them to a table, if one is named; the same answers give the same bytes.

    `scheme` is the name of the one whose answers are wanted. Raises BadSetting for a kind of table that is not
    written, a scheme nobody was asked, and a method that cannot be used here.
    """
    if file is not None and file.suffix not in SUFFIXES:
        raise BadSetting(f"labels are not written as {file.name!r}; {nearest(file.suffix, SUFFIXES)}")
    refs = {item: (kind, ref) for item, kind, ref in Catalog(home).rows("SELECT id, kind, ref FROM items")}
    counted: list[Drawn] = []
    unsigned: dict[tuple[str, str], None] = {}
    wanted = chosen_scheme(home, scheme).id if scheme else None
    tables = (_table(rows, refs, counted) for rows in _by_method(home, methods, kinds, wanted, unsigned))
    if file is None:
        for _ in tables:
            pass
    else:
        _write(file, tables)
    return Labels(content_id("answers", told=Catalog(home).rows(SNAPSHOT)), tuple(counted), file, tuple(unsigned))


Rows = tuple[Pile, list[tuple[str, Label]]]


def _by_method(
    home: Path,
    methods: Sequence[Spelled],
    kinds: Sequence[RaterKind],
    scheme: str | None,
    unsigned: dict[tuple[str, str], None],
) -> Iterator[Rows]:
    """The labels question by question, method by method; notes in `unsigned` where methods were left out."""
    for pile in piles(home, kinds, scheme):
        if not pile.votes.rater_ids and {one.name for one in methods} & set(NEED_RATERS):
            unsigned[pile.scheme, pile.about.name] = None
        apart: dict[str, list[tuple[str, Label]]] = {}
        for item, label in drawn(pile, methods):
            apart.setdefault(label.method, []).append((item, label))
        for rows in apart.values():
            yield pile, rows


def _table(rows: Rows, refs: dict[str, tuple[str, str]], counted: list[Drawn]) -> pa.Table:
    pile, found = rows[0], sorted(rows[1], key=lambda row: refs[row[0]])
    of = [label for _, label in found]
    sure = [one.confidence for one in of if one.confidence is not None]
    counted.append(
        Drawn(
            scheme=pile.scheme,
            media=pile.media,
            question=pile.about.name,
            method=of[0].method,
            items=len(of),
            answers=len(pile.votes),
            decided=sum(one.value is not None for one in of),
            tied=sum(bool(one.tied) for one in of),
            confidence=sum(sure) / len(sure) if sure else None,
        )
    )
    columns: dict[str, list[Any]] = {
        "item": [refs[item][1] for item, _ in found],
        "kind": [refs[item][0] for item, _ in found],
        "scheme": [pile.scheme] * len(of),
        "category": [one.value if isinstance(one.value, str) else None for one in of],
        "number": [float(one.value) if isinstance(one.value, int | float) else None for one in of],
        "names": [[name for name, _ in one.distribution] for one in of],
        "shares": [[share for _, share in one.distribution] for one in of],
        "tied": [list(one.tied) for one in of],
    }
    columns |= {name: [getattr(one, name) for one in of] for name in COLUMNS if name not in columns}
    return _typed(columns)


def _typed(columns: dict[str, list[Any]]) -> pa.Table:
    types = dict.fromkeys(COLUMNS, pa.string())
    types |= dict.fromkeys(("number", "confidence", "deviation", "agreement"), pa.float64())
    types |= {"n": pa.int64(), "tied": pa.list_(pa.string()), "names": pa.list_(pa.string())}
    types |= {"shares": pa.list_(pa.float64())}
    return pa.table({name: pa.array(columns[name], types[name]) for name in COLUMNS})


def _write(file: Path, tables: Iterator[pa.Table]) -> None:
    """Write the tables as one, aside and then under its name."""
    aside = file.with_name(f".{file.name}.aside")
    write = {".parquet": _parquet, ".csv": _csv, ".jsonl": _jsonl}[file.suffix]
    try:
        write(aside, tables)
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)


def _parquet(path: Path, tables: Iterator[pa.Table]) -> None:
    with parquet.ParquetWriter(path, _typed({name: [] for name in COLUMNS}).schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table)


def _csv(path: Path, tables: Iterator[pa.Table]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for table in tables:
            for row in table.to_pylist():
                writer.writerow([json.dumps(row[name]) if name in LISTS else row[name] for name in COLUMNS])


def _jsonl(path: Path, tables: Iterator[pa.Table]) -> None:
    with path.open("w", encoding="utf-8") as out:
        for table in tables:
            out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in table.to_pylist())
