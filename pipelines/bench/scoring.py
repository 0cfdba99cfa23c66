"""`bench make` freezes answers into a benchmark; `bench score` compares predictions with it."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from annotate.answers.votes import Votes
from annotate.bench.benchmark import Benchmark, Reference, Task, references, task_of
from annotate.bench.figures import Baseline, Figure, baselines, figures
from annotate.bench.sheets import sheets
from annotate.bench.submissions import Submission, Tally, narrow, submissions
from annotate.consensus.specs import consensus
from pipelines.bench import files as bench_files
from pipelines.bench.predictions import predictions
from pipelines.bench.votes import Chosen, Recipe, chosen_items, chosen_votes
from pipelines.engine.catalog import Catalog
from pipelines.imports.schemes import licence_of
from pipelines.items import origins
from pipelines.weigh.questions import chosen_scheme
from schemas.errors import BadInput, BadSetting
from schemas.licences import checked
from schemas.settings import Settings

USUAL = "majority (choices), mean (scales)"


@dataclass(frozen=True)
class Made:
    """A frozen benchmark: where it lies, how much is in it, and the tasks without a human ceiling with the reason."""

    name: str
    folder: str
    id: str
    new: bool
    items: int
    references: int
    tasks: tuple[str, ...]
    refused: Mapping[str, str]


@dataclass(frozen=True)
class Scoring:
    """How predictions are scored: the model's name and its own units, calibration, and how intervals are drawn."""

    model: str | None = None
    units: tuple[float, float] | None = None
    calibrate: bool = False
    bootstraps: int = 1000
    seed: int = 0


@dataclass(frozen=True)
class Scored:
    """What one model reached on a benchmark, what was done to find it out, and where it is saved."""

    benchmark: str
    benchmark_id: str
    model: str
    predictions: str
    predictions_sha256: str
    calibrated: bool
    bootstraps: int
    seed: int
    tally: Tally
    figures: tuple[Figure, ...]
    hints: tuple[str, ...] = ()
    file: str = ""


def make(home: Path, settings: Settings, recipe: Recipe, bootstraps: int = 1000, seed: int = 0) -> Made:
    """Freeze the answers to a scheme; the same content gives the same bytes and is not written again.

    Raises BadInput when there is nothing to freeze, BadSetting for an unknown scheme, split, question or method, and
    when the name is taken by other content.
    """
    folder = bench_files.folder_of(home, recipe.name)
    scheme = chosen_scheme(home, recipe.scheme)
    items = chosen_items(home, settings, recipe)
    votes = chosen_votes(home, scheme, recipe, items)
    if not votes:
        raise BadInput(
            f"there are no answers to freeze for scheme {recipe.scheme!r}"
            + (f" in split {recipe.split!r}" if recipe.split else "")
            + (f" about {recipe.media}s" if recipe.media else "")
            + f" by raters of kind {', '.join(recipe.raters)}; name others with --by, and see: emocurate agree"
        )
    tasks = {name: task_of(scheme, name, answers, recipe.reported) for name, answers in votes.items()}
    known = {item.own: item for item in items.values()}
    rows = _references(scheme.id, tasks, votes, recipe.method)
    benchmark = Benchmark(
        name=recipe.name,
        scheme=scheme,
        tasks=tuple(tasks.values()),
        references=rows,
        method=(recipe.method or USUAL) + _whose(recipe.raters),
        split=recipe.split,
        licence=checked(recipe.licence, "--licence") if recipe.licence else licence_of(home, scheme.id),
        media_licences=_licences({row.item for row in rows}, known),
    )
    new = _freeze(folder, benchmark, votes, bootstraps, seed)
    refused = {task.name: task.refused for task in benchmark.tasks if task.refused}
    return Made(recipe.name, str(folder), benchmark.id, new, len(benchmark.items), len(rows), tuple(tasks), refused)


