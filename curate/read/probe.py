"""What a file says of itself, as scores: how long, how large, which rates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from curate.read.decode import Description
from schemas.media import Asset, score
from schemas.stage import Outcome, Signal

NAMES = {
    "duration_ms": "duration_ms",
    "rate_hz": "rate_hz",
    "channels": "channels",
    "width_px": "width_px",
    "height_px": "height_px",
    "frame_rate": "frame_rate",
    "decode_errors": "errors",
}


@dataclass(frozen=True)
class Probe:
    """Notes the numbers in a file's description; codecs and containers are names and stay with the asset."""

    version: ClassVar[int] = 1
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("sound", "picture", "video")
    reads: ClassVar[Signal] = Signal.HEADER

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Description]) -> Iterator[Outcome]:
        """A score for each number the description has."""
        for asset, description in zip(rows, signals, strict=True):
            numbers = {name: getattr(description, told) for name, told in NAMES.items()}
            yield [score(asset.id, name, number) for name, number in numbers.items() if number is not None]
