"""Brings a release to the Hugging Face Hub: one commit with what differs, none when nothing does."""

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.release import manifest
from schemas.errors import BadInput, BadSetting, EmocurateError

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

_KIND = "dataset"
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
class _Difference:
    """The paths to add and to delete so that the Hub holds the release, and how many are there already."""

    add: list[str]
    delete: list[str]
    unchanged: int


@dataclass(frozen=True)
class _Remote:
    """One dataset repository on the Hub."""

    api: "HfApi"
    repo: str

    def head(self) -> str:
        """The commit its main branch stands at."""
        return str(self.api.repo_info(self.repo, repo_type=_KIND).sha)

    def files(self, revision: str) -> dict[str, "RepoFile"]:
        """Its files at a commit, by path."""
        from huggingface_hub.hf_api import RepoFile

        tree = self.api.list_repo_tree(self.repo, recursive=True, revision=revision, repo_type=_KIND)
        return {entry.path: entry for entry in tree if isinstance(entry, RepoFile)}

    def owned(self, revision: str, files: dict[str, "RepoFile"]) -> set[str]:
        """The paths an earlier release of ours put there, as its manifest says; none when the manifest is not ours."""
        if manifest.NAME not in files:
            return set()
        with tempfile.TemporaryDirectory() as folder:
            path = self.api.hf_hub_download(
                self.repo, manifest.NAME, repo_type=_KIND, revision=revision, local_dir=folder
            )
            text = Path(path).read_text("utf-8")
        try:
            return {manifest.NAME, *manifest.listed_files(text)}
        except BadInput:
            return set()

    def tagged(self, tag: str) -> str | None:
        """The commit a tag names, None when there is no such tag."""
        tags = self.api.list_repo_refs(self.repo, repo_type=_KIND).tags
        return next((ref.target_commit for ref in tags if ref.name == tag), None)


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
    local = _release_files(folder)
    with _translated(repo):
        remote = _Remote(_api(), repo)
        is_private = _ready(remote, private=private, say=say)
        head = remote.head()
        difference = _difference(remote, head, folder, local)
        tagged = _tagged(remote, tag, folder, local)
        if difference.add or difference.delete:
            commit = _commit(remote, head, folder, local, difference, say)
        else:
            commit = head
            say(f"{repo} holds this release already: nothing to upload")
        if tag is not None and tagged is None:
            remote.api.create_tag(repo, tag=tag, revision=commit, repo_type=_KIND, exist_ok=True)
            say(f"tagged {tag}")
    return Published(
        repo=repo,
        address=f"{remote.api.endpoint}/datasets/{repo}",
        commit=commit,
        changed=commit != head,
        added=len(difference.add),
        deleted=len(difference.delete),
        unchanged=difference.unchanged,
        bytes=sum((folder / path).stat().st_size for path in difference.add),
        tag=tag,
        private=is_private,
    )


def _api() -> "HfApi":
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from huggingface_hub import HfApi
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()
    return HfApi(endpoint=os.environ.get("HF_ENDPOINT"), library_name="emocurate")


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


def _ready(remote: _Remote, *, private: bool, say: Callable[[str], None]) -> bool:
    """Make the repository unless it is there, and say whether it is private."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        info = remote.api.repo_info(remote.repo, repo_type=_KIND)
    except RepositoryNotFoundError:
        remote.api.create_repo(remote.repo, repo_type=_KIND, private=private, exist_ok=True)
        say(f"made the {'private' if private else 'public'} dataset {remote.repo}")
        return private
    if private and not info.private:
        raise BadSetting(
            f"{remote.repo} is public and you did not say that this release may be; "
            f"type `emocurate publish {remote.repo} --public`, or make it private in its settings on the Hub"
        )
    if info.private and not private:
        say(f"{remote.repo} stays private; make it public in its settings on the Hub")
    return bool(info.private)


def _difference(remote: _Remote, revision: str, folder: Path, local: dict[str, str]) -> _Difference:
    """What has to change at a commit so that the repository holds the local release."""
    there = remote.files(revision)
    add = [path for path, sha256 in local.items() if path not in there or not _same(there[path], folder / path, sha256)]
    owned = set(local) if manifest.NAME not in add else remote.owned(revision, there)
    foreign = sorted(path for path in add if path in there and path not in owned and path not in _SHARED)
    if foreign:
        raise BadSetting(
            f"{remote.repo} has files of somebody else where this release has its own, among them {foreign[0]}; "
            f"type `emocurate publish OWNER/NAME` with the name of another or a new dataset"
        )
    delete = sorted((owned & set(there)) - set(local))
    return _Difference(add, delete, len(local) - len(add))


def _tagged(remote: _Remote, tag: str | None, folder: Path, local: dict[str, str]) -> str | None:
    """The commit a tag names already, if that commit holds this very release; raises BadSetting if it holds another."""
    commit = remote.tagged(tag) if tag else None
    if commit is not None:
        there = remote.files(commit)
        if any(path not in there or not _same(there[path], folder / path, local[path]) for path in local):
            raise BadSetting(f"tag {tag} of {remote.repo} names another release; type `--tag` with a new version")
    return commit


def _commit(
    remote: _Remote, head: str, folder: Path, local: dict[str, str], difference: _Difference, say: Callable[[str], None]
) -> str:
    """Commit the difference on top of `head`; a lost reply is settled by looking at what is there afterwards."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    size = sum((folder / path).stat().st_size for path in difference.add)
    say(f"uploading {len(difference.add)} files ({size / 1e6:,.1f} MB), deleting {len(difference.delete)}")
    operations = [
        *(CommitOperationAdd(path, str(folder / path)) for path in difference.add),
        *(CommitOperationDelete(path, is_folder=False) for path in difference.delete),
    ]
    failure: Exception | None = None
    try:
        remote.api.create_commit(
            remote.repo, operations, commit_message=_message(folder), repo_type=_KIND, parent_commit=head
        )
    except _errors() as error:
        failure = error
    return _settled(remote, head, folder, local, failure)


