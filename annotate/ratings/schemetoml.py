"""A scheme as people read and edit it: a line per question, and the TOML that `scheme_from_toml` reads back."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from annotate.ratings.inference import INFERRED
from annotate.studio.controls import number
from schemas.scheme import Protocol, Question, Scale, Scheme
from schemas.tables import toml_value

SHOWN = 12


def described(question: Question) -> str:
    """What a question offers, in one line: "feels: 6 categories: joy, …" or "rating: scale 1 to 7, ordinal"."""
    if question.scale:
        scale = question.scale
        step = f" in steps of {scale.step:g}" if scale.step != 1 else ""
        return f"{question.name}: scale {scale.minimum:g} to {scale.maximum:g}{step}, {scale.measure}"
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
    protocol = asdict(scheme.protocol)
    declared = {name: value for name, value in protocol.items() if value != getattr(Protocol, name)}
    if declared:
        lines += ["[protocol]", *_lines(declared, keep=tuple(declared)), ""]
    for question in scheme.questions:
        lines += [*_question(question), ""]
    return "\n".join(lines)


def _question(question: Question) -> list[str]:
    keys = ("name", "title", "type", "required", "untouched", "family", "aliases", "words")
    values = {key: getattr(question, key) for key in keys}
    values["untouched"] = "" if question.untouched == "missing" else question.untouched
    lines = ["[[question]]", *_lines(values, keep=("name", "title", "type"))]
    lines += [f"scale = {_scale(question.scale)}"] if question.scale else []
    for category in question.categories:
        lines += ["", "[[question.category]]", *_lines(vars(category), keep=("name", "title"))]
    return lines


def _scale(scale: Scale) -> str:
    values = [f"{key} = {toml_value(number(getattr(scale, key)))}" for key in ("minimum", "maximum", "step")]
    values.append(f"measure = {toml_value(scale.measure)}")
    anchors = ", ".join(f"{toml_value(str(number(point)))} = {toml_value(words)}" for point, words in scale.anchors)
    values += [f"anchors = {{ {anchors} }}"] if anchors else []
    return f"{{ {', '.join(values)} }}"


def _lines(values: Mapping[str, Any], keep: Iterable[str]) -> list[str]:
    """A line per key that says something, and per key that must be there."""
    return [f"{key} = {toml_value(value)}" for key, value in values.items() if value or key in keep]
