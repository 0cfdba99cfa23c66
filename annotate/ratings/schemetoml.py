"""A scheme as people read and edit it: a line per question, and the TOML that `scheme_from_toml` reads back."""

import json
from collections.abc import Iterable
from typing import Any

from annotate.ratings.inference import INFERRED
from schemas.scheme import Category, Question, Scale, Scheme

SHOWN = 12


def described(question: Question) -> str:
    """What a question offers, in one line: "feels: 6 categories: joy, …" or "rating: scale 1 to 7, ordinal"."""
    if question.scale:
        one = question.scale
        step = f" in steps of {one.step:g}" if one.step != 1 else ""
        return f"{question.name}: scale {one.minimum:g} to {one.maximum:g}{step}, {one.measure}"
    if question.type == "text":
        return f"{question.name}: free text"
    names = [category.name for category in question.categories]
    several = ", several at once" if question.type == "choices" else ""
    shown = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
    return f"{question.name}: {len(names)} categories{several}: {shown}"


def scheme_text(scheme: Scheme) -> str:
    """The TOML of a scheme; one that was inferred drops that word from its name, as somebody has looked at it then."""
    head = {
        "name": scheme.name.removeprefix(INFERRED),
        "version": scheme.version,
        "title": scheme.title,
        "media": scheme.media,
        "instruction": scheme.instruction,
    }
    lines = [*_lines(head, keep=("name", "version", "title", "media")), ""]
    if scheme.protocol.design != "fixed":
        lines += ["[protocol]", f"design = {_text(scheme.protocol.design)}", ""]
    for question in scheme.questions:
        lines += [*_question(question), ""]
    return "\n".join(lines)


def _question(question: Question) -> list[str]:
    keys = ("name", "title", "type", "required", "untouched", "family", "aliases", "words")
    told = {key: getattr(question, key) for key in keys}
    told["untouched"] = "" if question.untouched == "missing" else question.untouched
    lines = ["[[question]]", *_lines(told, keep=("name", "title", "type"))]
    lines += [f"scale = {_scale(question.scale)}"] if question.scale else []
    for category in question.categories:
        lines += ["", "[[question.category]]", *_lines(_category(category), keep=("name", "title"))]
    return lines


def _category(category: Category) -> dict[str, Any]:
    return {key: getattr(category, key) for key in ("name", "title", "aliases", "words")}


def _scale(scale: Scale) -> str:
    told = [f"{key} = {_number(getattr(scale, key))}" for key in ("minimum", "maximum", "step")]
    told.append(f"measure = {_text(scale.measure)}")
    anchors = ", ".join(f"{_text(_number(point))} = {_text(words)}" for point, words in scale.anchors)
    told += [f"anchors = {{ {anchors} }}"] if anchors else []
    return f"{{ {', '.join(told)} }}"


def _lines(told: dict[str, Any], keep: Iterable[str]) -> list[str]:
    """A line per key that says something, and per key that must be there."""
    return [f"{key} = {_value(value)}" for key, value in told.items() if value or key in keep]


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_text(one) for one in value)}]"
    return str(value).lower() if isinstance(value, bool | int) else _text(str(value))


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _text(text: str) -> str:
    """A basic string of TOML, which is one of JSON but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
