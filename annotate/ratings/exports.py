"""Exports of annotation platforms whose rows hold other rows: taken apart into one row per answer."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotate.ratings.structured import answer_in, clean, structure
from schemas.ids import canonical

Row = dict[str, str | None]
ANSWER = ("question", "value", "rater", "time", "seconds", "skipped")  # columns every answer has
KEY = "key"  # what the platform itself calls the item
_PLAIN_PRODIGY = frozenset(("answer", "accept", "options", "label", "spans", "audio_spans", "tokens", "config", "html"))
_ENOUGH = 40  # letters of an address that holds the medium itself


@dataclass(frozen=True)
class Unfolding:
    """How one platform's rows are taken apart: what they say of the item, and the answers in them.

    `used` are the columns that hold these; others are left, and reported where anything stands in them.
    """

    about: Callable[[Row], Row]
    answers: Callable[[Row], Iterator[Row]]
    used: Callable[[str], bool]

    def rows(self, row: Row) -> Iterator[Row]:
        """A row per answer; one without an answer where there is none, so that it is counted."""
        empty: Row = dict.fromkeys(ANSWER)
        about = {f"data.{name}" if name in ANSWER else name: value for name, value in self.about(row).items()}
        for answer in list(self.answers(row)) or [{}]:
            yield about | empty | answer

    def columns(self, row: Row) -> list[str]:
        """The columns that the rows made of this one have."""
        return list(next(self.rows(row)))


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else clean(str(value))


def _scalars(value: Any, prefix: str = "") -> Row:
    """The members of an object that are plain, without media that stand in the row itself."""
    members = _members(value).items()
    plain = {clean(f"{prefix}{name}"): _text(member) for name, member in members if not isinstance(member, list | dict)}
    return {name: text for name, text in plain.items() if not _holds_medium(text)}


def _holds_medium(text: str | None) -> bool:
    return bool(text) and text is not None and text.startswith("data:") and len(text) > _ENOUGH


def _cell(value: Any) -> str | None:
    """The answer in a value as the text of a cell, a list as JSON; JSON that is no answer stays, to be refused."""
    if value is None:
        return None
    answer = answer_in(value)
    if isinstance(answer, list):
        return answer[0] if len(answer) == 1 else canonical(answer)
    return clean(json.dumps(value, ensure_ascii=False)) if answer is None else answer


def _members(value: Any) -> Mapping[str, Any]:
    """An object, empty where something else stands in its place."""
    return value if isinstance(value, Mapping) else {}


def _objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects in a list, none where something else stands in its place."""
    return [member for member in value if isinstance(member, Mapping)] if isinstance(value, list) else []


def _listed(text: str | None) -> list[Any]:
    value = structure(text or "")
    return value if isinstance(value, list) else []


# Label Studio: a task with its annotations


def _task_about(row: Row) -> Row:
    return {**_scalars(structure(row.get("data") or "")), KEY: row.get("id")}


def _task_answers(row: Row) -> Iterator[Row]:
    for annotation in _objects(_listed(row.get("annotations"))):
        yield from _annotation(annotation)


def _annotation(annotation: Mapping[str, Any]) -> Iterator[Row]:
    who = annotation.get("completed_by")
    who = who.get("email") or who.get("id") if isinstance(who, Mapping) else who
    by: Row = {
        "rater": _text(who),
        "time": _text(annotation.get("updated_at") or annotation.get("created_at")),
        "seconds": _text(annotation.get("lead_time")),
    }
    results = [part for part in _objects(annotation.get("result")) if part.get("from_name")]
    if annotation.get("was_cancelled") or not results:  # who submits nothing has skipped the task
        yield {**by, "skipped": "true"}
        return
    for part in results:
        yield {**by, "question": _text(part["from_name"]), "value": _cell(part.get("value"))}


# Prodigy: a task with one person's answer


def _prodigy_about(row: Row) -> Row:
    own = {name: text for name, text in row.items() if not name.startswith("_") and name not in _PLAIN_PRODIGY}
    plain = {name: text for name, text in own.items() if structure(text or "") is None and not _holds_medium(text)}
    return {**plain, **_scalars(structure(row.get("meta") or ""), "meta."), KEY: row.get("_input_hash")}


def _prodigy_answers(row: Row) -> Iterator[Row]:
    by: Row = {"rater": row.get("_annotator_id") or row.get("_session_id"), "time": row.get("_timestamp")}
    answer, label = row.get("answer"), row.get("label")
    if answer == "ignore":
        yield {**by, "skipped": "true"}
    elif row.get("accept") is not None or row.get("options") is not None:  # a rejected task chooses nothing
        chosen = _listed(row.get("accept")) if answer == "accept" else None
        yield {**by, "question": "choice", "value": _cell(chosen)}
    elif row.get("spans") or row.get("audio_spans"):
        yield {**by, "question": "spans", "value": row.get("spans") or row.get("audio_spans")}
    else:
        said = {"accept": "yes", "reject": "no"}.get(answer or "")
        yield {**by, "question": label or "answer", "value": said}


