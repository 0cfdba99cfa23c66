"""Consent: no scope, no use; what expired or was withdrawn stops at once, and a wrong table changes nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import collection
from pipelines.collect.add import Intake, add
from pipelines.collect.consents import Consented, bring_consents
from pipelines.collect.metadata import Metadata
from pipelines.collect.verdicts import Narrowed, check, narrowed, show
from pipelines.engine.catalog import Catalog
from pipelines.release.gather import UNCONSENTED
from pipelines.release.preflight import obstacles, standing
from schemas.errors import BadInput
from schemas.media import Source
from schemas.sections import PublishSettings
from schemas.settings import Settings
from tests.pipelines.conftest import Builder, answer, run, small_media
from tests.pipelines.release.test_export import export

SOURCE = Source("consent", "CC-BY-4.0", scopes=("annotate", "publish", "train"))
SPEAKERS = {f"tone-{number}.wav": {"speaker": f"speaker {number % 2}"} for number in range(4)}
HEAD = "person,scopes,licence,state,expires_on\n"
DATED = "person,scopes,licence,state,given_on\n"


@pytest.fixture
def spoken(copy_of: Callable[[Builder], Path]) -> Path:
    """A collection of two speakers' recordings and three pictures, with consent, all of it answered."""
    return copy_of(consenting_in)


def consenting_in(home: Path, media: Path) -> None:
    """Make the collection of the fixture `spoken`."""
    people = collection.make(home, "test", ("ekman",)).people
    add(Intake(home, SOURCE, Metadata(SPEAKERS), people), [small_media(media)])
    run(home)
    answer(home)


@pytest.fixture
def released(copy_of: Callable[[Builder], Path]) -> Path:
    """The same with a release v1."""
    return copy_of(released_in)


def released_in(home: Path, media: Path) -> None:
    """Make the collection of the fixture `released`."""
    consenting_in(home, media)
    export(home, Settings())


def consents(home: Path, rows: str, head: str = HEAD) -> Consented:
    table = home.parent / "consents.csv"
    table.write_text(head + rows, "utf-8")
    return bring_consents(collection.find(home), table)


def verdict(home: Path, name: str) -> tuple[bool, bool, bool]:
    (one,) = show(home, name, collection.find(home).people, PublishSettings())
    return one.may_annotate, one.may_release, one.may_publish


def test_the_verdicts_on_a_clip_and_on_a_speaker_are_those_on_their_files(spoken: Path) -> None:
    consents(spoken, "speaker 1,annotate,,,\n")
    [(clip,)] = Catalog(spoken).rows(
        "SELECT min(c.id) FROM clips c JOIN statements USING (asset) WHERE name = 'tone-1.wav'"
    )
    here = collection.find(spoken)
    of = {words: show(spoken, words, here.people, PublishSettings()) for words in (clip, "tone-1.wav", "Speaker 1")}
    assert of[clip] == of["tone-1.wav"]
    assert sorted(one.name for one in of["Speaker 1"]) == ["tone-1.wav", "tone-3.wav"]
    assert all(one.may_annotate and not one.may_publish for one in of["Speaker 1"])


def test_who_has_no_record_stands_on_the_scopes_of_the_source(spoken: Path) -> None:
    assert verdict(spoken, "tone-0.wav") == (True, True, True)


def test_no_scope_no_use(spoken: Path) -> None:
    consents(spoken, "speaker 0,annotate,,,\nspeaker 1,train,,,\n")
    assert verdict(spoken, "tone-0.wav") == (True, False, False)
    assert verdict(spoken, "tone-1.wav") == (False, True, False)


def test_what_was_withdrawn_or_has_expired_is_not_released(spoken: Path) -> None:
    consents(spoken, "speaker 0,train publish,CC-BY-4.0,,2020-01-01\nspeaker 1,train publish,CC-BY-4.0,,2999-01-01\n")
    done = export(spoken, Settings())
    assert done.left_out == {UNCONSENTED: 4}
    assert sum(done.samples["voice"].values()) == 4


def test_a_release_cannot_be_published_once_somebody_withdrew(released: Path) -> None:
    assert obstacles(standing(released, "v1"), ["CC-BY-4.0"]) == []
    consents(released, "speaker 0,,,withdrawn,\n")
    (reason,) = obstacles(standing(released, "v1"), ["CC-BY-4.0"])
    assert reason.startswith("4 clips of source ")
    assert "somebody in them does not consent to publishing, or not any more, their site" in reason


