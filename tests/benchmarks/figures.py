"""What a benchmark tells: figures beside their bars; and how time and memory are taken."""

import multiprocessing
import os
import resource
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    The bar is for `ours`, or for `ours` as a multiple of `peer` where `of_peer`; it is the least or the most there may
    be.
    """

    name: str
    unit: str
    ours: float
    bar: float
    at_most: bool = False
    peer: float | None = None
    of_peer: bool = False

    @property
    def ratio(self) -> float | None:
        """Ours as a multiple of the peer's."""
        return self.ours / self.peer if self.peer else None

    @property
    def reached(self) -> bool:
        """Whether the bar is met."""
        value = self.ratio if self.of_peer else self.ours
        return value is not None and (value <= self.bar if self.at_most else value >= self.bar)

    @property
    def cells(self) -> tuple[str, ...]:
        """The line as text: figure, ours, peer, ratio, bar, reached."""
        peer = "" if self.peer is None else f"{_shown(self.peer)} {self.unit}"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        bar = f"{'≤' if self.at_most else '≥'} {self.bar:,g} {'of the peer' if self.of_peer else self.unit}"
        return self.name, f"{_shown(self.ours)} {self.unit}", peer, ratio, bar, "yes" if self.reached else "NO"


class Spent(NamedTuple):
    """What a piece of work took: time on the clock, and time of all cores in this process and its ended children."""

    wall_s: float
    cpu_s: float


def spent(action: Callable[[], object]) -> Spent:
    """What one run of an action takes."""
    before, started = _cpu_s(), time.perf_counter()
    action()
    return Spent(time.perf_counter() - started, _cpu_s() - before)


def medians(rounds: Sequence[Sequence[float]]) -> list[float]:
    """The median of each column of some rounds."""
    return [float(statistics.median(column)) for column in zip(*rounds, strict=True)]


def apart(function: Callable[..., Any], *given: Any) -> Any:
    """What a function gives in a process of its own, where nothing else has used memory or loaded a library."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
        return alone.submit(function, *given).result()


def peak_mb() -> float:
    """The most memory this process has held at once so far, in megabytes."""
    if STATUS.exists():  # what getrusage says may come from the process that started this one
        return _told_mb("VmHWM")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def private_peak() -> Iterator[list[float]]:
    """The most memory in megabytes that was this process's own at any moment inside, appended at the end.

    Pages of a file that is mapped are not counted: the system takes them back when it wants them.
    """
    peak: list[float] = []
    samples = [_private_mb()]
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.02):
            samples.append(_private_mb())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()
        peak.append(max(samples))


def on_one_core() -> None:
    """Keep this process and its threads on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def say(text: str) -> None:
    """A line at once, so that a long run can be followed."""
    print(text, flush=True)


def _private_mb() -> float:
    return _told_mb("RssAnon") if STATUS.exists() else peak_mb()


def _told_mb(name: str) -> float:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def _cpu_s() -> float:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
