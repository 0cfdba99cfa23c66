"""EQ-Bench v1 and v2 exactly as published (arXiv 2312.06281): raw replies in, one score out, baselines beside it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from annotate.agreement.coefficients import mean_of_defined, ratio
from annotate.agreement.intervals import intervals
from annotate.ratings.nested import eqbench_questions
from schemas.errors import BadInput

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


Version = Literal["v1", "v2"]
Pass = Literal["first pass", "revised"]
Given = dict[str, float]
EMOTIONS = 4
HIGHEST = 10
USABLE = 0.8333  # share of questions that must be readable
REVISED = 0.95  # share of the first pass's readable questions that the revised answers need to count
FLATTEN = 0.7477  # chosen by the authors so that random answers score near zero
REVISED_TITLE = "Revised scores:"
_LINE = re.compile(r"(\w+):\s+(\d+)")
_FIRST = re.compile(r"First pass scores:(.*?)Revised scores:", re.DOTALL)
_REVISED = re.compile(r"Revised scores:(.*?)$", re.DOTALL)


@dataclass(frozen=True)
class EqQuestion:
    """One dialogue's four emotions with the reference of v1 (adds up to 10) and of v2 (each 0 to 10 on its own)."""

    id: str
    emotions: tuple[str, ...]
    relative: tuple[float, ...]
    full: tuple[float, ...] | None

    def reference(self, version: Version) -> tuple[float, ...]:
        """The reference of a version; raises BadInput for v2 where the file holds v1 only."""
        scores = self.relative if version == "v1" else self.full
        if scores is None:
            raise BadInput(f"question {self.id} has no reference_answer_fullscale; score with --eqbench v1")
        return scores


@dataclass(frozen=True)
class EqScore:
    """What a model reached over its runs; `first` and `revised` are the scores of the passes.

    A score is None where nothing could be read. `chosen` is the pass of the last run. `readable` of `questions` is a
    mean over runs; below 83.33 % a run is not `usable`. `constant` is the best score of giving one number throughout,
    `random` that of uniform whole numbers.
    """

    version: Version
    score: float | None
    low: float | None
    high: float | None
    chosen: Pass
    first: float | None
    revised: float | None
    readable: float
    questions: int
    usable: bool
    constant: float
    constant_value: int
    random: float
    runs: int = 1
    unknown: tuple[str, ...] = ()


def questions_from(data: Mapping[str, Any]) -> tuple[EqQuestion, ...]:
    """The questions of a published file, in its order; raises BadInput for anything else."""
    try:
        questions = groupby(eqbench_questions(data), key=lambda row: str(row["question"]))
        return tuple(_question(key, list(rows)) for key, rows in questions)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadInput(
            f"these are no EQ-Bench questions ({type(error).__name__}: {error}); expected for each number a prompt, "
            "reference_answer and reference_answer_fullscale with emotion1 to emotion4 and emotion1_score to 4"
        ) from None


def _question(key: str, rows: Sequence[Mapping[str, Any]]) -> EqQuestion:
    relative, full = ([row[reference] for row in rows] for reference in ("relative", "revised"))
    has_full = any(score is not None for score in full)
    return EqQuestion(
        key,
        emotions=tuple(str(row["emotion"]) for row in rows),
        relative=tuple(map(float, relative)),
        full=tuple(map(float, full)) if has_full else None,
    )


def answers_in(reply: str, revision: bool = True) -> tuple[Given, Given]:
    """The emotions and whole numbers a reply gives in its first pass and in its revised scores, last mention first.

    Without `revision` (the default of v2.1) the whole reply is the first pass.
    """
    if not revision:
        return _given(reply), {}
    first, revised = _FIRST.search(reply), _REVISED.search(reply)
    return _given(first[1]) if first else {}, _given(revised[1]) if revised else {}


def question_score(question: EqQuestion, given: Mapping[str, float], version: Version) -> float | None:
    """The score of one answer, 10 at best; None unless exactly the four emotions are given (v1: and not all zero)."""
    if set(given) != set(question.emotions):
        return None
    numbers = [float(given[emotion]) for emotion in question.emotions]
    if version == "v2":
        return float(_full_scores(_array([numbers]), question)[0])
    return float(_relative_scores(_array([numbers]), question)[0]) if sum(numbers) > 0 else None


def passes(question: EqQuestion, attempts: Sequence[str], version: Version, revision: bool = True) -> tuple[Any, Any]:
    """The scores of both passes from the first whole attempt, else from the first that is readable in part.

    As in the published runner an attempt is readable when its v1 score is defined, in v2 too: a reply of nothing but
    zeros was asked again.
    """
    partial: tuple[Any, Any] | None = None
    for attempt in attempts:
        both = answers_in(attempt, revision)
        readable = [question_score(question, given, "v1") is not None for given in both[: 1 + revision]]
        scores = tuple(question_score(question, given, version) for given in both)
        if all(readable):
            return scores[0], scores[1]
        if any(readable) and partial is None:
            partial = scores[0], scores[1]
    return partial or (None, None)


@dataclass(frozen=True, eq=False)
class EqRun:
    """One run over all questions: the scores of both passes, NaN where a reply could not be read."""

    first: Floats
    revised: Floats

    def final(self, weights: Floats) -> tuple[Floats, Floats, Flags]:
        """The score, the number of readable questions and whether the revised pass counts, for each replicate.

        The score is NaN where nothing is readable.
        The revised pass counts when it scores at least as high as the first and is readable for at least 95 % as many.
        """
        (first, n), (second, m) = (_total(scores, weights) for scores in (self.first, self.revised))
        revised: Flags = (np.nan_to_num(second) >= np.nan_to_num(first)) & (m >= REVISED * n)
        return np.where(revised, second, first), np.where(revised, m, n), revised


