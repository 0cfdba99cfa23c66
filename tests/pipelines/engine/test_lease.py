"""Leases: one verb at a time, and what the killed left aside is swept while nobody living is near."""

import subprocess
import sys
from pathlib import Path

from pipelines.engine.lease import aside

WRITE = """
import pathlib, sys
from pipelines.engine.lease import aside
with aside(pathlib.Path(sys.argv[1]), "media") as folder:
    (folder / "half").write_text("half a file")
    print("inside", flush=True)
    sys.stdin.read()
"""


def files_inside(home: Path) -> list[str]:
    with aside(home, "media") as folder:
        return [path.name for path in folder.iterdir()]


def test_what_a_killed_process_left_aside_is_swept_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITE, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == b"inside\n"
        assert files_inside(tmp_path) == ["half"]
        writer.kill()
    assert files_inside(tmp_path) == []


def test_a_folder_left_aside_is_swept_whole(tmp_path: Path) -> None:
    left = tmp_path / "media" / "aside" / "scratch" / "deep"
    left.mkdir(parents=True)
    (left / "table").touch()
    assert files_inside(tmp_path) == []


def test_two_may_be_inside_at_once_and_neither_loses_anything(tmp_path: Path) -> None:
    with aside(tmp_path, "media") as folder:
        (folder / "mine").touch()
        assert files_inside(tmp_path) == ["mine"]
        (folder / "mine").rename(tmp_path / "whole")
