"""Builds the wheel and tries it: a smoke run of the command, or the whole suite against the wheel's files.

The wheel is unpacked beside the environment's packages and put before the checkout on the path; the tests run from a
copy, so that nothing of the checkout can be imported.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Build, unpack, try; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", action="store_true", help="run the whole suite against the wheel")
    parser.add_argument("--smoke", action="store_true", help="only run the command once")
    wants = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        wheel = built(home)
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(home / "wheel"), str(wheel)],
            check=True,
        )
        environment = {**os.environ, "PYTHONPATH": str(home / "wheel"), "PYTHONSAFEPATH": "1"}
        smoke(home, environment)
        return suite(home, environment) if wants.suite else 0


def built(home: Path) -> Path:
    """The wheel, made from the source distribution as a packager would."""
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(home / "dist"), str(ROOT)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return next((home / "dist").glob("*.whl"))


def smoke(home: Path, environment: dict[str, str]) -> None:
    """The way from sample media to found clips, with the wheel's files alone."""
    where = "import cli, schemas; print(cli.__file__); print(schemas.__file__)"
    told = subprocess.run(
        [sys.executable, "-c", where], env=environment, cwd=home, check=True, capture_output=True, text=True
    )
    assert all(str(home) in line for line in told.stdout.split()), told.stdout  # the wheel, not the checkout
    collection = str(home / "collection")
    samples = str(home / "wheel" / "pipelines" / "demo" / "media")
    for command in (
        ["--help"],
        ["init", collection],
        ["add", samples, "--home", collection, "--licence", "CC0-1.0"],
        ["run", "--home", collection],
        ["status", "--home", collection],
    ):
        subprocess.run(
            [sys.executable, "-m", "cli", *command], env=environment, cwd=home, check=True, stdout=subprocess.DEVNULL
        )
    print("the wheel works")


def suite(home: Path, environment: dict[str, str]) -> int:
    """The exit code of the suite, run from a copy of the tests."""
    shutil.copytree(ROOT / "tests", home / "copy" / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "constraints.txt", "Makefile", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, home / "copy" / name)
    shared = os.environ.get("EMOCURATE_SHARED", str(ROOT.parent / "shared"))
    environment |= {"EMOCURATE_SHARED": shared, "EMOCURATE_WHEEL": str(home / "wheel")}
    spread = ["-n", "4", "--dist", "loadfile", "--no-loadscope-reorder"]
    command = [sys.executable, "-m", "pytest", *spread, "-p", "no:cacheprovider"]
    return subprocess.run(command, env=environment, cwd=home / "copy", check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