def test_an_export_notices_a_consent_that_expired_though_no_row_changed(
    spoken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    consents(spoken, "speaker 0,train,,,2999-01-01\n")
    first = export(spoken, Settings(), internal=True)
    with Catalog(spoken).open() as connection:  # the day goes by
        connection.execute("UPDATE consents SET expires_on = '2020-01-01'")
    second = export(spoken, Settings(), internal=True)
    assert (first.name, second.name, second.left_out) == ("v1", "v2", {UNCONSENTED: 4})


def test_run_leaves_alone_what_lapsed(home: Path, media: Path) -> None:
    add(Intake(home, SOURCE, Metadata(SPEAKERS), collection.find(home).people), [media])
    consents(home, "speaker 0,,,withdrawn,\n")
    run(home)
    probed = Catalog(home).rows("SELECT count(DISTINCT \"row\") FROM receipts WHERE stage LIKE 'Probe%'")
    assert probed == [(5,)]


def test_of_each_person_the_last_record_counts_and_the_same_one_is_not_said_again(spoken: Path) -> None:
    given = "speaker 0,annotate train,,,\n"
    assert consents(spoken, given).new == 1
    assert consents(spoken, given).new == 0
    assert consents(spoken, "speaker 0,,,withdrawn,2024-11-20\n", DATED).withdrawn == 1
    assert verdict(spoken, "tone-0.wav") == (False, False, False)
    assert consents(spoken, "speaker 0,annotate train,,,2024-11-21\n", DATED).new == 1
    assert verdict(spoken, "tone-0.wav") == (True, True, False)


@pytest.mark.parametrize("given_on", ["2024-11-01", "2024-11-20", ""])
def test_a_consent_from_before_a_withdrawal_does_not_undo_it(spoken: Path, given_on: str) -> None:
    row = f"speaker 1,annotate train,,,{given_on}\n"
    consents(spoken, row, DATED)
    consents(spoken, "speaker 1,,,withdrawn,2024-11-20\n", DATED)
    done = consents(spoken, row, DATED)
    assert (done.records, done.new, done.outdated) == (1, 0, 1)
    assert verdict(spoken, "tone-1.wav") == (False, False, False)


def test_who_consents_on_a_later_day_than_they_withdrew_has_consented(spoken: Path) -> None:
    consents(spoken, "speaker 1,,,withdrawn,2024-11-20\n", DATED)
    assert consents(spoken, "speaker 1,annotate train,,,2024-11-21\n", DATED).outdated == 0
    assert verdict(spoken, "tone-1.wav")[0]


@pytest.mark.parametrize("column", ["given_on", "expires_on", "keep_until"])
@pytest.mark.parametrize("day", ["20261130", "2026-W48-1", "1.12.2026"])
def test_a_day_in_another_form_is_refused_before_the_catalog_has_it(spoken: Path, column: str, day: str) -> None:
    with pytest.raises(BadInput, match=rf"{column} '{day}' is no day; expected one such as"):
        consents(spoken, f"speaker 1,annotate,,,{day}\n", f"person,scopes,licence,state,{column}\n")


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ("2999-01-01,,", "given_on '2999-01-01' cannot be the day; expected one from 1900-01-01 to 20"),
        ("0024-11-20,,", "given_on '0024-11-20' cannot be the day"),
        ("2024-11-20,2024-11-19,", "expires_on '2024-11-19' is before the day of the consent itself, 2024-11-20"),
        ("2024-11-20,,2023-11-20", "keep_until '2023-11-20' is before the day of the consent itself, 2024-11-20"),
    ],
)
def test_a_day_that_cannot_be_meant_is_refused(spoken: Path, days: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        consents(spoken, f"speaker 1,annotate,{days}\n", "person,scopes,given_on,expires_on,keep_until\n")


def test_a_withdrawal_may_come_after_the_consent_was_over(spoken: Path) -> None:
    head = "person,state,given_on,expires_on\n"
    assert consents(spoken, "speaker 1,withdrawn,2024-11-20,2024-06-30\n", head).withdrawn == 1


def test_people_may_be_named_by_their_pseudonym(spoken: Path) -> None:
    person = collection.find(spoken).people.of("speaker 1")
    assert consents(spoken, f"{person},withdrawn\n", "person,state\n").withdrawn == 1
    assert Catalog(spoken).rows("SELECT person FROM consents") == [(person,)]


def test_a_withdrawal_needs_no_scopes(spoken: Path) -> None:
    assert consents(spoken, "speaker 1,withdrawn\n", "person,state\n").withdrawn == 1
    with pytest.raises(BadInput, match="line 2: no scope is given; name in the column scopes what is allowed"):
        consents(spoken, "speaker 0,given\n", "person,state\n")


def test_scopes_may_be_a_list_of_json(spoken: Path) -> None:
    table = spoken.parent / "consents.jsonl"
    table.write_text('{"person": "speaker 0", "scopes": ["annotate", "train"]}\n')
    assert bring_consents(collection.find(spoken), table).new == 1
    assert verdict(spoken, "tone-0.wav") == (True, True, False)


def test_a_folder_is_no_table_of_consents(spoken: Path) -> None:
    with pytest.raises(BadInput, match="is a folder; give a table"):
        bring_consents(collection.find(spoken), spoken)


def test_who_allows_less_than_when_a_release_was_made_is_listed(spoken: Path) -> None:
    consents(spoken, "speaker 0,annotate train publish,CC-BY-4.0,,\nspeaker 1,annotate publish,CC-BY-4.0,,\n")
    export(spoken, Settings())
    here = collection.find(spoken)
    assert narrowed(here) == []
    consents(spoken, "speaker 0,annotate publish,CC-BY-4.0,,\n")
    assert narrowed(here) == [Narrowed(here.people.of("speaker 0"), ("train",), 2, ("v1",))]
    assert check(here) == []


def test_a_release_made_since_somebody_allows_less_is_as_they_allow(spoken: Path) -> None:
    consents(spoken, "speaker 0,annotate train publish,CC-BY-4.0,,\n")
    consents(spoken, "speaker 0,annotate publish,CC-BY-4.0,,\n")
    export(spoken, Settings())
    assert narrowed(collection.find(spoken)) == []
    consents(spoken, "speaker 0,annotate publish,CC-BY-4.0,,2999-01-01\n")  # renewed, and no narrower
    assert narrowed(collection.find(spoken)) == []


def test_a_licence_that_is_none_is_refused_in_a_consent(spoken: Path) -> None:
    with pytest.raises(BadInput, match="licence 'MyOwn'"):
        consents(spoken, "speaker 1,annotate publish,MyOwn,,\n")


def test_who_withdrew_or_whose_time_is_over_is_listed_with_the_releases_that_hold_them(released: Path) -> None:
    assert check(collection.find(released)) == []
    consents(released, "speaker 0,,,withdrawn,\nspeaker 1,train,,,2020-01-01\n")
    assert {(one.why, one.expires_on, one.files, one.releases) for one in check(collection.find(released))} == {
        ("withdrawn", None, 2, ("v1",)),
        ("expired", "2020-01-01", 2, ("v1",)),
    }


def test_the_licence_somebody_grants_is_that_of_media_whose_source_names_none(home: Path, media: Path) -> None:
    source = Source("consent", scopes=("annotate", "publish", "train"))
    add(Intake(home, source, Metadata(SPEAKERS), collection.find(home).people), [media])
    consents(home, "speaker 0,annotate publish,CC-BY-4.0,,\n")
    (one,) = show(home, "tone-0.wav", collection.find(home).people, PublishSettings())
    assert (one.licence, one.may_publish) == ("CC-BY-4.0", True)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("speaker 9,train,,,\n", "nobody called 'speaker 9'"),
        ("speaker 0,,,,\n", "no scope is given"),
        ("speaker 0,trian,,,\n", "did you mean 'train'"),
        ("speaker 0,train,,given up,\n", "state 'given up'"),
        ("speaker 0,publish,,,\n", "grants no licence"),
        ("speaker 0,train,,,soon\n", "'soon' is no day"),
        ("speaker 0,train,,,\nSpeaker 0,train,,,\n", "on an earlier line"),
    ],
)
def test_a_wrong_line_is_told_with_its_number_and_nothing_is_written(spoken: Path, row: str, words: str) -> None:
    with pytest.raises(BadInput, match=words) as told:
        consents(spoken, f"speaker 1,annotate,,,\n{row}")
    assert "line " in str(told.value)
    assert Catalog(spoken).rows("SELECT count(*) FROM consents") == [(0,)]


