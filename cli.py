"""The command line: one thin function per verb; groups of verbs are in `pipelines.commands`, the work in its rooms."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands import (
    backups,
    benchmarks,
    config,
    corpora,
    flagged,
    forgetting,
    raters,
    ratings,
    releases,
    rights,
    schemes,
)
from pipelines.commands.flags import rater_kinds, to_write
from pipelines.commands.options import (
    HERE,
    ONLY_PEOPLE,
    AllowHost,
    Attribution,
    Basis,
    Bootstraps,
    By,
    Design,
    Form,
    Home,
    Json,
    Licences,
    Rate,
    Retry,
    Scope,
    Seed,
    Texts,
    Verbs,
    find,
    finite,
    leave,
    reminded,
    unused,
)
from pipelines.commands.ways import check_publish, check_run
from pipelines.show.terminal import progress, say, shown, to_people, together, version
from schemas.backends import On

app = typer.Typer(
    name="emocurate",
    cls=Verbs,
    help="Turn recordings and pictures into emotion datasets that people can train on and defend.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
START, MEDIA, PEOPLE, ANSWERS, RELEASES = "Begin and look", "Media", "People", "Answers", "Releases"
app.add_typer(ratings.answers, name="answers", rich_help_panel=ANSWERS)
app.add_typer(corpora.corpus, name="corpus", rich_help_panel=ANSWERS)
app.add_typer(rights.rights, name="rights", rich_help_panel=MEDIA)
app.add_typer(schemes.scheme, name="scheme", rich_help_panel=PEOPLE)
app.add_typer(raters.raters, name="raters", rich_help_panel=PEOPLE)
app.add_typer(flagged.flagged, name="flagged", rich_help_panel=PEOPLE)
app.add_typer(benchmarks.bench, name="bench", rich_help_panel=ANSWERS)
app.add_typer(releases.release, name="release", rich_help_panel=RELEASES)
app.add_typer(config.config, name="config", rich_help_panel=START)
app.command(rich_help_panel=START)(backups.backup)
app.command(rich_help_panel=START)(backups.restore)
app.command(rich_help_panel=MEDIA)(forgetting.forget)


@app.callback(invoke_without_command=True)
def options(version_: Annotated[bool, typer.Option("--version", help="Say which one this is.")] = False) -> None:
    """Turn recordings and pictures into emotion datasets that people can train on and defend."""
    version(version_)


@app.command(rich_help_panel=START)
def init(
    folder: Annotated[Path, typer.Argument(help="Where to make the collection.")] = HERE,
    name: Annotated[str | None, typer.Option(help="Its name; the folder's by default.")] = None,
    scheme: Annotated[Texts, typer.Option(help="What is asked: ekman, vad, ekman-moment … or FILE.toml.")] = None,
) -> None:
    """Make a collection: settings, catalog and a place for media."""
    from pipelines import collection
    from pipelines.show.media import begun

    was_there, typed = (folder / "emocurate.toml").exists(), {"name": name, "labelling.schemes": scheme}
    begun(collection.make(folder, name, tuple(scheme or ())), was_there, [key for key, value in typed.items() if value])


@app.command(rich_help_panel=MEDIA)
def add(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files, folders, archives, lists of addresses.")] = None,
    home: Home = HERE,
    basis: Basis = None,
    licence: Licences = None,
    source: Annotated[str | None, typer.Option(help="Where the media are from: an address or a name.")] = None,
    attribution: Attribution = None,
    scope: Scope = None,
    metadata: Annotated[Path | None, typer.Option(help="A table about the files, of any form.")] = None,
    consent: Annotated[Path | None, typer.Option(help="Forms of sessions: who, which media, what for.")] = None,
    inbox: Annotated[Path | None, typer.Option(help="A folder of files, each with a record of consent.")] = None,
    generator_terms: Annotated[str | None, typer.Option(help="Why synthetic media may be passed on.")] = None,
    columns: Annotated[Texts, typer.Option(help="OURS=THEIRS, such as speaker=Actor.")] = None,
    transcripts: Annotated[Path | None, typer.Option(help="A folder of transcripts; else beside the media.")] = None,
    link: Annotated[bool, typer.Option("--link", help="Keep the media where they are instead of copying.")] = False,
    open_documents: Annotated[
        bool, typer.Option("--open-documents", help="Take in what lies in .docx, .apk …")
    ] = False,
    follow_links: Annotated[
        bool, typer.Option("--follow-links", help="Follow links that lead out of a folder.")
    ] = False,
    allow_host: AllowHost = None,
    rate: Rate = None,
    retry: Retry = False,
    json: Json = False,
) -> None:
    """Take in media; each file or address ends as kept, dropped with a reason, or failed.

    A list of addresses is a text with one on each line, or a table of any form with a column url.
    """
    from pipelines.commands.adding import take

    take(locals())


@app.command(rich_help_panel=MEDIA)
def crawl(
    seeds: Annotated[list[str], typer.Argument(help="Addresses of pages, feeds and sitemaps to begin with.")],
    home: Home = HERE,
    depth: Annotated[int, typer.Option(min=0, help="How many links away from a seed pages are looked at.")] = 2,
    allow: Annotated[Texts, typer.Option(help="Hosts whose pages are looked at; the seeds' by default.")] = None,
    include: Annotated[Texts, typer.Option(help="Which media, such as '*.mp3'; sound and video by default.")] = None,
    basis: Basis = None,
    again: Annotated[bool, typer.Option("--again", help="Look again at pages that were seen.")] = False,
    video_sites: Annotated[bool, typer.Option("--video-sites", help="Show every page to yt-dlp, too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look at pages, and show what they offer.")] = False,
    allow_host: AllowHost = None,
    rate: Rate = None,
    retry: Retry = False,
    json: Json = False,
) -> None:
    """Find media on web pages, in feeds and sitemaps, with the licence each page states, and fetch them politely."""
    from pipelines.collect import crawl as crawling
    from pipelines.collect.found import Scope
    from pipelines.collect.net import Way, hosts_from, net_from, web_intake
    from pipelines.show.crawl import crawled

    here, scope = find(home), Scope(depth, hosts_from(allow, "--allow"), tuple(include or ()))
    wish = crawling.Crawl(tuple(seeds), scope, dry_run, again, video_sites)
    way = Way(here.settings.crawl, net_from(allow_host, rate), {}, say, retry)
    with progress("crawl", "addresses") as show:
        tell = (lambda pages, _: show(pages, None, "pages"), lambda one: show(one.files, None, "media"))
        done = crawling.crawl(web_intake(here, basis), wish, way, *tell)
    shown(done, json, crawled)
    leave(bool(done.added and done.added.failed) or done.pages.get("failed", 0) > 0)


@app.command(rich_help_panel=MEDIA)
def run(
    home: Home = HERE,
    on: Annotated[On, typer.Option(help="Where to work: spawned processes, this one, or a Ray cluster.")] = "pool",
    address: Annotated[str | None, typer.Option(help="With --on ray: the cluster, as HOST:PORT; found else.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="How many processes; one per core by default.")] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Try again what failed.")] = False,
    json: Json = False,
) -> None:
    """Find utterances and faces and measure them; nothing is done twice."""
    from pipelines.engine.workers import workers_for
    from pipelines.find.pipeline import pipeline
    from pipelines.find.run import bring_up_to_date
    from pipelines.show.media import ran, under_way
    from pipelines.status import unasked

    check_run(locals())
    here = reminded(home)
    limits, passes = here.settings.run, pipeline(here.settings)
    team = workers_for(on, workers or limits.workers, limits.seconds_per_file, limits.devices, address or "auto")
    with progress("run", "MB") as show:
        tally = bring_up_to_date(here.home, passes, team, retry=retry, report=lambda *now: show(*under_way(*now)))
    tally.to_ask = unasked(here.home, here.settings)
    shown(tally, json, ran)
    leave(tally.failed > 0)


@app.command(rich_help_panel=START)
def status(
    home: Home = HERE,
    files: Annotated[bool, typer.Option("--files", help="Name every file of which nothing goes on, and why.")] = False,
    gates: Annotated[
        bool, typer.Option("--gates", help="Say what every threshold removes: by emotion, speaker, language …")
    ] = False,
    json: Json = False,
) -> None:
    """Show the funnel from files to released clips."""
    from pipelines import status as counting
    from pipelines.show.status import counted, listed

    if gates:
        unused("and --gates show different things; give one of them", files=files)
    here = find(home)
    if gates:
        from pipelines import gates as judging
        from pipelines.show.gates import costs

        shown(judging.gates(here.home, here.settings), json, costs)
    elif files:
        shown(counting.lost(here.home, here.settings), json, listed)
    else:
        shown(counting.status(here.home, here.settings), json, counted)


@app.command(rich_help_panel=MEDIA)
def duplicates(
    home: Home = HERE,
    against: Annotated[
        Path | None, typer.Option(help="A folder of media, a file of fingerprints or a table of ids to compare with.")
    ] = None,
    write: Annotated[Path | None, typer.Option(help="Write the newest release's fingerprints to this file.")] = None,
    json: Json = False,
) -> None:
    """Show what is the same again, re-encoded, trimmed or resized, and what many recordings repeat; with reasons.

    With --against: which clips of the newest release stand in somebody else's corpus too.
    """
    from pipelines.find import contamination, fingerprints
    from pipelines.find.duplicates import duplicates as found
    from pipelines.show import duplicates as show

    here = find(home)
    with together(json) as tell:
        if write:
            tell(fingerprints.write(here.home, to_write(write, "--write")), show.written)
        if against:
            tell(contamination.against(here.home, against, here.settings.duplicates), show.contaminated)
        if not write and not against:
            tell(found(here.home, here.settings), show.listed)


@app.command("list", rich_help_panel=START)
def list_(
    words: Annotated[str | None, typer.Argument(help="Only clips with this in their id or file name.")] = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Show every clip: where it lies, whether it is good enough, how often it was asked about and answered."""
    from pipelines.clips import listed
    from pipelines.show.clips import clips

    here = find(home)
    shown(listed(here.home, here.settings, words), json, partial(clips, words=words))


