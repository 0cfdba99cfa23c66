"""`add`: media come in from files, folders and archives; every file ends as kept, dropped or failed."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from curate.archives import Limits, members
from curate.sniff import HEAD_BYTES, archive_kind, sniff
from pipelines.engine.catalog import Catalog, Noun
from pipelines.engine.lease import aside
from pipelines.engine.pseudonyms import Pseudonyms
from pipelines.engine.store import Store, hashed
from pipelines.metadata import FILE_COLUMNS, SOURCE_COLUMNS, Metadata
from schemas.errors import BadInput, BadSetting, Unreadable, nearest
from schemas.ids import content_id
from schemas.media import Arrival, Asset, File, Source
from schemas.stage import Dropped, Receipt

SNIFF = "Sniff@1"
COMMIT_FILES = 2000
UNKNOWN_SIZE = 1 << 62
SCOPES = ("annotate", "publish", "train")
MEDIA = "media"
OURS = (MEDIA, "cuts", "releases", "benchmarks", "imports", "studio", "locks", "emocurate.toml", "catalog.duckdb")


@dataclass
class Added:
    """What one `add` did, in files."""

    files: int = 0
    new: int = 0
    bytes: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Offer:
    """One file that is offered: its name, how to open it, and where it lies if it can be linked to."""

    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]]
    path: Path | None = None
    refusal: str | None = None


@dataclass(frozen=True)
class Taken:
    """The rows and the receipt of one offered file; `by_name` stands for it while its bytes cannot be read."""

    nouns: list[Noun]
    receipt: Receipt
    by_name: str
    size: int = 0


@dataclass(frozen=True)
class Intake:
    """How media are taken in: into which collection, from which source, told what by which table."""

    home: Path
    source: Source
    metadata: Metadata
    people: Pseudonyms
    link: bool = False
    table: Path | None = None  # the metadata table itself, which may lie among the media

    def take(self, offer: Offer, by_name: str) -> Taken:
        """The rows one offered file makes; raises OSError."""
        told = self.metadata.of(offer.name, offer.path)
        source = self._source(told)
        with offer.open() as stream:
            head = stream.read(HEAD_BYTES)
            size = _size(stream, head)
            verdict = sniff(head, size)
            if isinstance(verdict, Dropped):
                asset, size = hashed(head, stream)
            elif self.link and offer.path is not None:
                asset, size = hashed(head, stream)
                self._store.link(asset, offer.path)
            else:
                asset, size = self._store.put(head, stream)
        arrival = Arrival(asset, source.id)
        nouns: list[Noun] = [source, arrival, self._file(arrival, offer.name, told)]
        if isinstance(verdict, Dropped):
            return Taken(nouns, Receipt(SNIFF, asset, "dropped", verdict.reason), by_name, size)
        nouns.append(Asset(asset, verdict.kind, verdict.name, size))
        return Taken(nouns, Receipt(SNIFF, asset, "done"), by_name, size)

    @cached_property
    def _store(self) -> Store:
        return Store(self.home / MEDIA)

    def _source(self, told: Mapping[str, str]) -> Source:
        own = {name: told[name] for name in SOURCE_COLUMNS if name in told}
        if "contributor" in own:
            own["contributor"] = self.people.of(own["contributor"])
        if "licence" in own and "basis" not in own and self.source.basis == "unknown":
            own["basis"] = "licence"
        source = replace(self.source, **own) if own else self.source  # type: ignore[arg-type]
        if source.basis == "synthetic" and "requested" in told:
            return replace(source, requested=told["requested"])
        return source

    def _file(self, arrival: Arrival, name: str, told: Mapping[str, str]) -> File:
        own = {column: told[column] for column in FILE_COLUMNS if column in told}
        if "speaker" in own:
            own["speaker"] = self.people.of(own["speaker"])
        return File(arrival.id, name, **own)


def source_from(
    basis: str | None, licence: str | None, address: str | None, scopes: Sequence[str], attribution: str | None = None
) -> Source:
    """The Source that flags describe; raises BadSetting for what could never be published by mistake of spelling."""
    for scope in scopes:
        if scope not in SCOPES:
            raise BadSetting(f"--scope {scope!r} is not one we know; {nearest(scope, SCOPES)}")
    chosen: Any = basis or ("licence" if licence else "unknown")
    if chosen == "licence" and not licence:
        raise BadSetting("--basis licence needs the licence, such as: --licence CC-BY-4.0")
    if chosen == "consent" and not scopes:
        raise BadSetting("--basis consent needs what was consented to: --scope annotate --scope publish")
    return Source(chosen, licence, address, scopes=tuple(sorted(set(scopes))), attribution=attribution or None)


def add(intake: Intake, paths: Sequence[Path], report: Callable[[Added], None] = lambda _: None) -> Added:
    """Take in everything under these paths; rows are committed as they come, and a second time changes nothing."""
    catalog = Catalog(intake.home)
    catalog.fact("collection")  # before a byte is read: is there a collection?
    added = Added()
    taken: list[Taken] = []
    with aside(intake.home, MEDIA):
        for offer in _offers(paths, intake):
            taken.append(_taken(intake, offer))
            _count(added, offer, taken[-1])
            if len(taken) >= COMMIT_FILES:
                added.new += _committed(catalog, taken)
                taken = []
                report(added)
    added.new += _committed(catalog, taken)
    added.unmatched = intake.metadata.unmatched
    report(added)
    return added


def _taken(intake: Intake, offer: Offer) -> Taken:
    by_name = content_id("unread", place=str(offer.path.absolute()) if offer.path else offer.name)
    if offer.refusal:
        return _refused(intake, offer.name, by_name, offer.refusal)
    try:
        return intake.take(offer, by_name)
    except Unreadable as error:  # a member of an archive whose bytes are damaged
        return _refused(intake, offer.name, by_name, str(error))
    except OSError as error:
        return Taken([], Receipt(SNIFF, by_name, "failed", f"cannot be read: {error.strerror or error}"), by_name)


def _refused(intake: Intake, name: str, by_name: str, reason: str) -> Taken:
    # There are no whole bytes to take a hash of: the name stands for them.
    arrival = Arrival(by_name, intake.source.id)
    nouns: list[Noun] = [intake.source, arrival, File(arrival.id, name)]
    return Taken(nouns, Receipt(SNIFF, by_name, "dropped", reason), by_name)


def _count(added: Added, offer: Offer, taken: Taken) -> None:
    added.files += 1
    added.bytes += taken.size
    if taken.receipt.state == "dropped":
        reason = taken.receipt.reason or ""
        added.dropped[reason] = added.dropped.get(reason, 0) + 1
    elif taken.receipt.state == "failed":
        added.failed.append(f"{offer.name}: {taken.receipt.reason}")


def _committed(catalog: Catalog, taken: Sequence[Taken]) -> int:
    """Commit, and say how many assets are new."""
    if not taken:
        return 0
    # No row before its bytes are on the disk. One sync takes 50 ms for 2,000 small files, one for each ten times that;
    # where the system only begins with it, as macOS does, `run` still finds what is not whole by its size.
    os.sync()
    with catalog.open() as connection:
        query = """SELECT "row", max(attempt), arg_max(state, attempt) FROM receipts WHERE stage = ?
                   GROUP BY 1 HAVING bool_or(state = 'failed')"""
        ever_failed = {row: (attempt, state) for row, attempt, state in connection.execute(query, [SNIFF]).fetchall()}
        before = connection.execute("SELECT count(*) FROM assets").fetchall()[0][0]
        nouns = [noun for one in taken for noun in one.nouns]
        catalog.commit(connection, nouns, [*_again(taken, ever_failed), *_mended(taken, ever_failed)])
        return int(connection.execute("SELECT count(*) FROM assets").fetchall()[0][0] - before)


def _again(taken: Sequence[Taken], ever_failed: Mapping[str, tuple[int, str]]) -> Iterator[Receipt]:
    """The receipts, where a file that was mended and fails again has made a further attempt."""
    for one in taken:
        attempt, state = ever_failed.get(one.by_name, (0, "failed"))
        fails_anew = one.receipt.state == "failed" and state != "failed"
        yield replace(one.receipt, attempt=attempt + 1) if fails_anew else one.receipt


def _mended(taken: Sequence[Taken], ever_failed: Mapping[str, tuple[int, str]]) -> Iterator[Receipt]:
    """A file that could not be read before and can be now: its failure is closed."""
    for one in taken:
        attempt, state = ever_failed.get(one.by_name, (0, "done"))
        if one.receipt.state != "failed" and state == "failed":
            yield Receipt(SNIFF, one.by_name, "done", attempt=attempt + 1)


def _size(stream: BinaryIO, head: bytes) -> int:
    if len(head) < HEAD_BYTES:
        return len(head)
    try:
        return os.fstat(stream.fileno()).st_size
    except (OSError, AttributeError):
        return UNKNOWN_SIZE  # a member of an archive: larger than its head, nobody knows how much


def _offers(paths: Iterable[Path], intake: Intake) -> Iterator[Offer]:
    home, table = intake.home.resolve(), intake.table and intake.table.resolve()
    for path in paths:
        if not path.exists():
            raise BadInput(f"there is no file or folder {path}")
    for path in paths:
        if path.is_dir():
            for found in _walk(path, home):
                if table and found.resolve() == table:
                    continue
                yield from _opened(found, _name(found.relative_to(path)))
        else:
            yield from _opened(path, _name(Path(path.name)))


def _walk(folder: Path, home: Path) -> Iterator[Path]:
    """Every file below a folder in a fixed order, the collection's own ones left out."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: os.fsencode(entry.name))
    except OSError:
        yield folder  # opening it will say why it cannot be read
        return
    for entry in entries:
        path = Path(entry.path)
        if entry.name.removesuffix(".wal") in OURS and path.parent.resolve() == home:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(path, home)
        else:
            yield path


def _opened(path: Path, name: str) -> Iterator[Offer]:
    """What a file offers: itself, or what is in it if it is an archive; it is open until the next is asked for."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise PermissionError("a folder that cannot be looked into")
        if not stat.S_ISREG(mode):
            yield Offer(name, nullcontext, refusal="not media: not a regular file")  # type: ignore[arg-type]
            return
        with path.open("rb", buffering=0) as stream:
            if archive_kind(stream.read(HEAD_BYTES)) is None:
                stream.seek(0)
                yield Offer(name, lambda: nullcontext(stream), path)
                return
    except OSError:
        yield Offer(name, lambda: path.open("rb"), path)  # taking it in will say why it cannot be read
        return
    for member in members(path, Limits()):
        inner = f"{name}/{_name(member.name)}"
        yield Offer(inner, lambda stream=member.stream: nullcontext(stream), refusal=member.refusal)  # type: ignore[misc]


def _name(path: Path | str) -> str:
    """A file's name as text; bytes that are no UTF-8 are shown as \\x escapes."""
    text = path.as_posix() if isinstance(path, Path) else path
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
