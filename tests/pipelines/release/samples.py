"""Small samples, real media bytes and whole releases for the tests of what leaves the house."""

import hashlib
import io
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.release.manifest import seal
from pipelines.release.records import PLACE_FIELDS, PLACES, place_row
from pipelines.release.shards import Place, Sharding, write_shards
from pipelines.release.sidecar import ParquetTable
from pipelines.release.tally import Tally
from schemas.layout import ANSWER_TABLE, SHARD, FlatLabel, Layout, answer_rows, record
from schemas.release import SPLITS, AgreementFigure, Part, Release, Sample, SampleAnswer, SampleLabel, Table
from schemas.scheme import Media, shipped_schemes

SUFFIX: dict[Media, str] = {"voice": "flac", "face": "webp"}
RATE_HZ = 16_000
SCORES: dict[Media, dict[str, float | None]] = {
    "voice": {"loudness_lufs": -23.5, "snr_db": 12.0, "clipping": 0.0},
    "face": {"face_score": 0.99, "blur": None},
}


def tallied(samples: Iterable[Sample]) -> Tally:
    """The tally of samples."""
    tally = Tally()
    for sample in samples:
        tally.see(sample)
    return tally


def key(number: int) -> str:
    """The id of the clip of that number."""
    return hashlib.sha256(str(number).encode()).hexdigest()[:32]


def voice(number: int, **changes: Any) -> Sample:
    """An utterance with three answers and the label drawn from them."""
    answers = tuple(
        SampleAnswer("ekman-1", "emotion", f"r{one}", "person", category=emotion, duration_ms=1500 + one)
        for one, emotion in enumerate(("anger", "anger", "fear"))
    )
    label = SampleLabel(
        "ekman-1", "emotion", "majority@1", 3, "anger", names=("anger", "fear"), shares=(2 / 3, 1 / 3), agreement=1 / 3
    )
    made = Sample(
        key=key(number),
        kind="utterance",
        media="voice",
        split="train",
        asset=key(number // 3 + 10_000),
        source=key(99),
        basis="licence",
        licence="CC-BY-4.0",
        start_ms=200,
        end_ms=600,
        duration_ms=400,
        rate_hz=RATE_HZ,
        labels=(label,),
        answers=answers,
        quality=SCORES["voice"],
        source_address="https://example.org/recordings",
        attribution="Example Radio",
        language="en",
        speaker="s1",
    )
    return replace(made, **changes)


def face(number: int, **changes: Any) -> Sample:
    """A face with one mean on a scale."""
    label = SampleLabel("vad-1", "valence", "mean@1", 2, value_number=6.5, deviation=0.5)
    made = Sample(
        key=key(number),
        kind="face",
        media="face",
        split="train",
        asset=key(number + 20_000),
        source=key(98),
        basis="public-domain",
        box=(10, 20, 64, 48),
        width_px=64,
        height_px=48,
        labels=(label,),
        quality=SCORES["face"],
    )
    return replace(made, **changes)


@cache
def flac(number: int = 0) -> bytes:
    """Half a second of a quiet tone."""
    import numpy
    import soundfile

    out = io.BytesIO()
    tone = 0.1 * numpy.sin(numpy.arange(RATE_HZ // 2) * (0.05 + number % 7 / 100))
    soundfile.write(out, tone, RATE_HZ, format="FLAC")
    return out.getvalue()


@cache
def webp(number: int = 0) -> bytes:
    """A small picture of one colour."""
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (64, 48), (number % 256, 80, 120)).save(out, "WEBP", lossless=True)
    return out.getvalue()


def media_of(sample: Sample) -> bytes:
    """The media bytes of a sample."""
    return flac() if sample.media == "voice" else webp()


EMOTIONS = tuple(category.name for category in shipped_schemes()["ekman"].questions[0].categories)
FLAT: dict[Media, tuple[FlatLabel, ...]] = {
    "voice": (FlatLabel("emotion", "ekman-1", "emotion", "majority@1", "person", "choice", EMOTIONS),),
    "face": (FlatLabel("valence", "vad-1", "valence", "mean@1", "person", "scale", tuple("123456789")),),
}


def layout_of(media: Media, samples: Iterable[Sample] = (), embed: bool = False) -> Layout:
    """The columns of samples."""
    quality = next((tuple(sample.quality) for sample in samples), tuple(SCORES[media]))
    return Layout(quality, FLAT[media], embed)


def write_part(
    folder: Path,
    media: Media,
    samples: Iterable[Sample],
    places: ParquetTable,
    max_samples: int = 1_000,
    embed: bool = False,
) -> Part:
    """The shards of every split of one medium and its tables."""
    of = sorted((sample for sample in samples if sample.media == media), key=lambda sample: sample.key)
    layout, shards = layout_of(media, of, embed), []
    labels = ParquetTable(folder / media / "labels.parquet", layout.table)
    answers = ParquetTable(folder / media / "answers.parquet", ANSWER_TABLE)

    def placed(sample: Sample, place: Place) -> None:
        labels.add([record(sample, layout, table=True) | {SHARD.name: place.shard}])
        answers.add(answer_rows(sample))
        places.add([place_row(sample, place)])

    for split in SPLITS:
        pairs = [(sample, media_of(sample)) for sample in of if sample.split == split]
        how = Sharding(
            folder=folder / media, name=f"{media}-{split}", suffix=SUFFIX[media], layout=layout, max_bytes=1 << 30,
            max_samples=max_samples,
        )  # fmt: skip
        shards += write_shards(how, pairs, placed)
    return Part(media, SUFFIX[media], layout, tuple(shards), labels.close(), answers.close())


def release_of(parts: tuple[Part, ...], places: Table, **changes: Any) -> Release:
    """What a release says of itself."""
    figure = AgreementFigure("voice", "ekman-1", "emotion", "nominal", 3, 9, 0.5, 0.25)
    made = Release(
        name="voices-1",
        title="Voices of a test",
        parts=parts,
        places=places,
        description="Made by the tests.",
        schemes=(shipped_schemes()["ekman"],),
        agreements=(figure,),
        thresholds={"voice.min_snr_db": 3.0},
        weights={"a detector": "MIT"},
        versions={"emocurate": "0.1.0"},
        shares={"train": 0.8, "validation": 0.1, "test": 0.1},
        salt="salt",
    )
    return replace(made, **changes)


def write_release(
    folder: Path, samples: Iterable[Sample], max_samples: int = 1_000, embed: bool = False, **changes: Any
) -> Release:
    """A whole release on disk."""
    samples = list(samples)
    medias: list[Media] = [media for media in ("voice", "face") if any(one.media == media for one in samples)]
    with ParquetTable(folder / PLACES, PLACE_FIELDS) as places:
        parts = tuple(write_part(folder, media, samples, places, max_samples, embed) for media in medias)
        release = release_of(parts, places.close(), **changes)
    seal(folder, release, tallied(samples))
    return release
