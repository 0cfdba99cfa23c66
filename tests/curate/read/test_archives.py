"""What comes out of archives, and what must not."""

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.read.archives import Limits, Member, members
from schemas.errors import Unreadable

CONTENT = {"a.wav": b"RIFF" + bytes(100), "deep/er/b #.flac": b"fLaC" + bytes(70_000), "c.txt": b"words"}
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tar.gz": gzip.compress,
    "tar.bz2": bz2.compress,
    "tar.xz": lzma.compress,
}


def tape(files: dict[str, bytes], *more: tarfile.TarInfo) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in files.items():
            header = tarfile.TarInfo(name)
            header.size = len(data)
            archive.addfile(header, io.BytesIO(data))
        for header in more:
            archive.addfile(header)
    return file.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def unpacked(path: Path, limits: Limits | None = None) -> tuple[dict[str, bytes], dict[str, str]]:
    """What could be read, and the refusals, by name."""
    read: dict[str, bytes] = {}
    refused: dict[str, str] = {}
    for member in members(path, limits or Limits()):
        try:
            if member.stream is not None:
                read[member.name] = member.stream.read()
        except Unreadable as broken:
            refused[member.name] = str(broken)
        if member.refusal is not None:
            refused[member.name] = member.refusal
    return read, refused


def in_file(folder: Path, data: bytes) -> Path:
    path = folder / "archive"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", PACKERS)
def test_every_file_of_a_tar_comes_out_whole(kind: str, tmp_path: Path) -> None:
    assert unpacked(in_file(tmp_path, PACKERS[kind](tape(CONTENT)))) == (CONTENT, {})


def test_every_file_of_a_zip_comes_out_whole(tmp_path: Path) -> None:
    assert unpacked(in_file(tmp_path, zipped(CONTENT))) == (CONTENT, {})


def test_names_that_point_outside_are_only_names(tmp_path: Path) -> None:
    names = {"../../etc/passwd": b"a", "/root/x.wav": b"b", "C:\\x.wav": b"c"}
    assert unpacked(in_file(tmp_path, tape(names)))[0] == names
    assert list(tmp_path.iterdir()) == [tmp_path / "archive"]


def test_names_that_are_no_utf8_survive(tmp_path: Path) -> None:
    name = b"st\xf6rung.wav".decode("utf-8", "surrogateescape")
    assert list(unpacked(in_file(tmp_path, tape({name: b"x"})))[0]) == [name]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused(kind: bytes, tmp_path: Path) -> None:
    header = tarfile.TarInfo("odd")
    header.type, header.linkname = kind, "/etc/passwd"
    read, refused = unpacked(in_file(tmp_path, tape({"a.wav": b"x"}, header)))
    assert read == {"a.wav": b"x"}
    assert refused == {"odd": "a link, a device or a sparse file"}


