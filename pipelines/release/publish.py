"""Brings a release to the Hugging Face Hub: one commit with what differs, none when nothing does."""

import hashlib
import json
import re
from collections.abc import Callable, Container
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub.hf_api import RepoFile

from pipelines.engine.catalog import Catalog
from pipelines.release import hub, manifest
from pipelines.release.export import FOLDER
from pipelines.release.preflight import obstacles, standing
from schemas.errors import BadInput, BadSetting, EmocurateError, NotPublishable
from schemas.settings import Settings

_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SHARED = ("README.md",)  # the Hub makes one itself for a new repository, and its history keeps it


@dataclass(frozen=True)
class Published:
    """What a publishing came to; `commit` holds the release, made now only when `changed`."""

    repo: str
    address: str
    commit: str
    changed: bool
    added: int
    deleted: int
    unchanged: int
    bytes: int
    tag: str | None
    private: bool


@dataclass(frozen=True)
class _Local:
    """A release on disk: the SHA-256 of its files by their path in the folder."""

    folder: Path
    files: dict[str, str]

    def same(self, path: str, remote: RepoFile | None) -> bool:
        """Whether the Hub's file has the same bytes: it tells large files by SHA-256, small ones by git's SHA-1."""
        file = self.folder / path
        if remote is None:
            return False
        if remote.lfs is not None:
            return bool(remote.lfs.sha256 == self.files[path])
        if remote.size != file.stat().st_size:
            return False
        data = file.read_bytes()
        blob = hashlib.sha1(b"blob %d\x00" % len(data) + data, usedforsecurity=False)
        return bool(remote.blob_id == blob.hexdigest())

    def bytes(self, paths: list[str]) -> int:
        """How many bytes these files have."""
        return sum((self.folder / path).stat().st_size for path in paths)


@dataclass(frozen=True)
class _Difference:
    """The paths to add and to delete so that the Hub holds the release, and how many are there already."""

    add: list[str]
    delete: list[str]
    unchanged: int


def publish_release(
    home: Path, settings: Settings, repo: str, name: str | None, *, private: bool, say: Callable[[str], None]
) -> Published:
    """Publish a release, the latest by default; raises NotPublishable with every reason that stands against it."""
    releases = _releases(home)
    if not releases:
        raise BadInput("there is no release to publish; make one with: emocurate export")
    chosen = name or releases[-1]
    if chosen not in releases:
        raise BadSetting(f"no release {chosen!r}; there are: {', '.join(releases)}")
    counts = json.loads((home / FOLDER / chosen / manifest.NAME).read_text("utf-8"))["counts"]
    expected = sum(sum(splits.values()) for splits in counts.values())
    known = Catalog(home).rows(
        """SELECT count(*) FROM released SEMI JOIN clips ON clips.id = released.clip
           WHERE release = (SELECT id FROM releases WHERE name = ?)""",
        [chosen],
    )[0][0]
    if known != expected:
        raise NotPublishable(f"release {chosen!r} holds {expected} clips, the catalog knows {known}; export again")
    if against := obstacles(standing(home, chosen), settings.publish.licences):
        raise NotPublishable("this release cannot be published:\n  " + "\n  ".join(against))
    return publish(home / FOLDER / chosen, repo, private=private, tag=chosen, say=say)


def _releases(home: Path) -> list[str]:
    return [name for (name,) in Catalog(home).rows("SELECT name FROM releases ORDER BY added_at, name")]


def publish(
    folder: Path, repo: str, *, private: bool = True, tag: str | None, say: Callable[[str], None] = lambda _: None
) -> Published:
    """Make the Hub's dataset `repo` hold exactly the release in `folder`, in one commit, and tag that commit.

    The repository is made when it is not there, private unless told otherwise. Files of an earlier release that this
    one does not have are deleted; files of others stay. Who you are comes from HF_TOKEN or `hf auth login`. Whether a
    release may leave the house is asked before, see `preflight`. Raises BadInput for a folder that is no whole release,
    BadSetting for a name or tag that cannot be used or a repository that is public and was not meant to be,
    EmocurateError when the Hub refuses or cannot be reached.
    """
    if tag is not None and not _TAG.fullmatch(tag):
        raise BadSetting(f"{tag!r} cannot be a tag; use letters, digits, dots and dashes, such as v1.0")
    local = _Local(folder, _release_files(folder))
    with hub.translated(repo):
        there = hub.remote(repo)
        is_private = _ready(there, private=private, say=say)
        head = there.head()
        difference = _difference(there, head, local)
        tagged = _tagged(there, tag, local)
        if difference.add or difference.delete:
            commit = _commit(there, head, local, difference, say)
        else:
            commit = head
            say(f"{repo} holds this release already: nothing to upload")
        if tag is not None and tagged is None:
            there.tag(tag, commit)
            say(f"tagged {tag}")
    return Published(
        repo=repo,
        address=there.address,
        commit=commit,
        changed=commit != head,
        added=len(difference.add),
        deleted=len(difference.delete),
        unchanged=difference.unchanged,
        bytes=local.bytes(difference.add),
        tag=tag,
        private=is_private,
    )


