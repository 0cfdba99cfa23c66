"""`labels`: what the answers amount to, by one method or several side by side, as a table of a row per label."""

import csv
import json
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from annotate.answers.log import PEOPLE
from annotate.consensus.specs import NEED_RATERS, MethodSpec
from pipelines.engine.catalog import Catalog
from pipelines.weigh.outcomes import BATCH, COLUMNS, Drawn, Outcome, outcomes, schema
from pipelines.weigh.questions import MEMORY, chosen_scheme
from schemas.answers import RaterKind
from schemas.errors import BadSetting, nearest
from schemas.ids import content_id

SUFFIXES = (".parquet", ".csv", ".jsonl")
LISTS = ("tied", "names", "shares")
FILE_COLUMNS = ("item", "kind", *COLUMNS[1:])  # a file names items as they are known outside, with their kind
# Two catalogs with the same answers, read alike, have the same snapshot, whenever and in whatever order they came: an
# answer's id is the hash of all it says, its ask's of the scheme and the item.
SNAPSHOT = f"""
    SELECT answers, (ids >> 64)::UBIGINT, (ids & {2**64 - 1})::UBIGINT
    FROM (SELECT count(*) AS answers, coalesce(bit_xor(md5_number(id)), 0) AS ids FROM latest_answers
          WHERE state = 'given')"""
BRIDGES = """
    SELECT scheme, question, successor, read_as, type, words, readings FROM translations
    WHERE scheme IN (SELECT scheme FROM asks) ORDER BY scheme, question"""


@dataclass(frozen=True)
class Labels:
    """All labels that were drawn, the answers they were drawn from, and the table they stand in.

    `anonymous` are the questions (scheme, question) where methods that need to know the raters were left out,
    `instead` those where none of the methods suits and another took their place (scheme, question, its name).
    """

    snapshot: str
    drawn: tuple[Drawn, ...]
    file: Path | None
    anonymous: tuple[tuple[str, str], ...] = ()
    instead: tuple[tuple[str, str, str], ...] = ()


def labels(
    home: Path,
    methods: Sequence[MethodSpec],
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
    wanted = chosen_scheme(home, scheme).id if scheme else None
    drawn: list[Drawn] = []
    anonymous: dict[tuple[str, str], None] = {}
    instead: dict[tuple[str, str, str], None] = {}
    names = {method.name for method in methods}

    def noted() -> Iterator[Outcome]:
        for outcome in outcomes(home, methods, kinds, wanted):
            drawn.append(outcome.drawn)
            if (other := outcome.drawn.method.partition("@")[0]) not in names:
                instead[outcome.drawn.scheme, outcome.drawn.question, other] = None
            if outcome.anonymous and names & set(NEED_RATERS):
                anonymous[outcome.drawn.scheme, outcome.drawn.question] = None
            yield outcome

    if file is None:
        deque(noted(), 0)
    else:
        _write(file, _file_batches(home, noted()))
    return Labels(_snapshot(home), tuple(drawn), file, tuple(anonymous), tuple(instead))


def _snapshot(home: Path) -> str:
    with Catalog(home).open() as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        given, bridges = (connection.execute(query).fetchall() for query in (SNAPSHOT, BRIDGES))
        return content_id("answers", told=given, bridges=bridges)


def _file_batches(home: Path, found: Iterator[Outcome]) -> Iterator[pa.RecordBatch]:
    """The labels with items as they are known outside, in order of their kind and reference."""
    items = Catalog(home).table("SELECT id, kind, ref FROM items ORDER BY kind, ref").combine_chunks()
    for outcome in found:
        codes = pc.index_in(outcome.asked.field("item"), value_set=items["id"]).to_numpy()
        rows = np.argsort(codes, kind="stable")
        for number, batch in enumerate(outcome.batches(rows)):
            known = pa.array(codes[rows[number * BATCH : (number + 1) * BATCH]])
            item, kind = (items[name].chunk(0).take(known) for name in ("ref", "kind"))
            yield pa.RecordBatch.from_arrays([item, kind, *batch.columns[1:]], schema=schema(FILE_COLUMNS))


def _write(file: Path, batches: Iterator[pa.RecordBatch]) -> None:
    """Write the batches as one table, aside and then under its name."""
    aside = file.with_name(f".{file.name}.aside")
    write = {".parquet": _parquet, ".csv": _csv, ".jsonl": _jsonl}[file.suffix]
    try:
        write(aside, batches)
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)


def _parquet(path: Path, batches: Iterator[pa.RecordBatch]) -> None:
    with parquet.ParquetWriter(path, schema(FILE_COLUMNS), compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)


def _csv(path: Path, batches: Iterator[pa.RecordBatch]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(FILE_COLUMNS)
        for batch in batches:
            rows = batch.to_pylist()
            writer.writerows(
                [json.dumps(row[name]) if name in LISTS else row[name] for name in FILE_COLUMNS] for row in rows
            )


def _jsonl(path: Path, batches: Iterator[pa.RecordBatch]) -> None:
    with path.open("w", encoding="utf-8") as out:
        for batch in batches:
            out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in batch.to_pylist())
