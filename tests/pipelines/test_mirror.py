"""A collection whose media lie on an object store: the whole way, and what is forgotten is gone there too."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import collection
from pipelines.backup.backup import backup
from pipelines.backup.manifest import read
from pipelines.collect.add import Intake, add
from pipelines.collect.metadata import Metadata
from pipelines.engine.catalog import Catalog
from pipelines.engine.claims import store_in
from pipelines.engine.objects import ObjectStore
from pipelines.forget.forget import How, forget
from pipelines.mirror import mirror
from schemas.errors import BadSetting, Unwritable
from schemas.settings import load_settings
from tests import object_store
from tests.pipelines.conftest import SOURCE, answer, run, small_media
from tests.pipelines.release.test_export import export

pytestmark = [pytest.mark.heavy, pytest.mark.long]

SPEAKERS = {f"tone-{number}.wav": {"speaker": f"speaker {number % 2}"} for number in range(4)}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with object_store.moto() as name:
        yield name


def far_collection(home: Path, address: str) -> Path:
    collection.make(home, "test", ("ekman",))
    settings = home / "emocurate.toml"
    settings.write_text(settings.read_text().replace('address = ""', f'address = "{address}"', 1))
    return home


@pytest.fixture(scope="module")
def far(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two speakers' recordings and three pictures at an address, asked about, answered and released; the last test
    forgets one of the speakers.
    """
    folder = tmp_path_factory.mktemp("far")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOCURATE_KEYS", str(folder / "keys"))
        home = far_collection(folder / "home", address)
        add(Intake(home, SOURCE, Metadata(SPEAKERS), collection.find(home).people), [small_media(folder / "incoming")])
        run(home)
        answer(home)
        export(home, load_settings(home))
        yield home


@pytest.fixture(autouse=True)
def keys(far: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOCURATE_KEYS", str(far.parent / "keys"))


def objects(home: Path) -> dict[str, bytes]:
    store = store_in(home)
    assert isinstance(store, ObjectStore)
    store.files.invalidate_cache()
    return {place.removeprefix(f"{store.base}/"): store.files.cat_file(place) for place in store.files.find(store.base)}


def files(home: Path, room: str) -> dict[str, bytes]:
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in (home / room).rglob("*") if path.is_file()}


def test_media_and_releases_are_at_the_address_as_they_are_here(far: Path) -> None:
    there = objects(far)
    assert sorted(name.rsplit("/", 1)[1] for name in there if name.startswith("media/")) == sorted(
        asset for (asset,) in Catalog(far).rows("SELECT id FROM assets")
    )
    assert {name: content for name, content in there.items() if name.startswith("releases/")} == files(far, "releases")
    assert {name: content for name, content in there.items() if name.startswith("cuts/")} == files(far, "cuts/clips")
    assert list((far / "media").glob("??/*")) == []


def test_nothing_is_copied_twice_and_what_changed_or_went_there_is_mended(far: Path) -> None:
    assert mirror(far) == (0, 0)
    name = next(name for name in objects(far) if name.endswith(".tar"))
    store = store_in(far)
    assert isinstance(store, ObjectStore)
    store.files.rm_file(f"{store.base}/{name}")
    path = far / "releases" / "v1" / "README.md"
    path.write_bytes(path.read_bytes()[::-1])
    assert mirror(far) == (2, 0)
    assert objects(far)[path.relative_to(far).as_posix()] == path.read_bytes()
    changed = path.read_bytes()
    path.unlink()
    assert mirror(far) == (0, 1)
    path.write_bytes(changed[::-1])
    assert mirror(far) == (1, 0)


def test_an_address_that_is_another_collections_is_refused(
    far: Path, address: str, tmp_path: Path, media: Path
) -> None:
    other = far_collection(tmp_path / "other", address)
    with pytest.raises(BadSetting, match="is the store of another collection"):
        add(Intake(other, SOURCE, Metadata(), collection.find(other).people), [media])


