"""FingerprintPicture: 64 bits of a picture, or of frames of a video, that re-encoding and resizing hardly change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.prints.words import PICTURE_PRINT
from curate.read.decode import Frame
from curate.vectors import bits
from schemas.media import Asset
from schemas.stage import Outcome, Signal

SIDE_PX = 32
KEPT = 8  # frequencies in each direction; the mean brightness, which is none, is left out
PLAIN = 2.0  # standard deviation of luma below which a picture shows nothing
WEIGHTS = 1 << np.arange(KEPT * KEPT, dtype=np.uint64)


@dataclass(frozen=True)
class FingerprintPicture:
    """Notes the fingerprint of a picture, of a video one for each frame that is looked at.

    A score of 8 bytes named `picture_print`, in a video `picture_print <ms>`. A picture of one colour has none.
    """

    every_ms: int = 1_000

    version: ClassVar[int] = 1
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("picture", "video")
    reads: ClassVar[Signal] = Signal.FRAME

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Frame]) -> Iterable[Outcome]:
        """One outcome per asset and frame: its fingerprint, or nothing."""
        for asset, frame in zip(rows, signals, strict=True):
            name = PICTURE_PRINT if frame.at_ms is None else f"{PICTURE_PRINT} {frame.at_ms}"
            found = picture_print(frame.rgb)
            yield [] if found is None else [bits(asset.id, name, np.array([found], np.uint64))]


def picture_print(rgb: NDArray[Any]) -> int | None:
    """The signs of the 8 x 8 lowest frequencies of a picture's luma at 32 x 32, uint8 (height, width, 3), as 64 bits.

    None where it shows nothing. Bit 8 v + h belongs to v + 1 half waves down and h + 1 across (after Zauner 2010,
    "Implementation and benchmarking of perceptual image hash functions", with zero for the median: `turned` needs it).
    """
    luma = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(luma, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    if small.std() < PLAIN:
        return None
    low = cv2.dct(small)[1 : KEPT + 1, 1 : KEPT + 1]
    return int((WEIGHTS[low.ravel() > 0]).sum())


def turned(prints: NDArray[np.uint64]) -> list[NDArray[np.uint64]]:
    """The fingerprints of the same pictures turned by quarters and mirrored, seven of each, from theirs alone.

    Mirroring changes the sign of every other frequency, and turning transposes them besides.
    """
    cells = np.arange(KEPT * KEPT)
    odd_across, odd_down = (WEIGHTS[part % 2 == 0].sum() for part in (cells % KEPT, cells // KEPT))
    flips = [np.uint64(0), odd_across, odd_down, odd_across ^ odd_down]
    transposed = _transposed(prints)
    return [some ^ flip for some in (prints, transposed) for flip in flips][1:]


def _transposed(prints: NDArray[np.uint64]) -> NDArray[np.uint64]:
    across = (prints[:, None] & WEIGHTS) > 0
    order = np.arange(KEPT * KEPT).reshape(KEPT, KEPT).T.ravel()
    moved: NDArray[np.uint64] = (across[:, order] * WEIGHTS).sum(axis=1, dtype=np.uint64)
    return moved
