"""`bench score`: predictions of any shape are scored, and every row is accounted for."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.bench import files as bench_files
from pipelines.bench import scoring as bench
from pipelines.bench.votes import Recipe
from pipelines.engine.catalog import Catalog
from pipelines.show import benchmarks as drawing
from pipelines.show.terminal import shown
from schemas.errors import BadInput, BadSetting
from schemas.scheme import scheme_from_toml
from tests.pipelines.bench.frozen import EKMAN, EMOTIONS, HOW, RIGHT, VAD, asked, csv, figure, make


def test_perfect_predictions_score_one_beside_people_constant_and_chance(emotions: Path) -> None:
    (found,) = bench.score(emotions, csv(emotions, RIGHT), None, HOW)
    accuracy = figure(found, "accuracy", "emotion")
    assert (accuracy.value, accuracy.low, accuracy.high) == (1, 1, 1)
    assert accuracy.baseline.constant == 0.5
    assert accuracy.baseline.ceiling == pytest.approx(8 / 12, abs=1e-6)
    assert accuracy.baseline.random == pytest.approx(1 / 7, abs=0.1)
    assert (found.tally.answered, found.tally.missing, found.model) == (4, 0, "model")


def test_refused_unreadable_missing_and_unknown_rows_are_counted_apart(emotions: Path) -> None:
    text = "item,value,state\nx,anger,given\ny,,\nz,zorn!,given\nq,anger,given\nw,,refused\n"
    (found,) = bench.score(emotions, csv(emotions, text), "b", HOW)
    tally = found.tally
    assert (tally.asked, tally.answered, tally.refused, tally.unreadable, tally.missing) == (4, 1, 2, 1, 0)
    assert tally.unknown_items == 1
    assert any("zorn!" in one for one in tally.examples)
    assert figure(found, "accuracy", "emotion").value == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("m.tsv", "clip\tcategory\nx.wav\tANG\ny.wav\tfea\nz.wav\tjoy\nw.wav\tfear\n"),
        ("m.jsonl", "\n".join(json.dumps({"key": i, "label": v[0]}) for i, v in EMOTIONS.items())),
        ("m.json", json.dumps([{"item": i, "question": "emotion", "value": v[0]} for i, v in EMOTIONS.items()])),
        (
            "m.csv",
            "item,emotion,p_anger,p_fear,p_happiness\nx,anger,1,0,0\ny,fear,0,1,0\nz,happiness,0,0,1\nw,fear,0,1,0",
        ),
        ("m.csv", "item,anger,fear,happiness\r\nx,.8,.2,0\r\ny,.3,.7,0\r\nz,.1,0,.9\r\nw,0,1,0\r\n"),
        ("m.jsonl", "\n".join(json.dumps({"item": i, "shares": {v[0]: 1}}) for i, v in EMOTIONS.items())),
    ],
)
def test_predictions_come_in_many_shapes(emotions: Path, name: str, text: str) -> None:
    (found,) = bench.score(emotions, csv(emotions, text, name), "b", HOW)
    assert found.tally.answered == 4
    assert figure(found, "accuracy", "emotion").value == 1


def test_predictions_come_as_parquet_too(emotions: Path) -> None:
    path = emotions / "m.parquet"
    pq.write_table(pa.table({"item": list(EMOTIONS), "emotion": [v[0] for v in EMOTIONS.values()]}), path)
    (found,) = bench.score(emotions, path, "b", HOW)
    assert figure(found, "uar", "emotion").value == 1


def test_soft_labels_are_compared_with_the_shares_of_answers(emotions: Path) -> None:
    text = "item,anger,fear,happiness\nx,2,0,0\ny,1,2,0\nz,1,0,2\nw,0,5,0\n"
    (found,) = bench.score(emotions, csv(emotions, text), "b", HOW)
    assert figure(found, "js", "emotion").value == pytest.approx(0, abs=1e-4)
    assert found.tally.normalised == 4


def test_shares_with_four_digits_add_up_to_one(emotions: Path) -> None:
    text = "item,anger,fear,happiness\nx,.3333,.3333,.3333\ny,.6667,.1667,.1667\nz,.3,.3,.3\n"
    (found,) = bench.score(emotions, csv(emotions, text), "b", HOW)
    assert found.tally.normalised == 1


def test_several_models_stand_in_one_table(emotions: Path) -> None:
    text = "model,item,value\n" + "".join(
        f"{m},{i},{v}\n" for m, v in (("one", "anger"), ("two", "fear")) for i in EMOTIONS
    )
    found = bench.score(emotions, csv(emotions, text), "b", HOW)
    assert [one.model for one in found] == ["one", "two"]
    assert [figure(one, "accuracy", "emotion").value for one in found] == [0.25, 0.5]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("item,value\nx,anger\nx,fear\n", "again"),
        ("thing,value\nx,anger\n", "'item'"),
        ("item,colour\nx,red\n", "no predictions"),
        ("item,value,state\nx,anger,maybe\n", "given, refused or error"),
        ("item,value\n", "empty|column"),
    ],
)
def test_a_table_that_cannot_be_scored_is_refused_with_the_reason(emotions: Path, text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        bench.score(emotions, csv(emotions, text), "b", HOW)


def test_a_missing_benchmark_is_told_with_those_that_are_there(emotions: Path) -> None:
    with pytest.raises(BadSetting, match="known: b"):
        bench.score(emotions, csv(emotions, RIGHT), "c", HOW)
    make(emotions, Recipe("b2", "ekman", licence="CC0-1.0"))
    with pytest.raises(BadSetting, match="b, b2"):
        bench.score(emotions, csv(emotions, RIGHT), None, HOW)


@pytest.fixture
def places(home: Path) -> Path:
    """A benchmark of valence, arousal and dominance on six items."""
    answers = {
        name: {f"i{n}": [min(9, max(1, 1 + n + shift + step)) for step in (0, 1, 1)] for n in range(6)}
        for shift, name in enumerate(VAD.names)
    }
    asked(home, VAD, answers)
    make(home, Recipe("vad", "vad", reported=(0, 1)))
    return home


def test_dimensions_are_scored_one_by_one_on_average_and_pooled(places: Path) -> None:
    benchmark, _ = bench_files.read(places / "benchmarks/vad")
    tasks = {task.name: task for task in benchmark.tasks}
    rows = {}
    for one in benchmark.references:
        task, number = tasks[one.task], one.number
        assert number is not None
        rows.setdefault(one.item, {})[one.task] = (number - task.lowest) / (task.highest - task.lowest)
    text = f"item,{','.join(VAD.names)}\n" + "".join(
        f"{item},{','.join(str(row[name]) for name in VAD.names)}\n" for item, row in rows.items()
    )
    (found,) = bench.score(places, csv(places, text), "vad", HOW)
    for over in (*VAD.names, "(mean)", "(pooled)"):
        assert figure(found, "ccc", over).value == pytest.approx(1)
        assert figure(found, "rmse", over).value == pytest.approx(0, abs=1e-9)


def test_predictions_on_another_scale_are_mapped_onto_the_benchmarks(places: Path) -> None:
    text = "item,question,value\ni0,valence,-1\ni1,valence,1\ni2,valence,3\n"
    (found,) = bench.score(places, csv(places, text), "vad", replace(HOW, units=(-1, 1)))
    benchmark, _ = bench_files.read(places / "benchmarks/vad")
    (low, high) = (
        (one.number or 0) for one in benchmark.references if one.task == "valence" and one.item in ("i0", "i1")
    )
    task = next(task for task in benchmark.tasks if task.name == "valence")
    wide = task.highest - task.lowest
    third = next(one.number or 0 for one in benchmark.references if one.task == "valence" and one.item == "i2")
    wanted = (
        abs((low - task.lowest) / wide) + abs(1 - (high - task.lowest) / wide) + abs(2 - (third - task.lowest) / wide)
    )
    assert figure(found, "mae", "valence").value == pytest.approx(wanted / 3)
    assert found.tally.outside == 1


@pytest.mark.parametrize(
    ("scale", "predicted", "hints"),
    [
        ((0, 10), (0.1, 0.2, 0.9), ["predictions lie between 0.1 and 0.9, the scale is 0 to 10; give --from 0:1?"]),
        ((1, 9), (-1, 0, 1), ["predictions lie between -1 and 1, the scale is 1 to 9; give --from -1:1?"]),
        ((0, 10), (40, 50, 60), ["predictions lie between 40 and 60, the scale is 0 to 10; give --from LOW:HIGH?"]),
        ((0, 1), (0.5, 0.55, 0.6), []),
        ((0, 10), (2, 5, 5), []),
        ((0, 10), (5, 5, 5), []),
    ],
)
def test_predictions_that_cover_little_of_the_scale_are_pointed_out(
    home: Path, scale: tuple[float, float], predicted: Sequence[float], hints: list[str]
) -> None:
    asked(home, VAD, {"valence": {f"i{n}": [n + 1, n + 2] for n in range(3)}})
    make(home, Recipe("v", "vad", reported=scale))
    table = csv(home, "item,value\n" + "".join(f"i{n},{value}\n" for n, value in enumerate(predicted)))
    assert list(bench.score(home, table, "v", HOW)[0].hints) == hints
    assert bench.score(home, table, "v", replace(HOW, units=(0, 1)))[0].hints == ()


def test_several_choices_are_one_yes_no_task_per_category(home: Path) -> None:
    scheme = scheme_from_toml(
        """
