"""What a table file is, told from its beginning: its format, its columns, and columns that come with types."""

import csv
import json
import os
import re
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pyarrow import feather, ipc, parquet

from annotate.ratings.layout import BLANK
from annotate.ratings.nested import named_files
from pipelines.tables import delimited
from pipelines.tables import text as tabletext
from schemas.errors import BadInput

ARROW, FEATHER, PARQUET = b"ARROW1", b"FEA1", b"PAR1"
ARROW_ENDINGS, TAB_ENDINGS = (".arrow", ".feather", ".ipc"), (".tsv", ".tab")
JSON_ENDINGS = (".json", ".jsonl", ".ndjson")
HEAD_BYTES = 1 << 20
Format = Literal["parquet", "arrow", "json", "delimited"]
_OBJECT = re.compile(r"\s*(\[\s*)?\{")


def format_of(path: Path, head: bytes, encoding: str) -> Format:
    """The format of a file with this beginning: by its first bytes, then by its ending; raises BadSetting."""
    if head.startswith(PARQUET):
        return "parquet"
    if head.startswith((ARROW, FEATHER)) or _ending(path) in ARROW_ENDINGS:
        return "arrow"
    is_json = _ending(path) in JSON_ENDINGS or _OBJECT.match(tabletext.decoded(head[:4096], encoding))
    return "json" if is_json else "delimited"


def columns_in(path: Path, delimiter: str, encoding: str) -> list[str]:
    """The names of a table's columns, as far as its beginning shows them; raises BadInput when it cannot be read."""
    head = tabletext.head_of(path, HEAD_BYTES)
    kind = format_of(path, head, encoding)
    try:
        if kind == "parquet":
            return list(parquet.read_schema(path).names)
        if kind == "arrow":
            return list(arrow_batches(path).schema.names)
    except (OSError, pa.ArrowException) as error:
        raise BadInput(f"{path} is not a table we can read: {error}") from None
    tabletext.refuse_binary(path, head[:4096], encoding)
    text = tabletext.decoded(head, encoding)
    if kind == "json":
        return list(first_object(path, encoding))
    first = text.partition("\n")[0]
    if delimiter == BLANK:
        return delimited.unique_names(first.split())
    return delimited.unique_names(next(csv.reader([first], delimiter=delimiter or delimiter_of(path, first)), []))


def first_object(path: Path, encoding: str) -> dict[str, Any]:
    """The first object of a file of JSON, empty where its beginning shows none."""
    text = tabletext.decoded(tabletext.head_of(path, HEAD_BYTES), encoding)
    try:
        first, _ = json.JSONDecoder().raw_decode(text[text.index("{") :])
    except ValueError:
        return {}
    return first if isinstance(first, dict) else {}


def delimiter_of(path: Path, first: str) -> str:
    """What stands between the cells of a delimited file, by its ending or by its first line."""
    return "\t" if _ending(path) in TAB_ENDINGS else delimited.likeliest(first)


def _ending(path: Path) -> str:
    name = path.name.casefold().removesuffix(".gz")
    return Path(name).suffix


def arrow_batches(path: Path) -> pa.RecordBatchReader:
    """What an Arrow or Feather file holds, batch after batch; raises ArrowException."""
    with path.open("rb") as stream:
        start = stream.read(6)
    if start.startswith(FEATHER):
        return feather.read_table(str(path)).to_reader()
    if not start.startswith(ARROW):
        return ipc.open_stream(pa.memory_map(str(path)))
    file = ipc.open_file(pa.memory_map(str(path)))
    batches = (file.get_batch(place) for place in range(file.num_record_batches))
    return pa.RecordBatchReader.from_batches(file.schema, batches)


def durations(path: Path) -> dict[str, str]:
    """How columns of durations, which DuckDB sees as numbers, become intervals."""
    in_us = {"s": "{} * 1000000", "ms": "{} * 1000", "us": "{}", "ns": "{} // 1000"}
    columns = [column for column in parquet.read_schema(path) if pa.types.is_duration(column.type)]
    return {column.name: f"to_microseconds({in_us[column.type.unit]})" for column in columns}


def json_file(path: Path) -> Any:
    """The value of a file of JSON in any encoding; raises BadInput."""
    try:
        return json.loads(tabletext.decoded(tabletext.head_of(path), ""))
    except ValueError as error:
        raise BadInput(f"{path} is not JSON we can read: {error}") from None


def json_value(text: str) -> Any:
    """The value of a text of JSON, or None."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def pointer(name: str) -> str:
    """The path of a member as JSON functions take it, whatever its name holds."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def media_names(folder: Path, pattern: str) -> list[dict[str, Any]]:
    """Rows of what the names of a folder's media say; raises BadInput where it holds none."""
    if rows := named_files(_listing(folder), pattern):
        return rows
    raise BadInput(f"{folder} holds no media; expected sound, video or pictures, whose names are read")


def _listing(folder: Path) -> list[str]:
    """Every file below a folder by its relative name, sorted; raises BadInput for anything but a folder."""
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder; this preset reads the names of the files in a folder")
    paths = [Path(base) / name for base, _, names in os.walk(folder) for name in names]
    return sorted(path.relative_to(folder).as_posix() for path in paths)
