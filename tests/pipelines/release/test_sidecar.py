import hashlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.release.sidecar import ParquetTable, arrow_schema
from schemas.layout import record
from schemas.release import Table
from tests.pipelines.release.samples import SCORES, layout_of, voice

LAYOUT = layout_of("voice")


def written(path: Path, numbers: range, **changes: object) -> Table:
    with ParquetTable(path, LAYOUT.table) as table:
        for number in numbers:
            table.add([record(voice(number, **changes), LAYOUT, table=True)])
        return table.close()


def test_the_table_has_the_columns_of_the_json_the_labels_and_the_shard(tmp_path: Path) -> None:
    written(tmp_path / "labels.parquet", range(120))
    rows = pq.read_table(tmp_path / "labels.parquet").to_pylist()
    assert [row["key"] for row in rows] == [voice(number).key for number in range(120)]
    bare = [{name: value for name, value in row.items() if name not in ("labels", "shard")} for row in rows]
    assert bare == [record(voice(number), LAYOUT) for number in range(120)]
    assert rows[0]["labels"][0]["method"] == "majority@1"


def test_the_table_is_typed_even_where_all_is_null(tmp_path: Path) -> None:
    written(tmp_path / "t.parquet", range(1), labels=(), transcript=None, quality=dict.fromkeys(SCORES["voice"]))
    assert pq.read_schema(tmp_path / "t.parquet").equals(arrow_schema(LAYOUT.table))


def test_the_same_rows_make_the_same_bytes(tmp_path: Path) -> None:
    first, second = (written(tmp_path / name, range(1_500)) for name in ("first.parquet", "second.parquet"))
    assert (first.sha256, first.bytes, first.samples) == (second.sha256, second.bytes, 1_500)
    assert first.sha256 == hashlib.sha256((tmp_path / "first.parquet").read_bytes()).hexdigest()


def test_rows_come_in_small_groups(tmp_path: Path) -> None:
    written(tmp_path / "t.parquet", range(1_500))
    assert pq.ParquetFile(tmp_path / "t.parquet").metadata.num_row_groups == 2


def test_a_table_without_rows_can_be_read(tmp_path: Path) -> None:
    assert written(tmp_path / "t.parquet", range(0)).samples == 0
    assert pq.read_table(tmp_path / "t.parquet").num_rows == 0


def test_an_error_leaves_no_table(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        written(tmp_path / "t.parquet", range(1), start_ms=0.5)
    assert list(tmp_path.iterdir()) == []
