"""Where visits are made: in this process, or in spawned ones that may crash or hang without costing others anything."""

import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Protocol

import cv2

from curate.devices import proved_device
from curate.sessions import CPU, use_device
from pipelines.engine.parent_death import end_with_driver
from pipelines.engine.passes import Pass
from pipelines.engine.visit import Task, visit
from schemas.backends import On
from schemas.errors import Missing
from schemas.stage import Receipt

SECONDS_PER_MB = 10
BEAT_S = 1.0
PER_CARD = 4  # processes that share a graphics card: while one decodes, another computes
START_S = 60  # a process may take this long to start and import, on a machine under load
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)  # processes are the parallelism

Visit = Sequence[Task]
# is told each BEAT_S which visit has taken longest so far, how many seconds, and what it is at
Waiting = Callable[[Visit, float, str], None]


class Workers(Protocol):
    """Makes visits somewhere and gives back their receipts, in any order."""

    @property
    def processes(self) -> int:
        """How many visits are made at once."""

    def map(self, one: Pass, visits: Iterable[Visit], waiting: Waiting = ..., /) -> Iterator[list[Receipt]]:
        """The receipts of each visit; `waiting` is called now and then while none comes."""


@dataclass(frozen=True)
class Inline:
    """Visits made one after the other in this process."""

    processes: int = 1

    def map(self, one: Pass, visits: Iterable[Visit], _waiting: Waiting = lambda *_: None) -> Iterator[list[Receipt]]:
        """The receipts of each visit; nobody waits in a process of its own."""
        for tasks in visits:
            yield visit(one, tasks)


@dataclass(frozen=True)
class Pool:
    """Visits made in `processes` spawned processes; each task has `seconds_per_file`, 10 s for each MB, and as long
    again as its sound lasts, once that is known.

    The processes run their networks on `devices` in turn. When one dies or takes too long, its tasks are tried again
    one by one, and the culprit alone fails.
    """

    processes: int
    seconds_per_file: int
    devices: tuple[str, ...] = (CPU,)

    def map(self, one: Pass, visits: Iterable[Visit], waiting: Waiting = lambda *_: None) -> Iterator[list[Receipt]]:
        """The receipts of each visit; `waiting` is called each second until the next come."""
        to_come = iter(visits)
        again: deque[Visit] = deque()
        team: list[_Worker] = []
        came: list[list[Receipt]] = []
        try:
            while True:
                _hand_out(self, one, team, again, to_come)
                yield from came  # when all have work again: nobody waits for these to be written down
                if not any(worker.tasks for worker in team):
                    return
                came = []
                for worker in _ready(team, waiting):
                    receipts = worker.receipts()
                    if receipts is None:
                        team.remove(worker)
                        receipts = worker.blame(one, again)
                    if receipts:
                        came.append(receipts)
        finally:
            for worker in team:
                worker.end()

    def free_device(self, busy: Sequence[str]) -> str:
        """The device that the fewest processes work on; of several the first."""
        return min(self.devices, key=busy.count)


def _hand_out(pool: Pool, one: Pass, team: "list[_Worker]", again: deque[Visit], to_come: Iterator[Visit]) -> None:
    """Give every idle process a visit, single tasks of a broken visit first; start processes only when needed."""
    while True:
        idle = next((worker for worker in team if not worker.tasks), None)
        if idle is None and len(team) == pool.processes:
            return
        tasks = again.popleft() if again else next(to_come, None)
        if tasks is None:
            return
        if idle is None:
            idle = _Worker(one, pool.free_device([worker.device for worker in team]))
            team.append(idle)
        idle.give(tasks, sum(pool.seconds_per_file + SECONDS_PER_MB * task.asset.size / 1e6 for task in tasks))


def _ready(team: "list[_Worker]", waiting: Waiting) -> "list[_Worker]":
    """The busy workers that have answered, died, or run out of time; waits until there is one."""
    busy = [worker for worker in team if worker.tasks]
    beat = time.monotonic() + BEAT_S
    while True:
        patience = min(beat, *(worker.deadline for worker in busy)) - time.monotonic()
        answered = connection.wait([worker.pipe for worker in busy], max(0.0, patience))
        heard = [worker for worker in busy if worker.pipe in answered and worker.has_answered()]
        ready = [worker for worker in busy if worker in heard or worker.deadline <= time.monotonic()]
        if ready:
            return ready
        if time.monotonic() >= beat:
            longest = min(busy, key=lambda worker: worker.given_s)
            waiting(longest.tasks, time.monotonic() - longest.given_s, longest.doing)
            beat = time.monotonic() + BEAT_S


