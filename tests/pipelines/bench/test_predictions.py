"""Tables of predictions: whatever form they have, every row says what it says, on its line."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotate.bench.submissions import Row
from pipelines.bench.predictions import predictions
from schemas.errors import BadInput

LEVELS = ("joy", "fear")


def rows(path: Path, content: str | bytes, tasks: tuple[str, ...] = ("emotion",)) -> list[Row]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(predictions(path, tasks, LEVELS, None))


def test_a_row_per_item_has_its_line_and_its_model(tmp_path: Path) -> None:
    assert rows(tmp_path / "gpt.csv", "item,value,state\nx,joy,\ny,,refused\n") == [
        Row(2, "gpt", "x", "emotion", "given", "joy", {}),
        Row(3, "gpt", "y", "emotion", "refused", None, {}),
    ]


def test_a_column_per_task_is_a_row_per_task(tmp_path: Path) -> None:
    found = rows(tmp_path / "m.csv", "clip,model,Valence,arousal\nx,one,.5,\n", ("valence", "arousal"))
    assert [(row.model, row.task, row.value) for row in found] == [("one", "valence", ".5"), ("one", "arousal", None)]


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz", "json", "parquet"])
def test_shares_may_be_an_object_and_choices_a_list(tmp_path: Path, form: str) -> None:
    table: list[dict[str, Any]] = [{"item": "x", "shares": {"joy": 0.25, "fear": 0.75}, "selected": ["a", "c"]}]
    path = tmp_path / f"m.{form}"
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(table), path)
        content = path.read_bytes()
    else:
        content = json.dumps(table if form == "json" else table[0]).encode()
    (row,) = rows(path, gzip.compress(content) if form.endswith("gz") else content)
    assert row.shares == {"joy": 0.25, "fear": 0.75}
    assert json.loads(row.value or "") == ["a", "c"]


def test_shares_in_columns_are_numbers_or_nothing(tmp_path: Path) -> None:
    (row,) = rows(tmp_path / "m.csv", "item;p_joy;fear\nx;0,25;much\n")
    assert row.shares == {"joy": 0.25, "fear": None}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("item,value\nx,joy,fear\n", "line 2: 3 cells; expected 2"),
        ("item,value,value\nx,joy,fear\n", "2 columns called 'value', number 2 and 3"),
        ('{"item": "x", "value": "joy"}\n["y", "fear"]\n', "line 2: not a JSON object"),
        ("item;shares\nx;half joy\n", "line 2: shares 'half joy'; expected an object such as"),
        ("item,value,state\nx,joy,maybe\n", "line 2: state 'maybe'; expected given, refused or error"),
    ],
)
def test_a_row_that_would_be_lost_is_refused(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        rows(tmp_path / "m.csv", content)
