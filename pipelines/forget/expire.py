"""Media of a crawl that nobody was asked about in time expire: they go by the ways of `forget`, and may come again."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipelines.backup.backup import reach
from pipelines.collect.add import Added, commit_taken, refused_file
from pipelines.collect.addresses import stand_in
from pipelines.collect.frontier import Frontier
from pipelines.collect.metadata import Metadata
from pipelines.collect.net import web_intake
from pipelines.collect.verdicts import WebFile, unreviewed
from pipelines.collection import Collection
from pipelines.engine.catalog import Catalog, state
from pipelines.forget.bytes import remove_bytes, sweep
from pipelines.forget.forget import alone
from pipelines.forget.rows import going, look, write_anew
from pipelines.forget.subject import Subject
from pipelines.mirror import mirror
from schemas.errors import Busy

OWED = "expired.backups"  # the fact of the catalog that backups have not been told yet of what has expired
REASON = "expired: nobody was asked about it within {} days (crawl.keep_days)"


@dataclass(frozen=True)
class Expired:
    """What was removed, the folders of backups it is gone from, too, and what is left of it out of reach."""

    files: list[WebFile] = field(default_factory=list)
    backups: list[str] = field(default_factory=list)
    remaining: list[str] = field(default_factory=list)


def expire(here: Collection, say: Callable[[str], None] = lambda _: None) -> Expired:
    """Remove what has expired, from every known backup too; killed anywhere in the collection, the next call goes on.

    While anybody is at work nothing is removed, which `say` is told.
    """
    due = unreviewed(here)
    if not due:
        return _told(here, [], [], say)
    remaining: list[str] = []
    try:
        with alone(here.home):
            files = _removed(here, unreviewed(here), remaining)  # asked once more: now nobody can ask about any of it
    except Busy as error:
        say(f"{len(due):,} files of a crawl have expired and stay until the next check: {error}")
        return Expired()
    return _told(here, files, remaining, say)


def _told(here: Collection, files: list[WebFile], remaining: list[str], say: Callable[[str], None]) -> Expired:
    """Bring what has expired out of the backups; also what an earlier call has removed that did not reach them all."""
    if Catalog(here.home).fact(OWED) != "yes":
        return Expired(files, [], remaining)
    reached, out_of_reach = reach(here, False, say)
    if not out_of_reach:
        _owe(here.home, "no")
    return Expired(files, reached, [*remaining, *out_of_reach])


def _owe(home: Path, what: str) -> None:
    with Catalog(home).open() as connection:
        connection.begin()
        state(connection, OWED, what)
        connection.commit()


def _removed(here: Collection, expired: list[WebFile], remaining: list[str]) -> list[WebFile]:
    """Note the end of every file, then take it out as `forget` does; the catalog comes last."""
    if not expired:
        return []
    _owe(here.home, "yes")
    _note(here, expired)
    who = Subject("file", "expired", tuple(sorted(file.asset for file in expired)))
    remove_bytes(here.home, look(here.home, going(who)).keys, who.assets, remaining)
    sweep(here.home)
    mirror(here.home, thorough=True)
    write_anew(here.home, who, None, [], may_return=True)
    return expired


def _note(here: Collection, expired: list[WebFile]) -> None:
    """Every address ends as dropped with the reason, in the catalog and in the frontier."""
    reason = REASON.format(here.settings.crawl.keep_days)
    told = Metadata({file.url: {"address": file.url} for file in expired})
    intake = replace(web_intake(here, None), metadata=told)
    rows = [refused_file(intake, file.url, stand_in(file.url), reason) for file in expired]
    commit_taken(Catalog(here.home), rows, Added())
    with Frontier(here.home) as frontier:
        frontier.expire([file.asset for file in expired], reason)
