"""`publish --dry-run` sees what should not leave, and says what the Hub will show."""

import io
import json
from pathlib import Path

import numpy
import pytest
import soundfile
from PIL import Image

from pipelines.release import check, inspection
from pipelines.release.inspection import inspect
from pipelines.release.personal import HEAD_BYTES, given_away, has_tags
from tests.pipelines.release.samples import face, flac, voice, webp, write_release

SAMPLES = [*(voice(number, speaker=f"s{number % 2}") for number in range(6)), face(9)]


def test_a_sound_release_has_nothing_against_it_and_every_sample_is_read(tmp_path: Path) -> None:
    write_release(tmp_path, SAMPLES, max_samples=3)
    seen = inspect(tmp_path, every_sample=True)
    assert seen.against == ()
    assert sum(one.read for one in seen.loaded) == 7
    assert sum(one.copied for one in seen.loaded) == 7
    shown = [line.split(",")[0] for line in seen.viewer if "all of it" in line]
    assert shown == ["voice: all of it", "face: all of it"]
    assert any("beside a speaker's pseudonym" in line for line in seen.look)
    assert any("split test of voice is empty" in line for line in seen.look)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("write to ann.b@example.org please", "an e-mail address"),
        ("call +49 30 1234567 tonight", "a telephone number"),
        ("see /home/ann/recordings/1.wav", "a path of a machine"),
        (r"see C:\Users\ann\1.wav", "a path of a machine"),
        ("hf_" + "a" * 34, "a secret, such as a token"),
    ],
)
def test_what_a_text_gives_away_is_told_by_what_it_is(text: str, what: str) -> None:
    assert list(given_away(text)) == [what]


@pytest.mark.parametrize(
    "text", ["what a day", "I was born in 1984, in room 0815", "https://example.org/data/x", "50/50"]
)
def test_plain_words_give_nothing_away(text: str) -> None:
    assert list(given_away(text)) == []


def test_secrets_and_paths_stand_against_publishing_and_addresses_are_to_be_looked_at(tmp_path: Path) -> None:
    bad = [
        voice(1, transcript="my file is /home/ann/1.wav"),
        voice(2, transcript="write to ann@example.org"),
        voice(3, model="hf_" + "b" * 34),
    ]
    write_release(tmp_path, bad)
    seen = inspect(tmp_path, every_sample=False)
    assert [line.split(" of ")[0] for line in seen.against] == ["a path", "a secret, such as a token in model"]
    assert any(line.startswith("an e-mail address in transcript of 1 samples") for line in seen.look)
    assert "ann@example.org" not in json.dumps(seen.look)


def test_a_class_of_one_speaker_is_named(tmp_path: Path) -> None:
    write_release(tmp_path, [voice(number) for number in range(3)])
    assert any("every clip of 'anger'" in line for line in inspect(tmp_path, every_sample=False).look)


def test_tags_inside_media_are_found_and_our_own_cuts_have_none() -> None:
    tagged, exif = io.BytesIO(), io.BytesIO()
    with soundfile.SoundFile(tagged, "w", 16_000, 1, format="FLAC") as file:
        file.artist = "Ann"
        file.write(numpy.zeros(100))
    tags = Image.Exif()
    tags[0x010F] = "a camera"
    Image.new("RGB", (8, 8)).save(exif, "JPEG", exif=tags)
    assert has_tags(tagged.getvalue())
    assert has_tags(exif.getvalue())
    exif.seek(0)
    Image.new("RGB", (8, 8)).save(exif, "WEBP", exif=tags)
    assert has_tags(exif.getvalue())
    assert not has_tags(flac())
    assert not has_tags(webp())


def test_tags_behind_a_long_picture_and_inside_an_mp4_are_found() -> None:
    exif = io.BytesIO()
    tags = Image.Exif()
    tags[0x010F] = "a camera"
    noise = numpy.random.default_rng(1).integers(0, 255, (400, 400, 3), numpy.uint8)
    Image.fromarray(noise).save(exif, "WEBP", exif=tags, lossless=True)
    assert exif.getvalue().find(b"EXIF") > HEAD_BYTES
    assert has_tags(exif.getvalue()[:HEAD_BYTES])
    placed, ours = box(b"udta", box(b"\xa9xyz", b"+52.5-13.4/")), box(b"udta", box(b"\xa9too", b"Lavf"))
    kind = box(b"ftyp", b"isom\0\0\0\0")
    assert has_tags(kind + box(b"moov", placed))
    assert not has_tags(kind + box(b"moov", ours))


