"""`push`: clips that are good enough, or those that `next` proposes, become Asks, and every Ask a task, once."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from annotate.sampling import Plan
from annotate.studio.client import Studio
from annotate.studio.interface import interface
from pipelines.ask.proposals import propose
from pipelines.ask.selection import Selected, Selection, hold_rights, select
from pipelines.ask.sending import NO_WISH, Pushed, Report, Sending, Wish, counter, origin_of
from pipelines.ask.withhold import withhold
from pipelines.collection import Collection
from pipelines.crew import Cutters, cutters
from pipelines.cuts import jobs_from, make_cuts
from pipelines.cutting import FOLDER
from pipelines.engine import live
from pipelines.engine.catalog import Catalog, insert
from pipelines.engine.lease import lease
from pipelines.engine.links import ALTERED, look
from pipelines.find.returned import look_for_copies
from pipelines.find.thresholds import BELOW, choose
from pipelines.items import items_of
from pipelines.mirror import CUTS, mirror
from schemas.answers import Ask, Item
from schemas.ids import canonical
from schemas.scheme import Media, Scheme
from schemas.settings import Settings

TITLE_LETTERS = 50  # what Label Studio takes

# The asks of a scheme about clips as this verb makes them. One that a table answered is put to people while its clip is
# good.
ASKED = """
    SELECT k.id, o.clip AS ref, o.item, k.round FROM asks k JOIN about o ON o.item = k.item JOIN rights r USING (asset)
    WHERE k.scheme = $scheme AND o.modality = $modality AND r.may_annotate AND k.target IS NULL AND k.repeat = 0
    AND k.role = 'plain' AND k.prelabel IS NULL AND k.place IS NULL
    AND (o.clip IN (SELECT unnest($good::VARCHAR[])) OR k.id NOT IN (
        SELECT a.ask FROM answers a JOIN origins t ON t.id = a.origin WHERE t.modality = ''))"""
GOOD = """SELECT c.id FROM chosen_{modality} c JOIN rights r ON r.asset = c.asset
          WHERE c.reason IS NULL AND r.may_annotate ORDER BY c.id"""
DROPPED = f"SELECT c.id FROM chosen_{{modality}} c WHERE {BELOW} ORDER BY c.id"
WITHHELD = """SELECT count(*) FROM chosen_{modality} c JOIN rights r ON r.asset = c.asset
              WHERE c.reason IS NULL AND NOT r.may_annotate"""
ALTERED_ITEMS = f"SELECT item FROM about SEMI JOIN ({ALTERED}) USING (asset)"
# What was asked and answered under a scheme that is read as this one: it has its answers.
SUCCEEDS = "SELECT 1 FROM translations WHERE successor = ? LIMIT 1"
BRIDGED = """SELECT a.item FROM read_answers a JOIN asks k ON k.id = a.ask
             WHERE a.scheme = $scheme AND k.scheme <> $scheme AND a.state = 'given'"""
LIVE = "SELECT 1 FROM live_clips WHERE modality = ? LIMIT 1"  # whatever was asked about is
CUT = """SELECT c.asset, assets.kind, c.kind, c.start_ms, c.end_ms, c.box FROM clips c
         JOIN live_clips l ON l.id = c.id AND l.pinned JOIN assets ON assets.id = c.asset
         WHERE l.modality = ? ORDER BY c.asset, c.id"""
ANSWERED = "SELECT DISTINCT ask FROM latest_answers WHERE state = 'given'"


def push(
    here: Collection,
    studio: Studio,
    processes: int,
    report: Report = lambda *_: None,
    plan: Plan | Selection | None = None,
    wish: Wish = NO_WISH,
) -> list[Pushed]:
    """Bring Label Studio up to date with what is to be asked; raises StudioError, after which a second push goes on.

    With a `plan` only what it proposes is asked anew: clips nobody was asked about, and another round about clips
    whose answers leave much open. With a selection only what it draws is asked about, each once.
    """
    pushes = [  # first of all: a page that cannot be made must leave nothing behind
        (scheme, [_push_of(here, scheme, media, wish) for media in scheme.media]) for scheme in here.schemes
    ]
    studio.whoami()
    pushed = []
    # two at once would both find a task missing, and both make it
    with lease(here.home, "push"), cutters(processes) as crew:
        look(here.home)
        look_for_copies(here.home)
        withhold(here, studio)
        for scheme, media_pushes in pushes:
            chosen = _chosen(here.home, here.settings, scheme, plan) if plan else None
            for one in media_pushes:
                done = one.bring(studio, chosen, crew, report)
                pushed += [replace(done, selected=chosen.selected if chosen else None)] if done else []
    return pushed


def _push_of(here: Collection, scheme: Scheme, media: Media, wish: Wish) -> "_Push":
    page = interface(scheme, media)
    return _Push(here.home, here.settings, scheme, media, page, Sending(here, scheme, media, page, wish))


@dataclass(frozen=True)
class _Chosen:
    """The ids of the items that may be asked about anew, though they be `below` a threshold, and of those again."""

    items: frozenset[str]
    again: frozenset[str] = frozenset()
    below: bool = False
    selected: Selected | None = None


def _chosen(home: Path, settings: Settings, scheme: Scheme, plan: Plan | Selection) -> _Chosen:
    if isinstance(plan, Selection):
        selected = select(home, settings, scheme, plan)
        return _Chosen(frozenset(selected.items), below=plan.dropped, selected=selected)
    (found,) = propose(home, settings, [scheme], plan)
    items = frozenset(one.proposal.item for one in found.proposed)
    return _Chosen(items, items)


@dataclass(frozen=True)
class _Push:
    """One push of one scheme about one kind of media, with the page that asks."""

    home: Path
    settings: Settings
    scheme: Scheme
    media: Media
    page: str
    sending: Sending

    @property
    def which(self) -> dict[str, Any]:
        return {"scheme": self.scheme.id, "modality": self.media, "good": []}

    def bring(self, studio: Studio, chosen: _Chosen | None, crew: Cutters, report: Report) -> Pushed | None:
        """Ask what there is to ask, if anything; asks pin clips, so a project comes first that can take them."""
        media, catalog = self.media, Catalog(self.home)
        with catalog.open():
            wanted = self._wanted(chosen)
            if wanted is None:
                return None
            origin = origin_of(self.home, self.scheme, media)
            was_pulled = catalog.fact(counter(origin)) is not None
        if was_pulled and studio.found(origin) is None:
            origin = origin_of(self.home, self.scheme, media, afresh=True)  # the old project's answers stay
        project = self._project(studio, origin)
        with catalog.open():
            asks, withheld = self._written(wanted)
            rows = catalog.rows(CUT, [media])
        make_cuts(self.home, jobs_from(rows, media), crew, lambda done, total: report(done, total, f"cutting {media}s"))
        mirror(self.home, (CUTS,), lambda done, total: report(done, total, "copying cuts to the store"))
        return replace(self.sending.send(studio, project, origin, asks, report), withheld=withheld)

    def _wanted(self, chosen: _Chosen | None) -> list[Item | Ask] | None:
        """The rows of all that may be asked, or None when nothing was asked and nothing can be.

        `chosen` are the items that may be asked about anew; otherwise every clip that is good enough and has no answers
        under a scheme that is read as this one.
        """
        with Catalog(self.home).open() as connection:
            live.refresh_on(connection)
            if not connection.execute(LIVE, [self.media]).fetchall():
                return None
            self._choose(connection)
            query = DROPPED if chosen and chosen.below else GOOD
            clips = [clip for (clip,) in connection.execute(query.format(modality=self.media)).fetchall()]
            items = list(items_of(connection, clips).values())
            if chosen is None:
                bridged = _bridged(connection, self.scheme.id)
                items = [item for item in items if item.id not in bridged]
            else:
                items = [item for item in items if item.id in chosen.items]
            again = _again(connection, self.which, chosen.again) if chosen and chosen.again else []
            rows: list[Item | Ask] = [*items, *(Ask(item.id, self.scheme.id) for item in items), *again]
            asked = rows or connection.execute(f"SELECT 1 FROM ({ASKED}) LIMIT 1", self.which).fetchall()
            return rows if asked else None

    def _written(self, wanted: Sequence[Item | Ask]) -> tuple[dict[str, str], int]:
        """Every Ask there is now, by id, with its clip, written down before its task is made; how many are withheld."""
        catalog = Catalog(self.home)
        scheme, body = self.scheme, canonical(asdict(self.scheme))
        row = {"id": scheme.id, "name": scheme.name, "version": scheme.version, "body": body}
        with catalog.open() as connection:
            insert(connection, "schemes", {name: [value] for name, value in row.items()})
            catalog.commit(connection, wanted)
            live.refresh_on(connection)
            self._choose(connection)
            good = [clip for (clip,) in connection.execute(GOOD.format(modality=self.media)).fetchall()]
            query = f"SELECT id, ref FROM ({ASKED}) ORDER BY ref, id"
            asks = dict(connection.execute(query, self.which | {"good": good}).fetchall())
            withheld = connection.execute(WITHHELD.format(modality=self.media)).fetchall()[0][0]
            return asks, int(withheld)

    def _choose(self, connection: DuckDBPyConnection) -> None:
        hold_rights(connection)
        choose(connection, self.settings, self.media)

    def _project(self, studio: Studio, origin: str) -> int:
        """The project for these asks, with the folder its media are served from."""
        home, scheme, settings = self.home, self.scheme, self.settings
        title = f"{settings.name}: {scheme.title} ({self.media}s)"[:TITLE_LETTERS]
        project = studio.project(origin, title, self.page, settings.labelling.raters, scheme.instruction)
        if not settings.labelling.media_url:
            folder = home / FOLDER / self.media
            folder.mkdir(parents=True, exist_ok=True)
            studio.serve_folder(project, folder)
        return project


def _bridged(connection: DuckDBPyConnection, scheme: str) -> set[str]:
    if not connection.execute(SUCCEEDS, [scheme]).fetchall():
        return set()
    return {item for (item,) in connection.execute(BRIDGED, {"scheme": scheme}).fetchall()}


def _again(connection: DuckDBPyConnection, which: dict[str, Any], chosen: frozenset[str]) -> list[Ask]:
    """A further round about those of the chosen items whose last round somebody has answered, and that are whole."""
    whole = chosen - {item for (item,) in connection.execute(ALTERED_ITEMS).fetchall()}
    rows = connection.execute(
        f"""SELECT item, max(round) FROM ({ASKED}) GROUP BY item
            HAVING arg_max(id, round) IN ({ANSWERED}) ORDER BY item""",
        which,
    ).fetchall()
    return [Ask(item, which["scheme"], round=last + 1) for item, last in rows if item in whole]
