"""`export`: the labelled clips become a release of shards, tables and a card; the same clips give the same bytes."""

import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any

from curate.faces.detect import WEIGHTS as FACES
from curate.voices.utterances import WEIGHTS as SPEECH
from pipelines.cuts import SUFFIX, cut_path, jobs_from, make_cuts
from pipelines.engine.catalog import Catalog, insert
from pipelines.engine.lease import lease
from pipelines.find.thresholds import NAMES
from pipelines.release import publish as publishing
from pipelines.release import samples as gathering
from pipelines.release.manifest import NAME as MANIFEST
from pipelines.release.manifest import seal
from pipelines.release.preflight import obstacles
from pipelines.release.publish import Published
from pipelines.release.shards import write_shards
from pipelines.release.sidecar import write_labels
from pipelines.release.tally import tallied
from pipelines.weigh import agree as weigh
from pipelines.weigh.figures import figures
from pipelines.weigh.questions import name_of, schemes
from schemas.errors import BadInput, BadSetting, NotPublishable
from schemas.ids import canonical, content_id
from schemas.release import SPLITS, Part, Picture, Release, Sample, Shard, record
from schemas.scheme import Media, Scheme
from schemas.settings import Settings

FOLDER = "releases"
FIGURES = "figures"
MAX_SAMPLES = 10_000
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
ASIDE = ".aside"
PREPARED = "prepared"  # beside a release: the id of what went in, so that nothing is written twice


def export(
    home: Path,
    settings: Settings,
    name: str | None,
    processes: int,
    report: Callable[[int], None] = lambda _: None,
) -> dict[str, Any]:
    """Write what is labelled as a release; what is the same as the last release is not written again.

    Raises BadInput when nothing is labelled, BadSetting when the name is taken by other content.
    """
    with lease(home, "export"):
        _sweep(home)
        _cut(home, settings, processes, report)
        gathered = gathering.gather(home, settings)
        if not gathered:
            raise BadInput("nothing is labelled yet; answer in Label Studio, then type: emocurate pull")
        content = _content_id(home, gathered, settings)
        name, is_new = _name(home, name, content)
        folder = home / FOLDER / name
        if is_new:
            _write(home, settings, folder, content, gathered, report)
        _commit(home, name, content, folder, gathered)
        counts = {media: dict.fromkeys(SPLITS, 0) for media in sorted({sample.media for sample in gathered})}
        for sample in gathered:
            counts[sample.media][sample.split] += 1
        against = obstacles(gathered, settings.publish.licences)
        return {"name": name, "folder": str(folder), "new": is_new, "samples": counts, "obstacles": against}


def publish(
    home: Path, settings: Settings, repo: str, name: str | None, *, private: bool, say: Callable[[str], None]
) -> Published:
    """Publish a release, the latest by default; raises NotPublishable with every reason that stands against it."""
    releases = _releases(home)
    if not releases:
        raise BadInput("there is no release to publish; make one with: emocurate export")
    chosen = name or releases[-1]
    if chosen not in releases:
        raise BadSetting(f"no release {chosen!r}; there are: {', '.join(releases)}")
    samples = _released(home, settings, chosen)
    counts = json.loads((home / FOLDER / chosen / MANIFEST).read_text("utf-8"))["counts"]
    expected = sum(sum(splits.values()) for splits in counts.values())
    if len(samples) != expected:
        raise NotPublishable(
            f"release {chosen!r} holds {expected} clips, the catalog knows {len(samples)}; export again"
        )
    if against := obstacles(samples, settings.publish.licences):
        raise NotPublishable("this release cannot be published:\n  " + "\n  ".join(against))
    return publishing.publish(home / FOLDER / chosen, repo, private=private, tag=chosen, say=say)


def _released(home: Path, settings: Settings, name: str) -> list[Sample]:
    """The clips of a release as their sources stand today: a basis that has gone since then counts."""
    rows = Catalog(home).rows(
        "SELECT clip FROM released WHERE release = (SELECT id FROM releases WHERE name = ?)", [name]
    )
    return gathering.gather(home, settings, [clip for (clip,) in rows])


def _releases(home: Path) -> list[str]:
    return [name for (name,) in Catalog(home).rows("SELECT name FROM releases ORDER BY added_at, name")]


def _sweep(home: Path) -> None:
    """Remove what killed exports were writing; whoever holds the lease is the only one at it."""
    for left in (home / FOLDER).glob(f".*{ASIDE}"):
        shutil.rmtree(left)


def _cut(home: Path, settings: Settings, processes: int, report: Callable[[int], None]) -> None:
    for media in SUFFIX:
        make_cuts(home, jobs_from(gathering.labelled(home, settings, media), media), processes, report)


def _content_id(home: Path, gathered: Sequence[Sample], settings: Settings) -> str:
    """The id of everything that decides a release's bytes, but its name."""
    told = {
        "samples": [content_id("sample", record=record(sample)) for sample in gathered],
        "title": settings.name,
        "thresholds": _thresholds(settings),
        "export": asdict(settings.export),
        "labels": asdict(settings.labels),
        "figures": [asdict(figure) for figure in weigh.figures(home)],
        "schemes": [scheme.id for scheme in _schemes(home, gathered)],
        "weights": _weights(),
        "versions": _versions(),
    }
    return content_id("release", **told)