def test_a_copy_of_the_folder_does_not_write_there(far: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(far, tmp_path / "copied")
    with pytest.raises(BadSetting, match="or of this one in another folder, of which this is a copy"):
        mirror(copied)


def test_a_copy_takes_the_place_over_where_what_says_whose_it_is_was_removed(tmp_path: Path) -> None:
    with object_store.moto() as address:
        first = far_collection(tmp_path / "first", address)
        assert mirror(first) == (0, 0)
        copied = shutil.copytree(first, tmp_path / "copied")
        with pytest.raises(BadSetting, match="remove the object"):
            mirror(copied)
        store = store_in(copied)
        assert isinstance(store, ObjectStore)
        store.files.pipe_file(f"{store.base}/media/aa/object", b"of before")
        store.files.rm_file(f"{store.base}/collection")
        assert mirror(copied) == (0, 0)
        with pytest.raises(BadSetting, match="of this one in another folder"):
            mirror(first)


def test_a_bucket_without_a_folder_keeps_what_lies_there(tmp_path: Path) -> None:
    with object_store.moto() as address:
        home = far_collection(tmp_path / "bare", address.rsplit("/", 1)[0])
        (home / "releases" / "v1").mkdir(parents=True)
        for text in ("first", "second"):
            (home / "releases" / "v1" / "README.md").write_text(text)
            assert mirror(home, thorough=True) == (1, 0)
        assert objects(home)["releases/v1/README.md"] == b"second"
        assert mirror(home, thorough=True) == (0, 0)


def test_a_place_where_something_else_lies_is_refused(address: str, tmp_path: Path, media: Path) -> None:
    bucket = address.rsplit("/", 1)[0]
    for place, why in ((bucket, "lies something else"), (f"{address}/releases", "within the store of another")):
        other = far_collection(tmp_path / why, place)
        with pytest.raises(BadSetting, match=why):
            add(Intake(other, SOURCE, Metadata(), collection.find(other).people), [media])


def test_an_address_that_is_taken_back_is_missed(far: Path, address: str) -> None:
    settings = far / "emocurate.toml"
    text = settings.read_text()
    for instead in ("", address + "-new"):
        settings.write_text(text.replace(f'address = "{address}"', f'address = "{instead}"'))
        with pytest.raises(BadSetting, match=f"the media of this collection lie at {address}"):
            forget(collection.find(far), "speaker 0", None, How(sure=True))
    settings.write_text(text)


def test_a_backup_says_that_media_are_elsewhere(far: Path, tmp_path: Path, address: str) -> None:
    done = backup(collection.find(far), tmp_path / "backup")
    assert done.elsewhere == address
    assert not any(name.startswith(("media/", "cache/")) for name in read(tmp_path / "backup").files)


def test_a_store_that_cannot_be_written_to_is_told(home: Path, media: Path) -> None:
    with object_store.moto() as address:
        far_collection(home, address.replace("kept", "not-there"))
        with pytest.raises(Unwritable, match="cannot be written to"):
            add(Intake(home, SOURCE, Metadata(), collection.find(home).people), [media])


def test_what_is_forgotten_is_gone_there_too(far: Path) -> None:
    query = "SELECT asset FROM statements WHERE name IN ('tone-1.wav', 'tone-3.wav')"
    assets = {asset for (asset,) in Catalog(far).rows(query)}
    before = objects(far)
    done = forget(collection.find(far), "speaker 1", None, How(sure=True))
    there = objects(far)
    assert done.files == ("tone-1.wav", "tone-3.wav")
    assert {name.rsplit("/", 1)[1] for name in before.keys() - there.keys() if name.startswith("media/")} == assets
    assert {name: content for name, content in there.items() if name.startswith("releases/")} == files(far, "releases")
    assert {name for name in there if name.startswith("cuts/")} == set(files(far, "cuts/clips"))
    assert not any(asset in path.name for path in (far / "cache").rglob("*") for asset in assets)
    store = store_in(far)
    assert isinstance(store, ObjectStore)
    found = store.files.call_s3("list_object_versions", Bucket=store.base.split("/")[0])
    assert not found.get("DeleteMarkers")
    assert all(version["IsLatest"] for version in found["Versions"])
