"""SIGKILL at any moment, then the same command: what an uninterrupted run leaves. (Push and pull: test_round_trip.)"""

import os
import shutil
import signal
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipelines.engine.catalog import Catalog
from tests.processes import emocurate, points

pytestmark = pytest.mark.long

COLUMNS = {
    "sources": "id, basis, licence",
    "assets": "id, kind, format, size",
    "arrivals": "id, asset, source",
    "statements": "asset, name, scope, source, speaker, language, transcript, requested",
    "clips": "id, asset, kind, start_ms, end_ms, box",
    "scores": '"row", stage, name, value, vector',
    "receipts": 'stage, "row", state, reason, attempt, made',
    "live_clips": "id, asset, kind, pinned",
}


def tables(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    return {name: Catalog(home).rows(f"SELECT {columns} FROM {name} ORDER BY ALL") for name, columns in COLUMNS.items()}


@pytest.fixture(scope="module")
def incoming(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three of the sample recordings, a picture with a face, and a text."""
    from PIL import Image
    from skimage import data

    folder = tmp_path_factory.mktemp("incoming")
    for sample in sorted((Path(str(files("pipelines.demo"))) / "media").glob("*.flac"))[:3]:
        shutil.copy(sample, folder)
    Image.fromarray(data.astronaut()).save(folder / "astronaut.png")
    (folder / "notes.txt").write_text("not media")
    return folder


@pytest.fixture(scope="module")
def uninterrupted(incoming: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection that was added to and run without a break."""
    home = tmp_path_factory.mktemp("whole") / "home"
    emocurate("init", str(home))
    emocurate("add", str(incoming), "--home", str(home), "--licence", "CC-BY-4.0")
    emocurate("run", "--home", str(home), "--on", "inline")
    return home


ADD = points(
    "pipelines.engine.store:Store._settle before 2",  # a file is written aside and has no name yet
    "pipelines.engine.catalog:Catalog.commit before 1",
    heavy=(
        "pipelines.engine.store:Store._settle after 3",
        "pipelines.engine.catalog:_insert before 3",
        "pipelines.engine.catalog:Catalog.commit after 1",
    ),
)
RUN = points(
    "pipelines.engine.catalog:_insert before 2",
    "pipelines.engine.live:refresh before 2",
    heavy=(
        "pipelines.engine.live:refresh before 1",
        "pipelines.find.run:owed_assets after 1",
        "pipelines.engine.visit:visit after 1",
        "pipelines.engine.catalog:Catalog.commit after 1",
    ),
)


@pytest.mark.parametrize("point", ADD)
def test_an_add_that_is_killed_and_repeated_is_an_add(
    point: str, incoming: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    emocurate("init", str(home))
    add = ("add", str(incoming), "--home", str(home), "--licence", "CC-BY-4.0")
    assert emocurate(*add, kill=point) == -signal.SIGKILL
    emocurate(*add)
    assert list((home / "media" / "aside").iterdir()) == []
    emocurate("run", "--home", str(home), "--on", "inline")
    assert tables(home) == tables(uninterrupted)


@pytest.mark.parametrize("point", RUN)
def test_a_run_that_is_killed_and_repeated_is_a_run(
    point: str, incoming: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    emocurate("init", str(home))
    emocurate("add", str(incoming), "--home", str(home), "--licence", "CC-BY-4.0")
    run = ("run", "--home", str(home), "--on", "inline")
    assert emocurate(*run, kill=point) == -signal.SIGKILL
    emocurate(*run)
    assert tables(home) == tables(uninterrupted)


CUT = """
import multiprocessing, os, pathlib, signal, sys
from pipelines.cuts import make_cuts
from pipelines.cutting import Job
from schemas.media import Clip

def end(*_):
    print(*(child.pid for child in multiprocessing.active_children()), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    jobs = [Job(f"{n:032x}", "sound", "voice", (Clip(f"{n:032x}", "utterance", 0, 900),)) for n in range(99)]
    make_cuts(pathlib.Path(sys.argv[1]), jobs, 2, end)
"""


def test_a_driver_that_is_killed_takes_those_who_cut_for_it_with_it(tmp_path: Path) -> None:
    script = tmp_path / "cut.py"
    script.write_text(CUT)
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL
    cutters = [psutil.Process(int(pid)) for pid in done.stdout.split() if psutil.pid_exists(int(pid))]
    assert done.stdout
    assert psutil.wait_procs(cutters, timeout=60)[1] == []


@pytest.mark.heavy  # that the pool ends is held by engine/test_workers, that a run goes on by the tests above
def test_a_driver_that_is_killed_takes_its_pool_with_it(incoming: Path, uninterrupted: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    emocurate("init", str(home))
    emocurate("add", str(incoming), "--home", str(home), "--licence", "CC-BY-4.0")
    run = ("run", "--home", str(home), "--workers", "2")
    assert emocurate(*run, kill="pipelines.engine.catalog:Catalog.commit before 1") == -signal.SIGKILL
    emocurate(*run)
    assert tables(home) == tables(uninterrupted)
