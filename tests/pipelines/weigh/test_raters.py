"""`raters`: the report on a collection, and leaving a rater out and taking them in again."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines import collection
from pipelines.engine.catalog import Catalog
from pipelines.weigh.exclusions import EXCLUDED, exclude, excluded, include
from pipelines.weigh.raters import raters
from schemas.errors import BadSetting
from schemas.scheme import Category, Question, Scheme, shipped_schemes
from tests.pipelines.answering import CATEGORIES, Said, answer

YES_NO = Scheme(
    "visible",
    1,
    "Is it visible?",
    ("face",),
    tuple(
        Question(name, name, "choice", categories=(Category("no", "No"), Category("yes", "Yes")))
        for name in ("joy", "fear")
    ),
)


def of(home: Path, rater: str) -> object:
    return next(report for report in raters(home).reports if report.rater == rater)


def test_a_collection_without_answers_has_no_reports(home: Path) -> None:
    assert raters(home).reports == ()


def test_every_question_of_a_scheme_counts_and_an_ask_counts_once(home: Path) -> None:
    said = [Said(f"{n}", rater, "happiness", second=n, took_ms=900) for n in range(6) for rater in "ab"]
    said += [Said(f"{n}", rater, 40.0, "intensity", n, 900) for n in range(6) for rater in "ab"]
    answer(home, said)
    report = raters(home).reports[0]
    assert (report.answers, report.asks, report.speed.median_ms, report.speed.fast.n) == (12, 6, 900, 6)
    assert (report.leave_one_out.value, report.leave_one_out.n) == (1.0, 6)


def test_a_contrast_question_counts_yes_to_its_target(home: Path) -> None:
    answer(home, [Said(f"{n}", "a", "fear" if n < 3 else "anger", role="contrast", target="fear") for n in range(4)])
    contrast = raters(home).reports[0].leniency.contrast
    assert (contrast.value, contrast.n) == (0.75, 4)


def test_gold_is_what_a_corpus_says_of_the_item(home: Path) -> None:
    said = [Said(f"{n}", "corpus", "sadness", kind="corpus", role="gold") for n in range(4)]
    said += [Said(f"{n}", "a", "sadness" if n else "anger", role="gold") for n in range(4)]
    answer(home, said)
    found = {report.rater: report.gold for report in raters(home).reports}
    assert (found["a"].value, found["a"].n) == (0.75, 4)
    assert found["corpus"].value is None


def test_a_prelabel_that_names_a_model_is_compared_with_what_the_model_said(home: Path) -> None:
    rng = np.random.default_rng(2)
    said = []
    for n in range(60):
        truth, suggested = (str(name) for name in rng.choice(CATEGORIES, 2))
        said.append(Said(f"{n}", "model-1", suggested, kind="model"))
        said.append(Said(f"{n}", "a", suggested if n % 2 else truth, prelabel="model-1" if n % 2 else None))
    answer(home, said)
    report = next(one for one in raters(home).reports if one.rater == "a")
    assert report.anchoring is not None
    assert (report.anchoring.after, report.anchoring.n_after, report.anchoring.n_before) == (1.0, 30, 30)
    assert report.anchoring.low > 0.5


def test_repeats_of_an_ask_show_consistency(home: Path) -> None:
    said = [Said(f"{n}", "a", "fear", second=n) for n in range(4)]
    said += [Said(f"{n}", "a", "anger" if n == 0 else "fear", second=100 + n, repeat=1) for n in range(4)]
    answer(home, said)
    assert raters(home).reports[0].consistency.value == 0.75


def test_skips_are_counted_and_are_no_answers(home: Path) -> None:
    answer(home, [Said("1", "a", "fear"), Said("2", "a", None, "*", state="skipped")])
    found = raters(home)
    assert found.skipped == {"a": 1}
    assert found.reports[0].asks == 1


def test_why_asks_were_skipped_is_counted(home: Path) -> None:
    said = [
        Said(item, "a", reason, "*", state="skipped")
        for item, reason in (("1", "broken"), ("2", None), ("3", "a minor"))
    ]
    answer(home, [*said, Said("1", "b", "a minor", "*", state="skipped"), Said("2", "b", "fear")])
    found = raters(home)
    assert found.skipped == {"a": 3, "b": 1}
    assert found.reasons == {"a minor": 2, "broken": 1}


def test_several_choices_are_taken_apart(home: Path) -> None:
    first = shipped_schemes()["ekman"].questions[0]
    several = Scheme("several", 1, "Several", ("voice",), (replace(first, type="choices"),))
    answer(home, [Said("1", rater, value) for rater, value in (("a", ["fear"]), ("b", ["fear", "anger"]))], several)
    report = raters(home).reports[0]
    assert report.answers == len(CATEGORIES)
    assert report.leave_one_out.value == pytest.approx((len(CATEGORIES) - 1) / len(CATEGORIES))


def test_a_sequential_collection_is_told_and_agreement_left_out(home: Path) -> None:
    rng = np.random.default_rng(4)
    said = []
    for n in range(400):
        for place, rater in enumerate(rng.permutation(list("abc"))):
            yes = rng.random() < 0.6
            said.append(Said(f"{n}", str(rater), "yes" if yes else "no", "joy", 10 * n + place))
            if not yes:
                break
    said += [Said(f"{n}", "a", "no", "fear", n) for n in range(5)]
    answer(home, said, YES_NO)
    found = raters(home)
    assert {report.leave_one_out.value for report in found.reports} == {None}
    assert "2 of 2 questions of visible-1 stopped early" in found.cautions[0]


def test_raters_whose_yes_is_never_followed_up_were_asked_contrast_questions(home: Path) -> None:
    rng = np.random.default_rng(4)
    said = []
    for n in range(300):
        for place, rater in enumerate(rng.permutation(list("abc"))):
            yes = rng.random() < 0.6
            said.append(Said(f"{n}", str(rater), "yes" if yes else "no", "joy", 10 * n + place))
            if not yes:
                break
    said += [Said(f"c{n}", "d", "yes" if n < 12 else "no", "fear", n) for n in range(60)]
    answer(home, said, YES_NO)
    found = raters(home)
    contrast = {report.rater: report.leniency.contrast for report in found.reports}
    assert (contrast["d"].value, contrast["d"].n, contrast["a"].n) == (0.2, 60, 0)
    assert "taken for contrast questions" in found.cautions[1]


def test_anonymous_votes_are_no_raters(home: Path) -> None:
    answer(home, [Said("1", f"set/vote-{n:02}", "fear", kind="corpus") for n in range(3)])
    found = raters(home)
    assert found.reports == ()
    assert found.cautions == ("the votes of set are anonymous: there is no rater to report on",)


def test_an_excluded_rater_is_listed_in_sql_until_included_again(home: Path) -> None:
    answer(home, [Said("1", rater, "fear") for rater in "ab"])
    assert exclude(home, "b", "answers at random").new
    assert excluded(home) == {"b": "answers at random"}
    left = f"SELECT rater FROM current_answers WHERE rater NOT IN ({EXCLUDED})"
    assert Catalog(home).rows(left) == [("a",)]
    assert include(home, "b").new
    assert excluded(home) == {}
    assert len(Catalog(home).rows(left)) == 2


def test_excluding_twice_is_one_decision_and_every_decision_stays_on_record(home: Path) -> None:
    answer(home, [Said("1", "a", "fear")])
    assert exclude(home, "a", "too fast").new
    assert not exclude(home, "a", "too fast").new
    assert include(home, "a", "explained").new
    assert not include(home, "a").new
    assert exclude(home, "a", "again").new
    rows = Catalog(home).rows("SELECT what, reason FROM decisions WHERE subject = 'a' ORDER BY \"at\"")
    assert rows == [("excluded", "too fast"), ("included", "explained"), ("excluded", "again")]


def test_an_excluded_rater_makes_up_no_consensus_but_keeps_a_report(home: Path) -> None:
    said = [Said(f"{n}", rater, "fear" if rater != "x" else "anger") for n in range(5) for rater in "abx"]
    answer(home, said)
    exclude(home, "x", "left")
    found = {report.rater: report for report in raters(home).reports}
    assert found["a"].leave_one_out.value == 1.0
    assert found["x"].excluded == "left"
    assert found["x"].leave_one_out.value == 0.0


def test_an_unknown_rater_is_refused_with_the_nearest_name(home: Path) -> None:
    answer(home, [Said("1", "human-1", "fear")])
    with pytest.raises(BadSetting, match="did you mean 'human-1'"):
        exclude(home, "human-11", "gone")
    with pytest.raises(BadSetting, match="needs a reason"):
        exclude(home, "human-1", "  ")


def test_a_rater_may_be_named_by_name_or_by_the_beginning_of_the_pseudonym(home: Path) -> None:
    people = collection.find(home).people
    ann, bob = people.of("ann@example.org"), people.of("lab/bob")
    answer(home, [Said("lab/k", rater, "fear") for rater in (ann, bob)])
    assert exclude(home, "ann@example.org", "left", people).rater == ann
    assert exclude(home, "bob", "left", people).rater == bob
    assert include(home, ann[:9]).rater == ann
    with pytest.raises(BadSetting, match="may be"):
        include(home, "p")
