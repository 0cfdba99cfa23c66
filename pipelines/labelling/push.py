"""`push`: every clip that is good enough becomes an Ask, and every Ask a task in Label Studio, once."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from annotate.studio.client import Studio
from annotate.studio.interface import interface
from pipelines.choose import choose
from pipelines.cuts import FOLDER, SUFFIX, cut_path, jobs_from, make_cuts
from pipelines.engine import live
from pipelines.engine.catalog import Catalog, insert
from pipelines.engine.lease import lease
from schemas.answers import Ask, Item
from schemas.ids import canonical
from schemas.scheme import Media, Scheme
from schemas.settings import Settings

TITLE_LETTERS = 50  # what Label Studio takes


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
    home: Path,
    settings: Settings,
    schemes: Sequence[Scheme],
    studio: Studio,
    processes: int,
    report: Callable[[int, str], None] = lambda *_: None,
) -> list[Pushed]:
    """Bring Label Studio up to date with what is to be asked; raises StudioError, after which a second push goes on."""
    studio.whoami()
    pushed = []
    with lease(home, "push"):  # two at once would both find a task missing, and both make it
        for scheme in schemes:
            for media in scheme.media:
                asks = _wanted(home, settings, scheme, media)
                if asks:
                    report(0, f"{scheme.name}: cutting {media}s")
                    _cut(home, media, processes, report)
                    pushed.append(_send(home, settings, scheme, media, studio, asks))
    return pushed


def _wanted(home: Path, settings: Settings, scheme: Scheme, media: Media) -> dict[str, str]:
    """Every Ask there should be, by id, with its clip; written down before anything is sent, which pins the clips."""
    catalog = Catalog(home)
    with catalog.open() as connection:
        live.refresh_on(connection)
        choose(connection, settings, media)
        asked = "SELECT ref FROM items JOIN asks ON asks.item = items.id WHERE asks.scheme = ?"
        good = f"SELECT id FROM chosen_{media} WHERE reason IS NULL OR id IN ({asked}) ORDER BY id"
        clips = [row[0] for row in connection.execute(good, [scheme.id]).fetchall()]
        items = [Item("clip", clip) for clip in clips]
        asks = [Ask(item.id, scheme.id) for item in items]
        body = canonical(asdict(scheme))
        row = {"id": scheme.id, "name": scheme.name, "version": scheme.version, "body": body}
        insert(connection, "schemes", {name: [value] for name, value in row.items()})
        catalog.commit(connection, [*items, *asks])
        live.refresh_on(connection)
    return {ask.id: clip for ask, clip in zip(asks, clips, strict=True)}


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
