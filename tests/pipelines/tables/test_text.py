"""Text comes in whatever it is written with: encodings, line ends, control characters, gzip."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.errors import BadInput, BadSetting
from tests.pipelines.tables.reading import LONG, ROWS, TEXT, cells, read, staged, written


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.rstrip("\n").encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.replace("c1,ann", "c1\x00,a\x07nn").encode(),
        TEXT.replace("c1,ann", "  c1 ,\tann").encode(),
        (TEXT + "\n\n").encode(),
        TEXT.replace(",", ";").encode(),
        TEXT.replace(",", "|").encode(),
        TEXT.replace("c1,ann", '"c1","ann"').encode(),
        gzip.compress(TEXT.encode()),
    ],
    ids=["crlf", "cr", "no last newline", "mark", "utf-16", "utf-16 without mark", "control characters", "space"]
    + ["empty lines at the end", "semicolons", "bars", "quotes", "gzip"],
)
def test_text_comes_in_whatever_it_is_written_with(tmp_path: Path, text: bytes) -> None:
    assert cells(written(tmp_path, text)) == ROWS


@pytest.mark.parametrize(("encoding", "clip"), [("cp1252", "Müller’s"), ("latin-1", "caf\xe9\x81"), ("utf-8", "日本")])
def test_encodings_are_told_apart(tmp_path: Path, encoding: str, clip: str) -> None:
    path = written(tmp_path, TEXT.replace("c2", clip).encode(encoding))
    assert cells(path)[-1][0] == clip.replace("\x81", "")


def test_an_encoding_can_be_named(tmp_path: Path) -> None:
    path = written(tmp_path, TEXT.replace("c2", "я").encode("cp1251"))
    tables, rows = staged([path], replace(LONG, encoding="cp1251"))
    assert rows[-1] == (4, "я", "ann", "Fear")
    assert tables.files[0].encoding == "cp1251"


def test_an_encoding_that_does_not_fit_or_exist_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "clip,who,label\nм,ann,fear\n".encode("cp1251"))
    with pytest.raises(BadInput, match="--encoding"):
        cells(path, replace(LONG, encoding="utf-8"))
    with pytest.raises(BadSetting, match="not known"):
        cells(path, replace(LONG, encoding="klingon"))


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"PK\x03\x04 and more", "a workbook or zip archive"), (bytes(range(256)) * 8, "is binary")],
)
def test_what_is_no_text_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read(written(tmp_path, content))


def test_a_packed_file_that_is_cut_short_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot read .*table\.csv\.gz"):
        read(written(tmp_path, gzip.compress(TEXT.encode() * 100)[:-20], "table.csv.gz"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot read .*none\.csv: No such file"):
        read(tmp_path / "none.csv")
