"""What `corpus import` says of a dataset: its rows by what became of them, and what was not used."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from annotate.ratings.flags import Flags
from cli import app
from pipelines import collection
from pipelines.show.datasets import dataset_imported
from tests.pipelines.imports.datasets.bringing import brought
from tests.pipelines.imports.datasets.laion_shards import as_json, emolia, flac, shard


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return collection.make(tmp_path / "collection", None, ()).home


def test_every_row_and_everything_not_used_is_told(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    members = [
        ("0.flac", flac(1)),
        ("0.json", as_json({"mood": "glad", "snr": 2})),
        ("0.npy", b"x"),
        ("1.json", as_json({})),
    ]
    path = shard(tmp_path / "train" / "t.tar", members)
    dataset_imported(
        brought(home, path, flags=Flags(wide=("mood",), categories=("glad", "sad")), columns={"speaker": "spk"})
    )
    said = capsys.readouterr().out
    assert "2 rows: 1 kept, 1 dropped, 0 failed; 1 media new" in said
    assert "dropped: 1 x no medium beside its other members" in said
    assert "not used: 1 x members .npy" in said
    assert "columns not used: snr (1)" in said
    assert "no row has a column 'spk'" in said


def test_columns_that_may_be_answers_are_named_with_what_to_type(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset_imported(brought(home, emolia(tmp_path / "e", shards=1, samples=1)))
    assert "say which are answers: --labels COLUMN" in capsys.readouterr().out


def test_the_command_brings_shards_in_by_a_pattern(home: Path, tmp_path: Path) -> None:
    folder = emolia(tmp_path / "e", shards=2, samples=1)
    typed = ["corpus", "import", str(folder / "*.tar"), "--home", str(home), "--licence", "CC-BY-4.0", "--json"]
    done = CliRunner().invoke(app, typed)
    assert done.exit_code == 0, done.output
    assert '"kept": 2' in done.output


def test_what_is_known_of_a_corpus_is_not_typed_again(home: Path, tmp_path: Path) -> None:
    typed = ["corpus", "import", str(tmp_path), "--as", "ravdess", "--labels", "x", "--home", str(home)]
    done = CliRunner().invoke(app, typed)
    assert "--labels says what --as ravdess knows" in str(done.exception)
