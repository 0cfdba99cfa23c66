"""`demo`: the whole way once, from sample media to shards that load, with raters that are scripts and say so."""

import hashlib
import json
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from annotate.studio import server
from annotate.studio.client import Studio
from annotate.studio.interface import result_of
from pipelines import collection
from pipelines.ask import people
from pipelines.ask.pull import pull
from pipelines.ask.push import push
from pipelines.ask.sending import origin_of
from pipelines.collect import metadata
from pipelines.collect.add import Intake, add
from pipelines.collection import Collection
from pipelines.cutting import FOLDER as CUTS
from pipelines.engine.workers import Pool, cores
from pipelines.find import pipeline as stages
from pipelines.find.run import bring_up_to_date
from pipelines.release.check import check_loads
from pipelines.release.export import export
from pipelines.release.writing import Export
from pipelines.show.agreement import agreed
from pipelines.show.asking import pulled, pushed
from pipelines.show.media import added, ran, under_way
from pipelines.show.releases import exported
from pipelines.show.status import counted
from pipelines.show.terminal import progress, say
from pipelines.status import status
from pipelines.weigh import agree as weigh
from schemas.errors import BadSetting
from schemas.media import Source
from schemas.scheme import Question, Scheme
from schemas.settings import FILE_NAME

RATERS = tuple(f"scripted-demo-rater-{number}@example.com" for number in (1, 2, 3))
AGREEABLE = 70  # of a hundred scripted answers so many are the same for all raters of a clip
NAME = "demo with scripted raters"


def demo(folder: Path, keep: bool) -> None:
    """Everything from sample media to a release that is loaded back; a second time does nothing twice."""
    if (folder / FILE_NAME).exists() and collection.find(folder).settings.name != NAME:
        raise BadSetting(f"{folder} holds a collection of yours; name another folder: emocurate demo FOLDER")
    here = collection.make(folder, NAME, ("ekman",))
    _heading(1, "add: sample media come in: synthetic speech, a picture, a talking picture")
    _add(here)
    _heading(2, "run: utterances and faces are found and measured")
    _run(here)
    _heading(3, "studio, push: Label Studio starts and gets its tasks")
    with progress("studio", "steps") as show:
        started = server.start(here.home / people.DATA, here.home / CUTS, None, say, show)
    studio = Studio(started.address, started.token)
    pushed(push(here, studio, cores()))
    _heading(4, "three scripted demo raters answer through Label Studio's own interface for programs")
    for email in RATERS:
        token = server.add_rater(started, email, started.password)
        say(f"{email}: {_answer_all(here, Studio(started.address, token), email)} new answers")
    _heading(5, "pull, agree: answers come home and are weighed")
    pulled(pull(here.home, studio, here.people))
    agreed(weigh.agreements(here.home))
    _heading(6, "export: labelled clips become a release")
    release = export(Export(here.home, here.settings, processes=cores()))
    exported(release)
    _heading(7, "the release is loaded back")
    for loaded in check_loads(Path(release.folder)):
        shards = f"{loaded.configuration}/{loaded.configuration}-{loaded.split}-*.tar"
        say(f"webdataset: {shards} hold {loaded.samples} samples, {loaded.read} of them read")
        say(f"datasets: {loaded.configuration} {loaded.split} reads the same {loaded.read}")
    counted(status(here.home, here.settings))
    _close(here, Path(release.folder), keep)


def _heading(number: int, text: str) -> None:
    say(f"\n[{number}/7] {text}")


def _add(here: Collection) -> None:
    with as_file(files("pipelines.demo") / "media") as samples:
        table = samples / "metadata.csv"
        table_words = metadata.read_metadata(table, {})
        speech = Source("synthetic", "CC0-1.0", "sample media of emocurate")
        recordings = sorted(samples.glob("*.flac"))
        intake = add(Intake(here.home, speech, table_words, here.people), recordings)
    added(intake)
    nasa = Source("public-domain", "CC0-1.0", "NASA, by way of scikit-image")
    with as_file(files("pipelines.demo") / "pictures") as portraits:
        added(add(Intake(here.home, nasa, metadata.Metadata(), here.people), sorted(portraits.iterdir())))


def _run(here: Collection) -> None:
    pool = Pool(cores(), here.settings.run.seconds_per_file)
    with progress("run", "MB") as show:
        passes = stages.pipeline(here.settings)
        tally = bring_up_to_date(here.home, passes, pool, report=lambda *now: show(*under_way(*now)))
    ran(tally)


def _answer_all(here: Collection, studio: Studio, email: str) -> int:
    """Let one scripted rater answer every task it has not answered; gives the number of new answers."""
    count = 0
    for scheme in here.schemes:
        for media in scheme.media:
            project = studio.found(origin_of(here.home, scheme, media))
            if project is None:
                continue
            answered = {t.id for t in studio.answered(project) if any(one.rater == email for one in t.annotations)}
            for item, task in sorted(studio.asked(project).items()):
                if task not in answered:
                    studio.answer(task, result_of(scheme, _script(scheme, item, email)), 2_000)
                    count += 1
    return count


def _script(scheme: Scheme, item: str, email: str) -> dict[str, Any]:
    """What a scripted rater says: mostly the same as the others about an item, drawn from hashes, never from media."""
    return {question.name: _drawn(question, item, email) for question in scheme.questions if question.type != "text"}


def _drawn(question: Question, item: str, email: str) -> Any:
    own = _draw(question.name, item, email)
    place = _draw(question.name, item) if own % 100 < AGREEABLE else own // 100
    if question.scale:
        return question.scale.points[place % len(question.scale.points)]
    name = question.categories[place % len(question.categories)].name
    return [name] if question.type == "choices" else name


def _draw(*words: str) -> int:
    return int.from_bytes(hashlib.sha256(json.dumps(words).encode()).digest()[:6], "big")


def _close(here: Collection, release: Path, keep: bool) -> None:
    say(f"\nThe collection is in {here.home}; the release, with its card, in {release}.")
    if keep:
        account = people.start(here.home, None, None, say)[0]
        say(f"Label Studio answers at {account.address} (e-mail {account.email}, password {account.password}).")
        say(f"Stop it with: emocurate studio --stop --home {here.home}")
    else:
        people.stop(here.home)
    say("Now your own: emocurate init my-data && cd my-data && emocurate add FOLDER --licence CC-BY-4.0")
