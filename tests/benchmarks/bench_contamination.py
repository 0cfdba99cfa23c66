"""Whether clips of a release stand in somebody else's corpus: 200 planted ones, encoded anew, trimmed, louder or softer.

The release has 800 clips, the other corpus 800 files of its own and the altered copies; what clips are, `bench_sounds`
says. The corpus is compared as a folder of media, and as the file of fingerprints that its owner would give away.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from curate.prints.sounds import FingerprintSound
from curate.read.probe import Probe
from pipelines import collection
from pipelines.collect.add import Intake, add
from pipelines.collect.metadata import Metadata
from pipelines.engine import live
from pipelines.engine.catalog import Catalog, insert
from pipelines.engine.passes import Pass
from pipelines.engine.workers import Pool
from pipelines.find import fingerprints
from pipelines.find.contamination import Contamination, against
from pipelines.find.run import bring_up_to_date
from schemas.duplicates import DuplicateSettings
from schemas.media import Clip, Source
from schemas.modality import WHOLE
from schemas.stage import Receipt
from tests.benchmarks.bench_sounds import ALTERED, HARD, natural, pieced, whole
from tests.benchmarks.figures import Figure, say, spent
from tests.benchmarks.recordings import RATE_HZ, speech

CLIPS, PLANTED = 800, 200
VARIANTS = [name for name in ALTERED if name not in (HARD, "noise 20 dB", "second half")]
CUT = "Whole@1"


def media(ours: Path, theirs: Path) -> dict[str, str]:
    """Write both folders; gives which file there is a copy of which here, and prints of what kind these are."""
    random, sources = np.random.default_rng(8), speech()
    clips = [clip for clip in natural(random, sources) if len(clip) >= 1.5 * RATE_HZ][: PLANTED // 2]
    say(f"contamination: of {PLANTED} planted clips {len(clips)} are natural speech, the others are of its syllables")
    clips += [pieced(random, sources, random.uniform(1.5, 6)) for _ in range(CLIPS - len(clips))]
    others = [pieced(random, sources, random.uniform(1.5, 6)) for _ in range(CLIPS)]
    copies: dict[str, str] = {}
    for number, clip in enumerate(clips):
        _write(ours / f"clip-{number:04}.flac", whole(clip))
        if number < PLANTED:
            copies[f"copy-{number:04}.flac"] = f"clip-{number:04}.flac"
            _write(theirs / f"copy-{number:04}.flac", ALTERED[VARIANTS[number % len(VARIANTS)]](clip))
    for number, clip in enumerate(others):
        _write(theirs / f"other-{number:04}.flac", whole(clip))
    return copies


def _write(path: Path, samples: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    soundfile.write(path, np.asarray(samples).astype(np.int16), RATE_HZ)


def released(folder: Path, home: Path) -> Path:
    """A collection of a folder, of which every file is a clip as a whole, and all are released."""
    here = collection.make(home, "bench", ("ekman",))
    add(Intake(here.home, Source("licence", "CC0-1.0"), Metadata(), here.people, link=True), [folder])
    stages = Probe(), FingerprintSound()
    bring_up_to_date(here.home, [Pass(stages)], Pool(2, 600))
    catalog = Catalog(here.home)
    clips = [Clip(asset, WHOLE) for (asset,) in catalog.rows("SELECT id FROM assets ORDER BY id")]
    catalog.add([], [Receipt(CUT, clip.asset, "done", made=(clip,)) for clip in clips])
    live.refresh(catalog, [*Pass(stages).keys, CUT])
    with catalog.open() as connection:
        insert(connection, "releases", {"id": ["r"], "name": ["v1"], "body": ["{}"]})
        columns = {"release": ["r"] * len(clips), "clip": [one.id for one in clips], "split": ["test"] * len(clips)}
        insert(connection, "released", columns)
    return here.home


def scored(found: Contamination, names: dict[str, str], copies: dict[str, str]) -> tuple[float, float]:
    """Recall and precision of pairs of a clip here and what it is there; `names` are the files of both."""
    pairs = {(names[match.clip], names.get(match.there, match.there)) for match in found.matches}
    wanted = {(clip, copy) for copy, clip in copies.items()}
    say(f"contamination: {len(pairs & wanted)} of {len(wanted)} found, {len(pairs - wanted)} others")
    return len(pairs & wanted) / len(wanted), len(pairs & wanted) / max(len(pairs), 1)


def _names(home: Path) -> dict[str, str]:
    return dict(Catalog(home).rows("SELECT c.id, s.name FROM clips c JOIN statements s USING (asset)"))


def main() -> Iterator[Figure]:
    """Recall and precision by folder and by fingerprints, and how large a clip is among these."""
    with tempfile.TemporaryDirectory() as name:
        place, settings = Path(name), DuplicateSettings()
        copies = media(place / "ours", place / "theirs")
        home, other = (released(place / part, place / f"{part}-home") for part in ("ours", "theirs"))
        written = fingerprints.write(other, place / "theirs.parquet")
        names = _names(home) | _names(other)
        for how, what in (("folder", place / "theirs"), ("file of fingerprints", place / "theirs.parquet")):
            found = list[Contamination]()
            took = spent(lambda what=what, found=found: found.append(against(home, what, settings)))  # type: ignore[misc]
            recall, precision = scored(found[0], names, copies)
            say(f"contamination: a {how} of {found[0].files:,} clips takes {took.wall_s:.1f} s")
            yield Figure(f"{PLANTED} planted clips, against a {how}: recall", "", recall, 0.97)
            yield Figure(f"{PLANTED} planted clips, against a {how}: precision", "", precision, 0.99)
        yield Figure("fingerprints of a clip", "bytes", written.bytes / written.clips, 1024, at_most=True)


if __name__ == "__main__":
    for figure in main():
        say("  ".join(figure.cells))
