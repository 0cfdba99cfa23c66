"""Verbs on frozen answers: `bench make` and `bench score`."""

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from pipelines.commands.flags import by_name, number_range, rater_kinds
from pipelines.commands.options import HERE, ONLY_PEOPLE, By, Home, Json, Licence, Media, Texts, find
from pipelines.commands.ways import check_score
from pipelines.show.terminal import shown

bench = typer.Typer(help="Benchmarks: frozen answers that models are scored against.", no_args_is_help=True)


@bench.command("make")
def bench_make(
    name: Annotated[str, typer.Argument(help="The name of the benchmark.")],
    scheme: Annotated[str, typer.Option(help="The scheme whose answers are frozen.")],
    home: Home = HERE,
    split: Annotated[str | None, typer.Option(help="train, validation or test; everything by default.")] = None,
    media: Annotated[Media | None, typer.Option(help="Voices or faces; both by default.")] = None,
    questions: Annotated[Texts, typer.Option("--question", help="Only these questions.")] = None,
    method: Annotated[str | None, typer.Option(help="Consensus method; majority or mean by default.")] = None,
    scale: Annotated[str | None, typer.Option(help="Units models answer in, such as 0:10; answers are mapped.")] = None,
    licence: Licence = None,
    min_answers: Annotated[int, typer.Option(min=1, help="Items with fewer answers are left out.")] = 1,
    by: By = ONLY_PEOPLE,
    bootstraps: Annotated[int, typer.Option(min=0, help="Resamples behind the intervals.")] = 1000,
    json: Json = False,
) -> None:
    """Freeze the answers to a scheme into a benchmark, with what people, a constant and chance reach."""
    from pipelines.bench import scoring
    from pipelines.bench.votes import Recipe
    from pipelines.show.benchmarks import made

    here, named = find(home), tuple(questions or ())
    recipe = by_name(Recipe, locals(), reported=number_range(scale), questions=named, raters=rater_kinds(by))
    shown(scoring.make(here.home, here.settings, recipe, bootstraps), json, made)


@bench.command("score")
def bench_score(
    predictions: Annotated[Path, typer.Argument(help="CSV, Parquet or JSONL; EQ-Bench: the replies as JSON.")],
    home: Home = HERE,
    benchmark: Annotated[str | None, typer.Option(help="Which benchmark; the only one by default.")] = None,
    model: Annotated[str | None, typer.Option(help="The model's name, when the table does not say it.")] = None,
    units: Annotated[str | None, typer.Option("--from", help="The model's own scale, such as 0:1.")] = None,
    calibrate: Annotated[bool, typer.Option("--calibrate", help="Match the ranks of people first.")] = False,
    eqbench: Annotated[Literal["v1", "v2"] | None, typer.Option(help="Score EQ-Bench replies of this version.")] = None,
    questions: Annotated[Path | None, typer.Option(help="The questions of EQ-Bench.")] = None,
    no_revision: Annotated[bool, typer.Option("--no-revision", help="EQ-Bench replies that score once.")] = False,
    test: Annotated[Path | None, typer.Option(help="A situational-judgement test as JSON; see above.")] = None,
    bootstraps: Annotated[int, typer.Option(min=0, help="Resamples behind the intervals.")] = 1000,
    everything: Annotated[bool, typer.Option("--all", help="Show every figure.")] = False,
    json: Json = False,
) -> None:
    """Score predictions beside people, a constant and chance.

    A situational-judgement test is a JSON file such as {"items": [{"id": "1", "test": "STEM", "scoring":
    "expert_weight", "options": [{"id": "a", "text": "Talk", "key": 0.7}]}]}; scoring may be key, expert_weight or
    set_match (with "select": {"min": 2, "max": 2}). Its predictions are a table with item and selected.
    """
    from pipelines.bench import exams, scoring
    from pipelines.show.benchmarks import examined, scored, scored_eqbench

    check_score(locals())
    how = scoring.Scoring(model, number_range(units), calibrate, bootstraps)
    if eqbench and questions:
        shown(exams.score_eqbench(home, predictions, questions, eqbench, how, not no_revision), json, scored_eqbench)
    elif test:
        shown(exams.score_test(home, predictions, test, how), json, examined)
    else:
        scores = scoring.score(find(home).home, predictions, benchmark, how)
        shown(scores, json, partial(scored, everything=everything))
