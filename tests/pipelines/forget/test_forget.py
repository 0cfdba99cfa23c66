"""`forget`: what goes is gone everywhere, all else stays byte for byte, and nothing of it comes back."""

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from datasets import load_dataset

from pipelines import collection
from pipelines.bench.scoring import make
from pipelines.bench.votes import Recipe
from pipelines.collect.add import WITHDRAWN, Intake, add
from pipelines.collect.metadata import Metadata
from pipelines.engine.catalog import Catalog
from pipelines.forget.forget import VERBS, Forgotten, How, forget
from pipelines.forget.verify import verify
from pipelines.release.manifest import listed_files
from pipelines.release.records import rows_of
from pipelines.status import status
from pipelines.weigh.agree import figures
from schemas.errors import BadInput, BadSetting, BadUsage
from schemas.media import Source
from schemas.settings import Settings
from tests.pipelines.conftest import SOURCE, Builder, answer, notified, run, small_media, take_in
from tests.pipelines.release.test_export import export, files_of, samples_of

pytestmark = pytest.mark.long

SETTINGS, HEAVY = Settings(), pytest.mark.heavy
SPEAKERS = {f"tone-{number}.wav": {"speaker": f"speaker {number % 2}"} for number in range(4)}


def spoken_in(home: Path, media: Path) -> Path:
    """A collection of two speakers' recordings and three pictures, asked about, answered and released."""
    people = collection.make(home, "test", ("ekman",)).people
    add(Intake(home, SOURCE, Metadata(SPEAKERS), people), [small_media(media)])
    run(home)
    answer(home)
    export(home, SETTINGS)
    notified(home)
    return home


@pytest.fixture
def spoken(copy_of: Callable[[Builder], Path]) -> Path:
    return copy_of(spoken_in)


def without(home: Path, words: str, kind: Any = None, **how: Any) -> Forgotten:
    return forget(collection.find(home), words, kind, How(**{"sure": True, **how}))


def rows(home: Path, table: str) -> set[tuple[Any, ...]]:
    return set(Catalog(home).rows(f"SELECT t::VARCHAR FROM {table} t"))


def test_a_speaker_goes_with_recordings_clips_scores_answers_and_bytes(spoken: Path) -> None:
    clips = Catalog(spoken).rows("SELECT c.id FROM clips c JOIN described d USING (asset) WHERE d.speaker IS NOT NULL")
    assert len(clips) == 8
    done = without(spoken, "speaker 1")
    assert done.files == ("tone-1.wav", "tone-3.wav")
    assert (done.rows["clips"], done.rows["answers"]) == (4, 24)
    assert len(Catalog(spoken).rows("SELECT id FROM assets")) == 5
    assert len(list((spoken / "media").glob("??/*"))) == 5
    assert Catalog(spoken).rows("SELECT count(*) FROM answers") == [(42,)]
    assert len(list((spoken / "cuts").rglob("*.flac"))) == 4


def test_who_was_said_to_speak_once_is_named_by_no_likeness_of_voices(spoken: Path) -> None:
    (stays,) = Catalog(spoken).rows("SELECT id FROM clips WHERE kind = 'face' LIMIT 1")[0]
    gone = collection.find(spoken).people.of("speaker 1")
    with Catalog(spoken).open() as connection:
        connection.execute("INSERT INTO groups VALUES ('voice alike', ?, ?, ?)", [stays, stays, gone])
    without(spoken, "speaker 1")
    assert Catalog(spoken).rows("SELECT * FROM groups WHERE kind = 'voice alike'") == []


def test_nothing_of_anybody_else_changes(spoken: Path) -> None:
    tables = ("assets", "clips", "items", "asks", "answers", "sources")
    before = {table: rows(spoken, table) for table in tables}
    without(spoken, "tone-1.wav")
    after = {table: rows(spoken, table) for table in tables}
    assert all(after[table] <= before[table] for table in tables)
    assert {table: len(before[table]) - len(after[table]) for table in tables} == {
        "assets": 1, "clips": 2, "items": 2, "asks": 2, "answers": 12, "sources": 0,
    }  # fmt: skip


