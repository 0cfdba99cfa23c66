"""The raters of the demonstration: scripts that say so in their names, and answer through Label Studio."""

import hashlib
import json
from typing import Any

from annotate.studio.client import Studio
from annotate.studio.interface import result_of
from pipelines.ask.sending import origin_of
from pipelines.collection import Collection
from schemas.scheme import Question, Scheme

RATERS = tuple(f"scripted-demo-rater-{number}@example.com" for number in (1, 2, 3))
AGREEABLE = 70  # of a hundred scripted answers so many are the same for all raters of a clip
OPEN = 4  # of so many tasks the last rater leaves one open


def answer_all(here: Collection, studio: Studio, email: str) -> int:
    """Let one scripted rater answer every task it has not answered; gives the number of new answers."""
    count = 0
    for scheme in here.schemes:
        for media in scheme.media:
            project = studio.found(origin_of(here.home, scheme, media))
            if project is None:
                continue
            answered = {t.id for t in studio.answered(project) if any(one.rater == email for one in t.annotations)}
            for item, task in sorted(studio.asked(project).items()):
                if task not in answered and not _left_open(item, email):
                    studio.answer(task, result_of(scheme, _script(scheme, item, email)), 2_000)
                    count += 1
    return count


def _left_open(item: str, email: str) -> bool:
    return email == RATERS[-1] and _draw("open", item) % OPEN == 0


def _script(scheme: Scheme, item: str, email: str) -> dict[str, Any]:
    """What a scripted rater says: mostly the same as the others about an item, drawn from hashes, never from media."""
    return {question.name: _drawn(question, item, email) for question in scheme.questions if question.type != "text"}


def _drawn(question: Question, item: str, email: str) -> Any:
    own = _draw(question.name, item, email)
    place = _draw(question.name, item) if own % 100 < AGREEABLE else own // 100
    if question.scale:
        return question.scale.points[place % len(question.scale.points)]
    name = question.categories[place % len(question.categories)].name
    return [name] if question.type == "choices" else name


def _draw(*words: str) -> int:
    return int.from_bytes(hashlib.sha256(json.dumps(words).encode()).digest()[:6], "big")
