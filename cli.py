"""The command line: one thin function per verb; what a verb does lives in `pipelines`."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipelines.flags import by_name, number_range, pairs, rater_kinds
from pipelines.show.terminal import progress, say, shown, to_people
from schemas.errors import BadSetting

if TYPE_CHECKING:  # what only a verb needs is loaded by that verb
    from pipelines.collection import Collection

app = typer.Typer(
    name="emocurate",
    help="Turn recordings and pictures into emotion datasets that people can train on and defend.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Home = Annotated[Path, typer.Option("--home", envvar="EMOCURATE_HOME", help="The folder of the collection.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Basis = Annotated[str | None, typer.Option(help="consent, licence, public-domain, synthetic or unknown.")]
Licence = Annotated[str | None, typer.Option("--licence", "--license", help="An SPDX name such as CC-BY-4.0.")]
Attribution = Annotated[str | None, typer.Option(help="Whom the licence asks to name.")]
Texts = list[str] | None
Licences = Annotated[Texts, typer.Option("--licence", "--license", help="SPDX: CC-BY-4.0; of a layer: text=CC0-1.0.")]
Scope = Annotated[Texts, typer.Option(help="What was consented to: annotate, publish, train.")]
HERE = Path()
START, MEDIA, PEOPLE, ANSWERS, RELEASES = "Begin and look", "Media", "People", "Answers", "Releases"
Media = Literal["voice", "face"]
On = Literal["pool", "inline"]
Who = Literal["person", "model", "corpus"]
ONLY_PEOPLE = ["person"]
By = Annotated[list[str], typer.Option(help="Whose answers count: person, model, corpus; people's by default.")]


@app.command(rich_help_panel=START)
def init(
    folder: Annotated[Path, typer.Argument(help="Where to make the collection.")] = HERE,
    name: Annotated[str | None, typer.Option(help="Its name; the folder's by default.")] = None,
    scheme: Annotated[Texts, typer.Option(help="What is asked: ekman, vad, emonet-face-hq or FILE.toml.")] = None,
) -> None:
    """Make a collection: settings, catalog and a place for media."""
    from pipelines import collection
    from pipelines.show.media import begun

    was_there = (folder / "emocurate.toml").exists()
    begun(collection.make(folder, name, tuple(scheme or ())), was_there)


@app.command(rich_help_panel=MEDIA)
def add(
    paths: Annotated[list[Path], typer.Argument(help="Files, folders and archives.")],
    home: Home = HERE,
    basis: Basis = None,
    licence: Licences = None,
    source: Annotated[str | None, typer.Option(help="Where the media are from: an address or a name.")] = None,
    attribution: Attribution = None,
    scope: Scope = None,
    metadata: Annotated[Path | None, typer.Option(help="A table about the files, of any form.")] = None,
    columns: Annotated[Texts, typer.Option(help="OURS=THEIRS, such as speaker=Actor.")] = None,
    link: Annotated[bool, typer.Option("--link", help="Keep the media where they are instead of copying.")] = False,
    json: Json = False,
) -> None:
    """Take in media; each file ends as kept, dropped with a reason, or failed."""
    from pipelines.collect import add as adding
    from pipelines.collect.metadata import metadata_of
    from pipelines.collect.sources import licences_from, source_from
    from pipelines.show.media import added

    here = _find(home)
    told = metadata_of(metadata, pairs(columns or []), say)
    recording, layers = licences_from(licence or [])
    said = source_from(basis, recording, source, scope or [], attribution)
    intake = adding.Intake(here.home, said, told, here.people, link, metadata, layers)
    with progress("add", "files") as show:
        done = adding.add(intake, paths, lambda one: show(one.files, None, f"{one.bytes / 1e6:,.0f} MB"))
    shown(done, json, added)
    _exit(bool(done.failed))


@app.command(rich_help_panel=MEDIA)
def run(
    home: Home = HERE,
    on: Annotated[On, typer.Option(help="Where to work: spawned processes, or this one.")] = "pool",
    workers: Annotated[int | None, typer.Option(min=1, help="How many processes; one per core by default.")] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Try again what failed.")] = False,
    json: Json = False,
) -> None:
    """Find utterances and faces and measure them; nothing is done twice."""
    from pipelines.engine.workers import workers_for
    from pipelines.find.pipeline import pipeline
    from pipelines.find.run import bring_up_to_date
    from pipelines.show.media import ran

    here = _find(home)
    limits, passes = here.settings.run, pipeline(here.settings)
    team = workers_for(on, workers or limits.workers, limits.seconds_per_file)
    with progress("run", "files") as show:
        tally = bring_up_to_date(
            here.home, passes, team, retry=retry, report=lambda t: show(t.files, t.total, f"{t.clips} clips")
        )
    shown(tally, json, ran)
    _exit(tally.failed > 0)


@app.command(rich_help_panel=START)
def status(
    home: Home = HERE,
    files: Annotated[bool, typer.Option("--files", help="Name every file that was not kept, and why.")] = False,
    json: Json = False,
) -> None:
    """Show the funnel from files to released clips."""
    from pipelines import status as counting
    from pipelines.show.status import counted, listed

    here = _find(home)
    if files:
        shown(counting.lost(here.home), json, listed)
    else:
        shown(counting.status(here.home, here.settings), json, counted)


@app.command(rich_help_panel=PEOPLE)
def studio(
    home: Home = HERE,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Where it answers; a free port else.")] = None,
    stop: Annotated[bool, typer.Option("--stop", help="Stop it.")] = False,
    rater: Annotated[str | None, typer.Option(help="Make an account for a rater with this e-mail address.")] = None,
    json: Json = False,
) -> None:
    """Start Label Studio on this machine, in an environment of its own."""
    from pipelines.ask import people
    from pipelines.show.asking import started, stopped

    here = _find(home)
    if stop:
        shown(people.stop(here.home), json, stopped)
    else:
        shown(people.start(here.home, port, rater, say), json, started)


@app.command(rich_help_panel=PEOPLE)
def push(
    home: Home = HERE,
    next_: Annotated[int | None, typer.Option("--next", min=1, help="Only so many, as `next` proposes them.")] = None,
    seed: Annotated[int, typer.Option(help="The seed of --next.")] = 0,
    random_share: Annotated[float, typer.Option(help="The share of --next that is drawn by chance alone.")] = 0.2,
    json: Json = False,
) -> None:
    """Send what is to be asked to Label Studio; what is there already is left alone."""
    from annotate.sampling import Plan
    from pipelines.ask import people
    from pipelines.ask.push import push as send
    from pipelines.engine.workers import cores
    from pipelines.show.asking import pushed

    here = _find(home)
    client = people.client(here.home, here.settings)
    plan = Plan(n=next_, random_share=random_share, seed=seed) if next_ else None
    with progress("push", "clips") as show:
        projects = send(here, client, cores(), lambda done, note: show(done, None, note), plan)
    shown(projects, json, pushed)


@app.command(rich_help_panel=PEOPLE)
def pull(home: Home = HERE, json: Json = False) -> None:
    """Fetch the answers that came or changed since the last pull."""
    from pipelines.ask import people
    from pipelines.ask.pull import pull as fetch
    from pipelines.show.asking import pulled

    here = _find(home)
    done = fetch(here.home, people.client(here.home, here.settings), here.people)
    shown(done, json, pulled)
    _exit(any(project.failed for project in done))


@app.command(rich_help_panel=ANSWERS)
def agree(
    home: Home = HERE,
    bootstraps: Annotated[int, typer.Option(min=0, help="Resamples behind the 95 % intervals; 0 for none.")] = 0,
    categories: Annotated[bool, typer.Option("--categories", help="Every category by itself, too.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Fleiss, Cohen, Spearman, ICC and Cronbach, too.")] = False,
    by: By = ONLY_PEOPLE,
    json: Json = False,
) -> None:
    """Show how far raters agree on each question."""
    from pipelines.show.agreement import agreed
    from pipelines.weigh.agree import agreements

    here = _find(home)
    found = agreements(here.home, bootstraps, rater_kinds(by), here.settings.labels.reliable_alpha)
    shown(found, json, partial(agreed, categories=categories, everything=everything))


@app.command(rich_help_panel=ANSWERS)
def labels(
    file: Annotated[Path | None, typer.Argument(help="Write one row per label: .parquet, .csv or .jsonl.")] = None,
    home: Home = HERE,
    method: Annotated[Texts, typer.Option(help="dawid-skene, threshold(m=2,n=3) …; several side by side.")] = None,
    scheme: Annotated[str | None, typer.Option(help="Only the answers to this scheme.")] = None,
    by: By = ONLY_PEOPLE,
    json: Json = False,
) -> None:
    """Draw labels from the answers, by the methods of the settings or by others."""
    from annotate.consensus.methods import method_spec
    from pipelines.show.labels import labelled
    from pipelines.weigh import labels as drawing
    from pipelines.weigh.agree import methods

    here = _find(home)
    chosen = [method_spec(text) for text in method] if method else methods(here.settings)
    shown(drawing.labels(here.home, chosen, file, rater_kinds(by), scheme), json, labelled)


@app.command(rich_help_panel=RELEASES)
def export(
    home: Home = HERE,
    name: Annotated[str | None, typer.Option(help="The name of the release; the next v1, v2 … by default.")] = None,
    by: Annotated[Texts, typer.Option(help="Whose labels: person, model, corpus; else people's, if any.")] = None,
    unlabelled: Annotated[bool, typer.Option("--unlabelled", help="Good clips without labels, too.")] = False,
    figures: Annotated[bool, typer.Option(help="Draw figures for the card.")] = True,
    json: Json = False,
) -> None:
    """Write the labelled clips as WebDataset shards with labels, splits and a card."""
    from pipelines.engine.workers import cores
    from pipelines.release.export import export as write
    from pipelines.release.gather import Wanted
    from pipelines.release.writing import Export
    from pipelines.show.releases import exported

    here, wanted = _find(home), Wanted(rater_kinds(by), unlabelled)
    with progress("export", "clips") as show:
        wish = Export(here.home, here.settings, wanted, cores(), figures, lambda done: show(done, None, ""))
        done = write(wish, name)
    shown(done, json, exported)


@app.command(rich_help_panel=RELEASES)
def publish(
    repo: Annotated[str, typer.Argument(help="USER/NAME on the Hugging Face Hub.")],
    home: Home = HERE,
    name: Annotated[str | None, typer.Option(help="Which release; the latest by default.")] = None,
    public: Annotated[bool, typer.Option("--public", help="Make the dataset public; private by default.")] = False,
    json: Json = False,
) -> None:
    """Publish a release on the Hub in one commit; refused while a licence or consent stands against it."""
    from pipelines.release.publish import publish_release as send
    from pipelines.show.releases import published

    here = _find(home)
    shown(send(here.home, here.settings, repo, name, private=not public, say=say), json, published)


@app.command(rich_help_panel=START)
def doctor(
    home: Home = HERE,
    verify: Annotated[bool, typer.Option("--verify", help="Hash every file, copied or linked.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the tables and views of a catalog as SQL.")] = False,
    json: Json = False,
) -> None:
    """Check what is installed, which models are used under which licence, and what can be reached."""
    from pipelines import doctor as examining
    from pipelines.show.doctor import examined, tables

    if schema:
        tables()
        return
    with progress("doctor", "files") as show:
        findings = examining.findings(home, (lambda done, total: show(done, total, "")) if verify else None)
    shown(findings, json, examined)
    _exit(any(finding.state == "bad" for finding in findings))


@app.command(rich_help_panel=START)
def demo(
    folder: Annotated[Path, typer.Argument(help="Where to make the demonstration.")] = Path("demo"),
    keep: Annotated[bool, typer.Option(help="Leave Label Studio running at the end.")] = True,
) -> None:
    """Run the whole way once on sample media, with scripted demo raters."""
    from pipelines.demo import walk as showing

    showing.demo(folder, keep)


answers = typer.Typer(help="Answers from elsewhere: tables of raw ratings.", no_args_is_help=True)
corpus = typer.Typer(help="Published corpora, media and labels together.", no_args_is_help=True)
rights = typer.Typer(help="On what basis media may be used.", no_args_is_help=True)
scheme = typer.Typer(help="Schemes: what was asked, and what it is read as.", no_args_is_help=True)
raters = typer.Typer(help="What is known of the people who answer.", no_args_is_help=True)
bench = typer.Typer(help="Benchmarks: frozen answers that models are scored against.", no_args_is_help=True)
app.add_typer(answers, name="answers", rich_help_panel=ANSWERS)
app.add_typer(corpus, name="corpus", rich_help_panel=ANSWERS)
app.add_typer(rights, name="rights", rich_help_panel=MEDIA)
app.add_typer(scheme, name="scheme", rich_help_panel=PEOPLE)
app.add_typer(raters, name="raters", rich_help_panel=PEOPLE)
app.add_typer(bench, name="bench", rich_help_panel=ANSWERS)


@rights.command("resolve")
def rights_resolve(
    file: Annotated[str, typer.Argument(help="The name or id of a file whose sources contradict each other.")],
    evidence: Annotated[str, typer.Option(help="Who granted it, when, and where that can be read.")],
    home: Home = HERE,
    basis: Basis = None,
    licence: Licence = None,
    attribution: Attribution = None,
    scope: Scope = None,
    layer: Annotated[str, typer.Option(help="recording, performance, text or generator.")] = "recording",
    json: Json = False,
) -> None:
    """Settle which of several sources holds for a file; it leaves in releases again."""
    from pipelines.collect.rights import resolve
    from pipelines.collect.sources import source_from
    from pipelines.show.rights import resolved

    source = source_from(basis, licence, None, scope or [], attribution, evidence=evidence, layer=layer)
    shown(resolve(_find(home).home, file, source), json, resolved)


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
    vector: Annotated[str | None, typer.Option(help="A column whose cells hold all votes: digits or a list.")] = None,
    categories: Annotated[Texts, typer.Option(help="The categories, in the order of --vector.")] = None,
    alias: Annotated[Texts, typer.Option(help="Another spelling of an answer: THEIRS=OURS.")] = None,
    one_at_a_time: Annotated[bool, typer.Option("--one-at-a-time", help="Each was asked by itself.")] = False,
    time: Annotated[str | None, typer.Option(help="The column that says when.")] = None,
    duration: Annotated[str | None, typer.Option(help="The column that says how long it took.")] = None,
    duration_unit: Annotated[str | None, typer.Option(help="What bare numbers there are: ms, s, us or min.")] = None,
    role: Annotated[str | None, typer.Option(help="The column that says what a rating was for.")] = None,
    gold: Annotated[Texts, typer.Option(help="A word of --role that means a known answer.")] = None,
    contrast: Annotated[Texts, typer.Option(help="A word of --role that means expected absence.")] = None,
    scheme: Annotated[str | None, typer.Option(help="What was asked: a file or a name; else inferred.")] = None,
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
    from pipelines.show.imports import imported

    if preset and map_:
        raise BadSetting("--preset and --map both say how a table is laid out; give one of them")
    flags = by_name(Flags, locals(), alias=tuple(pairs(alias or [], "THEIRS=OURS").items()))
    here = _find(home)
    layout = importing.layout_for(tables, preset or (str(map_) if map_ else None), flags, say)
    done = importing.import_answers(importing.Ratings(here.home, here.people, layout, tuple(tables), replace_), say)
    shown(done, json, imported)
    _exit(importing.nothing_taken(done))


@corpus.command("import")
def corpus_import(
    folder: Annotated[Path, typer.Argument(help="The folder it was unpacked to.")],
    name: Annotated[str, typer.Option("--as", help="Which corpus it is, such as crema-d or ravdess.")],
    home: Home = HERE,
    licence: Licence = None,
    link: Annotated[bool, typer.Option("--link", help="Keep the media where they are instead of copying.")] = False,
    table: Annotated[Texts, typer.Option(help="One more table with its layout: FILE=PRESET.")] = None,
    json: Json = False,
) -> None:
    """Bring in a published corpus: its media, what names and tables say, and a list of what does not fit."""
    from annotate.ratings.layout import load_layout
    from pipelines.imports import corpus as importing
    from pipelines.show.imports import corpus_imported

    here = _find(home)
    more = tuple((Path(file), load_layout(layout)) for file, layout in pairs(table or [], "FILE=PRESET").items())
    given = importing.CorpusFolder(here.home, here.people, folder, name, licence, link, more)
    shown(importing.import_corpus(given, say), json, corpus_imported)


@scheme.command("migrate")
def scheme_migrate(
    old: Annotated[str, typer.Argument(help="The scheme that was asked: its name, name-version, id or TOML file.")],
    new: Annotated[str, typer.Argument(help="What its answers are read as; the same one ends that.")],
    map_: Annotated[Path | None, typer.Option("--map", help="A TOML file of what has another name.")] = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Read the answers to one scheme as answers to its successor; the answers themselves stay as they are.

    In the map, fear = "anxiety" in the table of a question reads one category as another, fear = "" drops it, and
    feeling = "emotion" in the table questions renames a question; what has the same name needs no line.
    """
    from pipelines.show.schemes import migrated
    from pipelines.weigh import bridges

    shown(bridges.migrate(_find(home).home, old, new, map_), json, migrated)


