"""The house: rooms of a size, names that say something, promises of the project's files."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("schemas", "curate", "annotate", "pipelines")
NOTHINGS = {"utils", "util", "helpers", "helper", "common", "misc", "base", "core", "manager", "handler", "processor"}


def house() -> Path:
    """The checkout, or the wheel that stands in for it."""
    import schemas

    return Path(schemas.__file__).parents[1]


def code() -> list[Path]:
    return [house() / "cli.py", *(path for room in ROOMS for path in sorted((house() / room).rglob("*.py")))]


@pytest.mark.parametrize("path", code(), ids=lambda path: path.name)
def test_a_room_is_no_longer_than_three_hundred_lines_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text("utf-8")
    verbs = path.name == "cli.py"  # as long as there are verbs, each thin
    assert text.count("\n") <= (600 if verbs else 310)
    assert ast.get_docstring(ast.parse(text)), "a first line that says what the room is for"


@pytest.mark.parametrize("path", code(), ids=lambda path: path.name)
def test_no_function_is_longer_than_forty_lines(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if isinstance(node.body[0], ast.Expr) and len(node.body) > 1 else node.body
            assert (node.end_lineno or 0) - body[0].lineno < 40, node.name


@pytest.mark.parametrize("path", code(), ids=lambda path: path.name)
def test_nothing_prints_but_the_rooms_of_show_and_the_error_line_of_the_command_line(path: Path) -> None:
    if path.parent == house() / "pipelines" / "show":
        return
    tree = ast.parse(path.read_text("utf-8"))
    if path == house() / "cli.py":
        tree.body = [node for node in tree.body if not (isinstance(node, ast.FunctionDef) and node.name == "main")]
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert [call.lineno for call in calls if isinstance(call, ast.Name) and call.id == "print"] == []


def test_no_verb_is_longer_than_fifteen_lines() -> None:
    tree = ast.parse((house() / "cli.py").read_text("utf-8"))
    for verb in (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list):
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
