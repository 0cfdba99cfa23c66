"""`agree` and `labels` on imported answers: who counts, several methods side by side, tables that stay the same."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pyarrow import parquet

from annotate.consensus.specs import MethodSpec, method_spec
from annotate.ratings.flags import Flags, layout_with
from annotate.ratings.layout import Asked, Layout
from pipelines import collection
from pipelines.imports.answers import Ratings, import_answers
from pipelines.weigh import agree as weigh
from pipelines.weigh.exclusions import exclude
from pipelines.weigh.labels import Labels, labels
from schemas.errors import BadSetting
from tests.pipelines.conftest import Builder, empty_in

USUAL = [MethodSpec("majority"), MethodSpec("mean")]
LONG = "clip,who,feels,valence\na,ann,joy,1\na,bob,joy,3\na,gpt-x,anger,9\nb,ann,anger,5\nb,bob,joy,5\n"


def bring(home: Path, text: str, **flags: object) -> None:
    path = home.parent / "table.csv"
    path.write_text(text, "utf-8")
    layout = layout_with(Layout(), Flags(**{"corpus": "lab", "item": "clip", **flags}))  # type: ignore[arg-type]
    import_answers(Ratings(home, collection.find(home).people, layout, (path,)))


def rated_in(home: Path, media: Path) -> None:
    """Two people and a model about two items, in a choice and on a scale."""
    empty_in(home, media)
    bring(home, LONG, rater="who", models=("gpt-*",), wide=("feels", "valence"))


@pytest.fixture
def rated(copy_of: Callable[[Builder], Path]) -> Path:
    return copy_of(rated_in)


def values(found: Labels) -> dict[str, tuple[int, int]]:
    return {one.question: (one.answers, one.decided) for one in found.drawn}


def test_models_do_not_count_unless_they_are_asked_for(rated: Path) -> None:
    assert values(labels(rated, USUAL)) == {"feels": (4, 1), "valence": (4, 2)}
    assert values(labels(rated, USUAL, kinds=("person", "model"))) == {"feels": (5, 1), "valence": (5, 2)}
    assert [one.found.n_answers for one in weigh.agreements(rated, kinds=("model",))] == [1, 1]


def test_votes_that_nobody_signed_count_as_people_of_whom_nothing_is_known(home: Path) -> None:
    bring(home, "clip,joy,anger\na,3,1\nb,0,4\n", counts=("joy", "anger"))
    (found,) = weigh.agreements(home)
    assert (found.found.n_items, found.found.n_answers) == (2, 8)
    with pytest.raises(BadSetting, match="known raters"):
        labels(home, [MethodSpec("dawid-skene")])


def test_methods_that_weigh_raters_give_way_where_nobody_knows_who_answered(home: Path) -> None:
    bring(home, "clip,joy,anger\na,3,1\nb,0,4\n", counts=("joy", "anger"))
    found = labels(home, [MethodSpec("majority"), MethodSpec("dawid-skene")])
    assert [one.method for one in found.drawn] == ["majority@1"]
    assert found.anonymous == ((found.drawn[0].scheme, "emotion"),)


def test_methods_stand_side_by_side_each_where_it_suits(rated: Path) -> None:
    found = labels(rated, [method_spec("majority"), method_spec("strict(n=2)"), method_spec("median")])
    assert [(one.question, one.method) for one in found.drawn] == [
        ("feels", "majority@1"), ("feels", "strict@1"), ("valence", "median@1"),
    ]  # fmt: skip
    assert [(one.decided, one.tied) for one in found.drawn] == [(1, 1), (1, 0), (2, 0)]


def test_a_rater_who_is_left_out_is_in_no_label(rated: Path) -> None:
    ann = collection.find(rated).people.of("lab/ann")
    exclude(rated, ann, "a test")
    assert values(labels(rated, USUAL)) == {"feels": (2, 2), "valence": (2, 2)}


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_every_kind_of_table_says_the_same_and_twice_the_same_bytes(rated: Path, suffix: str) -> None:
    file = rated.parent / f"labels{suffix}"
    labels(rated, USUAL, file)
    first = file.read_bytes()
    labels(rated, USUAL, file)
    assert file.read_bytes() == first
    rows = {(row["item"], row["question"]): row for row in read(file)}
    tie, sure, mean = rows["lab/b", "feels"], rows["lab/a", "feels"], rows["lab/a", "valence"]
    assert (tie["category"] or None, sorted(tie["tied"])) == (None, ["anger", "joy"])
    assert (sure["category"], float(sure["confidence"]), int(sure["n"])) == ("joy", 1.0, 2)
    assert (float(mean["number"]), float(mean["deviation"]), mean["shares"]) == (2.0, 1.0, [0.5, 0.5])


def read(file: Path) -> list[dict[str, object]]:
    if file.suffix == ".parquet":
        return list(parquet.read_table(file).to_pylist())
    if file.suffix == ".jsonl":
        return [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    with file.open(encoding="utf-8", newline="") as table:
        rows = [dict(row) for row in csv.DictReader(table)]
    return [{**row, **{name: json.loads(row[name]) for name in ("tied", "names", "shares")}} for row in rows]


def test_the_snapshot_changes_with_the_answers_and_with_nothing_else(rated: Path) -> None:
    before = labels(rated, USUAL).snapshot
    assert labels(rated, [MethodSpec("soft"), MethodSpec("ewe")]).snapshot == before
    bring(rated, LONG + "c,ann,joy,1\n", rater="who", models=("gpt-*",), wide=("feels", "valence"))
    assert labels(rated, USUAL).snapshot != before


def test_a_scheme_that_nobody_was_asked_is_refused_with_those_that_were(rated: Path) -> None:
    with pytest.raises(BadSetting, match="inferred-lab"):
        labels(rated, USUAL, scheme="ekman")


def test_a_kind_of_table_that_is_not_written_is_refused_before_any_work(rated: Path) -> None:
    with pytest.raises(BadSetting, match=r"\.parquet"):
        labels(rated, USUAL, rated / "labels.xlsx")


@pytest.mark.parametrize(
    ("text", "name", "parameters"),
    [
        ("majority", "majority", {}),
        ("majority@1", "majority", {}),
        ("threshold(m=2, n=3, fallback=unsure)", "threshold", {"m": 2, "n": 3, "fallback": "unsure"}),
        ("trimmed(share=0.2)", "trimmed", {"share": 0.2}),
    ],
)
def test_a_method_is_spelled_as_labels_name_it(text: str, name: str, parameters: dict[str, object]) -> None:
    assert method_spec(text) == MethodSpec(name, parameters)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("majorty", "did you mean 'majority'"),
        ("threshold(k=2)", "no parameter 'k'"),
        ("ewe(n=1)", "it has none"),
        ("threshold(m)", "parameter=value"),
        ("threshold(m=1", "expected"),
        ("", "expected"),
    ],
)
def test_a_method_that_is_misspelled_is_refused_with_the_nearest(text: str, told: str) -> None:
    with pytest.raises(BadSetting, match=told):
        method_spec(text)


def test_raters_who_were_right_on_gold_weigh_more(home: Path) -> None:
    rows = (
        "".join(f"g{n},ann,fear,gold\ng{n},bob,anger,gold\n" for n in range(3))
        + "x,ann,fear,plain\nx,bob,anger,plain\n"
    )
    path, truth = home.parent / "lab.csv", home.parent / "truth.csv"
    path.write_text("clip,who,feels,role\n" + rows, "utf-8")
    truth.write_text("clip,feels,role\n" + "".join(f"g{n},fear,gold\n" for n in range(3)), "utf-8")
    asked = (Asked(name="emotion", value="feels"),)
    people = Layout(
        corpus="lab", item=("clip",), rater="who", role="role", gold=("gold",), scheme="ekman", question=asked
    )
    key = replace(people, rater="", rater_name="key", rater_kind="corpus", part="truth")
    for table, layout in ((path, people), (truth, key)):
        import_answers(Ratings(home, collection.find(home).people, layout, (table,)))
    (found,) = labels(home, [MethodSpec("gold")], home.parent / "labels.jsonl").drawn
    assert (found.decided, found.tied) == (4, 0)
    assert {row["category"] for row in read(home.parent / "labels.jsonl")} == {"fear"}


def test_without_gold_its_method_says_what_is_missing(rated: Path) -> None:
    with pytest.raises(BadSetting, match="known truth"):
        labels(rated, [MethodSpec("gold")])


def test_a_category_is_taken_where_enough_name_it_whatever_leads(home: Path) -> None:
    bring(
        home, "clip,joy\n" + "".join(f"a,{mark}\n" for mark in (1, 1, 0, 0, 0)), value="joy", categories=("no", "yes")
    )
    plain, rule = labels(home, [method_spec("threshold(m=2,n=3)"), method_spec("threshold(m=2,n=3,of=yes,fallback=no)")],
                         home.parent / "labels.jsonl").drawn  # fmt: skip
    assert (plain.method, rule.method) == ("threshold@1", "threshold@1(fallback=no,of=yes)")
    assert [row["category"] for row in read(home.parent / "labels.jsonl")] == ["no", "yes"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("strict(n=x)", "n = x; expected a whole number"),
        ("strict(n=-1)", "expected a whole number from 1 up"),
        ("strict(n=2.5)", "expected a whole number"),
        ("threshold(m=2;n=3)", "expected a whole number"),
        ("trimmed(share=-1)", "expected a number from 0 up"),
        ("majority(ties=3)", "expected a word"),
        ("gold(gold=x)", "gold asks"),
    ],
)
def test_a_parameter_of_another_kind_is_refused(text: str, told: str) -> None:
    with pytest.raises(BadSetting, match=told):
        method_spec(text)


def test_more_agreeing_answers_than_answers_cannot_be(rated: Path) -> None:
    with pytest.raises(BadSetting, match="5 of 3 answers cannot be"):
        labels(rated, [method_spec("threshold(m=5,n=3)")])


def test_a_method_that_suits_no_answer_is_named_with_what_stands_in_its_place(home: Path) -> None:
    table = "clip,who,present\na,ann,0\na,bob,1\nb,ann,1\nb,bob,1\n"
    bring(home, table, rater="who", value="present")
    found = labels(home, [MethodSpec("dawid-skene")])
    assert found.instead == (("inferred-lab-1", "present", "mean"),)
    bring(home, table, rater="who", value="present", types=("choice",), corpus="coded")
    declared = labels(home, [MethodSpec("dawid-skene")], scheme="inferred-coded")
    assert declared.instead == ()
    assert [drawn.method for drawn in declared.drawn] == ["dawid-skene@1"]
