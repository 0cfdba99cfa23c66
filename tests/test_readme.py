"""What the README promises is run: the tour line by line, and the demonstration twice."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from annotate.studio import server
from annotate.studio.client import Studio
from annotate.studio.interface import result_of
from pipelines import collection
from pipelines.ask.push import origin_of
from tests import processes
from tests.studio_server import copied

ROOT = Path(__file__).resolve().parents[1]
TOUR = re.findall(r"```console tour\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)


def typed(line: str, folder: Path) -> str:
    """What a line prints when it is typed in a folder."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def walk(lines: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Type lines one after the other, each in a process of its own; gives the folder one ends in.

    The first is typed in a shell, which finds the program that is installed; the others are forked, which is faster.
    """
    for line in lines:
        if line.startswith("cd "):
            folder = folder / line.removeprefix("cd ")
        elif line.startswith("emocurate init "):
            typed(line, folder)
        else:
            program, *words = shlex.split(line)
            monkeypatch.chdir(folder)
            done = processes.typed(*words)
            assert (program, done.returncode) == ("emocurate", 0), f"{line}\n{done.stdout}\n{done.stderr}"
    return folder


def answer_as_a_person(home: Path) -> None:
    """Stand in for the person of the tour: answer every task of the first project."""
    running = server.running(home / "studio")
    assert running
    here = collection.find(home)
    studio = Studio(running.address, running.token)
    project = studio.found(origin_of(home, here.schemes[0], "voice"))
    assert project is not None
    for task in studio.asked(project).values():
        studio.answer(task, result_of(here.schemes[0], {"emotion": "fear", "intensity": 20}), 900)


@pytest.mark.studio
def test_the_tour_leads_from_a_folder_to_a_release(
    tmp_path: Path, studio_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    for sample in sorted((Path(str(files("pipelines.demo"))) / "media").glob("*.flac"))[:3]:
        shutil.copy(sample, recordings)
    before, after = (block.strip().splitlines() for block in TOUR)
    copied(studio_template, tmp_path / "my-data" / "studio")  # spares the minute of a first start
    home = walk(before, tmp_path, monkeypatch)
    answer_as_a_person(home)
    walk(after, home, monkeypatch)
    assert (home / "releases" / "v1" / "README.md").is_file()
    assert list((home / "releases" / "v1" / "voice").glob("*.tar"))


@pytest.fixture(scope="module")
def demonstrated(tmp_path_factory: pytest.TempPathFactory, studio_template: Path) -> tuple[Path, str]:
    """The collection that the demonstration made, and what it said."""
    home = tmp_path_factory.mktemp("walked") / "demo"
    copied(studio_template, home / "studio")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOCURATE_KEYS", str(home.parent / "keys"))
        return home, typed(f"emocurate demo {home} --no-keep", home.parent)


@pytest.mark.studio
@pytest.mark.heavy  # `make demo` is the same
def test_the_demonstration_goes_the_whole_way(demonstrated: tuple[Path, str]) -> None:
    _, first = demonstrated
    assert "scripted-demo-rater-1@example.com: 0 new" not in first
    assert "datasets: voice train" in first
    assert "webdataset: face/" in first
    assert "shards are byte for byte what they were" in first
    assert "0 hold it" in first
    assert re.search(r"relocated, in shards of their own +2\n", first)


@pytest.mark.heavy  # of every verb it types, a test beside the verb says that a second call does nothing
@pytest.mark.studio
def test_a_second_demonstration_does_nothing_twice(
    demonstrated: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, _ = demonstrated
    monkeypatch.setenv("EMOCURATE_KEYS", str(home.parent / "keys"))
    second = typed(f"emocurate demo {home} --no-keep", home.parent)
    assert "scripted-demo-rater-3@example.com: 0 new answers" in second
    assert "(0 new)" in second
    assert "nothing to do: every file is up to date" in second
    assert "release v2 is up to date" in second
    assert "forgotten already" in second
    assert "left out: reading it" not in second
    assert "asked for: nothing, all of it is here" in second
    assert sorted(path.name for path in (home / "releases").iterdir()) == ["v1", "v2"]
