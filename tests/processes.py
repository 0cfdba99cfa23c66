"""Verbs in processes of their own, killed at a chosen call where that is asked for.

A server that has loaded what verbs need forks them: a new interpreter would spend most of its time on imports.
"""

import functools
import importlib
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

LOADED = ["cli", "pipelines.find.pipeline", "pipelines.find.run", "pipelines.ask.push", "pipelines.ask.pull"]
LOADED += ["pipelines.release.export", "pipelines.forget.forget", "pipelines.show.terminal"]
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(LOADED)
AT_MOST_S = 240


@dataclass(frozen=True)
class Done:
    """What a verb came to: its exit code and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def typed(*verb: str, first: Callable[[], None] | None = None, **environment: str) -> Done:
    """A verb as it is typed, with more in its environment; `first` is called in its process before it."""
    with tempfile.TemporaryDirectory(prefix="said") as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        out.touch()
        err.touch()
        where = (str(Path.cwd()), str(out), str(err))
        process = SERVER.Process(target=_run, args=(verb, first, where, {**os.environ, **environment}))
        process.start()
        process.join(AT_MOST_S)
        assert process.exitcode is not None, f"{verb} takes longer than {AT_MOST_S} s"
        return Done(process.exitcode, out.read_text("utf-8"), err.read_text("utf-8"))


def points(*central: str, heavy: tuple[str, ...] = ()) -> list[Any]:
    """Where to kill, as parameters of a test; those that break the same promise elsewhere are for the complete run."""
    return [*central, *(pytest.param(point, marks=pytest.mark.heavy) for point in heavy)]


def emocurate(*verb: str, kill: str | None = None) -> int:
    """The exit code of a verb; with `kill` ("module:function before 2") it is killed there.

    `before` strikes as the Nth call begins, `after` when it has returned and its caller has not gone on.
    """
    with tempfile.NamedTemporaryFile(prefix="said") as said:
        process = begun(*verb, kill=kill, said=said.name)
        process.join(AT_MOST_S)
        assert process.exitcode in (0, -signal.SIGKILL), Path(said.name).read_text("utf-8")
        return process.exitcode


def begun(*verb: str, kill: str | None = None, said: str = os.devnull) -> BaseProcess:
    """A verb at work; what it prints goes to the file `said`."""
    first = functools.partial(_to_be_killed, kill) if kill else None
    process = SERVER.Process(target=_run, args=(verb, first, (str(Path.cwd()), said, said), dict(os.environ)))
    process.start()
    return process


def _run(
    verb: tuple[str, ...], first: Callable[[], None] | None, where: tuple[str, str, str], environment: dict[str, str]
) -> None:
    """What the new process does: the command line, as from a shell in that folder, printed to two files."""
    folder, *said = where
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, path in enumerate(said, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_APPEND), number)
    if first:
        first()
    sys.argv = ["emocurate", *verb]
    importlib.import_module("cli").main()


def _to_be_killed(point: str) -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core: what is cut is cut in this process
    target, when, nth = point.split()
    arm(target, when, int(nth))


def arm(target: str, when: str, nth: int) -> None:
    """Make the Nth call of a function or method the last thing this process does."""
    module, _, path = target.partition(":")
    owner: Any = importlib.import_module(module)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    original = getattr(owner, name)
    calls = 0

    @functools.wraps(original)
    def deadly(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*given, **named)
        if calls == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, deadly)
    for loaded in list(sys.modules.values()):  # who imported the function by name holds it by another
        for known, value in list(vars(loaded).items()):
            if value is original:
                setattr(loaded, known, deadly)
