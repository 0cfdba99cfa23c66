"""Shards of WebDataset come in: LAION's layouts, and whatever else is in a tar that somebody else wrote."""

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from annotate.ratings.flags import Flags
from annotate.ratings.layout import Asked, Layout
from pipelines import collection
from pipelines.engine.catalog import Catalog
from pipelines.forget.forget import How, forget
from schemas.errors import BadInput
from tests.pipelines.imports.datasets.bringing import answers, brought, keys, names
from tests.pipelines.imports.datasets.laion_shards import as_json, emolia, flac, sample, scores, shard
from tests.site import sound


def test_keys_that_restart_in_every_tar_are_told_apart_by_their_shard(home: Path, tmp_path: Path) -> None:
    done = brought(home, emolia(tmp_path / "emolia", shards=2, samples=2))
    assert (done.counts.rows, done.counts.kept, done.added.new) == (4, 4, 4)
    assert names(home) == [
        f"emolia/emolia-00000{number}/00000{place}.flac" for number in range(2) for place in range(2)
    ]


def test_a_column_that_is_named_gives_the_keys(home: Path, tmp_path: Path) -> None:
    brought(home, emolia(tmp_path / "emolia", shards=1, samples=2), columns={"key": "id"})
    assert keys(home) == [("emolia", "EN_B00000_S00_W000000"), ("emolia", "EN_B00001_S01_W000001")]


def test_all_55_numbers_of_emolia_are_answers_of_a_model_whatever_signs_and_order_their_names_have(
    home: Path, tmp_path: Path
) -> None:
    brought(home, emolia(tmp_path / "emolia", shards=1, samples=2, best=True))
    held = {(key, question): float(value) for key, question, value, _ in answers(home)}
    assert len(held) == 2 * 55
    assert held["emolia-000000/000001", "fear"] == pytest.approx(scores(1)["Fear_best"])
    assert held["emolia-000000/000001", "jealousy_envy"] == pytest.approx(scores(1)["Jealousy_&_Envy_best"])
    assert held["emolia-000000/000001", "soft_vs_harsh"] == -1.5
    assert {kind for *_, kind in answers(home)} == {"model"}


def test_a_second_time_nothing_comes_in(home: Path, tmp_path: Path) -> None:
    folder = emolia(tmp_path / "emolia", shards=1, samples=2)
    flags = Flags(wide=("dnsmos",))
    brought(home, folder, flags=flags)
    again = brought(home, folder, flags=flags)
    assert (again.counts.kept, again.added.new) == (2, 0)
    assert sum(table.committed.new for table in again.imported) == 0


def test_a_reference_clip_is_of_the_speaker_its_own_json_says(home: Path, tmp_path: Path) -> None:
    members = [
        ("a.flac", flac(1)),
        ("a.json", as_json({"speaker": "S07973"})),
        ("a_emotion_reference.flac", flac(2)),
        ("a_emotion_reference.json", as_json({"speaker": "S03709"})),
    ]
    brought(home, shard(tmp_path / "bench.tar", members), name="bench")
    people = collection.find(home).people
    rows = Catalog(home).rows(
        "SELECT DISTINCT s.name, d.speaker FROM described d JOIN statements s USING (asset) ORDER BY ALL"
    )
    assert rows == [
        ("bench/bench/a.flac", people.of("bench/S07973")),
        ("bench/bench/a_emotion_reference.flac", people.of("bench/S03709")),
    ]


def test_emotions_in_a_text_of_json_and_tags_in_a_text_are_columns(home: Path, tmp_path: Path) -> None:
    told = {
        "emotions": '{"Joy": 3, "Jealousy_&_Envy": 1}',
        "annotation": "<mood_start>glad</mood> rest <pace>slow</pace>",
    }
    path = shard(tmp_path / "t.tar", [("0.flac", flac(1)), ("0.json", as_json(told))])
    flags = Flags(wide=("joy=emotions.Joy", "mood=annotation.mood"), scales=("joy=0:4",), types=("mood=text",))
    done = brought(home, path, flags=flags)
    assert [row[1:3] for row in answers(home)] == [("joy", "3"), ("mood", '"glad"')]
    assert set(done.unused_columns) == {"annotation", "annotation.pace", "emotions.Jealousy_&_Envy"}


def test_a_tag_that_never_ends_is_named_and_costs_nothing(home: Path, tmp_path: Path) -> None:
    told = {"annotation": "<transcription_start>and then"}
    done = brought(home, shard(tmp_path / "t.tar", [("0.flac", flac(1)), ("0.json", as_json(told))]))
    assert done.counts.kept == 1
    assert dict(done.counts.faults) == {"annotation: tag <transcription_start> never ends": 1}


