"""Writes a release: its shards, tables, figures and card, in a folder that gets its name when it is whole."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from PIL import Image

from curate.cut import OPUS_HZ
from pipelines.cutting import MediaForm, media_form, released_path
from pipelines.release.check import check_loads
from pipelines.release.folders import ASIDE, PREPARED
from pipelines.release.labels_only import LabelsOnly
from pipelines.release.manifest import seal
from pipelines.release.measured import Measured, thresholds
from pipelines.release.order import Export, versions
from pipelines.release.placing import Before, before, note_kept
from pipelines.release.records import PLACE_FIELDS, PLACES, place_row, removed_keys
from pipelines.release.samples import Gathered
from pipelines.release.shards import MAX_SAMPLES, Place, Sharding, write_shards
from pipelines.release.sidecar import ParquetTable
from pipelines.release.tally import Tally
from pipelines.weigh.figures import figures
from pipelines.weigh.questions import name_of, schemes
from schemas.backends import Codec
from schemas.layout import ANSWER_TABLE, SHARD, Layout, answer_rows, record
from schemas.modality import FACE, MODALITIES, MOMENT, VOICE, Modality, ModalityName
from schemas.release import SPLITS, Bare, Part, Picture, Release, Sample, Shard, Split
from schemas.scheme import Scheme
from schemas.settings import Settings

FIGURES = "figures"
PLACES_AT_ONCE = 10_000


def write(order: Export, folder: Path, content: str, gathered: Gathered, known: Measured) -> None:
    """Write a release aside and rename it: a folder with a release's name is whole."""
    home, settings = order.home, order.settings
    aside = folder.with_name(f".{folder.name}{ASIDE}")
    aside.mkdir(parents=True)
    tally = Tally()
    release, last = before(home, folder.parent, folder.name, internal=order.wanted.internal)
    hows = _hows(order, aside, gathered, last)
    if release:
        note_kept(home, gathered.scratch, release, {how.name: how for how in hows.values()})
    with ParquetTable(aside / PLACES, PLACE_FIELDS, PLACES_AT_ONCE) as places:
        seen = _Seen(tally, places)
        parts = [_part(order, aside, MODALITIES[name], gathered, hows, seen) for name in gathered.counts]
        listed = places.close()
    bare = _bare(order, aside, gathered, tally) if gathered.labels_only else None
    written = Release(
        name=folder.name,
        title=f"{settings.name} {folder.name}",
        parts=tuple(parts),
        places=listed,
        schemes=_schemes(home, tally),
        agreements=known.agreements,
        contact=settings.publish.contact or None,
        authors=settings.publish.authors,
        gates=known.gates,
        label_sources=gathered.label_sources,
        pictures=_pictures(home, aside) if order.draw else (),
        thresholds=thresholds(settings),
        weights=known.weights,
        versions=versions(settings, MOMENT.name in gathered.counts),
        shares={split: getattr(settings.export, split) for split in SPLITS},
        salt=settings.export.salt,
        removed=() if order.wanted.internal else removed_keys(home, folder.parent, aside),
        leaks=gathered.leaks,
        bare=bare,
        refused=gathered.refused,
        licence=settings.publish.licence,
        internal=order.wanted.internal,
    )
    (aside / PREPARED).write_text(content, "utf-8")
    _finish(aside, folder, written, tally)


def _finish(aside: Path, folder: Path, written: Release, tally: Tally) -> None:
    """Write the card and the lists, and give the release its name once both libraries have read it."""
    seal(aside, written, tally)
    check_loads(aside)
    aside.replace(folder)


def _bare(order: Export, folder: Path, gathered: Gathered, tally: Tally) -> Bare:
    """The clips that leave as labels alone, and what shards of them would be like; faces are cut as raters see them."""
    # of all media, whichever there are: the columns of the table do not depend on what a collection happens to hold
    layouts = {name: Layout(one.scores, gathered.flat.get(name, ())) for name, one in MODALITIES.items()}
    table, codec = LabelsOnly(folder, layouts, tally), order.settings.export.codec
    clips = (
        (_coded(sample, codec), released_path(order.home, name, sample.key, MediaForm(codec)), row)
        for name in gathered.flat
        for sample, row in gathered.bare(name)
    )
    table.add(clips, order.processes)
    suffixes = {name: suffix_of(modality, order.settings) for name, modality in MODALITIES.items()}
    return Bare(table.close(), layouts, suffixes, order.settings.export.shard_mb * 1_000_000)


