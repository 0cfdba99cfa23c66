"""Visits to a database file: the file is held while they last, and nothing of them stays but what was written."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

from pipelines.engine import instances
from pipelines.engine.instances import beside, visit

HELD = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('SELECT 1')"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with one table of one row."""
    with visit(tmp_path / "it's.duckdb") as connection:
        connection.execute("CREATE TABLE numbers AS SELECT 7 AS number")
    return tmp_path / "it's.duckdb"


def is_held(path: Path) -> bool:
    """Whether another process is refused the file."""
    done = subprocess.run([sys.executable, "-c", HELD, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0 or "lock" in done.stderr
    return done.returncode != 0


def test_the_file_is_held_by_the_first_visitor_until_the_last_has_left(path: Path) -> None:
    assert not is_held(path)
    with visit(path) as first:
        with visit(path) as second:
            assert second.execute("SELECT number FROM numbers").fetchall() == [(7,)]
        assert is_held(path)
        assert first.execute("SELECT number FROM numbers").fetchall() == [(7,)]
    assert not is_held(path)


def test_what_a_visit_wrote_is_in_the_file_and_in_no_log_beside_it(path: Path) -> None:
    with visit(path) as connection:
        connection.execute("INSERT INTO numbers VALUES (8)")
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("SELECT sum(number) FROM numbers").fetchall() == [(15,)]


def test_a_visit_that_fails_changes_nothing_and_the_next_one_goes_on(path: Path) -> None:
    with pytest.raises(RuntimeError), visit(path) as connection:  # noqa: PT012 - what is in between is undone
        connection.begin()
        connection.execute("DELETE FROM numbers")
        raise RuntimeError
    with visit(path) as connection:
        assert connection.execute("SELECT number FROM numbers").fetchall() == [(7,)]


def test_no_temporary_table_attached_file_or_limit_outlives_a_visit(path: Path, tmp_path: Path) -> None:
    for _ in range(2):
        with visit(path) as connection:
            limit = connection.execute("SELECT current_setting('memory_limit')").fetchall()
            connection.execute("CREATE TEMP TABLE looked AS SELECT 1")
            connection.execute(f"ATTACH '{tmp_path / 'scratch.duckdb'}' AS scratch")
            connection.execute("SET memory_limit = '200MB'")
    with visit(path) as connection:
        assert connection.execute("SELECT current_setting('memory_limit')").fetchall() == limit
        names = connection.execute("SELECT database_name FROM duckdb_databases() WHERE NOT internal").fetchall()
        assert "scratch" not in {name for (name,) in names}
        with pytest.raises(duckdb.CatalogException):
            connection.execute("SELECT * FROM looked")


def test_an_instance_that_was_visited_often_makes_room_for_a_new_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instances, "MOST_VISITS", 2)
    seen = []
    for _ in range(4):
        with visit(path) as connection, visit(path) as beside_it:
            assert beside_it.execute("SELECT number FROM numbers").fetchall() == [(7,)]
            connection.execute("SELECT 1")
            seen.append(instances._instances[path])
    assert len({id(one) for one in seen}) == 4


def test_a_connection_beside_another_reads_the_same_file(path: Path) -> None:
    with visit(path) as connection:
        assert beside(connection).execute("SELECT number FROM numbers").fetchall() == [(7,)]


def test_what_does_not_fit_into_memory_goes_beside_the_file(path: Path) -> None:
    with visit(path) as connection:
        rows = connection.execute("SELECT current_setting('temp_directory')").fetchall()
    assert rows == [(f"{path}.tmp",)]


def test_a_visit_that_filled_memory_leaves_nothing_beside_the_file_and_the_next_one_may_too(path: Path) -> None:
    for _ in range(2):
        with visit(path) as connection:
            connection.execute("SET memory_limit = '60MB'")
            connection.execute("CREATE TEMP TABLE much AS SELECT md5(range::VARCHAR) AS text FROM range(2000000)")
            assert Path(f"{path}.tmp").exists()
        assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_file_that_is_no_database_is_refused_each_time_until_it_is_one(tmp_path: Path) -> None:
    path = tmp_path / "catalog.duckdb"
    path.write_bytes(b"no database " * 1000)
    for _ in range(2):
        with pytest.raises(duckdb.Error), visit(path):
            pass
    path.unlink()
    with visit(path) as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]


def test_a_file_put_in_the_place_of_another_is_the_one_that_is_read_next(path: Path, tmp_path: Path) -> None:
    with visit(tmp_path / "new.duckdb") as connection:
        connection.execute("CREATE TABLE numbers AS SELECT 9 AS number")
    with visit(path):
        (tmp_path / "new.duckdb").replace(path)
    with visit(path) as connection:
        assert connection.execute("SELECT number FROM numbers").fetchall() == [(9,)]


def test_a_forked_child_visits_on_its_own(path: Path) -> None:
    child = os.fork()
    if child == 0:
        with visit(path) as connection:
            rows = connection.execute("SELECT number FROM numbers").fetchall()
        os._exit(0 if rows == [(7,)] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with visit(path) as connection:
        assert connection.execute("SELECT number FROM numbers").fetchall() == [(7,)]


def test_a_forked_child_ends_as_it_wants_to(path: Path) -> None:
    program = f"""import os, sys; from pathlib import Path; from pipelines.engine.instances import visit
with visit(Path({str(path)!r})): pass
child = os.fork()
if child == 0: sys.exit(3)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"""
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 3


def test_threads_that_visit_many_files_at_once_are_in_nobodys_way(tmp_path: Path) -> None:
    failed: list[Exception] = []

    def look(first: int) -> None:
        try:
            for number in range(first, first + 30):
                with visit(tmp_path / f"{number % 8}.duckdb") as connection:
                    connection.execute("SELECT 1")
        except Exception as error:  # noqa: BLE001  # whatever it is, it is told
            failed.append(error)

    threads = [threading.Thread(target=look, args=(first,)) for first in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_threads_that_visit_at_once_all_write(path: Path) -> None:
    def write() -> None:
        for _ in range(10):
            with visit(path) as connection:
                connection.execute("INSERT INTO numbers VALUES (1)")

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with visit(path) as connection:
        assert connection.execute("SELECT count(*) FROM numbers").fetchall() == [(41,)]


def test_files_that_are_visited_one_after_the_other_share_an_instance_and_each_its_overflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instances, "MOST_VISITS", 10**6)  # however often earlier tests have visited it
    files = [tmp_path / f"{number}.duckdb" for number in range(3)]
    started = set()
    for path in (*files, *files):
        with visit(path) as connection:
            told = connection.execute("SELECT current_setting('temp_directory')").fetchall()
            assert told == [(f"{path}.tmp",)]
            started.add(id(instances._instances[path]))
    assert len(started) == 1


def test_an_instance_that_overflowed_is_of_no_other_file(path: Path, tmp_path: Path) -> None:
    with visit(path) as connection:
        connection.execute("SET memory_limit = '60MB'")
        connection.execute("CREATE TEMP TABLE much AS SELECT md5(range::VARCHAR) AS text FROM range(2000000)")
    with visit(tmp_path / "other.duckdb") as connection:
        told = connection.execute("SELECT current_setting('temp_directory')").fetchall()
        assert told == [(f"{tmp_path / 'other.duckdb'}.tmp",)]
        connection.execute("CREATE TEMP TABLE much AS SELECT md5(range::VARCHAR) AS text FROM range(2000000)")