def test_votes_in_a_list_of_objects_are_answers_of_people(home: Path, tmp_path: Path) -> None:
    votes = [{"who": "ann", "emotion": "joy"}, {"who": "bob", "emotion": "fear"}]
    path = shard(tmp_path / "t.tar", [("0.flac", flac(1)), ("0.json", as_json({"votes": votes, "score": 0.5}))])
    people = Layout(
        part="votes", rater="votes.who", question=(Asked("emotion", value="votes.emotion", categories=("joy", "fear")),)
    )
    model = Layout(
        part="model",
        rater_kind="model",
        rater_name="m1",
        question=(Asked("arousal", value="score", minimum=0, maximum=1, step=0.01, measure="interval"),),
    )
    brought(home, path, layouts=(people, model))
    assert [row[1:] for row in answers(home)] == [
        ("arousal", "0.5", "model"),
        ("emotion", '"fear"', "person"),
        ("emotion", '"joy"', "person"),
    ]


def test_members_that_do_not_lie_together_are_one_sample(home: Path, tmp_path: Path) -> None:
    members = [(f"{n}.json", as_json({"mood": "glad"})) for n in range(2)] + [(f"{n}.flac", flac(n)) for n in range(2)]
    done = brought(home, shard(tmp_path / "t.tar", members), flags=Flags(wide=("mood",), categories=("glad", "sad")))
    assert (done.counts.rows, done.counts.kept) == (2, 2)
    assert len(answers(home)) == 2


def test_what_is_wrong_with_one_sample_is_named_and_costs_no_other(home: Path, tmp_path: Path) -> None:
    members = [
        ("whole.flac", flac(1)),
        ("whole.json", as_json({"mood": "glad"})),
        ("list.flac", flac(2)),
        ("list.json", b"[1, 2]"),
        ("broken.flac", flac(3)),
        ("broken.json", b'{"mood": '),
        ("alone.json", as_json({"mood": "sad"})),
        ("twice.flac", flac(4)),
        ("twice.flac", flac(5)),
        ("none.flac", b"no sound at all"),
        ("whole.npy", b"1234"),
    ]
    done = brought(home, shard(tmp_path / "t.tar", members))
    assert done.counts.kept == 4
    assert sum(done.counts.dropped.values()) == 2
    assert done.counts.dropped["no medium beside its other members"] == 1
    assert sorted(done.counts.faults) == [
        "member .flac is there twice; the first counts",
        "member .json is JSON, and no object",
        "member .json is no JSON (JSONDecodeError)",
    ]
    assert done.unused == {"members .npy": 1}