@app.command(rich_help_panel=START)
def show(
    clip: Annotated[str, typer.Argument(help="Its id as `list` shows it, or the beginning of it.")],
    home: Home = HERE,
    open_: Annotated[bool, typer.Option("--open", help="Play it, or open the picture.")] = False,
    json: Json = False,
) -> None:
    """Show one clip with all that is known of it, and the file that was cut of it."""
    from pipelines import clips
    from pipelines.show import clips as showing

    here = find(home)
    known = clips.known(here.home, here.settings, clip)
    shown(known, json, showing.clip)
    if open_ and known.file and typer.launch(str(known.file)):
        showing.unopened()


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

    if stop:
        unused("is for a Label Studio that starts; --stop stops it", port=port, rater=rater)
    here = find(home)
    if stop:
        shown(people.stop(here.home), json, stopped)
    else:
        if here.settings.labelling.address:
            say(f"push and pull go on with labelling.address = {here.settings.labelling.address}, not with this one")
        with progress("studio", "steps") as show:
            accounts = people.start(here.home, port, rater, say, show)
        shown(accounts, json, started)


@app.command(rich_help_panel=PEOPLE)
def push(
    home: Home = HERE,
    next_: Annotated[int | None, typer.Option("--next", min=1, help="Only so many, as `next` proposes them.")] = None,
    where: Annotated[str | None, typer.Option(help="Only good clips of which this SQL holds.")] = None,
    per: Annotated[Texts, typer.Option(help="At most so many of each: speaker=5; drawn at random.")] = None,
    balance: Annotated[str | None, typer.Option(help="As many of each value of this column.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Draw so many of each medium in all.")] = None,
    dropped: Annotated[
        int | None, typer.Option(min=1, help="So many of those below a threshold instead, to see what it costs.")
    ] = None,
    seed: Seed = 0,
    random_share: Annotated[
        float | None, typer.Option(callback=finite, help="The share of --next that is drawn by chance alone; 0.2 else.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Ask again what was answered and has no task any more.")
    ] = False,
    restore: Annotated[bool, typer.Option("--restore", help="Put back answers that Label Studio has lost.")] = False,
    json: Json = False,
) -> None:
    """Send what is to be asked to Label Studio; what is there already is left alone."""
    from pipelines.ask import people
    from pipelines.ask.push import push as send
    from pipelines.ask.sending import Wish
    from pipelines.commands.plans import plan_from
    from pipelines.engine.workers import cores
    from pipelines.show.asking import pushed

    plan, here = plan_from(locals()), find(home)
    client = people.client(here.home, here.settings)
    with progress("push", "clips") as show:
        projects = send(here, client, cores(), show, plan, Wish(again, restore))
    shown(projects, json, pushed)


