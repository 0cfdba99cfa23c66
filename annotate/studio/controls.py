"""Which control of Label Studio asks a question, and how the answer to it is stored there."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from schemas.errors import BadInput, nearest
from schemas.scheme import Question, Scale, Scheme
from schemas.tables import shown

Control = Literal["chips", "bar", "steps", "slider", "text"]
SHOWN = "_media"  # what is asked about, by a name no question can have
FLAG = "_flag"  # why a rater turns it down
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


@dataclass(frozen=True)
class Refused:
    """One part of an annotation that is no answer of its scheme; `question` is None where none is named."""

    question: str | None
    value: Any
    reason: str


@dataclass(frozen=True)
class Reading:
    """What one annotation says: its answers by question, and what could not be read; no question is in both."""

    answers: Mapping[str, Any]
    refused: tuple[Refused, ...] = ()


def reading(scheme: Scheme, result: Sequence[Any]) -> Reading:
    """The answers in the `result` of one annotation by question name, and what of it the scheme does not have.

    A choice is its category's name, several choices a sorted list of names, a scale a number, a text a string. What
    nobody touched is absent, or the lowest point of its scale when the scheme says so.
    """
    questions = {question.name: question for question in scheme.questions}
    answers: dict[str, Any] = {
        question.name: number(question.scale.minimum)
        for question in scheme.questions
        if question.scale and question.untouched == "lowest"
    }
    refused: list[Refused] = []
    for name, value in _parts(result):
        question = questions.get(name or "")
        try:
            if question is None:
                raise BadInput(_elsewhere(scheme, name))
            answer = _answer(question, value)
        except BadInput as error:
            refused.append(Refused(name, _inner(question, value), str(error)))
            continue
        if answer not in (None, "", []):
            answers[question.name] = answer
    for part in refused:
        answers.pop(part.question or "", None)
    return Reading(answers, tuple(refused))


def answers_in(scheme: Scheme, result: Sequence[Any]) -> dict[str, Any]:
    """The answers of `reading`; raises BadInput for a value that a question of the scheme does not have."""
    found = reading(scheme, result)
    for part in found.refused:
        if part.question is None or part.question in scheme.names:
            raise BadInput(part.reason)
    return dict(found.answers)


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


def flag_in(result: Sequence[Any]) -> str | None:
    """The reason for which a rater turned the item down, whatever else they answered; None where they did not."""
    for name, value in _parts(result):
        chosen = value.get("choices") if name == FLAG and isinstance(value, Mapping) else None
        if isinstance(chosen, list) and chosen and isinstance(chosen[-1], str) and _is_text(chosen[-1]):
            return chosen[-1]
    return None


def flag_of(reason: str) -> list[dict[str, Any]]:
    """The `result` Label Studio would have stored for turning the item down with this reason."""
    return [{"id": FLAG, "from_name": FLAG, "to_name": SHOWN, "type": "choices", "value": {"choices": [reason]}}]


def number(value: float) -> float:
    """The same number without the noise of binary fractions, and an int when it is whole."""
    rounded = round(float(value), DIGITS)
    return int(rounded) if rounded.is_integer() else rounded


def _parts(result: Sequence[Any]) -> Iterator[tuple[str | None, Any]]:
    """Which control each part of a result is from, and its value; arrows between parts answer nothing."""
    for part in result:
        if not isinstance(part, Mapping):
            yield None, part
        elif part.get("type") != "relation":
            name = part.get("from_name")
            yield (name, part.get("value")) if isinstance(name, str) and _is_text(name) else (None, dict(part))


def _elsewhere(scheme: Scheme, name: str | None) -> str:
    if name is None:
        return "expected a part that names its control (from_name) and holds a value"
    return f"scheme {scheme.name!r} has no question {name!r}; {nearest(name, scheme.names)}"


def _inner(question: Question | None, value: Any) -> Any:
    """A refused value in the form an answer would have, where it has the shape of one."""
    if not (isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in ("choices", "number", "text")):
        return value
    (inner,) = value.values()
    lone = isinstance(inner, list) and len(inner) == 1
    return inner[0] if lone and (question is None or question.type != "choices") else inner


def _answer(question: Question, value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise BadInput(f"question {question.name!r} got {shown(value)}; expected a table such as {{'choices': [...]}}")
    if question.type == "text":
        lines = value.get("text", [])
        return "\n".join(_texts(question, [lines] if isinstance(lines, str) else lines))
    if question.scale:
        return _point(question, question.scale, value)
    chosen = [_category(question, name) for name in _texts(question, value.get("choices", []))]
    if question.type == "choices":
        return sorted(set(chosen))
    if len(chosen) > 1:
        raise BadInput(f"question {question.name!r} takes one answer and got {len(chosen)}: {', '.join(chosen)}")
    return chosen[0] if chosen else None


def _is_text(text: str) -> bool:
    """Whether it can be written as UTF-8: half a character, a lone surrogate, cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _texts(question: Question, value: Any) -> list[str]:
    """The value, if it is a list of texts."""
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise BadInput(f"question {question.name!r} got {shown(value)}; expected a list of texts")
    if not all(map(_is_text, value)):
        raise BadInput(f"question {question.name!r} got {shown(value)}; expected texts without lone surrogates")
    return value


def _point(question: Question, scale: Scale, value: Mapping[str, Any]) -> float | None:
    if "rating" in value:  # steps above the lowest
        steps = value["rating"]
        if type(steps) is not int or not 0 <= steps < len(scale.points):
            raise BadInput(f"question {question.name!r} has {len(scale.points) - 1} steps and got {shown(steps)}")
        return number(scale.points[steps])
    given = value.get("number", value.get("choices", []))
    if isinstance(given, list):
        return _on_scale(question, scale, given[0]) if given else None
    return _on_scale(question, scale, given)


def _on_scale(question: Question, scale: Scale, given: Any) -> float:
    try:
        wanted = math.nan if isinstance(given, bool) else number(given)
    except (TypeError, ValueError, OverflowError):
        wanted = math.nan
    if wanted not in {number(point) for point in scale.points}:
        span = f"{number(scale.minimum)} to {number(scale.maximum)} in steps of {number(scale.step)}"
        raise BadInput(f"question {question.name!r} is a scale from {span} and got {shown(given)}")
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
