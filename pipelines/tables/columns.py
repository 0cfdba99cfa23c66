"""The columns of a table, from its first bytes alone."""

import csv
import gzip
import json
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from pipelines.tables import delimited
from pipelines.tables import text as tabletext
from pipelines.tables.files import ARROW_ENDINGS, JSON_ENDINGS
from pipelines.tables.formats import ARROW, FEATHER, PARQUET, arrow_batches
from schemas.errors import BadInput

HEAD_BYTES = 1 << 20


def columns_in(path: Path, delimiter: str, encoding: str) -> list[str]:
    """The names of a table's columns; raises BadInput when it cannot be read."""
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
        if head.startswith(PARQUET):
            return list(parquet.read_schema(path).names)
        if head.startswith((ARROW, FEATHER)) or path.suffix.casefold() in ARROW_ENDINGS:
            return list(arrow_batches(path).schema.names)
        if head.startswith(tabletext.GZIP):
            with gzip.open(path) as stream:
                head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror or error}") from None
    except pa.ArrowException as error:
        raise BadInput(f"{path} is not a table we can read: {error}") from None
    tabletext.refuse_binary(path, head[:4096], encoding)
    text = tabletext.decoded(head, encoding)
    return _members(text) if path.suffix.casefold() in JSON_ENDINGS else _header(text, path, delimiter)


def _header(text: str, path: Path, delimiter: str) -> list[str]:
    first = text.partition("\n")[0]
    tabs = path.suffix.casefold() in (".tsv", ".tab")
    cells = next(csv.reader([first], delimiter=delimiter or ("\t" if tabs else delimited.likeliest(first))), [])
    return delimited.unique_names(cells)


def _members(text: str) -> list[str]:
    """The members of the first object in a text of JSON."""
    start = text.find("{")
    if start < 0:
        return []
    try:
        first, _ = json.JSONDecoder().raw_decode(text[start:])
    except ValueError:
        return []
    return list(first) if isinstance(first, dict) else []
