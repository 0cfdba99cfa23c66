"""A scheme as Label Studio shows it: one calm page, answered by keys; and what raters did there, read back."""

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape
from importlib.resources import files
from itertools import groupby
from operator import attrgetter
from xml.etree import ElementTree

from label_studio_sdk.label_interface import LabelInterface

from annotate.studio.controls import BAR_MOST, FLAG, SHOWN, answers_in, control, number, reading, result_of
from annotate.studio.hotkeys import NOWHERE, Keys, hotkeys, ticks
from schemas.errors import BadSetting
from schemas.modality import MODALITIES
from schemas.scheme import Category, Media, Question, Scale, Scheme

__all__ = ["answers_in", "interface", "page", "reading", "result_of"]

Node = ElementTree.Element
CONTEXT = "_context"
NAME = re.compile(
    r"(?!(true|false|null|nan|inf|infinity)$)[a-z][a-z0-9_-]*", re.IGNORECASE
)  # those words become values
# out of the way of Tab: a player keeps the keys once it has the focus
PLAYER = '<audio src="$media" controls autoplay loop tabindex="-1" controlslist="nodownload noplaybackrate">'
PICTURE = '<img src="$media" alt="">'
SPEAKER = (
    '<video src="$media" controls autoplay loop playsinline tabindex="-1" controlslist="nodownload noplaybackrate">'
)
# What the keys do: in any Label Studio, and with the script of ours (inside/page.js), which shows the second.
KEYS = "Ctrl+Enter: submit  ·  Ctrl+Space: skip"
OUR_KEYS = {
    "voice": f"Space: pause and play  ·  Shift+Space: from the start  ·  {KEYS}  ·  Ctrl+Z: undo",
    "face": f"{KEYS}  ·  Ctrl+Z: undo",
    "moment": f"Space: pause and play  ·  Shift+Space: from the start  ·  {KEYS}  ·  Ctrl+Z: undo",
}
SHOWS: dict[Media, str] = {"voice": PLAYER, "face": PICTURE, "moment": SPEAKER}
LAYOUT: dict[Media, tuple[str, ...]] = {  # a moment stands where a face stands
    "voice": ("emo-voice",),
    "face": ("emo-face",),
    "moment": ("emo-face", "emo-moment"),
}
TEXT_FIELD = {"rows": "1", "maxSubmissions": "1", "editable": "true", "placeholder": "type, then Enter"}
SLIDER_KEYS = "← → and Page keys move it  ·  Tab leaves it"
NARROW_MOST = 9  # points whose steps fit three columns
NO_KEY = "\N{NO-BREAK SPACE}"
STEPS_KEYS = "press its key once for each step up  ·  Tab and ← → for step by step"
OUR_STEPS_KEYS = "its key: a step up  ·  Alt and its key: a step down  ·  Backspace: down where you were last"
FLAG_TITLE = "Cannot be judged? Say why, then submit:"


def interface(scheme: Scheme, media: Media) -> str:
    """The `page` of a scheme, which Label Studio's SDK finds sound; raises BadSetting with its reason otherwise."""
    return _accepted(scheme.name, page(scheme, media))


def page(scheme: Scheme, media: Media) -> str:
    """The labelling configuration of a scheme: XML over the task data `media` (an address) and `context` (a text).

    Everything fits a screen of 1366 by 768 when the scheme is small, and can be answered without a mouse.
    Raises BadSetting when a name or a scale cannot be carried by Label Studio.
    """
    _check(scheme)
    root = _view("emo", *LAYOUT[media])
    ElementTree.SubElement(root, "Style").text = (files("annotate.studio") / "interface.css").read_text("utf-8")
    stage = _view("emo-stage", inside=root)
    ElementTree.SubElement(stage, "HyperText", name=SHOWN, inline="true", value=SHOWS[media])
    ElementTree.SubElement(stage, "Text", name=CONTEXT, value="$context")
    questions = _view("emo-questions", inside=root)
    _words(scheme.instruction, "emo-instruction", questions)
    blocks = _blocks(scheme.questions)
    ordered = [question for block in blocks for question in block]
    keys = dict(zip([one.name for one in ordered], hotkeys([_keys_wanted(one) for one in ordered]), strict=True))
    for block in blocks:
        if control(block[0]) == "steps":
            _steps(block, keys, questions)
        else:
            _question(block[0], keys[block[0].name], questions)
    if scheme.protocol.flags:
        _flags(media, questions)
    _keys(KEYS, OUR_KEYS[media], "emo-help", root if media == "voice" else stage)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode")


