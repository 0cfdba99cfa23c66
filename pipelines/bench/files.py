"""The folder of a frozen benchmark: what it is in JSON, its items as Parquet, a README; same content, same bytes."""

import csv
import io
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from annotate.bench.benchmark import Benchmark, Reference, Task, identity
from annotate.bench.figures import MEAN, POOLED, Baseline
from annotate.bench.metrics import BETTER
from schemas.errors import BadInput, BadSetting, nearest
from schemas.ids import canonical
from schemas.scheme import scheme_from_dict

FOLDER = "benchmarks"
WHAT, ITEMS, README, SCORES = "benchmark.json", "items.parquet", "README.md", "scores"
FORMAT = 1
CONTENT = ("name", "scheme", "tasks", "method", "split", "licence", "media_licences")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def folder_of(home: Path, name: str) -> Path:
    """The folder of a benchmark; raises BadSetting for a name that is no plain file name."""
    if not _NAME.fullmatch(name):
        raise BadSetting(f"benchmark name {name!r}; use letters, digits, dots, _ and -, such as face-hq-v1")
    return home / FOLDER / name


def chosen_folder(home: Path, name: str | None) -> Path:
    """The folder of the benchmark of that name, or of the only one; raises BadSetting with those that are there."""
    there = sorted(path.parent.name for path in (home / FOLDER).glob(f"*/{WHAT}"))
    if name is None and len(there) == 1:
        return home / FOLDER / there[0]
    if not there:
        raise BadSetting(
            f"there is no benchmark in {home / FOLDER}; make one with: emocurate bench make NAME --scheme …"
        )
    if name is None:
        raise BadSetting(f"there are several benchmarks; choose one with --benchmark: {', '.join(there)}")
    if name not in there:
        raise BadSetting(f"no benchmark {name!r}; {nearest(name, there)}")
    return home / FOLDER / name


def write(folder: Path, benchmark: Benchmark, baselines: Mapping[str, Baseline]) -> None:
    """Write a benchmark aside and give it its name when it is whole."""
    aside = folder.with_name(folder.name + ".tmp")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    rows = [vars(reference) for reference in benchmark.references]
    table = pa.Table.from_pylist(rows, _schema())
    pq.write_table(table, aside / ITEMS, version="2.6", compression="zstd", compression_level=3, row_group_size=10_000)
    (aside / WHAT).write_text(canonical(_told(benchmark, baselines)) + "\n", "utf-8")
    (aside / README).write_text(readme(benchmark, baselines), "utf-8")
    aside.replace(folder)


def read(folder: Path) -> tuple[Benchmark, dict[str, Baseline]]:
    """A benchmark with its baselines; raises BadInput when a file is missing or is not what was frozen."""
    try:
        content = json.loads((folder / WHAT).read_text("utf-8"))
        rows = pq.read_table(folder / ITEMS).to_pylist()
        is_frozen = identity({name: content[name] for name in CONTENT}, rows) == content["id"]
        if is_frozen:
            return _benchmark(content, rows), {
                name: Baseline(**baseline) for name, baseline in content["baselines"].items()
            }
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise BadInput(f"{folder} is no benchmark we can read: {type(error).__name__}: {error}") from None
    raise BadInput(f"{folder}: {WHAT} or {ITEMS} is not what was frozen (id {content['id']}); get a fresh copy")


def held_in(items: Path) -> set[str]:
    """The items that the table of a benchmark holds."""
    return set(pq.read_table(items, columns=["item"])["item"].to_pylist())


def frozen_id(folder: Path) -> str | None:
    """The id of the benchmark in a folder; None where there is none."""
    path = folder / WHAT
    return json.loads(path.read_text("utf-8")).get("id") if path.is_file() else None


def readme(benchmark: Benchmark, baselines: Mapping[str, Baseline]) -> str:
    """What the benchmark is, how it is scored, and what people, a constant and chance reach."""
    refused = without_ceiling({task.name: task.refused for task in benchmark.tasks if task.refused})
    lines = [
        *_head(benchmark),
        "## What stands beside a model",
        "",
        "People: each rater against the majority or mean of the others, ties split; for kappa the mean over pairs of "
        "raters; for soft labels one half of the raters against the other. Constant: the best single answer. Random: "
        "answers drawn uniformly. Intervals (95 %) draw items again.",
        "",
        *_overall(benchmark, baselines),
        "",
        *(
            ["No human ceiling where asking stopped early:", "", *(f"- {one}" for one in refused), ""]
            if refused
            else []
        ),
        *_how(benchmark),
    ]
    return "\n".join(lines) + "\n"


