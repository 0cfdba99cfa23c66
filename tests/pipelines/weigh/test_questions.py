"""The answers of a collection as logs: which answers hold, what they are about, and that portions change nothing."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotate.answers.log import AnswerLog
from pipelines.engine.catalog import Catalog
from pipelines.weigh import questions
from pipelines.weigh.outcomes import label_batches
from pipelines.weigh.questions import answer_logs
from schemas.answers import Item
from schemas.media import Asset, Clip
from tests.pipelines.answering import EKMAN, Said, answer, asset, file_of_names
from tests.pipelines.weigh.test_bridges import NEW, OLD, bridged  # noqa: F401 - a fixture


def votes(log: AnswerLog) -> dict[tuple[str, str], str | float]:
    rows = log.latest
    return {(log.wholes[log.items[row]], log.rater_ids[log.raters[row]]): log.value(row) for row in rows}


def by_rater(log: AnswerLog) -> dict[str, str | float]:
    return {rater: value for (_, rater), value in votes(log).items()}


def test_of_answers_to_one_ask_in_two_projects_the_latest_counts(home: Path) -> None:
    old = Said("k1", "a", "fear", second=5, origin="deleted")
    answer(home, [old, Said("k1", "a", "anger", second=9, origin="made-again"), Said("k1", "b", "fear")])
    (log,) = answer_logs(home)
    assert by_rater(log) == {"a": "anger", "b": "fear"}
    assert len(log) == 2


def test_an_answer_withdrawn_in_the_later_project_does_not_come_back_from_the_earlier(home: Path) -> None:
    old = Said("k1", "a", "fear", second=5, origin="deleted")
    new = Said("k1", "a", "anger", second=9, origin="made-again")
    gone = Said("k1", "a", None, second=12, origin="made-again", state="withdrawn")
    answer(home, [old, new, gone, Said("k1", "b", "fear")])
    (log,) = answer_logs(home)
    assert by_rater(log) == {"b": "fear"}


def test_answers_read_in_portions_are_the_same(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = [Said(f"k{n}", rater, "fear" if n % 3 else "anger", second=n) for n in range(12) for rater in "abc"]
    said += [Said(f"k{n}", rater, float(n), "intensity", n, 900) for n in range(12) for rater in "ab"]
    said += [Said(f"k{n}", "c", "fear", prelabel="a") for n in range(3)]
    answer(home, said)
    whole = list(answer_logs(home))
    monkeypatch.setattr(questions, "PORTION", 5)
    for one, portioned in zip(whole, answer_logs(home), strict=True):
        for field in fields(AnswerLog):
            before, after = getattr(one, field.name), getattr(portioned, field.name)
            same = np.array_equal(before, after, equal_nan=True) if isinstance(before, np.ndarray) else before == after
            assert same, field.name


def test_what_was_asked_of_one_category_alone_is_an_item_of_its_own(home: Path) -> None:
    answer(home, [Said("k1", "a", "fear", target="fear"), Said("k1", "a", "anger")])
    (log,) = answer_logs(home)
    assert log.item_ids == (log.wholes[0], f"{log.wholes[1]} fear")
    assert log.wholes[0] == log.wholes[1]
    assert log.yes[log.items == 1].tolist() == [1.0]


def test_voices_and_faces_and_items_without_media_come_apart(home: Path) -> None:
    (clip,) = asset(home, "one")
    picture = Asset("two".rjust(32, "0"), "picture", "png", 1)
    face = Clip(picture.id, "face", None, None, (0, 0, 9, 9))
    Catalog(home).add([picture, face])
    answer(home, [Said(clip, "a", "fear"), Said(face.id, "a", "anger"), Said("k1", "a", "sadness")])
    (log,) = answer_logs(home)
    parts = {modality: by_rater(part)["a"] for modality, part in log.by_modality()}
    assert parts == {"": "sadness", "face": "anger", "voice": "fear"}


def test_equal_answers_about_the_names_of_one_file_are_one_vote(home: Path) -> None:
    file = file_of_names(home, "a.wav", "b.wav")
    answer(home, [Said(file, "a", "fear", repeat=repeat) for repeat in (0, 1)])
    (log,) = answer_logs(home)
    assert (len(log), len(log.votes())) == (2, 1)
    assert not log.contested(log.counted()).size


def test_unequal_answers_about_the_names_of_one_file_are_no_vote(home: Path) -> None:
    file = file_of_names(home, "a.wav", "b.wav")
    said = [Said(file, "a", value, repeat=repeat, second=repeat) for repeat, value in enumerate(("fear", "anger"))]
    answer(home, [*said, Said(file, "b", "fear"), Said("k1", "a", "fear")])
    (log,) = answer_logs(home)
    assert [rater for _, rater in sorted(votes(log), key=lambda key: key[1])] == ["a", "b"]  # a's is that about k1
    assert [log.wholes[code] for code in log.contested(log.counted())] == [
        whole for whole, rater in votes(log) if rater == "b"
    ]
    assert not log.contested(log.counted(left_out={"a"})).size


def test_repeats_about_a_file_of_one_name_are_test_and_retest(home: Path) -> None:
    file = file_of_names(home, "a.wav")
    said = [Said(file, "a", value, repeat=repeat, second=repeat) for repeat, value in enumerate(("fear", "anger"))]
    answer(home, said)
    (log,) = answer_logs(home)
    assert by_rater(log) == {"a": "anger"}


def test_a_second_round_about_a_file_of_several_names_is_no_contradiction(home: Path) -> None:
    file = file_of_names(home, "a.wav", "b.wav")
    answer(home, [Said(file, "a", "fear"), Said(file, "a", "anger", round=2, second=9)])
    (log,) = answer_logs(home)
    assert by_rater(log) == {"a": "anger"}


def test_a_contested_file_gets_no_hard_label_but_the_soft_label_of_the_others(home: Path) -> None:
    file = file_of_names(home, "a.wav", "b.wav")
    said = [Said(file, "a", value, repeat=repeat) for repeat, value in enumerate(("fear", "anger"))]
    answer(home, [*said, *(Said(file, rater, "fear") for rater in "bc")])
    (batch,) = label_batches(home, [])
    (label,) = batch.to_pylist()
    assert (label["category"], label["tied"], label["n"]) == (None, [], 2)
    assert (label["names"], label["shares"], label["confidence"]) == (["fear"], [1.0], None)


def test_a_contested_file_that_nobody_else_answered_about_has_a_label_of_nothing(home: Path) -> None:
    file = file_of_names(home, "a.wav", "b.wav")
    said = [Said(file, "a", value, repeat=repeat) for repeat, value in enumerate(("fear", "anger"))]
    answer(home, [*said, Said(file_of_names(home, "c.wav"), "a", "fear")])
    rows = [row for batch in label_batches(home, []) for row in batch.to_pylist()]
    found = {row["question"]: row for row in rows if row["n"] == 0}
    assert [(row["category"], row["names"]) for row in found.values()] == [(None, [])]
    assert set(found) == {EKMAN.questions[0].name}


def test_an_item_asked_whole_and_alone_is_not_taken_for_its_neighbour(home: Path) -> None:
    asked = [Said("k2", "a", "fear"), Said("k2", "a", "fear", target="fear"), Said("k1", "a", 4.0, "intensity")]
    answer(home, asked)
    emotion, _ = answer_logs(home)
    k2 = Item("key", "k2").id
    assert emotion.item_ids == (k2, f"{k2} fear")
    assert emotion.wholes == (k2, k2)


@st.composite
def several_schemes(draw: st.DrawFn) -> list[tuple[str, Said]]:
    """Answers to a scheme, to its predecessor and to one that has neither."""
    values = {
        ("old", "feeling"): st.sampled_from(["joy", "fear", "terror", "disgust"]),
        ("old", "several"): st.lists(st.sampled_from(["joy", "mild fear", "anger"]), unique=True),
        ("old", "strength"): st.integers(0, 10),
        ("new", "emotion"): st.sampled_from(["joy", "anxiety"]),
        ("new", "strength"): st.integers(0, 10),
        ("ekman", "emotion"): st.sampled_from(["anger", "fear"]),
        ("ekman", "intensity"): st.integers(0, 10),
    }
    asked = draw(st.lists(st.sampled_from([*values]), max_size=12))
    return [
        (
            scheme,
            Said(
                draw(st.sampled_from(["k1", "k2", "k3"])),
                draw(st.sampled_from("abc")),
                draw(values[scheme, question]),
                question,
                draw(st.integers(0, 3)),
                draw(st.sampled_from([None, 700])),
                role=draw(st.sampled_from(["plain", "contrast"])),
                target=draw(st.sampled_from([None, "joy"])),
                round=draw(st.integers(1, 2)),
                repeat=draw(st.integers(0, 1)),
                prelabel=draw(st.sampled_from([None, "joy"])),
            ),
        )
        for scheme, question in asked
    ]


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=several_schemes())
def test_logs_hold_what_the_view_of_read_answers_holds(bridged: Path, said: list[tuple[str, Said]]) -> None:  # noqa: F811
    with Catalog(bridged).open() as connection:
        connection.execute("DELETE FROM answers; DELETE FROM asks; DELETE FROM items; DELETE FROM raters")
    for name, scheme in {"old": OLD, "new": NEW, "ekman": EKMAN}.items():
        answer(bridged, [one for asked, one in said if asked == name], scheme)
    query = """SELECT scheme, question, item, target, rater, value, round, repeat, role = 'contrast', prelabel IS NOT NULL,
               duration_ms FROM read_answers"""
    wanted = []
    for scheme, question, item, target, rater, value, *rest in Catalog(bridged).rows(query):
        of = f"{item} {target}" if target not in (None, question) else item
        read = json.loads(value)
        several = [category.name for category in NEW.question("several").categories]
        if isinstance(read, list):
            wanted += [(scheme, f"several:{name}", of, rater, ("no", "yes")[name in read], *rest) for name in several]
        else:
            wanted.append((scheme, question, of, rater, read, *rest))
    got = [
        (
            *log.key,
            log.item_ids[log.items[row]],
            log.rater_ids[log.raters[row]],
            log.value(row),
            *(getattr(log, name)[row] for name in ("rounds", "repeats", "contrast", "shown")),
            None if np.isnan(log.durations_ms[row]) else log.durations_ms[row],
        )
        for log in answer_logs(bridged)
        for row in range(len(log))
    ]
    lacking, extra = (set(map(plain, a)) - set(map(plain, b)) for a, b in ((wanted, got), (got, wanted)))
    assert (lacking, extra, len(got)) == (set(), set(), len(wanted))


def plain(row: tuple[object, ...]) -> tuple[object, ...]:
    """The same with every number as one of Python's."""
    return tuple(float(cell) if isinstance(cell, (int, float, np.generic)) else cell for cell in row)