@lru_cache(maxsize=64)  # to find a page sound takes longer than to make it
def _accepted(scheme: str, made: str) -> str:
    try:
        LabelInterface(made).validate()
    except Exception as error:  # of several kinds, some of them plain Exception
        raise BadSetting(f"scheme {scheme!r}: Label Studio cannot show it: {error}") from error
    return made


def _check(scheme: Scheme) -> None:
    for question in scheme.questions:
        where = f"scheme {scheme.name!r}, question {question.name!r}"
        if not NAME.fullmatch(question.name):
            raise BadSetting(
                f"{where}: Label Studio needs a name that starts with a letter and has only letters, digits, - and _"
            )
        for category in question.categories:
            if "$" in category.name:
                raise BadSetting(f"{where}: a category cannot have $ in its name: {category.name!r}")
        scale = question.scale
        if (
            scale
            and control(question) == "slider"
            and any(math.fmod(p - scale.minimum, scale.step) for p in scale.points)
        ):
            raise BadSetting(f"{where}: a scale of more than {BAR_MOST} points needs whole numbers as steps")


def _keys_wanted(question: Question) -> int:
    match control(question):
        case "chips":
            return len(question.scale.points) if question.scale else len(question.categories)
        case "bar":
            return len(ticks(BAR_MOST))
        case "steps":
            return 1
        case _:
            return 0


def _blocks(questions: Sequence[Question]) -> list[list[Question]]:
    """Questions in order, each a block of its own; those drawn as steps on one scale are one, family by family."""
    runs = groupby(questions, key=lambda one: one.scale if control(one) == "steps" else one.name)
    return [_by_family(list(run)) for _, run in runs]


def _by_family(questions: list[Question]) -> list[Question]:
    families = [question.family for question in questions]
    return sorted(questions, key=lambda one: families.index(one.family))


def _question(question: Question, keys: Keys, inside: Node) -> None:
    kind = control(question)
    block = _view("emo-question", "emo-scale" if kind == "chips" and question.scale else f"emo-{kind}", inside=inside)
    _words(question.title, "emo-title", block)
    attributes = {"name": question.name, "toName": SHOWN, **_required(question)}
    scale = question.scale
    if kind == "text":
        ElementTree.SubElement(block, "TextArea", {**attributes, **TEXT_FIELD})
    elif kind == "slider" and scale:
        _words(_legend(scale, SLIDER_KEYS), "emo-legend", block)
        span = {"min": str(number(scale.minimum)), "max": str(number(scale.maximum)), "step": str(number(scale.step))}
        ElementTree.SubElement(block, "Number", {**attributes, **span, "slider": "true", "hotkey": NOWHERE})
    else:
        choice = "multiple" if question.type == "choices" else "single-radio"
        chips = ElementTree.SubElement(block, "Choices", {**attributes, "choice": choice, "layout": "inline"})
        (_points if scale else _categories)(question, keys, chips)


def _categories(question: Question, keys: Keys, inside: Node) -> None:
    for category, key in zip(question.categories, keys, strict=True):
        chip = _chip(inside, category.name, category.title, key)
        if category.words:
            chip.set("hint", _plain(_explained(category)))


def _points(question: Question, keys: Keys, inside: Node) -> None:
    scale = question.scale
    if scale is None:
        return
    anchors = {number(point): words for point, words in scale.anchors}
    shown = ticks(len(scale.points)) if control(question) == "bar" else range(len(scale.points))
    keyed = dict(zip(shown, keys, strict=True))
    for place, point in enumerate(scale.points):
        text = str(number(point))
        _chip(inside, text, text, keyed.get(place), anchors.get(number(point)))