def test_links_in_a_zip_are_refused(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        link = zipfile.ZipInfo("odd")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert unpacked(in_file(tmp_path, file.getvalue())) == ({}, {"odd": "a link or a device, not a file"})


def test_encrypted_files_are_refused(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.wav": b"x"}))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    assert unpacked(in_file(tmp_path, bytes(data))) == ({}, {"a.wav": "encrypted"})


def test_archives_within_archives_are_refused_and_the_rest_is_read(tmp_path: Path) -> None:
    files = {"in.zip": zipped(CONTENT), "in.tar": tape(CONTENT), "in.gz": gzip.compress(b"x" * 50), "a.wav": b"RIFF"}
    read, refused = unpacked(in_file(tmp_path, zipped(files)))
    assert read == {"a.wav": b"RIFF"}
    assert refused == {f"in.{kind}": f"an archive within the archive ({kind})" for kind in ("zip", "tar")} | {
        "in.gz": "an archive within the archive (gzip)"
    }


def test_a_file_that_unfolds_beyond_measure_is_refused(tmp_path: Path) -> None:
    limits = Limits(harmless_bytes=1000)
    read, refused = unpacked(in_file(tmp_path, zipped({"bomb.wav": bytes(1_000_000), "a.wav": b"x"})), limits)
    assert read == {"a.wav": b"x"}
    assert refused == {"bomb.wav": "unfolds to more than 100 times its packed size"}


def test_a_zip_that_lies_about_its_sizes_is_stopped_while_it_is_read(tmp_path: Path) -> None:
    data = bytearray(zipped({"bomb.wav": bytes(1_000_000)}))
    at = data.index(b"PK\x01\x02")
    packed = int.from_bytes(data[at + 20 : at + 24], "little")
    data[at + 24 : at + 28] = (900).to_bytes(4, "little")  # unfolded size as told in the directory
    assert packed < 2000
    _, refused = unpacked(in_file(tmp_path, bytes(data)), Limits(harmless_bytes=1000))
    assert refused["bomb.wav"].startswith("broken in the archive")


@pytest.mark.parametrize("kind", ["tar.gz", "tar.bz2", "tar.xz"])
def test_a_tar_that_unfolds_beyond_measure_is_refused(kind: str, tmp_path: Path) -> None:
    data = PACKERS[kind](tape({"a.wav": b"x", "bomb.wav": bytes(10_000_000)}))
    read, refused = unpacked(in_file(tmp_path, data), Limits(harmless_bytes=1_000_000))
    assert read == {"a.wav": b"x"}
    assert next(iter(refused.values())) == "unfolds to more than 100 times its packed size"


def test_sizes_and_numbers_beyond_the_limits_are_refused(tmp_path: Path) -> None:
    path = in_file(tmp_path, zipped({f"{n}.wav": bytes([n]) * 100 for n in range(5)}))
    assert unpacked(path, Limits(member_bytes=99))[1]["0.wav"] == "larger than 99 bytes"
    assert unpacked(path, Limits(total_bytes=250))[1]["2.wav"] == "the archive unfolds to more than 250 bytes"
    read, refused = unpacked(path, Limits(members=2))
    assert len(read) == 2
    assert refused == {"archive": "more than 2 files in the archive"}


@pytest.mark.parametrize("kind", ["tar.gz", "tar.bz2", "tar.xz", "tar"])
def test_what_is_readable_of_a_broken_tar_comes_first_and_then_the_reason(kind: str, tmp_path: Path) -> None:
    import random

    noise = {f"{n}.wav": random.Random(n).randbytes(50_000) for n in range(20)}  # noqa: S311
    data = PACKERS[kind](tape(noise))
    read, refused = unpacked(in_file(tmp_path, data[: len(data) * 9 // 10]))
    assert len(read) >= 1
    assert all(noise[name] == content for name, content in read.items())
    assert len(refused) >= 1


def test_a_wrong_header_in_a_tar_is_not_taken_for_its_end(tmp_path: Path) -> None:
    data = bytearray(tape({"a.wav": b"x" * 512, "b.wav": b"y" * 512, "c.wav": b"z"}))
    data[2 * 512 + 3] ^= 0xFF
    read, refused = unpacked(in_file(tmp_path, bytes(data)))
    assert list(read) == ["a.wav"]
    assert refused["archive"].startswith("broken tar archive")


def test_a_zip_that_is_cut_short_is_refused_with_a_reason(tmp_path: Path) -> None:
    data = zipped(CONTENT)
    assert unpacked(in_file(tmp_path, data[:-30])) == ({}, {"archive": "broken zip archive: File is not a zip file"})


def test_wrong_bytes_in_a_zip_cost_only_the_file_they_are_in(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.wav": bytes(range(256)) * 50, "b.wav": b"good"}))
    data[80] ^= 0xFF
    read, refused = unpacked(in_file(tmp_path, bytes(data)))
    assert read == {"b.wav": b"good"}
    assert refused["a.wav"].startswith("broken in the archive")


def test_one_compressed_file_is_no_archive(tmp_path: Path) -> None:
    path = in_file(tmp_path, gzip.compress(b"RIFF" + bytes(1000)))
    assert unpacked(path) == ({}, {"archive": "gzip compressed, but no tar archive inside"})


def test_a_tar_header_of_absurd_size_does_not_fill_the_memory(tmp_path: Path) -> None:
    header = tarfile.TarInfo("long")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 1 << 33
    data = tape({"a.wav": b"x"})[:1024] + header.tobuf(tarfile.GNU_FORMAT) + bytes(5000)
    read, refused = unpacked(in_file(tmp_path, data))
    assert read == {"a.wav": b"x"}
    assert refused == {"archive": "broken tar archive: a header of absurd size"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["zip", *PACKERS]),
    wrong=st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=3)), max_size=5),
)
def test_archives_with_any_wrong_bytes_give_members_or_reasons(
    kind: str, wrong: list[tuple[int, bytes]], tmp_path: Path
) -> None:
    small = {"a.wav": b"RIFF" + bytes(300), "b.wav": b"x"}
    data = bytearray(zipped(small) if kind == "zip" else PACKERS[kind](tape(small)))
    for at, some in wrong:
        data[at % len(data) : at % len(data) + len(some)] = some
    path = in_file(tmp_path, bytes(data))
    assert all(isinstance(member, Member) for member in members(path, Limits()))
    unpacked(path)
