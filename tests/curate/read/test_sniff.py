"""What a file is, by its content."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.read.decode import decode
from curate.read.sniff import RIFF_KINDS, SIGNATURES, Format, archive_kind, read_head, sniff
from schemas.errors import Unreadable
from schemas.media import SUFFIXES, AssetKind
from schemas.stage import Dropped

NAMES = {  # the short names of the test media whose format is not the word before the underscore
    "webm_voice": "webm",
    "talking_head": "mp4",
    "odd": "wav",
}
PICTURES = {"jpg", "png", "webp", "bmp", "gif", "tiff", "avif", "heic", "ppm", "jp2"}
SOUNDS = {"wav", "flac", "ogg", "aiff", "caf", "au", "mp3", "mp2", "opus", "m4a", "aac", "amr", "wma"}
SOUNDS |= {"wv", "tta", "ac3", "eac3", "dts", "w64", "voc", "nistsphere"}


def sniffed(path: Path) -> Format | Dropped:
    with path.open("rb") as file:
        return sniff(read_head(file), path.stat().st_size)


def test_every_format_is_known_by_its_content(good: dict[str, Path], tmp_path: Path) -> None:
    for key, path in good.items():
        name = NAMES.get(key) or NAMES.get(key.split("_", maxsplit=1)[0]) or key.split("_", maxsplit=1)[0]
        kind: AssetKind = "picture" if name in PICTURES else "sound" if name in SOUNDS else "video"
        assert sniffed(path) == Format(kind, name), key


BARE = {  # no encoder here writes these: what is looked at, and nothing behind it
    "ape": (b"MAC \x96\x0f\x00\x00", "broken or truncated ape file: invalid argument"),
    "tak": (b"tBaK\x01\x0a\x00\x00", "damaged: nothing in it can be decoded"),
    "mpc8": (b"MPCKSH\x0f", "broken or truncated mpc8 file: not yet implemented in ffmpeg, patches welcome"),
    "mpc": (b"MP+\x07", ""),
}


@pytest.mark.parametrize("name", BARE)
def test_kinds_that_no_encoder_here_writes_are_known_by_their_signature(name: str) -> None:
    assert sniff(BARE[name][0] + bytes(64), 72) == Format("sound", name)


@pytest.mark.parametrize("name", ["ape", "tak", "mpc8"])
def test_a_bare_signature_is_no_sound(name: str, tmp_path: Path) -> None:
    head, reason = BARE[name]
    path = tmp_path / "sound"
    path.write_bytes(head + bytes(64))
    with pytest.raises(Unreadable) as caught, decode(path, "sound", sound=True, every_ms=()) as decoding:
        decoding.sound()
    assert str(caught.value) == reason


def test_an_ogg_with_pictures_is_a_video_and_one_without_is_sound(good: dict[str, Path]) -> None:
    assert sniffed(good["ogv"]) == Format("video", "ogv")
    assert sniffed(good["ogg"]) == Format("sound", "ogg")
    assert sniffed(good["opus"]) == Format("sound", "opus")


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"", "empty file"),
        (b"PK\x03\x04" + bytes(100), "not media: zip archive"),
        (b"MZ\x90\x00" + bytes(100), "not media: Windows program"),
        (b"hello, this is a note\n", "not media: text"),
        (b"\xff\xfeh\x00i\x00", "not media: text"),
        ("ein Gedicht über Äpfel\n".encode() * 60, "not media: text"),
        (b"\x01\x02\x03\x04" * 50, "a kind we do not read"),
        (b"%PDF-1.7\n", "not media: PDF document"),
        (b"RIFF\x00\x00\x00\x00sfbk" + bytes(30), "a kind we do not read"),
        (b"OTTO meets Anna", "not media: text"),
        (b"P2 or not P2, that is 1 2 the question\n" * 9, "not media: text"),
        (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "a kind we do not read: JPEG XL picture"),
        (b"\xff\xfd\x10\x00" * 2048, "a kind we do not read"),  # numbers in a table, at any distance
    ],
)
def test_what_is_no_media_is_turned_down_with_what_it_is(head: bytes, reason: str) -> None:
    assert sniff(head, len(head)) == Dropped(reason)


def test_boxes_of_pictures_sounds_and_videos_are_told_apart_by_their_brand() -> None:
    def boxed(brand: bytes, *more: bytes) -> Format | Dropped:
        body = brand + bytes(4) + b"".join(more)
        return sniff((8 + len(body)).to_bytes(4, "big") + b"ftyp" + body, 10_000)

    assert boxed(b"M4A ", b"isom") == Format("sound", "m4a")
    assert boxed(b"isom", b"mp42") == Format("video", "mp4")
    assert boxed(b"qt  ") == Format("video", "mov")
    assert boxed(b"3gp4") == Format("video", "3gp")
    assert boxed(b"heic", b"mif1") == Format("picture", "heic")
    assert boxed(b"mif1", b"heic") == Format("picture", "heic")
    assert boxed(b"mif1", b"avif") == Format("picture", "avif")


def test_an_old_movie_without_a_brand_is_known_by_its_first_box() -> None:
    assert sniff(b"\x00\x00\x00\x08wide\x00\x00\x10\x00mdat", 10_000) == Format("video", "mov")


def test_one_sync_byte_does_not_make_random_bytes_an_mp3() -> None:
    assert isinstance(sniff(b"\xff\xfb\x90\x64" + bytes(range(1, 200)) * 20, 4000), Dropped)


@pytest.mark.parametrize("tag_bytes", [100, 20_000])
@pytest.mark.parametrize("key", ["flac", "aac", "mp3", "ac3"])
def test_a_tag_before_the_sound_does_not_say_what_follows_it(
    key: str, tag_bytes: int, good: dict[str, Path], tmp_path: Path
) -> None:
    tag = b"ID3\x04\x00\x00" + bytes(tag_bytes >> shift & 127 for shift in (21, 14, 7, 0)) + bytes(tag_bytes)
    path = tmp_path / "tagged"
    path.write_bytes(tag + good[key].read_bytes())
    assert sniffed(path) == Format("sound", key)


def test_a_tag_longer_than_anybody_reads_on_is_an_mp3s() -> None:
    tag = b"ID3\x04\x00\x00" + bytes((31, 127, 127, 127))
    assert sniff(tag + bytes(100), 70_000_000) == Format("sound", "mp3")


@given(st.data())
def test_a_blob_that_is_mostly_zeros_is_no_sound(data: st.DataObject) -> None:
    blob = bytearray(8192)
    places = st.lists(st.tuples(st.integers(0, 8188), st.sampled_from([b"\xff\xfd\x10\x04", b"\xff\xfb\x90\x64"])))
    for at, header in data.draw(places):
        blob[at : at + 4] = header
    blob[:4] = b"\xff\xfd\x90\x04"
    blob[417:421] = b"\xff\xfd\x90\x04"  # a second frame at its place is chance, not sound
    assert sniff(bytes(blob), 4_000_000) == Dropped("a kind we do not read")


def test_the_first_frames_of_an_mp3_may_be_damaged(good: dict[str, Path]) -> None:
    data = good["mp3"].read_bytes()
    first = data.index(b"\xff\xf3") if b"\xff\xf3" in data else data.index(b"\xff\xfb")
    assert sniff(bytes(5) + data[first + 20 :][:8187], len(data)) == Format("sound", "mp3")


def test_compressed_and_plain_archives_are_told_apart(tmp_path: Path) -> None:
    import gzip
    import io
    import tarfile

    tape = io.BytesIO()
    with tarfile.open(fileobj=tape, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("a.wav"), io.BytesIO())
    assert archive_kind(tape.getvalue()) == "tar"
    assert archive_kind(gzip.compress(tape.getvalue())) == "gzip"
    assert archive_kind(b"fLaC") is None


@given(st.binary(max_size=2000), st.integers(min_value=0))
def test_any_bytes_are_some_format_or_dropped(head: bytes, size: int) -> None:
    assert isinstance(sniff(head, size), Format | Dropped)


@given(
    st.sampled_from([b"RIFF", b"ID3\x03", b"\xff\xfb", b"ftyp", b"OggS", b"\x47", b"II*\x00"]), st.binary(max_size=400)
)
def test_any_bytes_after_a_signature_are_some_format_or_dropped(start: bytes, rest: bytes) -> None:
    assert isinstance(sniff(start + rest, len(start + rest)), Format | Dropped)


def test_nothing_heavy_is_imported_to_tell_what_a_file_is() -> None:
    code = "import sys, curate.read.sniff; print(sorted({'numpy', 'av', 'PIL'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


# Formats that are told by their bytes alone: hardly anybody names files for them, or other things are called so, too.
UNNAMED = {"ape", "au", "dsf", "dts", "mpc", "mpc8", "nistsphere", "tak", "tta", "voc", "dv", "ivf", "mpv", "nut", "rm", "y4m"}  # fmt: skip


MADE = sorted({made for _, made in (*SIGNATURES, *RIFF_KINDS.items())}, key=lambda made: made.name)


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.name)
def test_a_format_that_is_read_is_looked_for_by_its_suffix_in_folders_and_links(made: Format) -> None:
    assert (f".{made.name}" in SUFFIXES[made.kind]) is (made.name not in UNNAMED)