def score(home: Path, path: Path, name: str | None, how: Scoring) -> list[Scored]:
    """Compare every model of a table of predictions with a benchmark (the only one without a name), and save it.

    Raises BadInput for a table that cannot be read, BadSetting when it is not clear which benchmark is meant.
    """
    folder = bench_files.chosen_folder(home, name)
    benchmark, frozen = bench_files.read(folder)
    names = [task.name for task in benchmark.tasks]
    levels = list(dict.fromkeys(level for sheet in sheets(benchmark).values() for level in sheet.names))
    if how.units is not None and not how.units[0] < how.units[1]:
        raise BadSetting(f"--from {how.units[0]:g}:{how.units[1]:g} is no range; give the ends of the models' scale")
    rows = predictions(path, names, levels, how.model)
    models = submissions(benchmark, rows, how.units, called(home, benchmark.items))
    return [_scored(folder, benchmark, frozen, model, (path, how)) for model in models]


def called(home: Path, items: Iterable[str]) -> dict[str, str]:
    """What people call the items of a benchmark in this collection; one asked about a category alone has it behind."""
    by_item = origins(home)
    ids = Catalog(home).rows("SELECT id, ref FROM items ORDER BY id")
    known = {key: by_item[item].name for item, ref in ids for key in (item, ref)}
    apart = {item: (item, "") if item in known else item.rpartition(" ")[::2] for item in items}
    return {item: f"{known[whole]} {category}".rstrip() for item, (whole, category) in apart.items() if whole in known}


def _references(
    scheme: str, tasks: Mapping[str, Task], votes: Mapping[str, Votes], method: str | None
) -> tuple[Reference, ...]:
    """The references of all tasks, sorted by item and task."""
    people = sorted({rater for answers in votes.values() for rater in answers.rater_ids})
    numbers = {rater: number for number, rater in enumerate(people)}
    rows: list[Reference] = []
    for name, answers in votes.items():
        labels = consensus(answers, method).labels(scheme, name) if method else ()
        rows += references(tasks[name], answers, numbers, labels)
    return tuple(sorted(rows, key=lambda row: (row.item, row.task)))


def _whose(raters: tuple[str, ...]) -> str:
    """Whose answers the labels were drawn from, where it is not people alone."""
    return "" if set(raters) == {"person"} else f" of the answers of raters of kind {', '.join(sorted(set(raters)))}"


def _licences(items: set[str], known: Mapping[str, Chosen]) -> dict[str, int]:
    """How many items stand under each licence."""
    counts = Counter(_origin(item, known).licence or "none" for item in items)
    return dict(sorted(counts.items()))


def _origin(item: str, known: Mapping[str, Chosen]) -> Chosen:
    """The item as it was chosen; one that was asked about a single category is named after both."""
    return known[item] if item in known else known[item.rpartition(" ")[0]]


def _freeze(folder: Path, benchmark: Benchmark, votes: Mapping[str, Votes], bootstraps: int, seed: int) -> bool:
    """Write the benchmark unless it is there; raises BadSetting when something else is."""
    there = bench_files.frozen_id(folder)
    if there == benchmark.id:
        return False
    if folder.exists():
        raise BadSetting(f"{folder.name!r} is there with other content, and benchmarks are frozen; choose another name")
    bench_files.write(folder, benchmark, baselines(benchmark, votes, bootstraps, seed))
    return True


def _scored(
    folder: Path,
    benchmark: Benchmark,
    frozen: Mapping[str, Baseline],
    submission: Submission,
    given: tuple[Path, Scoring],
) -> Scored:
    path, how = given
    results = figures(
        benchmark, submission.predicted, frozen, calibrate=how.calibrate, bootstraps=how.bootstraps, seed=how.seed
    )
    scored = Scored(
        benchmark=benchmark.name,
        benchmark_id=benchmark.id,
        model=submission.model,
        predictions=path.name,
        predictions_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        calibrated=how.calibrate,
        bootstraps=how.bootstraps,
        seed=how.seed,
        tally=submission.tally,
        figures=tuple(results),
        hints=tuple(narrow(benchmark, submission.predicted) if how.units is None else ()),
    )
    return replace(scored, file=str(save(folder, submission.model, asdict(scored))))


def save(folder: Path, model: str, result: Mapping[str, Any]) -> Path:
    """Save what a model reached beside the benchmark, under the model's name; a former file of that name goes."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", model).strip("._") or "model"
    path = folder / bench_files.SCORES / f"{plain}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {key: value for key, value in result.items() if key != "file"}
    aside = path.with_name(path.name + ".tmp")
    aside.write_text(json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")
    aside.replace(path)
    return path
