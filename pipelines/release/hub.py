"""One dataset repository on the Hugging Face Hub, and the Hub's errors in words of ours."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import (
    HFValidationError,
    HTTPError,
    LocalTokenNotFoundError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
)
from huggingface_hub.hf_api import AccessRequest, LFSFileInfo, RepoFile
from huggingface_hub.utils import disable_progress_bars, validate_repo_id

from schemas.errors import BadSetting, EmocurateError

_KIND = "dataset"
AT_ONCE_BYTES = 10**9  # uploaded before progress is told
Add = dict[str, Path | bytes]
Report = Callable[[int], None]


@dataclass(frozen=True)
class Remote:
    """A dataset repository as it stands on the Hub; its methods raise what `translated` tells."""

    api: HfApi
    repo: str

    @property
    def address(self) -> str:
        """Where people look at it."""
        return f"{self.api.endpoint}/datasets/{self.repo}"

    def visibility(self) -> bool | None:
        """Whether it is private; None when there is none that we may see."""
        try:
            return bool(self.api.repo_info(self.repo, repo_type=_KIND).private)
        except RepositoryNotFoundError:
            return None

    def is_gated(self) -> bool:
        """Whether its files are for those alone whom somebody let in."""
        return bool(self.api.repo_info(self.repo, repo_type=_KIND).gated)

    def gate(self) -> None:
        """Let nobody have its files whom its owner has not let in."""
        self.api.update_repo_settings(self.repo, gated="manual", repo_type=_KIND)

    def recipients(self) -> list[AccessRequest]:
        """Those who were let in, as far as the Hub tells who they are."""
        return list(self.api.list_accepted_access_requests(self.repo, repo_type=_KIND))

    def create(self, *, private: bool) -> None:
        """Make it."""
        self.api.create_repo(self.repo, repo_type=_KIND, private=private, exist_ok=True)

    def head(self, revision: str | None = None) -> str:
        """The commit its main branch stands at, or another reference."""
        return str(self.api.repo_info(self.repo, revision=revision, repo_type=_KIND).sha)

    def files(self, revision: str) -> dict[str, RepoFile]:
        """Its files at a commit, by path."""
        tree = self.api.list_repo_tree(self.repo, recursive=True, revision=revision, repo_type=_KIND)
        return {entry.path: entry for entry in tree if isinstance(entry, RepoFile)}

    def read(self, path: str, revision: str) -> str:
        """The text of one of its files at a commit; nothing where there is none."""
        return self._bytes(path, revision).decode("utf-8", "replace")

    def sha256(self, file: RepoFile, revision: str) -> str:
        """The SHA-256 of one of its files at a commit; a small file is read for it."""
        if file.lfs is not None:
            return str(file.lfs.sha256)
        return hashlib.sha256(self._bytes(file.path, revision)).hexdigest()

    def _bytes(self, path: str, revision: str) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            try:
                return self.download(path, revision, Path(folder)).read_bytes()
            except RemoteEntryNotFoundError:
                return b""

    def download(self, path: str, revision: str, folder: Path) -> Path:
        """One of its files at a commit, below a folder, under the path that it has there."""
        where = {"repo_type": _KIND, "revision": revision, "local_dir": folder}
        return Path(self.api.hf_hub_download(self.repo, path, **where))

    def commit(  # what, where, and who hears of it
        self,
        message: str,
        add: Add,
        delete: Sequence[str],
        *,
        parent: str,
        report: Report = lambda _: None,
        revision: str | None = None,
    ) -> None:
        """Put files or bytes there and take others away, all at once; refused (412) unless it stands at `parent`.

        `report` hears how many bytes more are uploaded; what the Hub has already counts at once.
        """
        where = {"repo_type": _KIND, "revision": revision}
        operations = [*self._uploaded(add, report, where), *_deletions(delete)]
        self.api.create_commit(self.repo, operations, commit_message=message, parent_commit=parent, **where)

    def open_pull(self, message: str, add: Add, delete: Sequence[str], *, parent: str, report: Report) -> int:
        """The number of a new pull request with a commit on `parent`."""
        where = {"repo_type": _KIND, "create_pr": True}
        operations = [*self._uploaded(add, report, where), *_deletions(delete)]
        done = self.api.create_commit(self.repo, operations, commit_message=message, parent_commit=parent, **where)
        return int(done.pr_num)

    def open_pulls(self) -> dict[str, int]:
        """The numbers of its pull requests that are neither merged nor closed, by their titles."""
        pulls = self.api.get_repo_discussions(self.repo, discussion_type="pull_request", repo_type=_KIND)
        return {pull.title: pull.num for pull in pulls if pull.status in ("open", "draft")}

    def merge(self, pull: int) -> None:
        """Make what a pull request holds the state of its main branch."""
        self.api.merge_pull_request(self.repo, pull, repo_type=_KIND)

    def _uploaded(self, add: Add, report: Report, where: dict[str, Any]) -> list[CommitOperationAdd]:
        """Files as parts of a commit, their bytes uploaded some at a time."""
        waiting: list[CommitOperationAdd] = []
        operations, size = [], 0
        for path, data in add.items():
            operation = CommitOperationAdd(path, data if isinstance(data, bytes) else str(data))
            operations.append(operation)
            waiting.append(operation)
            size += operation.upload_info.size
            if size >= AT_ONCE_BYTES:
                self.api.preupload_lfs_files(self.repo, waiting, free_memory=False, **where)
                report(size)
                waiting, size = [], 0
        if waiting:
            self.api.preupload_lfs_files(self.repo, waiting, free_memory=False, **where)
            report(size)
        return operations

    def tags(self) -> dict[str, str]:
        """The commits its tags name."""
        return {ref.name: ref.target_commit for ref in self.api.list_repo_refs(self.repo, repo_type=_KIND).tags}

    def tag(self, tag: str, revision: str) -> None:
        """Name a commit; a tag that is there already stays."""
        self.api.create_tag(self.repo, tag=tag, revision=revision, repo_type=_KIND, exist_ok=True)

    def untag(self, tag: str) -> None:
        """Take a tag away, if it is there."""
        if tag in self.tags():
            self.api.delete_tag(self.repo, tag=tag, repo_type=_KIND)

    def large_files(self) -> list[LFSFileInfo]:
        """Every large file that any of its commits ever held."""
        return list(self.api.list_lfs_files(self.repo, repo_type=_KIND))

    def delete_large_files(self, files: Sequence[LFSFileInfo]) -> None:
        """Delete large files for good, whichever commits name them."""
        self.api.permanently_delete_lfs_files(self.repo, files, rewrite_history=False, repo_type=_KIND)

    def squash(self) -> None:
        """Make one commit of its main branch: what it held before is gone from it."""
        self.api.super_squash_history(self.repo, branch="main", repo_type=_KIND)

    def other_references(self) -> list[str]:
        """Its references besides the main branch and tags: what the Hub converted by itself, and pull requests."""
        refs = self.api.list_repo_refs(self.repo, repo_type=_KIND, include_pull_requests=True)
        others = [*refs.converts, *(refs.pull_requests or []), *(ref for ref in refs.branches if ref.name != "main")]
        return sorted(ref.ref for ref in others)


def of_pull(number: int) -> str:
    """The reference of a pull request."""
    return f"refs/pr/{number}"


def _deletions(paths: Sequence[str]) -> list[CommitOperationDelete]:
    return [CommitOperationDelete(path, is_folder=False) for path in paths]


def check_name(repo: str) -> None:
    """Raise BadSetting for what cannot be the name of a dataset, before anybody is asked."""
    if "/" not in repo:
        raise _unnameable(repo)
    with translated(repo):
        validate_repo_id(repo)


def remote(repo: str) -> Remote:
    """A repository by its name; who asks comes from HF_TOKEN or `hf auth login`, the address from HF_ENDPOINT."""
    disable_progress_bars()
    return Remote(HfApi(endpoint=os.environ.get("HF_ENDPOINT"), library_name="emocurate"), repo)


def errors() -> tuple[type[Exception], ...]:
    """What huggingface_hub raises when the Hub refuses, the network fails or its uploader gives up."""
    return (HTTPError, OSError, RuntimeError, ValueError)


def status(error: BaseException) -> int | None:
    """The number with which the Hub refused, None when it never answered; the library may tell it as a cause only."""
    response: Any = getattr(error, "response", None)
    number: int | None = getattr(response, "status_code", None)
    return status(error.__cause__) if number is None and error.__cause__ is not None else number


@contextmanager
def translated(repo: str) -> Iterator[None]:
    """Tell errors of huggingface_hub as ours, with what to type next."""
    try:
        yield
    except errors() as error:
        raise _told(repo, error) from error


def _unnameable(repo: str) -> BadSetting:
    return BadSetting(f"{repo!r} cannot be the name of a dataset; type `emocurate publish OWNER/NAME`")


def _told(repo: str, error: Exception) -> EmocurateError:
    if isinstance(error, HFValidationError):
        return _unnameable(repo)
    reasons = {
        401: "the Hub does not know who you are; type `hf auth login`, or set HF_TOKEN, with a token that may write",
        403: f"your token may not write to {repo}; type `hf auth login` with one that may, or publish under your name",
        404: f"there is no dataset {repo} that your token may see; check the name, or type `hf auth login`",
        429: "the Hub asks to wait before the next request; type the command again in some minutes",
    }
    number = 401 if isinstance(error, LocalTokenNotFoundError) else status(error)
    if number in reasons:
        return EmocurateError(reasons[number])
    said = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if number is not None:
        return EmocurateError(f"the Hub refused ({number}): {said}; when that is mended, type the command again")
    if isinstance(error, HTTPError | ConnectionError):
        return EmocurateError(f"the Hub cannot be reached ({said}); type the command again when the network is there")
    return EmocurateError(f"publishing to {repo} failed: {said}; type the command again when that is mended")
