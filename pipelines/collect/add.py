"""`add`: media come in from files, folders and archives; every file ends as kept, dropped or failed."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from curate.read.sniff import Format, read_head, sniff
from pipelines.collect.attempts import attempts_before, folders_mended, mended, tried_again, unread_id, writing_to
from pipelines.collect.metadata import FILE_COLUMNS, SOURCE_COLUMNS, Metadata
from pipelines.collect.offers import Offer, Offers, stream_size
from pipelines.collect.sources import layers_in
from pipelines.collect.statements import Correction, corrected, unsaid
from pipelines.collect.takes import takes_in
from pipelines.collect.transcripts import Transcripts, about, dropped_text, unheard
from pipelines.engine.catalog import Catalog, Noun
from pipelines.engine.claims import claimed_store
from pipelines.engine.instances import little_memory
from pipelines.engine.lease import aside
from pipelines.engine.pseudonyms import Pseudonyms, naming
from pipelines.engine.store import Store, hashed
from pipelines.engine.tombstones import Tombstones, tombstones
from schemas.errors import Altered, Unreadable, Withdrawn
from schemas.ids import content_id
from schemas.media import Arrival, Asset, CorpusKey, Segment, Source, Statement
from schemas.stage import SNIFF, Dropped, Receipt

COMMIT_FILES = 2000
MEDIA = "media"
WITHDRAWN = "it was withdrawn from this collection (forget), and is kept out"
METADATA_NAMES = ("metadata.jsonl", "metadata.csv", "metadata.parquet")  # as Hugging Face's folders of media have them
NO_MEDIA = "not media: {}; --open-documents takes in what lies in it"
UNLICENSED = "SELECT count(*) FROM rights WHERE basis = 'unknown' AND list_contains(?, asset)"


@dataclass
class Added:
    """What one `add` did, in files: `kept` are taken in, new or not; `corrections` say otherwise than was said before.

    `conflicts` names files whose sources now contradict each other: they are withheld from releases. `unlicensed`
    counts assets of which nobody has said on what basis they may be used. `unmatched` are names in the metadata table
    for which no file came, `nearest` the file that came whose name is most like the first of them; `tables` lie among
    the media and look like metadata that nobody asked for. `segments` of `transcripts` are new, `notes` say what of
    which transcript was guessed or not used.
    """

    files: int = 0
    kept: int = 0
    new: int = 0
    bytes: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    unlicensed: int = 0
    nearest: str | None = None
    tables: list[str] = field(default_factory=list)
    transcripts: int = 0
    segments: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Taken:
    """The rows and the receipt of one offered file; `by_name` stands for it while its bytes cannot be read.

    `statements` and `segments` have no time yet: what was said already is not said again.
    """

    nouns: list[Noun]
    receipt: Receipt
    by_name: str
    size: int = 0
    statements: tuple[Statement, ...] = ()
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True)
class Intake:
    """How media are taken in: into which collection, from which source, told what by which table.

    `layers` are sources of what lies in the recording, such as the text that is spoken.
    """

    home: Path
    source: Source
    metadata: Metadata
    people: Pseudonyms
    link: bool = False
    open_documents: bool = False
    follow_links: bool = False
    table: Path | None = None  # the metadata table itself, which may lie among the media
    layers: tuple[Source, ...] = ()
    texts: Path | None = None  # a folder of transcripts; else they lie beside the media

    def allow(self, asset: str) -> None:
        """Raises Withdrawn for bytes that were forgotten."""
        if self._forgotten.holds("bytes", asset):
            raise Withdrawn(WITHDRAWN)

    def take(self, offer: Offer, by_name: str) -> Taken:
        """The rows one offered file makes.

        Raises OSError, Altered where it is written to meanwhile, Withdrawn for what was forgotten.
        """
        row = self.metadata.of(offer.name, offer.path) if offer.row is None else offer.row
        heard = self.transcripts.of(offer.name, offer.path)
        row = {**heard.row, **row}
        self._allow_people(row, heard.speakers)
        asset, size, verdict = offer.held or self._kept(offer)
        sources, statements = self.said(asset, offer.name, row)
        nouns: list[Noun] = [*sources, Arrival(asset, sources[0].id), *takes_in(asset, row, sources[0])]
        if offer.key:
            nouns.append(CorpusKey(asset, *offer.key))
        if isinstance(verdict, Dropped):
            return Taken(
                nouns,
                Receipt(SNIFF, asset, "dropped", dropped_text(offer.path) or verdict.reason),
                by_name,
                size,
                statements,
            )
        nouns.append(Asset(asset, verdict.kind, verdict.name, size))
        return Taken(nouns, Receipt(SNIFF, asset, "done"), by_name, size, statements, about(heard, asset))

    def _kept(self, offer: Offer) -> tuple[str, int, Format | Dropped]:
        """Bring the bytes of media into the store; gives their id, their size and what they are."""
        with offer.open() as stream:
            head = read_head(stream)
            size = stream_size(stream, head)
            verdict = Dropped(NO_MEDIA.format(offer.document)) if offer.document else sniff(head, size)
            if isinstance(verdict, Dropped):
                asset, size = hashed(head, stream)
                self.allow(asset)
                return asset, size, verdict
            with writing_to(self.home / MEDIA):
                if self.link and offer.path is not None:
                    asset, size = self.store.link(offer.path, self.allow)
                else:
                    asset, size = self.store.put(head, stream, self.allow)
        return asset, size, verdict

    def _allow_people(self, row: Mapping[str, str], speakers: frozenset[str]) -> None:
        """Raises Withdrawn for a file of a person, or from an address, that was forgotten."""
        source, named = self._source(row), row.get("speaker")
        people = (source.contributor, self.people.of(named) if named else None, *speakers)
        if any(self._forgotten.holds("person", one) for one in people):
            raise Withdrawn(WITHDRAWN)
        if self._forgotten.holds("address", source.address):
            raise Withdrawn(WITHDRAWN)

    @cached_property
    def transcripts(self) -> Transcripts:
        """What is said in the files; raises BadInput for a folder that is none."""
        return Transcripts(self.people, self.texts)

    @cached_property
    def _forgotten(self) -> Tombstones:
        return tombstones(self.home)

    @cached_property
    def store(self) -> Store:
        """Where bytes are kept; looked once whether it is this collection's."""
        return claimed_store(self.home)

    def said(self, asset: str, name: str, row: Mapping[str, str]) -> tuple[tuple[Source, ...], tuple[Statement, ...]]:
        """What is said of a file by its row and by the flags that hold for all; its recording's Source comes first."""
        source, own_rights = self._source(row), "basis" in row or "licence" in row
        own_layers = layers_in(row, source, self.layers)
        words = {column: row[column] for column in FILE_COLUMNS if column in row}
        if "speaker" in words:
            words["speaker"] = self.people.of(words["speaker"])
        statements = [Statement(asset, name, "batch", "", one.id) for one in self.layers]
        statements += [Statement(asset, name, "file", "", one.id) for one in own_layers]
        if own_rights or words:
            statements.append(Statement(asset, name, "file", "", source.id if own_rights else None, **words))
        statements += [] if own_rights else [Statement(asset, name, "batch", "", source.id)]
        return (source, *self.layers, *own_layers), tuple(statements)

    def _source(self, row: Mapping[str, str]) -> Source:
        own = {name: row[name] for name in SOURCE_COLUMNS if name in row}
        if "contributor" in own:
            own["contributor"] = self.people.of(own["contributor"])
        if "licence" in own and "basis" not in own and self.source.basis == "unknown":
            own["basis"] = "licence"
        source = replace(self.source, **own) if own else self.source  # type: ignore[arg-type]
        if source.basis == "synthetic" and "requested" in row:
            return replace(source, requested=row["requested"])
        return source


