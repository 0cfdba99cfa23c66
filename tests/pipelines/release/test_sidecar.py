import hashlib
from pathlib import Path

import pytest

from pipelines.release.shards import write_shards
from pipelines.release.sidecar import arrow_schema, table_fields, write_labels
from schemas.release import Sample, Shard, record
from tests.pipelines.release.samples import voice

SCORES = ("clipping", "loudness_lufs", "snr_db")


def shards_of(folder: Path, samples: list[Sample]) -> list[Shard]:
    shards = []
    for split in ("train", "test"):
        pairs = [(sample, b"x") for sample in samples if sample.split == split]
        shards += write_shards(folder, f"voice-{split}", pairs, "flac", 1 << 30, 20)
    return shards


def ordered(count: int) -> list[Sample]:
    samples = [voice(number, split="train" if number % 4 else "test") for number in range(count)]
    return sorted(samples, key=lambda sample: sample.key)


def test_the_table_has_the_columns_of_the_json_and_the_shard_of_every_clip(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    samples = ordered(120)
    shards = shards_of(tmp_path, samples)
    write_labels(tmp_path / "labels.parquet", samples, shards, SCORES)
    rows = pq.read_table(tmp_path / "labels.parquet").to_pylist()
    shard_of = {row["key"]: row.pop("shard") for row in rows}
    assert rows == [record(sample) for sample in samples]
    for shard in shards:
        assert sum(name == shard.path.name for name in shard_of.values()) == shard.samples


def test_the_table_is_sorted_by_key_and_typed_even_where_all_is_null(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    samples = [voice(1, labels=(), answers=(), transcript=None, quality=dict.fromkeys(SCORES))]
    write_labels(tmp_path / "labels.parquet", samples, shards_of(tmp_path, samples), SCORES)
    assert pq.read_schema(tmp_path / "labels.parquet").equals(arrow_schema(table_fields(SCORES)))


def test_the_same_samples_make_the_same_bytes(tmp_path: Path) -> None:
    samples = ordered(1_500)
    shards = shards_of(tmp_path, samples)
    first = write_labels(tmp_path / "first.parquet", samples, shards, SCORES)
    second = write_labels(tmp_path / "second.parquet", iter(samples), list(reversed(shards)), SCORES)
    assert (first.sha256, first.bytes) == (second.sha256, second.bytes)
    assert first.sha256 == hashlib.sha256((tmp_path / "first.parquet").read_bytes()).hexdigest()


def test_rows_come_in_small_groups(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    samples = ordered(1_500)
    write_labels(tmp_path / "labels.parquet", samples, shards_of(tmp_path, samples), SCORES)
    assert pq.ParquetFile(tmp_path / "labels.parquet").metadata.num_row_groups == 2


def test_a_table_without_rows_can_be_read(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    assert write_labels(tmp_path / "labels.parquet", [], [], ()).samples == 0
    assert pq.read_table(tmp_path / "labels.parquet").num_rows == 0


def test_a_sample_that_is_in_no_shard_is_refused_and_leaves_no_table(tmp_path: Path) -> None:
    samples = ordered(30)
    shards = shards_of(tmp_path, samples)
    with pytest.raises(ValueError, match="none of the shards"):
        write_labels(tmp_path / "labels.parquet", [*samples, voice(99, key="z" * 32)], shards, SCORES)
    with pytest.raises(ValueError, match="none of the shards"):
        write_labels(tmp_path / "labels.parquet", [voice(1, split="validation")], shards, SCORES)
    assert not (tmp_path / "labels.parquet").exists()
