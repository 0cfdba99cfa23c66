"""`audit`: wrong labels, conflicts and coverage in a collection."""

from dataclasses import asdict, replace
from pathlib import Path

from pipelines.engine.catalog import Catalog, insert
from pipelines.weigh.audit import Alike, audit
from pipelines.weigh.exclusions import exclude
from schemas.answers import Answer, Ask, Item, Rater
from schemas.ids import canonical
from schemas.media import Arrival, Clip, Source, Statement
from schemas.scheme import Question, Scale, Scheme
from tests.pipelines.answering import EKMAN, Said, answer, asset, file_of_names

PEOPLE = "abc"


def crowd(item: str, value: object, **more: object) -> list[Said]:
    return [Said(item, rater, value, **more) for rater in PEOPLE]  # type: ignore[arg-type]


def test_a_requested_emotion_that_nobody_perceives_is_an_error(home: Path) -> None:
    (wrong,), (right,) = asset(home, "one", requested="Happy"), asset(home, "two", requested="sad")
    answer(home, crowd(wrong, "fear") + crowd(right, "sadness"))
    found = audit(home)
    assert found.checked == 2
    (suspect,) = found.errors
    assert (suspect.source, suspect.question, suspect.name) == ("requested", "emotion", "one.wav 0.00 s")
    assert (suspect.error.given, suspect.error.people) == ("happiness", "fear")


def test_a_corpus_label_that_people_contradict_is_an_error_of_that_corpus(home: Path) -> None:
    corpus = [Said("k1", "old-corpus", "anger", kind="corpus"), Said("k2", "old-corpus", "fear", kind="corpus")]
    answer(home, [*corpus, *crowd("k1", "sadness"), *crowd("k2", "fear")])
    (suspect,) = audit(home).errors
    assert (suspect.source, suspect.name, suspect.error.n) == ("old-corpus", "k1", 3)


def test_a_corpus_that_labels_recordings_is_held_against_what_people_say_of_their_clips(home: Path) -> None:
    (clip,) = asset(home, "one")
    answer(home, crowd(clip, "fear") + crowd("k1", "anger"))
    acted = Scheme("acted", 1, "Acted", ("voice",), (replace(EKMAN.questions[0], name="acted_emotion"),))
    file = Clip("one".rjust(32, "0"), "whole")
    recording = Item("clip", file.id)
    ask = Ask(recording.id, acted.id)
    row = {"id": acted.id, "name": "acted", "version": 1, "body": canonical(asdict(acted))}
    with Catalog(home).open() as connection:
        insert(connection, "schemes", {name: [value] for name, value in row.items()})
    said = Answer("origin", ask.id, "acted_emotion", "old", "2026-01-01T00:00:00.000000Z", '"happiness"', "given")
    Catalog(home).add([file, recording, ask, Rater("old", "corpus"), said])
    (suspect,) = audit(home).errors
    assert (suspect.source, suspect.question, suspect.error.given) == ("old", "emotion", "happiness")


def test_votes_nobody_signed_speak_for_people(home: Path) -> None:
    votes = [Said("k1", f"set/vote-{n:02}", "fear", kind="corpus") for n in range(4)]
    votes += [Said("k2", f"set/vote-{n:02}", "anger", kind="corpus") for n in range(4)]
    answer(home, [*votes, Said("k1", "old-corpus", "happiness", kind="corpus")])
    (suspect,) = audit(home).errors
    assert (suspect.source, suspect.error.n) == ("old-corpus", 4)


def test_answers_of_excluded_raters_and_models_prove_nothing(home: Path) -> None:
    corpus = [Said("k1", "old-corpus", "anger", kind="corpus"), Said("k2", "old-corpus", "fear", kind="corpus")]
    answer(home, [*corpus, *crowd("k1", "sadness"), *crowd("k2", "fear"), Said("k1", "m", "sadness", kind="model")])
    exclude(home, "a", "left")
    exclude(home, "b", "left")
    assert audit(home).checked == 0


def test_a_number_of_a_corpus_far_from_people_is_an_error(home: Path) -> None:
    scheme = Scheme("v", 1, "V", ("voice",), (Question("valence", "V", "scale", scale=Scale(1, 9)),))
    said = [
        Said(f"k{n}", rater, 4 + n % 2 + place % 2, "valence") for n in range(6) for place, rater in enumerate("abcd")
    ]
    answer(
        home,
        [*said, *(Said(f"k{n}", "corpus", 9 if n == 2 else 5, "valence", kind="corpus") for n in range(6))],
        scheme,
    )
    assert [suspect.name for suspect in audit(home).errors] == ["k2"]


def test_one_recording_requested_in_different_ways_is_told_unless_only_the_spelling_differs(home: Path) -> None:
    asset(home, "one", requested="angry")
    asset(home, "two", requested="sad")
    answer(home, crowd(asset(home, "three")[0], "fear"))
    catalog = Catalog(home)
    other = Source("licence", "CC0-1.0")
    for name, word in (("one", "fear"), ("two", "SADNESS")):
        arrival = Arrival(name.rjust(32, "0"), other.id)
        said = Statement(arrival.asset, f"copy-of-{name}.wav", "file", "2026-03-02T00:00:00.000000Z", requested=word)
        catalog.add([other, arrival, said])
    (found,) = audit(home).requested
    assert dict(found.spellings) == {"angry": "one.wav", "fear": "copy-of-one.wav"}