def test_what_chance_puts_into_the_pictures_of_an_mp4_is_no_tag() -> None:
    pictures, long = box(b"mdat", b"\xa9xyz"), b"\0\0\0\1mdat" + (24).to_bytes(8) + b"\xa9nam" + b"\0" * 4
    kind, told = box(b"ftyp", b"isom\0\0\0\0"), box(b"moov", box(b"udta", box(b"\xa9nam", b"Ann")))
    assert not has_tags(kind + pictures + long)
    assert has_tags(kind + pictures + long + told)
    assert not has_tags(kind + b"\0\0\0\0mdat" + told)  # size 0: all the rest is pictures


def box(kind: bytes, body: bytes) -> bytes:
    """A box of an MP4: its size, its kind, what is in it."""
    return (8 + len(body)).to_bytes(4) + kind + body


def test_who_is_named_for_a_licence_is_found_in_transcripts(tmp_path: Path) -> None:
    told = "and now over to ann example in the studio"
    write_release(tmp_path, [voice(1, attribution="Ann Example", transcript=told), voice(2, attribution="ARD")])
    lines = [line for line in inspect(tmp_path, every_sample=False).look if "is named for a licence" in line]
    assert lines == [
        f"the name of somebody who is named for a licence in transcript of 1 samples, such as {voice(1).key}"
    ]


def test_secrets_and_paths_in_documents_stand_against_publishing_and_whom_to_write_to_does_not(tmp_path: Path) -> None:
    write_release(tmp_path, SAMPLES, description="from /home/ann/recordings", contact="data@example.org")
    assert set(inspect(tmp_path, every_sample=False).against) == {
        "a path of a machine in README.md",
        "a path of a machine in DATASHEET.md",
        "a path of a machine in CITATION.cff",
    }


def test_a_card_that_does_not_pin_its_columns_stands_against_publishing(tmp_path: Path) -> None:
    write_release(tmp_path, SAMPLES)
    card = tmp_path / "README.md"
    card.write_text(
        card.read_text("utf-8").replace(
            "  - name: start_ms\n      dtype: int64", "  - name: start_ms\n      dtype: string", 1
        )
    )
    assert any("does not pin the columns" in line for line in inspect(tmp_path, every_sample=False).against)


def test_whole_numbers_with_nulls_which_break_the_viewer_of_others_are_named(tmp_path: Path) -> None:
    write_release(tmp_path, [voice(1), voice(2, rate_hz=None, labels=())])
    (line,) = [line for line in inspect(tmp_path, every_sample=False).viewer if "nulls" in line]
    assert {"rate_hz", "emotion", "emotion_n"} <= set(line.split(" hold ")[0].removeprefix("voice: ").split(", "))


def test_of_large_shards_some_are_loaded_without_streaming_and_some_of_every_split(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_release(tmp_path, [*SAMPLES, voice(7, split="test")], max_samples=2)
    monkeypatch.setattr(check, "COPIED_BYTES", 1)
    copied = {(one.configuration, one.split): one.copied for one in inspect(tmp_path, every_sample=True).loaded}
    assert copied == {("voice", "train"): 2, ("voice", "test"): 1, ("face", "train"): 1}


def test_the_limits_of_the_hub_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_release(tmp_path, SAMPLES, max_samples=2)
    monkeypatch.setattr(inspection, "MOST_IN_FOLDER", 3)
    monkeypatch.setattr(inspection, "LARGEST_FILE", 100)
    monkeypatch.setattr(inspection, "ROW_BYTES", 10)
    seen = inspect(tmp_path, every_sample=False)
    assert any("a folder holds 3" in line for line in seen.against)
    assert any("make smaller shards" in line for line in seen.against)
    assert any("cut short in the viewer" in line for line in seen.viewer)


def test_a_release_that_does_not_load_stands_against_publishing(tmp_path: Path) -> None:
    write_release(tmp_path, SAMPLES)
    next(tmp_path.glob("voice/*.tar")).write_bytes(b"")
    assert any("does not load" in line for line in inspect(tmp_path, every_sample=False).against)
