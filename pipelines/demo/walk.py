"""`demo`: the whole way once, from sample media to shards that load, with raters that are scripts and say so."""

import json
import multiprocessing
import os
import signal
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path

from annotate.drawing import Draw
from annotate.studio import server
from annotate.studio.client import Studio
from pipelines import collection
from pipelines import gates as judging
from pipelines.ask import people
from pipelines.ask.pull import pull
from pipelines.ask.push import push
from pipelines.ask.selection import Selection
from pipelines.collect import crawl as crawling
from pipelines.collect import metadata
from pipelines.collect.add import Intake, add
from pipelines.collect.frontier import FOLDER as WEB
from pipelines.collect.net import bring, web_intake
from pipelines.collection import Collection
from pipelines.configuration import change
from pipelines.cutting import FOLDER as CUTS
from pipelines.demo.elsewhere import rebuild_elsewhere
from pipelines.demo.fresh import read_there
from pipelines.demo.raters import RATERS, answer_all
from pipelines.demo.site import EPISODES, LISTED, Site, served, way_to_site
from pipelines.engine.catalog import Catalog
from pipelines.engine.workers import Pool, cores
from pipelines.find import pipeline as stages
from pipelines.find.run import bring_up_to_date
from pipelines.forget.forget import How, forget
from pipelines.forget.verify import verify
from pipelines.release.check import check_loads
from pipelines.release.entering import judge
from pipelines.release.export import export
from pipelines.release.exported import Exported
from pipelines.release.frontmatter import AS_BYTES
from pipelines.release.order import Export
from pipelines.release.records import manifest_of
from pipelines.show.agreement import agreed
from pipelines.show.asking import pulled, pushed
from pipelines.show.crawl import crawled
from pipelines.show.exports import exported, in_order
from pipelines.show.forget import forgotten, verified
from pipelines.show.media import added, ran, under_way
from pipelines.show.status import counted
from pipelines.show.terminal import print_table, progress, say
from pipelines.status import status
from pipelines.weigh import agree as weigh
from schemas.errors import BadSetting
from schemas.media import Source
from schemas.settings import FILE_NAME

NAME = "demo with scripted raters"
STEPS = 10
STRICTER_MS = 1_500
CHOSEN = Selection(draw=Draw(per=(("speaker", 6),)))  # thirty clips; whoever withdraws changes nothing of the others
CONTACT = "demo@example.org"  # servers are told who asks: here only our own
SPEAKER = "sample-gwen"  # who withdraws
# Of each form a file may leave in: how many may, and what stands against the others, the settings included.
VERDICTS = """
    SELECT form, count(*) FILTER (against IS NULL), string_agg(DISTINCT against, '; ' ORDER BY against)
    FROM (UNPIVOT (SELECT coalesce(against_internal, '') AS internal, coalesce(f.against_labels, '') AS "labels only",
                          coalesce(e.against_media, e.barred, '') AS media FROM forms f JOIN entering e USING (asset))
          ON internal, "labels only", media INTO NAME form VALUE words) u, LATERAL (SELECT nullif(words, '') AS against)
    GROUP BY form ORDER BY form"""


def demo(folder: Path, keep: bool) -> None:
    """Everything from the net and sample media to a release, and one speaker out again; a second time does nothing."""
    if (folder / FILE_NAME).exists() and collection.find(folder).settings.name != NAME:
        raise BadSetting(f"{folder} holds a collection of yours; name another folder: emocurate demo FOLDER")
    here = made(folder)
    with as_file(files("pipelines.demo") / "media") as media, served(folder, media) as site:
        _walk(here, site, keep)


def made(folder: Path) -> Collection:
    """The collection of the demonstration; what may not leave as media leaves as labels."""
    collection.make(folder, NAME, ("ekman",))
    change(folder, "crawl.contact", CONTACT)
    change(folder, "publish.labels_only", "true")
    return collection.find(folder)


