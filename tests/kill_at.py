"""Runs the command line and kills it at a chosen call: `kill_at.py module:function before|after N -- verb …`.

`before` strikes as the Nth call begins, `after` when it has returned and its caller has not gone on.
"""

import functools
import importlib
import os
import signal
import sys
from typing import Any


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


if __name__ == "__main__":
    target, when, nth, _, *verb = sys.argv[1:]
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core: what is cut is cut in this process
    arm(target, when, int(nth))
    sys.argv = ["emocurate", *verb]
    import cli

    cli.main()
