"""The store: bytes by their hash, whole or not at all."""

import hashlib
import io
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.engine.store import CHUNK, Store, hashed


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


def test_linked_media_stay_where_they_are(tmp_path: Path) -> None:
    original = tmp_path / "original.wav"
    original.write_bytes(b"sound")
    asset, size = Store(tmp_path / "media").link(original)
    assert (asset, size) == hashed(b"sound", io.BytesIO())
    assert Store(tmp_path / "media").local(asset, size).resolve() == original.resolve()
