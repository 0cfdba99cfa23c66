"""Verbs on published corpora and datasets: `corpus import`, with media and labels together."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.commands.flags import by_name, pairs
from pipelines.commands.options import HERE, Attribution, Basis, Home, Json, Licences, Texts, Who, find, leave, unused
from pipelines.show.terminal import say, shown
from schemas.errors import BadUsage

if TYPE_CHECKING:
    from pipelines.collection import Collection

corpus = typer.Typer(help="Published corpora, media and labels together.", no_args_is_help=True)
NOT_WITH_AS = {
    "name": "corpus", "basis": "basis", "attribution": "attribution", "columns": "columns", "labels": "labels",
    "map_": "map", "rater_kind": "kind", "rater_name": "rater_name", "types": "type", "scales": "scale",
    "scheme": "scheme", "alias": "alias", "missing": "missing", "media": "media", "generator_terms": "generator_terms",
}  # fmt: skip
OF_ANSWERS = ("rater_kind", "rater_name", "types", "scales", "scheme", "alias", "missing")


@corpus.command("import")
def corpus_import(
    places: Annotated[list[str], typer.Argument(help="A folder, 'SHARDS-*.tar', Parquet files, or hf://USER/NAME.")],
    as_: Annotated[str | None, typer.Option("--as", help="A corpus we know, such as crema-d or ravdess.")] = None,
    home: Home = HERE,
    name: Annotated[str | None, typer.Option("--corpus", help="What to call it; as its folder is called else.")] = None,
    basis: Basis = None,
    licence: Licences = None,
    attribution: Attribution = None,
    columns: Annotated[Texts, typer.Option(help="OURS=THEIRS, such as speaker=spk_id or key=id.")] = None,
    labels: Annotated[Texts, typer.Option(help="Columns that are answers: COLUMN or NAME=COLUMN, …")] = None,
    map_: Annotated[Texts, typer.Option("--map", help="A TOML file that says which columns are answers.")] = None,
    rater_kind: Annotated[Who | None, typer.Option("--kind", help="Whose answers these are; else its own.")] = None,
    rater_name: Annotated[str | None, typer.Option(help="Who answered, such as the name of a model.")] = None,
    types: Annotated[Texts, typer.Option("--type", help="choice, choices (sets), scale or text; or NAME=…")] = None,
    scales: Annotated[Texts, typer.Option("--scale", help="LOW:HIGH or NAME=LOW:HIGH; inferred else.")] = None,
    scheme: Annotated[str | None, typer.Option(help="What was asked: a file or a name; else inferred.")] = None,
    alias: Annotated[Texts, typer.Option(help="Another spelling of an answer: THEIRS=OURS.")] = None,
    missing: Annotated[Texts, typer.Option(help="Codes that mean no answer, such as -99,999.")] = None,
    media: Annotated[str | None, typer.Option(help="Of several media of a row, which one labels are about.")] = None,
    generator_terms: Annotated[str | None, typer.Option(help="Why synthetic media may be passed on.")] = None,
    link: Annotated[bool, typer.Option("--link", help="Keep the media where they are instead of copying.")] = False,
    table: Annotated[Texts, typer.Option(help="With --as: one more table with its layout: FILE=PRESET.")] = None,
    json: Json = False,
) -> None:
    """Bring in a published corpus or dataset: media, labels, and a list of what does not fit or is not used.

    Shards of WebDataset, Hugging Face datasets (local or on the Hub), lhotse manifests, folders with a table and
    releases of emocurate; with --as a corpus we know. Rows in are rows kept, dropped or failed.
    """
    from pipelines.imports.datasets.bring import import_dataset
    from pipelines.show.datasets import dataset_imported

    if as_:
        _known(find(home), as_, locals())
        return
    done = import_dataset(_given(find(home), locals()), say)
    shown(done, json, dataset_imported)
    leave(bool(done.counts.failed))


def _known(here: "Collection", name: str, typed: dict[str, Any]) -> None:
    """Bring in a corpus by its name; raises BadSetting for flags that say what is known of it."""
    from annotate.ratings.layout import load_layout
    from pipelines.collect.sources import licences_from
    from pipelines.imports.answers import nothing_taken
    from pipelines.imports.corpus import CorpusFolder, import_corpus
    from pipelines.show.imports import corpus_imported

    unused(
        f"says what --as {name} knows; leave out one of them",
        **{flag: typed[kept] for kept, flag in NOT_WITH_AS.items()},
    )
    recording, layers = licences_from(typed["licence"] or [])
    if layers or len(typed["places"]) != 1:
        raise BadUsage(f"--as {name} takes one folder, and a licence of the recording alone")
    more = tuple(
        (Path(file), load_layout(layout)) for file, layout in pairs(typed["table"] or [], "FILE=PRESET").items()
    )
    folder = Path(typed["places"][0])
    given = CorpusFolder(here.home, here.people, folder, name, recording, typed["link"], more)
    done = import_corpus(given, say)
    shown(done, typed["json"], corpus_imported)
    leave(bool(done.added.failed) or (bool(done.imported) and nothing_taken(done.imported)))


def _given(here: "Collection", typed: dict[str, Any]) -> Any:
    """What was typed of a dataset, as it is imported."""
    from annotate.ratings.flags import Flags
    from annotate.ratings.layout import load_layout
    from pipelines.collect.sources import licences_from, source_from
    from pipelines.imports.datasets.bring import GivenDataset

    if typed["table"]:
        raise BadUsage("--table goes with --as; for a dataset say --labels COLUMN or --map FILE.toml")
    if not typed["labels"]:
        of_answers = {flag: typed[kept] for kept, flag in NOT_WITH_AS.items() if kept in OF_ANSWERS}
        unused("is of answers; say which columns hold them, too: --labels COLUMN", **of_answers)
    recording, layers = licences_from(typed["licence"] or [])
    aliases = tuple(pairs(typed["alias"] or [], "THEIRS=OURS").items())
    flags = by_name(Flags, {**typed, "wide": typed["labels"], "alias": None, "media": None}, alias=aliases)
    return GivenDataset(
        here.home, here.people, tuple(typed["places"]),
        source_from(typed["basis"], recording, None, [], typed["attribution"]),
        typed["name"], layers, pairs(typed["columns"] or []), tuple(map(load_layout, typed["map_"] or ())), flags,
        typed["media"], typed["link"], typed["generator_terms"],
    )  # fmt: skip