def test_clips_that_all_but_coincide_must_not_mean_opposite_things(home: Path) -> None:
    (clip,) = asset(home, "one")
    again = Clip("one".rjust(32, "0"), "utterance", 10, 905)
    later = Clip("one".rjust(32, "0"), "utterance", 5000, 5900)
    Catalog(home).add([again, later])
    answer(home, crowd(clip, "fear") + crowd(again.id, "happiness") + crowd(later.id, "anger"))
    (conflict,) = audit(home).conflicts
    assert conflict.among == "duplicates"
    assert sorted(conflict.names) == ["one.wav 0.00 s", "one.wav 0.01 s"]
    assert sorted(conflict.conflict.says) == ["fear", "happiness"]


def test_rounds_that_end_in_opposite_answers_are_a_conflict(home: Path) -> None:
    said = crowd("k1", "fear") + crowd("k1", "happiness", round=2, second=60)
    answer(home, [*said, *crowd("k2", "anger"), *crowd("k2", "anger", round=2, second=60)])
    (conflict,) = audit(home).conflicts
    assert (conflict.among, conflict.names) == ("rounds", ("k1 round 1", "k1 round 2"))


def test_contradictory_answers_about_one_file_stand_with_both_names_and_both_values(home: Path) -> None:
    file = file_of_names(home, "a.wav", "b.wav")
    said = [Said(file, "corpus", value, kind="corpus", repeat=n) for n, value in enumerate(("fear", "anger"))]
    answer(home, said)
    (found,) = audit(home).conflicts
    assert (found.among, found.question) == ("names of a file, by corpus", "emotion")
    assert (found.names, found.conflict.says) == (("a.wav", "b.wav"), ("fear", "anger"))


def test_coverage_counts_what_people_perceive_by_speaker_language_and_licence(home: Path) -> None:
    for n in range(6):
        (clip,) = asset(home, f"en{n}", speaker=f"p{n % 2}", language="en")
        answer(home, crowd(clip, "fear"))
    (clip,) = asset(home, "de", speaker="p3", language="de", licence="CC0-1.0")
    answer(home, crowd(clip, "anger"))
    (found,) = audit(home, least=2).coverage
    assert found.question == "ekman-1 emotion"
    assert {(cell.category, cell.speaker, cell.language, cell.licence): cell.n for cell in found.cells} == {
        ("anger", "p3", "de", "CC0-1.0"): 1,
        ("fear", "p0", "en", "CC-BY-4.0"): 3,
        ("fear", "p1", "en", "CC-BY-4.0"): 3,
    }
    assert ("language", "de") in {(missing.dimension, missing.value) for missing in found.missing}


def test_questions_about_presence_are_covered_together(home: Path) -> None:
    scale = Scale(0, 7)
    questions = tuple(Question(name, name, "scale", untouched="lowest", scale=scale) for name in ("joy", "fear"))
    scheme = Scheme("many", 1, "Many", ("voice",), questions)
    said = [Said("k1", rater, 3 if name == "joy" else 0, name) for rater in PEOPLE for name in ("joy", "fear")]
    answer(home, said, scheme)
    (found,) = audit(home).coverage
    assert dict(found.categories) == {"joy": 1, "fear": 0}


def test_corpora_are_held_against_each_other_and_against_what_file_names_request(home: Path) -> None:
    (one,), (two,) = asset(home, "one", requested="happy"), asset(home, "two", requested="sad")
    said = [Said(item, "old", value, kind="corpus") for item, value in ((one, "happiness"), (two, "anger"))]
    said += [Said(item, "new", value, kind="corpus") for item, value in ((one, "happiness"), (two, "sadness"))]
    answer(home, said)
    found = {(pair.one, pair.other): pair.found for pair in audit(home).compared}
    assert found.keys() == {("new", "old"), ("new", "requested"), ("old", "requested")}
    assert (found["new", "requested"].shared, found["new", "requested"].equal) == (2, 2)
    (difference,) = found["old", "requested"].differences
    assert (difference.item, difference.one, difference.other) == ("two.wav 0.00 s", "anger", "sadness")


def test_two_versions_of_a_table_are_compared_item_by_item(home: Path) -> None:
    first = [Said(f"v1/k{n}", rater, "fear", origin="1") for n in range(4) for rater in PEOPLE]
    second = [Said(f"v2/k{n}", rater, "anger" if n == 2 else "fear", origin="2") for n in range(3) for rater in PEOPLE]
    answer(home, [*first, *second])
    (pair,) = audit(home).compared
    assert (pair.question, pair.one, pair.other) == ("emotion", "v1", "v2")
    assert (pair.found.shared, pair.found.equal, pair.found.only_one, pair.found.only_other) == (3, 2, 1, 0)
    (difference,) = pair.found.differences
    assert (difference.item, difference.one, difference.other) == ("k2", "fear", "anger")


def test_items_with_an_odd_number_of_answers_are_listed(home: Path) -> None:
    said = [Said(f"k{n:02}", rater, "fear") for n in range(20) for rater in PEOPLE]
    answer(home, [one for one in said if (one.item, one.rater) != ("k07", "a")])
    (odd,) = audit(home).odd_sizes
    assert (odd.question, odd.usual, odd.items) == ("emotion", 3, (("k07", 2),))


def test_people_of_several_names_who_may_be_one_are_named_with_their_files(home: Path) -> None:
    clips = [asset(home, name, speaker=who)[0] for name, who in (("one", "p"), ("two", "q"), ("three", "r"))]
    columns = {"kind": ["voice alike"] * 3, "member": clips, "group": ["g", "g", "h"], "why": ["p", "q", "r"]}
    with Catalog(home).open() as connection:
        insert(connection, "groups", columns)
    assert audit(home).alike == (Alike("voice", ("p", "q"), ("one.wav", "two.wav")),)
    two = "two".rjust(32, "0")
    Catalog(home).add([Statement(two, "two.wav", "file", "2026-04-01T00:00:00.000000Z", speaker="p")])
    assert audit(home).alike == (), "somebody has said that they are one"