def add(intake: Intake, paths: Sequence[Path], report: Callable[[Added], None] = lambda _: None) -> Added:
    """Take in everything under these paths; rows are committed as they come, and a second time changes nothing."""
    offers = Offers(paths, intake.home, intake.table, intake.open_documents, intake.follow_links)
    added = take_in(intake, offers, report)
    folders_mended(Catalog(intake.home), offers.looked)
    added.transcripts, added.notes = intake.transcripts.read, intake.transcripts.notes
    added.unmatched, added.nearest = intake.metadata.unmatched, intake.metadata.nearest
    report(added)
    return added


def take_in(
    intake: Intake,
    offers: Iterable[Offer],
    report: Callable[[Added], None] = lambda _: None,
    heard: Callable[[Offer, Taken | None], None] = lambda *_: None,
) -> Added:
    """Take in what is offered, each while it is open, committed as it comes.

    `heard` is told what became of each before the next is asked for; None where it was forgotten and is kept out.
    """
    catalog = Catalog(intake.home)
    catalog.fact("collection")  # before a byte is read: is there a collection?
    added = Added()
    taken: list[Taken] = []
    with naming(intake.home, intake.people, "add"), aside(intake.home, MEDIA):
        for offer in offers:
            file = _taken(intake, offer)
            heard(offer, file)
            if file:
                taken.append(file)
                _count(added, offer, file)
            else:
                added.files += 1
                added.dropped[WITHDRAWN] = added.dropped.get(WITHDRAWN, 0) + 1
            report(added)
            if len(taken) >= COMMIT_FILES:
                commit_taken(catalog, taken, added)
                taken = []
        commit_taken(catalog, taken, added)
    return added


