"""What an export is asked for: of which collection, what, how, and with which programs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from pipelines.crew import Cutters
from pipelines.cuts import jobs_from, make_cuts, make_opus
from pipelines.cutting import Job, coder_versions, media_form
from pipelines.engine.catalog import Catalog
from pipelines.release.balance import Gap
from schemas.answers import RaterKind
from schemas.errors import BadInput
from schemas.modality import FACE, VOICE, ModalityName
from schemas.settings import Settings

# The five points of faces, as the stage in force sees them, else (pinned clips) as they were seen last.
POINTS = """SELECT s."row", arg_max(s.vector, (a.stage IS NOT NULL, s.stage)) FROM scores s
            LEFT JOIN active_stages a USING (stage)
            WHERE s.name = 'face_points' AND list_contains(?, s."row") GROUP BY ALL"""


_WAYS = (
    "label clips of more speakers or recordings, write other shares or another salt under [export] in emocurate.toml "
    "(such as train = 0.9, validation = 0.1, test = 0), or have it as it is: emocurate export --allow-gaps"
)


@dataclass(frozen=True)
class Wanted:
    """What a release is to hold: whose labels (nobody named: people's, else those there are), good clips too.

    An `internal` one holds what may not be passed on, too, and is never published.
    """

    by: tuple[RaterKind, ...] = ()
    unlabelled: bool = False
    internal: bool = False


@dataclass(frozen=True)
class Export:
    """An export on its way: of which collection, what is wanted, cut by how many processes, with figures or without.

    `embed` puts every single answer into the shards, too, which a new one or a withdrawn rater then rewrites. `report`
    hears how many clips are done, of how many, and what is done with them. With `gaps` a release may have grave ones;
    `say` hears of every one before anything is written.
    """

    home: Path
    settings: Settings
    wanted: Wanted = field(default_factory=Wanted)
    processes: int = 1
    draw: bool = True
    embed: bool = False
    report: Callable[[int, int, str], None] = lambda *_: None
    gaps: bool = False
    say: Callable[[str], None] = lambda _: None

    def see(self, gaps: Sequence[Gap]) -> None:
        """Say what would be lacking; raises BadInput where that is grave and was not allowed."""
        if not self.gaps and (grave := [f"\n  {gap.what}" for gap in gaps if gap.grave]):
            raise BadInput(f"nothing is written, since the release would have gaps:{''.join(grave)}\n{_WAYS}")
        for gap in gaps:
            self.say(f"look at: {gap.what}")

    def cut(self, processes: Cutters, rows: Any, name: ModalityName) -> None:
        """Cut what is not cut yet, in processes that are there for all modalities."""
        jobs = jobs_from(rows, name)
        make_cuts(self.home, jobs, processes, lambda done, all_: self.report(done, all_, f"cutting {name}s"))
        if name == FACE.name and media_form(self.settings).has_crops:
            self._crop(processes, jobs)
        if name == VOICE.name and self.settings.export.codec == "opus":
            clips = [clip.id for job in jobs for clip in job.clips]
            make_opus(self.home, clips, processes, lambda done, all_: self.report(done, all_, "coding Opus"))

    def _crop(self, processes: Cutters, jobs: Sequence[Job]) -> None:
        """Cut faces as releases have them where these are other crops than raters see."""
        form, points = media_form(self.settings), {}
        if form.crop == "aligned":
            clips = [clip.id for job in jobs for clip in job.clips]
            points = {clip: tuple(vector) for clip, vector in Catalog(self.home).rows(POINTS, [clips])}
        crops = [replace(job, form=form, points=points) for job in jobs]
        make_cuts(self.home, crops, processes, lambda done, all_: self.report(done, all_, "cropping faces"))


def versions(settings: Settings, moments: bool = False) -> dict[str, str]:
    """The programs that decide the bytes of a release; `moments` is whether it holds any, which ffmpeg cuts."""
    wheels = {
        name: metadata.version(name)
        for name in ("emocurate", "av", "matplotlib", "onnxruntime", "pillow", "pyarrow", "soundfile")
    }
    return wheels | coder_versions(settings.export.codec, moments)
