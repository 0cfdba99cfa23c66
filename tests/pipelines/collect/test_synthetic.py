"""Synthetic media: candidates stay together with their ranks, and the generator's terms are terms of their own."""

from pathlib import Path

import pytest

from pipelines import collection
from pipelines.collect.add import Intake, add
from pipelines.collect.metadata import read_metadata
from pipelines.collect.sources import with_terms
from pipelines.engine.catalog import Catalog
from schemas.errors import BadInput, BadSetting
from schemas.generators import generator_of, generators
from schemas.media import Source

SYNTHETIC = Source("synthetic", "CC-BY-4.0")


def manifest(media: Path, *lines: str, columns: str = "file_name,model,prompt,voice,requested,rank") -> Path:
    path = media.parent / "manifest.csv"
    path.write_text("\n".join([columns, *lines]), "utf-8")
    return path


def brought(home: Path, media: Path, table: Path, reason: str | None = None) -> None:
    told = with_terms(read_metadata(table, {}), SYNTHETIC, (), reason)
    add(Intake(home, SYNTHETIC, told, collection.find(home).people, table=table), [media])


def generator_terms(home: Path) -> list[tuple[object, ...]]:
    return Catalog(home).rows(
        "SELECT DISTINCT basis, licence FROM rights_in_force WHERE layer = 'generator' ORDER BY ALL"
    )


def test_candidates_of_one_prompt_are_one_group_with_their_ranks(home: Path, media: Path) -> None:
    lines = [f"tone-{n}.wav,kokoro-82m,say it gladly,af,joy,{n + 1}" for n in range(3)]
    brought(home, media, manifest(media, *lines, "tone-3.wav,kokoro-82m,say it sadly,af,sadness,1"))
    rows = Catalog(home).rows("""SELECT "group", list(rank ORDER BY rank) FROM takes GROUP BY ALL ORDER BY 2""")
    assert [ranks for _, ranks in rows] == [[1], [1, 2, 3]]


def test_magnitude_and_polarity_pairs_are_kept(home: Path, media: Path) -> None:
    columns = "file_name,model,magnitude,strength,polarity,pole"
    lines = ["tone-0.wav,kokoro,m1,1,,", "tone-1.wav,kokoro,m1,2,p1,positive", "tone-2.wav,kokoro,,,p1,negative"]
    brought(home, media, manifest(media, *lines, columns=columns))
    assert Catalog(home).rows("""SELECT kind, "group", rank FROM takes ORDER BY ALL""") == [
        ("magnitude", "m1", 1),
        ("magnitude", "m1", 2),
        ("polarity", "p1", -1),
        ("polarity", "p1", 1),
    ]


def test_what_was_requested_is_no_label(home: Path, media: Path) -> None:
    brought(home, media, manifest(media, "tone-0.wav,kokoro,say it,af,joy,1"))
    assert Catalog(home).rows("SELECT count(*) FROM answers") == [(0,)]
    assert Catalog(home).rows("SELECT requested FROM described WHERE requested IS NOT NULL") == [("joy",)]


def test_terms_that_forbid_bear_a_licence_no_release_may_have(home: Path, media: Path) -> None:
    brought(home, media, manifest(media, "tone-0.wav,gpt-4o-audio-preview,p,ash,joy,1"))
    assert generator_terms(home) == [("licence", "LicenseRef-Generator-Forbids-OpenAI")]


def test_terms_that_are_free_add_nothing(home: Path, media: Path) -> None:
    brought(home, media, manifest(media, "tone-0.wav,hexgrad/Kokoro-82M,p,af,joy,1"))
    assert generator_terms(home) == [("public-domain", None)]


def test_a_generator_nobody_knows_needs_a_typed_reason(home: Path, media: Path) -> None:
    table = manifest(media, "tone-0.wav,our-own-tts-3,p,x,joy,1")
    with pytest.raises(BadSetting, match="'our-own-tts-3'.*--generator-terms"):
        brought(home, media, table)
    assert Catalog(home).rows("SELECT count(*) FROM statements") == [(0,)]
    brought(home, media, table, "trained by us, see docs/models.md")
    assert generator_terms(home) == [("public-domain", None)]


def test_terms_that_stay_unknown_are_for_labelling_only(home: Path, media: Path) -> None:
    brought(home, media, manifest(media, "tone-0.wav,our-own-tts-3,p,x,joy,1"), "unknown")
    assert generator_terms(home) == [("licence", "LicenseRef-Generator-Terms-Unknown")]


@pytest.mark.parametrize(("column", "cell"), [("rank", "first"), ("strength", "-2"), ("pole", "up")])
def test_a_place_in_a_group_that_is_none_is_refused_before_a_byte_is_read(
    home: Path, media: Path, column: str, cell: str
) -> None:
    table = manifest(media, f"tone-0.wav,kokoro,{cell}", columns=f"file_name,model,{column}")
    with pytest.raises(BadInput, match=f"{column} '{cell}'"):
        brought(home, media, table)


def test_every_entry_of_the_table_says_where_and_when_it_was_read() -> None:
    for known in generators():
        assert known.terms.startswith("https://")
        assert known.read_at.startswith("https://")
        assert known.read_on.startswith("20")
    assert generator_of("someone/XTTS-v2") is not None
    assert generator_of("gpt") is None
