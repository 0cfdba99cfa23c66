"""Statements about rights: whose word counts, what a conflict is, and how it is settled."""

from pathlib import Path

import pytest

from pipelines import collection
from pipelines.collect.add import Intake, add
from pipelines.collect.metadata import Metadata
from pipelines.collect.rights import resolve
from pipelines.collect.sources import licences_from, source_from
from pipelines.engine.catalog import Catalog
from schemas.errors import BadInput, BadSetting
from schemas.media import Source

NC, CC0, BY = Source("licence", "CC-BY-NC-4.0"), Source("licence", "CC0-1.0"), Source("licence", "CC-BY-4.0")


def say(home: Path, media: Path, source: Source, row: dict[str, str] | None = None, *layers: Source) -> list[str]:
    """Add one file, with a row of a table about it or without; gives the names that are in conflict now."""
    table = Metadata({media.name: row} if row else {})
    return add(Intake(home, source, table, collection.find(home).people, layers=layers), [media]).conflicts


def rights(home: Path) -> tuple[object, ...]:
    return Catalog(home).rows("SELECT licence, conflict FROM rights ORDER BY asset LIMIT 1")[0]


@pytest.fixture
def tone(media: Path) -> Path:
    return media / "tone-0.wav"


@pytest.mark.parametrize("sources", [(NC, CC0), (CC0, NC)])
def test_the_same_bytes_under_two_licences_are_a_conflict_and_the_strictest_holds(
    sources: tuple[Source, Source], home: Path, tone: Path
) -> None:
    assert say(home, tone, sources[0]) == []
    assert say(home, tone, sources[1]) == ["tone-0.wav"]
    assert rights(home) == ("CC-BY-NC-4.0", True)


def test_the_same_bytes_under_another_name_are_the_same_file_to_the_law(home: Path, tone: Path) -> None:
    say(home, tone, NC)
    copy = tone.with_name("copy.wav")
    copy.write_bytes(tone.read_bytes())
    say(home, copy, CC0)
    assert rights(home) == ("CC-BY-NC-4.0", True)


@pytest.mark.parametrize("first", [True, False])
def test_a_batch_does_not_overrule_what_a_table_says_of_a_file_itself(first: bool, home: Path, tone: Path) -> None:
    own = {"licence": "CC-BY-NC-4.0", "attribution": "Studio A"}
    calls = [lambda: say(home, tone, BY, own), lambda: say(home, tone, BY)]
    for call in calls if first else reversed(calls):
        assert call() == []
    row = Catalog(home).rows("SELECT licence, attribution, conflict FROM rights WHERE licence IS NOT NULL")
    assert row == [("CC-BY-NC-4.0", "Studio A", False)]


def test_two_tables_that_contradict_each_other_are_a_conflict(home: Path, tone: Path) -> None:
    say(home, tone, Source("unknown"), {"licence": "CC-BY-4.0"})
    assert say(home, tone, Source("unknown"), {"licence": "CC0-1.0"}) == ["tone-0.wav"]
    assert rights(home) == ("CC-BY-4.0", True)


def test_who_gives_no_basis_says_nothing_about_rights(home: Path, tone: Path) -> None:
    say(home, tone, BY)
    assert say(home, tone, Source("unknown")) == []
    assert rights(home) == ("CC-BY-4.0", False)


def test_two_sources_of_the_same_terms_are_both_named(home: Path, tone: Path) -> None:
    for name in ("Studio B", "Studio A"):
        assert (
            say(home, tone, Source("licence", "cc-by-4.0" if name > "Studio A" else "CC-BY-4.0", attribution=name))
            == []
        )
    assert Catalog(home).rows("SELECT attribution FROM rights WHERE licence IS NOT NULL") == [("Studio A; Studio B",)]


def test_a_resolution_settles_what_was_said_and_the_same_said_again_changes_nothing(home: Path, tone: Path) -> None:
    say(home, tone, NC)
    say(home, tone, CC0)
    granted = Source("licence", "CC0-1.0", evidence="letter of 3 May 2026, folder 7")
    done = resolve(home, "tone-0.wav", granted)
    assert (done.before, done.licence, done.new) == (
        (("licence", "CC-BY-NC-4.0"), ("licence", "CC0-1.0")),
        "CC0-1.0",
        True,
    )
    assert rights(home) == ("CC0-1.0", False)
    assert say(home, tone, NC) == []
    assert rights(home) == ("CC0-1.0", False)
    assert not resolve(home, "tone-0.wav", granted).new


def test_what_is_new_after_a_resolution_is_a_conflict_again(home: Path, tone: Path) -> None:
    say(home, tone, CC0)
    resolve(home, "tone-0.wav", Source("licence", "CC-BY-4.0", evidence="letter"))
    assert say(home, tone, NC) == ["tone-0.wav"]
    assert rights(home) == ("CC-BY-NC-4.0", True)


def test_a_resolution_needs_evidence_a_basis_and_a_file_that_is_known(home: Path, tone: Path) -> None:
    say(home, tone, BY)
    with pytest.raises(BadSetting, match="--evidence"):
        resolve(home, "tone-0.wav", BY)
    with pytest.raises(BadSetting, match="--licence"):
        resolve(home, "tone-0.wav", Source("unknown", evidence="letter"))
    with pytest.raises(BadInput, match=r"did you mean 'tone-0\.wav'"):
        resolve(home, "tone0.wav", Source("licence", "CC0-1.0", evidence="letter"))


