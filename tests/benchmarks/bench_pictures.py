"""Near-duplicate pictures from files to groups, beside Data-Juicer and imagededup in an environment of their own.

`BENCH_PEERS` is the folder of a virtual environment that has py-data-juicer with aiohttp, and imagededup; without it
only our side is measured. Both read the same files: 3,000 JPEGs of 512 x 512, of which 150 are resized and encoded anew
and 60 the same bytes again.
"""

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from curate.prints.pictures import FingerprintPicture
from curate.read.probe import Probe
from pipelines import collection
from pipelines.collect.add import Intake, add
from pipelines.collect.metadata import Metadata
from pipelines.engine.catalog import Catalog
from pipelines.engine.passes import Pass
from pipelines.engine.workers import Pool
from pipelines.find.groups import refresh
from pipelines.find.run import bring_up_to_date
from schemas.duplicates import DuplicateSettings
from schemas.media import Source
from tests.benchmarks.figures import ROUNDS, Figure, apart, medians, say, spent

PICTURES, SIDE_PX = 3_000, 512
PEERS = Path(os.environ["BENCH_PEERS"]) if "BENCH_PEERS" in os.environ else None
RECIPE = """
project_name: pictures
dataset_path: {folder}/pictures.jsonl
export_path: {folder}/kept/kept.jsonl
np: 2
use_cache: false
open_monitor: false
process:
  - image_shape_filter: {{min_width: 64, min_height: 64}}
  - image_deduplicator: {{method: phash}}
"""
IMAGEDEDUP = """
import json, sys
from imagededup.methods import PHash
if __name__ == "__main__":
    found = PHash(verbose=False).find_duplicates(image_dir=sys.argv[1], max_distance_threshold=6, num_enc_workers=2, num_dist_workers=2)
    json.dump(found, open(sys.argv[2], "w"))
"""
SAME = """
    SELECT list(DISTINCT a.name) FROM statements a LEFT JOIN groups g ON g.member = a.asset AND g.kind = 'duplicate'
    GROUP BY coalesce(g."group", a.asset)"""


def picture(number: int) -> Image.Image:
    """A picture of large soft shapes under some grain, other for every number."""
    random = np.random.default_rng(number)
    coarse = Image.fromarray(random.integers(0, 255, (12, 12, 3), dtype=np.uint8))
    shapes = np.asarray(coarse.resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC)).astype(np.int16)
    grain = random.integers(-12, 12, (SIDE_PX, SIDE_PX, 1))
    return Image.fromarray(np.clip(shapes + grain, 0, 255).astype(np.uint8))


def made(folder: Path, count: int) -> set[tuple[str, str]]:
    """Write the pictures; gives the planted pairs by their names."""
    folder.mkdir()
    planted = set()
    for number in range(count):
        path, of = folder / f"{number:06}.jpg", number
        if number % 20 == 19:
            of = number - 19
            picture(of).resize((400, 400), Image.Resampling.LANCZOS).save(path, quality=60)
        elif number % 50 == 48:
            of = number - 48
            path.write_bytes((folder / f"{of:06}.jpg").read_bytes())
        else:
            picture(number).save(path, quality=90)
        if of != number:
            planted.add((f"{of:06}.jpg", path.name))
    return planted


def ours(folder: Path, home: Path) -> None:
    """From files to groups: add, fingerprint in two processes, group."""
    here = collection.make(home, "pictures", ("ekman",))
    add(Intake(here.home, Source("licence", "CC0-1.0"), Metadata(), here.people, link=True), [folder])
    step = partial(refresh, settings=DuplicateSettings())
    bring_up_to_date(here.home, [Pass((Probe(), FingerprintPicture())), Pass((), step=step)], Pool(2, 600))


def watched(action: Callable[[], object]) -> tuple[float, float, float]:
    """The time something takes on the clock and of all cores, in seconds, and the most memory below this process, in MB.

    Pages that several processes share are counted once (their proportional sets).
    """
    most, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.2):
            total = 0
            for process in psutil.Process().children(recursive=True):
                with suppress(psutil.Error):
                    total += process.memory_full_info().pss
            most.append(total / 1e6)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        took = spent(action)
    finally:
        ended.set()
        watcher.join()
    return took.wall_s, took.cpu_s, max(most)