def _walk(here: Collection, site: Site, keep: bool) -> None:
    _heading(1, "crawl: a podcast on this machine; one episode is CC BY, one CC BY-NC, one says nothing, one opts out")
    _crawl(here, site)
    _heading(
        2, "add: sample media come in with a table about them, and two recordings under CC BY-NC by their addresses"
    )
    _add(here, site.media)
    _add_listed(here, site)
    _heading(3, "run: utterances and faces are found and measured")
    _run(here)
    _heading(4, "status --gates: what thresholds remove, by the emotion that was asked for")
    _gates(here)
    _heading(5, "studio, push: Label Studio starts, and clips are chosen, at most six of one speaker")
    with progress("studio", "steps") as show:
        started = server.start(here.home / people.DATA, here.home / CUTS, None, say, show)
    studio = Studio(started.address, started.token)
    pushed(push(here, studio, cores(), plan=CHOSEN))
    _heading(6, "three scripted demo raters answer through Label Studio's interface for programs; one leaves some open")
    for email in RATERS:
        token = server.add_rater(started, email, started.password)
        say(f"{email}: {answer_all(here, Studio(started.address, token), email)} new answers")
    _heading(7, "pull, agree: answers come home and are weighed")
    pulled(pull(here.home, studio, here.people))
    agreed(weigh.agreements(here.home))
    _heading(8, "export: labelled clips become a release, which is loaded back")
    release = _export(here)
    _heading(9, f"forget: {SPEAKER} withdraws, and is gone from media, tasks, answers and the release")
    release = _forget(here, release)
    counted(status(here.home, here.settings))
    _heading(10, "rebuild: somebody else has the release, and fetches the media that it has the labels of")
    rebuild_elsewhere(here.home, Path(release.folder), site)
    _close(here, Path(release.folder), keep)


def _heading(number: int, text: str) -> None:
    say(f"\n[{number}/{STEPS}] {text}")


def _crawl(here: Collection, site: Site) -> None:
    """Crawl the site; the first time another process does, which is killed half-way."""
    if find_spec("scrapy") is None:
        say("left out: crawling needs Scrapy, which comes with emocurate[demo] or emocurate[crawl]")
        return
    if not (here.home / WEB).exists():
        _killed(here.home, site)
    site.go_on.set()
    crawled(_crawled(here.home, site.feed))


def _killed(home: Path, site: Site) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_crawled, args=(home, site.feed))
    process.start()
    while process.is_alive() and not site.second.wait(0.1):
        pass
    if process.pid and process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
        say("killed (SIGKILL) after two episodes were asked for; the same command goes on:")
    process.join()


def _crawled(home: Path, feed: str) -> crawling.Crawled:
    here = collection.find(home)
    return crawling.crawl(
        web_intake(here, None), crawling.Crawl((feed,)), way_to_site(here), lambda *_: None, lambda _: None
    )


def _add(here: Collection, media: Path) -> None:
    online = (*EPISODES, *LISTED)
    table = metadata.read_metadata(media / "metadata.csv", {})
    told = replace(table, rows={name: row for name, row in table.rows.items() if name not in online})
    speech = Source("synthetic", "CC0-1.0", "sample media of emocurate")
    recordings = [path for path in sorted(media.glob("*.flac")) if path.name not in online]
    added(add(Intake(here.home, speech, told, here.people), recordings))
    nasa = Source("public-domain", "CC0-1.0", "NASA, by way of scikit-image")
    with as_file(files("pipelines.demo") / "pictures") as portraits:
        added(add(Intake(here.home, nasa, metadata.Metadata(), here.people), sorted(portraits.iterdir())))


def _add_listed(here: Collection, site: Site) -> None:
    """Fetch what a list of addresses names, with who speaks there and under which licence."""
    table = metadata.read_metadata(site.media / "metadata.csv", {})
    with tempfile.TemporaryDirectory() as folder:
        listing = Path(folder) / "list.jsonl"  # outside the collection, which is searched for the name of who withdrew
        listing.write_text("".join(f"{json.dumps(_line(site, table.rows[name], name))}\n" for name in LISTED), "utf-8")
        added(bring(web_intake(here, None), [listing], way_to_site(here)))


