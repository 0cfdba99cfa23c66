import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.release.shards import Sharding, write_shards
from pipelines.release.tar import TarShard
from schemas.layout import record
from schemas.release import Sample, Shard
from tests.pipelines.release.samples import key, layout_of, voice

MEBIBYTE = 1 << 20
LAYOUT = layout_of("voice")
WRITES_FOREVER = """
import sys
from pathlib import Path
from tests.pipelines.release.samples import key, voice
from tests.pipelines.release.test_shards import written

def samples():
    for place, number in enumerate(sorted(range(40), key=key)):
        if place == 25:
            print("in the middle of a shard", flush=True)
            sys.stdin.read()
        yield voice(number), bytes(3_000_000)

written(Path(sys.argv[1]), samples(), 1 << 30, 10)
"""


def pairs(numbers: range, size: int = 100) -> list[tuple[Sample, bytes]]:
    return [(voice(number), bytes([number % 256]) * size) for number in sorted(numbers, key=key)]


def written(
    folder: Path, of: Iterable[tuple[Sample, bytes]], max_bytes: int = MEBIBYTE, most: int = 1_000
) -> list[Shard]:
    how = Sharding(
        folder=folder, name="voice-train", suffix="flac", layout=LAYOUT, max_bytes=max_bytes, max_samples=most
    )
    return write_shards(how, of)


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_a_shard_is_a_tar_of_media_and_json_side_by_side(tmp_path: Path) -> None:
    (shard,) = written(tmp_path, pairs(range(3)))
    with tarfile.open(shard.path) as tar:
        names = [member.name for member in tar]
        of_first = json.loads(tar.extractfile(names[1]).read())  # type: ignore[union-attr]
    keys = sorted(key(number) for number in range(3))
    assert names == [f"{one}.{suffix}" for one in keys for suffix in ("flac", "json")]
    assert of_first == record(next(sample for sample, _ in pairs(range(3)) if sample.key == keys[0]), LAYOUT)
    assert shard.path == tmp_path / "voice-train-000000.tar"


def test_a_shard_says_of_itself_what_its_file_is(tmp_path: Path) -> None:
    (shard,) = written(tmp_path, pairs(range(5)))
    assert (shard.sha256, shard.bytes) == (hashes(tmp_path)[shard.path.name], shard.path.stat().st_size)
    assert (shard.samples, shard.media, shard.split) == (5, "voice", "train")


def test_members_have_no_owner_and_no_time(tmp_path: Path) -> None:
    (shard,) = written(tmp_path, pairs(range(2)))
    with tarfile.open(shard.path) as tar:
        told = {(one.mtime, one.uid, one.gid, one.uname, one.gname, oct(one.mode), one.type) for one in tar}
    assert told == {(0, 0, 0, "", "", "0o644", tarfile.REGTYPE)}


@given(names=st.lists(st.text("abcXYZ019_-", min_size=1, max_size=95), unique=True), data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
def test_whatever_is_put_in_comes_out_with_tarfile(tmp_path: Path, names: list[str], data: st.DataObject) -> None:
    members = [(f"{name}.json", data.draw(st.binary(max_size=1_100))) for name in names]
    with TarShard(tmp_path / "a.tar") as shard:
        for name, content in members:
            shard.add(name, content)
        shard.close()
    with tarfile.open(tmp_path / "a.tar") as tar:
        assert [(one.name, tar.extractfile(one).read()) for one in tar] == members  # type: ignore[union-attr]
    assert (tmp_path / "a.tar").stat().st_size % tarfile.RECORDSIZE == 0


@given(st.randoms())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=10)
def test_whatever_order_rows_come_in_the_shards_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, shuffle: random.Random
) -> None:
    rows = pairs(range(30))
    numbers = shuffle.sample(range(30), 30)
    shuffled = [(voice(n, answers=tuple(shuffle.sample(voice(n).answers, 3))), bytes([n]) * 100) for n in numbers]
    first, second = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    written(first, rows, most=7)
    written(second, sorted(shuffled, key=lambda pair: pair[0].key), most=7)
    assert hashes(first) == hashes(second)


