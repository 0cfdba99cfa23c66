"""What is known of raters: every figure against a case that can be worked out by hand, and EmoNet-Face Binary."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.agreement.designs import recognised
from annotate.answers.log import AnswerLog
from annotate.answers.votes import votes
from annotate.raters.flags import flags
from annotate.raters.leave_one_out import confusions, leanings, leave_one_out
from annotate.raters.reports import RaterReport, Standing, rater_reports
from annotate.raters.response_patterns import longest_run
from annotate.raters.shares import around, difference, share, share_apart
from tests.annotate.answers.answer_logs import NAN, SCHEME, Given, emonet_face_binary, logs_of, people

CATEGORIES = ("anger", "fear", "joy")


def one(given: list[Given], rater: str, **more: object) -> RaterReport:
    categories = CATEGORIES if isinstance(given[0].value, str) else ()
    logs = logs_of(given, categories, () if categories else (0, 1, 2, 3, 4))
    reports = rater_reports(logs, people(logs, **more))
    return next(report for report in reports if report.rater == rater)


def crowd(answers: dict[str, str | list[float]], **more: object) -> list[Given]:
    """Rater to answers about items 0, 1, 2 …; letters are the first letters of categories."""
    full = {name[0]: name for name in CATEGORIES}
    return [
        Given(f"{item:03}", rater, full.get(value, value), **more)  # type: ignore[arg-type, call-overload]
        for rater, values in answers.items()
        for item, value in enumerate(values)
        if value != " "
    ]


def test_agreement_with_the_others_leaves_the_own_answer_out() -> None:
    report = one(crowd({"a": "jjja", "b": "jjjj", "c": "jjfj"}), "a")
    # items 0, 1, 3: the others say joy; item 2: they tie between joy and fear, half a hit
    assert report.leave_one_out.value == pytest.approx(2.5 / 4)
    assert report.leave_one_out.n == 4


def test_others_are_measured_at_the_same_items() -> None:
    report = one(crowd({"a": "jf  ", "b": "jjaa", "c": "jjff"}), "a")
    assert report.same_items == 1.0
    assert one(crowd({"a": "jj", "b": "jj"}), "a").same_items is None


def test_agreement_on_a_scale_falls_with_the_distance_from_the_mean_of_the_others() -> None:
    report = one(crowd({"a": [4.0, 2.0], "b": [0.0, 2.0], "c": [0.0, 2.0]}), "a")
    assert report.leave_one_out.value == pytest.approx((0 + 1) / 2)
    assert report.leniency.shift == pytest.approx((1 + 0) / 2)


def test_an_excluded_rater_does_not_count_for_others_but_is_still_reported() -> None:
    answers = crowd({"a": "jjj", "b": "jjj", "x": "aaa"})
    report = one(answers, "a", excluded={"x": "left the project"})
    assert report.leave_one_out.value == 1.0
    assert one(answers, "x", excluded={"x": "left the project"}).excluded == "left the project"
    assert one(answers, "x", excluded={"x": "left the project"}).leave_one_out.value == 0.0


def test_models_are_held_against_people_and_people_only_against_people() -> None:
    logs = logs_of(crowd({"a": "jjj", "b": "jjj", "m": "aaa"}), CATEGORIES)
    standing = Standing({"a": "person", "b": "person", "m": "model"}, {})
    found = {report.rater: report.leave_one_out.value for report in rater_reports(logs, standing)}
    assert found == {"a": 1.0, "b": 1.0, "m": 0.0}


def test_of_repeated_answers_the_latest_counts_and_the_earlier_show_consistency() -> None:
    answers = [
        Given("1", "a", "anger", ask="first", at=1),
        Given("1", "a", "joy", ask="again", at=2),
        Given("2", "a", "joy", ask="second", at=3),
        Given("2", "a", "joy", ask="second again", at=4),
        Given("1", "b", "joy"),
        Given("2", "b", "joy"),
    ]
    report = one(answers, "a")
    assert (report.consistency.value, report.consistency.n) == (0.5, 2)
    assert report.leave_one_out.value == 1.0


def test_gold_counts_right_answers_and_is_silent_without_gold() -> None:
    answers = [Given("1", "a", "joy", truth="joy"), Given("2", "a", "joy", truth="fear"), Given("3", "a", "joy")]
    assert (one(answers, "a").gold.value, one(answers, "a").gold.n) == (0.5, 2)
    assert one([Given("3", "a", "joy")], "a").gold.value is None


def test_speed_counts_an_ask_once_however_many_questions_it_has() -> None:
    took = [100.0, 1000.0, 1000.0, 1000.0, 20_000.0]
    answers = [
        Given(str(item), "a", 1.0, question=question, took_ms=ms, at=item)
        for question in ("valence", "arousal")
        for item, ms in enumerate(took)
    ]
    speed = one(answers, "a").speed
    assert (speed.median_ms, speed.fast.value, speed.slow.value, speed.fast.n) == (1000.0, 0.2, 0.2, 5)
    assert one(answers, "a", fast_ms=5000).speed.fast.value == 0.8


def test_a_run_needs_times_that_tell_the_order() -> None:
    answers = "jafjjjjjjjjjjjjj"
    timed = [replace(each, at=place) for place, each in enumerate(crowd({"a": answers}))]
    run = one(timed, "a").lines.run
    assert run is not None
    assert (run.length, run.answer, run.of) == (13, "joy", 16)
    assert one(crowd({"a": answers}), "a").lines.run is None


def test_sheets_of_one_answer_and_copied_sheets_are_counted() -> None:
    sheets = [(1, 1, 1), (1, 1, 1), (1, 2, 3), (3, 2, 1)]
    answers = [
        Given(str(place), "a", float(value), question=question, at=place)
        for place, sheet in enumerate(sheets)
        for question, value in zip("VAD", sheet, strict=True)
    ]
    lines = one(answers, "a").lines
    assert (lines.flat.value, lines.flat.n) == (0.5, 4)
    assert (lines.copied.value, lines.copied.n) == (1 / 3, 3)


def test_drift_is_seen_when_agreement_falls_at_the_end() -> None:
    rng = np.random.default_rng(7)
    answers = []
    for item in range(300):
        truth = str(rng.choice(CATEGORIES))
        wandering = truth if item < 150 else str(rng.choice(CATEGORIES))
        for rater, value in (("a", wandering), ("b", truth), ("c", truth)):
            answers.append(Given(f"{item:03}", rater, value, at=item))
    drift = one(answers, "a").drift
    assert drift is not None
    assert drift.before == 1.0
    assert drift.high < -0.4
    assert "drift" in {flag.name for flag in found_flags(answers) if flag.rater == "a"}
    steady = one(answers, "b").drift
    assert steady is not None
    assert steady.difference >= 0


def test_a_rater_who_follows_suggestions_is_anchored() -> None:
    rng = np.random.default_rng(3)
    answers = []
    for item in range(200):
        truth, suggested = (str(name) for name in rng.choice(CATEGORIES, 2))
        answers.append(Given(f"{item:03}", "a", truth, suggested=suggested))
        answers.append(Given(f"{item:03}", "b", suggested if item % 2 else truth, suggested=suggested, shown=True))
    anchoring = one(answers, "b").anchoring
    assert anchoring is not None
    assert anchoring.low > 0.15
    assert one(answers, "a").anchoring is None
    assert [flag.rater for flag in found_flags(answers) if flag.name == "anchored"] == ["b"]


def test_a_leaning_is_told_with_the_category_and_how_much_more_often() -> None:
    answers = crowd({"a": "jjjjjjjjjj", "b": "jjjjjaaaaa", "c": "jjjjjaaaaa"})
    leaning = one(answers, "a").leniency.leanings
    assert [(each.category, each.difference) for each in leaning] == [("joy", 0.5), ("anger", -0.5)]


def test_confusions_name_what_a_rater_says_instead() -> None:
    truth = "afjafjafjafjafj" * 4
    answers = crowd({"a": truth, "b": truth, "c": truth, "x": truth.replace("f", "a")})
    confusion = one(answers, "x").confusions[0]
    fear = confusion.shares[CATEGORIES.index("fear")]
    assert fear[CATEGORIES.index("anger")] == pytest.approx(1, abs=0.01)


def test_who_shares_no_item_has_no_confusions_and_no_agreement() -> None:
    report = one([*crowd({"a": "jj", "b": "jj"}), Given("alone", "x", "joy")], "x")
    assert report.leave_one_out.value is None
    assert report.confusions[0].shares == ((None,) * 3,) * 3


def test_questions_that_stopped_early_are_not_compared() -> None:
    answers = crowd({"a": "jjj", "b": "jaa"})
    report = one(answers, "a", sequential=frozenset({(SCHEME.id, "emotion")}))
    assert report.leave_one_out.value is None
    assert report.drift is None
    assert report.leniency.shift is None


def test_nothing_is_flagged_about_raters_who_do_good_work() -> None:
    rng = np.random.default_rng(11)
    answers = []
    for item in range(120):
        truth = str(rng.choice(CATEGORIES))
        for rater in "abcd":
            said = truth if rng.random() < 0.85 else str(rng.choice(CATEGORIES))
            took = float(rng.lognormal(8, 0.4))
            answers.append(Given(f"{item:03}", rater, said, at=item, took_ms=took, truth=truth if item < 30 else NAN))
    assert found_flags(answers) == []


def test_a_guesser_is_flagged_with_the_numbers() -> None:
    rng = np.random.default_rng(5)
    answers = []
    for item in range(150):
        truth = str(rng.choice(CATEGORIES))
        answers += [Given(f"{item:03}", rater, truth, at=item, took_ms=3000, truth=truth) for rater in "abc"]
        answers.append(Given(f"{item:03}", "x", str(rng.choice(CATEGORIES)), at=item, took_ms=200, truth=truth))
    found = {flag.name: flag.evidence for flag in found_flags(answers) if flag.rater == "x"}
    assert {"fast", "gold", "disagrees"} <= found.keys()
    assert "of 150 asks" in found["fast"]
    assert "the others reach" in found["disagrees"]


def found_flags(answers: list[Given]) -> list[object]:
    logs = logs_of(answers, CATEGORIES)
    return list(flags(rater_reports(logs, people(logs))))


@pytest.fixture(scope="module")
def binary(shared: Path) -> AnswerLog:
    return emonet_face_binary(shared)


def test_the_contrast_yes_rates_of_emonet_face_binary_are_the_published_ones(binary: AnswerLog) -> None:
    assert recognised(binary.votes()).kind == "sequential"
    reports = rater_reports([binary], people([binary], sequential=frozenset({binary.key})))
    rates = {report.rater: report.leniency.contrast for report in reports if report.leniency.contrast.n}
    assert {rater: round(100 * (rate.value or 0), 1) for rater, rate in rates.items()} == {
        "human-3": 1.4,
        "human-5": 4.2,
        "human-7": 15.7,
    }
    assert {rater: rate.n for rater, rate in rates.items()} == {"human-3": 7999, "human-5": 4000, "human-7": 4000}
    named = {flag.rater: flag.name for flag in flags(reports)}
    assert named == {"human-3": "strict", "human-7": "lenient"}


def test_answers_per_rater_of_emonet_face_binary_add_up(binary: AnswerLog) -> None:
    reports = rater_reports([binary], people([binary]))
    assert [report.answers for report in reports] == [15875, 6629, 7999, 18278, 4000, 8905, 4000]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_leave_one_out_scores_equal_what_a_plain_loop_finds(data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.sampled_from(CATEGORIES)), min_size=1))
    table = {(item, rater): value for item, rater, value in rows}
    some = votes([str(i) for i, _ in table], [str(r) for _, r in table], list(table.values()), CATEGORIES)
    counted = np.array([data.draw(st.booleans()) for _ in some.rater_ids])
    found = leave_one_out(some, counted)
    for row in range(len(some)):
        item, own = some.items[row], some.values[row]
        others = [
            some.values[k] for k in range(len(some)) if some.items[k] == item and k != row and counted[some.raters[k]]
        ]
        if not others:
            assert np.isnan(found.score[row])
            continue
        top = max(others.count(value) for value in others)
        leaders = {value for value in others if others.count(value) == top}
        assert found.score[row] == pytest.approx((own in leaders) / len(leaders))
        if len(others) >= 2:
            assert found.others[row] == pytest.approx(ceiling(others))


def ceiling(answers: list[int]) -> float:
    hits = []
    for place, own in enumerate(answers):
        rest = answers[:place] + answers[place + 1 :]
        top = max(rest.count(value) for value in rest)
        leaders = {value for value in rest if rest.count(value) == top}
        hits.append((own in leaders) / len(leaders))
    return sum(hits) / len(hits)


def test_others_on_a_scale_are_measured_among_themselves() -> None:
    report = one(crowd({"a": [4.0], "b": [0.0], "c": [1.0], "d": [2.0]}), "a")
    # without a: 0 is 1.5 from the mean of 1 and 2, 1 is 0 from that of 0 and 2, 2 is 1.5 from that of 0 and 1
    assert report.same_items == pytest.approx(1 - (1.5 + 0 + 1.5) / 3 / 4)


@given(st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=1, max_size=30))
def test_the_longest_run_is_a_run_of_the_sequence(values: list[float]) -> None:
    length, value, chance = longest_run(np.array(values))
    joined = "".join(f"{one:g}" for one in values)
    assert f"{value:g}" * length in joined
    assert 0 <= chance <= 1


def test_the_chance_of_a_run_is_near_what_simulation_gives() -> None:
    rng = np.random.default_rng(0)
    values = np.array([0.0] * 6 + [1.0, 0.0] * 47)
    _, _, chance = longest_run(values)
    draws = rng.permuted(np.tile(values, (20_000, 1)), axis=1) == 0
    longest = np.zeros(len(draws))
    current = np.zeros(len(draws))
    for column in draws.T:
        current = np.where(column, current + 1, 0)
        longest = np.maximum(longest, current)
    assert chance == pytest.approx((longest >= 6).mean(), abs=0.05)


def test_confusions_and_leanings_of_raters_that_do_not_count_do_not_move_the_truth() -> None:
    some = votes(list("112233") * 2, list("ababab") + list("xyxyxy"), ["joy"] * 6 + ["anger"] * 6, CATEGORIES)
    counted = np.array([True, True, False, False])
    table = confusions(some, counted)
    assert table[2:, CATEGORIES.index("joy"), CATEGORIES.index("anger")].sum() == pytest.approx(6, abs=0.01)
    difference, n = leanings(some, counted)
    assert difference[2, CATEGORIES.index("anger")] == 1.0
    assert n.tolist() == [3, 3, 3, 3]


def test_confusions_tell_which_category_a_rater_takes_for_which() -> None:
    truth = np.random.default_rng(1).integers(0, 3, 300)
    table = np.stack([truth, truth, truth, np.where(truth == 1, 2, truth)], axis=1)
    items, raters = np.indices(table.shape)
    some = votes(
        [f"t{item:03}" for item in items.ravel()],
        [f"w{rater}" for rater in raters.ravel()],
        [f"c{code}" for code in table.ravel()],
    )
    found = confusions(some, np.ones(4, np.bool_))
    assert found.shape == (4, 3, 3)
    times = np.bincount(truth)
    assert found[0] == pytest.approx(np.diag(times), abs=1e-3)
    assert found[3][1] == pytest.approx([0, 0, times[1]], abs=1e-3)


def test_the_difference_of_two_shares_has_newcombes_interval() -> None:
    # Newcombe's own example (a) for method 10: 56 of 70 beside 48 of 80
    assert share_apart(56, 70, 48, 80) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)
    assert share_apart(1, 1, 0, 0) is None


def test_intervals_of_shares_stay_between_nothing_and_everything() -> None:
    assert share(0, 20).low == 0.0
    assert share(20, 20).high == 1.0
    assert share(0, 0).value is None
    # Wilson's own limits for 15 of 50
    assert (share(15, 50).low, share(15, 50).high) == (pytest.approx(0.1910, abs=1e-4), pytest.approx(0.4375, abs=1e-4))


def test_differences_have_welch_and_student_intervals() -> None:
    from scipy import stats

    rng = np.random.default_rng(1)
    before, after = rng.normal(0, 1, 12), rng.normal(1, 3, 30)
    expected = stats.ttest_ind(after, before, equal_var=False).confidence_interval()
    found = difference(before, after)
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(expected.low), pytest.approx(expected.high))
    alone = stats.ttest_1samp(after, 0).confidence_interval()
    assert (around(after) or ())[1:] == (pytest.approx(alone.low), pytest.approx(alone.high))