def _chip(inside: Node, name: str, title: str, key: str | None, anchor: str | None = None) -> Node:
    box = f"<b>{_html(title)}</b>" + (f"<kbd>{_html(_key_name(key))}</kbd>" if key else "")
    shown = f"<i>{box}</i>" + (f"<small>{_html(anchor)}</small>" if anchor else "")
    return ElementTree.SubElement(inside, "Choice", value=name, html=shown, hotkey=key or NOWHERE)


def _steps(questions: Sequence[Question], keys: Mapping[str, Keys], inside: Node) -> None:
    scale = questions[0].scale
    if scale is None:
        return
    block = _view(
        "emo-question", "emo-steps", *(["emo-wide"] if len(scale.points) > NARROW_MOST else []), inside=inside
    )
    _keys(_legend(scale, STEPS_KEYS), _legend(scale, OUR_STEPS_KEYS), "emo-legend", block)
    columns = _view("emo-columns", inside=block)
    for family, members in groupby(questions, key=attrgetter("family")):
        group = _view("emo-family", inside=columns)
        _words(family or "", "emo-family-name", group)
        for question in members:
            _step(question, scale, keys[question.name][0], group)


def _step(question: Question, scale: Scale, key: str | None, inside: Node) -> None:
    row = _view("emo-row", inside=inside)
    _words(_key_name(key) if key else NO_KEY, "emo-key", row)
    _words(question.title.replace("/", "/\N{ZERO WIDTH SPACE}"), "emo-name", row)
    span = {"maxRating": str(len(scale.points) - 1), "size": "small", "hotkey": key or NOWHERE}
    ElementTree.SubElement(row, "Rating", {"name": question.name, "toName": SHOWN, **span})
    _words(_explained(question) if question.words else question.title, "emo-words", row)


def _flags(media: Media, inside: Node) -> None:
    block = _view("emo-flags", inside=inside)
    _words("Esc", "emo-flags-key", block)
    _words(FLAG_TITLE, "emo-flags-title", block)
    asked = {"name": FLAG, "toName": SHOWN, "choice": "single-radio", "layout": "inline"}
    chips = ElementTree.SubElement(block, "Choices", asked)
    for place, reason in enumerate(MODALITIES[media].flags, 1):
        shown = f"<i><b>{_html(reason[0].upper() + reason[1:])}</b><kbd>{place}</kbd></i>"
        ElementTree.SubElement(chips, "Choice", value=reason, html=shown, hotkey=NOWHERE)


def _keys(plain: str, ours: str, name: str, inside: Node) -> None:
    """What the keys do, said twice: the page shows the one that holds."""
    _words(plain, f"{name} emo-plain", inside)
    _words(ours, f"{name} emo-ours", inside)


def _legend(scale: Scale, help_text: str) -> str:
    return "  ·  ".join([*(f"{number(point)} {words}" for point, words in scale.anchors), help_text])


def _required(question: Question) -> dict[str, str]:
    if not question.required or question.untouched == "lowest":
        return {}
    return {"required": "true", "requiredMessage": _plain(f"Not answered yet: {question.title}")}


def _explained(one: Question | Category) -> str:
    return f"{one.title}: {', '.join(one.words)}"


def _key_name(key: str) -> str:
    return key.replace("shift+", "⇧")


def _view(*classes: str, inside: Node | None = None) -> Node:
    made = {"className": " ".join(classes)}
    return ElementTree.Element("View", made) if inside is None else ElementTree.SubElement(inside, "View", made)


def _words(text: str, name: str, inside: Node) -> None:
    if text:
        ElementTree.SubElement(_view(name, inside=inside), "Header", value=_plain(text), size="5")


def _plain(text: str) -> str:
    """The text with an invisible space around each $, so that Label Studio finds no variable of the task in it."""
    return text.replace("$", "\N{ZERO WIDTH SPACE}$\N{ZERO WIDTH SPACE}")


def _html(text: str) -> str:
    return escape(text).replace("$", "&#36;")
