"""The cut clips: FLAC and WebP files made on demand from the originals, for people's browsers and for shards."""

import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any

from curate.cut import face_cuts, voice_cuts
from pipelines.engine.lease import aside
from pipelines.engine.store import Store
from schemas.errors import Unreadable
from schemas.media import AssetKind, Clip
from schemas.modality import MODALITIES, VOICE
from schemas.scheme import Media

ROOM = "cuts"
FOLDER = f"{ROOM}/clips"  # Label Studio may serve what lies below `cuts`, and nothing else of the collection


@dataclass(frozen=True)
class Job:
    """The clips of one asset that are to be cut, all of one medium, with one decode."""

    asset: str
    kind: AssetKind
    media: Media
    clips: tuple[Clip, ...]


def cut_path(home: Path, media: Media, clip: str) -> Path:
    """Where the cut of a clip lies, or would lie."""
    return home.joinpath(FOLDER, media, clip[:2], f"{clip}.{MODALITIES[media].suffix}")


def make_cuts(home: Path, jobs: Iterable[Job], processes: int, report: Callable[[int], None] = lambda _: None) -> int:
    """Cut what is not cut yet; gives the number of clips cut. An asset that cannot be read any more is left out."""
    lacking = [lacks for job in jobs if (lacks := _lacking(home, job)).clips]
    made = 0
    for count in _counts(home, lacking, processes):
        made += count
        report(made)
    return made


def _counts(home: Path, jobs: Sequence[Job], processes: int) -> Iterator[int]:
    if processes <= 1 or len(jobs) < 2:
        yield from (cut(home, job) for job in jobs)
        return
    count = min(processes, len(jobs))
    with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_end_with_driver) as pool:
        yield from pool.map(cut, [home] * len(jobs), jobs, chunksize=max(1, len(jobs) // (processes * 16)))


def _end_with_driver() -> None:
    """A process of the pool ends when its driver has ended, however it did; by itself it would wait for ever."""
    driver = parent_process()

    def follow() -> None:
        if driver is not None:
            driver.join()
            os._exit(1)

    Thread(target=follow, daemon=True).start()


def cut(home: Path, job: Job) -> int:
    """Cut the clips of one asset; each file is written aside and renamed."""
    path = Store(home / "media").path(job.asset)
    made = 0
    try:
        with aside(home, ROOM) as folder:
            for clip, content in zip(job.clips, _contents(path, job), strict=True):
                _write(folder, cut_path(home, job.media, clip.id), content)
                made += 1
    except (Unreadable, FileNotFoundError):
        return made
    return made


def _contents(path: Path, job: Job) -> Iterator[bytes]:
    if job.media == VOICE.name:
        return voice_cuts(path, [(clip.start_ms or 0, clip.end_ms) for clip in job.clips])
    return face_cuts(path, job.kind, [(clip.start_ms, clip.box) for clip in job.clips])


def _lacking(home: Path, job: Job) -> Job:
    clips = tuple(clip for clip in job.clips if not _is_cut(cut_path(home, job.media, clip.id)))
    return Job(job.asset, job.kind, job.media, clips)


def _is_cut(path: Path) -> bool:
    """Whether there is a cut with something in it: a disk that lost its power may know the name and not the bytes."""
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


def _write(folder: Path, path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    written = folder / secrets.token_hex(16)
    try:
        written.write_bytes(content)
        written.replace(path)
    finally:
        written.unlink(missing_ok=True)


def jobs_from(rows: Iterable[Sequence[Any]], media: Media) -> list[Job]:
    """Jobs from rows (asset, asset kind, clip kind, start_ms, end_ms, box), one job an asset."""
    clips: dict[tuple[str, AssetKind], list[Clip]] = {}
    for asset, asset_kind, kind, start_ms, end_ms, box in rows:
        clip = Clip(asset, kind, start_ms, end_ms, tuple(box) if box else None)
        clips.setdefault((asset, asset_kind), []).append(clip)
    return [Job(asset, kind, media, tuple(some)) for (asset, kind), some in clips.items()]