def _release_files(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file of the release in a folder, by path; raises BadInput unless it is whole."""
    try:
        text = (folder / manifest.NAME).read_text("utf-8")
    except OSError:
        raise BadInput(f"{folder} has no {manifest.NAME}: it is no whole release; type `emocurate export`") from None
    listed = manifest.listed_files(text)
    for path, sha256 in listed.items():
        file = folder / path
        if not file.is_file() or _sha256(file) != sha256:
            raise BadInput(f"{file} is not as the manifest says; type `emocurate export` to write the release again")
    return {**listed, manifest.NAME: hashlib.sha256(text.encode()).hexdigest()}


def _ready(there: hub.Remote, *, private: bool, say: Callable[[str], None]) -> bool:
    """Make the repository unless it is there, and say whether it is private."""
    is_private = there.visibility()
    if is_private is None:
        there.create(private=private)
        say(f"made the {'private' if private else 'public'} dataset {there.repo}")
        return private
    if private and not is_private:
        raise BadSetting(
            f"{there.repo} is public and you did not say that this release may be; "
            f"type `emocurate publish {there.repo} --public`, or make it private in its settings on the Hub"
        )
    if is_private and not private:
        say(f"{there.repo} stays private; make it public in its settings on the Hub")
    return is_private


def _difference(there: hub.Remote, revision: str, local: _Local) -> _Difference:
    """What has to change at a commit so that the repository holds the local release."""
    present = there.files(revision)
    add = [path for path in local.files if not local.same(path, present.get(path))]
    owned = set(local.files) if manifest.NAME not in add else _owned(there, revision, present)
    foreign = sorted(path for path in add if path in present and path not in owned and path not in _SHARED)
    if foreign:
        raise BadSetting(
            f"{there.repo} has files of somebody else where this release has its own, among them {foreign[0]}; "
            f"type `emocurate publish OWNER/NAME` with the name of another or a new dataset"
        )
    delete = sorted((owned & set(present)) - set(local.files))
    return _Difference(add, delete, len(local.files) - len(add))


def _owned(there: hub.Remote, revision: str, present: Container[str]) -> set[str]:
    """The paths an earlier release of ours put there, as its manifest says; none when the manifest is not ours."""
    if manifest.NAME not in present:
        return set()
    try:
        return {manifest.NAME, *manifest.listed_files(there.read(manifest.NAME, revision))}
    except BadInput:
        return set()


def _tagged(there: hub.Remote, tag: str | None, local: _Local) -> str | None:
    """The commit a tag names already, if that commit holds this very release; raises BadSetting if it holds another."""
    commit = there.tagged(tag) if tag else None
    if commit is not None:
        present = there.files(commit)
        if not all(local.same(path, present.get(path)) for path in local.files):
            raise BadSetting(
                f"tag {tag} of {there.repo} names another release; "
                f"type `emocurate export --name` with a new name for this one, then publish that"
            )
    return commit


def _commit(there: hub.Remote, head: str, local: _Local, difference: _Difference, say: Callable[[str], None]) -> str:
    """Commit the difference on top of `head`; a lost reply is settled by looking at what is there afterwards."""
    size_mb = local.bytes(difference.add) / 1e6
    say(f"uploading {len(difference.add)} files ({size_mb:,.1f} MB), deleting {len(difference.delete)}")
    message = f"Release {local.files[manifest.NAME][:12]}"
    failure: Exception | None = None
    try:
        there.commit(message, {path: local.folder / path for path in difference.add}, difference.delete, head)
    except hub.errors() as error:
        failure = error
    return _settled(there, head, local, failure)


def _settled(there: hub.Remote, head: str, local: _Local, failure: Exception | None) -> str:
    """The commit that holds the release now; else raises what went wrong."""
    now = there.head()
    if now == head:
        raise failure or EmocurateError(f"{there.repo} took the commit and does not show it; type the command again")
    left = _difference(there, now, local)
    if not left.add and not left.delete:
        return now
    if failure is not None and hub.status(failure) != 412:
        raise failure
    if failure is not None:
        raise EmocurateError(
            f"somebody else changed {there.repo} meanwhile, so nothing was written; type the command again"
        )
    raise EmocurateError(
        f"{there.repo} left out {(left.add + left.delete)[0]} of the release; look for a rule in its .gitignore, "
        f"then type the command again"
    )


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