def _taken(intake: Intake, offer: Offer) -> Taken | None:
    """The rows of a file; None for one that was forgotten, of which not even the name is kept."""
    by_name = unread_id(offer.path) if offer.path else content_id("unread", place=offer.name)
    if offer.refusal:
        return refused_file(intake, offer.name, by_name, offer.refusal)
    try:
        return intake.take(offer, by_name)
    except Withdrawn:
        return None
    except Unreadable as error:  # a member of an archive whose bytes are damaged
        return refused_file(intake, offer.name, by_name, str(error))
    except Altered as error:
        return Taken([], Receipt(SNIFF, by_name, "failed", str(error)), by_name)
    except OSError as error:
        return Taken([], Receipt(SNIFF, by_name, "failed", f"cannot be read: {error.strerror or error}"), by_name)


def refused_file(intake: Intake, name: str, by_name: str, reason: str) -> Taken:
    """The rows of a file that is not opened: there are no whole bytes to take a hash of, `by_name` stands for them."""
    sources, statements = intake.said(by_name, name, intake.metadata.of(name))
    nouns: list[Noun] = [*sources, Arrival(by_name, sources[0].id)]
    return Taken(nouns, Receipt(SNIFF, by_name, "dropped", reason), by_name, statements=statements)


def _count(added: Added, offer: Offer, taken: Taken) -> None:
    added.files += 1
    added.bytes += taken.size
    if taken.receipt.state == "dropped":
        reason = taken.receipt.reason or ""
        added.dropped[reason] = added.dropped.get(reason, 0) + 1
        if offer.path and offer.path.name in METADATA_NAMES:
            added.tables.append(str(offer.path))
    elif taken.receipt.state == "failed":
        added.failed.append(f"{offer.name}: {taken.receipt.reason}")
    else:
        added.kept += 1


def commit_taken(catalog: Catalog, taken: Sequence[Taken], added: Added) -> None:
    """Commit, and count the assets that are new and what is said otherwise than before."""
    if not taken:
        return
    # No row before its bytes are on the disk. One sync takes 50 ms for 2,000 small files, one for each ten times that;
    # where the system only begins with it, as macOS does, `run` still finds what is not whole by its size.
    os.sync()
    with catalog.open() as connection:
        tries = [(file.by_name, file.receipt) for file in taken]
        attempts = attempts_before(connection, tries)
        before = connection.execute("SELECT count(*) FROM assets").fetchall()[0][0]
        nouns: list[Noun] = [noun for file in taken for noun in file.nouns]
        statements = unsaid(connection, [statement for file in taken for statement in file.statements])
        with corrected(connection, [statement.asset for statement in statements]) as changes:
            receipts = [*tried_again(tries, attempts), *mended(tries, attempts)]
            segments = unheard(connection, [segment for file in taken for segment in file.segments])
            with little_memory(connection):
                catalog.commit(connection, [*nouns, *statements, *segments], receipts)
        added.segments += len(segments)
        added.corrections += changes.corrections
        added.conflicts += changes.conflicts
        if any(isinstance(noun, Source) and noun.basis == "unknown" for noun in nouns):
            added.unlicensed += connection.execute(UNLICENSED, [[file.receipt.row for file in taken]]).fetchall()[0][0]
        added.new += int(connection.execute("SELECT count(*) FROM assets").fetchall()[0][0] - before)
