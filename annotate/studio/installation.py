"""The environment Label Studio lives in: made once by pip, alone, so that its pins never meet ours."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import Missing

VERSION = "1.23.2"
SEAL = "complete"
PIP_NEEDS = ("HOME", "PATH", "TMPDIR", "XDG_CONFIG_HOME", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE")


def silent(_: str) -> None:
    """A listener that does not care."""


def cache_folder() -> Path:
    """Where environments are kept between collections: $XDG_CACHE_HOME/emocurate or ~/.cache/emocurate."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "emocurate"


def environment(cache: Path | None = None, say: Callable[[str], None] = silent) -> Path:
    """The folder of programs of an environment that holds Label Studio alone; made on the first call.

    Two processes never install at once, and an installation that was cut off is done again. Raises Missing.
    """
    cache = cache or cache_folder()
    folder = cache / f"label-studio-{VERSION}"
    cache.mkdir(parents=True, exist_ok=True)
    with only_one(cache / f"{folder.name}.lock") as held:
        if not _sound(folder):
            say(f"Installing Label Studio {VERSION} into {folder} (about 1 GB, once) …")
            _install(folder, held)
            _seal(folder)
    return folder / "bin"


@contextmanager
def only_one(file: Path) -> Iterator[int]:
    """Waits until no other process is inside with the same file; a child that is given the number stays inside too."""
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield held.fileno()


def tail(text: str, lines: int = 12) -> str:
    """The last lines of a text."""
    return "\n".join(text.strip().splitlines()[-lines:])


def _sound(folder: Path) -> bool:
    if not (folder / "bin" / "python").exists() or not (folder / "bin" / "label-studio").exists():
        return False
    if (folder / SEAL).exists():
        return True
    # made by somebody else, or cut off just before the seal: worth two seconds before a gigabyte is fetched again
    program = f"from importlib.metadata import version; assert version('label-studio') == {VERSION!r}"
    checks = (["-c", program], ["-m", "pip", "check"])
    if not all(_run([str(folder / "bin" / "python"), *check]).returncode == 0 for check in checks):
        return False
    _seal(folder)
    return True


def _seal(folder: Path) -> None:
    (folder / SEAL).write_text(f"label-studio {VERSION}\n", "utf-8")


def _install(folder: Path, held: int) -> None:
    made = _run([sys.executable, "-m", "venv", "--clear", str(folder)], held)
    if made.returncode:
        raise Missing(f"cannot make an environment in {folder}: {tail(made.stdout)}\nPython's venv module is needed")
    python = str(folder / "bin" / "python")
    installed = _run([python, "-m", "pip", "install", "--no-input", "--quiet", f"label-studio=={VERSION}"], held)
    if installed.returncode:
        raise Missing(f"pip could not install label-studio=={VERSION}:\n{tail(installed.stdout)}\nTry the same again")


def _run(command: list[str], *held: int) -> subprocess.CompletedProcess[str]:
    """Runs a command that keeps the lock: were we killed, pip would go on, and nobody may install beside it."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name.upper() in PIP_NEEDS}
    return subprocess.run(
        command,
        env=kept,
        pass_fds=held,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
