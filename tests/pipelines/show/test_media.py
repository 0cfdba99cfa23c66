"""What `init`, `add` and `run` say."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from pipelines import collection
from pipelines.collect.add import Added
from pipelines.collect.statements import Correction
from pipelines.find.run import Tally
from pipelines.show.media import added, begun, ran, under_way
from pipelines.show.terminal import SHOWN_FAILURES

RENAMED = Correction("b.wav", "licence", "CC0-1.0", "CC-BY-4.0")
INTAKE = Added(
    10, 6, 5, 9_000, {"not media: text": 3}, ["a.wav: cut short\x1b[2J"], ["gone.wav", "lost.wav"], [RENAMED], ["c.wav"]
)


def test_a_new_collection_is_named_with_what_comes_next(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begun(collection.find(home), was_there=False)
    printed = capsys.readouterr().err
    assert f"Collection 'test' in {home.resolve()} is new; its settings are in emocurate.toml." in printed
    assert "Next: emocurate add FOLDER" in printed
    begun(collection.find(home), was_there=True)
    assert "was there already; its settings are as they were in emocurate.toml." in capsys.readouterr().err


def test_files_that_were_added_end_as_kept_dropped_or_failed(capsys: pytest.CaptureFixture[str]) -> None:
    added(INTAKE)
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        "10 files: 6 taken in (5 new), 3 dropped, 1 failed",
        "  dropped: 3 x not media: text",
        r"  failed: a.wav: cut short\x1b[2J",
        "  b.wav: licence CC0-1.0 → CC-BY-4.0",
        "  1 file with sources that contradict each other, first 'c.wav': withheld from releases until you say "
        "who granted what: emocurate rights resolve FILE --licence X --evidence … [--layer L]",
        "  the metadata table names 2 files that did not come, first 'gone.wav'",
    ]
    assert printed.err == "Next: emocurate run\n"


def test_media_without_a_basis_are_pointed_out(capsys: pytest.CaptureFixture[str]) -> None:
    added(replace(INTAKE, unlicensed=10))
    assert (
        "10 files without a basis: to be labelled, never published; say --licence or --basis" in capsys.readouterr().err
    )


def test_names_that_do_not_match_and_tables_that_nobody_read_are_pointed_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    added(replace(INTAKE, nearest="Gone.WAV", tables=["in/metadata.jsonl"]))
    printed = capsys.readouterr().out
    assert "first 'gone.wav'; is it 'Gone.WAV'?" in printed
    assert "in/metadata.jsonl; say --metadata in/metadata.jsonl" in printed


def test_of_many_failures_the_first_are_shown_and_how_to_see_all(capsys: pytest.CaptureFixture[str]) -> None:
    added(Added(files=SHOWN_FAILURES + 3, failed=["broken"] * (SHOWN_FAILURES + 3)))
    printed = capsys.readouterr().out
    assert printed.count("failed: broken") == SHOWN_FAILURES
    assert "failed: and 3 more; all of them: emocurate status --files" in printed


def test_an_intake_of_nothing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    added(Added())
    assert capsys.readouterr().out == "nothing found: there is no file in what was named\n"


def test_a_run_counts_clips_and_points_to_open_failures(capsys: pytest.CaptureFixture[str]) -> None:
    ran(Tally(total=1_200, files=1_200, dropped=2, failed=3, clips=4_000, open=5))
    printed = capsys.readouterr()
    assert printed.out == "1,200 files: 4,000 clips found, 2 dropped, 3 failed\n"
    assert "5 failed, those of earlier runs among them; reasons: emocurate status" in printed.err
    assert "emocurate run --retry" in printed.err


def test_what_there_is_one_of_is_no_plural_and_what_there_is_none_of_is_not_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    added(Added(files=1, kept=1, new=1, unmatched=["gone.wav"]))
    ran(Tally(total=1, files=1, clips=1))
    printed = capsys.readouterr().out.splitlines()
    assert printed == [
        "1 file: 1 taken in (1 new), 0 dropped, 0 failed",
        "  the metadata table names 1 file that did not come, first 'gone.wav'",
        "1 file: 1 clip found",
    ]


def test_a_run_with_nothing_to_do_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    ran(Tally(to_ask=3))
    printed = capsys.readouterr()
    assert printed.out == "nothing to do: every file is up to date\n"
    assert printed.err == "Next: emocurate studio, then emocurate push\n"


def test_how_far_a_run_is_is_told_in_megabytes_with_the_file_that_takes_long() -> None:
    tally = Tally(total=9, files=3, clips=1_200, bytes=120_600_000, total_bytes=400_000_001)
    assert under_way(tally, "") == (120, 401, "3 of 9 files, 1,200 clips")
    assert under_way(tally, "a\x1b.mp4 for 40 s")[2] == r"3 of 9 files, 1,200 clips, a\x1b.mp4 for 40 s"
    assert under_way(replace(tally, files=9), "")[:2] == (401, 401)


def test_where_nothing_is_left_to_ask_nobody_is_sent_to_push(capsys: pytest.CaptureFixture[str]) -> None:
    ran(Tally(total=4, files=4, to_ask=0))
    printed = capsys.readouterr().err
    assert "nothing to push" in printed
    assert "Next:" not in printed


def test_where_nothing_was_taken_in_nothing_comes_next(capsys: pytest.CaptureFixture[str]) -> None:
    added(Added(files=2, dropped={"not media: text": 2}))
    assert "Next:" not in capsys.readouterr().err


def test_json_of_add_and_run_has_every_count(as_json: Callable[[Any], Any]) -> None:
    assert as_json(INTAKE) == asdict(INTAKE)
    assert as_json(Tally(total=2, files=2, clips=7)) == {
        "total": 2, "files": 2, "dropped": 0, "failed": 0, "clips": 7, "open": 0, "bytes": 0, "total_bytes": 0, "to_ask": None,
        "copies": 0,
    }  # fmt: skip
