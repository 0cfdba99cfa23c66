"""Presets are data that parse, name schemes that exist and read the layouts their corpora have."""

import pytest

from annotate.ratings.audformat import header_from, tables_in
from annotate.ratings.corpora import corpora, file_names, load_corpus, tables_of
from annotate.ratings.inference import scheme_of
from annotate.ratings.layout import Layout, presets
from annotate.ratings.meanings import reading
from annotate.ratings.nested import cell, emotion_lines, eqbench_questions, eqbench_results, framed, named_files
from schemas.errors import BadInput, BadSetting
from schemas.scheme import shipped_schemes

HEADER = """
name: emo
license: CC-BY-4.0
source: internal
media: {mic: {type: audio}}
raters:
  anna: {type: human}
  net: {type: machine}
  gold: {type: vote}
schemes:
  emotion: {dtype: str, labels: [anger, fear]}
  arousal: {dtype: float, minimum: -1, maximum: 1}
  seen: {dtype: bool}
  speaker: {dtype: str}
tables:
  emotion:
    type: filewise
    columns:
      anna: {scheme_id: emotion, rater_id: anna}
      net: {scheme_id: emotion, rater_id: net}
  emotion.gold:
    type: filewise
    columns: {emotion: {scheme_id: emotion, rater_id: gold}}
  segments:
    type: segmented
    columns: {a: {scheme_id: arousal, rater_id: anna}}
  files:
    type: filewise
    columns: {speaker: {scheme_id: speaker}}
"""


@pytest.mark.parametrize("name", sorted(presets()))
def test_every_preset_answers_a_scheme_that_needs_nothing_inferred(name: str) -> None:
    layout = presets()[name]
    if layout.reader == "audformat":  # its scheme is in the database itself
        return
    scheme = scheme_of(layout, (), shipped_schemes().__getitem__)
    assert not scheme.name.startswith("inferred-")
    assert scheme.questions


def test_crema_d_keeps_its_three_ways_of_presenting_apart() -> None:
    scheme = scheme_of(presets()["crema-d"], (), shipped_schemes().__getitem__)
    assert scheme.names == (
        *("voice_emotion", "voice_intensity", "face_emotion", "face_intensity"),
        *("audiovisual_emotion", "audiovisual_intensity"),
    )


def test_emonet_face_binary_is_declared_sequential() -> None:
    assert scheme_of(presets()["emonet-face-binary"], (), shipped_schemes().__getitem__).protocol.design == "sequential"


def test_emolia_ratings_are_points_of_an_ordinal_scale() -> None:
    layout = presets()["emolia-bench"]
    scheme = scheme_of(layout, (), shipped_schemes().__getitem__)
    read = reading(scheme.question("longing"), layout.question[0])
    assert [read(text).value for text in ("not_present", "weakly_present", "strongly_present")] == ["0", "1", "2"]


def test_ravdess_names_say_what_was_acted() -> None:
    names = file_names(load_corpus("ravdess"))
    assert names is not None
    assert names.says("Actor_12/03-01-06-01-02-01-12.wav", "acted_emotion") == '"fear"'
    assert names.says("Actor_12/03-01-06-02-02-01-12.wav", "acted_intensity") == '"strong"'
    assert names.says("notes.wav", "acted_emotion") is None


def test_a_name_that_does_not_follow_the_pattern_keeps_its_groups_empty() -> None:
    rows = named_files(["a/1001_IEO_ANG_HI.wav", "a/odd.wav", "a/table.csv"], presets()["crema-d-names"].pattern)
    assert [(row["stem"], row["emotion"]) for row in rows] == [("1001_IEO_ANG_HI", "ANG"), ("odd", None)]


def test_eq_bench_results_are_a_row_per_question_and_emotion() -> None:
    answers = {"first_pass": {"Sad": "3"}, "revised": {"Sad": "4", "Angry": "1"}}
    data = {"model_path": "m", "raw_results": {"1": {"respondent_answers": {"7": answers}}}}
    assert eqbench_results(data) == [
        {"question": "7", "emotion": "Sad", "model": "m", "relative": None, "first_pass": "3", "revised": "4"},
        {"question": "7", "emotion": "Angry", "model": "m", "relative": None, "first_pass": None, "revised": "1"},
    ]


def test_eq_bench_references_stand_for_both_passes() -> None:
    names = {f"emotion{place}": f"e{place}" for place in range(1, 5)}
    relative = names | {f"emotion{place}_score": place for place in range(1, 5)}
    full = names | {f"emotion{place}_score": str(place + 1) for place in range(1, 5)}
    rows = eqbench_questions({"1": {"reference_answer": relative, "reference_answer_fullscale": full}})
    assert rows[0] == {"question": "1", "emotion": "e1", "first_pass": "2", "revised": "2", "relative": 1}


def test_lines_of_dialogues_are_counted_within_them() -> None:
    rows = emotion_lines([[{"annotation": "5000000"}], [{"annotation": "0500000"}, {"annotation": "0050000"}]])
    assert [(row["dialogue"], row["line"]) for row in rows] == [(0, 0), (1, 0), (1, 1)]


def test_data_frames_saved_as_one_object_are_rows_again() -> None:
    expected = [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    assert framed({"a": [1, 2], "b": ["x", "y"]}) == expected
    assert framed({"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": "y"}}) == expected
    assert framed({"k": {"a": 1}}) == [{"key": "k", "a": 1}]
    assert framed([1]) == framed({"a": 1}) == []


def test_values_become_cells_without_losing_their_type_words() -> None:
    assert [cell(one) for one in (None, "x", 1, 1.5, True, [1, 2])] == [None, "x", "1", "1.5", "true", "[1, 2]"]


def test_an_audformat_header_becomes_layouts_with_a_rater_per_column() -> None:
    found = {one.name: one.layout for one in tables_in(header_from(HEADER, "db.yaml"), Layout(corpus="audformat"))}
    assert set(found) == {"emotion", "emotion.gold", "segments"}  # a column without a rater is no rating
    assert [(asked.rater, asked.rater_kind) for asked in found["emotion"].question] == [
        ("anna", "person"),
        ("net", "model"),
    ]
    assert found["emotion.gold"].question[0].rater_kind == "corpus"
    assert found["emotion"].question[0].categories == ("anger", "fear")
    assert found["segments"].item == ("{file}#{start:ms}-{end:ms}",)
    assert found["segments"].question[0].minimum == -1
    assert found["emotion"].heard_or_seen == ("voice",)
    assert found["emotion"].licence == "CC-BY-4.0"


@pytest.mark.parametrize("text", ["a: [", "just text", "name: x"])
def test_a_file_that_is_no_audformat_header_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"db\.yaml"):
        header_from(text, "db.yaml")


def test_a_database_without_labels_is_refused() -> None:
    with pytest.raises(BadInput, match="nothing to import"):
        tables_in({"tables": {"files": {"columns": {"x": {}}}}}, Layout())


def test_every_corpus_names_presets_that_exist() -> None:
    for corpus in corpora().values():
        assert {table.preset for table in corpus.table} | ({corpus.names} if corpus.names else set()) <= set(presets())


def test_the_votes_of_crema_d_are_used_only_without_its_raw_answers() -> None:
    corpus = load_corpus("crema-d")
    both = ["finishedResponses.csv", "processedResults/tabulatedVotes.csv"]
    assert set(tables_of(corpus, both)) == {"crema-d"}
    assert set(tables_of(corpus, both[1:])) == {"crema-d-votes"}


def test_an_unknown_corpus_says_how_to_bring_in_any_other() -> None:
    with pytest.raises(BadSetting, match="answers import"):
        load_corpus("iemocap")
