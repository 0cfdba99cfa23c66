"""A large catalog and a long recording: a run with nothing to do, `status`, and the memory of both."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipelines import collection
from pipelines.engine import live
from pipelines.engine.catalog import Catalog
from pipelines.engine.derived import keep
from pipelines.engine.passes import all_keys
from pipelines.engine.workers import Inline
from pipelines.find.pipeline import pipeline
from pipelines.release.exported import EXPORTED, Exported, made_for
from pipelines.release.folders import FOLDER
from pipelines.release.order import Export
from schemas.media import Asset
from schemas.settings import load_settings
from tests.benchmarks.bench_run import ours
from tests.benchmarks.figures import ROUNDS, Figure, apart, medians, peak_mb, private_peak, say
from tests.benchmarks.recordings import recording, speech

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MANY, FEW = 1_000_000, 100_000
CLIPS = 50  # in one recording
LONG_MIN, SHORT_MIN = 180, 10
VERB = """
import os, resource, sys
import cli
from tests.benchmarks.figures import peak_mb
sys.argv = ["emocurate", *sys.argv[1:]]
try:
    cli.main()
except SystemExit as ended:
    assert not ended.code
used = resource.getrusage(resource.RUSAGE_SELF)
print(peak_mb(), used.ru_utime + used.ru_stime, file=sys.stderr)
"""

# As a finished run leaves them: every recording probed and searched, every utterance measured.
SEED = """
    INSERT INTO sources (id, basis, licence) VALUES ('source', 'licence', 'CC-BY-4.0');
    INSERT INTO assets (id, kind, format, size) SELECT md5('asset' || n), 'sound', 'flac', 1000000 + n FROM range($recordings) t(n);
    INSERT INTO arrivals (id, asset, source) SELECT md5('arrival' || id), id, 'source' FROM assets;
    INSERT INTO statements (id, asset, name, scope, said_at, source)
        SELECT md5('said' || id), id, id || '.flac', 'batch', '2026-01-01T00:00:00.000000Z', 'source' FROM assets;
    INSERT INTO clips (id, asset, kind, start_ms, end_ms)
        SELECT md5('clip' || id || n), id, 'utterance', n * 4000, n * 4000 + 3500 FROM assets, range($clips) t(n);
    INSERT INTO receipts (stage, "row", state, attempt, made) SELECT 'Sniff@1', id, 'done', 1, [] FROM assets;
    INSERT INTO receipts (stage, "row", state, attempt, made) SELECT $probe, id, 'done', 1, [] FROM assets;
    INSERT INTO receipts (stage, "row", state, attempt, made) SELECT $find, asset, 'done', 1, list(id) FROM clips GROUP BY asset;
    INSERT INTO receipts (stage, "row", state, attempt, made) SELECT $measure, id, 'done', 1, [] FROM clips;
    INSERT INTO scores ("row", stage, name, value) SELECT id, $find, 'speech_probability', 0.9 FROM clips;
    INSERT INTO scores ("row", stage, name, value)
        SELECT id, $measure, name, value FROM clips, (VALUES ('snr_db', 20.0), ('loudness_lufs', -23.0), ('clipping', 0.0),
                                                             ('bandwidth_hz', 7800.0), ('peak_dbfs', -3.0)) s(name, value);
"""


# What every other stage leaves that found nothing.
SETTLED = """INSERT INTO receipts (stage, "row", state, attempt, made) SELECT ?, id, 'done', 1, [] FROM {table}"""

# As a release of all clips leaves them.
RELEASED = """
    INSERT INTO releases (id, name, body) VALUES ('release', 'v1', '{"parts": []}');
    INSERT INTO released (release, clip, split, shard, "offset")
        SELECT 'release', id, 'train', 'voice-train-000000.tar', 512 FROM clips;