# Argilla: a record with the responses of several people


def _record_about(row: Row) -> Row:
    fields = {**_scalars(structure(row.get("fields") or "")), **_scalars(structure(row.get("metadata") or ""))}
    plain = {} if "fields" in row else {name: row[name] for name in row if not _is_response(name)}
    return {**plain, **fields, KEY: row.get("external_id") or row.get("id")}


def _is_response(name: str) -> bool:
    return name in ("responses", "fields", "metadata", "suggestions", "vectors") or ".responses" in name


def _record_answers(row: Row) -> Iterator[Row]:
    responses = structure(row.get("responses") or "")
    if isinstance(responses, Mapping):  # by question
        for question, given in responses.items():
            yield from (_response(question, response) for response in _objects(given))
    for person in _objects(responses):
        for question, value in _members(person.get("values")).items():
            yield _response(question, {**person, **_members(value)})
    for name in row:
        if name.endswith(".responses"):
            yield from _in_columns(row, name.removesuffix(".responses"))


def _in_columns(row: Row, question: str) -> Iterator[Row]:
    """Responses as a data set has them: values, people and states in three columns."""
    values, users, states = (_listed(row.get(f"{question}.responses{end}")) for end in ("", ".users", ".status"))
    for place, value in enumerate(values):
        user, state = (cells[place] if place < len(cells) else None for cells in (users, states))
        yield _response(question, {"value": value, "user_id": user, "status": state})


def _response(question: str, response: Mapping[str, Any]) -> Row:
    by: Row = {"rater": _text(response.get("user_id")), "time": _text(response.get("updated_at"))}
    state = str(response.get("status") or "submitted").rpartition(".")[2]
    if state == "discarded":
        return {**by, "skipped": "true"}
    return {**by, "question": clean(question), "value": _cell(response.get("value")) if state == "submitted" else None}


# Mechanical Turk: an assignment; answers in columns, or as JSON in one


def _assignment_about(row: Row) -> Row:
    return {name: text for name, text in row.items() if not name.casefold().startswith("answer.")}


def _assignment_answers(row: Row) -> Iterator[Row]:
    by: Row = {"rater": row.get("WorkerId"), "time": row.get("SubmitTime"), "seconds": row.get("WorkTimeInSeconds")}
    answers: dict[str, Any] = {}
    for name, text in row.items():
        question = name[len("Answer.") :] if name.casefold().startswith("answer.") else ""
        if question == "taskAnswers":
            for form in _objects(_listed(text)):
                answers |= form
        elif question and text:
            _take(answers, question, text)
    for question, value in answers.items():
        yield {**by, "question": clean(question), "value": _cell(value)}


def _take(answers: dict[str, Any], question: str, text: str) -> None:
    """One answer column: EMOTION, EMOTION.label, or one of EMOTION.joy, EMOTION.anger … that are true or false."""
    name, dot, part = question.rpartition(".")
    if dot and part == "label":
        answers[name] = text
    elif dot and text.casefold() in ("true", "false"):
        boxes = answers[name] if isinstance(answers.get(name), dict) else {}
        answers[name] = boxes | {part: text.casefold() == "true"}
    else:
        answers[question] = structure(text) or text


_TASK = frozenset(("annotations", "data", "id", KEY))
_PRODIGY = frozenset(("_input_hash", "_annotator_id", "_session_id", "_timestamp", "meta", KEY)) | _PLAIN_PRODIGY
_RECORD = frozenset(("id", "external_id", "fields", "metadata", "responses", KEY))
_ASSIGNMENT = frozenset(("WorkerId", "SubmitTime", "WorkTimeInSeconds", "Answer.taskAnswers"))
UNFOLDINGS: dict[str, Unfolding] = {
    "label-studio": Unfolding(_task_about, _task_answers, _TASK.__contains__),
    "prodigy": Unfolding(_prodigy_about, _prodigy_answers, _PRODIGY.__contains__),
    "argilla": Unfolding(_record_about, _record_answers, lambda name: name in _RECORD or ".responses" in name),
    "mturk": Unfolding(_assignment_about, _assignment_answers, _ASSIGNMENT.__contains__),
}


def first_row(members: Mapping[str, Any]) -> Row:
    """One object of a file as cells, nested values as JSON."""
    return {
        clean(name): json.dumps(value) if isinstance(value, list | dict) else _text(value)
        for name, value in members.items()
    }


def platform_of(columns: Sequence[str]) -> str | None:
    """The platform whose export has such columns, if what it holds must be unfolded."""
    names = {re.sub(r"\s+", "", column) for column in columns}
    if {"annotations", "data"} <= names:
        return "label-studio"
    if "answer" in names and names & {"_task_hash", "_input_hash"}:
        return "prodigy"
    if {"fields", "responses"} <= names or any(name.endswith(".responses") for name in names):
        return "argilla"
    return "mturk" if {"HITId", "WorkerId", "AssignmentStatus"} <= names else None
