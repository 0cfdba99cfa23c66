"""Published corpora come in as they are laid out, with the figures their papers give."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

from annotate.ratings.flags import Flags, layout_with
from annotate.ratings.layout import Layout, presets
from pipelines import collection
from pipelines.engine.catalog import Catalog
from pipelines.imports.answers import Ratings, import_answers
from schemas.ids import content_id
from tests.pipelines.imports.rating_tables import ROWS, Import, held


def test_crema_d_rows_are_three_questions_about_one_clip(bring: Import, home: Path) -> None:
    names = "localid,pos,ans,ttr,queryType,numTries,clipNum,questNum,subType,clipName,sessionNums,respEmo,respLevel,dispEmo,dispVal,dispLevel"
    rows = [
        "r1,1,A_50,2000,1,1,1,1,4,1001_IEO_ANG_HI,1,A,50,ANG,1,80",
        "r2,1,F_10,2500,2,1,1,1,4,1001_IEO_ANG_HI,1,F,10,ANG,0,80",
        "r3,1,A_99,10001,3,1,1,1,4,1001_IEO_ANG_HI,1,A,99,ANG,1,80",
    ]
    done = bring("\n".join([names, *rows]), presets()["crema-d"])
    key = "crema-d/1001_IEO_ANG_HI"
    assert held(home) == [
        (key, "face_emotion", '"fear"'), (key, "face_intensity", "10"),
        (key, "voice_emotion", '"anger"'), (key, "voice_intensity", "50"),
    ]  # fmt: skip
    assert done.rows.dropped == 1


def test_crema_d_votes_are_told_apart_by_the_first_digit_of_the_row(bring: Import, home: Path) -> None:
    rows = '"","A","D","F","H","N","S","fileName","numResponses"\n"100001",0,0,0,1,2,0,"1001_IEO_NEU_XX",3\n"300001",1,0,0,0,0,0,"1001_IEO_NEU_XX",1\n'
    bring(rows, presets()["crema-d-votes"])
    found = Counter((question, value) for _, question, value in held(home))
    assert found == {
        ("voice_emotion", '"happiness"'): 1,
        ("voice_emotion", '"neutral"'): 2,
        ("audiovisual_emotion", '"anger"'): 1,
    }


def test_emolia_keeps_the_last_of_repeated_answers_its_times_and_its_contrasts(bring: Import, home: Path) -> None:
    names = "annotation_id,username,source_emotion,queried_emotion,task_type,file_name,rating,reaction_time_ms,sample_time_ms,created_at"
    rows = [
        "1,user_1,Fear,Fear,affirmative,a.mp3,not_present,900,1,2026-04-15 22:48:18",
        "2,user_1,Fear,Fear,affirmative,a.mp3,strongly_present,700,1,2026-04-15 22:48:19",
        "3,user_1,Fear,Jealousy___Envy,ultimate,a.mp3,weakly_present,800,1,2026-04-15 22:48:20",
    ]
    done = bring("\n".join([names, *rows]), presets()["emolia-bench"])
    assert done.removed.repeated == 1
    assert Catalog(home).rows(
        "SELECT a.question, k.target, k.role, a.value, a.duration_ms, a.updated_at FROM answers a JOIN asks k ON k.id = a.ask ORDER BY 1"
    ) == [
        ("fear", "fear", "plain", "2", 700, "2026-04-15T22:48:19.000000Z"),
        ("jealousy_envy", "jealousy_envy", "contrast", "1", 800, "2026-04-15T22:48:20.000000Z"),
    ]


def test_goemotions_rows_are_several_categories_and_unclear_ones_are_skips(bring: Import, home: Path) -> None:
    layout = presets()["goemotions"]
    emotions = [column for column, _ in layout.question[0].marks]
    names = ["text", "id", "author", "rater_id", "example_very_unclear", *emotions]
    first = ["hi", "e1", "x", "3", "False", "1", "1", *["0"] * 26]
    bring("\n".join(",".join(row) for row in (names, first, ["hi", "e1", "x", "4", "True", *["0"] * 28])), layout)
    rows = Catalog(home).rows("SELECT question, value, state FROM answers ORDER BY state")
    assert rows == [("emotions", '["admiration","amusement"]', "given"), ("*", None, "skipped")]


def test_meld_files_count_their_dialogues_anew(home: Path, tmp_path: Path) -> None:
    names = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"
    row = '1,"He\x92s lost it, totally.",Phoebe,{},negative,0,0,4,7,"00:20:57,256","00:21:00,049"\n'
    paths = (tmp_path / "train_sent_emo.csv", tmp_path / "dev_sent_emo.csv")
    for path, emotion in zip(paths, ("sadness", "joy"), strict=True):
        path.write_text(names + row.format(emotion), "utf-8")
    import_answers(Ratings(home, collection.find(home).people, presets()["meld"], paths))
    assert [(ref, value) for ref, question, value in held(home) if question == "emotion"] == [
        ("meld/dev_sent_emo/dia0_utt0", '"joy"'), ("meld/train_sent_emo/dia0_utt0", '"sadness"'),
    ]  # fmt: skip
    assert Catalog(home).rows("SELECT id, kind FROM raters") == [("meld/labels", "corpus")]


def test_emotionlines_digits_are_five_votes(bring: Import, home: Path) -> None:
    line = {"speaker": "C", "utterance": "u", "emotion": "surprise", "annotation": "2000030"}
    bring(json.dumps([[line]]), presets()["emotionlines"], "friends.json")
    assert Counter(value for *_, value in held(home)) == {'"neutral"': 2, '"surprise"': 3}


def test_an_audformat_database_comes_in_table_by_table(home: Path, tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    from tests.annotate.ratings.test_presets import HEADER

    (tmp_path / "db.yaml").write_text(HEADER, "utf-8")
    (tmp_path / "db.emotion.csv").write_text("file,anna,net\na.wav,anger,fear\nb.wav,,fear\n", "utf-8")
    (tmp_path / "db.emotion.gold.csv").write_text("file,emotion\na.wav,anger\n", "utf-8")
    segments = {
        "file": ["a.wav"],
        "start": pa.array([0], pa.duration("ns")),
        "end": pa.array([1_500_000_000], pa.duration("ns")),
    }
    parquet.write_table(pa.table({**segments, "a": [0.25]}), tmp_path / "db.segments.parquet")
    done = import_answers(Ratings(home, collection.find(home).people, presets()["audformat"], (tmp_path,)))
    assert [one.committed.new for one in done] == [3, 1, 1]
    assert held(home) == [
        ("emo/a.wav", "emotion", '"anger"'), ("emo/a.wav", "emotion", '"anger"'), ("emo/a.wav", "emotion", '"fear"'),
        ("emo/a.wav#0-1500", "arousal", "0.25"), ("emo/b.wav", "emotion", '"fear"'),
    ]  # fmt: skip
    kinds = Counter(kind for (kind,) in Catalog(home).rows("SELECT kind FROM raters"))
    assert kinds == {"person": 1, "model": 1, "corpus": 1}
    assert Catalog(home).rows("SELECT count(*) FROM schemes") == [(1,)]


def test_emonet_face_binary_gives_the_published_patterns(shared: Path, home: Path) -> None:
    table = shared / "annotations" / "emonet_face_binary.csv"
    done = import_answers(Ratings(home, collection.find(home).people, presets()["emonet-face-binary"], (table,)))[0]
    assert (done.committed.new, done.items, dict(done.raters)) == (65_686, 19_999, {"person": 7})
    patterns = Catalog(home).rows(
        """SELECT n, yes, count(*) FROM (SELECT ask, question, count(*) AS n, count(*) FILTER (WHERE value = '"yes"') AS yes
           FROM answers GROUP BY ALL) GROUP BY ALL ORDER BY 1 DESC, 2 DESC"""
    )
    assert patterns == [(3, 3, 9_075), (3, 2, 1_943), (2, 1, 3_652), (1, 1, 3_037), (1, 0, 22_291)]
    assert Catalog(home).rows("SELECT count(*) FROM asks") == [(39_998,)]
    hopeless = """SELECT count(DISTINCT ask), count(*) FROM answers WHERE question = 'helplessness'"""
    assert Catalog(home).rows(hopeless)[0][0] == 1_000


def test_ferplus_gives_every_vote_of_its_taggers(shared: Path, home: Path) -> None:
    table = shared / "annotations" / "ferplus.csv"
    done = import_answers(Ratings(home, collection.find(home).people, presets()["ferplus"], (table,)))[0]
    assert (done.committed.new, done.items, dict(done.raters)) == (358_869, 35_887, {"corpus": 10})
    eight = "SELECT count(*) FROM answers WHERE value NOT IN ('\"unknown\"', '\"nf\"')"
    assert Catalog(home).rows(eight) == [(339_962,)]


def test_eq_bench_runs_and_references_meet_at_the_same_items(shared: Path, home: Path) -> None:
    people, folder = collection.find(home).people, shared / "eqbench"
    for preset, name in (("eqbench", "gpt-4-0613_eqbench_v2_results"), ("eqbench-reference", "questions_v2_171")):
        import_answers(Ratings(home, people, presets()[preset], (folder / f"{name}.json",)))
    assert Catalog(home).rows("SELECT count(*) FROM items") == [(684,)]
    assert Catalog(home).rows("SELECT id, kind FROM raters ORDER BY 1") == [
        ("eqbench/reference", "corpus"), ("gpt-4-0613", "model"),
    ]  # fmt: skip
    constants = Counter(value for (value,) in Catalog(home).rows(
        "SELECT value FROM answers WHERE rater = 'eqbench/reference' AND question = 'revised'"
    ))  # fmt: skip
    assert constants == {"0": 254, "1": 11, "2": 49, "3": 43, "4": 56, "5": 12, "6": 56, "7": 69, "8": 127, "9": 7}


def test_a_pair_of_headerless_tables_is_two_questions(shared: Path, home: Path) -> None:
    for name in ("arousal", "valence"):
        flags = Flags(corpus="speech", header=("file", name), item="file", value=name)
        layout = layout_with(Layout(), flags)
        path = shared / "speech_emotion" / f"{name}.csv"
        done = import_answers(Ratings(home, collection.find(home).people, replace(layout, part=name), (path,)))[0]
        assert done.committed.new == 47


def test_content_ids_of_origins_do_not_depend_on_the_file(bring: Import, home: Path) -> None:
    bring(ROWS)
    bring(ROWS, name="renamed.csv")
    expected = content_id("import", corpus="lab", part="", rater="")
    assert Catalog(home).rows("SELECT id FROM origins") == [(expected,)]


def test_goemotions_as_published_for_training_are_sets(bring: Import, home: Path) -> None:
    bring('A "quote\t27\teebb\nWHY?\t2,14\ted00\nok\t0,15\teezl\n', presets()["goemotions-tsv"], "train.tsv")
    assert held(home) == [
        ("goemotions/ed00", "emotions", '["anger","fear"]'),
        ("goemotions/eebb", "emotions", '["neutral"]'),
        ("goemotions/eezl", "emotions", '["admiration","gratitude"]'),
    ]