@app.command(rich_help_panel=PEOPLE)
def pull(
    home: Home = HERE,
    everything: Annotated[
        bool, typer.Option("--all", help="Look at every task, not only at those that changed.")
    ] = False,
    json: Json = False,
) -> None:
    """Fetch the answers that came or changed since the last pull."""
    from pipelines.ask import people
    from pipelines.ask.pull import pull as fetch
    from pipelines.show.asking import pulled

    here = find(home)
    done = fetch(here.home, people.client(here.home, here.settings), here.people, everything=everything)
    shown(done, json, pulled)
    leave(any(project.failed for project in done))


@app.command(rich_help_panel=ANSWERS)
def agree(
    home: Home = HERE,
    bootstraps: Bootstraps = None,
    categories: Annotated[bool, typer.Option("--categories", help="Every category by itself, too.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every question and every coefficient.")] = False,
    scheme: Annotated[str | None, typer.Option(help="Only the answers to this scheme.")] = None,
    design: Annotated[Design | None, typer.Option(help="Declare how was asked; sequential: stopping early.")] = None,
    by: By = ONLY_PEOPLE,
    json: Json = False,
) -> None:
    """Show how far raters agree on each question."""
    from pipelines.show.agreement import agreed
    from pipelines.weigh.agree import agreements
    from schemas.settings import retired

    here = find(home)
    found = agreements(here.home, bootstraps, rater_kinds(by), scheme, design)
    shown(found, json, partial(agreed, categories=categories, everything=everything, unused=retired(here.home)))


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
    from annotate.consensus.specs import method_spec
    from pipelines.show.labels import labelled
    from pipelines.weigh import labels as drawing
    from pipelines.weigh.agree import methods

    here = find(home)
    chosen = [method_spec(text) for text in dict.fromkeys(method)] if method else methods(here.settings)
    to = to_write(file, "the table") if file else None
    shown(drawing.labels(here.home, chosen, to, rater_kinds(by), scheme), json, labelled)


