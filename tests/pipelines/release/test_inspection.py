"""`publish --dry-run` sees what should not leave, and says what the Hub will show."""

import io
import json
from pathlib import Path

import numpy
import pytest
import soundfile
from PIL import Image

from pipelines.release import inspection
from pipelines.release.inspection import inspect
from pipelines.release.personal import given_away, has_tags
from tests.pipelines.release.samples import face, flac, voice, webp, write_release

SAMPLES = [*(voice(number, speaker=f"s{number % 2}") for number in range(6)), face(9)]


def test_a_sound_release_has_nothing_against_it_and_every_sample_is_read(tmp_path: Path) -> None:
    write_release(tmp_path, SAMPLES, max_samples=3)
    seen = inspect(tmp_path, every_sample=True)
    assert seen.against == ()
    assert sum(one.read for one in seen.loaded) == 7
    assert [line.split(",")[0] for line in seen.viewer] == ["voice: all of it", "face: all of it"]
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
