"""`restore`: the whole collection or none, and nobody who was forgotten since."""

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from pipelines import collection
from pipelines.backup.backup import backup
from pipelines.backup.manifest import FILE, OBJECTS, read
from pipelines.backup.restore import restore
from pipelines.collect.add import WITHDRAWN, Intake, add
from pipelines.collect.metadata import Metadata
from pipelines.engine.catalog import Catalog
from pipelines.forget.forget import How, forget
from pipelines.forget.verify import verify
from schemas.errors import BadInput
from schemas.ids import canonical
from tests.pipelines.backup.copies import held
from tests.pipelines.conftest import SOURCE, small_media
from tests.pipelines.test_kill import emocurate

pytestmark = pytest.mark.long


@pytest.fixture
def place(home: Path, tmp_path: Path) -> Path:
    """The backup of the collection `home`."""
    backup(collection.find(home), tmp_path / "backup")
    return tmp_path / "backup"


def object_of(place: Path, end: str) -> Path:
    manifest = read(place)
    assert manifest
    kept = next(kept for name, kept in manifest.files.items() if name.endswith(end))
    return place / OBJECTS / kept.object[:2] / kept.object


def rewritten(place: Path, **changed: Any) -> None:
    """Change a manifest the way another version would have written it."""
    body = json.loads((place / FILE).read_text())["body"] | changed
    told = {"sha256": sha256(canonical(body).encode()).hexdigest(), "body": body}
    (place / FILE).write_text(json.dumps(told))


def test_after_rm_rf_everything_is_back_under_its_former_name(
    home: Path, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = held(home)
    shutil.rmtree(home)
    monkeypatch.chdir(tmp_path)
    done = restore(place)
    assert (Path(done.home), done.damaged, done.keys, done.forgotten) == (home, (), (), 0)
    assert held(home) == before
    assert backup(collection.find(home), place).copied == 0, "the next backup knows every file again"


def test_a_folder_that_holds_something_is_left_alone(home: Path, place: Path) -> None:
    with pytest.raises(BadInput, match="holds something"):
        restore(place, home)


@pytest.mark.parametrize(
    "point",
    [
        "pipelines.backup.restore:forget_again before 1",
        pytest.param("pipelines.backup.restore:_copied after 4", marks=pytest.mark.heavy),
        pytest.param("pathlib:Path.replace before 1", marks=pytest.mark.heavy),
    ],
)
def test_killed_anywhere_there_is_none_and_then_the_whole(point: str, home: Path, place: Path, tmp_path: Path) -> None:
    words = ("restore", str(place), str(tmp_path / "again"))
    assert emocurate(*words, kill=point) < 0, "it was killed"
    assert not (tmp_path / "again").exists()
    assert emocurate(*words) == 0
    assert held(tmp_path / "again") == held(home)
    assert not list(tmp_path.glob(".*restoring"))


def changed_byte(path: Path) -> None:
    *before, last = path.read_bytes()
    path.write_bytes(bytes([*before, last ^ 1]))


@pytest.mark.parametrize("harm", [changed_byte, Path.unlink])
def test_damage_is_named_and_the_rest_can_be_had(
    harm: Callable[[Path], None], home: Path, place: Path, tmp_path: Path
) -> None:
    harm(object_of(place, "v1/README.md"))
    with pytest.raises(BadInput, match=r"damaged: .*releases/v1/README\.md; .*--except-damaged"):
        restore(place, tmp_path / "again")
    assert not (tmp_path / "again").exists()
    assert not list(tmp_path.glob(".*restoring"))
    manifest = read(place)
    assert manifest
    done = restore(place, tmp_path / "again", except_damaged=True)
    assert done.damaged == ("releases/v1/README.md",)
    assert done.bytes == sum(kept.size for name, kept in manifest.files.items() if name not in done.damaged)
    assert held(tmp_path / "again")[0] == held(home)[0]


def test_without_the_catalog_there_is_nothing_to_restore(place: Path, tmp_path: Path) -> None:
    changed_byte(object_of(place, "catalog.duckdb"))
    with pytest.raises(BadInput, match="without these there is no collection"):
        restore(place, tmp_path / "again", except_damaged=True)


def test_a_backup_of_a_newer_version_is_refused_with_what_to_do(place: Path, tmp_path: Path) -> None:
    for key in ("format", "steps"):
        rewritten(place, **{key: 99, "version": "9.1.0"})
        with pytest.raises(BadInput, match=r"made by emocurate 9\.1\.0, .*; install that one or a newer one"):
            restore(place, tmp_path / "again")
        rewritten(place, **{key: 1})


def test_what_is_no_whole_backup_is_told(place: Path, tmp_path: Path) -> None:
    told = json.loads((place / FILE).read_text())
    (place / FILE).write_text(json.dumps({**told, "body": {**told["body"], "name": "other"}}))
    with pytest.raises(BadInput, match="is damaged"):
        restore(place, tmp_path / "again")
    rewritten(place, links={"../../etc/passwd": "/"})
    with pytest.raises(BadInput, match="lies outside"):
        restore(place, tmp_path / "again")
    (place / FILE).unlink()
    with pytest.raises(BadInput, match="no whole backup"):
        restore(place, tmp_path / "again")


def test_who_was_forgotten_after_the_backup_does_not_come_back(home: Path, place: Path, tmp_path: Path) -> None:
    place.rename(tmp_path / "away")  # out of reach while the speaker goes
    forget(collection.find(home), "speaker 1", None, How())
    forgotten = held(home)
    shutil.rmtree(home)
    done = restore(tmp_path / "away", home)
    assert done.forgotten == 3, "two files and who speaks in them"
    rows, files = held(home)
    assert rows[:-1] == forgotten[0][:-1]
    assert set(files) == set(forgotten[1])
    assert set(forgotten[0][-1]) <= set(rows[-1]), "the tombstones stand"
    assert verify(collection.find(home), "speaker 1").found == ()
    again = add(Intake(home, SOURCE, Metadata(), collection.find(home).people), [small_media(tmp_path / "incoming")])
    assert again.dropped == {WITHDRAWN: 2}, "and does not come in again"


def test_a_damaged_release_of_which_somebody_is_to_leave_stays_out_and_is_named(
    home: Path, place: Path, tmp_path: Path
) -> None:
    changed_byte(object_of(place, "v1/README.md"))
    place.rename(tmp_path / "away")
    forget(collection.find(home), "speaker 1", None, How())
    shutil.rmtree(home)
    done = restore(tmp_path / "away", home, except_damaged=True)
    assert (done.forgotten, done.torn) == (3, ("v1",))
    assert not (home / "releases" / "v1").exists()
    assert verify(collection.find(home), "speaker 1").found == ()
    assert [name for name, *_ in Catalog(home).rows("SELECT name FROM releases")] == ["v1"]


def test_keys_that_are_not_on_this_machine_are_named(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOCURATE_KEYS", str(tmp_path / "none"))
    done = restore(place, tmp_path / "again")
    collection_id = Catalog(tmp_path / "again").fact("collection")
    assert done.keys == (str(tmp_path / "none" / f"{collection_id}.key"),)
