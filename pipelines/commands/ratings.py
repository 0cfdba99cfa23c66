"""Verbs on answers from elsewhere: `answers import`."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.flags import by_name, pairs
from pipelines.commands.options import HERE, Home, Json, Texts, Who, find, leave
from pipelines.show.terminal import say, shown
from schemas.errors import BadUsage

answers = typer.Typer(help="Answers from elsewhere: tables of raw ratings.", no_args_is_help=True)


@answers.command("import")
def answers_import(
    tables: Annotated[list[Path], typer.Argument(help="CSV, TSV, JSON, JSON lines, Parquet, Arrow or Feather.")],
    home: Home = HERE,
    preset: Annotated[str | None, typer.Option(help="The layout of a published corpus, such as ferplus.")] = None,
    map_: Annotated[Path | None, typer.Option("--map", help="A TOML file that says what stands where.")] = None,
    corpus: Annotated[str | None, typer.Option(help="What to call it; the table's name else.")] = None,
    item: Annotated[str | None, typer.Option(help="The column that names what was rated.")] = None,
    media: Annotated[str | None, typer.Option(help="The column that names its media file, where not --item.")] = None,
    rater: Annotated[str | None, typer.Option(help="The column that names who rated.")] = None,
    rater_name: Annotated[str | None, typer.Option(help="Who rated all of it, where no column says.")] = None,
    rater_kind: Annotated[Who | None, typer.Option("--kind", help="What the raters are; people unless told.")] = None,
    models: Annotated[Texts, typer.Option("--model", help="Patterns of names of raters that are models.")] = None,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="The same names mean the same people.")] = False,
    question: Annotated[str | None, typer.Option(help="The column that names the question (long tables).")] = None,
    named: Annotated[str | None, typer.Option(help="The name of the question, where the table has one only.")] = None,
    value: Annotated[str | None, typer.Option(help="The column that holds the answer.")] = None,
    wide: Annotated[Texts, typer.Option(help="A column per question: COLUMN or NAME=COLUMN, …")] = None,
    counts: Annotated[Texts, typer.Option(help="A column per category, holding votes.")] = None,
    marks: Annotated[Texts, typer.Option(help="A column per category, holding 1 or 0.")] = None,
    items: Annotated[Texts, typer.Option(help="A column per item, a row per rater: COLUMN or 'Q*', …")] = None,
    raters: Annotated[Texts, typer.Option(help="A column per rater, a row per item: COLUMN or 'R*', …")] = None,
    vector: Annotated[str | None, typer.Option(help="A column whose cells hold all votes: digits or a list.")] = None,
    categories: Annotated[Texts, typer.Option(help="The categories, in the order of --vector.")] = None,
    types: Annotated[Texts, typer.Option("--type", help="choice, choices (sets), scale or text; or NAME=…")] = None,
    scales: Annotated[Texts, typer.Option("--scale", help="LOW:HIGH or NAME=LOW:HIGH; inferred else.")] = None,
    missing: Annotated[Texts, typer.Option(help="Codes that mean no answer, such as -99,999.")] = None,
    alias: Annotated[Texts, typer.Option(help="Another spelling of an answer: THEIRS=OURS.")] = None,
    one_at_a_time: Annotated[bool, typer.Option("--one-at-a-time", help="Each was asked by itself.")] = False,
    time: Annotated[str | None, typer.Option(help="The column that says when.")] = None,
    duration: Annotated[str | None, typer.Option(help="The column that says how long it took.")] = None,
    duration_unit: Annotated[str | None, typer.Option(help="What bare numbers there are: ms, s, us or min.")] = None,
    role: Annotated[str | None, typer.Option(help="The column that says what a rating was for.")] = None,
    gold: Annotated[Texts, typer.Option(help="A word of --role that means a known answer.")] = None,
    contrast: Annotated[Texts, typer.Option(help="A word of --role that means expected absence.")] = None,
    scheme: Annotated[str | None, typer.Option(help="What was asked: a file or a name; else inferred.")] = None,
    skip: Annotated[
        str | None, typer.Option(help='Rows in which the item was skipped, in SQL: "answer IS NULL".')
    ] = None,
    drop: Annotated[str | None, typer.Option(help='Rows to leave out, in SQL: "V = 1 AND A = 1".')] = None,
    min_answers: Annotated[int | None, typer.Option(min=1, help="Fewer about an item are left out.")] = None,
    repeats: Annotated[str | None, typer.Option(help="Of repeated answers keep last or first, or number.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Such as latin-1; found out unless told.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="What stands between cells; found out unless told.")] = None,
    header: Annotated[Texts, typer.Option(help="The columns of a table without a first line.")] = None,
    replace_: Annotated[bool, typer.Option("--replace", help="Withdraw what the table no longer holds.")] = False,
    json: Json = False,
) -> None:
    """Bring in raw ratings from tables of any form; every row that is refused is listed with its line and why."""
    from annotate.ratings.flags import Flags
    from pipelines.imports import answers as importing
    from pipelines.imports import layouts
    from pipelines.show.imports import imported

    if preset and map_:
        raise BadUsage("--preset and --map both say how a table is laid out; give one of them")
    flags = by_name(Flags, locals(), alias=tuple(pairs(alias or [], "THEIRS=OURS").items()))
    here = find(home)
    layout = layouts.layout_for(tables, preset or (str(map_) if map_ else None), flags, say)
    done = importing.import_answers(importing.Ratings(here.home, here.people, layout, tuple(tables), replace_), say)
    shown(done, json, imported)
    leave(importing.nothing_taken(done))