def _line(site: Site, cells: Mapping[str, str], name: str) -> dict[str, str]:
    said = {column: cells[column] for column in ("speaker", "language", "transcript", "requested")}
    return {"url": site.url(name), **said, "basis": "licence", "licence": "CC-BY-NC-4.0"}


def _run(here: Collection) -> None:
    pool = Pool(cores(), here.settings.run.seconds_per_file)
    with progress("run", "MB") as show:
        passes = stages.pipeline(here.settings)
        tally = bring_up_to_date(here.home, passes, pool, report=lambda *now: show(*under_way(*now)))
    ran(tally)


def _gates(here: Collection) -> None:
    """What thresholds remove, and what a stricter one would: it is looked at, and not set."""
    removing = [gate for gate in judging.gates(here.home, here.settings).gates if gate.removed]
    print_table("As they are", ["threshold", "removed", "of"], [[g.setting, g.removed, g.of] for g in removing])
    stricter = replace(here.settings, voice=replace(here.settings.voice, min_ms=STRICTER_MS))
    costs = [
        [cost.value, cost.removed, cost.share.n]
        for gate in judging.gates(here.home, stricter).gates if gate.setting == "voice.min_ms"
        for cost in gate.costs if cost.variable == "requested"
    ]  # fmt: skip
    print_table(f"If voice.min_ms were {STRICTER_MS}", ["emotion asked for", "removed", "of"], costs)


def _export(here: Collection) -> Exported:
    release = export(Export(here.home, here.settings, processes=cores(), gaps=True, say=say))
    exported(release)
    with Catalog(here.home).open() as connection:
        judge(connection, here.settings.publish)
        verdicts = connection.execute(VERDICTS).fetchall()
    print_table("Verdicts on files", ["form", "may leave", "what stands against the others"], verdicts)
    for loaded in check_loads(Path(release.folder)):
        shards = f"{loaded.configuration}/{loaded.configuration}-{loaded.split}-*.tar"
        say(f"webdataset: {shards} hold {loaded.samples} samples, {loaded.read} of them read")
        say(f"datasets: {loaded.configuration} {loaded.split} reads the same {loaded.read}")
    first = next(iter(release.samples))
    split = next(split for split, count in in_order(release.samples[first]) if count)
    count, told = read_there(Path(release.folder), AS_BYTES[first], split)
    if count is None:
        say(f"left out: reading it in an environment with only datasets, which failed ({told})")
    else:
        say(f"in an environment with only datasets {told}: {AS_BYTES[first]} {split} reads {count}")
    return release


def _forget(here: Collection, release: Exported) -> Exported:
    """One speaker goes; the release follows, and the next one is without them."""
    before = _shards(Path(release.folder))
    done = forget(here, SPEAKER, "speaker", How(), lambda _: None)
    forgotten(done)
    if not done.before:
        after = _shards(Path(release.folder))
        alike = len(before.keys() & after.keys())
        say(f"release {release.name}: {alike} of {len(before)} shards are byte for byte what they were")
    verified(verify(here, SPEAKER))
    return release if done.before else export(Export(here.home, here.settings, processes=cores(), gaps=True))


def _shards(release: Path) -> dict[str, str]:
    """The shards of a release by the hash of their bytes."""
    return {shard["sha256"]: shard["path"] for part in manifest_of(release)["parts"] for shard in part["shards"]}


def _close(here: Collection, release: Path, keep: bool) -> None:
    say(f"\nThe collection is in {here.home}; the release, with its card, in {release}.")
    if keep:
        account = people.start(here.home, None, None, say)[0]
        say(f"Label Studio answers at {account.address} (e-mail {account.email}, password {account.password}).")
        say(f"Stop it with: emocurate studio --stop --home {here.home}")
    else:
        people.stop(here.home)
    say("Now your own: emocurate init my-data && cd my-data && emocurate add FOLDER --licence CC-BY-4.0")
