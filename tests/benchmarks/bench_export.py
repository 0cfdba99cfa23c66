"""Compares our shard writer with webdataset's: the same samples of 20 KB and their JSON, in one run."""

import gc
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pipelines.release.shards import write_shards
from schemas.release import Sample, SampleAnswer, SampleLabel, record

SAMPLES = 10_000
MEDIA_BYTES = 20_000
SHARD_BYTES = 256 << 20
ROUNDS = 3


def samples(count: int) -> list[tuple[Sample, bytes]]:
    """Clips as a small project has them: three answers by three raters, one label, five scores."""
    draw = random.Random(7)  # noqa: S311 - repeatable, not secret
    media = draw.randbytes(MEDIA_BYTES + count)
    keys = sorted(f"{draw.getrandbits(128):032x}" for _ in range(count))
    return [(_sample(key), media[place : place + MEDIA_BYTES]) for place, key in enumerate(keys)]


def ours(pairs: list[tuple[Sample, bytes]], folder: Path) -> None:
    """Build the JSON, write, hash and sync the shards."""
    write_shards(folder, "voice-train", pairs, "flac", SHARD_BYTES, len(pairs))


def theirs(pairs: list[tuple[Sample, bytes]], folder: Path) -> None:
    """Build the JSON and write the shards with webdataset; no hash, no sync."""
    from webdataset import ShardWriter

    with ShardWriter(str(folder / "voice-train-%06d.tar"), maxcount=len(pairs), maxsize=SHARD_BYTES, verbose=0) as out:
        for sample, media in pairs:
            out.write({"__key__": sample.key, "flac": media, "json": record(sample)})


def rate(write: Callable[[list[tuple[Sample, bytes]], Path], None], pairs: list[tuple[Sample, bytes]]) -> float:
    """Samples per second of one writing into a fresh folder."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        write(pairs, Path(folder))
        return len(pairs) / (time.perf_counter() - started)


def main(count: int = SAMPLES) -> float:
    """Print both rates and their ratio, medians of three rounds taken in turns; returns the ratio."""
    pairs = samples(count)
    gc.freeze()  # an export streams its samples; what this list costs the collector is not measured
    rounds = [(rate(ours, pairs), rate(theirs, pairs)) for _ in range(ROUNDS)]
    mine, peer = (float(statistics.median(side)) for side in zip(*rounds, strict=True))
    print(f"export: {mine:,.0f} samples/s, webdataset's ShardWriter {peer:,.0f} samples/s, ratio {mine / peer:.2f}")
    return mine / peer


def _sample(key: str) -> Sample:
    answers = tuple(
        SampleAnswer("ekman@1", "emotion", f"rater{one}", "person", category="anger", duration_ms=2100 + one)
        for one in range(3)
    )
    names, shares = ("anger", "fear", "sadness"), (0.6667, 0.3333, 0.0)
    label = SampleLabel("ekman@1", "emotion", "majority@1", 3, "anger", names=names, shares=shares, agreement=0.3333)
    quality = {"bandwidth_hz": 7800.0, "clipping": 0.0, "loudness_lufs": -23.5, "snr_db": 21.25, "speech": 0.98}
    return Sample(
        key=key, kind="utterance", media="voice", split="train", asset=key[::-1], source=key, basis="licence",
        start_ms=1200, end_ms=3400, duration_ms=2200, rate_hz=16000, labels=(label,), answers=answers, quality=quality,
        licence="CC-BY-4.0", source_address="https://example.org/recordings", language="en", speaker="s0123456789",
        transcript="what a day, I cannot believe it", previous=key, next=key,
    )  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES)
