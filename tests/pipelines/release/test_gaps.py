"""What a release would lack is said before anything is cut or written, and refused where it is grave."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.release import gaps as lacking
from pipelines.release.balance import Gap
from pipelines.release.export import export
from pipelines.release.gaps import gaps
from pipelines.release.order import Export
from schemas.errors import BadInput
from schemas.sections import ExportSettings
from schemas.settings import Settings

HALVES = ExportSettings(train=0.5, validation=0, test=0.5)


@pytest.fixture
def scratch() -> Iterator[duckdb.DuckDBPyConnection]:
    """40 clips of 20 speakers, each a group: half in train, half in test; `fear` is of one, `joy` of two."""
    with duckdb.connect() as connection:
        connection.execute(
            """CREATE TABLE samples_voice AS
               SELECT 'c' || n AS key, 'a' || n AS asset, 's' || n % 20 AS speaker, NULL::VARCHAR AS reason,
                      NULL::VARCHAR AS form, if(n % 20 < 10, 'train', 'test') AS split FROM range(40) t(n);
               CREATE TABLE asset_groups AS SELECT asset, speaker AS "group" FROM samples_voice;
               CREATE TABLE labels AS
               SELECT key AS clip, 'ekman-1' AS scheme, 'emotion' AS question,
                      CASE speaker WHEN 's3' THEN 'fear' WHEN 's4' THEN 'joy' WHEN 's14' THEN 'joy' END AS value_category
               FROM samples_voice"""
        )
        yield connection


def test_a_class_of_one_speaker_is_named_with_its_split(scratch: duckdb.DuckDBPyConnection) -> None:
    assert gaps(scratch, ["voice"], HALVES) == (
        Gap(
            "voices, emotion: 'fear' has 2 clips, of one speaker alone, in train: a model may learn who it is in its "
            "place, and no other split can tell",
            grave=False,
        ),
    )


def test_a_class_of_one_speaker_with_many_clips_is_grave(scratch: duckdb.DuckDBPyConnection) -> None:
    scratch.execute("UPDATE samples_voice SET speaker = 's3' WHERE split = 'train'")
    scratch.execute(
        "UPDATE labels SET value_category = 'fear' FROM samples_voice s WHERE s.key = clip AND speaker = 's3'"
    )
    assert [gap.grave for gap in gaps(scratch, ["voice"], HALVES) if "'fear' has 20 clips" in gap.what] == [True]


def test_of_speakers_who_are_not_known_and_of_a_corpus_of_one_nothing_is_said(
    scratch: duckdb.DuckDBPyConnection,
) -> None:
    scratch.execute("UPDATE samples_voice SET speaker = NULL WHERE key = 'c3'")
    assert gaps(scratch, ["voice"], HALVES) == ()
    scratch.execute("UPDATE samples_voice SET speaker = 's3'")
    assert gaps(scratch, ["voice"], HALVES) == ()


@pytest.mark.parametrize(("groups", "grave"), [(20, True), (19, False)])
def test_an_empty_split_is_grave_where_there_are_groups_enough_to_fill_it(
    scratch: duckdb.DuckDBPyConnection, groups: int, grave: bool
) -> None:
    scratch.execute("UPDATE samples_voice SET split = 'train'; DELETE FROM labels")
    scratch.execute("DELETE FROM samples_voice WHERE substr(speaker, 2)::INTEGER >= ?", [groups])
    assert gaps(scratch, ["voice"], HALVES) == (
        Gap(
            f"voices: split test is empty, although export.test = 0.5 asks for it: {2 * groups} clips in {groups} groups "
            "of what belongs together went to train",
            grave,
        ),
    )


def test_a_split_that_nobody_asks_for_may_be_empty(scratch: duckdb.DuckDBPyConnection) -> None:
    scratch.execute("UPDATE samples_voice SET split = 'train'; DELETE FROM labels")
    assert gaps(scratch, ["voice"], ExportSettings(train=1, validation=0, test=0)) == ()


def test_what_stays_out_fills_no_split(scratch: duckdb.DuckDBPyConnection) -> None:
    scratch.execute("UPDATE samples_voice SET reason = 'no consent' WHERE split = 'test'; DELETE FROM labels")
    assert [gap.what.split(",")[0] for gap in gaps(scratch, ["voice"], HALVES)] == ["voices: split test is empty"]


def test_a_release_with_grave_gaps_is_refused_before_anything_is_cut_and_written_where_somebody_says_so(
    answered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(export=ExportSettings(train=1, validation=1e-9, test=0))
    monkeypatch.setattr(lacking, "MANY", 1)
    with pytest.raises(BadInput, match=r"(?s)nothing is written.*split validation is empty.*export --allow-gaps"):
        export(Export(answered, settings, draw=False))
    assert not list((answered / "releases").glob("*"))
    assert not list((answered / "cuts" / "clips").rglob("*.flac"))

    said: list[tuple[str, bool]] = []
    done = export(
        Export(
            answered, settings, draw=False, gaps=True,
            say=lambda line: said.append((line, (answered / "releases" / "v1").exists())),
        )
    )  # fmt: skip
    assert [(line[:40], written) for line, written in said] == [
        ("look at: voices: split validation is emp", False),
        ("look at: faces: split validation is empt", False),
    ]
    assert done.gaps == tuple(line.removeprefix("look at: ") for line, _ in said)
    again = export(Export(answered, settings, draw=False))
    assert (again.name, again.new, again.gaps) == ("v1", False, done.gaps)
