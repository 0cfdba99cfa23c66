"""How tables are drawn: plain lines for pipes, folded to the width of a terminal, never cut; and how JSON is."""

import os
import pty
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.show import terminal
from pipelines.show.terminal import (
    SHOWN_FAILURES,
    print_reasons,
    print_table,
    printable,
    progress,
    say,
    shown,
    to_people,
)
from schemas.errors import BadInput

WORDS = [f"word{number}" for number in range(40)]
NAMES = ("rater", "kind", "answers", "yes to contrast", "evidence")
ROWS = [
    ["p0123456789abcdef", "person", 1_234_567, 0.5, " ".join(WORDS)],
    ["[bold]b[/bold]", "model", 2, None, ":smile:"],
]
STYLE = re.compile(r"\x1b\[[0-9;]*m")


def on_terminal(columns: int, drawing: str) -> str:
    """What a program prints on a real terminal of that many columns."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm-256color"}
    code = f"from pipelines.show.terminal import print_table\n{drawing}"
    with subprocess.Popen([sys.executable, "-c", code], stdout=theirs, env=environment) as program:
        os.close(theirs)
        printed = b""
        while portion := _read(ours):
            printed += portion
        assert program.wait() == 0
    os.close(ours)
    return printed.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # how Linux says that the other side has closed it
        return b""


def test_off_a_terminal_every_row_is_one_plain_line_of_full_width(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Raters", NAMES, ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["", "Raters"]
    assert re.split(r"  +", lines[2]) == ["rater", "kind", "answers", "yes to contrast", "evidence"]
    assert set(lines[3]) == {"-", " "}
    assert re.split(r"  +", lines[4]) == ["p0123456789abcdef", "person", "1,234,567", "0.500", " ".join(WORDS)]
    assert re.split(r"  +", lines[5]) == ["[bold]b[/bold]", "model", "2", "-", ":smile:"]
    assert len(lines) == 6
    assert not any(line.endswith(" ") or "\x1b" in line for line in lines)


def test_numbers_stand_to_the_right_and_words_to_the_left(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("", ["what", "n"], [["a", 5], ["long", 12_345]])
    assert capsys.readouterr().out.splitlines()[1:] == ["what       n", "----- ------", "a          5", "long  12,345"]


def test_a_column_in_which_nothing_stands_is_left_out_with_its_legend(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("", ["what", "alpha", "gone"], [["a", 0.25, None]], {"alpha": "agreement", "gone": "nothing", "x": "y"})
    assert capsys.readouterr().out.splitlines()[1:] == ["what  alpha", "----- -----", "a     0.250", "alpha: agreement"]


def test_a_table_without_names_has_no_head(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Files", ["", ""], [("files", 3), ("  kept", 1_000)])
    assert capsys.readouterr().out.splitlines() == ["", "Files", "files       3", "  kept  1,000"]


def test_a_table_without_rows_keeps_its_head(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Samples", ["media", "split"], [])
    assert capsys.readouterr().out.splitlines()[:3] == ["", "Samples", "media  split"]


def test_letters_of_two_cells_keep_columns_straight(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("", ["item", "n"], [["怒り.wav", 1], ["a", 22]])
    rows = capsys.readouterr().out.splitlines()[3:]
    assert {sum(2 if unicodedata.east_asian_width(letter) == "W" else 1 for letter in row) for row in rows} == {12}


def test_a_file_name_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("", ["file"], [["evil\x1b[2Jname\r\n.wav"]])
    assert capsys.readouterr().out.splitlines()[-1] == r"evil\x1b[2Jname\r\n.wav"
    assert printable("Grüße 怒り\x07") == "Grüße 怒り\\x07"


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_on_a_terminal_a_table_fits_its_width_and_loses_no_word(columns: int) -> None:
    printed = STYLE.sub("", on_terminal(columns, f"print_table('Raters', {NAMES!r}, {ROWS!r})"))
    lines = printed.splitlines()
    assert max(map(len, lines)) <= columns
    assert all(word in printed.split() for word in [*WORDS, "1,234,567", "0.500", "person", "answers", "contrast"])


def test_on_a_wide_terminal_every_row_is_one_line() -> None:
    printed = on_terminal(500, f"print_table('Raters', {NAMES!r}, {ROWS!r})")
    assert len(printed.splitlines()) == 6
    assert "\x1b[1m" in printed  # the head is bold


@pytest.mark.parametrize("columns", [10, 30])
def test_where_no_folding_helps_lines_are_left_to_the_terminal_uncut(columns: int) -> None:
    printed = STYLE.sub("", on_terminal(columns, f"print_table('Raters', {NAMES!r}, {ROWS!r})"))
    assert " ".join(WORDS) in printed
    assert "p0123456789abcdef" in printed


def test_a_word_longer_than_its_column_goes_on_in_the_next_line() -> None:
    name = "a-very-long-name-of-a-file-without-any-blank-in-it.wav"
    printed = STYLE.sub("", on_terminal(30, f"print_table('', ['file', 'n'], [['{name}', 7]])"))
    lines = printed.splitlines()[3:]
    assert len(lines) > 1
    assert "".join(line.split()[0] for line in lines) == name


def test_reasons_are_counted_the_commonest_first_and_the_rare_ones_together(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_reasons("dropped", {f"reason {n:02}": 1 for n in range(SHOWN_FAILURES + 1)} | {"text\x1b": 1_500})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "  dropped: 1,500 x text\\x1b"
    assert lines[-1] == "  dropped: 2 more, for 2 other reasons"
    assert len(lines) == SHOWN_FAILURES + 1


@dataclass(frozen=True)
class Inner:
    path: Path


@dataclass(frozen=True)
class Outer:
    name: str
    inner: tuple[Inner, ...]
    counts: dict[str, int]
    share: float | None


def test_json_holds_every_field_of_a_result(as_json: Callable[[Any], Any]) -> None:
    result = Outer("Grüße", (Inner(Path("a/b.png")),), {"voice": 2}, None)
    assert as_json(result) == {
        "name": "Grüße",
        "inner": [{"path": "a/b.png"}],
        "counts": {"voice": 2},
        "share": None,
    }
    assert as_json([]) == []


def test_without_json_the_result_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    shown(3, False, lambda number: print(f"{number} files"))
    assert capsys.readouterr().out == "3 files\n"


def test_what_is_said_while_work_goes_on_stays_out_of_what_is_piped(capsys: pytest.CaptureFixture[str]) -> None:
    say("Next: emocurate run")
    with progress("add", "files") as show:
        show(2, 2, "5 MB")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("Next: emocurate run\nadd: 2 of 2 files")
    assert printed.err.endswith("5 MB\n")


def test_each_kind_of_work_has_its_own_total_and_rate_and_none_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("export", "clips") as show:
        show(0, 0, "cutting faces")
        show(1_200, 1_200, "cutting voices")
        show(0, 40, "writing")
        show(40, 40, "writing")
    lines = capsys.readouterr().err.splitlines()
    assert [re.sub(r"[\d,.]+/s", "N/s", line) for line in lines] == [
        "export: 1,200 of 1,200 clips, N/s, cutting voices",
        "export: 40 of 40 clips, N/s, writing",
    ]


def test_while_nothing_is_done_lines_come_ever_more_rarely_and_what_is_done_is_shown_at_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(terminal.time, "monotonic", lambda: now)
    with progress("run", "MB") as show:
        for now in map(float, range(3_600)):
            show(0, 104, f"long.flac for {now:.0f} s")
        assert 10 <= len(capsys.readouterr().err.splitlines()) <= 20
        now += terminal.LINE_EVERY_S
        show(7, 104, "")
    assert capsys.readouterr().err.startswith("run: 7 of 104 MB")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(13, "Permission denied", "/data/cuts"), r"error: /data/cuts may not be opened, .*permissions"),
        (OSError(30, "Read-only file system", "/data"), r"error: /data may not be opened"),
        (OSError(28, "No space left on device", "a.tmp"), r"error: there is no room for a\.tmp .*make room"),
        (OSError(28, "No space left on device"), r"error: there is no room for a file"),
        (FileNotFoundError(2, "No such file or directory", "x\x1b"), r"error: x\\x1b: No such file or directory; when"),
        (OSError("a library's own words"), "error: a library's own words"),
        (
            OSError("[Errno 21] no file 'w'. Detail: [errno 21] Is a directory"),
            r"error: no file 'w'\. Detail: Is a dir",
        ),
        (BadInput("it cannot be had: [Errno -2] Name or service not known"), "error: it cannot be had: Name or serv"),
    ],
)
def test_what_the_system_refuses_names_the_file_and_what_to_do_and_no_number(
    error: Exception, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused() -> None:
        raise error

    with pytest.raises(SystemExit) as ending:
        to_people(refused)
    assert ending.value.code == 1
    printed = capsys.readouterr().err
    assert re.match(told, printed)
    assert "errno" not in printed.casefold()