@app.command(rich_help_panel=RELEASES)
def export(
    home: Home = HERE,
    name: Annotated[str | None, typer.Option(help="The name of the release; the next v1, v2 … by default.")] = None,
    by: Annotated[Texts, typer.Option(help="Whose labels: person, model, corpus; else people's, if any.")] = None,
    unlabelled: Annotated[bool, typer.Option("--unlabelled", help="Good clips without labels, too.")] = False,
    internal: Annotated[
        bool, typer.Option("--internal", help="What may not be passed on, too; never published.")
    ] = False,
    figures: Annotated[bool, typer.Option(help="Draw figures for the card.")] = True,
    form: Annotated[
        Form | None, typer.Option(help="In another form, too: parquet (media inside), audformat, csv or jsonl.")
    ] = None,
    embed_answers: Annotated[
        bool, typer.Option("--embed-answers", help="Single answers in the shards, too, not only beside them.")
    ] = False,
    allow_gaps: Annotated[
        bool, typer.Option("--allow-gaps", help="Though a split is empty or a class is of one speaker.")
    ] = False,
    json: Json = False,
) -> None:
    """Write the labelled clips as WebDataset shards with labels, splits and a card."""
    from pipelines.commands.releases import in_form, written
    from pipelines.engine.workers import cores
    from pipelines.release.order import Export, Wanted
    from pipelines.show.exports import exported
    from pipelines.show.releases import formed

    here, wanted = find(home), Wanted(rater_kinds(by), unlabelled, internal)
    with progress("export", "clips") as show:
        order = Export(here.home, here.settings, wanted, cores(), figures, embed_answers, show, allow_gaps, say)
        done = written(order, name)
    with together(json) as tell:
        tell(done, exported)
        if form:
            tell(in_form(done, form), formed)


@app.command(rich_help_panel=RELEASES)
def rebuild(
    release: Annotated[str, typer.Argument(help="Labels without media: the folder of a release, or USER/NAME.")],
    home: Home = HERE,
    basis: Basis = None,
    allow_host: AllowHost = None,
    rate: Rate = None,
    retry: Retry = False,
    json: Json = False,
) -> None:
    """Fetch, verify and cut the media of a release of labels; what is gone or has changed is listed, not replaced.

    USER/NAME is one on the Hugging Face Hub, as it stands there now.
    """
    from pipelines.collect.net import Way, net_from
    from pipelines.engine.workers import cores
    from pipelines.rebuild import rebuild as rebuilding
    from pipelines.rebuild.named import release_folder
    from pipelines.show.rebuild import rebuilt

    here = find(home)
    way = Way(here.settings.crawl, net_from(allow_host, rate), {}, say, retry)
    with release_folder(release, say) as folder, progress("rebuild", "files") as show:
        tell = lambda one: show(one.files, None, "fetched")  # noqa: E731
        done = rebuilding.rebuild(rebuilding.Rebuild(here, folder, way, basis, cores(), tell))
    shown(done, json, rebuilt)
    leave(bool(done.missing))