def test_a_truncated_shard_gives_all_but_the_sample_that_was_cut_off(home: Path, tmp_path: Path) -> None:
    path = emolia(tmp_path / "cut", shards=1, samples=4) / "emolia-000000.tar"
    with path.open("rb+") as file:
        file.truncate(path.stat().st_size * 6 // 10)
    done = brought(home, tmp_path / "cut")
    assert 1 <= done.counts.kept < 4
    assert any("cut off" in reason for reason in (*done.counts.dropped, *done.counts.faults))


def test_a_stretch_of_noise_in_a_tar_costs_only_what_it_covers(home: Path, tmp_path: Path) -> None:
    path = emolia(tmp_path / "noise", shards=1, samples=5) / "emolia-000000.tar"
    data = bytearray(path.read_bytes())
    place = data.index(b"000002.flac")
    data[place : place + 512] = b"\xa5" * 512
    path.write_bytes(bytes(data))
    done = brought(home, tmp_path / "noise")
    assert done.counts.kept == 4
    assert any("damaged" in reason for reason in done.counts.dropped)


def test_a_shard_that_is_no_tar_costs_no_other_shard(home: Path, tmp_path: Path) -> None:
    folder = emolia(tmp_path / "mixed", shards=1, samples=2)
    (folder / "zzz.tar").write_bytes(b"this is no tar" * 100)
    done = brought(home, folder)
    assert done.counts.kept == 2
    assert done.counts.dropped == {"shard zzz.tar: not a tar archive": 1}


def test_a_compressed_shard_comes_in_too(home: Path, tmp_path: Path) -> None:
    path = emolia(tmp_path / "plain", shards=1, samples=2) / "emolia-000000.tar"
    packed = tmp_path / "emolia-000000.tar.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert brought(home, packed, name="e").counts.kept == 2
    assert names(home)[0] == "e/emolia-000000/000000.flac"


def test_shards_of_splits_are_told_apart_by_their_folders(home: Path, tmp_path: Path) -> None:
    for number, split in enumerate(("train", "test")):
        shard(tmp_path / "d" / split / "0.tar", [("0.flac", flac(number)), ("0.json", as_json({}))])
    done = brought(home, tmp_path / "d")
    assert names(home) == ["d/test/0/0.flac", "d/train/0/0.flac"]
    assert done.counts.splits == {"train": 1, "test": 1}


def test_columns_nobody_asked_for_are_named_with_their_cells(home: Path, tmp_path: Path) -> None:
    told = {"text": "hi", "speaker": "s", "dnsmos": 3.2, "odd": None}
    done = brought(home, shard(tmp_path / "t.tar", [("0.flac", flac(1)), ("0.json", as_json(told))]))
    assert done.unused_columns == {"dnsmos": 1}
    assert done.roles == {"speaker": "speaker", "transcript": "text"}


def test_a_column_that_is_named_and_that_no_row_has_is_told(home: Path, tmp_path: Path) -> None:
    path = shard(tmp_path / "t.tar", [("0.flac", flac(1)), ("0.json", as_json({"spk": "a"}))])
    assert brought(home, path, columns={"speaker": "spkr"}).absent == ("spkr",)


def test_what_was_forgotten_stays_out_with_its_labels(home: Path, tmp_path: Path) -> None:
    folder = emolia(tmp_path / "emolia", shards=1, samples=3)
    brought(home, folder, flags=Flags(wide=("dnsmos",)))
    forget(collection.find(home), "emolia/emolia-000000/000001.flac", None, How(sure=True))
    done = brought(home, folder, flags=Flags(wide=("dnsmos",)))
    assert done.counts.kept == 2
    assert not [row for row in answers(home) if row[0].endswith("000001")]
    assert Catalog(home).rows("SELECT count(*) FROM items WHERE kind = 'key'") == [(0,)]


def test_one_medium_of_several_is_the_one_labels_are_about(home: Path, tmp_path: Path) -> None:
    members = [("0.wav", flac(1)), ("0.flac", flac(2)), ("0.json", as_json({"mood": "glad"}))]
    flags = Flags(wide=("mood",), categories=("glad", "sad"))
    done = brought(home, shard(tmp_path / "t.tar", members), flags=flags, medium="flac")
    assert len(done.unused) == 1
    about = Catalog(home).rows(
        """SELECT DISTINCT s.name FROM answers a JOIN asks k ON k.id = a.ask JOIN about o USING (item)
           JOIN statements s ON s.asset = o.asset"""
    )
    assert about == [("t/t/0.flac",)] or about[0][0].endswith("t/0.flac")


def test_a_pattern_that_fits_nothing_is_said(home: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="pattern"):
        brought(home, tmp_path / "none-*.tar")


def test_a_folder_that_holds_no_dataset_names_what_lies_there(home: Path, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "notes.pdf").write_text("x", "utf-8")
    with pytest.raises(BadInput, match=r"holds \.pdf.*expected WebDataset"):
        brought(home, tmp_path / "d")


def test_a_nested_sample_keeps_the_depth_of_its_names(home: Path, tmp_path: Path) -> None:
    told = {"emotion_annotation": {"Amusement": 2.5}, **sample(1)}
    path = shard(tmp_path / "t.tar", [("0.flac", flac(1)), ("0.json", as_json(told))])
    flags = Flags(wide=("amusement=emotion_annotation.Amusement",), scales=("0:4",))
    brought(home, path, flags=flags)
    assert [row[1:3] for row in answers(home)] == [("amusement", "2.5")]


def test_a_name_in_a_shard_that_is_no_text_is_shown_and_costs_no_other(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "s-000000.tar"
    with tarfile.open(path, "w", errors="surrogateescape") as tape:
        for number, name in enumerate(("a\udcff.wav", "b.wav")):
            info = tarfile.TarInfo(name)
            info.size = len(sound(number))
            tape.addfile(info, io.BytesIO(sound(number)))
    assert brought(home, path, name="c").counts.kept == 2
    assert keys(home) == [("c", "s-000000/a\\xff"), ("c", "s-000000/b")]
    assert names(home) == ["c/s-000000/a\\xff.wav", "c/s-000000/b.wav"]