def _head(benchmark: Benchmark) -> list[str]:
    answers = sum(len(reference.categories or reference.numbers) for reference in benchmark.references)
    media = ", ".join(f"{licence}: {n:,}" for licence, n in sorted(benchmark.media_licences.items()))
    return [
        f"# {benchmark.name}",
        "",
        f"{len(benchmark.items):,} items, {len(benchmark.references):,} references from {answers:,} answers to "
        f"{benchmark.scheme.title!r} ({benchmark.scheme.name}, version {benchmark.scheme.version})"
        + (f"; the {benchmark.split} split." if benchmark.split else "."),
        "",
        f"- content id: `{benchmark.id}`",
        f"- hard labels: {benchmark.method}; soft labels: shares of the answers",
        f"- licence of the labels: {benchmark.licence or 'not stated'}",
        f"- licences of the media (items): {media or 'not known'}",
        "",
    ]


def _how(benchmark: Benchmark) -> list[str]:
    return [
        "## How to score",
        "",
        "A table (CSV, TSV, JSON Lines or Parquet) with `item`, `question` and `value`, or a column per question; "
        "shares of categories in columns of their names; `state` may say `refused`. The smallest one:",
        "",
        "```",
        *_smallest(benchmark),
        "```",
        "",
        "An item is called by its `item` in `items.parquet`, or by what is left of it without the corpus or folder in "
        "front where that means one item alone. In the collection the benchmark was made in, the names of media files "
        "will do too; they are not written down here, because they may tell who speaks.",
        "",
        "```",
        f"emocurate bench score PREDICTIONS --benchmark {benchmark.name}",
        "```",
        "",
        "Where categories tie, the reference is split among them; `uar`, the unweighted average recall, is what others "
        "call balanced accuracy.",
        "",
        "| question | to be predicted |",
        "|---|---|",
        *(f"| {task.name} | {_range(task)} |" for task in benchmark.tasks),
    ]


def _smallest(benchmark: Benchmark) -> list[str]:
    """A table of predictions about the first item, as CSV."""
    first = benchmark.references[0]
    task = next(task for task in benchmark.tasks if task.name == first.task)
    value = task.categories[0] if task.is_choice else f"{task.high:g}"
    cells = {"item": first.item, "question": task.name, "value": value}
    if len(benchmark.tasks) == 1:
        del cells["question"]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([cells, cells.values()])
    return text.getvalue().splitlines()


def without_ceiling(refused: Mapping[str, str]) -> list[str]:
    """A line for each reason why tasks have no human ceiling, with the tasks it holds for; counts are left out."""
    tasks: dict[str, list[str]] = {}
    for task, reason in refused.items():
        rule, _, rest = reason.partition(" (")
        tasks.setdefault(rule + rest.partition(")")[2], []).append(task)
    return [f"{', '.join(names)}: {reason}" for reason, names in tasks.items()]


def _overall(benchmark: Benchmark, baselines: Mapping[str, Baseline]) -> list[str]:
    wanted = [MEAN, POOLED] if len(benchmark.tasks) > 1 else [benchmark.tasks[0].name]
    rows = ["| metric | over | better | people | 95 % interval | constant | random |", "|---|---|---|--:|---|--:|--:|"]
    for over in wanted:
        for metric, better in BETTER.items():
            if baseline := baselines.get(f"{metric} {over}"):
                ends = (baseline.ceiling_low, baseline.ceiling_high)
                interval = "-" if None in ends else " to ".join(_figure(end) for end in ends)
                people, constant, random = map(_figure, (baseline.ceiling, baseline.constant, baseline.random))
                rows.append(f"| {metric} | {over} | {better} | {people} | {interval} | {constant} | {random} |")
    return rows


def _figure(number: float | None) -> str:
    return "-" if number is None else f"{number:.3f}"


def _range(task: Task) -> str:
    return ", ".join(task.categories) if task.is_choice else f"{task.low:g} to {task.high:g}"


def _told(benchmark: Benchmark, baselines: Mapping[str, Baseline]) -> dict[str, Any]:
    return benchmark.content | {
        "format": FORMAT,
        "id": benchmark.id,
        "items": len(benchmark.items),
        "references": len(benchmark.references),
        "baselines": {name: asdict(baseline) for name, baseline in baselines.items()},
    }


def _benchmark(content: Mapping[str, Any], rows: list[dict[str, Any]]) -> Benchmark:
    tasks = (Task(**{name: _tuple(value) for name, value in task.items()}) for task in content["tasks"])
    made = (Reference(**{name: _tuple(value) for name, value in row.items()}) for row in rows)
    plain = {name: content[name] for name in CONTENT if name not in ("scheme", "tasks")}
    scheme = scheme_from_dict(content["scheme"])
    return Benchmark(scheme=scheme, tasks=tuple(tasks), references=tuple(made), frozen=content["id"], **plain)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _schema() -> pa.Schema:
    text, number = pa.string(), pa.float64()
    columns = {"item": text, "task": text, "category": text, "number": number, "tied": pa.list_(text)}
    columns |= {"names": pa.list_(text), "shares": pa.list_(number), "raters": pa.list_(pa.int32())}
    return pa.schema(columns | {"categories": pa.list_(text), "numbers": pa.list_(number)})
