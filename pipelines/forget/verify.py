"""Looks for what was forgotten in every file of a collection, raw: catalog, Label Studio's database, media, shards."""

import json
from collections.abc import Collection as Several
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.collect.codes import is_code
from pipelines.collection import Collection
from pipelines.engine.catalog import FILE_NAME as CATALOG
from pipelines.engine.catalog import Catalog
from pipelines.forget.bytes import holds
from pipelines.tables.scratch import identifier
from pipelines.weigh.exclusions import names_of
from schemas.errors import BadInput

OWN = ("locks",)  # empty files
TEXTS = """SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns()
           WHERE database_name = current_database() AND data_type IN ('VARCHAR', 'VARCHAR[]')
           AND table_name IN (SELECT table_name FROM duckdb_tables()) GROUP BY 1 ORDER BY 1"""


@dataclass(frozen=True)
class Verified:
    """Where the words, or the pseudonym they have, still stand; and how many files were searched."""

    words: str
    searched: int
    found: tuple[str, ...]


def verify(here: Collection, words: str) -> Verified:
    """Search every file below the collection for the words and for their pseudonyms, as UTF-8 and as JSON writes them.

    The catalog's tables and Parquet files, which pack their texts, are read as well. Media that are compressed are not
    unpacked. Raises BadInput for a code, by which nobody can be found any more.
    """
    named = names_of(Catalog(here.home), words)
    texts = (words, *(pseudonym for name in named for pseudonym in here.people.by_each_key(name)))
    needles = {text.encode("utf-8", "surrogatepass") for text in (*texts, json.dumps(words)[1:-1])}
    files = [path for path in sorted(here.home.rglob("*")) if _searched(here.home, path)]
    found = [str(path.relative_to(here.home)) for path in files if holds(path, needles) or _packed(path, needles)]
    found += [] if CATALOG in found else [f"{CATALOG}, table {table}" for table in _tables(here.home, texts)]
    if not found and is_code(words):  # whoever it led to may still be here under their name
        raise BadInput(
            "a code leads to nobody once its person has left; give the name, or the pseudonym that forget has told"
        )
    return Verified(words, len(files), tuple(found))


def _searched(home: Path, path: Path) -> bool:
    return path.is_file() and path.relative_to(home).parts[0] not in OWN


def _packed(path: Path, needles: Several[bytes]) -> bool:
    """Whether a Parquet file holds any of some bytes in what it unpacks to."""
    if path.suffix != ".parquet":
        return False
    try:
        with pq.ParquetFile(path) as file:
            return any(_in_batch(batch, needles) for batch in file.iter_batches())
    except (OSError, pa.ArrowException):  # only called so, or half written: it was read raw
        return False


def _in_batch(batch: pa.RecordBatch, needles: Several[bytes]) -> bool:
    columns = (one.dictionary_decode() if pa.types.is_dictionary(one.type) else one for one in batch.columns)
    buffers = (buffer.to_pybytes() for column in columns for buffer in column.buffers() if buffer is not None)
    return any(needle in data for data in buffers for needle in needles)


def _tables(home: Path, texts: Several[str]) -> Iterator[str]:
    """The tables of the catalog that hold any of some texts: a large one packs them, so that they stand nowhere raw."""
    with Catalog(home).open() as connection:
        for table, columns in connection.execute(TEXTS).fetchall():
            holding = [
                f"contains({identifier(column)}::VARCHAR, ${number})"
                for column in columns
                for number in range(1, len(texts) + 1)
            ]
            query = f"SELECT 1 FROM {table} WHERE {' OR '.join(holding)} LIMIT 1"
            if connection.execute(query, list(texts)).fetchall():
                yield str(table)
