"""The leak report: known links cross nothing, what nobody measured is unknown, what was missed is estimated."""

from collections.abc import Iterator

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from pipelines.release.leaks import REPEATED, leaks, part_repeated
from pipelines.release.missed import COPIES, VOICES
from schemas.errors import BadInput
from schemas.release import Leak
from schemas.sections import ExportSettings

SETTINGS = ExportSettings()
APART = 1 - 0.8**2 - 0.1**2 - 0.1**2  # the chance that two clips are in two splits


@pytest.fixture
def scratch() -> Iterator[DuckDBPyConnection]:
    """Three clips of two recordings in train and one in test, none of them linked."""
    connection = duckdb.connect()
    connection.execute(
        """CREATE TABLE samples_voice AS SELECT * FROM (VALUES ('k1', 'train', 'a', NULL::VARCHAR), ('k2', 'train', 'a', NULL),
                                  ('k3', 'train', 'b', NULL), ('k4', 'test', 'c', NULL)) t(key, split, asset, reason);
           CREATE TABLE links (asset VARCHAR, clip VARCHAR, kind VARCHAR, key VARCHAR);
           CREATE TABLE measured AS SELECT unnest(['a', 'b']) AS asset;
           CREATE TABLE folded (clip VARCHAR, modality VARCHAR, key VARCHAR);
           CREATE TABLE rates (kind VARCHAR, value VARCHAR)"""
    )
    yield connection
    connection.close()


def test_pairs_within_a_split_are_linked_and_none_crosses(scratch: DuckDBPyConnection) -> None:
    scratch.execute("INSERT INTO links VALUES ('a', NULL, 'speaker', 'anna'), ('b', NULL, 'speaker', 'anna')")
    told = {leak.kind: leak for leak in leaks(scratch, ["voice"], SETTINGS)}
    assert (told["speaker"].known, told["speaker"].unknown) == (3, 1)
    assert (told["speaker"].linked, told["speaker"].crossing) == (3, 0)
    assert (told["recording"].known, told["recording"].linked) == (4, 1)


def test_a_known_link_that_crosses_stops_the_release(scratch: DuckDBPyConnection) -> None:
    scratch.execute("INSERT INTO links VALUES ('a', NULL, 'speaker', 'anna'), ('c', NULL, 'speaker', 'anna')")
    with pytest.raises(BadInput, match="leak: 2 pairs of one speaker"):
        leaks(scratch, ["voice"], SETTINGS)


def test_what_nobody_measured_is_unknown(scratch: DuckDBPyConnection) -> None:
    told = {leak.kind: leak for leak in leaks(scratch, ["voice"], SETTINGS)}
    assert (told["duplicate"].known, told["duplicate"].unknown) == (3, 1)
    assert (told["face"].known, told["face"].unknown) == (0, 4)
    assert told["face"].missed == "not measured"


def duplicates(scratch: DuckDBPyConnection, settings: ExportSettings = SETTINGS) -> Leak:
    (told,) = [leak for leak in leaks(scratch, ["voice"], settings) if leak.kind == "duplicate"]
    return told


def test_missed_copies_are_estimated_from_those_found_with_an_interval(scratch: DuckDBPyConnection) -> None:
    scratch.execute("INSERT INTO links VALUES (NULL, 'k1', 'repeated', 'k1'), (NULL, 'k3', 'repeated', 'k1')")
    told = duplicates(scratch)
    share = COPIES["voice"].missed / (COPIES["voice"].of - COPIES["voice"].missed)
    assert told.expected == round(share * APART, 3)
    assert 0 < (told.least or 0) < told.expected < (told.most or 0) < 0.1


def test_copies_that_stay_out_for_being_some_count_as_found(scratch: DuckDBPyConnection) -> None:
    scratch.execute("INSERT INTO links VALUES (NULL, 'k1', 'repeated', 'k1')")
    before = duplicates(scratch)
    scratch.execute("INSERT INTO folded SELECT 'f' || n, 'voice', 'k1' FROM range(50) t(n)")
    scratch.execute("INSERT INTO folded VALUES ('x1', 'voice', 'x'), ('x2', 'voice', 'x')")  # of what is not released
    told = duplicates(scratch)
    assert before.expected == 0
    assert told.linked == before.linked == 0
    assert told.expected is not None
    assert told.expected > 10


def test_it_is_said_where_a_rate_is_known_from(scratch: DuckDBPyConnection) -> None:
    scratch.execute("INSERT INTO links VALUES ('a', NULL, 'voice', 'v'), ('b', NULL, 'voice', 'v')")
    rates = {leak.kind: leak.rates for leak in leaks(scratch, ["voice"], SETTINGS)}
    assert rates["duplicate"] == (str(COPIES["voice"]),)  # there are no faces
    assert rates["voice"] == (str(VOICES),)  # nobody is told
    assert rates["face"] == rates["speaker"] == ()
    scratch.execute("""INSERT INTO rates VALUES ('voice', '{"missed":10,"mixed":0,"other":9,"same":100}')""")
    rates = {leak.kind: leak.rates for leak in leaks(scratch, ["voice"], SETTINGS)}
    assert "10 of 100 pairs of clips of one voice, of people who are told in this collection" in rates["voice"][0]


def test_missed_voices_are_estimated_from_the_people_who_were_told_in_this_collection(
    scratch: DuckDBPyConnection,
) -> None:
    scratch.execute("INSERT INTO links VALUES ('a', NULL, 'voice', 'v'), ('b', NULL, 'voice', 'v')")
    scratch.execute("""INSERT INTO rates VALUES ('voice', '{"missed":10,"mixed":0,"other":9,"same":100}')""")
    (told,) = [leak for leak in leaks(scratch, ["voice"], SETTINGS) if leak.kind == "voice"]
    assert told.expected == round(3 * 10 / 90 * APART, 3)
    assert (told.least or 0) < told.expected < (told.most or 0)


def test_clips_of_repeated_content_stay_in_one_split(scratch: DuckDBPyConnection) -> None:
    scratch.execute(
        "INSERT INTO links VALUES (NULL, 'k1', 'repeated', 'x'), (NULL, 'k3', 'repeated', 'x'), (NULL, 'k4', 'repeated', 'x')"
    )
    part_repeated(scratch, ["voice"])
    assert scratch.execute("SELECT key FROM samples_voice WHERE reason = ?", [REPEATED]).fetchall() == [("k4",)]


def test_a_release_of_nothing_has_no_report(scratch: DuckDBPyConnection) -> None:
    assert leaks(scratch, [], SETTINGS) == ()
