"""Writes the table of clips that leave without their media, with what tells whether they were had again."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from curate.prints.sounds import sound_print
from curate.read.decode import decode
from pipelines.crew import cutters, mapped
from pipelines.release.sidecar import ParquetTable
from pipelines.release.tally import Tally
from schemas.labels_only import NAME, UNSAID, labels_only_fields
from schemas.layout import Layout, record
from schemas.modality import MOMENT, VOICE, ModalityName
from schemas.release import Sample, Table

AT_ONCE = 1_000  # clips in memory; fewer are looked at sooner than other processes have begun
BareClip = tuple[Sample, Path, Mapping[str, Any]]  # a clip, its cut, and why its media stay


@dataclass(frozen=True)
class Cut:
    """How a cut clip is known again: the hashes of its bytes and of its samples or pixels, and its fingerprint."""

    media_sha256: str
    decoded_sha256: str | None
    fingerprint: bytes | None


def cut_known(path: Path, media: ModalityName) -> Cut:
    """The hashes and the fingerprint of a cut clip; a moment is known by its bytes alone."""
    whole = hashlib.sha256(path.read_bytes()).hexdigest()
    if media == MOMENT.name:
        return Cut(whole, None, None)
    if media == VOICE.name:
        with decode(path, "sound", sound=True, every_ms=()) as decoding:
            sound = decoding.sound()
            if sound is None:
                return Cut(whole, None, None)
            samples = np.ascontiguousarray(sound.native)
            print_ = sound_print(sound.speech).astype("<u8").tobytes()
            return Cut(whole, hashlib.sha256(samples.tobytes()).hexdigest(), print_ or None)
    with Image.open(path) as picture:
        return Cut(whole, hashlib.sha256(picture.convert("RGB").tobytes()).hexdigest(), None)


def labels_only_row(sample: Sample, layout: Layout, cut: Cut, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a clip; `row` says why its media stay and what its terms rest on."""
    more = {"reason": row["against_media"], "evidence": row["evidence"], **vars(cut)}
    return {name: value for name, value in record(sample, layout, table=True).items() if name not in UNSAID} | more


def _known(_: Path, file: tuple[Path, ModalityName]) -> Cut:
    return cut_known(*file)


@dataclass
class LabelsOnly:
    """The table on its way into the folder of a release."""

    folder: Path
    layouts: Mapping[ModalityName, Layout]
    tally: Tally

    def __post_init__(self) -> None:
        self._table = ParquetTable(self.folder / NAME, labels_only_fields(self.layouts.values()))

    def add(self, clips: Iterable[BareClip], processes: int) -> None:
        """Append clips, cut as files, which so many processes look at where there are many."""
        with cutters(processes) as pool:
            coming = iter(clips)
            while portion := list(islice(coming, AT_ONCE)):
                files = [(path, sample.media) for sample, path, _ in portion]
                known = mapped(_known, self.folder, files, pool if len(portion) == AT_ONCE else 1)
                for (sample, _, row), cut in zip(portion, known, strict=True):
                    self.tally.see_bare(sample)
                    self._table.add([labels_only_row(sample, self.layouts[sample.media], cut, row)])

    def close(self) -> Table:
        """The table, whole and on the disk."""
        return self._table.close()
