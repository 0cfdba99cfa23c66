"""A release of labels of 2,000 recordings on a server of its own, 5 % gone and 3 % with something new before them.

Each has two clips, whose bytes are compared with the hashes that the release has. Another rebuild is killed twice on its
way, and ends with the same tars. `EMOCURATE_SOURCES=10000` makes it large: most of the time goes into the release.
"""

import asyncio
import io
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from aiohttp import web

from curate.read.probe import Probe
from pipelines import collection, configuration
from pipelines.collect.add import Intake
from pipelines.collect.fetching import Net
from pipelines.collect.metadata import Metadata
from pipelines.collect.net import Way, bring
from pipelines.engine.passes import Pass
from pipelines.engine.workers import Inline
from pipelines.find.run import bring_up_to_date
from pipelines.release.export import export
from pipelines.release.order import Export, Wanted
from pipelines.release.records import rows_of
from schemas.media import Source
from schemas.sections import CrawlSettings
from schemas.settings import settings_from_toml
from tests.benchmarks.figures import Figure, say
from tests.pipelines.engine.odd_stages import Halve

SOURCES = int(os.environ.get("EMOCURATE_SOURCES", "2000"))
GONE, ALTERED = 20, 33  # every so many-th
SECONDS, RATE_HZ = 2.0, 8_000
CRAWL = CrawlSettings(contact="bench@example.org", per_host=16)
SETTINGS = settings_from_toml("[publish]\nlabels_only = true")


@cache  # of the server: what is measured is not how a recording is made up
def recording(number: int, before: float = 0.0) -> bytes:
    """A recording that is like no other, with another one before it."""
    parts = [_notes(number + 10**6, before), _notes(number, SECONDS)] if before else [_notes(number, SECONDS)]
    file = io.BytesIO()
    soundfile.write(file, np.concatenate(parts), RATE_HZ, "PCM_16", format="WAV")
    return file.getvalue()


def _notes(seed: int, seconds: float) -> Any:
    random = np.random.default_rng(seed)
    at = np.arange(int(RATE_HZ * seconds)) / RATE_HZ
    pitches = random.uniform(250, 3000, (int(seconds * 10) + 1, 3))[(at * 10).astype(int)]
    return 0.1 * np.sin(2 * np.pi * np.cumsum(pitches, axis=0) / RATE_HZ).sum(axis=1) + random.normal(0, 1e-3, len(at))


def is_gone(number: int) -> bool:
    """Whether a recording is not there any more, later."""
    return number % GONE == 0


def is_altered(number: int) -> bool:
    """Whether a recording is another file, later."""
    return number % ALTERED == 1 and not is_gone(number)


def serve() -> None:
    """The site, until it is killed; once `/later` was asked for, time has passed there."""
    later = False

    async def respond(request: web.Request) -> web.Response:
        nonlocal later
        name = request.path.strip("/")
        later = later or name == "later"
        number = int(name.removesuffix(".wav")) if name.endswith(".wav") else -1
        if number < 0 or (later and is_gone(number)):
            return web.Response(status=404)
        return web.Response(body=recording(number, 0.777 if later and is_altered(number) else 0.0))

    async def begin() -> None:
        application = web.Application(handler_args={"access_log": None})
        application.router.add_route("*", "/{path:.*}", respond)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        print(site._server.sockets[0].getsockname()[1], flush=True)  # type: ignore[union-attr]
        await asyncio.Event().wait()

    asyncio.run(begin())


def first(folder: Path, port: int) -> Path:
    """The release of labels."""
    here = collection.make(folder / "first", "bench", ("ekman",))
    listing = folder / "urls.txt"
    listing.write_text("".join(f"http://127.0.0.1:{port}/{number}.wav\n" for number in range(SOURCES)), "utf-8")
    intake = Intake(here.home, Source("unknown"), Metadata(), here.people)
    bring(intake, [listing], Way(CRAWL, Net(("127.0.0.1",)), {}, lambda _: None))
    bring_up_to_date(here.home, [Pass((Probe(), Halve(int(SECONDS * 1000))))], Inline())
    wish = Export(here.home, SETTINGS, Wanted(unlabelled=True), 2, draw=False)
    return Path(export(wish).folder)


