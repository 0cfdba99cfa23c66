"""`forget`: what goes is counted first; then releases, Label Studio and bytes follow, and last the catalog itself.

The catalog comes last on purpose: until it is written anew, the same command finds the same subject, and whatever a
kill has left undone is done then.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipelines.backup.backup import reach
from pipelines.backup.places import unreachable
from pipelines.collect.codes import is_code, plain_code
from pipelines.collect.frontier import forget_addresses
from pipelines.collection import Collection
from pipelines.engine.catalog import Catalog
from pipelines.engine.lease import lease
from pipelines.engine.pseudonyms import NAMING
from pipelines.engine.tombstones import Tombstones, bury_at_once, with_key
from pipelines.find.returned import marks_of_copies
from pipelines.forget.bytes import notes_of, remove_bytes, sweep
from pipelines.forget.forms import remove_forms, sweep_forms
from pipelines.forget.report import SCREEN, Removal, check_writable, report, write
from pipelines.forget.rows import Looked, going, look, marks_of, write_anew
from pipelines.forget.stand_ins import stand_ins_of
from pipelines.forget.studio import client_for, remove_from_studio
from pipelines.forget.subject import Kind, Subject, subject
from pipelines.forget.unlink import new_name
from pipelines.mirror import mirror
from pipelines.release.folders import FOLDER as RELEASES
from pipelines.release.folders import restore
from pipelines.release.published import PublishedTo, published_to
from pipelines.release.unedited import check_unedited
from pipelines.release.withdraw import Follows, Withdrawal, follow, would_follow
from schemas.errors import BadInput, BadSetting, BadUsage

VERBS = (*NAMING, "run", "fetch", "push", "pull", "export", "publish", "rebuild")  # none may be at work meanwhile
EARLIER = """
    SELECT DISTINCT clip FROM released JOIN releases r ON r.id = release
    WHERE coalesce(r.body ->> '$.internal', 'false') <> 'true'
          AND r.added_at < (SELECT min(added_at) FROM releases WHERE name = ?)"""

# How releases follow, as the catalog has them, which comes last: what an earlier call has done is told by this one too.
HELD = """
    WITH newest AS (FROM releases QUALIFY row_number() OVER (PARTITION BY name ORDER BY added_at DESC, id) = 1),
    held AS (SELECT r.name, d.shard, d.clip IN (SELECT unnest($keys::VARCHAR[])) AS goes
             FROM released d JOIN newest r ON r.id = d.release)
    SELECT name, count(DISTINCT shard) FILTER (goes), count(*) FILTER (goes), count(*) FILTER (NOT goes) FROM held
    GROUP BY name HAVING bool_or(goes) ORDER BY name"""
# Every release that ever held something of it, also where its folder is gone: by its clips, or by answers of a rater.
IN_RELEASES = """
    SELECT DISTINCT r.name FROM released d JOIN releases r ON r.id = d.release
    WHERE d.clip IN (SELECT unnest($keys::VARCHAR[])) OR d.clip IN (
        SELECT o.clip FROM answers a JOIN asks k ON k.id = a.ask JOIN about o ON o.item = k.item
        WHERE a.rater = $rater)"""


@dataclass(frozen=True)
class How:
    """How to forget: `may_return` leaves no tombstones, so that the same may be added again.

    `delete_answers` is for raters, whose answers otherwise stay under a name that leads nowhere. `keep_studio` leaves
    Label Studio as it is. `sure` is needed where words mean several files: there is no way back. `report` is the file
    that tells the person what was held and what became of it, `-` to have it printed.
    """

    sure: bool = False
    delete_answers: bool = False
    may_return: bool = False
    dry_run: bool = False
    keep_studio: bool = False
    report: Path | None = None


@dataclass
class Forgotten:
    """What went, or would go: files by name, rows by kind, tasks in Label Studio, and how each release follows.

    `shared` files stay because they came from other sources too; `unlinked` answers stay under a name that leads
    nowhere. `remaining` is what is out of reach; `before` says that it was forgotten by an earlier command. `published`
    are repositories that hold a release from before, `report` is the report or the file it stands in. `person` is the
    pseudonym of whoever it was about: by that, and not by a code, `--verify` looks. `backups` are the folders of those
    that follow; what could not be reached of them is in `remaining`. `alike` are files that stay and may be copies.
    """

    words: str
    dry_run: bool = False
    kind: str = ""
    files: tuple[str, ...] = ()
    rows: dict[str, int] = field(default_factory=dict)
    shared: int = 0
    tasks: int = 0
    releases: list[Follows] = field(default_factory=list)
    unlinked: int = 0
    bytes: int = 0
    remaining: list[str] = field(default_factory=list)
    before: bool = False
    published: tuple[str, ...] = ()
    report: str | None = None
    person: str | None = None
    alike: tuple[str, ...] = ()
    backups: tuple[str, ...] = ()


def forget(
    here: Collection, words: str, kind: Kind | None, how: How, say: Callable[[str], None] = lambda _: None
) -> Forgotten:
    """Take a subject out of the collection, its Label Studio, releases and backups; killed anywhere, type it again.

    Raises Busy while `run`, `push`, `pull`, `export` or `publish` is at work, BadInput for what nobody knows and for a
    release that was edited by hand, BadSetting for several files unless one is sure, or for a report that cannot be
    written, StudioError where Label Studio has tasks and cannot be reached.
    """
    check_writable(how.report, here.home)
    done = _forget(here, words, kind, how, say)
    if not how.dry_run:
        reached, out_of_reach = reach(here, done.before, say)
        done.backups = tuple(reached)
        done.remaining = [*dict.fromkeys([*done.remaining, *out_of_reach])]
    return done


def _forget(here: Collection, words: str, kind: Kind | None, how: How, say: Callable[[str], None]) -> Forgotten:
    home, marks = here.home, with_key(here.home)
    with alone(home):
        restore(home / RELEASES)
        try:
            who = subject(home, words, kind, here.people)
        except BadInput:
            if marks.holds("subject", plain_code(words) if is_code(words) else words):
                return Forgotten(words, before=True)
            raise
        _check_sure(who, how)
        return _out(here, who, how, marks, say, words)


def take_out(here: Collection, who: Subject, how: How) -> Forgotten:
    """Take a subject out that is known already, as `forget` does one that somebody names; backups are left alone."""
    with alone(here.home):
        return _out(here, who, how, with_key(here.home), lambda _: None, who.words)


def _out(
    here: Collection, who: Subject, how: How, marks: Tombstones, say: Callable[[str], None], words: str
) -> Forgotten:
    home, who = here.home, replace(who, stand_ins=stand_ins_of(Catalog(here.home), who.assets))
    looked = look(home, going(who))
    withdrawal = Withdrawal(looked.keys, who.person if who.kind == "rater" else None)
    for folder in _folders(home):
        check_unedited(folder, withdrawal)
    stay = looked.rows["answers"] if who.kind == "rater" and not how.delete_answers else 0  # under another name
    rows = {**looked.rows, "answers": looked.rows["answers"] - stay}
    done = Forgotten(words, how.dry_run, who.kind, looked.files, rows, looked.shared, unlinked=stay)
    done.person = who.person
    done.remaining += unreachable(home)
    if not how.dry_run:
        return _taken_out(_Leaving(here, who, how, looked, marks), done, say)
    done.remaining += remove_forms(home, withdrawal, dry_run=True)
    done.tasks = sum(map(len, looked.tasks.values()))
    done.releases = [one for folder in _folders(home) if (one := would_follow(folder, looked.keys))]
    _tell(_Leaving(here, who, how, looked, marks), done, None)
    return done


@dataclass(frozen=True)
class _Leaving:
    """A subject on its way out of a collection."""

    here: Collection
    who: Subject
    how: How
    looked: Looked
    marks: Tombstones


def _taken_out(one: _Leaving, done: Forgotten, say: Callable[[str], None]) -> Forgotten:
    """Take out what goes, the catalog last; from the first step on, nothing of it comes in any more."""
    here, home, looked, who, how = one.here, one.here.home, one.looked, one.who, one.how
    rater = who.person if who.kind == "rater" else None
    client = None if how.keep_studio else client_for(here, looked.tasks, rater)
    becomes = new_name(home, one.marks.mark("rater", rater)) if rater and not how.delete_answers else None
    called = plain_code(done.words) if is_code(done.words) else done.words
    marks = [*marks_of(who, looked.files, one.marks), one.marks.mark("subject", called)]
    if not how.may_return:  # marks of copies may be those of something else that was forgotten, too: they stay
        with Catalog(home).open() as connection:
            prints, alike = marks_of_copies(connection, who.assets, one.marks)
        marks += prints
        done.alike = (*dict.fromkeys(alike),)
    bury_at_once(home, marks)
    withdrawal = Withdrawal(looked.keys, rater, becomes)
    done.remaining += remove_forms(home, withdrawal, dry_run=False)
    _releases(here, withdrawal, done, say)
    done.published = tuple(each.repo for each in _holding(one))
    if client:
        say("Label Studio")
        done.tasks = remove_from_studio(here, client, looked.tasks, rater, done.remaining)
    elif looked.tasks and how.keep_studio:
        done.remaining.append("Label Studio was left as it is: its tasks and answers of this subject")
    done.bytes = remove_bytes(home, looked.keys, who.assets, done.remaining)
    forget_addresses(home, [*who.assets, *who.stand_ins])
    sweep(home)
    sweep_forms(home)
    mirror(home, thorough=True)
    done.remaining += notes_of(home, looked.keys.union(who.assets), [done.words, *looked.files])
    _tell(one, done, becomes)
    say("catalog")
    done.unlinked = write_anew(home, who, becomes, marks, how.may_return)
    return done


def _tell(one: _Leaving, done: Forgotten, becomes: str | None) -> None:
    """Write the report, while what it tells of is still there: killed after it, the same command writes it again."""
    if one.how.report is None:
        return
    removal = Removal(
        one.who, one.looked.held, done.releases, _holding(one), done.tasks, done.shared, becomes,
        one.how.may_return, done.remaining, not one.how.dry_run,
    )  # fmt: skip
    text = report(one.here.settings.name, removal)
    if one.how.report == SCREEN:
        done.report = text
    else:
        write(one.how.report, text)
        done.report = str(one.how.report)


def _check_sure(who: Subject, how: How) -> None:
    if how.delete_answers and who.kind != "rater":
        raise BadUsage(f"--delete-answers is for raters, and {who.words!r} is a {who.kind}: answers about it go anyway")
    if who.kind == "file" and len(who.assets) > 1 and not (how.sure or how.dry_run):
        raise BadSetting(
            f"{who.words!r} means {len(who.assets):,} files, and what is forgotten does not come back; look at them "
            "with --dry-run, then say --yes"
        )


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Nobody else is at work in a collection meanwhile; raises Busy."""
    with ExitStack() as held:
        for verb in ("forget", *VERBS):
            held.enter_context(lease(home, verb))
        yield


