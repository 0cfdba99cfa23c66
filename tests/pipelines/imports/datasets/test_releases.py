"""A corpus in LAION's layout goes in and out with its labels and keys; a release comes in, and nothing twice."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from annotate.ratings.layout import Asked, Layout
from pipelines import collection
from pipelines.engine.catalog import Catalog
from pipelines.release.export import export
from pipelines.release.order import Export, Wanted
from pipelines.release.records import rows_of
from tests.pipelines.conftest import Builder, run
from tests.pipelines.imports.datasets.bringing import brought
from tests.pipelines.imports.datasets.laion_shards import as_json, flac, shard

VOTES = Layout(
    part="votes",
    rater="votes.who",
    question=(Asked("emotion", value="votes.emotion", categories=("joy", "fear")),),
)
MODEL = Layout(
    part="model",
    rater_kind="model",
    rater_name="heads-1",
    question=(
        Asked("fear", value="Fear_best", minimum=-1, maximum=5, step=0.01, measure="interval"),
        Asked("envy", value="Jealousy_&_Envy_best", minimum=-1, maximum=5, step=0.01, measure="interval"),
    ),
)


def corpus(folder: Path) -> Path:
    """Two shards of two clips, keys restarting, with votes of two people and two numbers of a model each."""
    for number in range(2):
        members = []
        for place in range(2):
            key, count = f"{place:06d}", 2 * number + place
            votes = [{"who": who, "emotion": ("joy", "fear")[count % 2]} for who in ("ann", "bob")]
            told = {"id": f"EN_{count}", "speaker": f"s{count}", "votes": votes, "Fear_best": count / 8}
            members += [
                (f"{key}.flac", flac(count)),
                (f"{key}.json", as_json({**told, "Jealousy_&_Envy_best": -0.25})),
            ]
        shard(folder / f"emolia-{number:06d}.tar", members)
    return folder


def released(home: Path) -> Path:
    here = collection.find(home)
    done = export(Export(home, here.settings, Wanted(("person", "model")), draw=False), None)
    return Path(done.folder)


def records(folder: Path) -> list[dict[str, Any]]:
    """The JSON of every sample of a release."""
    found = []
    for path in sorted(folder.rglob("*.tar")):
        with tarfile.open(path) as tape:
            found += [
                json.loads(file.read())
                for one in tape
                if one.name.endswith(".json") and (file := tape.extractfile(one)) is not None
            ]
    return sorted(found, key=lambda one: str(one["corpus_keys"]))


@pytest.fixture
def release(copy_of: Callable[[Builder], Path]) -> Path:
    """The release v1 of a collection of that corpus."""
    return copy_of(released_in) / "releases" / "v1"


def released_in(home: Path, media: Path) -> None:
    """Make the collection of the fixture `release`."""
    collection.make(home, "collection", ())
    brought(home, corpus(media / "emolia"), layouts=(VOTES, MODEL), columns={"key": "id"})
    run(home)
    released(home)


def test_a_corpus_in_laions_layout_goes_out_with_its_keys_its_votes_and_its_numbers(release: Path) -> None:
    out = records(release)
    assert [one["corpus_keys"] for one in out] == [[f"emolia/EN_{count}"] for count in range(4)]
    for count, one in enumerate(out):
        assert (one["emotion"], one["emotion_n"]) == (("joy", "fear")[count % 2], 2)
        assert (one["fear_model"], one["envy_model"]) == (count / 8, -0.25)
    assert {row["rater_kind"] for row in rows_of(release / "voice" / "answers.parquet")} == {"person", "model"}


def test_a_release_brings_its_answers_into_another_collection_once(release: Path, tmp_path: Path) -> None:
    other = collection.make(tmp_path / "other", None, ()).home
    done = brought(other, release)
    assert (done.kind, done.counts.kept, done.answers) == ("emocurate release", 4, 16)
    held = "SELECT question, value, count(*) FROM current_answers WHERE state = 'given' GROUP BY ALL ORDER BY ALL"
    assert Catalog(other).rows(held) == Catalog(release.parents[1]).rows(held)
    schemes = "SELECT id FROM schemes ORDER BY id"
    assert Catalog(other).rows(schemes) == Catalog(release.parents[1]).rows(schemes)
    counts = {table: Catalog(other).rows(f"SELECT count(*) FROM {table}") for table in ("assets", "answers", "items")}
    brought(other, release)
    assert {table: Catalog(other).rows(f"SELECT count(*) FROM {table}") for table in counts} == counts


def test_a_release_of_this_very_collection_changes_nothing(release: Path) -> None:
    home = release.parents[1]
    before = Catalog(home).rows("SELECT (SELECT count(*) FROM assets), (SELECT count(*) FROM answers)")
    done = brought(home, release)
    assert (done.counts.kept, done.counts.here, done.added.new) == (4, 4, 0)
    assert Catalog(home).rows("SELECT (SELECT count(*) FROM assets), (SELECT count(*) FROM answers)") == before


def test_the_terms_of_every_sample_come_with_it(release: Path, tmp_path: Path) -> None:
    other = collection.make(tmp_path / "other", None, ()).home
    brought(other, release)
    assert Catalog(other).rows("SELECT DISTINCT basis, licence FROM rights") == [("licence", "CC-BY-4.0")]