def test_the_terms_of_layers_add_up_and_do_not_contradict_each_other(home: Path, tone: Path) -> None:
    recording, layers = licences_from(["CC0-1.0", "text=CC-BY-NC-4.0", "performance=CC-BY-4.0"])
    assert say(home, tone, Source("licence", recording), None, *layers) == []
    terms = Catalog(home).rows("SELECT layer, licence, conflict FROM terms ORDER BY layer")
    assert terms == [
        ("performance", "CC-BY-4.0", False),
        ("recording", "CC0-1.0", False),
        ("text", "CC-BY-NC-4.0", False),
    ]
    assert rights(home) == ("CC0-1.0", False)


@pytest.mark.parametrize("given", [["tex=CC0-1.0"], ["CC0-1.0", "CC-BY-4.0"], ["text=CC0-1.0", "text=CC-BY-4.0"]])
def test_licences_of_unknown_layers_and_two_of_one_layer_are_refused(given: list[str]) -> None:
    with pytest.raises(BadSetting, match="--licence"):
        licences_from(given)


@pytest.mark.parametrize("given", ["CC-BY-4.O", "text=CCBY", "Creative Commons", "our own terms"])
def test_a_licence_that_is_none_is_refused_where_it_is_typed(given: str) -> None:
    with pytest.raises(BadSetting, match=r"--licence .*LicenseRef-NAME"):
        licences_from([given])
    with pytest.raises(BadSetting, match=r"--licence .*LicenseRef-NAME"):
        source_from(None, given, None, [])


def test_a_consent_without_annotation_keeps_a_file_from_raters_and_any_such_source_does(home: Path, tone: Path) -> None:
    say(home, tone, Source("consent", scopes=("publish",)))
    query = "SELECT may_annotate FROM rights WHERE basis = 'consent'"
    assert Catalog(home).rows(query) == [(False,)]
    say(home, tone, Source("consent", scopes=("annotate", "publish")))
    assert Catalog(home).rows(query) == [(False,)]


STRICT = ["CC-BY-NC-ND-4.0", "CC-BY-ND-4.0", "CC-BY-NC-SA-4.0", "CC-BY-NC-4.0", "CC-BY-SA-4.0", "CC-BY-4.0", "CC0-1.0"]


def test_licences_are_ordered_by_what_they_forbid(home: Path) -> None:
    query = "SELECT strictness('licence', ?, []::VARCHAR[])"
    ranks = [Catalog(home).rows(query, [licence])[0][0] for licence in ["LicenseRef-Own", *STRICT]]
    assert ranks == sorted(ranks, reverse=True)
    assert len(set(ranks)) == len(ranks)


def test_a_resolution_of_a_layer_that_is_in_no_conflict_is_refused_with_the_one_that_is(home: Path, tone: Path) -> None:
    say(home, tone, BY, None, Source("licence", "CC-BY-NC-4.0", layer="text"))
    say(home, tone, BY, None, Source("licence", "CC0-1.0", layer="text"))
    assert rights(home) == ("CC-BY-4.0", True)
    with pytest.raises(BadSetting, match="--layer text"):
        resolve(home, "tone-0.wav", Source("licence", "CC0-1.0", evidence="letter"))
    assert rights(home) == ("CC-BY-4.0", True)
    resolve(home, "tone-0.wav", Source("licence", "CC0-1.0", evidence="letter", layer="text"))
    assert rights(home) == ("CC-BY-4.0", False)


def test_who_is_to_be_named_is_said_with_the_licence() -> None:
    with pytest.raises(BadSetting, match="--attribution belongs to a licence"):
        source_from(None, None, None, (), "Bob")


def test_a_resolution_settles_what_tables_said_of_the_file_too(home: Path, tone: Path) -> None:
    say(home, tone, Source("unknown"), {"licence": "CC-BY-NC-4.0"})
    say(home, tone, Source("unknown"), {"licence": "CC0-1.0"})
    resolve(home, "tone-0.wav", Source("licence", "CC-BY-4.0", evidence="letter"))
    assert rights(home) == ("CC-BY-4.0", False)


def test_a_later_resolution_stands_in_the_place_of_an_earlier(home: Path, tone: Path) -> None:
    say(home, tone, NC)
    resolve(home, "tone-0.wav", Source("licence", "CC-BY-NC-4.0", evidence="letter"))
    resolve(home, "tone-0.wav", Source("licence", "CC0-1.0", evidence="a later letter"))
    assert rights(home) == ("CC0-1.0", False)


def test_a_transcript_of_which_a_later_table_is_silent_stays(home: Path, tone: Path) -> None:
    say(home, tone, BY, {"transcript": "hello", "language": "en"})
    say(home, tone, BY, {"language": "de"})
    assert Catalog(home).rows("SELECT transcript, language FROM described") == [("hello", "de")]


@pytest.mark.parametrize(
    "sources",
    [
        (Source("public-domain"), Source("synthetic")),
        (Source("synthetic", model="a"), Source("synthetic", model="b")),
        (Source("consent", scopes=("annotate", "publish")), Source("consent", scopes=("annotate",))),
    ],
    ids=["basis", "model", "scopes"],
)
def test_sources_that_differ_in_basis_model_or_scopes_are_a_conflict(
    sources: tuple[Source, Source], home: Path, tone: Path
) -> None:
    assert say(home, tone, sources[0]) == []
    assert say(home, tone, sources[1]) == ["tone-0.wav"]
    assert rights(home) == (None, True)
