"""Processes that share a piece of work; one that dies costs no more than what it dies with again."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from os import getpid
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pipelines.engine.parent_death import end_with_driver
from schemas.errors import EmocurateError

Part = TypeVar("Part")
Made = TypeVar("Made")
AT_ONCE = 16  # parts that one process works at before it tells
AHEAD = 4  # portions for each process that are begun before the first is read: few, for one death ends them all


@dataclass
class Crew:
    """Processes for several pieces of work; where one of them has died, the next piece has new ones."""

    processes: int
    _pool: ProcessPoolExecutor | None = None

    def begin(self, of: Callable[..., Made], calls: Sequence[tuple[Any, ...]]) -> "list[Future[Made]]":
        """Begin calls of a function; where a process dies meanwhile fewer than these, but one at least."""
        begun: list[Future[Made]] = []
        while calls and not begun:
            pool = self._pool = self._pool or ProcessPoolExecutor(
                self.processes, mp_context=get_context("spawn"), initializer=end_with_driver
            )
            try:
                begun.extend(pool.submit(of, *call) for call in calls)
            except BrokenProcessPool:
                self.end()
        return begun

    def end(self) -> None:
        """End the processes when they have done what they are at."""
        pool, self._pool = self._pool, None
        if pool:
            left = list((pool._processes or {}).values())
            pool.shutdown(cancel_futures=True)
            for process in left:  # a pool that broke may leave some behind, for which this program would wait for ever
                process.kill()


Cutters = int | Crew  # so many processes that are started for one piece of work, or those of `cutters`


@contextmanager
def cutters(processes: int) -> Iterator[Cutters]:
    """Processes for several pieces of work, started with the first; where it is to be one, it is this very process."""
    if processes <= 1:
        yield 1
        return
    crew = Crew(processes)
    try:
        yield crew
    finally:
        crew.end()


def _nothing(part: object) -> NoReturn:
    what = getattr(part, "asset", part)
    raise EmocurateError(
        f"a process died twice while it had {what} at work: it crashed, or was ended for want of memory; free some, "
        "then type the same command again"
    )


def mapped(
    of: Callable[[Path, Part], Made],
    home: Path,
    parts: Sequence[Part],
    processes: Cutters,
    lost: Callable[[Part], Made] = _nothing,
) -> Iterator[Made]:
    """What a function makes of each part, in order, in as many processes.

    Where one of them dies the parts it may have had are tried once more, each alone; `lost` says what is made of one
    with which a process dies even so. Without it that raises EmocurateError.
    """
    if isinstance(processes, Crew):
        yield from _shared(of, home, parts, processes, lost)
    elif processes == 1 or len(parts) < 2:
        yield from (of(home, part) for part in parts)
    else:
        with cutters(min(processes, len(parts))) as crew:
            yield from mapped(of, home, parts, crew, lost)


def _shared(
    of: Callable[[Path, Part], Made], home: Path, parts: Sequence[Part], crew: Crew, lost: Callable[[Part], Made]
) -> Iterator[Made]:
    size = min(AT_ONCE, max(1, len(parts) // 256))
    to_come = deque(parts[start : start + size] for start in range(0, len(parts), size))
    begun: deque[tuple[Sequence[Part], Future[list[Made]]]] = deque()
    while to_come or begun:
        while to_come and len(begun) < AHEAD * crew.processes:
            begun.append((to_come[0], crew.begin(_each, [(of, home, to_come[0])])[0]))
            to_come.popleft()
        portion, future = begun.popleft()
        try:
            made = future.result()
        except BrokenProcessPool:  # all others that were begun have ended with it, so that each is alone now
            to_come.extendleft(some for some, _ in reversed(begun))
            begun.clear()
            made = [_alone(of, home, part, crew, lost) for part in portion]
        yield from made


def _each(of: Callable[[Path, Part], Made], home: Path, parts: Sequence[Part]) -> list[Made]:
    return [of(home, part) for part in parts]


def _alone(of: Callable[[Path, Part], Made], home: Path, part: Part, crew: Crew, lost: Callable[[Part], Made]) -> Made:
    try:
        return crew.begin(of, [(home, part)])[0].result()
    except BrokenProcessPool:
        crew.begin(getpid, [()])[0].result()  # raises where no process lives at all: that is no fault of the part
        return lost(part)
