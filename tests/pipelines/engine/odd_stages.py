"""Small stages for the engine's tests: they count, and some of them crash, hang or raise on a chosen file."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from schemas.media import Asset, Clip, score
from schemas.stage import Dropped, Outcome, Signal


@dataclass(frozen=True)
class Halve:
    """Makes two utterances of every sound, `ms` long together."""

    ms: int = 1000
    version: ClassVar[int] = 1
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("sound", "video")
    reads: ClassVar[Signal] = Signal.SOUND

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Any]) -> Iterator[Outcome]:
        for row, sound in zip(rows, signals, strict=True):
            if sound is None:
                yield Dropped("no sound track")
                continue
            half = self.ms // 2
            yield [Clip(row.id, "utterance", 0, half), Clip(row.id, "utterance", half, self.ms)]


@dataclass(frozen=True)
class Loudest:
    """Measures the highest sample of each utterance."""

    version: ClassVar[int] = 1
    takes: ClassVar[type[Clip]] = Clip
    kinds: ClassVar[tuple[str, ...]] = ("utterance",)
    reads: ClassVar[Signal] = Signal.SOUND

    def __call__(self, rows: Sequence[Clip], signals: Sequence[Any]) -> Iterator[Outcome]:
        for clip, sound in zip(rows, signals, strict=True):
            span = sound.native_span(clip.start_ms, clip.end_ms)
            yield [score(clip.id, "loudest", float(abs(span.astype(int)).max()) if span.size else 0.0)]


@dataclass(frozen=True)
class Corner:
    """Makes one face in the corner of every frame."""

    px: int = 8
    version: ClassVar[int] = 1
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("picture", "video")
    reads: ClassVar[Signal] = Signal.FRAME

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Any]) -> Iterator[Outcome]:
        for row, frame in zip(rows, signals, strict=True):
            yield [Clip(row.id, "face", frame.at_ms, frame.at_ms, (0, 0, self.px, self.px))]


@dataclass(frozen=True)
class Brightness:
    """Measures the mean of a face's pixels."""

    version: ClassVar[int] = 1
    takes: ClassVar[type[Clip]] = Clip
    kinds: ClassVar[tuple[str, ...]] = ("face",)
    reads: ClassVar[Signal] = Signal.FRAME

    def __call__(self, rows: Sequence[Clip], signals: Sequence[Any]) -> Iterator[Outcome]:
        for clip, frame in zip(rows, signals, strict=True):
            x, y, width, height = clip.box or (0, 0, 0, 0)
            yield [score(clip.id, "brightness", float(frame.rgb[y : y + height, x : x + width].mean()))]


@dataclass(frozen=True)
class Blind:
    """Fails at every frame."""

    version: ClassVar[int] = 1
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("picture", "video")
    reads: ClassVar[Signal] = Signal.FRAME

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Any]) -> Iterator[Outcome]:
        raise ValueError(f"nothing to be seen in {len(signals)} frames")


@dataclass(frozen=True)
class Trouble:
    """Does something terrible with one asset, and nothing with the others."""

    culprit: str
    how: str = "raise"
    version: ClassVar[int] = 1
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("sound", "picture", "video")
    reads: ClassVar[Signal] = Signal.HEADER

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Any]) -> Iterator[Outcome]:
        for row in rows:
            if row.id == self.culprit:
                self._strike()
            yield []

    def _strike(self) -> None:
        if self.how == "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "exit":
            os._exit(3)
        if self.how == "hang":
            if mark := os.environ.get("TESTS_HANG_MARK"):
                Path(mark).touch()
            time.sleep(3600)
        raise ValueError("this one is odd")


@dataclass(frozen=True)
class Slow:
    """Takes its time with every asset."""

    seconds: float = 1.0
    version: ClassVar[int] = 1
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("sound", "picture", "video")
    reads: ClassVar[Signal] = Signal.HEADER

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Any]) -> Iterator[Outcome]:
        for _ in rows:
            time.sleep(self.seconds)
            yield []