def score(
    questions: Sequence[EqQuestion],
    runs: Sequence[Mapping[str, Any]],
    version: Version,
    *,
    revision: bool = True,
    bootstraps: int = 1000,
    seed: int = 0,
) -> EqScore:
    """Score the replies of one model: per run a mapping from question to a reply, or to several attempts in order.

    The interval draws questions again. Raises BadInput without replies to any of the questions.
    """

    known = {question.id for question in questions}
    if not any(known & set(replies) for replies in runs):
        raise BadInput(f"no reply belongs to any of the {len(known)} questions; are they of the same version?")
    read = [_run(questions, replies, version, revision) for replies in runs]
    best = constants(questions, version)
    return _summary(
        read,
        version=version,
        interval=_interval(read, len(questions), bootstraps, seed),
        questions=len(questions),
        constant=max(best.values()),
        constant_value=max(best, key=lambda value: best[value]),
        random=uniform(questions, version),
        runs=len(read),
        unknown=tuple(sorted({name for replies in runs for name in replies} - known)),
    )


def constants(questions: Sequence[EqQuestion], version: Version) -> dict[int, float]:
    """The score of giving every emotion the same number, for each number (v1 cannot read all zeros)."""
    numbers = np.arange(0 if version == "v2" else 1, HIGHEST + 1)
    answers = np.repeat(numbers[:, None], EMOTIONS, axis=1).astype(float)
    totals = np.mean([_scores(answers, question, version) for question in questions], axis=0)
    return {int(number): float(10 * total) for number, total in zip(numbers, totals, strict=True)}


def uniform(questions: Sequence[EqQuestion], version: Version) -> float:
    """The expected score of whole numbers from 0 to 10 drawn at random, over all answers that can be read."""
    if version == "v2":  # each emotion counts by itself, so that it does not matter what the others get
        return sum(constants(questions, version).values()) / (HIGHEST + 1)
    every = np.indices((HIGHEST + 1,) * EMOTIONS).reshape(EMOTIONS, -1).T.astype(float)
    return float(10 * np.mean([_scores(every[1:], question, version).mean() for question in questions]))


def _summary(read: Sequence[EqRun], *, interval: tuple[float | None, float | None], **known: Any) -> EqScore:
    """The mean over runs of what each of them reached."""
    once = np.ones((1, known["questions"]))
    finals = [run.final(once) for run in read]
    readable = float(np.mean([n[0] for _, n, _ in finals]))
    return EqScore(
        score=_defined([points[0] for points, _, _ in finals]),
        low=interval[0],
        high=interval[1],
        chosen="revised" if finals[-1][2][0] else "first pass",
        first=_defined([_total(run.first, once)[0][0] for run in read]),
        revised=_defined([_total(run.revised, once)[0][0] for run in read]),
        readable=readable,
        usable=readable >= USABLE * known["questions"],
        **known,
    )


def _interval(read: Sequence[EqRun], questions: int, bootstraps: int, seed: int) -> tuple[float | None, float | None]:
    """The 95 % interval of the score over questions drawn again; the pass that counts is chosen anew each time."""

    def statistics(weights: Floats) -> dict[str, Floats]:
        return {"score": mean_of_defined(np.array([run.final(weights)[0] for run in read]), axis=0)}

    if not bootstraps:
        return None, None
    return intervals(statistics, np.arange(questions), questions, bootstraps, seed).get("score", (None, None))


def _scores(answers: Floats, question: EqQuestion, version: Version) -> Floats:
    return _full_scores(answers, question) if version == "v2" else _relative_scores(answers, question)


def _full_scores(answers: Floats, question: EqQuestion) -> Floats:
    """v2: distances up to 5 are bent by a logistic curve, larger ones count as they are."""
    apart = abs(answers - _array(question.reference("v2")))
    bent = np.where(apart == 0, 0, 6.5 / (1 + np.exp(-1.2 * (apart - 4))))
    scores: Floats = 10 - FLATTEN * np.where(apart <= 5, bent, apart).sum(axis=1)
    return scores


def _relative_scores(answers: Floats, question: EqQuestion) -> Floats:
    """v1: answers are brought to a sum of ten, then the differences are taken off."""
    relative = answers / answers.sum(axis=1, keepdims=True) * HIGHEST
    scores: Floats = 10 - abs(relative - _array(question.relative)).sum(axis=1)
    return scores


def _total(scores: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """100 times the mean of what could be read over 10, and how many could."""
    readable = np.isfinite(scores).astype(float)
    n = weights @ readable
    return ratio(10 * (weights @ np.nan_to_num(scores)), n), n


def _run(questions: Sequence[EqQuestion], replies: Mapping[str, Any], version: Version, revision: bool) -> EqRun:
    both = []
    for question in questions:
        reply = replies.get(question.id)
        attempts = (
            [reply] if isinstance(reply, str) else [attempt for attempt in reply or () if isinstance(attempt, str)]
        )
        both.append(passes(question, attempts, version, revision))
    return EqRun(_array([first for first, _ in both]), _array([revised for _, revised in both]))


def _given(text: str) -> Given:
    return {emotion: float(number) for emotion, number in _LINE.findall(text)}


def _array(values: Sequence[Any]) -> Floats:
    return np.asarray(values, np.float64)


def _defined(numbers: Sequence[float]) -> float | None:
    defined = [float(number) for number in numbers if np.isfinite(number)]
    return sum(defined) / len(defined) if defined else None