@scheme.command("list")
def scheme_list(home: Home = HERE, json: Json = False) -> None:
    """Show every scheme that was asked, how many answers it has, and what they are read as."""
    from pipelines.show.schemes import schemes
    from pipelines.weigh import bridges

    shown(bridges.listed(_find(home).home), json, schemes)


@raters.command("report")
def raters_report(
    home: Home = HERE,
    fast_ms: Annotated[float, typer.Option(help="Answers quicker than this are too fast; 0: found in the data.")] = 0,
    slow_ms: Annotated[float, typer.Option(help="Answers slower than this are too slow; 0: found in the data.")] = 0,
    json: Json = False,
) -> None:
    """What is known of every rater, and what of it is worth a look; decisions are yours."""
    from pipelines.show.raters import reported
    from pipelines.weigh.raters import raters as look

    shown(look(_find(home).home, fast_ms=fast_ms, slow_ms=slow_ms), json, reported)


@raters.command("exclude")
def raters_exclude(
    rater: Annotated[str, typer.Argument(help="The pseudonym `raters report` shows, or the name.")],
    reason: Annotated[str, typer.Option(help="Why, for those who come after you.")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Leave a rater out of agreement, labels and exports; the answers stay, and `include` undoes it."""
    from pipelines.show.raters import decided
    from pipelines.weigh.exclusions import exclude

    here = _find(home)
    shown(exclude(here.home, rater, reason, here.people), json, decided)


@raters.command("include")
def raters_include(
    rater: Annotated[str, typer.Argument(help="The pseudonym or name of a rater who was left out.")],
    reason: Annotated[str | None, typer.Option(help="Why, for those who come after you.")] = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Take a rater in again."""
    from pipelines.show.raters import decided
    from pipelines.weigh.exclusions import include

    here = _find(home)
    shown(include(here.home, rater, reason, here.people), json, decided)


@app.command(rich_help_panel=ANSWERS)
def audit(
    home: Home = HERE,
    unlikely: Annotated[float, typer.Option(help="Labels less likely than this given what people say.")] = 0.05,
    least: Annotated[int, typer.Option(help="Fewer items than this of a class count as missing.")] = 5,
    json: Json = False,
) -> None:
    """Show labels that fight what people say, duplicates in conflict, and what is not covered."""
    from pipelines.show.audit import audited
    from pipelines.weigh.audit import audit as look

    shown(look(_find(home).home, unlikely, least), json, audited)


@app.command("next", rich_help_panel=PEOPLE)
def next_(
    n: Annotated[int, typer.Argument(min=1, help="How many items to propose for each scheme.")] = 50,
    home: Home = HERE,
    seed: Annotated[int, typer.Option(help="Another seed draws others.")] = 0,
    random_share: Annotated[float, typer.Option(help="The share that is drawn by chance alone.")] = 0.2,
    json: Json = False,
) -> None:
    """Propose what to ask next, each with its reason and the probability that it was chosen."""
    from annotate.sampling import Plan
    from pipelines.ask.proposals import propose
    from pipelines.show.proposals import proposed

    here = _find(home)
    shown(propose(here.home, here.settings, here.schemes, Plan(n, random_share, seed)), json, proposed)


@app.command(rich_help_panel=ANSWERS)
def plot(
    folder: Annotated[Path, typer.Argument(help="Where the pictures go.")] = Path("figures"),
    home: Home = HERE,
    bootstraps: Annotated[int, typer.Option(min=0, help="Resamples behind the intervals.")] = 1000,
    json: Json = False,
) -> None:
    """Draw agreement, emotions, confusions and the valence-arousal plane as PNG and SVG."""
    from pipelines.show.labels import plotted
    from pipelines.weigh import figures

    here = _find(home)
    shown(figures.plot(here.home, folder, here.settings.labels.reliable_alpha, bootstraps), json, plotted)


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

    here, named = _find(home), tuple(questions or ())
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

    how = scoring.Scoring(model, number_range(units), calibrate, bootstraps)
    if eqbench and questions:
        shown(exams.score_eqbench(home, predictions, questions, eqbench, how, not no_revision), json, scored_eqbench)
    elif eqbench:
        raise BadSetting("--eqbench needs the questions: --questions FILE.json")
    elif test:
        shown(exams.score_test(home, predictions, test, how), json, examined)
    else:
        scores = scoring.score(_find(home).home, predictions, benchmark, how)
        shown(scores, json, partial(scored, everything=everything))


def main() -> None:
    """The entry point."""
    to_people(app)


def _find(home: Path) -> "Collection":
    from pipelines.collection import find

    return find(home)


def _exit(failed: bool) -> None:
    if failed:
        raise typer.Exit(1)


if __name__ == "__main__":
    main()