"""


class Verb(NamedTuple):
    """What a command took, from its start to its end."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def seeded(home: Path, clips: int) -> Path:
    """A collection that has been run, with so many clips."""
    here = collection.make(home, "bench", ("ekman",))
    keys = all_keys(pipeline(here.settings))
    named = {name: next(key for key in keys if key.startswith(f"{stage}@")) for name, stage in STAGES.items()}
    with Catalog(here.home).open() as connection:
        _seed(connection, {**named, "recordings": clips // CLIPS, "clips": CLIPS})
        pairs = [pair for one in pipeline(here.settings) for pair in zip(one.keys, one.stages, strict=True)]
        for key, stage in pairs:
            table, kind = ("assets", "sound") if stage.takes is Asset else ("clips", "utterance")
            if key not in named.values() and kind in stage.kinds:
                connection.execute(SETTLED.format(table=table), [key])
    live.refresh(Catalog(here.home), keys)
    return here.home


STAGES = {"probe": "Probe", "find": "FindSpeech", "measure": "MeasureSound"}


def _seed(connection: "DuckDBPyConnection", values: dict[str, str | int]) -> None:
    for statement in SEED.split(";\n")[:-1]:
        used = {name: value for name, value in values.items() if f"${name}" in statement}
        connection.execute(statement, used)


def exported(home: Path) -> None:
    """Leave a collection as an export of all of its clips would, without writing them."""
    one = Export(home, load_settings(home), draw=True)
    done = Exported(
        "v1", str(home / FOLDER / "v1"), True, {"voice": {"train": MANY}}, ("person",), True, {}, {}, (), ()
    )
    (home / FOLDER / "v1").mkdir(parents=True)
    with Catalog(home).open() as connection:
        for statement in RELEASED.split(";\n")[:-1]:
            connection.execute(statement)
        keep(connection, EXPORTED, made_for(one, None, connection), asdict(done))


def verb(home: Path, *words: str) -> Verb:
    """Run a command in a process of its own."""
    command = [sys.executable, "-c", VERB, *words, "--home", str(home)]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    peak, cpu_s = done.stderr.splitlines()[-1].split()
    return Verb(time.perf_counter() - started, float(cpu_s), float(peak))


def large() -> Iterator[Figure]:
    """`run` and `status` on many clips and on few when nothing has changed since the last, and such an export of many."""
    told: dict[tuple[str, int], list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for clips in (FEW, MANY):
            home = seeded(Path(folder) / str(clips), clips)
            for words in (("run",), ("status", "--json")):
                first = verb(home, *words)  # it has to look, and says so to those after it
                say(f"scale: the first {words[0]} on {clips:,} clips: {first.wall_s:.2f} s, {first.peak_mb:.0f} MB")
                told[words[0], clips] = _measured(home, clips, *words)
        run, status = told["run", MANY], told["status", MANY]
        yield Figure("run after one that found nothing new, 1 M clips", "s", run[0], 2, at_most=True)
        yield Figure("its peak memory, beside 100,000 clips", "MB", run[2], 300, at_most=True, peer=told["run", FEW][2])
        yield Figure("status told again, 1 M clips", "s", status[0], 2, at_most=True)
        exported(home)
        export_s = _measured(home, MANY, "export")[0]
        yield Figure("export with nothing new, 1 M clips", "s", export_s, 2, at_most=True)


def _measured(home: Path, clips: int, *words: str) -> list[float]:
    wall_s, cpu_s, peak = middle = medians([verb(home, *words) for _ in range(ROUNDS)])
    say(f"scale: {words[0]} on {clips:,} clips: {wall_s:.2f} s, {cpu_s:.2f} s of CPU, peak {peak:.0f} MB")
    return middle


def worker_peaks(incoming: Path) -> tuple[float, float]:
    """The most memory a worker has of its own for these media, and with the pages of mapped files."""
    with tempfile.TemporaryDirectory() as place, private_peak() as private:
        ours(incoming, Path(place), Inline(), "onnx")
    return private[0], peak_mb()


def long() -> list[Figure]:
    """A recording of three hours beside one of ten minutes."""
    peaks: dict[int, float] = {}
    pieces = speech()
    for minutes in (SHORT_MIN, LONG_MIN):
        with tempfile.TemporaryDirectory() as folder:
            recording(Path(folder) / f"{minutes}.flac", pieces, minutes)
            peaks[minutes], mapped = apart(worker_peaks, Path(folder))
        say(
            f"scale: {minutes} minutes of FLAC: a worker's peak is {peaks[minutes]:.0f} MB, mapped pages included {mapped:.0f} MB"
        )
    name = "a worker's memory, 3 h beside 10 min"
    return [Figure(name, "MB", peaks[LONG_MIN], 1.25, at_most=True, peer=peaks[SHORT_MIN], of_peer=True)]


def main() -> Iterator[Figure]:
    """Both."""
    yield from long()
    yield from large()


if __name__ == "__main__":
    for figure in main():
        say(" | ".join(figure.cells))
