"""A graphics card: voices by pyannote and faces through `run` on it, and whether its rows are those of the processor.

`BENCH_CARD` is what is measured (`cuda:0`), `BENCH_CARD_PROCESSES` how many processes share it, one number after the
other (4). `python -m tests.benchmarks.bench_gpu voices same faces alone` runs these parts or some; with
`BENCH_CARD_PLACE`, a folder, media and models that are made there are found again.
"""

import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from curate.devices import proved_device
from curate.sessions import CPU
from pipelines import collection
from pipelines.engine.workers import Pool, cores
from pipelines.find.pipeline import pipeline
from pipelines.find.run import Tally, bring_up_to_date
from schemas.errors import BadSetting, Missing
from schemas.settings import Settings
from tests.benchmarks.bench_run import taken_in
from tests.benchmarks.figures import Figure, say, spent
from tests.benchmarks.matching import agreement
from tests.benchmarks.recordings import SHARED, recording, speech

CARD = os.environ.get("BENCH_CARD", "cuda:0")
PROCESSES = [int(count) for count in os.environ.get("BENCH_CARD_PROCESSES", "4").split(",")]
RECORDINGS, MINUTES = (
    int(os.environ.get("BENCH_CARD_RECORDINGS", "16")),
    int(os.environ.get("BENCH_CARD_MINUTES", "10")),
)
PICTURES = int(os.environ.get("BENCH_CARD_PICTURES", "4000"))
COMPARED_SOUNDS, COMPARED_PICTURES = min(16, RECORDINGS), min(800, PICTURES)
SIDES = (640, 1024)  # pixels of the longer side
SECONDS_PER_FILE = 600
Change = Callable[[Settings], Settings]


class Ran(NamedTuple):
    """Where a run left its rows, what it took, and how many files came in a second between the first and the last."""

    home: Path
    wall_s: float
    cpu_s: float
    steady: float


def ran(incoming: Path, change: Change, device: str, processes: int) -> Ran:
    """Run the stages of a new collection beside its media on a device; taking them in is not counted."""
    home = taken_in(incoming, Path(tempfile.mkdtemp(dir=incoming.parent)) / "home")
    passes = pipeline(change(collection.find(home).settings))
    seen: list[tuple[float, int]] = [(time.perf_counter(), 0)]

    def note(tally: Tally, _doing: str) -> None:
        if tally.files > seen[-1][1]:
            seen.append((time.perf_counter(), tally.files))

    team = Pool(processes, SECONDS_PER_FILE, (device,))
    taken = spent(lambda: _whole(bring_up_to_date(home, passes, team, report=note)))
    (first_s, first), (last_s, last) = seen[min(1, len(seen) - 1)], seen[-1]
    return Ran(home, *taken, (last - first) / max(last_s - first_s, 1e-9))


def _whole(tally: Tally) -> None:
    if tally.failed:
        raise RuntimeError(f"{tally.failed} files failed")


def sounds(folder: Path, count: int, minutes: int) -> Path:
    """Recordings of real speech, of so many minutes each, none a copy of another."""
    return _filled(folder, _recording, [(number, minutes) for number in range(count)])


def pictures(folder: Path, count: int) -> Path:
    """JPEGs of photos with faces, each cut, lit and sized otherwise."""
    return _filled(folder, _picture, [(number,) for number in range(count)])


def _filled(folder: Path, make: Callable[[Path, int, Any], None], each: Sequence[tuple[int, Any]]) -> Path:
    """A folder with what is made for each, by all cores; one that is there already is left as it is."""
    if not folder.exists():
        folder.mkdir()
        with ProcessPoolExecutor(cores(), mp_context=multiprocessing.get_context("spawn")) as pool:
            made = [pool.submit(make, folder, *what) for what in each]
        for one in made:
            one.result()
    return folder


def _recording(folder: Path, number: int, minutes: int) -> None:
    recording(folder / f"{number:03}.wav", speech(), minutes)


def _picture(folder: Path, number: int) -> None:
    import random

    from PIL import Image, ImageEnhance

    draw, photos = random.Random(number), sorted((SHARED / "faces").glob("*.jpg"))  # noqa: S311 - not secret
    with Image.open(photos[number % len(photos)]) as opened:
        photo = opened.convert("RGB")
    share = draw.uniform(0.75, 1)
    width, height = int(photo.width * share), int(photo.height * share)
    left, top = draw.randint(0, photo.width - width), draw.randint(0, photo.height - height)
    scale = draw.randint(*SIDES) / max(width, height)
    size = round(width * scale), round(height * scale)
    cut = photo.crop((left, top, left + width, top + height)).resize(size)
    ImageEnhance.Brightness(cut).enhance(draw.uniform(0.8, 1.2)).save(folder / f"{number:05}.jpg", quality=90)


def with_pyannote(models: Path) -> Change:
    """Settings by which pyannote.audio tells who speaks when."""
    return lambda settings: replace(
        settings, voice=replace(settings.voice, turns="pyannote", turns_model=str(models), turns_licence="MIT")
    )


def with_scrfd(folder: Path) -> Change:
    """Settings by which insightface finds faces."""
    return lambda settings: replace(
        settings, face=replace(settings.face, backend="insightface", model=str(folder), model_licence="unknown")
    )