name = "many"
version = 1
title = "Many"
media = ["voice"]
[[question]]
name = "heard"
title = "What?"
type = "choices"
category = [{ name = "laugh", title = "Laughter" }, { name = "sob", title = "Sob" }]
""",
        "test",
    )
    asked(home, scheme, {"heard": {"x": [["laugh"], ["laugh", "sob"]], "y": [["sob"], ["sob"]], "z": [[], ["laugh"]]}})
    made = make(home, Recipe("b", "many"))
    assert made.tasks == ("heard:laugh", "heard:sob")
    text = "item,question,value\n" + "".join(
        f"{i},heard:{c},{v}\n"
        for i, c, v in [("x", "laugh", "yes"), ("y", "laugh", 0), ("x", "sob", "true"), ("y", "sob", "1")]
    )
    (found,) = bench.score(home, csv(home, text), "b", HOW)
    assert found.tally.answered == 4
    assert figure(found, "recall:yes", "heard:laugh").value == 1
    assert figure(found, "accuracy", "(pooled)").value == pytest.approx(3.5 / 4)


def test_the_saved_file_holds_what_was_scored(emotions: Path) -> None:
    (found,) = bench.score(emotions, csv(emotions, RIGHT), "b", replace(HOW, model="Org/Model 7b"))
    assert Path(found.file) == emotions / "benchmarks/b/scores/Org_Model_7b.json"
    told = json.loads(Path(found.file).read_text("utf-8"))
    assert told["benchmark_id"] == found.benchmark_id
    assert len(told["figures"]) == len(found.figures)
    again = Path(found.file).read_bytes()
    bench.score(emotions, csv(emotions, RIGHT), "b", replace(HOW, model="Org/Model 7b"))
    assert Path(found.file).read_bytes() == again


def test_the_report_puts_people_constant_and_chance_beside_a_score(emotions: Path, capsys: Any) -> None:
    done = bench.score(emotions, csv(emotions, RIGHT + "q,fear\n"), "b", HOW)
    drawing.made(make(emotions))
    drawing.scored(done)
    told = capsys.readouterr().out
    assert "people  constant  random" in told
    assert "balanced accuracy; tied references are split" in told
    assert "1 about unknown items" in told
    shown(done, True, drawing.scored)
    assert json.loads(capsys.readouterr().out)[0]["figures"]


def test_items_go_by_their_names_without_the_corpus(home: Path) -> None:
    asked(home, EKMAN, {"emotion": {f"envoice/voice/{name}.wav": ["anger"] for name in ("0000", "0001")}})
    make(home)
    text = "item,value\nvoice/0000.wav,anger\nvoice/0001.wav,anger\nvoice/0002.wav,anger\n"
    (found,) = bench.score(home, csv(home, text), "b", HOW)
    assert (found.tally.answered, found.tally.unknown_items) == (2, 1)


def test_clips_go_by_the_names_of_their_files_which_are_not_written_down(answered: Path) -> None:
    made = make(answered)
    folder = Path(made.folder)
    benchmark, _ = bench_files.read(folder)
    called = bench.called(answered, benchmark.items)
    told = {item: re.sub(r" \d+\.\d\d s$", "", name) for item, name in called.items()}
    files = {name for (name,) in Catalog(answered).rows("SELECT name FROM statements")}
    assert set(told.values()) <= files
    lone = [item for item, name in told.items() if list(told.values()).count(name) == 1]
    text = "item,emotion\n" + "".join(f"/elsewhere/{told[item]},anger\n" for item in lone)
    (found,) = bench.score(answered, csv(answered, text), "b", HOW)
    assert lone
    assert found.tally.answered == len(lone)
    frozen = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    assert not [name for name in files if name.encode() in frozen]


def test_a_table_of_other_items_is_refused_with_two_that_are_expected(emotions: Path) -> None:
    with pytest.raises(BadInput, match=r"'voice/1.wav' where 'w' or 'x'"):
        bench.score(emotions, csv(emotions, "item,value\nvoice/1.wav,anger\n"), "b", HOW)
    with pytest.raises(BadInput, match="'mood'.*emotion"):
        bench.score(emotions, csv(emotions, "item,question,value\nx,mood,anger\n"), "b", HOW)
    assert not (emotions / "benchmarks/b/scores").exists()