def rebuild(home: Path, release: Path, kills: tuple[float, ...]) -> tuple[float, float]:
    """Kill the command so many times, then let it end; gives the seconds of all of it, and those of processors."""
    command = [sys.executable, "-m", "cli", "rebuild", str(release), "--allow-host", "127.0.0.1"]
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    for seconds in kills:
        process = subprocess.Popen(command, cwd=home, start_new_session=True, stdout=subprocess.DEVNULL)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    subprocess.run(command, cwd=home, check=False, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cores_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, cores_s


def tars(folder: Path) -> dict[str, bytes]:
    """The shards of a rebuild."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.tar"))}


def main() -> list[Figure]:
    """How fast, whether kills change anything, and whether what is missing and moved is what was."""
    here = subprocess.Popen(
        [sys.executable, "-c", "from tests.benchmarks.bench_rebuild import serve; serve()"],
        stdout=subprocess.PIPE,
        text=True,
    )
    with tempfile.TemporaryDirectory() as name, here as server:
        assert server.stdout
        folder, port = Path(name), int(server.stdout.readline())
        release = first(folder, port)
        subprocess.run([sys.executable, "-c", _LATER.format(port=port)], check=False)
        homes = [collection.make(folder / name, name, ("ekman",)).home for name in ("whole", "killed")]
        for home in homes:
            configuration.change(home, "crawl.contact", "bench@example.org")
        (whole_s, cores_s), (killed_s, _) = rebuild(homes[0], release, ()), rebuild(homes[1], release, (8.0, 16.0))
        server.kill()
        return _figures(homes, release.name, (whole_s, killed_s, cores_s))


_LATER = """
import urllib.error, urllib.request
try: urllib.request.urlopen("http://127.0.0.1:{port}/later")
except urllib.error.HTTPError: pass
"""


def _figures(homes: list[Path], name: str, seconds: tuple[float, float, float]) -> list[Figure]:
    folders = [home / "rebuilt" / name for home in homes]
    rows = list(rows_of(folders[0] / "rebuilt.parquet"))
    numbers = {row["key"]: int(row["source_address"].rpartition("/")[2].removesuffix(".wav")) for row in rows}
    missing = {numbers[row["key"]] for row in rows if row["reason"] == "HTTP 404"}
    moved = [row for row in rows if row["outcome"] == "relocated"]
    altered = [row for row in rows if is_altered(numbers[row["key"]])]
    right = [row for row in moved if is_altered(numbers[row["key"]]) and abs(row["offset_ms"] - 777) <= 4]
    there = [row for row in rows if not is_gone(numbers[row["key"]]) and not is_altered(numbers[row["key"]])]
    identical = sum(row["outcome"] == "identical" for row in there)
    say(f"{len(rows):,} clips of {SOURCES:,} files in {seconds[0]:.0f} s; killed twice {seconds[1]:.0f} s")
    say(f"{len(rows) / seconds[2]:,.0f} clips for each second of a processor; load {os.getloadavg()[0]:.1f}")
    same = tars(folders[0]) == tars(folders[1])
    return [
        Figure("rebuild, clips", "/s", len(rows) / seconds[0], 1000),
        Figure("rebuild, the same bytes of what is there", "share", identical / len(there), 1),
        Figure("rebuild, exact list of what is gone", "", float(missing == set(filter(is_gone, range(SOURCES)))), 1),
        Figure("rebuild, relocated right of what has changed", "share", len(right) / max(1, len(altered)), 0.95),
        Figure("rebuild, relocated wrong", "clips", len(moved) - len(right), 0, at_most=True),
        Figure("rebuild, the same tars after two kills", "", float(same), 1),
    ]
