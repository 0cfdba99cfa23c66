"""What goes into a release of a million labelled clips: the memory and the time of gathering it."""

import os
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import soundfile

from pipelines import collection
from pipelines.cutting import cut_path
from pipelines.engine.catalog import Catalog, insert, revise
from pipelines.release.gather import gather
from pipelines.release.order import Wanted
from schemas.ids import canonical
from schemas.scheme import shipped_schemes
from tests.benchmarks.figures import Figure, apart, peak_mb, say

SAMPLES = int(os.environ.get("SAMPLES", "1000000"))
CLIPS, RATERS, SPEAKERS = 50, 3, 2_000  # clips of a recording, raters of a clip
BAR_MB = 1_500

# Recordings of many speakers, each clip answered about by three raters who mostly agree.
SEED = """
    INSERT INTO sources (id, basis, licence, layer) VALUES ('source', 'licence', 'CC-BY-4.0', 'recording');
    INSERT INTO assets (id, kind, format, size) SELECT md5('asset' || n), 'sound', 'flac', 1000 + n FROM range($recordings) t(n);
    INSERT INTO arrivals (id, asset, source) SELECT md5('arrival' || id), id, 'source' FROM assets;
    INSERT INTO statements (id, asset, name, scope, said_at, source, speaker)
        SELECT md5('said' || id), id, id || '.flac', 'file', '2026-01-01T00:00:00.000000Z', 'source', 'p' || size % $speakers FROM assets;
    INSERT INTO clips (id, asset, kind, start_ms, end_ms)
        SELECT md5('clip' || id || n), id, 'utterance', n * 4000, n * 4000 + 3500 FROM assets, range($clips) t(n);
    INSERT INTO items SELECT md5('item' || id), 'clip', id FROM clips;
    INSERT INTO asks (id, item, scheme, round, repeat, role) SELECT md5('ask' || id), id, $scheme, 1, 0, 'plain' FROM items;
    INSERT INTO raters SELECT 'rater' || n, 'person' FROM range($raters) t(n);
    INSERT INTO origins (id, scheme, modality) VALUES ('origin', $scheme, 'voice');
    INSERT INTO answers (id, origin, ask, question, rater, updated_at, value, state)
        SELECT md5(a.id || n), 'origin', a.id, 'emotion', 'rater' || n, '2026-02-01T00:00:00.000000Z',
               '"' || $categories[1 + (hash(a.id) % 6 + n // 2)::INTEGER] || '"', 'given'
        FROM asks a, range($raters) t(n);
"""


def main() -> list[Figure]:
    """The peak of memory while all samples are gathered and read once."""
    with tempfile.TemporaryDirectory() as place:
        home = Path(place) / "home"
        apart(seeded, home)
        peak, took_s, count = apart(gathered, home)
    say(f"{count:,} samples gathered in {took_s:,.0f} s")
    return [Figure(f"gather {count:,} samples, peak memory", "MB", peak, BAR_MB, at_most=True)]


def seeded(home: Path) -> None:
    """A collection with that many clips, answered about, whose cuts are there: links to one short sound."""
    here, scheme = collection.make(home, "bench", ("ekman",)), shipped_schemes()["ekman"]
    values = {
        "recordings": SAMPLES // CLIPS,
        "clips": CLIPS,
        "raters": RATERS,
        "speakers": SPEAKERS,
        "scheme": scheme.id,
        "categories": [category.name for category in scheme.questions[0].categories],
    }
    row = {"id": scheme.id, "name": scheme.name, "version": scheme.version, "body": canonical(asdict(scheme))}
    with Catalog(here.home).open() as connection:
        insert(connection, "schemes", {name: [value] for name, value in row.items()})
        for statement in filter(str.strip, SEED.split(";\n")):
            connection.execute(statement, {name: value for name, value in values.items() if f"${name}" in statement})
        revise(connection)
        clips = [clip for (clip,) in connection.execute("SELECT id FROM clips").fetchall()]
    sound = here.home / "short.flac"
    soundfile.write(sound, np.zeros(160, np.float32), 16_000)
    for clip in clips:
        cut = cut_path(here.home, "voice", clip)
        cut.parent.mkdir(parents=True, exist_ok=True)
        cut.symlink_to(sound)


def gathered(home: Path) -> tuple[float, float, int]:
    """Megabytes at the peak, seconds, and how many samples there are."""
    began = time.perf_counter()
    found = gather(home, collection.find(home).settings, home / "scratch.duckdb", Wanted(), lambda *_: None)
    count = sum(1 for _ in found.samples("voice"))
    return peak_mb(), time.perf_counter() - began, count
