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
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

LOADED = ["cli", "pipelines.find.pipeline", "pipelines.find.run", "pipelines.ask.push", "pipelines.ask.pull"]
LOADED += ["pipelines.release.export", "pipelines.forget.forget", "pipelines.show.terminal"]
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(LOADED)
AT_MOST_S = 240


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
    process = SERVER.Process(target=_run, args=(verb, kill, said, dict(os.environ), str(Path.cwd())))
    process.start()
    return process


def _run(verb: tuple[str, ...], kill: str | None, said: str, environment: dict[str, str], folder: str) -> None:
    """What the new process does: the command line, as from a shell in that folder."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    to = os.open(said, os.O_WRONLY | os.O_APPEND)
    os.dup2(to, 1)
    os.dup2(to, 2)
    if kill:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core: what is cut is cut in this process
        target, when, nth = kill.split()
        arm(target, when, int(nth))
    sys.argv = ["emocurate", *verb]
    importlib.import_module("cli").main()


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