def _coded(sample: Sample, codec: Codec) -> Sample:
    """A sample as it is in the code of a release, where that decides its rate."""
    return replace(sample, rate_hz=OPUS_HZ) if sample.media == VOICE.name and codec == "opus" else sample


def _pictures(home: Path, folder: Path) -> tuple[Picture, ...]:
    """Draw the figures of the card into the folder of a release."""
    drawn = figures(home, folder / FIGURES, only=list(MODALITIES))
    for figure in drawn:
        figure.svg.unlink()  # a card shows PNG; `emocurate plot` gives both
    return tuple(
        Picture(figure.title, f"{FIGURES}/{figure.png.name}", sha256(figure.png.read_bytes()).hexdigest())
        for figure in drawn
    )


@dataclass(frozen=True)
class _Seen:
    """What is written down of every sample on its way into a shard."""

    tally: Tally
    places: ParquetTable


def _hows(order: Export, folder: Path, gathered: Gathered, last: Before) -> dict[tuple[ModalityName, Split], Sharding]:
    """How the samples of every modality and split become shards."""
    limit = order.settings.export.shard_mb * 1_000_000
    hows = {}
    for name, splits in gathered.counts.items():
        modality = MODALITIES[name]
        layout = Layout(modality.scores, gathered.flat[name], order.embed)
        for split in splits:
            how = Sharding(
                folder=folder / name, name=f"{name}-{split}", suffix=suffix_of(modality, order.settings), layout=layout,
                max_bytes=limit, max_samples=MAX_SAMPLES,
            )  # fmt: skip
            hows[name, split] = last.placed(how)
    return hows


def _part(  # of what, from where, where to, and who is told
    order: Export,
    folder: Path,
    modality: Modality,
    gathered: Gathered,
    hows: Mapping[tuple[ModalityName, Split], Sharding],
    seen: _Seen,
) -> Part:
    """The shards and the tables of one modality, written in one pass over its samples."""
    name, layout = modality.name, Layout(modality.scores, gathered.flat[modality.name], order.embed)
    shards: list[Shard] = []
    with (
        ParquetTable(folder / name / "labels.parquet", layout.table) as labels,
        ParquetTable(folder / name / "answers.parquet", ANSWER_TABLE) as answers,
    ):

        def placed(sample: Sample, place: Place) -> None:
            labels.add([record(sample, layout, table=True) | {SHARD.name: place.shard}])
            answers.add(answer_rows(sample) if order.settings.export.answers else [])
            seen.places.add([place_row(sample, place)])

        for split, count in gathered.counts[name].items():
            if count:
                shards += write_shards(hows[name, split], _read(order, gathered, name, split, seen.tally), placed)
        return Part(name, suffix_of(modality, order.settings), layout, tuple(shards), labels.close(), answers.close())


def _read(
    order: Export, gathered: Gathered, name: ModalityName, split: Split, tally: Tally
) -> Iterator[tuple[Sample, Path]]:
    """Samples with their media, counted while they pass by."""
    total = sum(sum(splits.values()) for splits in gathered.counts.values())
    form = media_form(order.settings)
    for cut in gathered.samples(name, split):
        path = released_path(order.home, cut.media, cut.key, form)
        sample = _coded(cut, form.codec)
        if sample.media == FACE.name and form.has_crops:
            with Image.open(path) as picture:
                sample = replace(sample, width_px=picture.width, height_px=picture.height)
        tally.see(sample)
        yield sample, path
        done = tally.samples.total()
        if done % 100 == 0 or done == total:
            order.report(done, total, "writing")


def _schemes(home: Path, tally: Tally) -> tuple[Scheme, ...]:
    asked = {asked.scheme for asked in (*tally.categories, *tally.numbers)}
    return tuple(scheme for scheme in schemes(home) if name_of(scheme) in asked)


def suffix_of(modality: Modality, settings: Settings) -> str:
    """The ending of the media files of a modality in releases."""
    return settings.export.codec if modality is VOICE else modality.suffix
