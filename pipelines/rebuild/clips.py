"""The clips of a rebuild: what is wanted, what became of it, and what cutting gives."""

import hashlib
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines import cutting
from pipelines.collection import Collection
from pipelines.crew import Cutters
from pipelines.cuts import jobs_from, make_cuts, make_opus
from pipelines.cutting import Job
from pipelines.engine.catalog import Catalog
from pipelines.rebuild.listed import Listed
from pipelines.release.labels_only import cut_known
from schemas.media import Clip as Span
from schemas.modality import MODALITIES, MOMENT, VOICE, ModalityName

UNCUT = "it cannot be cut from the file"
DIFFERS = "cut from the very file, it has other samples: the programs differ"
KINDS = "SELECT id, kind FROM assets WHERE list_contains(?, id)"


@dataclass
class Clip:
    """One clip of a release: its row, where its file is asked for, the file it is cut from, and what became of it.

    `missing` is why there is none. One that was `relocated` begins at another time of another file.
    """

    row: dict[str, Any]
    address: str
    asset: str | None = None
    missing: str | None = None
    start_ms: int | None = None
    decoded: bool = False
    recoded: bool = False

    def __post_init__(self) -> None:
        self.start_ms = self.row["start_ms"] if self.start_ms is None else self.start_ms

    @property
    def is_relocated(self) -> bool:
        """Whether it is cut from another file than it was."""
        return bool(self.asset != self.row["asset"])

    @property
    def outcome(self) -> str:
        """What became of it, in a word."""
        if self.missing:
            return "missing"
        if self.is_relocated:
            return "relocated"
        return "decoded" if self.decoded else "recoded" if self.recoded else "identical"

    @property
    def end_ms(self) -> int | None:
        """Where it ends in the file it is cut from."""
        if self.row["end_ms"] is None or self.start_ms is None:
            return None
        return int(self.start_ms + self.row["end_ms"] - self.row["start_ms"])

    @property
    def span(self) -> Span:
        """What is cut."""
        box = tuple(self.row["box"]) if self.row["box"] else None
        return Span(self.asset or "", self.row["kind"], self.start_ms, self.end_ms, box)

    def path(self, home: Path, suffix: str) -> Path:
        """Where its cut lies."""
        form = cutting.MediaForm("opus" if suffix == "opus" else "flac")
        return cutting.released_path(home, self.row["media"], self.span.id, form)


def cut_clips(
    here: Collection, release: Listed, clips: Sequence[Clip], processes: Cutters, others: Container[str]
) -> None:
    """Cut what is to be had, and compare it with what the release says of it; `others` are programs that differ here.

    What a coder that loses something codes differs from version to version: from the very file it is taken as it is.
    """
    home, there = here.home, [clip for clip in clips if not clip.missing]
    for name, jobs in cut_jobs(home, there).items():
        make_cuts(home, jobs, processes, without_deadly=True)  # whose file it is, is told with what is missing
        if name == VOICE.name and release.bare.suffixes.get(name) == "opus":
            make_opus(home, [clip.span.id for clip in there if clip.row["media"] == name], processes)
    for clip in there:
        path = clip.path(home, release.bare.suffixes[clip.row["media"]])
        if not path.exists():
            clip.missing = UNCUT
        elif not clip.is_relocated and hashlib.sha256(path.read_bytes()).hexdigest() != clip.row["media_sha256"]:
            decoded = cut_known(path, clip.row["media"]).decoded_sha256
            clip.decoded = decoded is not None and decoded == clip.row["decoded_sha256"]
            clip.recoded = not clip.decoded and _coder(clip, release) in others
            clip.missing = None if clip.decoded or clip.recoded else DIFFERS


def cut_jobs(home: Path, clips: Sequence[Clip]) -> dict[ModalityName, list[Job]]:
    """How clips are cut whose files are here, by medium."""
    kinds = dict(Catalog(home).rows(KINDS, [sorted({str(clip.asset) for clip in clips})]))
    jobs: dict[ModalityName, list[Job]] = {}
    for name in MODALITIES:
        spans = sorted((clip.span for clip in clips if clip.row["media"] == name), key=_order)
        jobs[name] = jobs_from([(s.asset, kinds[s.asset], s.kind, s.start_ms, s.end_ms, s.box) for s in spans], name)
    return jobs


def _coder(clip: Clip, release: Listed) -> str | None:
    """The coder of a clip that loses something, as the versions of a release call it."""
    if clip.row["media"] == MOMENT.name:
        return cutting.MOMENTS
    return cutting.OPUS_CODER if release.bare.suffixes[clip.row["media"]] == "opus" else None


def _order(span: Span) -> tuple[str, int, str]:
    return (span.asset, span.start_ms or 0, span.id)


def in_order(clips: Iterable[Clip]) -> Iterator[Clip]:
    """Clips by key, as shards hold them."""
    yield from sorted(clips, key=lambda clip: str(clip.row["key"]))