def with_mtcnn(settings: Settings) -> Settings:
    """Settings as they are: MTCNN finds faces, on the processor whatever the device."""
    return settings


def models_in(place: Path) -> Path:
    """The pipeline of pyannote.audio, made once."""
    folder = place / "pyannote"
    if not folder.exists():
        from tests.benchmarks.real_size import pipeline_folder

        say("voices: segmentation-3.0 itself in pyannote.audio, a ResNet34 of WeSpeaker's size without training")
        pipeline_folder(folder)
    return folder


def scrfd_in(place: Path) -> Path | None:
    """A folder with the detector of the development media, None where there is none."""
    model, folder = SHARED / "models" / "scrfd_500m_bnkps.onnx", place / "scrfd"
    if not model.exists():
        return None
    folder.mkdir(exist_ok=True)
    (folder / model.name).write_bytes(model.read_bytes())
    return folder


def voices(place: Path) -> Iterator[Figure]:
    """How many times faster than it lasts sound goes through all stages, turns by pyannote.audio."""
    change, incoming = with_pyannote(models_in(place)), sounds(place / "sounds", RECORDINGS, MINUTES)
    for processes in PROCESSES:
        took = ran(incoming, change, CARD, processes)
        pace = RECORDINGS * MINUTES * 60 / took.wall_s
        say(f"voices, {processes} processes: {pace:.0f} x real time ({took.wall_s:.1f} s, {took.cpu_s:.0f} s of CPU)")
        yield Figure(f"voices with pyannote on {CARD}, {processes} processes", "x real time", pace, 100)


def faces(place: Path) -> Iterator[Figure]:
    """How many pictures of every size go through all stages in a second once a run is under way."""
    incoming, scrfd = pictures(place / f"every-{PICTURES}", PICTURES), scrfd_in(place)
    detectors = {"MTCNN": with_mtcnn, **({"scrfd_500m": with_scrfd(scrfd)} if scrfd else {})}
    for processes in PROCESSES:
        for name, change in detectors.items():
            yield _seen(name, incoming, change, processes)


def _seen(name: str, incoming: Path, change: Change, processes: int) -> Figure:
    took = ran(incoming, change, CARD, processes)
    say(f"faces, {name}, {PICTURES:,} pictures, {processes} processes: {took.steady:.0f}/s under way, "
        f"{PICTURES / took.wall_s:.0f}/s with the start ({took.wall_s:.1f} s, {took.cpu_s:.0f} s of CPU)")  # fmt: skip
    return Figure(f"{name} beside {CARD}, {processes} processes", "pictures/s", took.steady, 500)


def same(place: Path) -> Iterator[Figure]:
    """Whether the card and the processor find the same."""
    incoming = pictures(place / "few-pictures", COMPARED_PICTURES)
    yield from _compared("MTCNN", incoming, with_mtcnn, ("face",))
    if scrfd := scrfd_in(place):
        yield from _compared("scrfd_500m", incoming, with_scrfd(scrfd), ("face",))
    incoming = sounds(place / "few-sounds", COMPARED_SOUNDS, 1)
    yield from _compared("voices", incoming, with_pyannote(models_in(place)), ("turn", "utterance"))


def _compared(name: str, incoming: Path, change: Change, kinds: Sequence[str]) -> Iterator[Figure]:
    card = ran(incoming, change, CARD, max(PROCESSES))
    plain = ran(incoming, change, CPU, cores())
    say(f"{name}: {card.wall_s:.1f} s on {CARD}, {plain.wall_s:.1f} s on {cores()} cores")
    for kind in kinds:
        found = agreement(card.home, plain.home, kind)
        say(f"{name}, {kind}: {found}")
        yield Figure(f"{name}: each {kind} found by both", "%", found.share, 99.5)
        if kind == "face":
            yield Figure(f"{name}: a box differs by", "px", found.box_px, 1, at_most=True)
        else:
            yield Figure(f"{name}: times of a {kind} differ by", "ms", found.times_ms, 40, at_most=True)


def alone(place: Path) -> Iterator[Figure]:
    """What one process does with other batches; figures to look at."""
    from tests.benchmarks.gpu_alone import batches

    batches(CARD, models_in(place), sounds(place / "one-sound", 1, MINUTES))
    yield from ()


PARTS: dict[str, Callable[[Path], Iterator[Figure]]] = {
    "voices": voices, "same": same, "faces": faces, "alone": alone,
}  # fmt: skip


def main(wanted: Sequence[str] = ("voices", "same", "faces")) -> Iterator[Figure]:
    """The parts, where there is a card; a few minutes."""
    try:
        proved_device(CARD)
    except BadSetting as error:
        raise Missing(f"no GPU here: {error}") from None
    if not SHARED.exists():
        raise Missing(f"no development media in {SHARED}")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(os.environ.get("BENCH_CARD_PLACE", folder))
        for name in wanted:
            yield from PARTS[name](place)


def _told() -> Any:
    for figure in main(sys.argv[1:] or list(PARTS)):
        say(" | ".join(figure.cells))


if __name__ == "__main__":
    _told()
