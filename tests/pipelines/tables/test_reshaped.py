"""Columns folded into rows: a row per full cell, whatever else stands beside it, and the line it was in."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotate.ratings.layout import Asked, Layout
from pipelines.tables.reshaped import matching
from pipelines.tables.scratch import scratch_database
from pipelines.tables.staged import stage

FOLDED = Layout(item=("_column",), rater="who", folded=("q*",), question=(Asked(name="e", value="_cell"),))


def rows(folder: Path, text: str, layout: Layout = FOLDED) -> list[tuple[object, ...]]:
    table = folder / "t.csv"
    table.write_text(text, "utf-8")
    (folder / "scratch.duckdb").unlink(missing_ok=True)
    with scratch_database(folder / "scratch.duckdb") as connection:
        stage(connection, [table], layout, folder)
        return connection.execute("SELECT _line, who, _column, _cell FROM ratings ORDER BY _n").fetchall()


def test_a_row_per_cell_keeps_who_and_the_line(tmp_path: Path) -> None:
    assert rows(tmp_path, "who,q1,q2,x\nann,a,,1\nbob,b,c,2\n") == [
        (2, "ann", "q1", "a"),
        (3, "bob", "q1", "b"),
        (3, "bob", "q2", "c"),
    ]


def test_rows_that_are_more_header_are_left_out(tmp_path: Path) -> None:
    layout = Layout(item=("_column",), rater="who", folded=("q1",), header_rows=2, question=FOLDED.question)
    assert rows(tmp_path, 'who,q1\nWho?,"How did\nit sound?"\n{},{}\nann,a\n', layout) == [(5, "ann", "q1", "a")]


@given(
    cells=st.lists(st.lists(st.sampled_from(["a", "b", ""]), min_size=3, max_size=3), min_size=1, max_size=5),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=15)
def test_no_answer_is_lost_or_made_up_by_folding(tmp_path: Path, cells: list[list[str]]) -> None:
    text = "who,q1,q2,q3\n" + "".join(f"r{place},{','.join(row)}\n" for place, row in enumerate(cells))
    expected = [
        (place + 2, f"r{place}", f"q{column + 1}", cell)
        for place, row in enumerate(cells)
        for column, cell in enumerate(row)
        if cell
    ]
    assert rows(tmp_path, text) == expected


def test_patterns_are_names_first_and_case_does_not_count() -> None:
    assert matching(["q[1]"], ["Q[1]", "q1"]) == ["Q[1]", "q1"]
    assert matching(["R?"], ["r1", "R22", "x"]) == ["r1"]
