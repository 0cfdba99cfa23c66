"""`export`: labelled clips become a release of shards, tables and a card; the same clips give the same bytes."""

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path

from pipelines.crew import cutters
from pipelines.engine.catalog import Catalog, insert
from pipelines.engine.derived import keep
from pipelines.engine.lease import lease
from pipelines.mirror import mirror
from pipelines.release.exported import EXPORTED, Exported, made_for, unchanged
from pipelines.release.folders import FOLDER, NAME, PREPARED
from pipelines.release.gather import gather
from pipelines.release.manifest import NAME as MANIFEST
from pipelines.release.measured import Measured, measured, thresholds
from pipelines.release.order import Export, versions
from pipelines.release.preflight import obstacles
from pipelines.release.records import PLACES, hold_places
from pipelines.release.samples import Gathered
from pipelines.release.weighting import told
from pipelines.release.writing import write
from pipelines.tables.scratch import scratch_folder
from schemas.errors import BadInput, BadSetting
from schemas.ids import canonical, content_id


def export(order: Export, name: str | None = None) -> Exported:
    """Write what is labelled as a release; what is the same as the last release is not written again.

    Raises BadInput when nothing is labelled that could be cut and, before anything is cut or written, when it would
    have grave gaps that nobody has allowed; BadSetting when the name is taken by other content and where single answers
    are wanted and not wanted.
    """
    home = order.home
    if order.embed and not order.settings.export.answers:
        raise BadSetting(
            "--embed-answers wants single answers in the shards, export.answers is false; choose one of both"
        )
    if name is not None and not NAME.fullmatch(name):
        raise BadSetting(f"a release cannot be called {name!r}; use letters, digits, dots and dashes, such as v1")
    with lease(home, "export"):
        done = unchanged(order, name) or _written(order, name)
        mirror(home, report=lambda done, total: order.report(done, total, "copying to the store"))
        return done


def _written(order: Export, name: str | None) -> Exported:
    home = order.home
    with scratch_folder(home) as folder:
        with cutters(order.processes) as processes:
            cut = partial(order.cut, processes)
            gathered = gather(home, order.settings, folder / "scratch.duckdb", order.wanted, cut, order.see)
        if not gathered.counts and not gathered.labels_only:
            raise BadInput(_nothing(gathered, order.wanted.by))
        known = measured(home, gathered.gates)
        content = _content_id(order, gathered, known)
        name, is_new = _name(home, name, content)
        if is_new:
            write(order, home / FOLDER / name, content, gathered, known)
        done = _exported(order, name, is_new, gathered)
        _commit(order, content, done)
    return done


def _nothing(gathered: Gathered, by: tuple[str, ...]) -> str:
    """What to do where there is nothing to export."""
    if gathered.left_out:
        reasons = [f"\n  {count:,} clips: {reason}" for reason, count in gathered.left_out.items()]
        inside = "\nfor use within the house: emocurate export --internal" if gathered.refused else ""
        return f"no labelled clip can be released:{''.join(reasons)}{inside}"
    if by:
        return f"nothing is labelled by {' or '.join(by)} yet; without --by the labels of others count"
    return (
        "nothing is labelled yet; answer in Label Studio and type: emocurate pull, or bring a table: emocurate answers "
        "import; good clips without labels go out with: emocurate export --unlabelled"
    )


def _exported(order: Export, name: str, new: bool, gathered: Gathered) -> Exported:
    return Exported(
        name=name,
        folder=str(order.home / FOLDER / name),
        new=new,
        samples={modality: dict(splits) for modality, splits in gathered.counts.items()},
        by=gathered.by,
        guessed=not order.wanted.by,
        left_out=dict(gathered.left_out),
        named={reason: tuple(names) for reason, names in gathered.named.items()},
        moved=gathered.moved,
        obstacles=tuple(obstacles(gathered.standing(), order.settings.publish.licences)),
        weightings=told(gathered.weightings),
        leaks=gathered.leaks,
        large=gathered.large,
        deviations=gathered.deviations,
        labels_only=dict(gathered.labels_only),
        refused=sum(gathered.refused.values()),
        internal=order.wanted.internal,
        gaps=gathered.gaps,
    )


def _content_id(order: Export, gathered: Gathered, known: Measured) -> str:
    """The id of everything that decides a release's bytes, but its name."""
    settings = order.settings
    inputs = {
        "samples": gathered.content,
        "title": settings.name,
        "thresholds": thresholds(settings),
        "export": asdict(settings.export),
        "labels": asdict(settings.labels),
        "by": list(gathered.by),
        "draw": order.draw,
        "embed": order.embed,
        "rights": [sorted(gathered.refused.items()), order.wanted.internal, settings.publish.licence],
        "figures": [asdict(figure) for figure in known.agreements],
        "weights": known.weights,
        "gates": asdict(known.gates),
        "label_sources": [asdict(source) for source in gathered.label_sources],
        "contact": settings.publish.contact,
        "authors": list(settings.publish.authors),
        "versions": versions(settings),
    }
    return content_id("release", **inputs)


def _name(home: Path, name: str | None, content: str) -> tuple[str, bool]:
    """The name of the release and whether it is still to be written; what is being written has a dot before it."""
    whole = [folder for folder in sorted((home / FOLDER).glob("[!.]*")) if (folder / MANIFEST).is_file()]
    for folder in whole:
        prepared = folder / PREPARED
        if name in (None, folder.name) and prepared.is_file() and prepared.read_text("utf-8") == content:
            return folder.name, False
    known = dict(Catalog(home).rows("SELECT name, id FROM releases ORDER BY added_at DESC, name"))
    if name is None:
        same = [earlier for earlier, release in known.items() if release == _release_id(earlier, content)]
        taken = {folder.name for folder in whole} | known.keys()
        free = (f"v{number}" for number in range(1, len(taken) + 2) if f"v{number}" not in taken)
        name = same[0] if same else next(free)  # a release whose folder was lost is written again
    elif (home / FOLDER / name / MANIFEST).is_file():
        raise BadSetting(f"release {name!r} is there with other content; releases are frozen: choose another --name")
    return name, True


def _release_id(name: str, content: str) -> str:
    return content_id("release", name=name, content=content)


def _commit(order: Export, content: str, done: Exported) -> None:
    """Write the release down with the split, shard and place of every clip, and what it was made of."""
    body = canonical(json.loads((Path(done.folder) / MANIFEST).read_text("utf-8")))
    release = _release_id(done.name, content)
    with Catalog(order.home).open() as connection:
        connection.begin()
        if insert(connection, "releases", {"id": [release], "name": [done.name], "body": [body]}):
            hold_places(connection, "released", release, Path(done.folder) / PLACES)
        keep(connection, EXPORTED, made_for(order, None, connection), asdict(done))
        connection.commit()
