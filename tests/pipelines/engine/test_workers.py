"""Workers: a process that crashes or hangs costs the file that did it, and where visits are made leaves no trace."""

import shutil
from pathlib import Path

import pytest

from pipelines.engine.catalog import Catalog
from pipelines.engine.workers import Pool
from tests.pipelines.engine.odd_stages import Trouble
from tests.pipelines.engine.runs import STAGES, count, culprit, run, tables


@pytest.mark.parametrize(("how", "told"), [("crash", "SIGKILL"), ("exit", "exit code 3"), ("hang", "took longer")])
def test_a_file_that_brings_its_process_down_costs_only_itself(taken_in: Path, how: str, told: str) -> None:
    bad = culprit(taken_in)
    run(taken_in, [Trouble(bad, how), *STAGES], Pool(2, 2))
    failures = Catalog(taken_in).rows('SELECT DISTINCT "row", reason FROM open_failures')
    assert [row for row, _ in failures] == [bad]
    assert told in failures[0][1]
    assert count(taken_in, "receipts WHERE state = 'done' AND stage LIKE 'Trouble%'") == 6
    assert count(taken_in, "clips") == 9


def test_pool_and_inline_leave_identical_tables(taken_in: Path, tmp_path: Path) -> None:
    shutil.copytree(taken_in, tmp_path / "other")
    run(taken_in)
    run(tmp_path / "other", workers=Pool(2, 60))
    assert tables(taken_in) == tables(tmp_path / "other")
