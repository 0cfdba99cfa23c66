"""`publish --purge`: what a repository on the Hub held before and holds no more leaves its history and its store."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.release import hub
from pipelines.release.published import note_purged
from schemas.errors import BadSetting


@dataclass(frozen=True)
class Purged:
    """What a purge came to: large files deleted for good, tags that named older states, and what stays out of reach.

    `commit` is the only one that the main branch has now. `remaining` are references that still hold older states.
    """

    repo: str
    commit: str
    objects: int
    bytes: int
    tags: tuple[str, ...]
    remaining: tuple[str, ...]


def check_confirmed(repo: str, confirmed: str | None) -> None:
    """Raises BadSetting unless the name of the repository was typed once more."""
    if confirmed != repo:
        raise BadSetting(
            f"--purge deletes the history of {repo} and every older file for good; type its name once more: "
            f"--confirm {repo}"
        )


def purge_release(home: Path, repo: str, confirmed: str | None, tag: str | None) -> Purged:
    """Purge a repository that releases of a collection are in, and keep that the older ones are there no more."""
    done = purge(repo, confirmed, tag)
    note_purged(home, repo)
    return done


def purge(repo: str, confirmed: str | None, tag: str | None) -> Purged:
    """Delete every large file that the newest commit does not hold, every tag of an older one, and the history.

    It cannot be undone: raises BadSetting unless the name of the repository was typed once more. The tag of the release
    is cut again at the one commit that is left. Copies that were downloaded, mirrors, and what the Hub made of the
    files by itself are out of reach.
    """
    check_confirmed(repo, confirmed)
    with hub.translated(repo):
        there = hub.remote(repo)
        head = there.head()
        live = {file.lfs.sha256 for file in there.files(head).values() if file.lfs is not None}
        stale = [file for file in there.large_files() if file.file_oid not in live]
        there.delete_large_files(stale)
        tags = sorted(there.tags())
        for name in tags:  # a tag keeps alive what it names, that of this release too
            there.untag(name)
        there.squash()
        if tag is not None:
            there.tag(tag, there.head())
        sizes = {file.file_oid: int(file.size) for file in stale}
        gone = tuple(name for name in tags if name != tag)
        return Purged(repo, there.head(), len(sizes), sum(sizes.values()), gone, tuple(there.other_references()))
