"""CITATION.cff has what its format wants, the same for the same release."""

import subprocess
import venv
from pathlib import Path

import pytest
import yaml

from pipelines.release.citation import citation, cited
from schemas.release import LabelSource
from tests.pipelines.release.samples import face, tallied, voice
from tests.pipelines.release.test_card import release


def test_a_citation_has_all_that_its_format_requires_and_who_is_named_in_the_settings() -> None:
    told = yaml.safe_load(citation(release(authors=("Ada Example", "A Lab")), tallied([voice(1)])))
    assert {"cff-version", "message", "title", "authors"} <= told.keys()
    assert (told["type"], told["license"], told["version"]) == ("dataset", "CC-BY-4.0", "voices-1")
    assert told["authors"] == [{"name": "Ada Example"}, {"name": "A Lab"}]


def test_where_no_author_is_known_nobody_is_made_up() -> None:
    made = release()
    assert yaml.safe_load(citation(made, tallied([voice(1)])))["authors"] == [
        {"name": "The makers of Voices of a test"}
    ]
    assert cited(made).startswith("The makers of Voices of a test: ")


def test_a_licence_is_named_only_where_it_is_the_one_of_everything_and_the_format_knows_it() -> None:
    several = tallied([voice(1), voice(2, licence="CC0-1.0")])
    unknown = tallied([voice(1), face(1)])
    bare, rated = tallied([voice(1)]), release(label_sources=(LabelSource("s", "ODbL-1.0", None, None, 1),))
    bare.see_bare(voice(2, licence="CC-BY-NC-4.0"))
    for made, tally in ((release(), several), (release(), unknown), (release(), bare), (rated, tallied([voice(1)]))):
        told = yaml.safe_load(citation(made, tally))
        assert "license" not in told
        assert "LICENSE.md" in told["message"]


@pytest.mark.heavy
def test_the_validator_of_the_format_takes_it(tmp_path: Path) -> None:
    """In an environment of its own, since cffconvert wants another jsonschema than what is tested beside it."""
    venv.create(tmp_path / "alone", with_pip=True)
    python = tmp_path / "alone" / "bin" / "python"
    pip = [
        str(python),
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "cffconvert==2.0.0",
        "setuptools<81",
    ]
    subprocess.run(pip, check=True)
    made = [
        citation(release(authors=("Ada Example", "A Lab"), repo="anna/voices"), tallied([voice(1)])),
        citation(release(), tallied([voice(1), face(1)])),
    ]
    for text, code in [*((text, 0) for text in made), (made[0].replace("authors:", "author:"), 1)]:
        (tmp_path / "CITATION.cff").write_text(text, "utf-8")
        done = subprocess.run(
            [python.with_name("cffconvert"), "--validate"], cwd=tmp_path, capture_output=True, check=False
        )
        assert done.returncode == code, done.stderr.decode()
