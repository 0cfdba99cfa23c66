"""`bench score` for tests that bring their own key: EQ-Bench replies and situational-judgement responses."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from annotate.bench import eqbench, judgement
from annotate.bench.eqbench import EqScore, Version
from annotate.bench.judgement import ItemStatistics, PartScore
from annotate.bench.situations import JudgementTest, Situation, read_test
from annotate.bench.submissions import Row, Tally
from annotate.ratings.meanings import members
from pipelines.bench import files as bench_files
from pipelines.bench.predictions import predictions
from pipelines.bench.scoring import Scoring, save
from pipelines.tables.formats import json_file
from schemas.errors import BadInput
from schemas.settings import FILE_NAME


@dataclass(frozen=True)
class EqScored:
    """What one model reached on EQ-Bench; `published` is the score (of v2) that its file of results claims.

    `revision` says whether revised scores were looked for, `hint` why not where they were asked for; `file` is empty
    where nothing was saved.
    """

    model: str
    replies: str
    replies_sha256: str
    revision: bool
    bootstraps: int
    seed: int
    score: EqScore
    published: float | None = None
    hint: str | None = None
    file: str = ""


@dataclass(frozen=True)
class Responder:
    """What one model or person reached on a situational-judgement test, part by part."""

    model: str
    tally: Tally
    parts: tuple[PartScore, ...]
    file: str = ""


@dataclass(frozen=True)
class Examined:
    """Everybody's results on a test, and how its items worked; the statistics need several responders."""

    test: str
    responders: tuple[Responder, ...]
    items: tuple[ItemStatistics, ...]
    cronbach: float | None


@dataclass(frozen=True)
class _Replies:
    model: str
    runs: tuple[Mapping[str, Any], ...]
    published: float | None = None


def score_eqbench(
    home: Path, path: Path, questions: Path, version: Version, how: Scoring, revision: bool = True
) -> list[EqScored]:
    """Score a file of replies: published results, the runner's raw results, or a mapping from question to reply.

    `revision` is off for replies that give their scores once, and goes off where no reply has revised scores. Raises
    BadInput for files of another kind.
    """
    asked, content = eqbench.questions_from(json_file(questions)), json_file(path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    results = []
    for replies in _replies(content, path, how.model):
        hint = _unrevised(replies.runs) if revision else None
        revised = revision and hint is None
        score = eqbench.score(asked, replies.runs, version, revision=revised, bootstraps=how.bootstraps, seed=how.seed)
        published = replies.published if version == "v2" else None  # published scores are those of v2
        scored = EqScored(replies.model, path.name, sha256, revised, how.bootstraps, how.seed, score, published, hint)
        results.append(replace(scored, file=_saved(home, f"eqbench-{version}", replies.model, asdict(scored))))
    return results


def _unrevised(runs: Sequence[Mapping[str, Any]]) -> str | None:
    """What to say where no reply has the revised scores that are looked for; None where one has."""
    if any(eqbench.REVISED_TITLE in str(reply) for replies in runs for reply in replies.values()):
        return None
    return f"no reply contains {eqbench.REVISED_TITLE!r}: scored as replies without revision (the default from v2.1)"


def _saved(home: Path, name: str, model: str, result: Mapping[str, Any]) -> str:
    """The file a result is saved in; without a collection in `home` none is made, and it is empty."""
    folder = bench_files.folder_of(home, name)
    return str(save(folder, model, result)) if (home / FILE_NAME).is_file() else ""


def score_test(home: Path, path: Path, test: Path, how: Scoring) -> Examined:
    """Score a table of responses (item, selected, model, state) to a situational-judgement test.

    Several chosen options stand in one cell, apart by `;`, or in a list. Raises BadInput.
    """
    sheet = read_test(json_file(test))
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", test.stem).strip("._-") or "test"
    everybody: dict[str, tuple[dict[str, float], Tally]] = {}
    items = {item.id: item for item in sheet.items}
    seen: dict[tuple[str, str], int] = {}
    for row in predictions(path, ["selected"], [], how.model):
        if (first := seen.setdefault((row.model, row.item), row.line)) != row.line:
            raise BadInput(f"line {row.line} answers item {row.item!r} again (first on line {first}); keep one")
        points, tally = everybody.setdefault(row.model, ({}, Tally(len(items))))
        _take(row, items, points, tally)
    if not everybody:
        raise BadInput(f"{path} holds no responses")
    if not any(tally.answered + tally.refused + tally.unreadable for _, tally in everybody.values()):
        expected = " or ".join(repr(name) for name in list(items)[:2])
        raise BadInput(f"no item of {path} belongs to the test; it has items such as {expected}")
    responders = []
    for model, (points, tally) in everybody.items():
        tally.missing = tally.asked - tally.answered - tally.refused - tally.unreadable
        parts = tuple(judgement.score(sheet, points, how.bootstraps, how.seed))
        responder = Responder(model, tally, parts)
        responders.append(replace(responder, file=_saved(home, name, model, asdict(responder))))
    return _with_items(test.name, sheet, responders, [points for points, _ in everybody.values()])


def _with_items(
    name: str, sheet: JudgementTest, responders: Sequence[Responder], points: Sequence[Mapping[str, float]]
) -> Examined:
    statistics = judgement.item_statistics(sheet, points) if len(points) > 1 else []
    return Examined(name, tuple(responders), tuple(statistics), judgement.cronbach(sheet, points))


def _take(row: Row, items: Mapping[str, Situation], points: dict[str, float], tally: Tally) -> None:
    if row.item not in items:
        tally.unknown_items += 1
        tally.note(f"line {row.line}: no item {row.item!r}")
    elif row.state == "refused" or (row.state == "given" and row.value is None):
        tally.refused += 1
    else:
        try:
            if row.state == "error":
                raise ValueError("it reports an error")
            points[row.item] = items[row.item].points(members(row.value or ""))
            tally.answered += 1
        except ValueError as error:
            tally.unreadable += 1
            tally.note(f"line {row.line}: {error}")


def _replies(content: Any, path: Path, model: str | None) -> list[_Replies]:
    """The replies of every model in a file, run by run."""
    if isinstance(content, list) and content and all(isinstance(run, dict) for run in content):
        return [_Replies(model or path.stem, tuple(content))]
    if not isinstance(content, dict) or not content:
        raise BadInput(f"{path} holds no replies; expected a question's number with its reply, or a file of results")
    if "raw_results" in content:
        name = model or str(content.get("model_path") or path.stem)
        published = content.get("benchmark_score")
        return [
            _Replies(name, _runs(content["raw_results"], path), published if isinstance(published, float) else None)
        ]
    if all(isinstance(results, dict) and "iterations" in results for results in content.values()):
        return [_Replies(name, _runs(results["iterations"], path)) for name, results in content.items()]
    return [_Replies(model or path.stem, (content,))]


def _runs(results: Any, path: Path) -> tuple[Mapping[str, Any], ...]:
    try:
        return tuple(run["raw_inference"] for _, run in sorted(results.items()))
    except (KeyError, TypeError, AttributeError):
        raise BadInput(f"{path} is a file of results without the raw replies (raw_inference)") from None
