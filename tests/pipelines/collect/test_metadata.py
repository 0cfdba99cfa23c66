"""A metadata table is read whatever its form, and a wrong one is told."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from pipelines.collect.metadata import metadata_of, read_metadata
from schemas.errors import BadInput, BadSetting


def test_columns_are_found_by_their_usual_names(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("Filename,Text,Emotion\na.wav,Hi,joy\n")
    assert read_metadata(tmp_path / "m.csv", {}).of("a.wav") == {"transcript": "Hi", "requested": "joy"}


def test_columns_can_be_mapped(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("clip,who\na.wav,Bob\n")
    assert read_metadata(tmp_path / "m.csv", {"path": "clip", "speaker": "who"}).of("a.wav") == {"speaker": "Bob"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_usual_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "m.csv").write_bytes("path,text\r\na.wav,Grüße".encode(encoding))
    assert read_metadata(tmp_path / "m.csv", {}).of("a.wav") == {"transcript": "Grüße"}


def test_tabs_and_parquet_are_read(tmp_path: Path) -> None:
    (tmp_path / "m.tsv").write_text("path\ttext\na.wav\tone, two\n")
    assert read_metadata(tmp_path / "m.tsv", {}).of("a.wav") == {"transcript": "one, two"}
    pq.write_table(pa.table({"path": ["a.wav"], "seed": [7]}), tmp_path / "m.parquet")
    assert read_metadata(tmp_path / "m.parquet", {}).of("a.wav") == {"seed": "7"}


def test_a_bare_name_never_speaks_for_a_file_further_down(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("path,text\na.wav,one\nb/c.wav,two\n")
    told = read_metadata(tmp_path / "m.csv", {})
    assert told.of("deep/a.wav") == {}
    assert told.of("a.wav") == {"transcript": "one"}
    assert told.of("b/c.wav") == {"transcript": "two"}
    assert told.unmatched == []


def test_paths_may_be_absolute_or_relative_to_the_table(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(f"path;text\nrec/a.wav;one\n{tmp_path / 'rec' / 'b.wav'};two\n")
    told = read_metadata(tmp_path / "m.csv", {})
    assert told.of("a.wav", tmp_path / "rec" / "a.wav") == {"transcript": "one"}
    assert told.of("b.wav", tmp_path / "rec" / "b.wav") == {"transcript": "two"}


def test_a_table_without_rows_is_told(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("path,text\n")
    with pytest.raises(BadInput, match="holds no rows"):
        read_metadata(tmp_path / "m.csv", {})


def test_a_table_without_names_is_told(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("clip,text\na,b\n")
    with pytest.raises(BadInput, match="map one with --columns path=NAME"):
        read_metadata(tmp_path / "m.csv", {})


def test_a_column_nobody_knows_is_told_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("path,text\na,b\n")
    with pytest.raises(BadSetting, match="did you mean 'speaker'"):
        read_metadata(tmp_path / "m.csv", {"speker": "text"})
    with pytest.raises(BadInput, match="has no column 'txt'; did you mean 'text'"):
        read_metadata(tmp_path / "m.csv", {"transcript": "txt"})


def test_a_table_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "m.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(BadInput, match="not a Parquet table"):
        read_metadata(tmp_path / "m.parquet", {})


def test_the_metadata_of_an_audio_folder_is_read_from_json_lines(tmp_path: Path) -> None:
    (tmp_path / "metadata.jsonl").write_text('{"file_name": "a.wav", "text": "Hi", "emotion": "joy"}\n', "utf-8")
    assert read_metadata(tmp_path / "metadata.jsonl", {}).of("a.wav") == {"transcript": "Hi", "requested": "joy"}


@pytest.mark.parametrize(("theirs", "ours"), [("cafe\u0301.wav", "caf\u00e9.wav"), ("caf\u00e9.wav", "cafe\u0301.wav")])
def test_names_match_whether_accents_are_letters_of_their_own_or_not(tmp_path: Path, theirs: str, ours: str) -> None:
    (tmp_path / "m.csv").write_text(f"path,speaker\n{theirs},S1\n", "utf-8")
    told = read_metadata(tmp_path / "m.csv", {})
    assert told.of(ours) == {"speaker": "S1"}
    assert told.unmatched == []


def test_two_files_whose_names_differ_only_in_that_have_rows_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("path,speaker\ncafe\u0301.wav,S1\ncaf\u00e9.wav,S2\n", "utf-8")
    told = read_metadata(tmp_path / "m.csv", {})
    assert [told.of(name)["speaker"] for name in ("cafe\u0301.wav", "caf\u00e9.wav")] == ["S1", "S2"]


def test_of_a_name_that_did_not_come_the_nearest_that_came_is_known(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("path,speaker\nclip_01.WAV,S1\n")
    told = read_metadata(tmp_path / "m.csv", {})
    told.of("other.flac")
    told.of("clip_01.wav")
    assert told.nearest == "clip_01.wav"


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ('{"file_name": "a.wav", "speaker_id": "S1", "transcription": "Hi"}', ""),
        ("client_id\tpath\tsentence\tlocale", "S1\ta.wav\tHi\ten"),
    ],
)
def test_the_columns_of_audio_folder_and_common_voice_are_known(tmp_path: Path, header: str, row: str) -> None:
    (tmp_path / ("m.tsv" if row else "metadata.jsonl")).write_text(f"{header}\n{row}", "utf-8")
    told = read_metadata(next(tmp_path.iterdir()), {}).of("a.wav")
    assert (told["speaker"], told["transcript"]) == ("S1", "Hi")


def test_packed_and_arrow_tables_are_read(tmp_path: Path) -> None:
    (tmp_path / "m.csv.gz").write_bytes(gzip.compress(b"path,text\na.wav,one\n"))
    feather.write_feather(pa.table({"path": ["a.wav"], "text": ["one"]}), str(tmp_path / "m.feather"))
    for name in ("m.csv.gz", "m.feather"):
        assert read_metadata(tmp_path / name, {}).of("a.wav") == {"transcript": "one"}


def test_columns_nobody_asked_for_are_named(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("path,text,mood,age\na.wav,one,blue,\n")
    assert read_metadata(tmp_path / "m.csv", {}).unused == ("mood", "age")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("path,text\na.wav,one,two\n", "line 2: 3 cells; expected 2"),
        ('path,text\na.wav,"one\n', "line 2: a quote is opened and not closed"),
        ("path,text,Text\na.wav,one,two\n", "2 columns called 'text', number 2 and 3"),
        ("path,text\na.wav,one\n,two\n", "line 3: 'path' is empty; name the file, or take out the line"),
        ("path,text\na.wav,one\na.wav,one\na.wav,two\n", "line 4: 'a.wav' is described on an earlier line"),
    ],
)
def test_a_line_that_would_be_lost_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(BadInput, match=said):
        read_metadata(tmp_path / "m.csv", {})


def test_the_same_line_twice_and_empty_lines_are_no_fault(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("path,text\na.wav,one\n\n,\na.wav,one\n")
    assert read_metadata(tmp_path / "m.csv", {}).of("a.wav") == {"transcript": "one"}


def test_a_licence_in_a_table_that_is_none_costs_no_file_and_is_told_with_the_nearest(tmp_path: Path) -> None:
    table = tmp_path / "files.csv"
    table.write_text("path,licence\na.wav,CC-BY-4.O\nb.wav,CC-BY-4.0\nc.wav,CC-BY-4.O\n")
    said: list[str] = []
    assert len(metadata_of(table, {}, said.append).rows) == 3
    assert len(said) == 1
    assert "licence 'CC-BY-4.O' is taken as it is and allows no publishing: did you mean 'CC-BY-4.0'?" in said[0]
