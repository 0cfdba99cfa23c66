"""A list of 3,200 pictures on a server of its own: ours with robots.txt, opt-outs and evidence, against img2dataset.

`EMOCURATE_IMG2DATASET=PROGRAM` names the real one, in an environment of its own (its pins do not go with ours): with its
defaults, and without decoding, so that it only fetches and writes. Without it a stand-in does what it does: urllib in
2 x 32 threads, X-Robots-Tag looked at after the body, every picture decoded, made 256 pixels wide, and written. A million
addresses that are all refused at once show how memory grows: `EMOCURATE_MANY=1000000`.
"""

import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from pipelines import collection
from pipelines.collect.add import Added, Intake
from pipelines.collect.fetching import Net
from pipelines.collect.metadata import Metadata
from pipelines.collect.net import Way, bring
from schemas.media import Source
from schemas.sections import CrawlSettings
from tests.benchmarks.figures import Figure, Spent, peak_mb, say, spent

PICTURES, REPEATED = 3_100, 100
MANY = int(os.environ.get("EMOCURATE_MANY", "100000"))
SETTINGS = CrawlSettings(contact="bench@example.org", per_host=16)


@contextmanager
def server() -> Iterator[int]:
    """The loopback site in a process of its own; gives its port."""
    command = [sys.executable, "-m", "tests.site", "--pages", "0", "--pictures", str(PICTURES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield int(process.stdout.readline())
        process.kill()


def ours(listing: Path, home: Path) -> Added:
    """Take in a list."""
    here = collection.make(home, "bench", ("ekman",))
    intake = Intake(here.home, Source("licence", "CC-BY-4.0"), Metadata(), here.people)
    return bring(intake, [listing], Way(SETTINGS, Net(("127.0.0.1",)), {}, lambda _: None))


def one_of_theirs(address: str) -> bytes:
    """Fetch, look, decode, shrink, encode."""
    with urllib.request.urlopen(address, timeout=10) as response:
        body = response.read()
        if "noai" in response.headers.get("X-Robots-Tag", ""):
            return b""
    picture = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    return bytes(cv2.imencode(".jpg", cv2.resize(picture, (256, 256), interpolation=cv2.INTER_AREA))[1])


def some_of_theirs(addresses: list[str], folder: Path) -> None:
    """The share of one process."""
    with ThreadPoolExecutor(32) as threads:
        for place, body in enumerate(threads.map(one_of_theirs, addresses)):
            (folder / f"{os.getpid()}-{place}.jpg").write_bytes(body)


def theirs(addresses: list[str], folder: Path) -> None:
    """Two processes side by side."""
    with ProcessPoolExecutor(2) as processes:
        list(processes.map(some_of_theirs, [addresses[::2], addresses[1::2]], [folder, folder]))


def img2dataset(program: str, listing: Path, folder: Path, *more: str) -> None:
    """The real peer, with as many processes and threads as the stand-in."""
    command = [program, "--url_list", str(listing), "--output_folder", str(folder), "--output_format", "webdataset"]
    command += ["--processes_count", "2", "--thread_count", "32", "--number_sample_per_shard", "1600"]
    subprocess.run([*command, "--enable_wandb", "False", *more], check=True, capture_output=True)


def peers(listing: Path, addresses: list[str], folder: Path) -> dict[str, Callable[[], None]]:
    """What ours is compared with, by name."""
    program = os.environ.get("EMOCURATE_IMG2DATASET")
    if program is None:
        (folder / "peer").mkdir()
        return {"a stand-in for img2dataset": lambda: theirs(addresses, folder / "peer")}
    plain = ("--resize_mode", "no", "--disable_all_reencoding", "True")
    return {
        "img2dataset": lambda: img2dataset(program, listing, folder / "default"),
        "img2dataset, fetching alone": lambda: img2dataset(program, listing, folder / "plain", *plain),
    }


def many(folder: Path) -> float:
    """The most memory, in MB, that taking in a list of many addresses nobody may ask takes."""
    listing = folder / "many.txt"
    with listing.open("w") as lines:
        lines.writelines(f"http://10.0.0.1/{number}.wav\n" for number in range(MANY))
    added = ours(listing, folder / "many")
    assert added.files == sum(added.dropped.values()) == MANY
    return peak_mb()


def main() -> Iterator[Figure]:
    """How fast, whether bytes come twice, and how memory grows."""
    with tempfile.TemporaryDirectory() as name, server() as port:
        folder = Path(name)
        addresses = [f"http://127.0.0.1:{port}/picture/{number}.jpg" for number in range(PICTURES)]
        listing = folder / "list.txt"
        listing.write_text("\n".join([*addresses, *addresses[:REPEATED]]), "utf-8")
        added: list[Added] = []
        mine: Spent = spent(lambda: added.append(ours(listing, folder / "home")))
        lines = PICTURES + REPEATED
        say(f"fetch: {lines:,} lines, {added[0].new:,} new: {mine.wall_s:.1f} s ({mine.cpu_s:.1f} s of CPU)")
        for peer_name, act in peers(listing, [*addresses, *addresses[:REPEATED]], folder).items():
            peer: Spent = spent(act)
            say(f"fetch: {peer_name}: {peer.wall_s:.1f} s ({peer.cpu_s:.1f} s of CPU)")
            yield Figure(peer_name, "lines/s", lines / mine.wall_s, 5, peer=lines / peer.wall_s, of_peer=True)
        yield Figure("files that are missing or came twice", "files", PICTURES - added[0].new, 0, at_most=True)
        yield Figure(f"memory at {MANY:,} addresses", "MB", many(folder), 600, at_most=True)


if __name__ == "__main__":
    for figure in main():
        say(" | ".join(figure.cells))
