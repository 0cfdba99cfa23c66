"""Writes a release: its shards, tables, figures and card, in a folder that gets its name when it is whole."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any, Self

from pipelines.cuts import jobs_from, make_cuts
from pipelines.cutting import cut_path
from pipelines.engine.catalog import Catalog
from pipelines.release.check import check_loads
from pipelines.release.gather import Wanted
from pipelines.release.manifest import seal
from pipelines.release.records import removed_keys
from pipelines.release.samples import Gathered
from pipelines.release.shards import write_shards
from pipelines.release.sidecar import write_labels
from pipelines.release.tally import Tally
from pipelines.weigh import agree
from pipelines.weigh.figures import figures
from pipelines.weigh.questions import name_of, schemes
from schemas.modality import MODALITIES, Modality, ModalityName
from schemas.release import SPLITS, Part, Picture, Release, Sample, Shard, Split
from schemas.scheme import Scheme
from schemas.settings import Settings

FIGURES = "figures"
WEIGHTS = "SELECT DISTINCT name, licence FROM stage_weights SEMI JOIN active_stages USING (stage) ORDER BY ALL"
MAX_SAMPLES = 10_000
ASIDE = ".aside"
PREPARED = "prepared"  # beside a release: the id of what went in, so that nothing is written twice
PLACES = "places.csv"  # beside a release: where every sample lies


@dataclass(frozen=True)
class Export:
    """An export on its way: of which collection, what is wanted, cut by how many processes, with figures or without.

    `report` hears how many clips are done, of how many, and what is done with them.
    """

    home: Path
    settings: Settings
    wanted: Wanted = field(default_factory=Wanted)
    processes: int = 1
    draw: bool = True
    report: Callable[[int, int, str], None] = lambda *_: None

    def cut(self, rows: Any, name: ModalityName) -> None:
        """Cut what is not cut yet."""
        note = f"cutting {name}s"
        make_cuts(self.home, jobs_from(rows, name), self.processes, lambda done, all_: self.report(done, all_, note))


class Placed:
    """Where every sample lies, written to a file as it is told: millions would not fit in memory."""

    def __init__(self, path: Path) -> None:
        self.split: Split = SPLITS[0]
        self._file = path.open("w", encoding="ascii")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, key: str, shard: str, offset: int) -> None:
        """One sample: its shard, and where its media begin there."""
        self._file.write(f"{key},{self.split},{shard},{offset}\n")


def write(one: Export, folder: Path, content: str, gathered: Gathered) -> None:
    """Write a release aside and rename it: a folder with a release's name is whole."""
    home, settings = one.home, one.settings
    aside = folder.with_name(f".{folder.name}{ASIDE}")
    aside.mkdir(parents=True)
    tally = Tally()
    with Placed(aside / PLACES) as placed:
        parts = [_part(one, aside, MODALITIES[name], gathered, tally, placed) for name in gathered.counts]
    written = Release(
        name=folder.name,
        title=f"{settings.name} {folder.name}",
        parts=tuple(parts),
        schemes=_schemes(home, tally),
        agreements=tuple(agree.figures(home)),
        pictures=_pictures(home, aside) if one.draw else (),
        thresholds=thresholds(settings),
        weights=weights(home),
        versions=versions(),
        shares={split: getattr(settings.export, split) for split in SPLITS},
        salt=settings.export.salt,
        removed=removed_keys(home, folder.parent, aside / PLACES),
    )
    (aside / PREPARED).write_text(content, "utf-8")
    seal(aside, written, tally)
    check_loads(aside)
    aside.replace(folder)


def _pictures(home: Path, folder: Path) -> tuple[Picture, ...]:
    """Draw the figures of the card into the folder of a release."""
    drawn = figures(home, folder / FIGURES, only=list(MODALITIES))
    for one in drawn:
        one.svg.unlink()  # a card shows PNG; `emocurate plot` gives both
    return tuple(
        Picture(one.title, f"{FIGURES}/{one.png.name}", sha256(one.png.read_bytes()).hexdigest()) for one in drawn
    )


def _part(one: Export, folder: Path, modality: Modality, gathered: Gathered, tally: Tally, placed: Placed) -> Part:
    """The shards and the table of one modality."""
    name, limit = modality.name, one.settings.export.shard_mb * 1_000_000
    shards: list[Shard] = []
    for split, count in gathered.counts[name].items():
        if count:
            placed.split = split
            read = _read(one, gathered, name, split, tally)
            stem = f"{name}-{split}"
            shards += write_shards(folder / name, stem, read, modality.suffix, limit, MAX_SAMPLES, placed.add)
    table = write_labels(folder / name / "labels.parquet", gathered.samples(name), shards, modality.scores)
    return Part(name, modality.suffix, modality.scores, tuple(shards), table)


def _read(
    one: Export, gathered: Gathered, name: ModalityName, split: Split, tally: Tally
) -> Iterator[tuple[Sample, bytes]]:
    """Samples with their media, counted while they pass by."""
    total = sum(sum(splits.values()) for splits in gathered.counts.values())
    for sample in gathered.samples(name, split):
        tally.see(sample)
        yield sample, cut_path(one.home, sample.media, sample.key).read_bytes()
        done = tally.samples.total()
        if done % 100 == 0 or done == total:
            one.report(done, total, "writing")


def _schemes(home: Path, tally: Tally) -> tuple[Scheme, ...]:
    asked = {asked.scheme for asked in (*tally.categories, *tally.numbers)}
    return tuple(scheme for scheme in schemes(home) if name_of(scheme) in asked)


def thresholds(settings: Settings) -> dict[str, float | int | str]:
    """The settings that decide which clips are good, as a card shows them."""
    sections = {name: asdict(getattr(settings, name)) for name in MODALITIES}
    return {f"{name}.{key}": value for name, section in sections.items() for key, value in section.items()}


def weights(home: Path) -> dict[str, str]:
    """The models that found the clips, with the licences of their weights."""
    return dict(Catalog(home).rows(WEIGHTS))


def versions() -> dict[str, str]:
    """The programs that decide the bytes of a release."""
    return {
        name: metadata.version(name)
        for name in ("emocurate", "av", "matplotlib", "onnxruntime", "pillow", "pyarrow", "soundfile")
    }
