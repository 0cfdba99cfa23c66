"""Visits on a Ray cluster: actors hold the models, media come from the store, and nothing but receipts goes back."""

import os
import socket
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # read when ray is imported

import ray
from ray.exceptions import RayError, RayTaskError

from curate.sessions import CPU
from pipelines.engine.actor import ACTOR, Node
from pipelines.engine.passes import Pass
from pipelines.engine.visit import Task
from pipelines.engine.workers import BEAT_S, SECONDS_PER_MB, Visit, Waiting, failures
from schemas.errors import EmocurateError, Missing
from schemas.stage import Receipt

ALONE = 2  # so often a task that is alone in its visit may lose its worker: the first time a node may have gone
LOST_AT_START = 8  # workers in a row that end before they have begun
END_S = 10.0


@dataclass(frozen=True)
class Cluster:
    """Visits made by `count` actors (0: one for each CPU, or GPU) of the Ray cluster at `address`.

    A visit whose worker or node dies is made again, its tasks one by one; a task that loses its worker twice alone, or
    takes too long alone, as in a `Pool`, has failed.
    """

    address: str
    count: int
    seconds_per_file: int
    device: str = CPU

    @property
    def processes(self) -> int:
        """How many visits are made at once; raises Missing where no cluster answers."""
        _connect(self.address)
        resource = "CPU" if self.device == CPU else "GPU"
        return self.count or max(1, int(ray.cluster_resources().get(resource, 0)))

    def map(self, one: Pass, visits: Iterable[Visit], waiting: Waiting = lambda *_: None) -> Iterator[list[Receipt]]:
        """The receipts of each visit; `waiting` is called each second until the next come.

        Raises BadSetting or Missing, with the node, where a node has another version of this program or lacks weights,
        the folder of the media, or the device.
        """
        crew = _Crew(self, one, self.processes, iter(visits))
        try:
            while crew.hand_out():
                yield from crew.results(waiting)
        finally:
            crew.end()


@dataclass
class _Given:
    """A visit that an actor has, or None while it starts; since when, and how many seconds it may take."""

    actor: Any
    tasks: Visit | None
    losses: int = 0
    limit_s: float = 0.0
    since_s: float = field(default_factory=time.monotonic)
    sound_s: float = 0.0

    def is_overdue(self) -> bool:
        """Whether it takes longer than it may, and than its sound lasts beside that, as far as it was told."""
        return time.monotonic() - self.since_s > self.limit_s + self.sound_s

    def at(self) -> tuple[str, int]:
        """What the visit is at, and how many milliseconds of sound it hears; nothing where nobody answers."""
        try:
            at: tuple[str, int] = ray.get(self.actor.at.remote(), timeout=BEAT_S)
        except RayError:
            return "", 0
        self.sound_s = max(self.sound_s, at[1] / 1000)
        return at


