"""One benchmark in a process of its own, for a time that is bounded, with all that it starts."""

import fcntl
import multiprocessing
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import FrameType

import psutil

from pipelines.engine.keys import KEYS
from schemas.errors import Missing
from tests.benchmarks.figures import Figure

CLOSING_S = 20.0
PLACES = {"TMPDIR": "", KEYS: "keys"}  # collections made here leave nothing behind

Told = Figure | str


def told(name: str, limit_s: float, folder: str) -> Iterator[Told]:
    """The figures of a benchmark as they come; at the end, if there are no more, why."""
    with _turn():
        for variable, part in PLACES.items():
            os.environ[variable] = str(Path(folder) / part)
        receiver, sender = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("spawn").Process(target=_tell, args=(name, sender))
        process.start()
        sender.close()
        try:
            yield from _heard(receiver, process, time.monotonic() + limit_s, limit_s)
        finally:
            _ended(process)


def _heard(receiver: Connection, process: SpawnProcess, until: float, limit_s: float) -> Iterator[Told]:
    while receiver.poll(max(until - time.monotonic(), 0)):
        try:
            outcome: Told | None = receiver.recv()
        except EOFError:
            process.join(CLOSING_S)
            yield f"failed: its process ended with {process.exitcode}"
            return
        if outcome is None:
            process.join(CLOSING_S)
            return
        yield outcome
    yield f"stopped after {limit_s:,.0f} s"


def _tell(name: str, sender: Connection) -> None:
    """Send the figures of a benchmark, none where its own lines tell all; then None, or why there are no more."""
    os.setsid()
    signal.signal(signal.SIGTERM, _stop)
    tempfile.tempdir = None  # as TMPDIR says
    try:
        for figure in import_module(f"tests.benchmarks.bench_{name}").main() or ():
            sender.send(figure)
        sender.send(None)
    except (Missing, ImportError) as error:
        sender.send(f"left out: {error}")
        sender.send(None)
    except Exception as error:  # noqa: BLE001 - one that fails costs the others nothing
        traceback.print_exc()
        sender.send(f"failed: {type(error).__name__}: {error}"[:200])
        sender.send(None)


def _stop(_number: int, _frame: FrameType | None) -> None:
    """End as after an exception, so that servers are stopped."""
    sys.exit(1)


def _ended(process: SpawnProcess) -> None:
    """End a benchmark and all that it has started: first so that servers are stopped, then in any case."""
    assert process.pid
    running = []
    if process.is_alive():
        benchmark = psutil.Process(process.pid)
        running = [*benchmark.children(recursive=True), benchmark]
    for one in running:
        with suppress(psutil.NoSuchProcess):
            one.terminate()
    for one in psutil.wait_procs(running, CLOSING_S)[1]:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    process.join()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # what it left behind


@contextmanager
def _turn() -> Iterator[None]:
    """Wait for the file that several runs on a machine share, if there is one."""
    if "BENCH_LOCK" not in os.environ:
        yield
        return
    with Path(os.environ["BENCH_LOCK"]).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
