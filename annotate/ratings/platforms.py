"""Exports that are recognised by what they hold: how each is laid out, so that nobody needs a map for them."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from annotate.ratings.exports import ANSWER, KEY, UNFOLDINGS, Row, platform_of
from annotate.ratings.flags import WAYS, Flags
from annotate.ratings.guesses import bare, column_for
from annotate.ratings.layout import Layout, Platform

SURVEY_MARK = '"ImportId"'  # stands in the third line of every Qualtrics export
SKIPPED = "skipped::VARCHAR = 'true'"
NAMES = {"label-studio": "Label Studio", "prodigy": "Prodigy", "argilla": "Argilla", "mturk": "MTurk"}
DROPS = {"mturk": "\"AssignmentStatus\" = 'Rejected'", "prodigy": "coalesce(answer, '') <> 'accept'"}
_TESTS = "\"Status\"::VARCHAR IN ('Survey Preview', '1')"  # what the makers of a survey typed to try it
_SURVEY = frozenset(  # columns of Qualtrics that are about a response
    (
        *("startdate", "enddate", "status", "ipaddress", "progress", "durationinseconds", "finished", "recorteddate"),
        *("recordeddate", "responseid", "recipientlastname", "recipientfirstname", "recipientemail"),
        *("externalreference", "externaldatareference", "locationlatitude", "locationlongitude"),
        *("distributionchannel", "userlanguage", "studyid", "sessionid"),
    )
)
_FLAT = frozenset(("annotation_id", "annotator", "created_at", "lead_time", "updated_at"))  # Label Studio's CSV
_TOLD = re.compile(  # task data, not answers
    r"id|text|transcript|speaker|language|split|sex|gender|age|licen[cs]e|attribution|source|corpus|context|name|title"
    r"|duration.*|(acted|intended|requested|expected|gold|target).*"
)
_MEDIUM = re.compile(r"/|\w+://|\S*\.[A-Za-z]\w{1,3}$")  # a path, an address or the name of a file
_MECHANICS = ("_first click", "_last click", "_page submit", "_click count", "_text", "_do")
_STIMULUS = ("url", "audio", "image", "video", "clip", "file", "filename", "item", "text", "id")


@dataclass(frozen=True)
class Recognised:
    """An export of a platform: its name, how it is read, and the flags it needs beside those typed.

    `columns` are those it has once it is taken apart.
    """

    platform: str
    base: Layout
    flags: Flags
    columns: list[str]


def recognised(flags: Flags, columns: Sequence[str], first: Row, head: str) -> Recognised | None:
    """The platform a table is from, by its columns, its first row and its beginning; None for any other table."""
    if SURVEY_MARK in head.replace('""', '"'):
        return _survey(flags, columns)
    if _FLAT.issubset(columns) and not _typed(flags):
        return _flat(flags, columns, first if any(first.values()) else next(csv.DictReader(io.StringIO(head)), first))
    platform = platform_of(columns)
    if platform is None:
        return None
    drop = _either(flags.drop, DROPS.get(platform)) if platform == "mturk" or _typed(flags) else flags.drop
    if platform == "mturk" and not _typed(flags):
        flags = _assignment(flags, columns)
    if _typed(flags) and platform in DROPS:  # it is plain where the answers stand
        return Recognised(NAMES[platform], Layout(), replace(flags, drop=drop), list(columns))
    unfolded = UNFOLDINGS[platform].columns(first)
    complete = replace(
        flags,
        item=flags.item or _item(platform, unfolded),
        rater=flags.rater or (None if flags.rater_name else "rater"),
        question=flags.question or "question",
        value=flags.value or "value",
        time=flags.time or "time",
        duration=flags.duration or "seconds",
        duration_unit=flags.duration_unit or (None if flags.duration else "s"),
        skip=SKIPPED,
        drop=drop,
    )
    return Recognised(NAMES[platform], Layout(reader=cast(Platform, platform)), complete, unfolded)


def _flat(flags: Flags, columns: Sequence[str], first: Row) -> Recognised:
    """Label Studio's flat form: questions and what its tasks hold stand in columns alike, but media and known names."""
    of_tasks = [column for column in columns if column not in _FLAT]
    item = flags.item or column_for("item", of_tasks) or KEY
    questions = [
        column
        for column in of_tasks
        if column != item and not _TOLD.fullmatch(bare(column)) and not _MEDIUM.match(first.get(column) or "")
    ]
    complete = replace(flags, item=item, time=flags.time or "updated_at", wide=tuple(questions))
    return Recognised(NAMES["label-studio"], Layout(), complete, list(columns))


def _assignment(flags: Flags, columns: Sequence[str]) -> Flags:
    """Flags for a batch whose answers stand in a column each; as they are where one column holds several answers."""
    answers = [column for column in columns if column.casefold().startswith("answer.")]
    names = [column[len("answer.") :] for column in answers]
    if not answers or any("." in name or name == "taskAnswers" for name in names):
        return flags
    wide = tuple(f"{name}={column}" for name, column in zip(names, answers, strict=True))
    return replace(flags, item=flags.item or _item("mturk", columns), wide=wide)


def _typed(flags: Flags) -> bool:
    return any(getattr(flags, way) for way in WAYS)


def _either(condition: str | None, other: str | None) -> str | None:
    return f"({condition}) OR ({other})" if condition and other else condition or other


def _item(platform: str, columns: Sequence[str]) -> str:
    """The column that names what was rated: one that says so, for MTurk an input, else the platform's own number."""
    if platform != "mturk":
        return column_for("item", [column for column in columns if column not in ANSWER]) or KEY
    inputs = [column for column in columns if column.casefold().startswith("input.")]
    speaking = (column for end in _STIMULUS for column in inputs if bare(column).endswith(end))
    return next(speaking, inputs[0] if inputs else "HITId")


def _survey(flags: Flags, columns: Sequence[str]) -> Recognised:
    """Qualtrics: the columns are what was rated, the rows who rated; two rows below the names are no answers."""
    rater = flags.rater or (None if flags.rater_name else column_for("rater", columns) or "ResponseId")
    about = {column for column in columns if bare(column) in _SURVEY} | {rater}
    items = [column for column in columns if column not in about and not _mechanical(column)]
    complete = replace(
        flags,
        rater=rater,
        items=flags.items or (() if _typed(flags) else tuple(items)),
        named=flags.named or (None if _typed(flags) else "answer"),
        time=flags.time or next((column for column in columns if bare(column) == "enddate"), None),
        drop=_either(flags.drop, _TESTS if "Status" in columns else None),
    )
    return Recognised("Qualtrics", Layout(header_rows=2), complete, list(columns))


def _mechanical(column: str) -> bool:
    """Whether a column holds how a page was used, or the order in which it was shown."""
    return column.casefold().endswith(_MECHANICS)
