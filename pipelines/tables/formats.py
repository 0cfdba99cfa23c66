"""Columns that come with types: Arrow and Feather batches, and durations in Parquet files."""

from pathlib import Path

import pyarrow as pa
from pyarrow import feather, ipc, parquet

ARROW, FEATHER, PARQUET = b"ARROW1", b"FEA1", b"PAR1"


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
    columns = [one for one in parquet.read_schema(path) if pa.types.is_duration(one.type)]
    return {one.name: f"to_microseconds({in_us[one.type.unit]})" for one in columns}
