"""`push`: clips that are good enough, or those that `next` proposes, become Asks, and every Ask a task, once."""

import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from annotate.sampling import Plan
from annotate.studio.client import Studio
from annotate.studio.interface import interface
from pipelines.answers.proposals import propose
from pipelines.choose import choose
from pipelines.collection import Collection
from pipelines.cuts import FOLDER, SUFFIX, cut_path, jobs_from, make_cuts
from pipelines.engine import live
from pipelines.engine.catalog import Catalog, insert
from pipelines.engine.lease import lease
from schemas.answers import Ask, Item
from schemas.ids import canonical
from schemas.scheme import Media, Scheme
from schemas.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TITLE_LETTERS = 50  # what Label Studio takes

# The asks of a scheme about clips as this verb makes them; imported answers know other ones.
ASKED = """
    SELECT k.id, i.ref, i.id AS item, k.round FROM asks k JOIN items i ON i.id = k.item AND i.kind = 'clip'
    JOIN clips c ON c.id = i.ref WHERE k.scheme = $scheme AND (c.kind = 'face') = $face AND k.target IS NULL
    AND k.repeat = 0 AND k.role = 'plain' AND k.prelabel IS NULL AND k.place IS NULL"""
ANSWERED = "SELECT DISTINCT ask FROM current_answers WHERE state = 'given'"


@dataclass(frozen=True)
class Pushed:
    """What one push did for one scheme and one kind of media."""

    scheme: str
    media: Media
    asked: int
    new: int
    uncut: int
    project: int
    address: str


def push(
    here: Collection,
    studio: Studio,
    processes: int,
    report: Callable[[int, str], None] = lambda *_: None,
    plan: Plan | None = None,
) -> list[Pushed]:
    """Bring Label Studio up to date with what is to be asked; raises StudioError, after which a second push goes on.

    With a `plan` only what it proposes is asked anew: clips nobody was asked about, and another round about clips
    whose answers leave much open.
    """
    studio.whoami()
    home, settings = here.home, here.settings
    pushed = []
    with lease(home, "push"):  # two at once would both find a task missing, and both make it
        for scheme in here.schemes:
            chosen = _proposed(home, settings, scheme, plan) if plan else None
            for media in scheme.media:
                asks = _wanted(home, settings, scheme, media, chosen)
                if asks:
                    report(0, f"{scheme.name}: cutting {media}s")
                    _cut(home, media, processes, report)
                    pushed.append(_send(home, settings, scheme, media, studio, asks))
    return pushed


def _proposed(home: Path, settings: Settings, scheme: Scheme, plan: Plan) -> set[str]:
    """The ids of the items that a plan proposes."""
    (found,) = propose(home, settings, [scheme], plan)
    return {one.proposal.item for one in found.proposed}


def _wanted(
    home: Path, settings: Settings, scheme: Scheme, media: Media, chosen: set[str] | None = None
) -> dict[str, str]:
    """Every Ask there should be, by id, with its clip; written down before anything is sent, which pins the clips.

    `chosen` are the items that may be asked about anew; every clip that is good enough otherwise.
    """
    catalog = Catalog(home)
    with catalog.open() as connection:
        live.refresh_on(connection)
        choose(connection, settings, media)
        good = connection.execute(f"SELECT id FROM chosen_{media} WHERE reason IS NULL ORDER BY id").fetchall()
        items = [Item("clip", clip) for (clip,) in good]
        if chosen is not None:
            items = [item for item in items if item.id in chosen]
        body = canonical(asdict(scheme))
        row = {"id": scheme.id, "name": scheme.name, "version": scheme.version, "body": body}
        insert(connection, "schemes", {name: [value] for name, value in row.items()})
        which = {"scheme": scheme.id, "face": media == "face"}
        again = _again(connection, which, chosen or set())
        catalog.commit(connection, [*items, *(Ask(item.id, scheme.id) for item in items), *again])
        live.refresh_on(connection)
        return dict(connection.execute(f"SELECT id, ref FROM ({ASKED}) ORDER BY ref, id", which).fetchall())


def _again(connection: "DuckDBPyConnection", which: dict[str, Any], chosen: set[str]) -> list[Ask]:
    """A further round about those of the chosen items whose last round somebody has answered."""
    rows = connection.execute(
        f"""SELECT item, max(round) FROM ({ASKED}) GROUP BY item
            HAVING arg_max(id, round) IN ({ANSWERED}) ORDER BY item""",
        which,
    ).fetchall()
    return [Ask(item, which["scheme"], round=last + 1) for item, last in rows if item in chosen]


def _cut(home: Path, media: Media, processes: int, report: Callable[[int, str], None]) -> None:
    rows = Catalog(home).rows(
        """SELECT c.asset, assets.kind, c.kind, c.start_ms, c.end_ms, c.box FROM clips c
           JOIN live_clips l ON l.id = c.id AND l.pinned JOIN assets ON assets.id = c.asset
           WHERE (c.kind = 'face') = ? ORDER BY c.asset, c.id""",
        [media == "face"],
    )
    make_cuts(home, jobs_from(rows, media), processes, lambda made: report(made, f"{media}s cut"))


def _send(home: Path, settings: Settings, scheme: Scheme, media: Media, studio: Studio, asks: dict[str, str]) -> Pushed:
    origin = origin_of(home, scheme, media)
    if studio.found(origin) is None and Catalog(home).rows("SELECT 1 FROM pulls WHERE origin = ? LIMIT 1", [origin]):
        origin = origin_of(home, scheme, media, afresh=True)  # the old project's answers stay as they were
    title = f"{settings.name}: {scheme.title} ({media}s)"[:TITLE_LETTERS]
    project = studio.project(origin, title, interface(scheme, media), settings.labelling.raters, scheme.instruction)
    if not settings.labelling.media_url:
        folder = home / FOLDER / media
        folder.mkdir(parents=True, exist_ok=True)
        studio.serve_folder(project, folder)
    have = studio.asked(project)
    cut = {ask: clip for ask, clip in asks.items() if cut_path(home, media, clip).exists()}
    tasks = [
        {"item_id": ask, "media": media_address(settings, media, clip), "context": ""}
        for ask, clip in cut.items()
        if ask not in have
    ]
    studio.ask(project, tasks)
    uncut = len(asks) - len(cut)
    return Pushed(scheme.name, media, len(cut), len(tasks), uncut, project, studio.address)


def origin_of(home: Path, scheme: Scheme, media: Media, afresh: bool = False) -> str:
    """The UUID that marks our project for a scheme and medium, minted into the catalog before the project is made.

    A project that is made `afresh`, because the old one is gone from Label Studio, gets a new one.
    """
    catalog = Catalog(home)
    query = "SELECT id FROM origins WHERE scheme = ? AND media = ? ORDER BY added_at DESC, id"
    with catalog.open() as connection:
        found = connection.execute(query, [scheme.id, media]).fetchall()
        if afresh or not found:
            row = {"id": str(uuid.uuid4()), "scheme": scheme.id, "media": media}
            insert(connection, "origins", {name: [value] for name, value in row.items()})
            found = connection.execute(query, [scheme.id, media]).fetchall()
    return str(found[0][0])


def media_address(settings: Settings, media: Media, clip: str) -> str:
    """Where a browser finds the cut of a clip: Label Studio's own file serving, or the user's web address."""
    path = f"{media}/{clip[:2]}/{clip}.{SUFFIX[media]}"
    if settings.labelling.media_url:
        return f"{settings.labelling.media_url.rstrip('/')}/{path}"
    return f"/data/local-files/?d={Path(FOLDER).name}/{quote(path)}"