def data_juicer(folder: Path, place: Path) -> set[str]:
    """The names of the pictures that Data-Juicer keeps."""
    assert PEERS
    place.mkdir()
    rows = [json.dumps({"text": "", "images": [str(path)]}) for path in sorted(folder.iterdir())]
    (place / "pictures.jsonl").write_text("\n".join(rows))
    (place / "recipe.yaml").write_text(RECIPE.format(folder=place))
    _call(PEERS / "bin" / "dj-process", "--config", str(place / "recipe.yaml"))
    kept = (place / "kept" / "kept.jsonl").read_text().splitlines()
    return {Path(json.loads(row)["images"][0]).name for row in kept}


def imagededup(folder: Path, place: Path) -> set[tuple[str, str]]:
    """The pairs that imagededup finds at our limit of 6 bits."""
    assert PEERS
    place.mkdir()
    (place / "peer.py").write_text(IMAGEDEDUP)
    _call(PEERS / "bin" / "python", str(place / "peer.py"), str(folder), str(place / "found.json"))
    found = json.loads((place / "found.json").read_text())
    return {(min(one, other), max(one, other)) for one, others in found.items() for other in others}


def _call(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{command[0]}: {done.stderr[-2000:]}")


def _closed(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Pairs and those that they imply: copies of one picture are copies of each other."""
    groups: dict[str, set[str]] = {}
    for one, other in pairs:
        joined = groups.get(one, {one}) | groups.get(other, {other})
        groups.update(dict.fromkeys(joined, joined))
    return {(min(a, b), max(a, b)) for group in groups.values() for a in group for b in group if a != b}


def _round(folder: Path, place: Path, planted: set[tuple[str, str]]) -> dict[str, tuple[float, ...]]:
    """Time and memory of each, with what was found said."""
    told: dict[str, tuple[float, ...]] = {"ours": watched(lambda: apart(ours, folder, place / "home"))}
    found = _closed({(a, b) for (names,) in Catalog(place / "home").rows(SAME) for a in names for b in names if a < b})
    _say("ours", found, planted)
    if PEERS:
        kept: list[set[str]] = []
        told["Data-Juicer"] = watched(lambda: kept.append(data_juicer(folder, place / "dj")))
        gone = {path.name for path in folder.iterdir()} - kept[0]
        right = len(gone & {other for _, other in planted})
        say(f"Data-Juicer: {right} of {len(planted)} copies removed, {len(gone) - right} others")
        pairs: list[set[tuple[str, str]]] = []
        told["imagededup"] = watched(lambda: pairs.append(imagededup(folder, place / "id")))
        _say("imagededup", _closed(pairs[0]), planted)
    return told | {"recall": (len(found & planted) / len(planted), len(found - _closed(planted)))}


def _say(name: str, found: set[tuple[str, str]], planted: set[tuple[str, str]]) -> None:
    wrong = len(found - _closed(planted))
    say(f"{name}: {len(found & planted)} of {len(planted)} planted pairs found, {wrong} pairs that are none")


def main(count: int = PICTURES) -> Iterator[Figure]:
    """Wall time and memory from files to groups beside both peers, and what is found."""
    with tempfile.TemporaryDirectory() as folder:
        planted = made(Path(folder) / "in", count)
        rounds = []
        for number in range(ROUNDS):
            (Path(folder) / str(number)).mkdir()
            rounds.append(_round(Path(folder) / "in", Path(folder) / str(number), planted))
    middle = {name: medians([one[name] for one in rounds]) for name in rounds[0]}
    wall_s, cpu_s, memory = middle["ours"]
    say(f"ours: {wall_s:.1f} s on the clock, {cpu_s:.1f} s of all cores, {memory:.0f} MB")
    name = f"{count:,} pictures, from files to groups"
    yield Figure(f"{name}: recall", "", middle["recall"][0], 0.99)
    yield Figure(f"{name}: pairs that are none", "", middle["recall"][1], 0, at_most=True)
    yield Figure(f"{name}: memory of all processes", "MB", memory, 400, at_most=True)
    for peer, least in (("Data-Juicer", 5), ("imagededup", 1)):
        if peer in middle:
            peer_s, peer_cpu_s, peer_memory = middle[peer]
            say(f"{peer}: {peer_s:.1f} s on the clock, {peer_cpu_s:.1f} s of all cores, {peer_memory:.0f} MB")
            yield Figure(f"{name}, beside {peer}", "s", wall_s, 1 / least, True, peer_s, of_peer=True)
            yield Figure(f"{name}, beside {peer}", "s of CPU", cpu_s, 1 / least, True, peer_cpu_s, of_peer=True)
    if not PEERS:
        say("BENCH_PEERS is not set: Data-Juicer and imagededup are not measured")


if __name__ == "__main__":
    for figure in main():
        say("  ".join(figure.cells))
