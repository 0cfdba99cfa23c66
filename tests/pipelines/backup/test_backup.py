"""`backup`: only what is new, never half of it, and nothing in it of what was forgotten."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipelines import collection
from pipelines.backup.backup import BackedUp, backup
from pipelines.backup.copying import names
from pipelines.backup.manifest import FILE, OBJECTS
from pipelines.backup.restore import restore
from pipelines.engine.catalog import Catalog
from pipelines.engine.lease import lease
from pipelines.forget.forget import How, forget
from schemas.errors import BadInput, BadSetting, Busy
from tests.pipelines.backup.copies import copy_of, held
from tests.pipelines.conftest import small_media, take_in
from tests.pipelines.test_kill import emocurate

pytestmark = pytest.mark.long


def saved(home: Path, place: Path, thorough: bool = False) -> BackedUp:
    return backup(collection.find(home), place, thorough)


def objects(place: Path) -> set[str]:
    return {path.name for path in (place / OBJECTS).glob("??/*")}


def test_a_backup_holds_the_whole_collection_for_its_owners_eyes(home: Path, tmp_path: Path) -> None:
    done = saved(home, tmp_path / "backup")
    assert (done.failed, done.links, done.removed) == ({}, 0, 0)
    assert done.copied == done.files > 20
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o700
    restore(tmp_path / "backup", tmp_path / "again")
    assert held(tmp_path / "again") == held(home)


def test_a_second_backup_copies_only_what_is_new(home: Path, tmp_path: Path) -> None:
    saved(home, tmp_path / "backup")
    assert saved(home, tmp_path / "backup").copied == 0
    media = small_media(tmp_path / "more")
    (media / "plain-0.png").write_bytes((media / "plain-0.png").read_bytes() + b"more")
    take_in(home, [media / "plain-0.png"])
    done = saved(home, tmp_path / "backup")
    assert (done.copied, done.removed) == (2, 1)  # the file and the catalog, whose former state goes


def test_what_sqlite_holds_is_copied_whole_while_somebody_writes_to_it(home: Path, tmp_path: Path) -> None:
    (home / "studio" / "data").mkdir(parents=True)
    file = home / "studio" / "data" / "label_studio.sqlite3"
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE answers (a)")
        writer.executemany("INSERT INTO answers VALUES (?)", [[number] for number in range(1000)])
        writer.execute("BEGIN")
        writer.execute("INSERT INTO answers VALUES (-1)")
        saved(home, tmp_path / "backup")
        writer.execute("COMMIT")
    restore(tmp_path / "backup", tmp_path / "again")
    with closing(sqlite3.connect(tmp_path / "again" / "studio" / "data" / file.name)) as copy:
        assert copy.execute("SELECT count(*), min(a) FROM answers").fetchall() == [(1000, 0)]


def test_it_waits_for_nobody_who_changes_what_belongs_together(home: Path, tmp_path: Path) -> None:
    for verb in ("push", "export", "forget", "fetch", "rebuild"):
        with lease(home, verb), pytest.raises(Busy, match=f"emocurate {verb}"):
            saved(home, tmp_path / "backup")
    for verb in ("run", "pull"):
        with lease(home, verb):
            assert saved(home, tmp_path / "backup").files


@pytest.mark.parametrize(
    "point",
    [
        "pipelines.backup.backup:write before 1",
        pytest.param("pipelines.engine.store:Store._settle before 3", marks=pytest.mark.heavy),
        pytest.param("pipelines.backup.backup:_prune before 1", marks=pytest.mark.heavy),
    ],
)
def test_killed_anywhere_the_same_command_ends_like_one_that_nobody_killed(
    point: str, home: Path, tmp_path: Path
) -> None:
    place = tmp_path / "backup"
    assert emocurate("backup", str(place), "--home", str(home), kill=point) < 0, "it was killed"
    assert emocurate("backup", str(place), "--home", str(home)) == 0
    restore(place, tmp_path / "again")
    assert held(tmp_path / "again") == held(home)
    assert not list((place / OBJECTS / "aside").iterdir())


def test_what_is_forgotten_leaves_the_backups_too(home: Path, tmp_path: Path) -> None:
    place, asset = tmp_path / "backup", Catalog(home).rows("SELECT asset FROM statements WHERE name = 'tone-1.wav'")
    saved(home, place)
    before = objects(place)
    assert asset[0][0] in before
    done = forget(collection.find(home), "speaker 1", None, How())
    assert (done.backups, done.remaining) == ((str(place),), [])
    assert asset[0][0] not in objects(place)
    restore(place, tmp_path / "again")
    assert held(tmp_path / "again") == held(home)
    person = collection.find(home).people.of("speaker 1").encode()
    assert not [path for path in (place / OBJECTS).glob("??/*") if person in path.read_bytes()]


def test_a_backup_out_of_reach_is_named_and_follows_when_it_is_back(home: Path, tmp_path: Path) -> None:
    place, away = tmp_path / "backup", tmp_path / "away"
    saved(home, place)
    place.rename(away)
    done = forget(collection.find(home), "speaker 1", None, How(report=tmp_path / "report.txt"))
    assert [str(place) in told for told in done.remaining] == [True]
    assert str(place) in (tmp_path / "report.txt").read_text()
    away.rename(place)
    assert forget(collection.find(home), "speaker 1", None, How()).backups == (str(place),)
    assert forget(collection.find(home), "speaker 1", None, How()).backups == ()


@pytest.mark.parametrize(
    "point",
    [
        pytest.param("pipelines.forget.forget:reach before 1", marks=pytest.mark.heavy),
        "pipelines.backup.backup:_prune before 1",
    ],
)
def test_a_kill_between_the_catalog_and_the_backups_is_made_good_by_the_same_command(
    point: str, home: Path, tmp_path: Path
) -> None:
    place, asset = tmp_path / "backup", Catalog(home).rows("SELECT asset FROM statements WHERE name = 'tone-1.wav'")
    saved(home, place)
    assert emocurate("forget", "speaker 1", "--home", str(home), kill=point) < 0
    assert asset[0][0] in objects(place)
    assert forget(collection.find(home), "speaker 1", None, How()).backups == (str(place),)
    assert asset[0][0] not in objects(place)
    restore(tmp_path / "backup", tmp_path / "again")
    assert held(tmp_path / "again") == held(home)


def test_folders_that_cannot_be_meant_are_refused(home: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").touch()
    commit = tmp_path / ".git" / "objects" / "ab" / f"{'c' * 38}"
    commit.parent.mkdir(parents=True)
    commit.touch()
    (tmp_path / ".git" / "HEAD").touch()
    for place in (tmp_path / "other", tmp_path / ".git", tmp_path / "store"):
        if place.name == "store":
            copy_of(tmp_path / ".git" / "objects", place / "objects")
        with pytest.raises(BadSetting, match="something else"):
            saved(home, place)
    assert commit.exists()
    with pytest.raises(BadSetting, match="lies in the collection"):
        saved(home, home / "backup")
    saved(home, tmp_path / "backup")
    stranger = collection.make(tmp_path / "stranger", "stranger", ()).home
    with pytest.raises(BadInput, match="another collection, 'test'"):
        saved(stranger, tmp_path / "backup")


def test_a_damaged_backup_is_mended_by_a_thorough_one(home: Path, tmp_path: Path) -> None:
    saved(home, tmp_path / "backup")
    damaged = next(path for path in sorted((tmp_path / "backup" / OBJECTS).glob("??/*")) if path.stat().st_size > 9)
    damaged.write_bytes(b"x" + damaged.read_bytes()[1:])
    assert saved(home, tmp_path / "backup", thorough=True).copied == 1
    restore(tmp_path / "backup", tmp_path / "again")
    assert held(tmp_path / "again") == held(home)


def test_media_that_are_not_what_was_added_never_replace_a_good_copy(home: Path, tmp_path: Path) -> None:
    asset = next(path for path in sorted((home / "media").glob("??/*")))
    good = asset.read_bytes()
    copied = copy_of(home, tmp_path / "copied")
    saved(copied, tmp_path / "backup")
    (copied / asset.relative_to(home)).write_bytes(good + b"more")
    done = saved(copied, tmp_path / "backup")
    assert list(done.failed) == [asset.relative_to(home).as_posix()]
    restore(tmp_path / "backup", tmp_path / "again")
    assert (tmp_path / "again" / asset.relative_to(home)).read_bytes() == good


def studio_of(home: Path) -> Path:
    """A database of Label Studio's with one answer."""
    (home / "studio" / "data").mkdir(parents=True)
    file = home / "studio" / "data" / "label_studio.sqlite3"
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("CREATE TABLE answers AS SELECT 1 AS a")
    return file


