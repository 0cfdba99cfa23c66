"""The store: bytes by their hash, whole or not at all."""

import hashlib
import io
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.engine import store as storing
from pipelines.engine.store import CHUNK, Store, hashed
from schemas.errors import Altered


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300), head=st.integers(0, 64))
def test_what_is_put_is_found_under_its_hash(tmp_path: Path, content: bytes, head: int) -> None:
    store = Store(tmp_path)
    asset, size = store.put(content[:head], io.BytesIO(content[head:]))
    assert asset == hashlib.sha256(content).hexdigest()[:32]
    assert (size, store.path(asset).read_bytes()) == (len(content), content)
    assert (asset, size) == hashed(content[:head], io.BytesIO(content[head:]))


def test_a_file_larger_than_a_chunk_is_kept_whole(tmp_path: Path) -> None:
    content = bytes(range(256)) * (CHUNK // 128)
    asset, size = Store(tmp_path).put(content[:10], io.BytesIO(content[10:]))
    assert (size, Store(tmp_path).path(asset).read_bytes()) == (len(content), content)


def test_the_same_bytes_twice_are_one_file(tmp_path: Path) -> None:
    for _ in range(2):
        Store(tmp_path).put(b"", io.BytesIO(b"same"))
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_a_stream_that_breaks_leaves_nothing_behind(tmp_path: Path) -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 0:
                raise OSError("the disk has gone")
            return super().read(4)

    with pytest.raises(OSError, match="the disk has gone"):
        Store(tmp_path).put(b"head", Breaking(b"more than four"))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("size", [4, 3 * CHUNK])
def test_a_name_that_lost_its_bytes_gets_them_when_they_come_again(tmp_path: Path, size: int) -> None:
    store, content = Store(tmp_path), b"x" * size
    asset, _ = store.put(b"", io.BytesIO(content))
    os.truncate(store.path(asset), 0)
    assert not store.has(asset, size)
    store.put(b"", io.BytesIO(content))
    assert store.has(asset, size)


HOUR_AGO_NS = time.time_ns() - 3600 * 10**9
ONE, OTHER = b"the sound that was added", b"another sound, as long !"


def aged(path: Path, content: bytes) -> Path:
    """A file that was written to an hour ago, in place if it was there."""
    path.write_bytes(content)
    os.utime(path, ns=(HOUR_AGO_NS, HOUR_AGO_NS))
    return path


@pytest.fixture
def original(tmp_path: Path) -> Path:
    return aged(tmp_path / "original.wav", ONE)


@pytest.fixture
def linked(tmp_path: Path, original: Path) -> tuple[Store, str]:
    """A store with one linked original, and its id."""
    store = Store(tmp_path / "media")
    return store, store.link(original)[0]


def note(store: Store, asset: str) -> bytes:
    return store.path(asset).with_suffix(".json").read_bytes()


def test_linked_media_stay_where_they_are(linked: tuple[Store, str], original: Path) -> None:
    store, asset = linked
    assert (asset, len(ONE)) == hashed(ONE, io.BytesIO())
    assert store.local(asset, len(ONE)).resolve() == original.resolve()
    assert list(store.links()) == [asset]


def test_a_copy_is_no_link(tmp_path: Path) -> None:
    Store(tmp_path / "media").put(b"", io.BytesIO(ONE))
    assert list(Store(tmp_path / "media").links()) == []


def test_a_linked_original_that_nobody_touched_is_not_read_again(
    linked: tuple[Store, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, asset = linked
    monkeypatch.setattr(storing, "_hashed_file", lambda path: pytest.fail(f"{path} was read"))
    assert store.local(asset, len(ONE)) == store.path(asset)


def test_a_linked_original_that_was_touched_is_hashed_once_and_holds(
    linked: tuple[Store, str], original: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, asset = linked
    since_ns = store.cuts_since_ns(asset)
    os.utime(original, ns=(HOUR_AGO_NS, HOUR_AGO_NS + 1))
    before = note(store, asset)
    store.local(asset, len(ONE))
    assert note(store, asset) != before
    assert store.cuts_since_ns(asset) == since_ns
    monkeypatch.setattr(storing, "_hashed_file", lambda path: pytest.fail(f"{path} was read again"))
    store.local(asset, len(ONE))


def overwritten(original: Path) -> None:
    original.write_bytes(OTHER)


def replaced(original: Path) -> None:
    """By another file of equal size and time; what differs is the inode."""
    aged(original.with_suffix(".new"), OTHER).replace(original)


def cut_short(original: Path) -> None:
    os.truncate(original, 7)


def deleted(original: Path) -> None:
    original.unlink()


def made_a_folder(original: Path) -> None:
    original.unlink()
    original.mkdir()


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        (overwritten, "has changed since it was added"),
        (replaced, "has changed since it was added"),
        (cut_short, "has changed since it was added"),
        (deleted, "the linked file has gone"),
        (made_a_folder, "cannot be read: it is not a file"),
    ],
)
def test_a_linked_original_that_is_not_what_was_added_is_refused(
    linked: tuple[Store, str], original: Path, how: Callable[[Path], None], reason: str
) -> None:
    store, asset = linked
    how(original)
    for _ in range(2):
        with pytest.raises(Altered, match=reason):
            store.local(asset, len(ONE))
    assert not store.has(asset, len(ONE))
    with pytest.raises(Altered, match=reason), store.verified(asset):
        pytest.fail("it was given away")


def test_a_changed_original_is_hashed_once_only(
    linked: tuple[Store, str], original: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, asset = linked
    aged(original, OTHER + b".")
    assert not store.has(asset, len(ONE))
    monkeypatch.setattr(storing, "_hashed_file", lambda path: pytest.fail(f"{path} was read again"))
    assert not store.has(asset, len(ONE))


def test_an_overwritten_original_with_its_old_time_is_caught_by_its_hash(
    linked: tuple[Store, str], original: Path
) -> None:
    store, asset = linked
    aged(original, OTHER)
    assert store.local(asset, len(ONE))  # size, time and inode are what they were
    with pytest.raises(Altered, match="has changed"), store.verified(asset):
        pytest.fail("it was given away")
    with pytest.raises(Altered, match="has changed"):
        store.local(asset, len(ONE))


def test_bytes_that_are_put_back_with_their_old_time_hold_again(linked: tuple[Store, str], original: Path) -> None:
    store, asset = linked
    aged(original, OTHER)
    with pytest.raises(Altered):
        store.verify(asset)
    aged(original, ONE)
    assert store.local(asset, len(ONE)) == store.path(asset)


def test_a_second_write_within_a_tick_of_the_clock_is_seen(tmp_path: Path) -> None:
    original, store = tmp_path / "original.wav", Store(tmp_path / "media")
    original.write_bytes(ONE)
    written_ns = original.stat().st_mtime_ns
    asset, size = store.link(original)
    original.write_bytes(OTHER)
    os.utime(original, ns=(written_ns, written_ns))
    with pytest.raises(Altered, match="has changed"):
        store.local(asset, size)


def test_what_is_written_to_while_it_is_in_use_is_refused_at_the_end(linked: tuple[Store, str], original: Path) -> None:
    store, asset = linked

    def use() -> None:
        with store.verified(asset) as path:
            assert path.read_bytes() == ONE
            overwritten(original)

    with pytest.raises(Altered, match="was written to while it was read"):
        use()


def test_what_is_written_to_while_it_is_linked_is_not_linked(
    tmp_path: Path, original: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def growing(head: bytes, rest: BinaryIO) -> tuple[str, int]:
        found = hashed(head, rest)
        overwritten(original)
        return found

    monkeypatch.setattr(storing, "hashed", growing)
    with pytest.raises(Altered, match="was written to while it was read"):
        Store(tmp_path / "media").link(original)
    assert list(Store(tmp_path / "media").links()) == []


def test_an_original_that_moved_is_linked_from_where_it_is_now(linked: tuple[Store, str], original: Path) -> None:
    store, asset = linked
    since_ns = store.cuts_since_ns(asset)
    moved = original.rename(original.with_name("moved.wav"))
    assert not store.has(asset, len(ONE))
    assert store.link(moved) == (asset, len(ONE))
    assert store.local(asset, len(ONE)).read_bytes() == ONE
    assert store.cuts_since_ns(asset) == since_ns


def test_a_copy_takes_the_place_of_a_link_that_does_not_hold(linked: tuple[Store, str], original: Path) -> None:
    store, asset = linked
    overwritten(original)
    assert store.put(ONE, io.BytesIO()) == (asset, len(ONE))
    assert not store.path(asset).is_symlink()
    assert store.local(asset, len(ONE)).read_bytes() == ONE


def test_a_link_without_a_readable_note_is_hashed_and_its_cuts_count_from_then_on(
    linked: tuple[Store, str], original: Path
) -> None:
    store, asset = linked
    store.path(asset).with_suffix(".json").write_bytes(b"")
    assert store.cuts_since_ns(asset) > 2**62
    before_ns = original.with_name("now")
    before_ns.touch()
    store.local(asset, len(ONE))
    assert store.cuts_since_ns(asset) >= before_ns.stat().st_mtime_ns


def test_a_stored_copy_with_other_bytes_of_equal_size_is_found_by_its_hash(tmp_path: Path) -> None:
    store = Store(tmp_path / "media")
    asset, size = store.put(b"", io.BytesIO(ONE))
    store.verify(asset)
    store.path(asset).write_bytes(OTHER)
    assert store.has(asset, size)
    with pytest.raises(Altered, match="other bytes lie in"):
        store.verify(asset)


def test_a_store_that_was_copied_elsewhere_still_knows_its_links(linked: tuple[Store, str], tmp_path: Path) -> None:
    store, asset = linked
    shutil.copytree(store.root, tmp_path / "other" / "media", symlinks=True)
    assert Store(tmp_path / "other" / "media").has(asset, len(ONE))
