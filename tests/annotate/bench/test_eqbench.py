"""EQ-Bench: replies are read and scored as the published runs were, and no score stands without its baselines."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.bench import eqbench
from schemas.errors import BadInput

EMOTIONS = ("Calm", "Angry", "Proud", "Sad")


def entry(relative: tuple[Any, ...], full: tuple[Any, ...] | None) -> dict[str, Any]:
    def answer(scores: tuple[Any, ...]) -> dict[str, Any]:
        names = {f"emotion{place}": name for place, name in enumerate(EMOTIONS, 1)}
        return names | {f"emotion{place}_score": score for place, score in enumerate(scores, 1)}

    told = {"prompt": "…", "reference_answer": answer(relative)}
    return told | ({"reference_answer_fullscale": answer(full)} if full else {})


QUESTIONS = eqbench.questions_from(
    {"1": entry((2, 3, 0, 5), (0, "6", 0, "7")), "2": entry((5, "5", 0, 0), ("8", "8", 1, 0))}
)
ONE = QUESTIONS[0]


def lines(*scores: object) -> str:
    return "\n".join(f"{name}: {score}" for name, score in zip(EMOTIONS, scores, strict=True))


def reply(first: tuple[object, ...], revised: tuple[object, ...]) -> str:
    return (
        f"First pass scores:\n{lines(*first)}\n\nCritique: hm.\n\nRevised scores:\n{lines(*revised)}\n\n[End of answer]"
    )


PERFECT = {"1": reply((0, 6, 0, 7), (0, 6, 0, 7)), "2": reply((8, 8, 1, 0), (8, 8, 1, 0))}


def test_both_passes_are_read_from_a_reply() -> None:
    first, revised = eqbench.answers_in(reply((1, 2, 3, 4), (5, 6, 7, 8)))
    assert first == dict(zip(EMOTIONS, (1, 2, 3, 4), strict=True))
    assert revised == dict(zip(EMOTIONS, (5, 6, 7, 8), strict=True))


def test_without_the_heading_of_the_revision_nothing_is_read() -> None:
    assert eqbench.answers_in(f"First pass scores:\n{lines(1, 2, 3, 4)}") == ({}, {})
    assert eqbench.answers_in(lines(1, 2, 3, 4), revision=False)[0] == dict(zip(EMOTIONS, (1, 2, 3, 4), strict=True))


def test_only_the_digits_before_a_point_count_and_the_last_mention_wins() -> None:
    first, _ = eqbench.answers_in("Calm: 2.9\nCalm:7\nSad:  3/10\nSad: 4", revision=False)
    assert first == {"Calm": 2, "Sad": 4}


def test_an_answer_with_other_emotions_has_no_score() -> None:
    whole = dict(zip(EMOTIONS, (0.0, 6.0, 0.0, 7.0), strict=True))
    assert eqbench.question_score(ONE, whole, "v2") == pytest.approx(10)
    assert eqbench.question_score(ONE, {**whole, "Note": 3}, "v2") is None
    assert eqbench.question_score(ONE, {"Calm": 0, "Angry": 6, "Proud": 0}, "v2") is None
    assert eqbench.question_score(ONE, {"calm": 0, "Angry": 6, "Proud": 0, "Sad": 7}, "v2") is None


def test_distances_are_bent_as_published() -> None:
    bent = [0.1729, 0.5406, 1.5046, 3.2500, 4.9954, 6, 7, 8, 9, 10]
    question = eqbench.questions_from({"1": entry((1, 1, 1, 7), (0, 0, 0, 0))})[0]
    for apart, wanted in enumerate(bent, 1):
        given_ = dict(zip(EMOTIONS, (apart, 0.0, 0.0, 0.0), strict=True))
        assert eqbench.question_score(question, given_, "v2") == pytest.approx(10 - 0.7477 * wanted, abs=1e-4)


@given(st.tuples(*[st.integers(0, 10)] * 4), st.integers(1, 9))
def test_the_first_version_looks_at_proportions_only(scores: tuple[int, ...], times: int) -> None:
    small = dict(zip(EMOTIONS, map(float, scores), strict=True))
    large = {name: score * times for name, score in small.items()}
    if sum(scores) == 0:
        assert eqbench.question_score(ONE, small, "v1") is None
    else:
        wanted = 10 - sum(abs(s / sum(scores) * 10 - r) for s, r in zip(scores, (2, 3, 0, 5), strict=True))
        assert eqbench.question_score(ONE, small, "v1") == pytest.approx(wanted)
        assert eqbench.question_score(ONE, large, "v1") == pytest.approx(wanted)


def test_perfect_replies_score_a_hundred() -> None:
    found = eqbench.score(QUESTIONS, [PERFECT], "v2", bootstraps=50)
    assert (found.score, found.low, found.high, found.usable) == (100, 100, 100, True)


def test_of_several_attempts_the_first_whole_one_counts() -> None:
    half = "First pass scores:\nCalm: 1\nRevised scores:\n" + lines(0, 6, 0, 7)
    assert eqbench.passes(ONE, ["nothing", half, PERFECT["1"]], "v2") == (10, 10)
    assert eqbench.passes(ONE, ["nothing", half], "v2") == (None, 10)
    assert eqbench.passes(ONE, [], "v2") == (None, None)


def test_a_reply_of_nothing_but_zeros_cannot_be_read() -> None:
    assert eqbench.passes(ONE, [reply((0, 0, 0, 0), (0, 0, 0, 0))], "v2") == (None, None)


def many(first: list[tuple[object, ...] | None], revised: list[tuple[object, ...] | None]) -> Any:
    """Questions of one kind, with a reply each; None leaves a pass unreadable."""
    questions = eqbench.questions_from({str(n): entry((2, 3, 0, 5), (0, 6, 0, 7)) for n in range(len(first))})
    empty = ("?",) * 4
    replies = {
        str(n): reply(one or empty, other or empty) for n, (one, other) in enumerate(zip(first, revised, strict=True))
    }
    return questions, replies


def test_the_revised_pass_counts_only_if_it_is_as_high() -> None:
    better, worse = (0, 6, 0, 7), (1, 6, 0, 7)
    for first, revised, chosen in (
        (worse, better, "revised"),
        (better, worse, "first pass"),
        (worse, worse, "revised"),
    ):
        questions, replies = many([first] * 3, [revised] * 3)
        assert eqbench.score(questions, [replies], "v2", bootstraps=0).chosen == chosen


def test_the_revised_pass_needs_95_percent_of_the_readable_questions() -> None:
    better, worse = (0, 6, 0, 7), (1, 6, 0, 7)
    for unreadable, chosen in ((1, "revised"), (2, "first pass")):
        questions, replies = many([worse] * 20, [None] * unreadable + [better] * (20 - unreadable))
        assert eqbench.score(questions, [replies], "v2", bootstraps=0).chosen == chosen


def test_a_run_is_usable_when_83_33_percent_of_the_questions_are_readable() -> None:
    for readable, usable in ((50, True), (49, False)):
        answers: list[Any] = [(0, 6, 0, 7)] * readable + [None] * (60 - readable)
        found = eqbench.score(*_split(many(answers, answers)), bootstraps=0)
        assert (found.readable, found.usable) == (readable, usable)


def _split(both: Any) -> Any:
    questions, replies = both
    return questions, [replies], "v2"


def test_several_runs_are_averaged() -> None:
    worse = {name: reply((5, 5, 5, 5), (5, 5, 5, 5)) for name in PERFECT}
    each = [eqbench.score(QUESTIONS, [run], "v2", bootstraps=0).score for run in (PERFECT, worse)]
    both = eqbench.score(QUESTIONS, [PERFECT, worse], "v2", bootstraps=0)
    assert both.score == pytest.approx(np.mean(each))
    assert both.runs == 2


def test_replies_to_unknown_questions_are_named() -> None:
    assert eqbench.score(QUESTIONS, [{**PERFECT, "172": "?"}], "v2", bootstraps=0).unknown == ("172",)
    with pytest.raises(BadInput, match="same version"):
        eqbench.score(QUESTIONS, [{"900": "x"}], "v2")


def test_a_file_of_something_else_is_refused() -> None:
    with pytest.raises(BadInput, match="reference_answer"):
        eqbench.questions_from({"1": {"prompt": "…"}})
    first = eqbench.questions_from({"1": entry((2, 3, 0, 5), None)})
    with pytest.raises(BadInput, match="v1"):
        eqbench.score(first, [PERFECT], "v2")


def test_the_random_baseline_is_the_mean_over_every_possible_answer() -> None:
    for version in ("v1", "v2"):
        every = itertools.product(range(0, 11, 1), repeat=4)
        some = [
            eqbench.question_score(ONE, dict(zip(EMOTIONS, map(float, one), strict=True)), version) for one in every
        ]
        readable = [score for score in some if score is not None]
        assert eqbench.uniform(QUESTIONS[:1], version) == pytest.approx(10 * np.mean(readable))


@pytest.fixture(scope="session")
def published(shared: Path) -> Any:
    return eqbench.questions_from(json.loads((shared / "eqbench" / "questions_v2_171.json").read_text("utf-8")))


@pytest.mark.shared
@pytest.mark.parametrize(("model", "wanted"), [("gpt-4-0613", 84.79), ("huggingfaceh4__zephyr-7b-beta", 58.33)])
def test_published_runs_score_as_published(published: Any, shared: Path, model: str, wanted: float) -> None:
    run = json.loads((shared / "eqbench" / f"{model}_eqbench_v2_results.json").read_text("utf-8"))
    replies = [one["raw_inference"] for one in run["raw_results"].values()]
    found = eqbench.score(published, replies, "v2", bootstraps=200)
    assert found.score == pytest.approx(wanted, abs=0.02)
    assert (found.readable, found.usable, found.chosen) == (171, True, "first pass")
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.score < found.high


@pytest.mark.shared
def test_baselines_of_the_published_questions_are_those_of_the_reference(published: Any) -> None:
    wanted = [2.36, 19.65, 32.98, 38.89, 36.17, 26.89, 15.77, -2.96, -25.11, -50.29, -78.56]
    found = eqbench.constants(published, "v2")
    assert [round(found[value], 2) for value in range(11)] == wanted
    assert round(eqbench.uniform(published, "v2"), 2) == 1.44