@app.command(rich_help_panel=RELEASES)
def publish(
    repo: Annotated[str, typer.Argument(help="USER/NAME on the Hugging Face Hub.")],
    home: Home = HERE,
    name: Annotated[str | None, typer.Option(help="Which release; the latest by default.")] = None,
    public: Annotated[bool, typer.Option("--public", help="Make the dataset public; private by default.")] = False,
    gated: Annotated[bool, typer.Option("--gated", help="Only for those whom you let in on the Hub.")] = False,
    replace_: Annotated[bool, typer.Option("--replace", help="Put ours in place of what was edited there.")] = False,
    purge: Annotated[bool, typer.Option("--purge", help="Then delete all that it held before, for good.")] = False,
    confirm: Annotated[str | None, typer.Option(help="Of --purge: the USER/NAME, typed once more.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only look: what stands against it, what is shown.")
    ] = False,
    json: Json = False,
) -> None:
    """Publish a release on the Hub in one commit; refused while a licence or consent stands against it."""
    from pipelines.release import publish as publishing
    from pipelines.release import purge as purging
    from pipelines.show.releases import inspected, published, purged

    here, access = find(home), publishing.Access(not public, gated)
    check_publish(repo, confirm, purge=purge)
    if dry_run:
        seen = publishing.inspect_release(here, name)
        shown(seen, json, inspected)
        raise typer.Exit(int(bool(seen.against)))
    with together(json) as tell:
        done = publishing.publish_release(here, repo, name, access=access, replace=replace_, say=say)
        tell(done, published)
        if purge:
            tell(purging.purge_release(here.home, repo, confirm, done.tag), purged)


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
        unused("is not for --schema, which prints SQL alone", verify=verify, json=json)
        tables()
        return
    with progress("doctor", "files") as show:
        findings = examining.findings(home, (lambda done, total: show(done, total, "")) if verify else None)
    shown(findings, json, examined)
    leave(any(finding.state == "bad" for finding in findings))


@app.command(rich_help_panel=START)
def demo(
    folder: Annotated[Path, typer.Argument(help="Where to make the demonstration.")] = Path("demo"),
    keep: Annotated[bool, typer.Option(help="Leave Label Studio running at the end.")] = True,
) -> None:
    """Run the whole way once on sample media, with scripted demo raters."""
    from pipelines.demo import walk as showing

    showing.demo(folder, keep)


@app.command(rich_help_panel=ANSWERS)
def audit(
    home: Home = HERE,
    unlikely: Annotated[
        float, typer.Option(min=0, max=1, callback=finite, help="Labels less likely than this given what people say.")
    ] = 0.05,
    least: Annotated[int, typer.Option(min=0, help="Fewer items than this of a class count as missing.")] = 5,
    json: Json = False,
) -> None:
    """Show labels that fight what people say, duplicates in conflict, and what is not covered."""
    from pipelines.show.audit import audited
    from pipelines.weigh.audit import audit as look

    shown(look(find(home).home, unlikely, least), json, audited)


@app.command("next", rich_help_panel=PEOPLE)
def next_(
    n: Annotated[int, typer.Argument(min=1, help="How many items to propose for each scheme.")] = 50,
    home: Home = HERE,
    seed: Seed = 0,
    random_share: Annotated[
        float, typer.Option(callback=finite, help="The share that is drawn by chance alone.")
    ] = 0.2,
    json: Json = False,
) -> None:
    """Propose what to ask next, each with its reason and the probability that it was chosen."""
    from annotate.sampling import Plan
    from pipelines.ask.proposals import propose
    from pipelines.show.proposals import proposed

    here = find(home)
    shown(propose(here.home, here.settings, here.schemes, Plan(n, random_share, seed)), json, proposed)


@app.command(rich_help_panel=ANSWERS)
def plot(
    folder: Annotated[Path, typer.Argument(help="Where the pictures go.")] = Path("figures"),
    home: Home = HERE,
    bootstraps: Bootstraps = None,
    json: Json = False,
) -> None:
    """Draw agreement, emotions, confusions and the valence-arousal plane as PNG and SVG."""
    from pipelines.show.labels import plotted
    from pipelines.weigh import figures

    here = find(home)
    shown(figures.plot(here.home, folder, bootstraps), json, plotted)


def main() -> None:
    """The entry point."""
    to_people(app)


if __name__ == "__main__":
    main()
