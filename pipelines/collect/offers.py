"""What is offered to `add`: every file below a folder in a fixed order, and the members of archives."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from curate.read.archives import Limits, members
from curate.read.documents import document_kind
from curate.read.sniff import HEAD_BYTES, Format, archive_kind
from schemas.errors import BadInput

UNKNOWN_SIZE = 1 << 62
LEADS_OUT = "a link that leads out of the folder; --follow-links takes in what it points to"
OURS = (
    "media",
    "web",
    "cuts",
    "releases",
    "benchmarks",
    "imports",
    "studio",
    "locks",
    "emocurate.toml",
    "catalog.duckdb",
)


class Held(NamedTuple):
    """What is known of bytes that lie in the store already."""

    asset: str
    size: int
    format: Format


@dataclass(frozen=True)
class Offer:
    """One file that is offered: its name, how to open it, and where it lies if it can be linked to.

    `refusal` is why it is not opened at all, `document` what it is where its bytes show an archive and it is none.
    `row` is what is said of it where no metadata table does, `key` the corpus it is from with its key there.
    `held` is what need not be read once more.
    """

    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]]
    path: Path | None = None
    refusal: str | None = None
    document: str | None = None
    row: Mapping[str, str] | None = None
    key: tuple[str, str] | None = None
    held: Held | None = None


@dataclass
class Offers:
    """The files below some paths; a collection's own ones, and the metadata table among them, are left out.

    Links to files that lie outside of the folder are refused unless `follow_links`, and what lies in documents and
    programs is not offered unless `open_documents`. `looked` are the folders that could be looked into so far.
    """

    paths: Iterable[Path]
    home: Path
    table: Path | None = None
    open_documents: bool = False
    follow_links: bool = False
    looked: list[Path] = field(default_factory=list)

    def __iter__(self) -> Iterator[Offer]:
        """Every file, open until the next is asked for; raises BadInput for a path that is not there."""
        home, table = self.home.resolve(), self.table and self.table.resolve()
        for path in self.paths:
            if not path.exists():
                raise BadInput(f"there is no file or folder {path}")
        for path in self.paths:
            if path.is_dir():
                root = path.resolve()
                for found in self._walk(path, home):
                    if not (table and found.resolve() == table):
                        yield from self._offered(found, _name(found.relative_to(path)), root)
            else:
                yield from _opened(path, _name(Path(path.name)), self.open_documents)

    def _offered(self, path: Path, name: str, root: Path) -> Iterator[Offer]:
        """What a file below the folder `root` offers; somebody else's folder may hold links to anything of ours."""
        leads_out = path.is_symlink() and path.is_file() and not path.resolve().is_relative_to(root)
        if leads_out and not self.follow_links:
            yield Offer(name, nullcontext, path, refusal=LEADS_OUT)  # type: ignore[arg-type]
        else:
            yield from _opened(path, name, self.open_documents)

    def _walk(self, folder: Path, home: Path) -> Iterator[Path]:
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: os.fsencode(entry.name))
        except OSError:
            yield folder  # opening it will say why it cannot be read
            return
        self.looked.append(folder)
        for entry in entries:
            path = Path(entry.path)
            if entry.name.removesuffix(".wal") in OURS and path.parent.resolve() == home:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(path, home)
            else:
                yield path


def _opened(path: Path, name: str, open_documents: bool) -> Iterator[Offer]:
    """What a file offers: itself, or what is in it if it is an archive; it is open until the next is asked for."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode) and path.is_symlink():
            yield Offer(name, nullcontext, refusal="not media: a link to a folder; name that folder itself")  # type: ignore[arg-type]
            return
        if stat.S_ISDIR(mode):
            raise PermissionError("a folder that cannot be looked into")
        if not stat.S_ISREG(mode):
            yield Offer(name, nullcontext, refusal="not media: not a regular file")  # type: ignore[arg-type]
            return
        with path.open("rb", buffering=0) as stream:
            kind = archive_kind(stream.read(HEAD_BYTES))
            document = document_kind(path) if kind == "zip" and not open_documents else None
            if kind is None or document:
                stream.seek(0)
                yield Offer(name, lambda: nullcontext(stream), path, document=document)
                return
    except OSError:
        yield Offer(name, lambda: path.open("rb"), path)  # taking it in will say why it cannot be read
        return
    empty = True
    for member in members(path, Limits()):
        empty = False
        inner = f"{name}/{_name(member.name)}"
        yield Offer(inner, lambda stream=member.stream: nullcontext(stream), refusal=member.refusal)  # type: ignore[misc]
    if empty:
        yield Offer(name, nullcontext, refusal="not media: an archive with nothing in it")  # type: ignore[arg-type]


def _name(path: Path | str) -> str:
    """A file's name as text; bytes that are no UTF-8 are shown as \\x escapes."""
    text = path.as_posix() if isinstance(path, Path) else path
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def stream_size(stream: BinaryIO, head: bytes) -> int:
    """How many bytes a stream has whose head was read: of a member of an archive that is not known."""
    if len(head) < HEAD_BYTES:
        return len(head)
    try:
        return os.fstat(stream.fileno()).st_size
    except (OSError, AttributeError):
        return UNKNOWN_SIZE