@dataclass
class _Crew:
    """The actors of a pass, seen from the driver."""

    cluster: Cluster
    one: Pass
    processes: int
    to_come: Iterator[Visit]
    queue: deque[tuple[Visit, int]] = field(default_factory=deque)
    idle: list[Any] = field(default_factory=list)
    given: dict[Any, _Given] = field(default_factory=dict)
    lost_at_start: int = 0
    _sample: tuple[Task, bool] | None = None

    def hand_out(self) -> bool:
        """Give every idle actor a visit and start actors where visits wait for one; False where nothing is left."""
        while self.idle and self._fill(1):
            (tasks, losses), actor = self.queue.popleft(), self.idle.pop()
            limit_s = sum(self.cluster.seconds_per_file + SECONDS_PER_MB * task.asset.size / 1e6 for task in tasks)
            self.given[actor.visit.remote(tasks)] = _Given(actor, tasks, losses, limit_s)
        starting = sum(given.tasks is None for given in self.given.values())
        while len(self.given) + len(self.idle) < self.processes and self._fill(starting + 1):
            sample = self._sample = self._sample or self._found(self.queue[0][0][0])
            actor = ACTOR.options(**_resources(self.cluster.device)).remote(self.one, self.cluster.device)
            self.given[actor.begin.remote(sample, Node())] = _Given(actor, None)
            starting += 1
        return bool(self.queue) or any(given.tasks for given in self.given.values())

    def _found(self, task: Task) -> tuple[Task, bool]:
        """A task with whether its media are had here: then they have to be had on every node."""
        return task, task.store.has(task.asset.id, task.asset.size)

    def results(self, waiting: Waiting) -> Iterator[list[Receipt]]:
        """What has come back, after a while at most; what was lost or takes too long is taken apart."""
        ready, _ = ray.wait(list(self.given), num_returns=1, timeout=BEAT_S)
        for ref in ready:
            given = self.given.pop(ref)
            try:
                receipts = ray.get(ref)
            except RayTaskError as error:
                if given.tasks is None or isinstance(error.cause, EmocurateError):
                    raise _cause(error) from None
                yield from self._lost(given, f"{type(error.cause).__name__}: {error.cause}")
            except RayError:
                self._drop_dead()
                yield from self._lost(given, f"{ALONE} workers died over it")
            else:
                self.idle.append(given.actor)
                self.lost_at_start = 0
                if given.tasks is not None:
                    yield receipts
        yield from self._overdue()
        if not ready:
            self._wait(waiting)

    def end(self) -> None:
        """Let idle actors remove their copies of media; the busy ones, of a run that was broken off, are stopped."""
        with suppress(RayError):
            ending = [actor.end.remote() for actor in self.idle]
            ray.wait(ending or [ray.put(None)], num_returns=max(1, len(ending)), timeout=END_S)
        for actor in [*self.idle, *(given.actor for given in self.given.values())]:
            ray.kill(actor)

    def _fill(self, count: int) -> bool:
        """Whether so many visits are in the queue; as far as there are any, they are taken from those to come."""
        while len(self.queue) < count and (tasks := next(self.to_come, None)):
            self.queue.append((tasks, 0))
        return len(self.queue) >= count

    def _drop_dead(self) -> None:
        """Forget idle actors that have died with their node, before a visit is lost to them."""
        asked = {actor.at.remote(): actor for actor in self.idle}
        ready, _ = ray.wait(list(asked), num_returns=len(asked), timeout=BEAT_S) if asked else ([], [])
        self.idle = [asked[ref] for ref in ready if _answers(ref)]

    def _lost(self, given: _Given, reason: str) -> Iterator[list[Receipt]]:
        if given.tasks is None:
            self.lost_at_start += 1
            if self.lost_at_start >= LOST_AT_START:
                raise Missing(
                    f"{LOST_AT_START} workers in a row ended before they began; on every node of the cluster has to be "
                    "this program, as here; the logs of Ray say more"
                )
        elif len(given.tasks) > 1:
            self.queue.extend(([task], 0) for task in given.tasks)
        elif given.losses + 1 < ALONE:
            self.queue.append((given.tasks, given.losses + 1))
        else:
            yield list(failures(self.one, given.tasks[0], reason))

    def _overdue(self) -> Iterator[list[Receipt]]:
        for ref, given in list(self.given.items()):
            # asked, it may have longer
            if given.tasks and given.is_overdue() and given.at() and given.is_overdue():
                ray.kill(given.actor)
                del self.given[ref]
                if len(given.tasks) > 1:
                    self.queue.extend(([task], 0) for task in given.tasks)
                else:
                    error = f"took longer than {given.limit_s + given.sound_s:.0f} s"
                    yield list(failures(self.one, given.tasks[0], error))

    def _wait(self, waiting: Waiting) -> None:
        busy = [given for given in self.given.values() if given.tasks]
        if busy:
            longest = min(busy, key=lambda given: given.since_s)
            waiting(longest.tasks or (), time.monotonic() - longest.since_s, longest.at()[0])
        elif self.queue and self.given:
            since_s = min(given.since_s for given in self.given.values())
            waiting(
                self.queue[0][0],
                time.monotonic() - since_s,
                "waiting for a place on the cluster; `ray status` says more",
            )


def _resources(device: str) -> dict[str, float]:
    return {"num_cpus": 1} if device == CPU else {"num_cpus": 1, "num_gpus": 1}


def _connect(address: str) -> None:
    if ray.is_initialized():
        return
    host, _, port = address.rpartition(":")
    try:
        if host and port.isdecimal():  # Ray itself tries for minutes
            socket.create_connection((host, int(port)), END_S).close()
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    except (OSError, ValueError, RuntimeError, RayError) as error:
        raise Missing(f"no Ray cluster answers at {address!r} ({error}); start one with: ray start --head") from None


def _answers(ref: Any) -> bool:
    try:
        ray.get(ref)
    except RayError:
        return False
    return True


def _cause(error: RayTaskError) -> Exception:
    """What went wrong on a node: an error of ours as it is, any other with where it came from."""
    cause: Any = error.cause
    return cause if isinstance(cause, EmocurateError) else error
