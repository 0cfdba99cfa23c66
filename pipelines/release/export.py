"""`export`: labelled clips become a release of shards, tables and a card; the same clips give the same bytes."""

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import Catalog, insert, revision, state
from pipelines.engine.lease import lease
from pipelines.engine.links import look
from pipelines.find.returned import look_for_copies
from pipelines.release.balance import Deviation
from pipelines.release.gather import gather
from pipelines.release.manifest import NAME as MANIFEST
from pipelines.release.measured import Measured, measured, thresholds
from pipelines.release.preflight import obstacles
from pipelines.release.records import PLACES, hold_places
from pipelines.release.samples import Gathered
from pipelines.release.splits import Large
from pipelines.release.weighting import told
from pipelines.release.withdraw import restore
from pipelines.release.writing import PREPARED, Export, versions, write
from pipelines.tables.scratch import scratch_folder
from schemas.errors import BadInput, BadSetting
from schemas.ids import canonical, content_id
from schemas.modality import ModalityName
from schemas.release import Leak, Split
from schemas.tables import frozen

FOLDER = "releases"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
EXPORTED = "exported"  # the fact that holds what the last export was made of, and what it came to


@dataclass(frozen=True)
class Exported:
    """What an export came to: the release, how many samples it has, who labelled them, what stayed out and why.

    `guessed` says that nobody had named whose labels are wanted.

    `moved` are clips that earlier releases had in different splits; `obstacles` what stands against publishing,
    `weightings` what the weights come to that undo what was not released, `large` groups over the cap, `leaks` what
    crosses splits, `deviations` how far these are from their shares. `labels_only` counts, by the reason, clips whose
    labels leave without their media, `refused` those of `left_out` that may leave in no form.
    """

    name: str
    folder: str
    new: bool
    samples: dict[ModalityName, dict[Split, int]]
    by: tuple[str, ...]
    guessed: bool
    left_out: dict[str, int]
    named: dict[str, tuple[str, ...]]
    moved: tuple[str, ...]
    obstacles: tuple[str, ...]
    weightings: dict[str, dict[str, Any]] = field(default_factory=dict)
    leaks: tuple[Leak, ...] = ()
    large: tuple[Large, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    labels_only: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    internal: bool = False


def export(order: Export, name: str | None = None) -> Exported:
    """Write what is labelled as a release; what is the same as the last release is not written again.

    Raises BadInput when nothing is labelled that could be cut, BadSetting when the name is taken by other content
    and where single answers are wanted and not wanted.
    """
    home = order.home
    if order.embed and not order.settings.export.answers:
        raise BadSetting(
            "--embed-answers wants single answers in the shards, export.answers is false; choose one of both"
        )
    if name is not None and not NAME.fullmatch(name):
        raise BadSetting(f"a release cannot be called {name!r}; use letters, digits, dots and dashes, such as v1")
    with lease(home, "export"):
        restore(home / FOLDER)
        look(home)
        look_for_copies(home)
        if before := _unchanged(order, name):
            return before
        with scratch_folder(home) as folder:
            gathered = gather(home, order.settings, folder / "scratch.duckdb", order.wanted, order.cut)
            if not gathered.counts and not gathered.labels_only:
                raise BadInput(_nothing(gathered))
            known = measured(home, order.settings)
            content = _content_id(order, gathered, known)
            name, is_new = _name(home, name, content)
            if is_new:
                write(order, home / FOLDER / name, content, gathered, known)
            done = _exported(order, name, is_new, gathered)
            _commit(order, content, done)
        return done


def _nothing(gathered: Gathered) -> str:
    """What to do where there is nothing to export."""
    if gathered.left_out:
        reasons = [f"\n  {count:,} clips: {reason}" for reason, count in gathered.left_out.items()]
        inside = "\nfor use within the house: emocurate export --internal" if gathered.refused else ""
        return f"no labelled clip can be released:{''.join(reasons)}{inside}"
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
    )


def _made_for(order: Export, name: str | None, connection: DuckDBPyConnection) -> dict[str, Any]:
    """What decides an export: the rows of the catalog, the settings, the programs, and what was asked for.

    A consent expires without a row that says so: who has none any more is counted.
    """
    number = revision(connection)
    lapsed = connection.execute("SELECT count(*) FROM consents_in_force WHERE lapsed IS NOT NULL").fetchall()[0][0]
    inputs = {
        "lapsed": lapsed,
        "settings": asdict(order.settings),
        "wanted": asdict(order.wanted),
        "draw": order.draw,
        "embed": order.embed,
        "programs": versions(order.settings),  # which weights are in force, a row of the catalog says
    }
    return json.loads(canonical({"revision": number, "name": name, **inputs}))  # type: ignore[no-any-return]


def _unchanged(order: Export, name: str | None) -> Exported | None:
    """What the last export came to, where nothing that decides it has changed and its release is there."""
    with Catalog(order.home).open() as connection:
        rows = connection.execute("SELECT value FROM facts WHERE name = ?", [EXPORTED]).fetchall()
        made_for = _made_for(order, name, connection)
    before = json.loads(rows[0][0]) if rows else None
    if before is None or before["made_for"] != made_for or not (order.home / FOLDER / before["done"]["name"]).is_dir():
        return None
    done: dict[str, Any] = {key: frozen(value) for key, value in before["done"].items()}
    done["leaks"] = tuple(Leak(**leak) for leak in done.get("leaks", ()))
    done["deviations"] = tuple(Deviation(**deviation) for deviation in done.get("deviations", ()))
    done["large"] = tuple(Large(**group) for group in done.get("large", ()))
    return Exported(**done | {"folder": str(order.home / FOLDER / before["done"]["name"]), "new": False})


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
        made_for = _made_for(order, None, connection)
        state(connection, EXPORTED, canonical({"made_for": made_for, "done": asdict(done)}))
        connection.commit()
