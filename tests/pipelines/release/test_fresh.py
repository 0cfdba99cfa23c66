"""A release in the environment of somebody who has `datasets`, or `webdataset`, and nothing of ours."""

import os
import re
import subprocess
import venv
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.pipelines.release.samples import flac, webp, write_release
from tests.pipelines.release.test_loading import code_blocks, faces, hard_cases

pytestmark = pytest.mark.heavy
CONSTRAINTS = Path(__file__).parents[3] / "constraints.txt"
STREAMED = r"\1, streaming=True)", r'(load_dataset\(folder, "[\w-]+", split="\w+")\)'


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    write_release(folder, [*hard_cases(), *faces()])
    return folder


@pytest.fixture(scope="module")
def datasets_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment(tmp_path_factory.mktemp("datasets"), "datasets")


@pytest.fixture(scope="module")
def webdataset_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment(tmp_path_factory.mktemp("webdataset"), "webdataset")


def environment(folder: Path, package: str) -> Path:
    """The Python of a new environment that has one package with what it requires."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-c", CONSTRAINTS, package]
    subprocess.run(install, check=True)
    assert said(python, folder, f"import {package}, importlib.util as u; print(u.find_spec('torch'))") == "None\n"
    return python


def said(python: Path, home: Path, code: str, *paths: Path) -> str:
    """What code prints there, without the network and with `paths` to find more packages in."""
    variables = {"PATH": os.environ["PATH"], "HOME": str(home), "HF_HUB_OFFLINE": "1"}
    variables |= {"PYTHONPATH": os.pathsep.join(map(str, paths))} if paths else {}
    done = subprocess.run([python, "-c", code], cwd=home, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def lent(folder: Path, *packages: str) -> Path:
    """A folder with packages of this environment and what they require, and no others."""
    waiting, seen = list(packages), set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        found = distribution(name)
        for top in {file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "__pycache__")}:
            link = folder / top
            if not link.exists():
                link.symlink_to(Path(str(found.locate_file(top))))
        wanted = map(Requirement, found.requires or ())
        waiting += [one.name for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    return folder


def blocks(release: Path, *, using: str, without: tuple[str, ...]) -> Iterator[str]:
    """The code of the card that uses a package and none of others, each a whole program."""
    first, *rest = code_blocks(release)
    shards = ""
    for block in rest:
        if "glob.glob(" in block:
            shards = block  # what follows in a section goes on from there
        begins = ("DataLoader" not in block and "every_nth" not in block) or "load_dataset" in block
        if using in block and not any(name in block for name in without):
            yield "\n".join([first, "" if begins else shards, block])


def test_the_card_is_true_where_there_is_only_datasets(release: Path, datasets_alone: Path, tmp_path: Path) -> None:
    needing = ("torch", "import webdataset", "get_all_samples", ".size)")
    programs = list(blocks(release, using="load_dataset", without=needing))
    assert len(programs) == 6  # rows, streamed rows and any path, of voices and faces
    printed = [said(datasets_alone, tmp_path, program) for program in programs]
    assert [words.split()[-1] for words in printed[::3]] == [str(len(flac())), str(len(webp()))]
    assert [words.strip() for words in printed[2::3]] == ["40", "2"]
    for program in programs:
        assert said(datasets_alone, tmp_path, re.sub(STREAMED[1], STREAMED[0], program))
    tables = list(blocks(release, using="import pyarrow", without=()))
    assert [said(datasets_alone, tmp_path, program).split()[0] for program in tables] == ["42", "6"]


@pytest.mark.parametrize("more", ["", ", streaming=True"])
def test_the_configuration_that_comes_unasked_needs_nothing_but_datasets(
    release: Path, datasets_alone: Path, tmp_path: Path, more: str
) -> None:
    code = f"""
from datasets import load_dataset
rows = load_dataset({str(release)!r}{more})
kind = rows["train"].features["json"]["emotion"]
soft = [row["json"]["emotion_soft"] for row in rows["train"] if row["json"]["emotion"] == kind.str2int("fear")]
print(sorted(rows), kind.names[2], soft, {{row["flac"][:4] for row in rows["test"]}})
"""
    shares = [0.25, 0.0, 0.75, 0.0, 0.0, 0.0, 0.0]
    assert said(datasets_alone, tmp_path, code) == f"['test', 'train'] fear [{shares}] {{b'fLaC'}}\n"


def test_media_configurations_need_beside_datasets_what_the_card_says(
    release: Path, datasets_alone: Path, tmp_path: Path
) -> None:
    (code,) = blocks(release, using=".size)", without=("webdataset",))
    with pytest.raises(AssertionError, match="Pillow"):
        said(datasets_alone, tmp_path, code)
    assert "(64, 48)" in said(datasets_alone, tmp_path, code, lent(tmp_path, "pillow"))
    assert "decoded (needs Pillow)" in (release / "README.md").read_text("utf-8")


@pytest.mark.ffmpeg
def test_sound_is_decoded_beside_datasets_with_torch_and_torchcodec(
    release: Path, datasets_alone: Path, tmp_path: Path
) -> None:
    (code,) = blocks(release, using="get_all_samples", without=())
    paths = lent(tmp_path, "torch", "torchcodec")
    assert "torch.Size([1, 8000]) 16000" in said(datasets_alone, tmp_path, code, paths)


def test_the_card_is_true_where_there_is_only_webdataset(release: Path, webdataset_alone: Path, tmp_path: Path) -> None:
    programs = list(blocks(release, using="webdataset.", without=("torch.", "load_dataset")))
    assert len(programs) == 4  # shards and more readers than shards, of voices and faces
    printed = [said(webdataset_alone, tmp_path, program) for program in programs]
    assert [words.split()[-1] for words in printed[::2]] == [str(len(flac())), str(len(webp()))]


def test_five_lines_of_either_library_and_torch_give_soft_targets(
    release: Path, datasets_alone: Path, webdataset_alone: Path, tmp_path: Path
) -> None:
    (tmp_path / "lent").mkdir()
    torch = lent(tmp_path / "lent", "torch")
    programs = list(blocks(release, using="torch.", without=("load_dataset",)))
    assert [said(webdataset_alone, tmp_path, program, torch).splitlines()[-1] for program in programs] == [
        "tensor([0.2500, 0.0000, 0.7500, 0.0000, 0.0000, 0.0000, 0.0000])",
        "tensor(6.5000)",
    ]
    programs = list(blocks(release, using="torch.", without=("import webdataset", "samples.")))
    programs = [program for program in programs if "load_dataset" in program]
    for program in [*programs, *(re.sub(STREAMED[1], STREAMED[0], program) for program in programs)]:
        assert said(datasets_alone, tmp_path, program, torch) in ("torch.Size([1, 7])\n", "torch.Size([2])\n")
