"""The cut clips: FLAC and WebP files made on demand from the originals, for people's browsers and for shards."""

import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any

from curate.cut import face_cuts, voice_cuts
from pipelines.engine.lease import aside
from pipelines.engine.links import look
from pipelines.engine.store import Store
from schemas.errors import Altered, Unreadable
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
    """Cut what is not cut yet; gives the number of clips cut.

    An asset that cannot be decoded any more is left out; one whose bytes are not what was added has failed.
    """
    lacking = [lacks for job in jobs if (lacks := _lacking(home, job)).clips]
    made, altered = 0, []
    for job, count in zip(lacking, _counts(home, lacking, processes), strict=True):
        if count is None:
            altered.append(job.asset)
        made += count or 0
        report(made)
    if altered:
        look(home, altered)
    return made


def _counts(home: Path, jobs: Sequence[Job], processes: int) -> Iterator[int | None]:
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


def cut(home: Path, job: Job) -> int | None:
    """Cut the clips of one asset; gives how many, or None where its bytes are not, or do not stay, what was added.

    Files are written aside, and get their names when nothing was written to the original meanwhile.
    """
    written: dict[Path, Path] = {}
    with aside(home, ROOM) as folder:
        try:
            with Store(home / "media").verified(job.asset) as original, suppress(Unreadable):
                for clip, content in zip(job.clips, _contents(original, job), strict=True):
                    file = written[cut_path(home, job.media, clip.id)] = folder / secrets.token_hex(16)
                    file.write_bytes(content)
            for path, file in written.items():
                _settle(path, file)
        except Altered:
            return None
        finally:
            for file in written.values():
                file.unlink(missing_ok=True)
    return len(written)


def _settle(path: Path, file: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    file.replace(path)


def _contents(path: Path, job: Job) -> Iterator[bytes]:
    if job.media == VOICE.name:
        return voice_cuts(path, [(clip.start_ms or 0, clip.end_ms) for clip in job.clips])
    return face_cuts(path, job.kind, [(clip.start_ms, clip.box) for clip in job.clips])


def _lacking(home: Path, job: Job) -> Job:
    since_ns = Store(home / "media").cuts_since_ns(job.asset)
    clips = tuple(clip for clip in job.clips if not _is_cut(cut_path(home, job.media, clip.id), since_ns))
    return Job(job.asset, job.kind, job.media, clips)


def _is_cut(path: Path, since_ns: int) -> bool:
    """Whether there is a cut to be trusted; what is older than that time, of bytes nobody hashed, is removed.

    A disk that lost its power may know the name and not the bytes.
    """
    try:
        looked = path.stat()
    except FileNotFoundError:
        return False
    if looked.st_mtime_ns < since_ns:
        path.unlink()
        return False
    return looked.st_size > 0


def jobs_from(rows: Iterable[Sequence[Any]], media: Media) -> list[Job]:
    """Jobs from rows (asset, asset kind, clip kind, start_ms, end_ms, box), one job an asset."""
    clips: dict[tuple[str, AssetKind], list[Clip]] = {}
    for asset, asset_kind, kind, start_ms, end_ms, box in rows:
        clip = Clip(asset, kind, start_ms, end_ms, tuple(box) if box else None)
        clips.setdefault((asset, asset_kind), []).append(clip)
    return [Job(asset, kind, media, tuple(some)) for (asset, kind), some in clips.items()]
