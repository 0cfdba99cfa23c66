"""Published tables that are no tables: nested JSON and file names, taken apart into plain rows."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from annotate.ratings.structured import clean
from schemas.media import SUFFIXES

Row = dict[str, Any]
MEDIA = frozenset(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)


def eqbench_results(data: Mapping[str, Any]) -> list[Row]:
    """EQ-Bench results: a row per run, question and emotion with the intensity of either pass as it was parsed.

    Raises KeyError or AttributeError for anything else.
    """
    rows = []
    for run, results in data["raw_results"].items():
        model = data["model_path"] if len(data["raw_results"]) == 1 else f"{data['model_path']} run {run}"
        for question, answers in results["respondent_answers"].items():
            first, revised = answers.get("first_pass") or {}, answers.get("revised") or {}
            for emotion in dict.fromkeys((*first, *revised)):
                passes = {"first_pass": first.get(emotion), "revised": revised.get(emotion)}
                rows.append({"question": question, "emotion": emotion, "model": model, "relative": None, **passes})
    return rows


def eqbench_questions(data: Mapping[str, Any]) -> list[Row]:
    """EQ-Bench questions: a row per question and emotion with the references; the full one stands for both passes.

    Raises KeyError, AttributeError or ValueError for anything else.
    """
    rows = []
    for question, entry in data.items():
        relative, full = entry["reference_answer"], entry.get("reference_answer_fullscale") or {}
        for place in range(1, 5):
            emotion, score = relative[f"emotion{place}"], full.get(f"emotion{place}_score")
            if full and full[f"emotion{place}"] != emotion:
                raise ValueError(f"question {question} names other emotions in its two references")
            passes = {"first_pass": score, "revised": score, "relative": relative[f"emotion{place}_score"]}
            rows.append({"question": question, "emotion": emotion, **passes})
    return rows


def emotion_lines(data: Iterable[Iterable[Mapping[str, Any]]]) -> list[Row]:
    """EmotionLines: dialogues of lines; a row per line, counted from 0 as its dialogue is."""
    return [
        {"dialogue": dialogue, "line": place, **line}
        for dialogue, lines in enumerate(data)
        for place, line in enumerate(lines)
    ]


def named_files(names: Iterable[str], pattern: str) -> list[Row]:
    """Media files by what their names say: name, stem, folder and the named groups of the pattern.

    A name that does not follow the pattern keeps its groups empty; files that are no media are left out.
    """
    expression = re.compile(pattern, re.IGNORECASE)
    rows = []
    for name in names:
        path = PurePosixPath(name)
        if path.suffix.casefold() in MEDIA:
            match = expression.fullmatch(path.stem)
            groups = match.groupdict() if match else dict.fromkeys(expression.groupindex)
            rows.append({"name": name, "stem": path.stem, "folder": str(path.parent), **groups})
    return rows


def framed(value: Any) -> list[Row]:
    """Rows from one object, as data frames are saved: columns of cells, or rows by key; empty when it is neither."""
    columns = value if isinstance(value, dict) else {}
    if columns and all(isinstance(cells, list) for cells in columns.values()):
        return [dict(zip(columns, row, strict=False)) for row in zip(*columns.values(), strict=False)]
    if not columns or not all(isinstance(cells, dict) for cells in columns.values()):
        return []
    if all(list(cells) == [str(place) for place in range(len(cells))] for cells in columns.values()):
        return framed({name: list(cells.values()) for name, cells in columns.items()})
    return [{"key": key, **cells} for key, cells in columns.items()]


def cell(value: Any) -> str | None:
    """A value of JSON as the text of a cell."""
    if value is None or isinstance(value, str):
        return value and clean(value)
    return clean(json.dumps(value, ensure_ascii=False)) if isinstance(value, list | dict | bool) else str(value)


READERS: dict[str, Callable[[Any], list[Row]]] = {
    "eqbench": eqbench_results,
    "eqbench-reference": eqbench_questions,
    "emotionlines": emotion_lines,
}