def _folders(home: Path) -> list[Path]:
    """The folders of whole releases."""
    return sorted(manifest.parent for manifest in (home / RELEASES).glob("[!.]*/manifest.json"))


def _holding(one: "_Leaving") -> list[PublishedTo]:
    """The repositories that hold, or held before, a release with something of a subject."""
    rater = one.who.person if one.who.kind == "rater" else None
    rows = Catalog(one.here.home).rows(IN_RELEASES, {"keys": list(one.looked.keys), "rater": rater})
    return [each for each in published_to(one.here.home) if each.holds([name for (name,) in rows])]


def _releases(here: Collection, withdrawal: Withdrawal, done: Forgotten, say: Callable[[str], None]) -> None:
    for folder in _folders(here.home):
        say(f"release {folder.name}")
        earlier = [key for (key,) in Catalog(here.home).rows(EARLIER, [folder.name])]
        title = f"{here.settings.name} {folder.name}"
        if follows := follow(folder, withdrawal, title, earlier):
            done.releases.append(follows)
    followed = {follows.name for follows in done.releases}
    for row in Catalog(here.home).rows(HELD, {"keys": list(withdrawal.keys)}):  # by a call that was killed
        follows = Follows(*row)
        if follows.name not in followed and (not follows.left or (here.home / RELEASES / follows.name).exists()):
            done.releases.append(follows)