def test_a_database_that_cannot_be_read_stays_as_it_was_until_somebody_is_forgotten(home: Path, tmp_path: Path) -> None:
    place, file = tmp_path / "backup", studio_of(home)
    saved(home, place)
    name = file.relative_to(home).as_posix()
    file.write_bytes(b"no database" * 100)
    assert "not a database" in saved(home, place).failed[name]
    restore(place, tmp_path / "again")
    with closing(sqlite3.connect(tmp_path / "again" / name)) as copy:
        assert copy.execute("SELECT a FROM answers").fetchall() == [(1,)]
    done = forget(collection.find(home), "speaker 1", None, How(keep_studio=True))
    assert [name in told for told in done.remaining if str(place) in told] == [True]
    restore(place, tmp_path / "after")
    assert not (tmp_path / "after" / name).exists()


def test_a_folder_that_lies_elsewhere_or_cannot_be_read_leaves_the_backup_as_it_was(home: Path, tmp_path: Path) -> None:
    saved(home, tmp_path / "backup")
    before = objects(tmp_path / "backup")
    (home / "releases").rename(tmp_path / "releases")
    (home / "releases").symlink_to(tmp_path / "releases")
    with pytest.raises(BadInput, match="releases is a link to a folder"):
        saved(home, tmp_path / "backup")
    assert objects(tmp_path / "backup") == before
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="file cannot be read"):
        list(names(tmp_path / "file"))


