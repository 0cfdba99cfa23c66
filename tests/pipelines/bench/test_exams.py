"""Tests that bring their own key: EQ-Bench replies and situational-judgement responses."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pipelines.bench import exams
from pipelines.show import benchmarks as drawing
from schemas.errors import BadInput
from tests.pipelines.bench.frozen import HOW, csv


def eq_entry(scores: Sequence[int]) -> dict[str, Any]:
    names = {f"emotion{place}": name for place, name in enumerate(("Calm", "Angry", "Proud", "Sad"), 1)}
    answer = names | {f"emotion{place}_score": score for place, score in enumerate(scores, 1)}
    return {"prompt": "…", "reference_answer": answer, "reference_answer_fullscale": answer}


def eq_files(folder: Path, replies: Any, scores: Sequence[int] = (0, 6, 0, 4)) -> tuple[Path, Path]:
    """A file of replies and the two questions they belong to."""
    (folder / "q.json").write_text(json.dumps({str(n): eq_entry(scores) for n in (1, 2)}), "utf-8")
    (folder / "replies.json").write_text(json.dumps(replies), "utf-8")
    return folder / "replies.json", folder / "q.json"


EQ_LINES = "Calm: 0\nAngry: 6\nProud: 0\nSad: 4"
EQ_REPLY = f"First pass scores:\n{EQ_LINES}\nRevised scores:\n{EQ_LINES}"


@pytest.mark.parametrize(
    ("replies", "models"),
    [
        ({"1": EQ_REPLY, "2": EQ_REPLY}, ["replies"]),
        ([{"1": EQ_REPLY, "2": [EQ_REPLY]}], ["replies"]),
        (
            {
                "model_path": "org/m",
                "benchmark_score": 99.5,
                "raw_results": {"1": {"raw_inference": {"1": EQ_REPLY, "2": EQ_REPLY}}},
            },
            ["org/m"],
        ),
        ({m: {"iterations": {"1": {"raw_inference": {"1": EQ_REPLY, "2": EQ_REPLY}}}} for m in "ab"}, ["a", "b"]),
    ],
)
def test_replies_to_eq_bench_come_in_every_published_shape(
    home: Path, replies: Any, models: list[str], capsys: Any
) -> None:
    found = exams.score_eqbench(home, *eq_files(home, replies), "v2", HOW)
    assert [one.model for one in found] == models
    assert all(one.score.score == 100 and Path(one.file).is_file() for one in found)
    drawing.scored_eqbench(found)
    assert "always" in capsys.readouterr().out


def test_replies_without_revision_are_scored_in_one_run_and_it_is_said(home: Path, capsys: Any) -> None:
    files = eq_files(home, {"1": EQ_LINES, "2": EQ_LINES})
    (found,) = exams.score_eqbench(home, *files, "v2", HOW)
    assert (found.score.score, found.score.readable, found.revision) == (100, 2, False)
    drawing.scored_eqbench([found])
    told = "".join(capsys.readouterr())
    assert "no reply contains 'Revised scores:': scored as replies without revision" in told
    assert "NOT USABLE" not in told
    (asked,) = exams.score_eqbench(home, *files, "v2", HOW, revision=False)
    assert (asked.score, asked.hint) == (found.score, None)


def test_a_file_of_which_nothing_can_be_read_has_no_score(home: Path, capsys: Any) -> None:
    files = eq_files(home, {"1": "I would rather not say.", "2": ""})
    (found,) = exams.score_eqbench(home, *files, "v2", HOW)
    assert (found.score.score, found.score.low, found.score.high, found.score.usable) == (None, None, None, False)
    drawing.scored_eqbench([found])
    told = "".join(capsys.readouterr())
    assert ["replies", "EQ-Bench", "v2", "-"] in [line.split()[:4] for line in told.splitlines()]
    assert "0 of 2 questions readable\n" in told
    assert "NOT USABLE" in told
    assert "below always" not in told


def test_a_published_score_stands_beside_the_second_version_alone(home: Path) -> None:
    run = {"1": {"raw_inference": {"1": EQ_REPLY, "2": EQ_REPLY}}}
    files = eq_files(home, {"model_path": "m", "benchmark_score": 84.79, "raw_results": run})
    assert [exams.score_eqbench(home, *files, version, HOW)[0].published for version in ("v1", "v2")] == [None, 84.79]


def test_no_folder_is_made_where_there_is_no_collection(tmp_path: Path, capsys: Any) -> None:
    files = eq_files(tmp_path, {"1": EQ_REPLY, "2": EQ_REPLY})
    found = exams.score_eqbench(tmp_path / "mistyped", *files, "v2", HOW)
    assert (found[0].score.score, found[0].file) == (100, "")
    drawing.scored_eqbench(found)
    assert "Not saved" in "".join(capsys.readouterr())
    assert not (tmp_path / "mistyped").exists()


def test_a_file_of_results_without_replies_is_refused(tmp_path: Path) -> None:
    (tmp_path / "q.json").write_text(json.dumps({"1": eq_entry((0, 6, 0, 4))}), "utf-8")
    for told, said in (({"raw_results": {"1": {}}}, "raw_inference"), ([], "no replies"), (3, "no replies")):
        (tmp_path / "r.json").write_text(json.dumps(told), "utf-8")
        with pytest.raises(BadInput, match=said):
            exams.score_eqbench(tmp_path, tmp_path / "r.json", tmp_path / "q.json", "v2", HOW)
    with pytest.raises(BadInput, match="cannot read"):
        exams.score_eqbench(tmp_path, tmp_path / "none.json", tmp_path / "q.json", "v2", HOW)


def test_responses_to_a_test_are_scored_for_every_responder(tmp_path: Path, capsys: Any) -> None:
    options = [{"id": name, "text": "…", "key": key} for name, key in (("a", 1), ("b", 0), ("c", 1), ("d", 0))]
    items = [
        {"id": "1", "test": "T", "scoring": "key", "options": options[:2], "norms": {"p_value": 0.56, "n": 467}},
        {
            "id": "2",
            "test": "T",
            "scoring": "set_match",
            "options": options,
            "select": {"min": 2, "max": 2},
            "norms": {"p_value": 0.5, "n": 100},
        },
    ]
    (tmp_path / "t.json").write_text(json.dumps({"items": items}), "utf-8")
    text = "model,item,selected,state\none,1,a,\none,2,a;c,\ntwo,1,b,\ntwo,2,a,\nthree,1,,refused\nthree,9,a,\n"
    found = exams.score_test(tmp_path, csv(tmp_path, text), tmp_path / "t.json", HOW)
    scores = {
        one.model: (one.parts[0].score, one.tally.answered, one.tally.unreadable, one.tally.refused, one.tally.missing)
        for one in found.responders
    }
    assert scores == {"one": (1, 2, 0, 0, 0), "two": (0, 1, 1, 0, 0), "three": (None, 0, 0, 1, 1)}
    assert found.responders[0].parts[0].human == pytest.approx(0.53)
    assert [one.p_value for one in found.items] == [0.5, 1]
    drawing.examined(found)
    assert "human norms" in capsys.readouterr().out
    with pytest.raises(BadInput, match="items such as '1' or '2'"):
        exams.score_test(tmp_path, csv(tmp_path, "item,selected\n7,a\n"), tmp_path / "t.json", HOW)
    with pytest.raises(BadInput, match="again"):
        exams.score_test(tmp_path, csv(tmp_path, "item,selected\n1,a\n1,b\n"), tmp_path / "t.json", HOW)