def _settled(remote: _Remote, head: str, folder: Path, local: dict[str, str], failure: Exception | None) -> str:
    """The commit that holds the release now; else raises what went wrong."""
    now = remote.head()
    if now == head:
        raise failure or EmocurateError(f"{remote.repo} took the commit and does not show it; type the command again")
    left = _difference(remote, now, folder, local)
    if not left.add and not left.delete:
        return now
    if failure is not None and _status(failure) != 412:
        raise failure
    if failure is not None:
        raise EmocurateError(
            f"somebody else changed {remote.repo} meanwhile, so nothing was written; type the command again"
        )
    raise EmocurateError(
        f"{remote.repo} left out {(left.add + left.delete)[0]} of the release; look for a rule in its .gitignore, "
        f"then type the command again"
    )


def _message(folder: Path) -> str:
    text = (folder / manifest.NAME).read_bytes()
    return f"Release {hashlib.sha256(text).hexdigest()[:12]}"


def _same(there: "RepoFile", file: Path, sha256: str) -> bool:
    """Whether the Hub's file has the same bytes: large ones are known by SHA-256, small ones by git's SHA-1."""
    if there.lfs is not None:
        return bool(there.lfs.sha256 == sha256)
    if there.size != file.stat().st_size:
        return False
    data = file.read_bytes()
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False)
    return bool(there.blob_id == blob.hexdigest())


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _errors() -> tuple[type[Exception], ...]:
    """What huggingface_hub raises when the Hub refuses, the network fails or its uploader gives up."""
    from huggingface_hub.errors import HTTPError

    return (HTTPError, OSError, RuntimeError, ValueError)


def _status(error: Exception) -> int | None:
    response: Any = getattr(error, "response", None)
    return getattr(response, "status_code", None)


@contextmanager
def _translated(repo: str) -> Iterator[None]:
    """Tell errors of huggingface_hub as ours, with what to type next."""
    try:
        yield
    except _errors() as error:
        raise _told(repo, error) from error


def _told(repo: str, error: Exception) -> EmocurateError:
    from huggingface_hub.errors import HFValidationError, HTTPError, LocalTokenNotFoundError

    if isinstance(error, HFValidationError):
        return BadSetting(f"{repo!r} cannot be the name of a dataset; type `emocurate publish OWNER/NAME`")
    reasons = {
        401: "the Hub does not know who you are; type `hf auth login`, or set HF_TOKEN, with a token that may write",
        403: f"your token may not write to {repo}; type `hf auth login` with one that may, or publish under your name",
        404: f"there is no dataset {repo} that your token may see; check the name, or type `hf auth login`",
        429: "the Hub asks to wait before the next request; type the command again in some minutes",
    }
    status = 401 if isinstance(error, LocalTokenNotFoundError) else _status(error)
    if status in reasons:
        return EmocurateError(reasons[status])
    said = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if status is not None:
        return EmocurateError(f"the Hub refused ({status}): {said}; when that is mended, type the command again")
    if isinstance(error, HTTPError | ConnectionError):
        return EmocurateError(f"the Hub cannot be reached ({said}); type the command again when the network is there")
    return EmocurateError(f"publishing to {repo} failed: {said}; what is on the Hub is as it was")
