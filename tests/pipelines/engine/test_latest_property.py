"""The quick way to the answers that count gives the same rows as comparing every answer with every other."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.engine.catalog import Catalog, insert
from pipelines.engine.migrations import schema
from schemas.answers import Answer

pytestmark = pytest.mark.long

ANSWER = st.tuples(
    st.sampled_from(["table", "first", "again"]),
    st.sampled_from(["k1", "k2"]),
    st.sampled_from(["emotion", "intensity", "*"]),
    st.sampled_from(["r1", "r2"]),
    st.integers(0, 4),
    st.sampled_from(["given", "withdrawn", "skipped"]),
)


@pytest.fixture
def slow(home: Path) -> Path:
    """A collection with a view `compared`, like `latest_answers`, in which every answer is compared."""
    (view,) = re.findall(r"^CREATE VIEW latest_answers .*?;$", schema(), re.DOTALL | re.MULTILINE)
    view = re.sub(
        r"several AS \(.*?HAVING count\(\*\) > 1\)",
        "several AS (SELECT hash(ask, rater) FROM said)",
        view,
        flags=re.DOTALL,
    )
    with Catalog(home).open() as connection:
        connection.execute(view.replace("latest_answers", "compared", 1))
        insert(connection, "origins", {"id": ["table"], "scheme": ["s"], "modality": [""], "server": ["table"]})
    return home


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ANSWER, max_size=14))
def test_answers_that_need_no_comparing_are_those_that_comparing_leaves(
    slow: Path, said: list[tuple[str, str, str, str, int, str]]
) -> None:
    rows = [
        Answer(
            origin,
            ask,
            question,
            rater,
            f"2026-03-01T00:00:0{second}.000000Z",
            '"fear"' if state == "given" else None,
            state,
        )  # type: ignore[arg-type]
        for origin, ask, question, rater, second, state in said
    ]
    with Catalog(slow).open() as connection:
        connection.execute("DELETE FROM answers")
        Catalog(slow).commit(connection, rows)
        quick, compared = (
            connection.execute(f"SELECT * EXCLUDE (added_at) FROM {view} ORDER BY ALL").fetchall()
            for view in ("latest_answers", "compared")
        )
    assert quick == compared
