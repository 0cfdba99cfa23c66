"""`push --restore`: answers that a restored database of Label Studio lacks, put back there in their raters' names."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotate.studio.client import Annotation, Studio, Task
from annotate.studio.controls import flag_in, flag_of
from annotate.studio.interface import reading, result_of
from pipelines.ask.differences import FOUND, LOST_ROWS
from pipelines.engine.catalog import Catalog, now
from pipelines.engine.pseudonyms import Pseudonyms
from schemas.answers import WHOLE_ASK, Decision
from schemas.ids import canonical
from schemas.scheme import Scheme

LOST = f"""SELECT id, ask, rater, question, value, state, duration_ms FROM current_answers
           WHERE origin = ? AND state IN ('given', 'skipped') AND id IN ({LOST_ROWS}) ORDER BY ask, rater, question"""


@dataclass(frozen=True)
class Restored:
    """How many raters' answers to asks were put back, and how many have no account or no task there."""

    restored: int = 0
    left: int = 0


@dataclass
class LostAnswer:
    """All that one rater answered to one ask and Label Studio lost; `rows` are the ids of the answers."""

    rows: list[str]
    values: dict[str, Any]
    duration_ms: int | None


def lost_answers(home: Path, origin: str) -> dict[tuple[str, str], LostAnswer]:
    """What Label Studio lost of an origin, by ask and rater."""
    lost: dict[tuple[str, str], LostAnswer] = {}
    for row, ask, rater, question, value, _, duration_ms in Catalog(home).rows(LOST, [origin]):
        one = lost.setdefault((ask, rater), LostAnswer([], {}, duration_ms))
        one.rows.append(row)
        one.values[question] = None if value is None else json.loads(value)
    return lost


def restore(
    home: Path, scheme: Scheme, origin: str, studio: Studio, people: Pseudonyms, tasks: Mapping[str, tuple[int, int]]
) -> Restored:
    """Put every lost answer back; `tasks` are the project and the task of every ask.

    What is there again by now is left alone: a restore that was cut off and repeated is a restore.
    """
    lost = lost_answers(home, origin)
    users = {people.of(email): number for number, email in studio.raters().items()}
    there = _answered(scheme, studio, people, [tasks[ask] for ask, _ in lost if ask in tasks])
    restored = 0
    for (ask, rater), answer in lost.items():
        if ask not in tasks or rater not in users:
            continue
        if (ask, rater, canonical(answer.values)) not in there:
            skipped = WHOLE_ASK in answer.values
            reason = answer.values.get(WHOLE_ASK)
            result = result_of(scheme, answer.values) if not skipped else flag_of(reason) if reason else []
            studio.answer(tasks[ask][1], result, answer.duration_ms, skipped, users[rater])
        Catalog(home).add([Decision(row, FOUND, None, now()) for row in answer.rows])
        restored += 1
    return Restored(restored, len(lost) - restored)


def _answered(
    scheme: Scheme, studio: Studio, people: Pseudonyms, tasks: Sequence[tuple[int, int]]
) -> set[tuple[str, str, str]]:
    """The asks and raters of the annotations that these tasks have, with the answers as JSON."""
    read: list[Task] = []
    for project in {project for project, _ in tasks}:
        read += studio.tasks(project, sorted({task for where, task in tasks if where == project}))
    return {
        (task.item_id, people.of(one.rater), canonical(dict(_values(scheme, one))))
        for task in read
        for one in task.annotations
    }


def _values(scheme: Scheme, annotation: Annotation) -> Mapping[str, Any]:
    return {WHOLE_ASK: flag_in(annotation.result)} if annotation.skipped else reading(scheme, annotation.result).answers
