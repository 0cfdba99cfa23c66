"""`push` of 10,000 tasks and `pull` of a few changes among them, on a real Label Studio beside its own client."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from annotate.studio import installation, server
from annotate.studio.client import Studio
from annotate.studio.interface import interface, result_of
from pipelines import collection
from pipelines.ask.pull import pull
from pipelines.ask.push import push
from pipelines.ask.sending import origin_of
from pipelines.cutting import cut_path
from pipelines.engine import live
from pipelines.engine.catalog import Catalog
from schemas.media import Arrival, Asset, Clip, Source, Statement
from schemas.scheme import shipped_schemes
from schemas.stage import Receipt
from tests.benchmarks.figures import ROUNDS, Figure, Spent, medians, say, spent
from tests.studio_server import copied

TASKS = 10_000
CLIPS = 100  # in one recording
CHANGES = 7
FOUND = "Found@1"
EKMAN = shipped_schemes()["ekman"]


def seeded(home: Path) -> Path:
    """A collection with utterances that were found and cut, as far as anybody can tell without listening."""
    here = collection.make(home, "bench", ("ekman",))
    catalog, source = Catalog(here.home), Source("licence", "CC-BY-4.0")
    assets = [Asset(f"{number:032x}", "sound", "flac", 1_000_000) for number in range(TASKS // CLIPS)]
    arrivals = [Arrival(asset.id, source.id) for asset in assets]
    at = "2026-01-01T00:00:00.000000Z"
    names = [Statement(arrival.asset, f"{arrival.asset}.flac", "batch", at, source.id) for arrival in arrivals]
    made = {
        asset: [Clip(asset.id, "utterance", at, at + 1900) for at in range(0, CLIPS * 2000, 2000)] for asset in assets
    }
    receipts = [Receipt(FOUND, asset.id, "done", made=tuple(clips)) for asset, clips in made.items()]
    catalog.add([source, *assets, *arrivals, *names], receipts)
    live.refresh(catalog, [FOUND])
    for clip in (clip for clips in made.values() for clip in clips):
        cut = cut_path(here.home, "voice", clip.id)
        cut.parent.mkdir(parents=True, exist_ok=True)
        cut.write_bytes(b"cut")
    return here.home


@contextmanager
def label_studio(place: Path) -> Iterator[server.Server]:
    """A server of its own that may serve every collection in `place`."""
    template = installation.cache_folder() / f"empty-studio-{installation.VERSION}"
    if template.exists():
        copied(template, place / "studio")
    try:
        yield server.start(place / "studio", place / "cuts", say=say)
    finally:
        server.stop(place / "studio")


def pushed(home: Path, studio: Studio) -> None:
    """Everything asked that was not asked yet."""
    here = collection.find(home)
    [told] = push(here, studio, 1)
    assert told.asked == TASKS


def imported(running: server.Server, number: int) -> None:
    """The same tasks in one call of Label Studio's own client, to a project that is there."""
    from label_studio_sdk import LabelStudio

    client = LabelStudio(base_url=running.address, api_key=running.token, timeout=900)
    project = client.projects.create(title=f"plain {number}", label_config=interface(EKMAN, "voice")).id
    tasks = [
        {"item_id": f"{one:032x}", "media": f"/data/local-files/?d=cuts/{one:032x}.flac", "context": ""}
        for one in range(TASKS)
    ]
    client.projects.import_tasks(id=project, request=[{"data": task} for task in tasks])


def exported(running: server.Server, project: int) -> None:
    """All answered tasks, the way Label Studio offers them: the whole of them, every time."""
    import httpx

    address = f"{running.address}/api/projects/{project}/export"
    headers = {"Authorization": f"Token {running.token}"}
    httpx.get(address, params={"exportType": "JSON"}, headers=headers, timeout=900).raise_for_status()


def changed(home: Path, studio: Studio, number: int) -> None:
    """Some tasks get an answer."""
    project = studio.found(origin_of(home, EKMAN, "voice"))
    assert project is not None
    tasks = list(studio.asked(project).values())
    for task in tasks[number :: TASKS // CHANGES][:CHANGES]:
        studio.answer(task, result_of(EKMAN, {"emotion": "anger", "intensity": 60}), 1500)


def pulled(home: Path, studio: Studio) -> None:
    """What changed."""
    here = collection.find(home)
    [told] = pull(home, studio, here.people)
    assert told.tasks >= CHANGES


def both_spent(running: server.Server, action: Callable[[], None]) -> Spent:
    """What an action takes, the server's share of the cores included: one waits for the other, so they add up."""
    import psutil

    served = psutil.Process(running.pid)
    before = served.cpu_times()
    told = spent(action)
    after = served.cpu_times()
    return Spent(told.wall_s, told.cpu_s + after.user + after.system - before.user - before.system)


def pulls(home: Path, running: server.Server) -> list[list[float]]:
    """Wall and CPU times of pulls after a few changes each, and of plain exports."""
    studio = Studio(running.address, running.token)
    project = studio.found(origin_of(home, EKMAN, "voice"))
    assert project is not None
    rounds = []
    for number in range(ROUNDS + 1):
        changed(home, studio, number)
        fresh = Studio(running.address, running.token)  # connects anew, as every command does
        mine = both_spent(running, lambda: pulled(home, fresh))  # noqa: B023
        rounds.append([*mine, *both_spent(running, lambda: exported(running, project))])
    return rounds[1:]  # the first one pulls in the whole of what a later one has had


def main() -> list[Figure]:
    """Print both comparisons; raises EmocurateError where Label Studio cannot be had."""
    with tempfile.TemporaryDirectory() as folder, label_studio(Path(folder)) as running:
        rounds = []
        for number in range(ROUNDS):
            home = seeded(Path(folder) / f"home-{number}")
            studio = Studio(running.address, running.token)
            mine = both_spent(running, lambda: pushed(home, studio))  # noqa: B023
            rounds.append([*mine, *both_spent(running, lambda: imported(running, number))])  # noqa: B023
        push_s, push_cpu_s, import_s, import_cpu_s = medians(rounds)
        pull_s, pull_cpu_s, export_s, export_cpu_s = medians(pulls(home, running))
    say(
        f"push: {TASKS:,} tasks: {push_s:.1f} s (both sides {push_cpu_s:.1f} s of CPU), "
        f"one import_tasks {import_s:.1f} s ({import_cpu_s:.1f} s)"
    )
    say(
        f"pull: {CHANGES} changes: {pull_s:.2f} s (both sides {pull_cpu_s:.2f} s of CPU), "
        f"plain export {export_s:.2f} s ({export_cpu_s:.2f} s)"
    )
    return [
        Figure(f"push of {TASKS:,} tasks", "s", push_s, 2, at_most=True, peer=import_s, of_peer=True),
        Figure(f"pull of {CHANGES} changes among them", "s", pull_s, 1, at_most=True, peer=export_s),
    ]


if __name__ == "__main__":
    for figure in main():
        say(" | ".join(figure.cells))
