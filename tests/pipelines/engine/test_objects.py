"""Media below the address of an object store: whole, hashed when they are copied, bounded copies, and gone for good."""

import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from pipelines import collection
from pipelines.engine import objects
from pipelines.engine.claims import store_in
from pipelines.engine.objects import ObjectStore
from pipelines.engine.store import Store
from schemas.errors import Altered, BadInput, BadSetting, Unwritable
from schemas.settings import load_settings
from tests import object_store
from tests.mini_hub import OWNER, TOKEN, MiniHub


@pytest.fixture(params=["memory", pytest.param("moto", marks=pytest.mark.heavy)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ObjectStore]:
    with getattr(object_store, request.param)() as address:
        yield ObjectStore(tmp_path / "cache", address, 1_000_000, Store(tmp_path / "media"))


def put(store: Store, content: bytes) -> str:
    return store.put(content[:3], io.BytesIO(content[3:]))[0]


@pytest.mark.parametrize("size", [10, 3_000_000])
def test_what_is_put_is_had_on_another_machine(store: ObjectStore, tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    asset = put(store, content)
    there = store.on_node(tmp_path / "node" / "copies")
    assert there.has(asset, size)
    assert there.local(asset, size).read_bytes() == content
    with there.verified(asset) as path:
        assert path.is_relative_to(tmp_path / "node")


def test_what_is_there_already_is_not_sent_again(store: ObjectStore) -> None:
    asset = put(store, b"content")
    looked = store.files.info(store.place(asset))
    assert put(store, b"content") == asset
    assert store.files.info(store.place(asset)) == looked


def test_an_object_with_other_bytes_is_not_taken_for_it(store: ObjectStore) -> None:
    asset = put(store, b"content")
    store.files.pipe_file(store.place(asset), b"another")
    store.path(asset).unlink()
    for look in (lambda: store.local(asset, 7), lambda: store.verify(asset)):
        with pytest.raises(Altered, match="other bytes lie at"):
            look()
    assert list(store.root.glob("??/*")) == []


def test_an_object_that_has_gone_is_told_with_its_place(store: ObjectStore) -> None:
    asset = put(store, b"content")
    store.files.rm_file(store.place(asset))
    store.path(asset).unlink()
    with pytest.raises(Altered, match=f"there is no object at .*{asset}; add the file again"):
        store.local(asset, 7)
    assert not store.has(asset, 7)


def test_what_is_removed_is_gone_with_every_version_of_it(store: ObjectStore) -> None:
    asset = put(store, b"content")
    store.files.pipe_file(store.place(asset), b"another")
    other = put(store, b"another one")
    assert store.remove(asset) > 0
    assert not store.path(asset).exists()
    assert not store.has(asset, 7)
    if "s3" in store.files.protocol:
        found = store.files.call_s3("list_object_versions", Bucket=store.address.split("/")[2])
        left = [*found.get("Versions", ()), *found.get("DeleteMarkers", ())]
        assert [version["Key"].rsplit("/", 1)[1] for version in left] == [other]
    assert store.remove(asset) == 0


def test_copies_that_nobody_used_for_long_make_room(tmp_path: Path) -> None:
    with object_store.memory() as address:
        store = ObjectStore(tmp_path / "cache", address, keep_bytes=25)
        assets = [put(store, content * 10) for content in (b"a", b"b")]
        for age_s, asset in enumerate(assets):
            os.utime(store.path(asset), times=(time.time() - 1000 - age_s, time.time()))
        newest = put(store, b"c" * 10)
        assert [store.path(asset).exists() for asset in (*assets, newest)] == [True, False, True]
        assert store.local(assets[1], 10).read_bytes() == b"b" * 10


def test_a_copy_in_use_stays_however_little_room_there_is(tmp_path: Path) -> None:
    with object_store.memory() as address:
        store = ObjectStore(tmp_path / "cache", address, keep_bytes=0)
        assets = [put(store, content * 10) for content in (b"a", b"b")]
        assert all(store.path(asset).exists() for asset in assets)


def test_media_that_were_there_before_the_address_are_brought_to_it(tmp_path: Path) -> None:
    media = Store(tmp_path / "media")
    asset, original = put(media, b"content"), tmp_path / "linked"
    original.write_bytes(b"linked")
    linked, _ = media.link(original)
    with object_store.memory() as address:
        store = ObjectStore(tmp_path / "cache", address, 1000, media)
        assert store.local(asset, 7) == media.path(asset)
        assert store.bring() == 1
        assert not media.path(asset).exists()
        assert store.local(asset, 7).read_bytes() == b"content"
        assert list(store.links()) == [linked]
        assert store.local(linked, 6).read_bytes() == b"linked"
        assert store.bring() == 0


def test_what_has_not_its_bytes_any_more_is_not_brought_over_what_has(tmp_path: Path) -> None:
    media = Store(tmp_path / "media")
    asset = put(media, b"content")
    with object_store.memory() as address:
        store = ObjectStore(tmp_path / "cache", address, 1000, media)
        there = ObjectStore(tmp_path / "node", address, 1000)
        put(there, b"content")
        media.path(asset).write_bytes(b"con")
        assert store.bring() == 0
        assert media.path(asset).read_bytes() == b"con"
        assert there.files.cat_file(there.place(asset)) == b"content"


def test_a_copy_that_is_damaged_is_made_anew(store: ObjectStore) -> None:
    asset = put(store, b"content")
    store.path(asset).write_bytes(b"CONTENT")
    with store.verified(asset) as path:
        assert path.read_bytes() == b"content"
    assert store.path(asset).read_bytes() == b"content"


def test_whoever_uses_a_copy_disturbs_nobody_who_cuts_it(tmp_path: Path) -> None:
    with object_store.memory() as address:
        store = ObjectStore(tmp_path / "cache", address, 0)
        asset = put(store, b"content")
        with store.verified(asset) as path:
            time.sleep(0.01)
            store.local(asset, 7)
            store.path(asset).unlink()  # as one that makes room would
            assert path.read_bytes() == b"content"


@pytest.mark.heavy
def test_a_removal_that_broke_off_is_finished_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with object_store.moto() as address:
        store = ObjectStore(tmp_path / "cache", address, 1000)
        asset = put(store, b"content")
        store.files.rm_file(store.place(asset))  # leaves its former version
        store.remove(asset)
        found = store.files.call_s3("list_object_versions", Bucket=address.split("/")[2])
        assert not found.get("Versions")
        assert not found.get("DeleteMarkers")


def test_media_cannot_be_linked_where_other_machines_have_to_read_them(tmp_path: Path) -> None:
    with object_store.memory() as address, pytest.raises(BadInput, match="add it without --link"):
        ObjectStore(tmp_path / "cache", address, 1000).link(tmp_path / "file")


@pytest.mark.heavy
def test_a_place_that_takes_nothing_is_told(tmp_path: Path) -> None:
    with object_store.moto() as address:
        store = ObjectStore(tmp_path / "cache", address.replace("kept", "not-there"), 1000)
        with pytest.raises(Unwritable, match=r"not-there-.* cannot be written to"):
            put(store, b"content")
    assert list((tmp_path / "cache").rglob("*")) == [tmp_path / "cache" / "aside"]


def test_settings_choose_where_media_lie(tmp_path: Path) -> None:
    home = collection.make(tmp_path / "c", None, ()).home
    assert store_in(home) == Store(home / "media")
    settings = home / "emocurate.toml"
    text = settings.read_text()
    settings.write_text(text.replace('address = ""', 'address = "s3://bucket/name/"', 1))
    assert load_settings(home).store.address == "s3://bucket/name/"
    assert store_in(home) == ObjectStore(home / "cache", "s3://bucket/name", 20_000_000_000, Store(home / "media"))
    settings.write_text(text.replace('address = ""', 'address = "ftp://bucket"', 1))
    with pytest.raises(BadSetting, match=r"store.address = 'ftp://bucket'; expected s3:// or hf:// and a place"):
        load_settings(home)


ON_HUB = """
import io
import sys
from pathlib import Path
from pipelines import collection
from pipelines.engine.catalog import Catalog
from pipelines.engine.claims import claimed_store
from pipelines.engine.objects import ObjectStore
from schemas.errors import BadSetting

store = ObjectStore(Path(sys.argv[1]), sys.argv[2], 1000)
asset, size = store.put(b"con", io.BytesIO(b"tent"))
store.path(asset).unlink()
assert store.local(asset, size).read_bytes() == b"content"
assert store.remove(asset)
assert not store.has(asset, size)
assert store.keeps_history

home = Path(sys.argv[1], "home")
settings = collection.make(home, None, ()).home / "emocurate.toml"
settings.write_text(settings.read_text().replace('address = ""', f'address = "{sys.argv[2]}"', 1))
claimed_store(home)
settings.write_text(settings.read_text().replace("store/here", "open/here"))
assert Catalog(home).fact("store.address")
other = Path(sys.argv[1], "other")
(collection.make(other, None, ()).home / "emocurate.toml").write_text(settings.read_text())
try:
    claimed_store(other)
except BadSetting as refused:
    assert "is public, and media would be, too" in str(refused)
else:
    raise AssertionError("a public repository was taken")
"""


@pytest.mark.heavy
def test_media_may_lie_in_a_dataset_repository_of_the_hub(tmp_path: Path) -> None:
    hub = MiniHub(tmp_path).start()
    hub.create(f"{OWNER}/store", private=True)
    hub.create(f"{OWNER}/open", private=False)
    env = {**os.environ, "HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "PYTHONPATH": os.pathsep.join(sys.path)}
    address = f"hf://datasets/{OWNER}/store/here"
    subprocess.run([sys.executable, "-c", ON_HUB, tmp_path / "cache", address], env=env, check=True)
    hub.stop()


def test_a_driver_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", refuse)
    with pytest.raises(objects.Missing, match=r"pip install 'emocurate\[s3\]'"):
        put(ObjectStore(tmp_path, "s3://bucket", 1), b"content")
