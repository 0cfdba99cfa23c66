"""Which control of Label Studio asks a question, and how the answer to it is stored there."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from schemas.errors import BadInput, nearest
from schemas.scheme import Question, Scale, Scheme

Control = Literal["chips", "bar", "steps", "slider", "text"]
SHOWN = "_media"  # what is asked about, by a name no question can have
CHIPS_MOST, STEPS_MOST, BAR_MOST = 11, 22, 101  # points a scale may have to be drawn that way
DIGITS = 9


def control(question: Question) -> Control:
    """Chips to choose from, a bar to point at, steps that start at the lowest, a slider, or a text field."""
    if question.type in ("choice", "choices"):
        return "chips"
    if question.scale is None:
        return "text"
    points = len(question.scale.points)
    if question.untouched == "lowest":
        return "steps" if points <= STEPS_MOST else "slider"
    return "chips" if points <= CHIPS_MOST else "bar" if points <= BAR_MOST else "slider"


def answers_in(scheme: Scheme, result: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The answers in the `result` of one annotation by question name.

    A choice is its category's name, several choices a sorted list of names, a scale a number, a text a string. What
    nobody touched is absent, or the lowest point of its scale when the scheme says so. Raises BadInput for a value
    the scheme does not have.
    """
    questions = {question.name: question for question in scheme.questions}
    answers: dict[str, Any] = {}
    for question in scheme.questions:
        if question.scale and question.untouched == "lowest":
            answers[question.name] = number(question.scale.minimum)
    for part in result:
        if part.get("from_name") in questions:
            question = questions[part["from_name"]]
            answer = _answer(question, part.get("value") or {})
            if answer not in (None, "", []):
                answers[question.name] = answer
    return answers


def result_of(scheme: Scheme, answers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The `result` Label Studio would have stored for these answers; raises BadInput for a value not in the scheme."""
    for name in answers:
        if name not in scheme.names:
            raise BadInput(f"scheme {scheme.name!r} has no question {name!r}; {nearest(name, scheme.names)}")
    parts = []
    for question in scheme.questions:
        stored = _stored(question, answers[question.name]) if question.name in answers else None
        if stored:
            part = {"id": question.name, "from_name": question.name, "to_name": SHOWN}
            parts.append({**part, "type": stored[0], "value": stored[1]})
    return parts


def number(value: float) -> float:
    """The same number without the noise of binary fractions, and an int when it is whole."""
    rounded = round(float(value), DIGITS)
    return int(rounded) if rounded.is_integer() else rounded


def _answer(question: Question, value: Mapping[str, Any]) -> Any:
    if question.type == "text":
        lines = value.get("text", [])
        return lines if isinstance(lines, str) else "\n".join(lines)
    if question.scale:
        return _point(question, question.scale, value)
    chosen = [_category(question, name) for name in value.get("choices", [])]
    if question.type == "choices":
        return sorted(set(chosen))
    if len(chosen) > 1:
        raise BadInput(f"question {question.name!r} takes one answer and got {len(chosen)}: {', '.join(chosen)}")
    return chosen[0] if chosen else None


def _point(question: Question, scale: Scale, value: Mapping[str, Any]) -> float | None:
    if "rating" in value:  # steps above the lowest
        steps = int(value["rating"])
        if not 0 <= steps < len(scale.points):
            raise BadInput(f"question {question.name!r} has {len(scale.points) - 1} steps and got {steps}")
        return number(scale.points[steps])
    given = value.get("number", value.get("choices", []))
    if isinstance(given, list):
        return _on_scale(question, scale, given[0]) if given else None
    return _on_scale(question, scale, given)


def _on_scale(question: Question, scale: Scale, given: Any) -> float:
    try:
        wanted = number(given)
    except (TypeError, ValueError, OverflowError):
        wanted = math.nan
    if wanted not in {number(point) for point in scale.points}:
        span = f"{number(scale.minimum)} to {number(scale.maximum)} in steps of {number(scale.step)}"
        raise BadInput(f"question {question.name!r} is a scale from {span} and got {given!r}")
    return wanted


def _category(question: Question, name: Any) -> str:
    names = [category.name for category in question.categories]
    if name not in names:
        raise BadInput(f"question {question.name!r} has no category {name!r}; {nearest(str(name), names)}")
    return str(name)


def _stored(question: Question, answer: Any) -> tuple[str, dict[str, Any]] | None:
    if question.type == "text":
        return "textarea", {"text": [str(answer)]}
    if question.scale is None:
        names = answer if isinstance(answer, list | tuple) else [answer]
        return "choices", {"choices": [_category(question, name) for name in names]}
    point = _on_scale(question, question.scale, answer)
    match control(question):
        case "steps":
            steps = [number(one) for one in question.scale.points].index(point)
            return ("rating", {"rating": steps}) if steps else None  # the lowest is what nobody touched
        case "slider":
            return "number", {"number": point}
        case _:
            return "choices", {"choices": [str(point)]}
