"""One actor of a Ray cluster: a process on some node that makes visits, with media it copies from the store."""

import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path

import cv2

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # read when ray is imported

import ray

from curate.sessions import use_device
from curate.weights import prove
from pipelines.engine.lease import aside
from pipelines.engine.objects import ObjectStore
from pipelines.engine.passes import Pass
from pipelines.engine.store import Store
from pipelines.engine.visit import Task, visit
from pipelines.engine.workers import Visit
from schemas.errors import BadSetting, EmocurateError, Unwritable
from schemas.stage import Receipt

ROOM = "copies"


@dataclass(frozen=True)
class Node:
    """What has to be the same on every node."""

    program: str = field(default_factory=lambda: metadata.version("emocurate"))
    python: str = field(default_factory=lambda: ".".join(platform.python_version_tuple()[:2]))

    def __str__(self) -> str:
        return f"emocurate {self.program} and Python {self.python}"


@contextmanager
def _named() -> Iterator[None]:
    """What goes wrong has the name of the node."""
    try:
        yield
    except EmocurateError as error:
        raise type(error)(f"node {platform.node()}: {error}") from None


class Visitor:
    """One actor: a process on some node that makes visits and keeps its models."""

    def __init__(self, one: Pass, device: str) -> None:
        cv2.setNumThreads(1)
        self.one, self.device = one, device
        self.held = ExitStack()
        self.copies: Path | None = None
        self.now: tuple[str, int] = "", 0

    def begin(self, sample: tuple[Task, bool], driver: Node) -> None:
        """Look whether visits can be made here; raises BadSetting or Missing with the name of the node."""
        with _named():
            if (here := Node()) != driver:
                raise BadSetting(f"it has {here}, the driver has {driver}; install the same on every node")
            use_device(self.device)
            for weights in {weights for stage in self.one.stages for weights in getattr(stage, "models", ())}:
                prove(weights)
            task, is_there = sample
            if is_there and not self._reached(task.store).has(task.asset.id, task.asset.size):
                raise BadSetting(f"it sees {task.store.root}, without the media that are there for the driver")

    def visit(self, tasks: Visit) -> list[Receipt]:
        """The receipts of a visit, of media that are had from here."""
        self.now = "", 0
        with _named():
            had = [replace(task, store=self._reached(task.store)) for task in tasks]
        return visit(self.one, had, self._note)

    def at(self) -> tuple[str, int]:
        """What the visit is at, and how many milliseconds of sound it hears; answered beside it, in another thread."""
        return self.now

    def _note(self, doing: str, sound_ms: int) -> None:
        self.now = doing, max(sound_ms, self.now[1])

    def end(self) -> None:
        """Remove the copies of media."""
        self.held.close()

    def _reached(self, store: Store) -> Store:
        if not isinstance(store, ObjectStore):
            if not store.root.is_dir():
                raise BadSetting(
                    f"it does not see {store.root}; put it on a disk that every node has at the same place, or "
                    "the media on an object store: emocurate config set store.address s3://BUCKET/NAME"
                )
            return store
        if self.copies is None:
            folder = self.held.enter_context(aside(_own_folder(), ROOM))  # what dead workers left there goes now
            self.copies = Path(self.held.enter_context(tempfile.TemporaryDirectory(dir=folder)), ROOM)
        return store.on_node(self.copies)


ACTOR = ray.remote(max_restarts=0, max_task_retries=0, max_concurrency=2)(Visitor)


def _own_folder() -> Path:
    """A folder on this node that belongs to this user alone; raises Unwritable where somebody else has made it."""
    folder = Path(tempfile.gettempdir(), f"emocurate-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.is_symlink():
        raise Unwritable(f"{folder} belongs to somebody else; set TMPDIR to a folder of yours")
    return folder