def test_a_release_follows_and_its_other_shards_stay_byte_for_byte(spoken: Path) -> None:
    folder = spoken / "releases" / "v1"
    before, samples = files_of(folder), samples_of(folder, "voice")
    gone = {
        clip
        for (clip,) in Catalog(spoken).rows("""SELECT c.id FROM clips c JOIN statements s USING (asset)
                                                        WHERE s.name = 'tone-1.wav'""")
    }
    done = without(spoken, "tone-1.wav")
    (follows,) = done.releases
    assert (follows.removed, follows.left, follows.shards) == (2, 9, 1)
    after = files_of(folder)
    tars = [name for name in before if name.endswith(".tar")]
    assert {name for name in tars if after.get(name) != before[name]} == {
        next(name for name in tars if name.startswith("voice/") and samples[min(gone)]["split"] in name)
    }
    left = samples_of(folder, "voice")
    assert left == {key: members for key, members in samples.items() if key not in gone}
    assert set((folder / "removed.txt").read_text().split()) == gone
    assert "7 voice clips" not in (folder / "README.md").read_text("utf-8")
    assert "6 voice clips" in (folder / "README.md").read_text("utf-8")


def test_a_release_that_followed_is_whole_and_loads(spoken: Path) -> None:
    without(spoken, "tone-1.wav")
    folder = spoken / "releases" / "v1"
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    files = listed_files(json.dumps(manifest))
    assert all(sha256((folder / path).read_bytes()).hexdigest() == hash_ for path, hash_ in files.items())
    assert sum(len(some) for some in load_dataset(str(folder), "face").values()) == 3
    places = list(rows_of(folder / "manifest.parquet"))
    held = set(Catalog(spoken).rows('SELECT clip, split, shard, "offset" FROM released'))
    assert held == {(row["sample"], row["split"], Path(row["shard"]).name, row["offset"]) for row in places}
    for row in places:
        with (folder / row["shard"]).open("rb") as tar:
            tar.seek(row["offset"] - 512)
            assert tar.read(len(row["sample"])).decode() == row["sample"]
            tar.seek(row["offset"])
            assert sha256(tar.read(row["size"])).hexdigest() == row["sha256"]


def test_a_withdrawn_rater_rewrites_no_shard(spoken: Path) -> None:
    before = {path: path.stat().st_ino for path in (spoken / "releases" / "v1").rglob("*.tar")}
    without(spoken, "p" + "0" * 15 + "1", delete_answers=True)
    assert {path: path.stat().st_ino for path in (spoken / "releases" / "v1").rglob("*.tar")} == before
    (raters,) = {
        len({row["rater"] for row in rows_of(path)}) for path in (spoken / "releases").rglob("answers.parquet")
    }
    assert raters == 2


def test_a_release_that_nothing_is_left_of_goes(spoken: Path) -> None:
    for name in ("*.wav", "*.png"):
        done = without(spoken, name)
    assert done.releases[0].left == 0
    assert not (spoken / "releases" / "v1").exists()
    assert Catalog(spoken).rows("SELECT count(*) FROM releases") == [(0,)]


def test_a_dry_run_says_that_the_answers_of_a_rater_stay(spoken: Path) -> None:
    rater = "p" + "0" * 15 + "1"
    would = without(spoken, rater, dry_run=True)
    done = without(spoken, rater)
    assert (would.unlinked, would.rows["answers"]) == (done.unlinked, done.rows["answers"])
    assert (done.unlinked > 0, done.rows["answers"]) == (True, 0)


def test_answers_of_no_rater_are_not_deleted_by_that_flag(spoken: Path) -> None:
    with pytest.raises(BadUsage, match="--delete-answers is for raters"):
        without(spoken, "speaker 1", delete_answers=True)


def test_a_dry_run_counts_the_same_and_changes_nothing(spoken: Path) -> None:
    before = files_of(spoken)
    would = without(spoken, "speaker 1", dry_run=True)
    after = files_of(spoken)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed <= {"catalog.duckdb"} | {name for name in after if name.startswith("locks/")}
    done = without(spoken, "speaker 1")
    assert (would.files, would.rows, would.releases) == (done.files, done.rows, done.releases)


def test_what_was_forgotten_is_in_no_file_any_more(spoken: Path) -> None:
    people = collection.find(spoken).people
    assert "catalog.duckdb" in verify(collection.find(spoken), "speaker 1").found
    assert people.of("speaker 1").encode() in (spoken / "catalog.duckdb").read_bytes()
    (asset,) = {a for (a,) in Catalog(spoken).rows("SELECT asset FROM statements WHERE name = 'tone-1.wav'")}
    without(spoken, "speaker 1")
    assert verify(collection.find(spoken), "speaker 1").found == ()
    assert verify(collection.find(spoken), "tone-1.wav").found == ()
    assert verify(collection.find(spoken), asset).found == ()
    assert not list(spoken.glob("catalog.duckdb.*"))