@given(count=st.integers(0, 60), size=st.integers(0, 5_000), most=st.integers(1, 30), room=st.integers(1, 60_000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
def test_no_shard_is_larger_than_allowed_and_nothing_is_lost(
    tmp_path: Path, count: int, size: int, most: int, room: int
) -> None:
    shards = written(tmp_path, pairs(range(count), size), room, most)
    assert all(one.samples <= most and (one.bytes <= room or one.samples == 1) for one in shards)
    keys = []
    for shard in shards:
        with tarfile.open(shard.path) as tar:
            keys += [name.split(".")[0] for name in tar.getnames() if name.endswith(".flac")]
    assert keys == sorted(key(number) for number in range(count))


def test_when_a_sample_goes_most_shards_stay_as_they_are(tmp_path: Path) -> None:
    everything = pairs(range(1_000))
    before = {shard.sha256 for shard in written(tmp_path / "before", everything, most=100)}
    without = [pair for pair in everything if pair[0].key != key(500)]
    after = {shard.sha256 for shard in written(tmp_path / "after", without, most=100)}
    assert len(before & after) >= len(before) - 3


def test_writing_again_gives_the_same_bytes_and_takes_away_older_shards(tmp_path: Path) -> None:
    written(tmp_path, pairs(range(40)), most=10)
    (tmp_path / "voice-train-000099.tar.tmp").write_bytes(b"left by a kill")
    (tmp_path / "voice-test-000009.tar").write_bytes(b"of another split")
    shards = written(tmp_path, pairs(range(5)))
    assert set(hashes(tmp_path)) == {"voice-train-000000.tar", "voice-test-000009.tar"}
    assert written(tmp_path, pairs(range(5))) == shards


def test_no_samples_make_no_shard(tmp_path: Path) -> None:
    assert written(tmp_path, []) == []
    assert hashes(tmp_path) == {}


def test_an_error_while_samples_are_read_leaves_no_half_shard(tmp_path: Path) -> None:
    def samples() -> Any:
        yield from pairs(range(5))
        raise OSError("a file went away")

    with pytest.raises(OSError, match="went away"):
        written(tmp_path, samples())
    assert hashes(tmp_path) == {}


def test_a_kill_leaves_no_half_shard_under_its_name_and_the_next_run_mends_all(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITES_FOREVER, str(tmp_path / "killed")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    left = sorted((tmp_path / "killed").iterdir())
    whole = [path for path in left if path.suffix == ".tar"]
    assert whole
    assert left[-1].name.endswith(".tmp")
    for path in whole:
        with tarfile.open(path) as tar:
            assert len(tar.getnames()) % 2 == 0
    rows = [(voice(number), bytes(3_000_000)) for number in sorted(range(40), key=key)]
    for folder in ("killed", "undisturbed"):
        written(tmp_path / folder, rows, 1 << 30, 10)
    assert hashes(tmp_path / "killed") == hashes(tmp_path / "undisturbed")


@pytest.mark.parametrize(
    "rows",
    [
        [voice(1, key="b"), voice(2, key="a")],
        [voice(1, key="a"), voice(2, key="a")],
        [voice(1, key="a.b")],
        [voice(1, key="")],
        [voice(1, key="ä")],
        [voice(1, key="a"), voice(2, key="b", split="test")],
        [voice(1, key="a"), voice(2, key="b", quality={"snr_db": 1.0})],
        [voice(1, key="a", quality={"snr_db": float("nan")})],
    ],
    ids=["unsorted", "twice", "dot", "empty", "umlaut", "two splits", "two kinds of scores", "not a number"],
)
def test_samples_that_would_harm_a_shard_are_refused(tmp_path: Path, rows: list[Sample]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the cause differs, the promise is that none comes through
        written(tmp_path, [(sample, b"x") for sample in rows])
    assert hashes(tmp_path) == {}
