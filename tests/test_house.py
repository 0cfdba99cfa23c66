"""The house: rooms of a size, names that say something, promises of the project's files."""

import ast
import functools
import hashlib
import re
import tomllib
from collections.abc import Iterable
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from curate.faces.mtcnn import MTCNN
from curate.voices.embeddings import CAMPPLUS
from curate.voices.segmentation import SEGMENTER
from curate.voices.silero import SILERO
from pipelines.doctor import findings

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("schemas", "curate", "annotate", "pipelines")
NOTHINGS = {"utils", "util", "helpers", "helper", "common", "misc", "base", "core", "manager", "handler", "processor"}


def house() -> Path:
    """The checkout, or the wheel that stands in for it."""
    import schemas

    return Path(schemas.__file__).parents[1]


def code() -> list[Path]:
    return [house() / "cli.py", *(path for room in ROOMS for path in sorted((house() / room).rglob("*.py")))]


def place(path: Path, line: int = 1) -> str:
    """Where something stands that should not, as a person would open it."""
    return f"{path.relative_to(house())}:{line}"


@functools.cache
def trees() -> dict[Path, ast.Module]:
    """Every file of the house, parsed."""
    return {path: ast.parse(path.read_text("utf-8")) for path in code()}


def test_a_file_is_no_longer_than_three_hundred_lines_and_the_verbs_are_no_longer_than_six_hundred() -> None:
    lines = {path: path.read_text("utf-8").count("\n") for path in code()}
    verbs = house() / "cli.py"  # as long as there are verbs, each thin
    assert [place(path) for path, count in lines.items() if count > (600 if path == verbs else 300)] == []


def test_every_file_says_in_its_first_line_what_it_is_for() -> None:
    assert [place(path) for path, tree in trees().items() if not ast.get_docstring(tree)] == []


def test_no_function_is_longer_than_forty_lines() -> None:
    too_long = []
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if isinstance(node.body[0], ast.Expr) and len(node.body) > 1 else node.body
                too_long += [place(path, node.lineno)] if (node.end_lineno or 0) - body[0].lineno >= 40 else []
    assert too_long == []


def test_nothing_prints_but_the_rooms_of_show() -> None:
    silent = {path: tree for path, tree in trees().items() if path.parent != house() / "pipelines" / "show"}
    calls = [(path, node) for path, tree in silent.items() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    printed = [(path, call) for path, call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
    assert [place(path, call.lineno) for path, call in printed] == []


def test_no_verb_is_longer_than_fifteen_lines() -> None:
    files = [house() / "cli.py", *(house() / "pipelines" / "commands").glob("*.py")]
    nodes = [node for path in files for node in ast.parse(path.read_text("utf-8")).body]
    for verb in (node for node in nodes if isinstance(node, ast.FunctionDef) and node.decorator_list):
        assert (verb.end_lineno or 0) - verb.body[1].lineno < 15, verb.name


def test_no_room_is_named_after_nothing() -> None:
    assert [path.name for path in code() if path.stem in NOTHINGS] == []


def test_every_dependency_is_pinned_in_the_constraints_and_no_address_is_in_them() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    constraints = (ROOT / "constraints.txt").read_text("utf-8")
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in constraints.splitlines() if "==" in line}
    wanted = project["dependencies"] + [one for some in project["optional-dependencies"].values() for one in some]
    names = {
        one.split("[")[0].split(">")[0].split("=")[0].split("<")[0].strip().lower().replace("_", "-") for one in wanted
    }
    assert names - pinned == {"emocurate"}
    assert "//" not in constraints


def project() -> dict[str, Any]:
    return dict(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8")))


def forbidden_gpl() -> list[str]:
    """The GPL packages that the import contracts keep out of the source."""
    contracts = project()["tool"]["importlinter"]["contracts"]
    (contract,) = [contract for contract in contracts if contract["name"] == "no GPL package in the source"]
    return list(contract["forbidden_modules"])


def needed(requirements: Iterable[str], known: frozenset[str] = frozenset()) -> frozenset[str]:
    """The distributions that requirements bring, with all that those need."""
    for text in requirements:
        requirement = Requirement(text)
        if requirement.name in known or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        try:
            further = metadata.requires(requirement.name) or ()
        except metadata.PackageNotFoundError:  # of another system
            continue
        known = needed(further, known | {requirement.name})
    return known


def is_gpl(name: str) -> bool:
    told = metadata.metadata(name)
    classifiers = [line for line in told.get_all("Classifier") or () if line.startswith("License")]
    texts = (told.get("License-Expression") or "", (told.get("License") or "")[:80], *classifiers)
    return any(re.search(r"(?<!L)GPL|(?<!Lesser )General Public License", text) for text in texts)


def test_no_package_that_is_needed_at_run_time_is_under_the_gpl() -> None:
    names = needed(
        [
            *project()["project"]["dependencies"],
            *(one for extra in ("crawl", "demo") for one in project()["project"]["optional-dependencies"][extra]),
        ]
    )
    assert len(names) > 60
    assert sorted(filter(is_gpl, names)) == []


def test_the_import_contracts_forbid_every_gpl_package_of_the_tests() -> None:
    dev = [text for text in project()["project"]["optional-dependencies"]["dev"] if not text.startswith("emocurate")]
    assert sorted(filter(is_gpl, needed(dev))) == sorted(forbidden_gpl())
    assert not any(f"import {name}" in path.read_text("utf-8") for path in code() for name in forbidden_gpl())


def test_the_notice_gives_the_sha256_of_every_model_file() -> None:
    listed = re.findall(r"^ +([0-9a-f]{64})  (\S+)$", (ROOT / "NOTICE").read_text("utf-8"), re.M)
    assert len(listed) == 10
    for sha256, path in listed:
        package, _, inside = path.partition("/")
        spec = find_spec(package)
        assert spec
        assert spec.origin
        assert hashlib.sha256((Path(spec.origin).parent / inside).read_bytes()).hexdigest() == sha256


def test_the_notice_names_every_model_and_every_wheel_with_gpl_binaries(tmp_path: Path) -> None:
    notice = (ROOT / "NOTICE").read_text("utf-8")
    wheels = [finding.what.split()[-1] for finding in findings(tmp_path) if finding.what.startswith("GPL binaries")]
    assert wheels
    assert all(re.search(rf"^{wheel} .*", notice, re.M) for wheel in wheels)
    assert all(weights.sha256 in notice for weights in (SILERO, MTCNN, SEGMENTER, CAMPPLUS))
    assert all(package in notice for package in forbidden_gpl())


def test_licence_and_notice_go_into_the_wheel_and_the_sources() -> None:
    sources = project()["tool"]["hatch"]["build"]["targets"]["sdist"]["only-include"]
    for name in project()["project"]["license-files"]:
        assert (ROOT / name).is_file()
        assert name in sources
    assert project()["project"]["license-files"] == ["LICENSE", "NOTICE"]


def test_the_base_installation_needs_no_torch_and_no_ffmpeg_program() -> None:
    assert not {"torch", "torchcodec", "imageio-ffmpeg"} & needed(project()["project"]["dependencies"])