def test_the_same_bytes_do_not_come_back_under_another_name(spoken: Path, media: Path) -> None:
    without(spoken, "tone-1.wav")
    shutil.copy(media / "tone-1.wav", media / "renamed.wav")
    again = add(Intake(spoken, SOURCE, Metadata(), collection.find(spoken).people), [media])
    assert again.dropped == {WITHDRAWN: 2}
    assert b"renamed.wav" not in (spoken / "catalog.duckdb").read_bytes()
    assert len(list((spoken / "media").glob("??/*"))) == 6


def test_a_person_does_not_come_back_with_another_recording(spoken: Path, tmp_path: Path, media: Path) -> None:
    without(spoken, "speaker 1")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "other.wav").write_bytes((media / "tone-0.wav").read_bytes() + b"\0\0")
    table = Metadata({"other.wav": {"speaker": "Speaker 1"}})
    again = add(Intake(spoken, SOURCE, table, collection.find(spoken).people), [tmp_path / "new"])
    assert again.dropped == {WITHDRAWN: 1}


def test_forgetting_twice_says_so_and_an_unknown_subject_is_refused_with_the_nearest(spoken: Path) -> None:
    without(spoken, "tone-1.wav")
    assert without(spoken, "tone-1.wav").before
    with pytest.raises(BadInput, match=r"did you mean 'tone-0.wav'"):
        without(spoken, "tone0.wav")


def test_a_wrong_add_is_undone_and_may_be_added_again_with_other_words(home: Path, media: Path) -> None:
    take_in(home, [media], Source("licence", "CC-BY-NC-4.0", "wrong place"))
    done = without(home, "wrong place", may_return=True)
    assert len(done.files) == 7
    assert status(home, SETTINGS).files.total == 0
    take_in(home, [media])
    assert status(home, SETTINGS).files.total == 7


def test_a_file_that_came_from_elsewhere_too_stays_on_the_terms_of_that_source(home: Path, media: Path) -> None:
    take_in(home, [media / "tone-0.wav"])
    take_in(home, [media], Source("licence", "CC-BY-NC-4.0", "another place"))
    done = without(home, "another place")
    assert (len(done.files), done.shared) == (6, 1)
    assert Catalog(home).rows("SELECT licence, conflict FROM rights") == [("CC-BY-4.0", False)]


def test_a_raters_answers_stay_under_a_name_that_leads_to_nobody(spoken: Path) -> None:
    rater = "p" + "0" * 15 + "1"
    before = Catalog(spoken).rows("SELECT value FROM latest_answers ORDER BY ALL")
    alpha = figures(spoken)
    done = without(spoken, rater)
    assert done.unlinked == 22
    assert Catalog(spoken).rows("SELECT value FROM latest_answers ORDER BY ALL") == before
    assert figures(spoken) == alpha
    assert verify(collection.find(spoken), rater).found == ()


def test_a_release_has_the_raters_answers_under_the_new_name(spoken: Path) -> None:
    without(spoken, "p" + "0" * 15 + "1")
    renamed = {rater for (rater,) in Catalog(spoken).rows("SELECT id FROM raters")}
    assert {row["rater"] for row in rows_of(spoken / "releases" / "v1" / "voice" / "answers.parquet")} == renamed


def test_a_raters_answers_go_where_that_is_wanted(spoken: Path) -> None:
    without(spoken, "p" + "0" * 15 + "1", delete_answers=True)
    assert Catalog(spoken).rows("SELECT count(*), count(DISTINCT rater) FROM answers") == [(44, 2)]


def test_a_pattern_a_folder_and_the_end_of_a_name_mean_files(spoken: Path) -> None:
    assert without(spoken, "plain-*", dry_run=True).files == ("plain-0.png", "plain-1.png", "plain-2.png")
    with pytest.raises(BadInput, match="nothing here is called"):
        without(spoken, "other/", dry_run=True)


def test_notes_that_name_what_went_are_named_themselves(spoken: Path) -> None:
    (spoken / "imports").mkdir(exist_ok=True)
    (spoken / "imports" / "mine-refused.csv").write_text("line,reason\n3,no media tone-1.wav\n")
    (spoken / "imports" / "other-refused.csv").write_text("line,reason\n3,no media tone-2.wav\n")
    done = without(spoken, "tone-1.wav")
    assert done.remaining == ["imports/mine-refused.csv: remove it, or make it again"]


def test_several_files_are_forgotten_only_by_somebody_who_is_sure(spoken: Path) -> None:
    with pytest.raises(BadSetting, match=r"'\*' means 7 files"):
        without(spoken, "*", sure=False)
    assert Catalog(spoken).rows("SELECT count(*) FROM assets") == [(7,)]
    assert len(without(spoken, "*", sure=False, dry_run=True).files) == 7


