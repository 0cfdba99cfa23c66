"""What lies where in a shard is found whatever happened to it, and nothing is read that is not all there."""

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.read.archives import Limits
from curate.read.shards import indexed, opened
from schemas.errors import Unreadable


def tar(members: list[tuple[str, bytes]], form: int = tarfile.USTAR_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tape:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tape.addfile(info, io.BytesIO(data))
    return out.getvalue()


MEMBERS = [(f"dir/{n:03d}.{suffix}", bytes([n]) * (700 + n)) for n in range(4) for suffix in ("flac", "x.json")]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_key_is_the_path_up_to_the_first_dot_of_its_name(form: int) -> None:
    data = tar([*MEMBERS, (f"dir.with.dots/{'long' * 22}.flac", b"1")], form)
    index = indexed(io.BytesIO(data), len(data), Limits())
    assert list(index.samples) == [*(f"dir/{n:03d}" for n in range(4)), f"dir.with.dots/{'long' * 22}"]
    assert list(index.samples["dir/000"].members) == ["flac", "x.json"]
    assert index.damage == ()


def test_bytes_are_those_of_the_member(tmp_path: Path) -> None:
    (tmp_path / "s.tar").write_bytes(tar(MEMBERS))
    for shard in opened(tmp_path / "s.tar", Limits(), tmp_path):
        assert shard.read(shard.index.samples["dir/002"].members["flac"]) == bytes([2]) * 702


def test_links_and_devices_are_refused() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tape:
        info = tarfile.TarInfo("0.flac")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tape.addfile(info)
    index = indexed(io.BytesIO(out.getvalue()), len(out.getvalue()), Limits())
    assert index.samples["0"].members["flac"].refusal == "a link, a device or a sparse file"


def test_too_many_members_are_refused() -> None:
    data = tar(MEMBERS)
    with pytest.raises(Unreadable, match="more than 3 files"):
        indexed(io.BytesIO(data), len(data), Limits(members=3))


@given(st.integers(0, 12_000), st.binary(min_size=1, max_size=700))
def test_noise_anywhere_breaks_nothing(place: int, noise: bytes) -> None:
    whole = tar(MEMBERS)
    data = bytearray(whole)
    data[place : place + len(noise)] = noise
    index = indexed(io.BytesIO(bytes(data)), len(data), Limits())
    sound = sum(len(sample.members) for sample in index.samples.values())
    assert sound >= len(MEMBERS) - 3 or index.damage


@given(st.integers(0, 12_000))
def test_a_tar_that_is_cut_anywhere_says_so_or_lacks_only_its_end(length: int) -> None:
    data = tar(MEMBERS)[:length]
    index = indexed(io.BytesIO(data), len(data), Limits())
    refused = [one for sample in index.samples.values() for one in sample.members.values() if one.refusal]
    assert len(refused) <= 1
