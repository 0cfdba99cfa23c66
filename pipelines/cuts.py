"""The cut clips: which are made already, and the processes that make the others."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipelines.crew import AT_ONCE, Crew, Cutters, mapped
from pipelines.cutting import OPUS, Job, MediaForm, cut, cut_path, encoded, released_path
from pipelines.engine.claims import store_in
from pipelines.engine.links import look
from schemas.media import AssetKind, Clip
from schemas.scheme import Media


def make_cuts(
    home: Path,
    jobs: Iterable[Job],
    processes: Cutters,
    report: Callable[[int, int], None] = lambda *_: None,
    *,
    without_deadly: bool = False,
) -> int:
    """Cut what is not cut yet; gives the number of clips cut. `report` hears how many are done, and of how many.

    An asset that cannot be decoded any more is left out; one whose bytes are not what was added has failed. Raises
    EmocurateError where processes die over an asset, unless it is to be left out, too.
    """
    lacking = [lacks for job in jobs if (lacks := _lacking(home, job)).clips]
    total = sum(len(job.clips) for job in lacking)
    made, done, altered = 0, 0, []
    counts = mapped(cut, home, lacking, processes, _none) if without_deadly else mapped(cut, home, lacking, processes)
    for job, count in zip(lacking, counts, strict=True):
        if count is None:
            altered.append(job.asset)
        made += count or 0
        done += len(job.clips)
        report(done, total)
    if altered:
        look(home, altered)
    return made


def make_opus(
    home: Path, clips: Sequence[str], processes: Cutters, report: Callable[[int, int], None] = lambda *_: None
) -> None:
    """Code the cuts of voices that are not Opus yet; what another version of the program made is removed."""
    room = released_path(home, "voice", "", MediaForm("opus")).parent
    for other in home.glob(f"{OPUS}*"):
        if other != room:
            shutil.rmtree(other)
    lacking = [clip for clip in clips if not _is_coded(home, clip)]
    portions = [lacking[start : start + AT_ONCE] for start in range(0, len(lacking), AT_ONCE)]
    done = 0
    for portion, _ in zip(portions, mapped(encoded, home, portions, processes), strict=True):
        done += len(portion)
        report(done, len(lacking))


def _is_coded(home: Path, clip: str) -> bool:
    """Whether there is Opus of a cut that is not younger; a disk that lost its power may know the name alone."""
    try:
        coded, cut_at = (
            released_path(home, "voice", clip, MediaForm("opus")).stat(),
            cut_path(home, "voice", clip).stat(),
        )
    except FileNotFoundError:
        return False
    return coded.st_size > 0 and coded.st_mtime_ns >= cut_at.st_mtime_ns


def _none(_job: Job) -> int:
    return 0


@dataclass
class Ahead:
    """Has clips cut while something else goes on; what fails is left for `make_cuts` to find out."""

    home: Path
    processes: Cutters
    _begun: list["Future[list[int | None]]"] = field(default_factory=list)

    def begin(self, jobs: Sequence[Job]) -> None:
        """Have the clips of jobs cut that are not cut yet; nothing where there is no other process to do so."""
        if not isinstance(self.processes, Crew):
            return
        lacking = [lacks for job in jobs if (lacks := _lacking(self.home, job)).clips]
        portions = [lacking[start : start + AT_ONCE] for start in range(0, len(lacking), AT_ONCE)]
        self._begun += self.processes.begin(_cut_all, [(self.home, portion) for portion in portions])

    def wait(self) -> None:
        """Until all of them have ended."""
        wait(self._begun)
        self._begun.clear()


def _cut_all(home: Path, jobs: Sequence[Job]) -> list[int | None]:
    return [cut(home, job) for job in jobs]


def _lacking(home: Path, job: Job) -> Job:
    since_ns = store_in(home).cuts_since_ns(job.asset)
    clips = tuple(clip for clip in job.clips if not _is_cut(job.path(home, clip.id), since_ns))
    return replace(job, clips=clips)


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