def test_what_is_half_written_is_in_no_backup(home: Path) -> None:
    for room in ("releases", "rebuilt", "forms"):
        (home / room / ".v1.aside").mkdir(parents=True)
        (home / room / ".v1.aside" / "voice-train-0.tar").touch()
    assert not [name for name in names(home) if ".aside" in name]
    (home / "rebuilt" / ".v1.aside" / "rebuilt.parquet").touch()  # `forget` knows by it alone what has been cut
    assert [name for name in names(home) if ".aside" in name] == ["rebuilt/.v1.aside/rebuilt.parquet"]


def test_an_open_folder_shows_nobody_what_is_in_it(home: Path, tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir(mode=0o755)
    saved(home, tmp_path / "backup")
    assert (tmp_path / "backup" / OBJECTS).stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "backup" / FILE).stat().st_mode & 0o777 == 0o600


def test_linked_originals_stay_links_and_are_counted(tmp_path: Path) -> None:
    linked_in = collection.make(tmp_path / "linked", "linked", ("ekman",)).home
    take_in(linked_in, [small_media(tmp_path / "incoming")], link=True)
    assert saved(linked_in, tmp_path / "backup").links == 7
    restore(tmp_path / "backup", tmp_path / "again")
    assert {path.readlink() for path in (tmp_path / "again" / "media").glob("??/*") if path.is_symlink()} == {
        path.readlink() for path in (linked_in / "media").glob("??/*") if path.is_symlink()
    }


def test_json_says_what_is_new_and_where_the_keys_are(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from typer.testing import CliRunner

    import cli

    told = CliRunner().invoke(cli.app, ["backup", str(tmp_path / "b"), "--home", str(home), "--json"])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["keys"] == str(tmp_path / "keys")
    assert (tmp_path / "b" / FILE).exists()
    assert not list((tmp_path / "b").rglob("*.key"))