def _name(home: Path, name: str | None, content: str) -> tuple[str, bool]:
    """The name of the release and whether it is still to be written; what is being written has a dot before it."""
    if name is not None and not NAME.fullmatch(name):
        raise BadSetting(f"a release cannot be called {name!r}; use letters, digits, dots and dashes, such as v1")
    whole = [folder for folder in sorted((home / FOLDER).glob("[!.]*")) if (folder / MANIFEST).is_file()]
    for folder in whole:
        prepared = folder / PREPARED
        if name in (None, folder.name) and prepared.is_file() and prepared.read_text("utf-8") == content:
            return folder.name, False
    known = dict(Catalog(home).rows("SELECT name, id FROM releases ORDER BY added_at DESC, name"))
    if name is None:
        same = [one for one, release in known.items() if release == _release_id(one, content)]
        taken = {folder.name for folder in whole} | known.keys()
        free = (f"v{number}" for number in range(1, len(taken) + 2) if f"v{number}" not in taken)
        name = same[0] if same else next(free)  # a release whose folder was lost is written again
    elif (home / FOLDER / name / MANIFEST).is_file():
        raise BadSetting(f"release {name!r} is there with other content; releases are frozen: choose another --name")
    return name, True


def _release_id(name: str, content: str) -> str:
    return content_id("release", name=name, content=content)


def _write(
    home: Path,
    settings: Settings,
    folder: Path,
    content: str,
    gathered: Sequence[Sample],
    report: Callable[[int], None],
) -> None:
    """Write a release aside and rename it: a folder with a release's name is whole."""
    aside = folder.with_name(f".{folder.name}{ASIDE}")
    aside.mkdir(parents=True)
    parts = tuple(_part(home, settings, aside, media, gathered, report) for media in SUFFIX)
    written = Release(
        name=folder.name,
        title=f"{settings.name} {folder.name}",
        parts=tuple(part for part in parts if part.shards),
        schemes=_schemes(home, gathered),
        agreements=tuple(weigh.figures(home)),
        pictures=_pictures(home, aside, settings.labels.reliable_alpha),
        thresholds=_thresholds(settings),
        weights=_weights(),
        versions=_versions(),
        shares={split: getattr(settings.export, split) for split in SPLITS},
        salt=settings.export.salt,
    )
    (aside / PREPARED).write_text(content, "utf-8")
    seal(aside, written, tallied(gathered))
    aside.replace(folder)


def _pictures(home: Path, folder: Path, gate: float) -> tuple[Picture, ...]:
    """Draw the figures of the card into the folder of a release."""
    drawn = figures(home, folder / FIGURES, gate, only=list(SUFFIX))
    for one in drawn:
        one.svg.unlink()  # a card shows PNG; `emocurate plot` gives both
    return tuple(
        Picture(one.title, f"{FIGURES}/{one.png.name}", sha256(one.png.read_bytes()).hexdigest()) for one in drawn
    )


def _part(
    home: Path,
    settings: Settings,
    folder: Path,
    media: Media,
    gathered: Sequence[Sample],
    report: Callable[[int], None],
) -> Part:
    mine = [sample for sample in gathered if sample.media == media]
    shards: list[Shard] = []
    for split in SPLITS:
        some = [sample for sample in mine if sample.split == split]
        if some:
            read = _read(home, some, report)
            limit = settings.export.shard_mb * 1_000_000
            name = f"{media}-{split}"
            shards += write_shards(folder / media, name, read, SUFFIX[media], limit, MAX_SAMPLES)
    if not mine:
        return Part(media, SUFFIX[media], NAMES[media], (), None)  # type: ignore[arg-type]
    table = write_labels(folder / media / "labels.parquet", mine, shards, NAMES[media])
    return Part(media, SUFFIX[media], NAMES[media], tuple(shards), table)


def _read(home: Path, some: Sequence[Sample], report: Callable[[int], None]) -> Iterator[tuple[Sample, bytes]]:
    for count, sample in enumerate(some, start=1):
        yield sample, cut_path(home, sample.media, sample.key).read_bytes()
        if count % 100 == 0 or count == len(some):
            report(count)


def _commit(home: Path, name: str, content: str, folder: Path, gathered: Sequence[Sample]) -> None:
    body = canonical(json.loads((folder / MANIFEST).read_text("utf-8")))
    release = _release_id(name, content)
    with Catalog(home).open() as connection:
        connection.begin()
        insert(connection, "releases", {"id": [release], "name": [name], "body": [body]})
        columns: dict[str, list[Any]] = {
            "release": [release] * len(gathered),
            "clip": [sample.key for sample in gathered],
            "split": [sample.split for sample in gathered],
        }
        insert(connection, "released", columns)
        connection.commit()


def _schemes(home: Path, gathered: Sequence[Sample]) -> tuple[Scheme, ...]:
    asked = {label.scheme for sample in gathered for label in sample.labels}
    return tuple(scheme for scheme in schemes(home) if name_of(scheme) in asked)


def _thresholds(settings: Settings) -> dict[str, float | int | str]:
    sections = {"voice": asdict(settings.voice), "face": asdict(settings.face)}
    return {f"{name}.{key}": value for name, section in sections.items() for key, value in section.items()}


def _weights() -> dict[str, str]:
    return {weights.name: weights.licence for weights in (*SPEECH, *FACES)}


def _versions() -> dict[str, str]:
    return {
        name: metadata.version(name)
        for name in ("emocurate", "av", "matplotlib", "onnxruntime", "pillow", "pyarrow", "soundfile")
    }
