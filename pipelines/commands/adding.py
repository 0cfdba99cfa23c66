"""What `add` does with its flags: media from disks and the net, or sessions with their consents."""

from collections.abc import Mapping
from typing import Any

from pipelines.commands.flags import pairs
from pipelines.commands.options import find, leave, unused
from pipelines.show.terminal import progress, say, shown
from schemas.errors import BadUsage

ALLOWED = [
    "annotate",
    "publish",
    "train",
]  # by consent, unless a record narrows it


def take(typed: Mapping[str, Any]) -> None:
    """Take in what was typed, show it, and leave with status 1 where anything failed."""
    if not typed["paths"] and not typed["inbox"]:
        raise BadUsage("nothing to add was named; type: emocurate add FOLDER, or emocurate add --inbox FOLDER")
    (_contributions if typed["inbox"] else _media)(typed)


def _contributions(typed: Mapping[str, Any]) -> None:
    """Take in an inbox, whose records say all that flags say elsewhere."""
    from pipelines.collect.add import Intake
    from pipelines.collect.contributions import add_inbox
    from pipelines.collect.metadata import Metadata
    from pipelines.collect.sources import source_from
    from pipelines.show.media import inbox_added

    kept = ("paths", "inbox", "home", "json")
    others = {name: value for name, value in typed.items() if name not in kept and not callable(value)}
    unused("says what the records of an --inbox say; leave it out", **others)
    if typed["paths"]:
        raise BadUsage("an inbox is taken in by itself; add files and folders by a call of their own")
    here = find(typed["home"])
    intake = Intake(here.home, source_from("consent", None, None, ALLOWED), Metadata(), here.people)
    with progress("add", "files") as show:
        done = add_inbox(here, intake, typed["inbox"], lambda one: show(one.files, None, f"{one.bytes / 1e6:,.0f} MB"))
    shown(done, typed["json"], inbox_added)
    leave(bool(done.added.failed))


def _media(typed: Mapping[str, Any]) -> None:
    from pipelines.collect.net import FOR_ADDRESSES, Way, bring, net_from
    from pipelines.collect.sessions import add_sessions
    from pipelines.show.media import added, sessions_added

    if typed["consent"]:
        unused(FOR_ADDRESSES, retry=typed["retry"])
        how = {name: typed[name] for name in ("allow_host", "rate")}
        unused("says how a list of addresses is fetched; with --consent only files are added", **how)
    else:
        _check_used(typed)
    here = find(typed["home"])
    intake = _intake(here, typed)
    with progress("add", "files") as show:
        report = lambda one: show(one.files, None, f"{one.bytes / 1e6:,.0f} MB")  # noqa: E731
        if typed["consent"]:
            sessions = add_sessions(here, intake, typed["paths"], typed["consent"], report)
        else:
            net = net_from(typed["allow_host"], typed["rate"])
            way = Way(here.settings.crawl, net, pairs(typed["columns"] or []), say, typed["retry"])
            done = bring(intake, typed["paths"], way, report)
    if typed["consent"]:
        shown(sessions, typed["json"], sessions_added)
        leave(bool(sessions.added.failed))
    else:
        shown(done, typed["json"], added)
        leave(bool(done.failed))


def _check_used(typed: Mapping[str, Any]) -> None:
    """Refuse what is said of addresses where there are files alone, and the other way round."""
    from pipelines.collect.lists import lists_among

    lists, broken = lists_among(typed["paths"], pairs(typed["columns"] or []))
    if not lists and not broken:
        how = {name: typed[name] for name in ("allow_host", "rate")}
        unused("says how a list of addresses is fetched; no list is added", **how)
    elif lists.issuperset(typed["paths"]):
        ways = {name: typed[name] for name in ("link", "open_documents", "follow_links")}
        unused("is for files and folders; what a list of addresses names is fetched and kept here", **ways)


def _intake(here: Any, typed: Mapping[str, Any]) -> Any:
    from pipelines.collect.add import Intake
    from pipelines.collect.net import told_of
    from pipelines.collect.sources import check_scopes, licences_from, source_from, with_terms

    theirs = pairs(typed["columns"] or [])
    told = told_of(typed["paths"], typed["metadata"], theirs, say)
    recording, layers = licences_from(typed["licence"] or [])
    basis, scopes = _basis(typed)
    said = source_from(basis, recording, typed["source"], scopes, typed["attribution"])
    ways = {name: typed[name] for name in ("link", "open_documents", "follow_links")}
    if not _may_say_consent(told, typed["paths"], theirs):
        check_scopes(said)
    rows = with_terms(told, said, layers, typed["generator_terms"])
    if rows is told:
        why = "is for synthetic media by a generator whose terms are not known; no row of --metadata is about any"
        unused(why, generator_terms=typed["generator_terms"])
    return Intake(
        here.home, said, rows, here.people, table=typed["metadata"], layers=layers, texts=typed["transcripts"], **ways
    )


def _may_say_consent(told: Any, paths: list[Any], columns: Mapping[str, str]) -> bool:
    """Whether a row of the table does, or a list of addresses has columns in which it may."""
    from pipelines.collect.lists import is_plain, lists_among

    tables = [path for path in lists_among(paths, columns)[0] if not is_plain(path)]
    return bool(tables) or any(row.get("basis") == "consent" for row in told.rows.values())


def _basis(typed: Mapping[str, Any]) -> tuple[str | None, list[str]]:
    """The basis and its scopes: with a table of consents it is consent, and the table says to what."""
    if typed["consent"] is None:
        return typed["basis"], typed["scope"] or []
    if typed["basis"] not in (None, "consent"):
        raise BadUsage(f"--consent and --basis {typed['basis']} say different things; give one of them")
    return "consent", typed["scope"] or ALLOWED
