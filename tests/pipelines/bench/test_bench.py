"""`bench make`: frozen answers stay frozen."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines import collection
from pipelines.bench import files as bench_files
from pipelines.bench import scoring as bench
from pipelines.bench.votes import Recipe
from pipelines.engine.catalog import Catalog, insert
from schemas.errors import BadInput, BadSetting
from schemas.settings import settings_from_toml
from tests.pipelines.bench.frozen import EKMAN, EMOTIONS, HOW, RIGHT, asked, csv, make


def test_the_same_answers_give_the_same_bytes(home: Path, tmp_path: Path) -> None:
    other = collection.make(tmp_path / "other", "other", ("ekman",)).home
    for one in (home, other):
        asked(one, EKMAN, {"emotion": dict(reversed(EMOTIONS.items())) if one is other else EMOTIONS})
        make(one)
    for name in (bench_files.WHAT, bench_files.ITEMS, bench_files.README):
        assert (home / "benchmarks/b" / name).read_bytes() == (other / "benchmarks/b" / name).read_bytes()


def test_making_it_again_changes_nothing(emotions: Path) -> None:
    before = (emotions / "benchmarks/b/items.parquet").stat().st_mtime_ns
    assert make(emotions).new is False
    assert (emotions / "benchmarks/b/items.parquet").stat().st_mtime_ns == before


def test_a_frozen_benchmark_does_not_follow_new_answers(emotions: Path) -> None:
    asked(emotions, EKMAN, {"emotion": {"v": ["anger"] * 2}})
    with pytest.raises(BadSetting, match="another name"):
        make(emotions)
    assert make(emotions, Recipe("b2", "ekman")).items == 5


def test_items_that_were_changed_by_hand_are_noticed(emotions: Path) -> None:
    path = emotions / "benchmarks/b/items.parquet"
    rows = pq.read_table(path)
    pq.write_table(rows.slice(1), path)
    with pytest.raises(BadInput, match="not what was frozen"):
        bench.score(emotions, csv(emotions, RIGHT), "b", HOW)


def test_no_rater_is_named_in_it(emotions: Path) -> None:
    rows = pq.read_table(emotions / "benchmarks/b/items.parquet").to_pylist()
    assert rows[1] == {
        "item": "x", "task": "emotion", "category": "anger", "number": None, "tied": [], "names": ["anger"],
        "shares": [1.0], "raters": [0, 1, 2], "categories": ["anger"] * 3, "numbers": [],
    }  # fmt: skip
    assert b"person-" not in (emotions / "benchmarks/b/benchmark.json").read_bytes()


def test_models_are_no_people_unless_asked_for(emotions: Path) -> None:
    asked(emotions, EKMAN, {"emotion": {"x": ["fear"] * 2}}, "model")
    assert make(emotions).new is False
    with_models = make(emotions, Recipe("all", "ekman", raters=("person", "model")))
    benchmark, _ = bench_files.read(Path(with_models.folder))
    assert {one.item: len(one.raters) for one in benchmark.references}["x"] == 5


def test_the_split_and_the_licences_are_those_of_the_clips(answered: Path) -> None:
    made = make(answered)
    benchmark, _ = bench_files.read(Path(made.folder))
    assert set(benchmark.media_licences) == {"CC-BY-4.0"}
    assert sum(benchmark.media_licences.values()) == made.items
    parts = set[str]()
    for split in ("train", "validation", "test"):
        try:
            part = make(answered, Recipe(split, "ekman", split=split))
        except BadInput:
            continue
        items = {one.item for one in bench_files.read(Path(part.folder))[0].references}
        assert not parts & items
        parts |= items
    assert parts == set(benchmark.items)


def test_the_split_is_the_one_that_a_list_of_splits_names(answered: Path) -> None:
    names = [name for (name,) in Catalog(answered).rows("SELECT DISTINCT name FROM statements ORDER BY 1")]
    (answered / "splits.csv").write_text("file,split\n" + "".join(f"{name},validation\n" for name in names), "utf-8")
    settings, recipe = (
        settings_from_toml("[export]\nsplits = 'splits.csv'"),
        Recipe("part", "ekman", split="validation"),
    )
    assert bench.make(answered, settings, recipe, bootstraps=40).items == make(answered).items


def test_a_clip_that_a_link_tears_from_its_release_is_in_no_benchmark_of_a_split(answered: Path) -> None:
    query = "SELECT asset, list(id ORDER BY id) FROM live_clips GROUP BY asset HAVING count(*) > 1 ORDER BY 1 LIMIT 2"
    (_, pair), (_, other) = Catalog(answered).rows(query)
    with Catalog(answered).open() as connection:
        insert(connection, "releases", {"id": ["v1"], "name": ["v1"], "body": ["{}"]})
        splits = {pair[0]: "train", pair[1]: "test", other[0]: "test", other[1]: "test"}
        insert(connection, "released", {"release": ["v1"] * 4, "clip": [*splits], "split": [*splits.values()]})
    # of two clips in each split the first split counts, so the second clip is torn
    items = {}
    for split in ("train", "test"):
        made = make(answered, Recipe(split, "ekman", split=split))
        items[split] = {one.item for one in bench_files.read(Path(made.folder))[0].references}
    assert pair[0] in items["train"]
    assert pair[1] not in items["train"] | items["test"]
    assert set(other[:2]) <= items["test"]


def test_the_labels_of_a_corpus_are_frozen_when_they_are_asked_for(home: Path) -> None:
    asked(home, EKMAN, {"emotion": {"x": ["anger"], "y": ["fear"]}}, "corpus")
    with pytest.raises(BadInput, match="--by"):
        make(home)
    made = make(home, Recipe("b", "ekman", raters=("corpus",)))
    assert made.references == 2
    assert "raters of kind corpus" in (Path(made.folder) / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (Recipe("b", "ekmann"), "ekman-1"),
        (Recipe("b", "ekman", split="tset"), "did you mean 'test'"),
        (Recipe("../b", "ekman"), "benchmark name"),
        (Recipe("c", "ekman", questions=("emotoin",)), "emotion"),
        (Recipe("c", "ekman", method="majorty"), "majority"),
        (Recipe("c", "ekman", reported=(0, 10)), "choice"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused(emotions: Path, recipe: Recipe, said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        make(emotions, recipe)


def test_nothing_to_freeze_is_said(emotions: Path) -> None:
    with pytest.raises(BadInput, match="no answers"):
        make(emotions, Recipe("c", "ekman", raters=("corpus",)))


def test_the_readme_says_what_it_holds(emotions: Path) -> None:
    told = (emotions / "benchmarks/b/README.md").read_text("utf-8")
    for words in ("4 items", "accuracy", "emocurate bench score", "licence of the labels: not stated"):
        assert words in told
    assert "```\nitem,value\nw,anger\n```" in told


def test_the_licence_of_imported_answers_is_taken_over_unless_another_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(home, EKMAN, {"emotion": EMOTIONS})
    monkeypatch.setattr(bench, "licence_of", lambda home, scheme: "CC-BY-4.0")
    for name, told in (("imported", None), ("told", "CC0-1.0")):
        benchmark, _ = bench_files.read(Path(make(home, Recipe(name, "ekman", licence=told)).folder))
        assert benchmark.licence == (told or "CC-BY-4.0")


def test_items_whose_medium_nobody_knows_are_in_no_benchmark_of_one_medium(emotions: Path) -> None:
    with pytest.raises(BadInput, match="no answers to freeze for scheme 'ekman' about voices"):
        make(emotions, Recipe("voices", "ekman", media="voice"))