class _Worker:
    """One spawned process, seen from the driver."""

    def __init__(self, one: Pass, device: str) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.device = device
        self.process: SpawnProcess = context.Process(target=_work, args=(theirs, one, device), daemon=True)
        os.environ.update(ONE_THREAD)  # before the spawn: libraries read them when they are imported
        self.process.start()
        theirs.close()
        self.tasks: Visit = ()
        self.deadline = 0.0
        self.given_s = self.limit_s = self.sound_s = 0.0
        self.started = False
        self.doing = ""
        self.answer: list[Receipt] | None = None

    def give(self, tasks: Visit, limit_s: float) -> None:
        """Hand over a visit; its clock starts when the process has started."""
        self.tasks, self.limit_s, self.sound_s, self.doing = tasks, limit_s, 0.0, ""
        self.given_s = time.monotonic()
        self.deadline = self.given_s + limit_s + (0 if self.started else START_S)
        try:
            self.pipe.send(tasks)
        except OSError:
            self.deadline = time.monotonic()  # it died while idle: found out at once

    def receipts(self) -> list[Receipt] | None:
        """What came back, or None when the process died or took too long."""
        receipts, self.answer = self.answer, None
        if receipts is not None:
            if self.started:
                self.tasks = ()
            else:  # the first message only says that the process is there
                self.started, self.deadline = True, time.monotonic() + self.limit_s
        return receipts

    def has_answered(self) -> bool:
        """Whether what comes through the pipe ends the wait: its receipts or its death, not what it is at."""
        try:
            said: list[Receipt] | tuple[str, int] = self.pipe.recv()
        except (EOFError, OSError):
            return True
        if isinstance(said, tuple):
            self._note(*said)
            return False
        self.answer = said
        return True

    def _note(self, doing: str, sound_ms: int) -> None:
        """Keep what the visit is at; the bytes of a file do not say how long its sound is, so its time grows here."""
        longer_s = max(0.0, sound_ms / 1000 - self.sound_s)
        self.doing, self.sound_s = doing, self.sound_s + longer_s
        self.limit_s, self.deadline = self.limit_s + longer_s, self.deadline + longer_s

    def blame(self, one: Pass, again: deque[Visit]) -> list[Receipt]:
        """Take the broken visit apart: several tasks are tried one by one, a single one is the culprit."""
        self.process.join(1)
        code = self.process.exitcode
        self.end()
        if len(self.tasks) > 1:
            again.extend([task] for task in self.tasks)
            return []
        error = f"took longer than {self.limit_s:.0f} s" if code is None else f"the worker process died ({_told(code)})"
        return [receipt for task in self.tasks for receipt in failures(one, task, error)]

    def end(self) -> None:
        """Stop the process, however busy it is."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def failures(one: Pass, task: Task, error: str) -> Iterator[Receipt]:
    """The receipts of a task that brought its process down: everything it was owed has failed."""
    for key in one.keys:
        if key in task.lacks:
            yield Receipt(key, task.asset.id, "failed", error, task.attempt)
    for clip, keys in task.clips:
        for key in sorted(keys):
            yield Receipt(key, clip.id, "failed", error, task.attempt)


def _told(code: int) -> str:
    try:
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"
    except ValueError:
        return f"signal {-code}"


def _work(pipe: Connection, one: Pass, device: str) -> None:
    end_with_driver()
    use_device(device)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver decides when to stop
    cv2.setNumThreads(1)
    receipts: list[Receipt] = []
    while True:
        try:
            pipe.send(receipts)
            receipts = visit(one, pipe.recv(), lambda *at: pipe.send(at))
        except (EOFError, OSError):
            return


def cores() -> int:
    """How many processes may work at once on this machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def workers_for(
    on: On, processes: int | None, seconds_per_file: int, devices: Sequence[str] = (CPU,), address: str = "auto"
) -> Workers:
    """The workers of a kind; a pool has `processes_for` its devices, unless their number is given.

    On a Ray cluster, which lies at `address`, there is an actor for each of its CPUs, or GPUs where `devices` names
    one. Raises BadSetting for a device that is not here, Missing without Ray.
    """
    if on == "ray":
        return _cluster(address, processes or 0, seconds_per_file, devices)
    names = tuple(proved_device(name) for name in devices)
    if on == "inline":
        use_device(names[0])
        return Inline()
    return Pool(processes or processes_for(names), seconds_per_file, names)


def processes_for(devices: Sequence[str]) -> int:
    """How many processes these devices are worth: one per core, `PER_CARD` for each card, but no more than cores.

    Media are decoded on the processor; one process per card would leave it idle most of the time.
    """
    return cores() if CPU in devices else min(cores(), PER_CARD * len(devices))


def _cluster(address: str, count: int, seconds_per_file: int, devices: Sequence[str]) -> Workers:
    try:
        from pipelines.engine.cluster import Cluster  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise Missing(f"run --on ray wants Ray ({error}); type: pip install 'emocurate[ray]'") from None
    return Cluster(address, count, seconds_per_file, CPU if CPU in devices else "cuda:0")
