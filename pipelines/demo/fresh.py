"""An environment in which there is only `datasets`: what somebody has who downloads a release."""

import os
import subprocess
import tempfile
import venv
from importlib import metadata
from pathlib import Path

from annotate.studio.installation import cache_folder, only_one

CODE = """
import sys
from importlib.util import find_spec
from datasets import load_dataset
rows = load_dataset(sys.argv[1], sys.argv[2], split=sys.argv[3])
assert find_spec("webdataset") is None and find_spec("pipelines") is None
print(len(rows))
"""
LIMIT_S = 600


def read_there(release: Path, configuration: str, split: str) -> tuple[int | None, str]:
    """How many rows `datasets` reads in an environment of its own, and its version; None with the reason otherwise.

    The environment is made once, in the user's cache, and needs a package registry then; never the network after it.
    """
    version = metadata.version("datasets")
    python, trouble = _python(version)
    if python is None:
        return None, trouble
    with tempfile.TemporaryDirectory() as scratch:
        variables = {"PATH": os.environ["PATH"], "HOME": scratch, "HF_HUB_OFFLINE": "1"}
        command = [str(python), "-c", CODE, str(release.resolve()), configuration, split]
        done = subprocess.run(command, cwd=scratch, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        return None, (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
    return int(done.stdout), version


def _python(version: str) -> tuple[Path | None, str]:
    """The Python of that environment; None with the reason where it cannot be made."""
    folder = cache_folder() / f"only-datasets-{version}"
    python, ready = folder / "bin" / "python", folder / "ready"
    cache_folder().mkdir(parents=True, exist_ok=True)
    with only_one(folder.with_suffix(".lock")):
        if ready.exists():
            return python, ""
        try:
            venv.create(folder, with_pip=True, clear=True)
        except (subprocess.CalledProcessError, OSError) as error:
            return None, f"no environment with pip can be made by this Python (is ensurepip installed?): {error}"
        command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", f"datasets=={version}"]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", check=False, timeout=LIMIT_S
            )
        except subprocess.TimeoutExpired:
            return None, f"pip did not end within {LIMIT_S} s"
        if done.returncode:
            return None, (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        ready.touch()
        return python, ""