def test_a_frozen_benchmark_that_holds_a_clip_is_named(spoken: Path) -> None:
    make(spoken, SETTINGS, Recipe("b", "ekman", media="voice"), bootstraps=0)
    assert without(spoken, "plain-0.png").remaining == []
    assert without(spoken, "tone-1.wav").remaining == ["benchmarks/b/items.parquet: remove it, or make it again"]


def test_words_that_mean_a_file_and_a_person_are_refused_before_anything_is_written(spoken: Path) -> None:
    before = files_of(spoken)
    with Catalog(spoken).open() as connection:
        connection.execute("UPDATE statements SET name = 'speaker 1' WHERE name = 'tone-0.wav'")
    with pytest.raises(BadInput, match=r"'speaker 1' is a file and a speaker here; say which .*: --as file"):
        without(spoken, "speaker 1")
    assert {name for name, data in files_of(spoken).items() if before.get(name) != data} <= {
        "catalog.duckdb", "locks/forget",
        *(f"locks/{verb}" for verb in VERBS),
    }  # fmt: skip
    assert Catalog(spoken).rows("SELECT count(*) FROM tombstones") == [(0,)]


def test_as_person_takes_what_somebody_speaks_in_and_what_they_contributed(spoken: Path) -> None:
    person = collection.find(spoken).people.of("speaker 1")
    with Catalog(spoken).open() as connection:
        connection.execute("INSERT INTO sources (id, basis, contributor) VALUES ('given', 'consent', ?)", [person])
        connection.execute(
            """INSERT INTO arrivals (id, asset, source)
               SELECT 'late', asset, 'given' FROM statements WHERE name = 'plain-0.png'"""
        )
    with pytest.raises(BadInput, match="--as person for both"):
        without(spoken, "speaker 1")
    assert set(without(spoken, "speaker 1", "person").files) == {"tone-1.wav", "tone-3.wav", "plain-0.png"}


def test_a_release_of_an_earlier_format_stands_in_the_way_until_its_folder_is_deleted(spoken: Path) -> None:
    folder = spoken / "releases" / "v1"
    body = json.loads((folder / "manifest.json").read_text("utf-8"))
    (folder / "manifest.json").write_text(json.dumps(body | {"format": "emocurate release 0"}), "utf-8")
    with pytest.raises(BadInput, match=rf"of an earlier format.* delete the folder {folder}"):
        without(spoken, "speaker 1")
    shutil.rmtree(folder)
    assert without(spoken, "speaker 1").files


@pytest.mark.parametrize(
    "edit",
    [
        "README.md",
        "a shard",
        "added",
        *(pytest.param(way, marks=HEAVY) for way in ("manifest.json", "a table", "gone")),
    ],
)
def test_a_release_that_was_edited_by_hand_is_refused_before_anything_is_written(spoken: Path, edit: str) -> None:
    folder = spoken / "releases" / "v1"
    part = json.loads((folder / "manifest.json").read_text("utf-8"))["parts"][0]
    shard, table = folder / part["shards"][0]["path"], folder / part["table"]["path"]
    path = {"a shard": shard, "a table": table, "gone": shard, "added": folder / "notes.txt"}.get(edit, folder / edit)
    if edit == "gone":
        path.unlink()
    else:
        path.write_bytes((path.read_bytes() if path.exists() else b"") + b"by hand")
    before = files_of(spoken)
    with pytest.raises(BadInput, match=f"{path.name}.* (edited|gone|added|no manifest)"):
        without(spoken, "speaker 1")
    after = files_of(spoken)
    assert {name for name in after if after[name] != before.get(name)} <= {name for name in after if "locks" in name}
    assert Catalog(spoken).rows("SELECT count(*) FROM tombstones") == [(0,)]


def test_what_a_killed_export_was_writing_goes_too(spoken: Path) -> None:
    left = spoken / "releases" / ".v2.aside"
    shutil.copytree(spoken / "releases" / "v1", left)
    without(spoken, "tone-1.wav")
    assert not left.exists()


def test_a_release_of_which_nothing_is_left_goes_whole_after_a_kill_too(
    spoken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(folder: Path, **_: Any) -> None:
        next(iter(sorted(folder.glob("manifest.json")))).unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("pipelines.release.withdraw.shutil.rmtree", lambda folder, **how: how or half(folder))
        with pytest.raises(KeyboardInterrupt):
            without(spoken, "*")
    done = without(spoken, "*")
    assert [(one.name, one.left) for one in done.releases] == [("v1", 0)]
    assert [path.name for path in (spoken / "releases").iterdir()] == []