def test_who_is_not_of_age_needs_a_guardian(spoken: Path) -> None:
    head = "person,scopes,of_age,guardian\n"
    with pytest.raises(BadInput, match="needs a guardian"):
        consents(spoken, "speaker 0,train,no,\n", head)
    consents(spoken, "speaker 0,train,no,their mother\n", head)
    (record,) = Catalog(spoken).rows("SELECT of_age, guardian FROM consents")
    assert record == (False, collection.find(spoken).people.of("their mother"))


def test_the_words_people_agreed_to_are_kept_as_their_hash(spoken: Path) -> None:
    (spoken.parent / "form.txt").write_text("abc")
    consents(spoken, "speaker 0,train,form.txt,2\n", "person,scopes,text,text_version\n")
    (record,) = Catalog(spoken).rows("SELECT text_sha256, text_version FROM consents")
    assert record == ("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "2")


def test_a_catalog_from_before_consents_gets_their_tables_and_views(taken_in: Path) -> None:
    with Catalog(taken_in).open() as connection:
        for view in ("rights", "consented", "consents_in_force", "appears"):
            connection.execute(f"DROP VIEW {view}")
        for table in ("consents", "tombstones"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("DELETE FROM migrations WHERE step > 1")
    assert verdict(taken_in, "tone-0.wav") == (True, True, True)
