"""The audformat form, loaded by the audformat package: raters, schemes, splits, gold standard and media."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.release.forms import formed
from schemas.release import Sample, SampleAnswer
from schemas.scheme import shipped_schemes
from tests.pipelines.release.samples import EMOTIONS, face, flac, key, voice, webp, write_release

AGAIN = SampleAnswer("ekman-1", "emotion", "r2", "person", category="sadness", week="2026-W30")
MORE = (
    SampleAnswer("ekman-1", "intensity", "m1", "model", number=70.0),
    SampleAnswer("ekman-1", "emotion", "r3", "person", state="skipped"),
    SampleAnswer("own-1", "several", "r1", "person", categories=("joy", "fear")),
)


def samples() -> list[Sample]:
    plain = voice(0)
    return [
        replace(plain, answers=(*plain.answers, AGAIN, *MORE), transcript="NA"),
        voice(1, language=None),
        voice(2, split="test"),
        *(face(number, split="validation") for number in range(2)),
    ]


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    schemes = (shipped_schemes()["ekman"], shipped_schemes()["vad"])
    write_release(home / "release", samples(), schemes=schemes)
    return Path(formed(home, "v1", home / "release", "audformat").folder)


def loaded(folder: Path) -> Any:
    audformat = pytest.importorskip("audformat")
    return audformat.Database.load(str(folder), num_workers=1, verbose=False)


def file(number: int, split: str = "train", suffix: str = "flac") -> str:
    return f"{split}/{key(number)}.{suffix}"


def test_every_rater_has_a_column_and_a_second_answer_another(form: Path) -> None:
    voices = loaded(form / "voice")
    table = voices["emotion.train"]
    assert list(table.df.columns) == ["r0", "r1", "r2", "r2 (2)"]
    assert list(table.df.loc[file(1)][:3]) == ["anger", "anger", "fear"]
    assert set(table.df.loc[file(0)]) == {"anger", "fear", "sadness"}
    assert {name: column.rater_id for name, column in table.columns.items()}["r2 (2)"] == "r2"
    assert {rater: voices.raters[rater].type for rater in ("r0", "m1", "gold_standard")} == {
        "r0": "human",
        "m1": "machine",
        "gold_standard": "vote",
    }
    assert "r3" not in table.df.columns  # who only skipped


def test_schemes_hold_what_can_be_answered(form: Path) -> None:
    voices = loaded(form / "voice")
    assert sorted(voices.schemes["emotion"].labels_as_list) == sorted(EMOTIONS)
    assert (voices.schemes["intensity"].minimum, voices.schemes["intensity"].maximum) == (0, 100)
    assert voices["intensity.train"].df.loc[file(0), "m1"] == 70.0
    assert voices["several.train"].df.loc[file(0), "r1"] == "joy;fear"


def test_the_gold_standard_says_how_far_people_agree_and_the_share_of_every_category(form: Path) -> None:
    gold = loaded(form / "voice")["emotion.test.gold_standard"]
    row = gold.df.loc[file(2, "test")]
    assert (row["emotion"], row["emotion_n"], row["emotion_soft.anger"]) == ("anger", 3, pytest.approx(2 / 3))
    assert (gold.split_id, gold.columns["emotion"].rater_id) == ("test", "gold_standard")
    faces = loaded(form / "face")
    assert list(faces["valence.validation.gold_standard"].df["valence"]) == [6.5, 6.5]
    assert faces.splits["validation"].type == "dev"


def test_media_lie_where_the_tables_say_and_what_is_known_of_them_beside_them(form: Path) -> None:
    voices, faces = loaded(form / "voice"), loaded(form / "face")
    assert {(form / "voice" / path).read_bytes() for path in voices.files} == {flac()}
    assert {(form / "face" / path).read_bytes() for path in faces.files} == {webp()}
    about = voices["files"].df
    assert list(about.loc[file(0)][["split", "speaker", "transcript", "duration_ms"]]) == ["train", "s1", "NA", 400]
    assert about.loc[file(1), "language"] is None or about["language"].isna()[file(1)]
    assert voices.license == "CC-BY-4.0"


def test_our_own_reader_of_audformat_takes_it(form: Path) -> None:
    from annotate.ratings.audformat import header_from, tables_in
    from annotate.ratings.layout import Layout

    header = header_from((form / "voice" / "db.yaml").read_text("utf-8"), "db.yaml")
    asked = {
        table.name: [question.rater for question in table.layout.question] for table in tables_in(header, Layout("x"))
    }
    assert asked["emotion.train"] == ["r0", "r1", "r2", "r2"]
