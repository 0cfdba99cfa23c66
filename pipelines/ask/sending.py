"""What goes to Label Studio: tasks that are not there yet, once each, and what else a push may put right there."""

import uuid
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from annotate.studio.client import Studio
from annotate.studio.pages import changes
from pipelines.ask.doubles import mend
from pipelines.ask.restore import Restored, lost_answers, restore
from pipelines.ask.selection import Selected
from pipelines.collection import Collection
from pipelines.cutting import FOLDER, cut_path
from pipelines.engine.catalog import Catalog, insert
from pipelines.engine.links import ALTERED
from pipelines.weigh.questions import name_of
from schemas.modality import MODALITIES
from schemas.scheme import Media, Scheme
from schemas.settings import Settings

WORDS = "SELECT clip, transcript FROM clip_transcripts WHERE transcript IS NOT NULL"
ALTERED_CLIPS = f"SELECT id FROM clips SEMI JOIN ({ALTERED}) USING (asset)"
# What somebody ever answered in Label Studio; where its task was deleted it is not asked again by itself.
ONCE_ANSWERED = """SELECT DISTINCT ask FROM answers WHERE state IN ('given', 'skipped')
                   AND origin IN (SELECT id FROM origins WHERE modality <> '')"""
Report = Callable[[int, int | None, str], None]  # hears how many clips are done, of how many, and what is done


@dataclass(frozen=True)
class Pushed:
    """What one push did for one scheme and one kind of media, in clips.

    `uncut` have originals that changed or cannot be read; `withheld` are good, and their consent lacks `annotate`.
    `answered` have answers and no task any more, and are asked again only when that is wanted. `deleted` and `folded`
    are doubled tasks nobody had begun, and asks that were answered in several; `projects` carry our mark beside ours,
    and `emptied` did. `selected` says what was drawn, `changed` how the page of the project differs from ours: what
    others answered stays.
    """

    scheme: str
    media: Media
    asked: int
    new: int
    uncut: int
    withheld: int
    project: int
    address: str
    answered: int = 0
    deleted: int = 0
    folded: int = 0
    projects: tuple[int, ...] = ()
    emptied: tuple[int, ...] = ()
    changed: tuple[str, ...] = ()
    restored: Restored | None = None
    selected: Selected | None = None


@dataclass(frozen=True)
class Wish:
    """What else a push is to do: ask anew what was answered and has no task, put back what Label Studio lost."""

    again: bool = False
    restore: bool = False


NO_WISH = Wish()


@dataclass(frozen=True)
class Sending:
    """The asks of one scheme about one kind of media on their way to Label Studio, with the page that asks."""

    here: Collection
    scheme: Scheme
    media: Media
    page: str
    wish: Wish = NO_WISH

    def send(
        self, studio: Studio, project: int, origin: str, asks: Mapping[str, str], report: Report = lambda *_: None
    ) -> Pushed:
        """Import the difference, then read everything back: a request of long ago may have arrived meanwhile."""
        numbers = [project, *(one.id for one in studio.projects(origin) if one.id != project)]
        listed = {number: studio.listed(number) for number in numbers}
        have = {task.item_id for tasks in listed.values() for task in tasks}
        cut, answered = self._to_ask(asks, have, origin)
        new = {ask: clip for ask, clip in cut.items() if ask not in have}
        words = self._words() if new else {}
        tasks = [
            {
                "item_id": ask,
                "media": media_address(self.here.settings, self.media, clip),
                "context": words.get(clip, ""),
            }
            for ask, clip in new.items()
        ]
        studio.ask(project, tasks, lambda done, total: report(done, total, f"sending tasks about {self.media}s"))
        (count, page), *others = map(studio.counted, numbers)
        if count + sum(number for number, _ in others) != sum(map(len, listed.values())) + len(tasks):
            listed = {number: studio.listed(number) for number in numbers}
        mended = mend(studio, listed, asks)
        restored = None
        if self.wish.restore:
            listed = {number: studio.listed(number) for number in numbers if number not in mended.emptied}
            places = {task.item_id: (number, task.id) for number in listed for task in listed[number]}
            restored = restore(self.here.home, self.scheme, origin, studio, self.here.people, places)
        return Pushed(
            name_of(self.scheme), self.media, len(cut), len(tasks), len(asks) - len(cut) - answered, 0, project,
            studio.address, answered, mended.deleted, mended.folded,
            tuple(number for number in numbers[1:] if number not in mended.emptied), mended.emptied,
            tuple(changes(self.page, page)), restored,
        )  # fmt: skip

    def _words(self) -> dict[str, str]:
        """What is said in each clip, where raters are to read it beside."""
        if not self.here.settings.labelling.transcripts:
            return {}
        return dict(Catalog(self.here.home).rows(WORDS))

    def _to_ask(self, asks: Mapping[str, str], have: Container[str], origin: str) -> tuple[dict[str, str], int]:
        """The asks that can be shown, with their clips, and how many were answered and have no task any more."""
        home, media, wish = self.here.home, self.media, self.wish
        catalog = Catalog(home)
        with catalog.open():
            altered = {clip for (clip,) in catalog.rows(ALTERED_CLIPS)}
            lost = {ask for ask, _ in lost_answers(home, origin)} if wish.restore and not wish.again else set()
            once = [] if wish.again else [ask for (ask,) in catalog.rows(ONCE_ANSWERED) if ask not in have]
        cut = {ask: clip for ask, clip in asks.items() if clip not in altered and cut_path(home, media, clip).exists()}
        answered = {ask for ask in once if ask in cut} - lost
        return {ask: clip for ask, clip in cut.items() if ask not in answered}, len(answered)


def origin_of(home: Path, scheme: Scheme, media: Media, afresh: bool = False) -> str:
    """The UUID that marks our project for a scheme and medium, minted into the catalog before the project is made.

    A project that is made `afresh`, because the old one is gone from Label Studio, gets a new one.
    """
    catalog = Catalog(home)
    query = "SELECT id FROM origins WHERE scheme = ? AND modality = ? ORDER BY added_at DESC, id"
    with catalog.open() as connection:
        found = connection.execute(query, [scheme.id, media]).fetchall()
        if afresh or not found:
            row = {"id": str(uuid.uuid4()), "scheme": scheme.id, "modality": media}
            insert(connection, "origins", {name: [value] for name, value in row.items()})
            found = connection.execute(query, [scheme.id, media]).fetchall()
    return str(found[0][0])


def counter(origin: str) -> str:
    """The name of the fact that counts the pulls from the project of an origin that brought anything."""
    return f"pulls of {origin}"


def media_address(settings: Settings, media: Media, clip: str) -> str:
    """Where a browser finds the cut of a clip: Label Studio's own file serving, or the user's web address."""
    path = f"{media}/{clip[:2]}/{clip}.{MODALITIES[media].suffix}"
    if settings.labelling.media_url:
        return f"{settings.labelling.media_url.rstrip('/')}/{path}"
    return f"/data/local-files/?d={Path(FOLDER).name}/{quote(path)}"
