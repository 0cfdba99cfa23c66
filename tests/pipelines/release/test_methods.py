"""The methods section: every number in it is the one that a verb prints."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import cli
from annotate.drawing import Draw
from pipelines import collection
from pipelines.ask.selection import Selection, select
from pipelines.engine.catalog import Catalog, now
from pipelines.release.methods import Methods, methods
from pipelines.release.records import manifest_of
from schemas.answers import Answer
from schemas.errors import BadInput
from tests.pipelines.forget.test_forget import spoken_in

# An answer, and what its rater would say otherwise.
LAST = """SELECT a.ask, a.question, a.rater, b.value FROM answers a JOIN answers b USING (question)
          WHERE question = 'emotion' AND b.value <> a.value ORDER BY ALL LIMIT 1"""


def printed(home: Path, *verb: str) -> Any:
    told = CliRunner().invoke(cli.app, [*verb, "--home", str(home), "--json"])
    assert told.exit_code == 0, told.output
    return json.loads(told.stdout)


def said(home: Path, release: str, where: str) -> Any:
    """What a verb prints in the place where a number of the section is from."""
    root, _, rest = where.partition(".")
    told = {"status": lambda: printed(home, "status"), "show": lambda: printed(home, "release", "show", release)}
    value = manifest_of(home / "releases" / release) if root == "manifest" else told[root]()
    return walked(value, rest)


def walked(value: Any, where: str) -> Any:
    """The value at a path whose names may hold dots."""
    if not where:
        return value
    if isinstance(value, list):
        return walked(
            {
                str(one.get("kind", place)) if isinstance(one, dict) else str(place): one
                for place, one in enumerate(value)
            },
            where,
        )
    name = max((name for name in value if where == name or where.startswith(f"{name}.")), key=len)
    return walked(value[name], where[len(name) + 1 :])


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Methods]:
    """A collection with a release, and the section about it."""
    folder = tmp_path_factory.mktemp("written")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOCURATE_KEYS", str(folder / "keys"))
        home = spoken_in(folder / "home", folder / "incoming")
        return home, methods(collection.find(home))


def test_every_number_is_the_one_that_a_verb_prints(
    written: tuple[Path, Methods], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, section = written
    known: dict[tuple[str, ...], Any] = {}
    of_verb = printed
    monkeypatch.setitem(globals(), "printed", lambda *verb: known.setdefault(verb, of_verb(*verb)))
    assert len(section.numbers) > 30
    for where, number in section.numbers.items():
        if where.startswith("show.") and number == 0:  # a split without samples is not listed
            continue
        assert said(home, section.release, where) == number, where


def test_no_number_stands_in_the_text_that_is_not_among_them(written: tuple[Path, Methods]) -> None:
    _, section = written
    prose = re.sub(r"`[^`]*`|^#.*$|\d{4}-\d\d-\d\d|CC-BY-4\.0|\d+ x |v1", "", section.markdown, flags=re.MULTILINE)
    numbers = {re.sub(r"[.,]$", "", word) for word in re.findall(r"(?<![\w.-])-?\d[\d.,e+-]*", prose)}
    forms = {f"{n:,}" for n in section.numbers.values() if isinstance(n, int)}
    forms |= {form for n in section.numbers.values() if isinstance(n, float) for form in (f"{n:.3f}", f"{n:.3g}")}
    assert numbers <= forms
    assert {"found", "asked", "weighed"} <= set(re.findall(r"^### How .* (\w+)$", section.markdown, re.MULTILINE))


def test_what_comes_after_a_release_changes_none_of_its_figures_and_the_day_of_other_counts_is_told(
    written: tuple[Path, Methods], tmp_path: Path
) -> None:
    before = written[1].numbers
    home = Path(shutil.copytree(written[0], tmp_path / "home"))
    ask, question, rater, value = Catalog(home).rows(LAST)[0]
    Catalog(home).add([Answer("origin-2", ask, question, rater, "2027-01-01T00:00:00.000000Z", value, "given")])
    after = methods(collection.find(home))
    assert Catalog(home).rows("SELECT count(DISTINCT value) FROM latest_answers WHERE origin = 'origin-2'") == [(1,)]
    kept = {name for name in before if not name.startswith("status.")}
    assert sum(name.startswith("manifest.agreements.0.") for name in kept) >= 4
    assert {name: after.numbers[name] for name in kept} == {name: before[name] for name in kept}
    assert f"counted on {now()[:10]} over the whole collection" in after.markdown


def test_what_a_push_has_drawn_by_chance_is_told(written: tuple[Path, Methods], tmp_path: Path) -> None:
    home, section = written
    assert "drawn by chance" not in section.markdown
    here = collection.find(Path(shutil.copytree(home, tmp_path / "home")))
    select(here.home, here.settings, here.schemes[0], Selection(draw=Draw(limit=1)))
    assert "Part of what was asked was drawn by chance" in methods(here).markdown


def test_it_is_printed_as_markdown_or_as_json(written: tuple[Path, Methods]) -> None:
    home, section = written
    told = CliRunner().invoke(cli.app, ["release", "show", "--methods", "--home", str(home)])
    assert told.stdout.splitlines() == section.markdown.splitlines()
    assert printed(home, "release", "show", "v1", "--methods")["numbers"] == section.numbers


def test_without_a_release_there_is_nothing_to_tell(home: Path) -> None:
    with pytest.raises(BadInput, match="emocurate export"):
        methods(collection.find(home))
