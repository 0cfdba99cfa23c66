"""A small stand-in for the Hugging Face Hub on loopback: what publishing and loading a dataset call, and faults.

It is permissive: it does not prove that the real Hub accepts a card. Not in it: fine-grained scopes of
tokens, asking for access, rate limits, the viewer. With `xet`, uploads go to an on-disk store that the client's own uploader knows as local://.
"""

import hashlib
import shutil
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

TOKEN = "hf_test_owner"
READ_ONLY = "hf_test_owner_reads"  # a token of the same person that may not write
OWNER = "owner"
LOST = "lost"  # a fault: do what was asked, then drop the connection

Fault = Callable[[str, str], int | str | None]


class Refusal(Exception):
    """An answer that is not 200; `code` is what the client tells kinds of 404 apart by."""

    def __init__(self, status: int, message: str, code: str | None = None, commit: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.commit = status, code, commit


@dataclass(frozen=True)
class Entry:
    """One file of a commit: its git object id, its size, and its SHA-256 when it is a large file."""

    oid: str
    size: int
    sha256: str | None = None

    def as_json(self, path: str) -> dict[str, Any]:
        lfs = {"lfs": {"oid": self.sha256, "size": self.size, "pointerSize": 130}} if self.sha256 else {}
        return {"type": "file", "path": path, "size": self.size, "oid": self.oid, **lfs}


@dataclass(frozen=True)
class Commit:
    """A state of the files, and the commit it was made on."""

    parent: str | None
    files: dict[str, Entry]
    title: str


@dataclass
class Repo:
    """One dataset repository."""

    id: str
    private: bool
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    pulls: dict[int, dict[str, str]] = field(default_factory=dict)
    converts: list[str] = field(default_factory=list)
    gated: bool | str = False
    let_in: list[tuple[str, str]] = field(default_factory=list)  # user and e-mail of those who were granted access

    @property
    def head(self) -> Commit:
        return self.commits[self.branches["main"]]

    def pull(self, title: str) -> int:
        """The number of a new pull request on the main branch."""
        number = len(self.pulls) + 1
        self.pulls[number] = {
            "title": title,
            "status": "open",
            "ref": f"refs/pr/{number}",
            "base": self.branches["main"],
        }
        self.branches[f"refs/pr/{number}"] = self.branches["main"]
        return number

    def add(self, files: dict[str, Entry], title: str, branch: str = "main") -> str:
        parent = self.branches.get(branch)
        sha = hashlib.sha1(f"{self.id} {len(self.commits)} {parent}".encode(), usedforsecurity=False).hexdigest()
        self.commits[sha] = Commit(parent, files, title)
        self.branches[branch] = sha
        return sha

    def revision(self, name: str) -> str:
        for found in (self.branches.get(name), self.tags.get(name), name if name in self.commits else None):
            if found:
                return found
        raise Refusal(404, f"Invalid rev id: {name}", "RevisionNotFound")


def git_blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


class MiniHub(ThreadingHTTPServer):
    """The server and all its state; `fault(method, path)` gives a status to answer instead, LOST, or None."""

    daemon_threads = True

    def __init__(self, folder: Path, *, xet: bool = False) -> None:
        from tests.hub_requests import Handler

        super().__init__(("127.0.0.1", 0), Handler)
        self.repos: dict[str, Repo] = {}
        self.blobs: dict[str, bytes] = {}
        self.objects: dict[str, bytes] = {}
        self.requests: list[tuple[str, str]] = []
        self.fault: Fault = lambda method, path: None
        self.lock = threading.RLock()
        self.store = XetStore(folder / "cas") if xet else None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> "MiniHub":
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""

    def calls(self, method: str, part: str) -> int:
        """How many requests of a method had this in their path."""
        return sum(one == method and part in path for one, path in self.requests)

    def create(self, name: str, *, private: bool) -> Repo:
        with self.lock:
            if name in self.repos:
                raise Refusal(409, "You already created this repo")
            self.repos[name] = Repo(name, private)
            self.put(name, {".gitattributes": b"*.tar filter=lfs\n*.parquet filter=lfs\n"})
            return self.repos[name]

    def put(self, name: str, files: dict[str, bytes]) -> str:
        """Commit small files to a repository behind the client's back."""
        repo = self.repos[name]
        entries = dict(repo.head.files) if repo.branches else {}
        return repo.add(entries | {path: self.blob(data) for path, data in files.items()}, "by somebody else")

    def blob(self, data: bytes) -> Entry:
        self.blobs[git_blob(data)] = data
        return Entry(git_blob(data), len(data))

    def read(self, name: str, path: str, revision: str = "main") -> bytes:
        """The bytes of a file at a revision."""
        repo = self.repos[name]
        return self.content(repo.commits[repo.revision(revision)].files[path])

    def content(self, entry: Entry) -> bytes:
        if entry.sha256 is None:
            return self.blobs[entry.oid]
        if entry.sha256 not in self.objects and self.store:
            self.objects[entry.sha256] = self.store.read(entry.sha256, entry.size)
        return self.objects[entry.sha256]

    def has_object(self, sha256: str) -> bool:
        return sha256 in self.objects or (self.store is not None and sha256 in self.store.hashes())


class XetStore:
    """The folder into which the client's own uploader writes when it is given a local:// address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True)
        self.reads = 0

    def hashes(self) -> dict[str, str]:
        """Xet's hash by SHA-256, out of the shard files: 48-byte records behind a 48-byte header.

        A file is a header record (hash, flags, n), n segments, n verifications if flag 31 is set, and a record with
        the SHA-256 if flag 30 is; a record of 0xff bytes ends the section.
        """
        found = {}
        for shard in (self.folder / "xet" / "xorbs" / "shards").glob("*.mdb"):
            data, at = shard.read_bytes(), 48
            while data[at : at + 32] != b"\xff" * 32 and at + 48 <= len(data):
                name, (flags, segments) = data[at : at + 32], struct.unpack("<II", data[at + 32 : at + 40])
                at += 48 * (1 + segments * (1 + (flags >> 31 & 1)))
                if flags >> 30 & 1 and at + 48 <= len(data):
                    found[self._words(data[at : at + 32])] = self._words(name)
                    at += 48
        return found

    def read(self, sha256: str, size: int) -> bytes:
        """Put a file together again; reads a copy, because the client still holds the lock of the store."""
        import hf_xet  # type: ignore[import-untyped]

        self.reads += 1
        view = self.folder.with_name(f"view-{self.reads}")
        shutil.copytree(self.folder, view, ignore=shutil.ignore_patterns("*.lock"))
        target = view / "file"
        with hf_xet.XetSession().new_file_download_group(endpoint=f"local://{view}") as group:
            group.start_download_file(hf_xet.XetFileInfo(self.hashes()[sha256], size), str(target))
        data = target.read_bytes()
        assert hashlib.sha256(data).hexdigest() == sha256
        return data

    @staticmethod
    def _words(digest: bytes) -> str:
        return "".join(f"{word:016x}" for word in struct.unpack("<4Q", digest))
