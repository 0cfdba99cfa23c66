"""The command line: one thin function per verb; what a verb does lives in `pipelines`."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from schemas.errors import BadSetting, EmocurateError

app = typer.Typer(
    name="emocurate",
    help="Turn recordings and pictures into emotion datasets that people can train on and defend.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Home = Annotated[Path, typer.Option("--home", envvar="EMOCURATE_HOME", help="The folder of the collection.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
HERE = Path()


class On(StrEnum):
    """Where visits are made."""

    pool = "pool"
    inline = "inline"


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where to make the collection.")] = HERE,
    name: Annotated[str | None, typer.Option(help="Its name; the folder's by default.")] = None,
    scheme: Annotated[
        list[str] | None, typer.Option(help="What is asked: ekman, vad, emonet-face-hq or FILE.toml.")
    ] = None,
) -> None:
    """Make a collection: settings, catalog and a place for media."""
    from pipelines import collection, terminal

    made = collection.make(folder, name, tuple(scheme or ()))
    terminal.say(f"Collection {made.settings.name!r} is in {made.home.resolve()}; thresholds are in emocurate.toml.")
    terminal.say("Next: emocurate add FOLDER --licence CC-BY-4.0")


@app.command()
def add(
    paths: Annotated[list[Path], typer.Argument(help="Files, folders and archives.")],
    home: Home = HERE,
    basis: Annotated[str | None, typer.Option(help="consent, licence, public-domain, synthetic or unknown.")] = None,
    licence: Annotated[str | None, typer.Option(help="An SPDX name such as CC-BY-4.0.")] = None,
    source: Annotated[str | None, typer.Option(help="Where the media are from: an address or a name.")] = None,
    scope: Annotated[list[str] | None, typer.Option(help="What was consented to: annotate, publish, train.")] = None,
    metadata: Annotated[Path | None, typer.Option(help="A CSV or Parquet table about the files.")] = None,
    columns: Annotated[list[str] | None, typer.Option(help="OURS=THEIRS, such as speaker=Actor.")] = None,
    link: Annotated[bool, typer.Option("--link", help="Keep the media where they are instead of copying.")] = False,
    json: Json = False,
) -> None:
    """Take in media; each file ends as kept, dropped with a reason, or failed."""
    from pipelines import add as adding
    from pipelines import collection, report, terminal
    from pipelines import metadata as tables
    from schemas.media import Source

    here = collection.find(home)
    told = tables.read_metadata(metadata, _pairs(columns or [])) if metadata else tables.Metadata()
    came_from = Source(
        basis=basis or ("licence" if licence else "unknown"),  # type: ignore[arg-type]
        licence=licence,
        address=source,
        scopes=tuple(sorted(scope or ())),
    )
    intake = adding.Intake(here.home, came_from, told, here.people, link, metadata)
    with terminal.progress("add", "files") as show:
        added = adding.add(intake, paths, lambda one: show(one.files, None, f"{one.bytes / 1e6:,.0f} MB"))
    report.added(added, came_from, json)
    _exit(bool(added.failed))


@app.command()
def run(
    home: Home = HERE,
    on: Annotated[On, typer.Option(help="Where to work: spawned processes, or this one.")] = On.pool,
    workers: Annotated[int | None, typer.Option(min=1, help="How many processes; one per core by default.")] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Try again what failed.")] = False,
    json: Json = False,
) -> None:
    """Find utterances and faces and measure them; nothing is done twice."""
    from pipelines import collection, report, stages, terminal
    from pipelines.engine import workers as team
    from pipelines.run import bring_up_to_date

    here = collection.find(home)
    settings = here.settings.run
    pool = team.Pool(workers or settings.workers or team.cores(), settings.seconds_per_file)
    with terminal.progress("run", "files") as show:
        tally = bring_up_to_date(
            here.home,
            stages.pipeline(here.settings),
            pool if on is On.pool else team.Inline(),
            retry=retry,
            report=lambda one: show(one.files, one.total, f"{one.clips} clips"),
        )
    report.ran(tally, json)
    _exit(tally.failed > 0)


@app.command()
def status(home: Home = HERE, json: Json = False) -> None:
    """Show the funnel from files to released clips."""
    from pipelines import collection, report
    from pipelines import status as counting

    here = collection.find(home)
    report.counted(counting.status(here.home, here.settings), json)


@app.command()
def studio(
    home: Home = HERE,
    port: Annotated[int | None, typer.Option(help="The port to answer on; a free one by default.")] = None,
    stop: Annotated[bool, typer.Option("--stop", help="Stop it.")] = False,
    rater: Annotated[str | None, typer.Option(help="Make an account for a rater with this e-mail address.")] = None,
    json: Json = False,
) -> None:
    """Start Label Studio on this machine, in an environment of its own."""
    from pipelines import collection, people, report

    here = collection.find(home)
    if stop:
        report.stopped(people.stop(here.home), json)
    else:
        report.started(people.start(here.home, port, rater), json)


@app.command()
def push(home: Home = HERE, json: Json = False) -> None:
    """Send what is to be asked to Label Studio; what is there already is left alone."""
    from pipelines import collection, people, report, terminal
    from pipelines.engine.workers import cores
    from pipelines.push import push as send

    here = collection.find(home)
    studio = people.client(here.home, here.settings)
    with terminal.progress("push", "clips") as show:
        cut = send(here.home, here.settings, here.schemes, studio, cores(), lambda done, note: show(done, None, note))
    report.pushed(cut, json)


@app.command()
def pull(home: Home = HERE, json: Json = False) -> None:
    """Fetch the answers that came or changed since the last pull."""
    from pipelines import collection, people, report
    from pipelines.pull import pull as fetch

    here = collection.find(home)
    report.pulled(fetch(here.home, here.schemes, people.client(here.home, here.settings), here.people), json)


@app.command()
def agree(home: Home = HERE, json: Json = False) -> None:
    """Show how far raters agree on each question."""
    from pipelines import collection, report, weigh

    here = collection.find(home)
    report.agreed(weigh.agreements(here.home), json)


@app.command()
def export(
    home: Home = HERE,
    name: Annotated[str | None, typer.Option(help="The name of the release; the next v1, v2 … by default.")] = None,
    json: Json = False,
) -> None:
    """Write the labelled clips as WebDataset shards with labels, splits and a card."""
    from pipelines import collection, report, terminal
    from pipelines.engine.workers import cores
    from pipelines.export import export as write

    here = collection.find(home)
    with terminal.progress("export", "clips") as show:
        release = write(here.home, here.settings, name, cores(), lambda done: show(done, None, ""))
    report.exported(release, json)


@app.command()
def publish(
    repo: Annotated[str, typer.Argument(help="USER/NAME on the Hugging Face Hub.")],
    home: Home = HERE,
    name: Annotated[str | None, typer.Option(help="Which release; the latest by default.")] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Make the dataset public; it is private by default.")
    ] = False,
    json: Json = False,
) -> None:
    """Publish a release on the Hub in one commit; refused while a licence or consent stands against it."""
    from pipelines import collection, report, terminal
    from pipelines.export import publish as send

    here = collection.find(home)
    report.published(send(here.home, here.settings, repo, name, private=not public, say=terminal.say), json)


@app.command()
def doctor(home: Home = HERE, json: Json = False) -> None:
    """Check what is installed, which models are used under which licence, and what can be reached."""
    from pipelines import doctor as examining
    from pipelines import report

    findings = examining.findings(home)
    report.examined(findings, json)
    _exit(any(finding.state == "bad" for finding in findings))


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Where to make the demonstration.")] = Path("demo"),
    keep: Annotated[bool, typer.Option(help="Leave Label Studio running at the end.")] = True,
) -> None:
    """Run the whole way once on sample media, with scripted demo raters."""
    from pipelines import demo as showing

    showing.demo(folder, keep)


def main() -> None:
    """The entry point: errors that are meant for people are shown without a traceback."""
    try:
        app()
    except EmocurateError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("stopped; the same command goes on where this one ended", file=sys.stderr)
        sys.exit(130)


def _pairs(columns: list[str]) -> dict[str, str]:
    pairs: dict[str, Any] = {}
    for column in columns:
        ours, equals, theirs = column.partition("=")
        if not equals:
            raise BadSetting(f"--columns {column!r}; expected OURS=THEIRS, such as speaker=Actor")
        pairs[ours] = theirs
    return pairs


def _exit(failed: bool) -> None:
    if failed:
        raise typer.Exit(1)


if __name__ == "__main__":
    main()
