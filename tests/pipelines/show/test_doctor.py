"""What `doctor` says."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import duckdb
import pytest

from pipelines.doctor import Finding
from pipelines.show.doctor import examined, tables

FINDINGS = [Finding("good", "Python", "3.12"), Finding("note", "collection", "none"), Finding("bad", "av", "missing")]


def test_what_is_bad_stands_out_from_what_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    examined(FINDINGS)
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[-3:]]
    assert rows == [["ok", "Python", "3.12"], ["note", "collection", "none"], ["BAD", "av", "missing"]]


def test_json_holds_every_finding(as_json: Callable[[Any], Any]) -> None:
    assert as_json(FINDINGS) == [asdict(finding) for finding in FINDINGS]


def test_the_schema_of_the_catalog_is_printed_as_sql_that_makes_it(capsys: pytest.CaptureFixture[str]) -> None:
    tables()
    connection = duckdb.connect()
    connection.execute(capsys.readouterr().out)
    assert {"statements", "decisions", "about"} <= {name for (name,) in connection.execute("SHOW TABLES").fetchall()}
