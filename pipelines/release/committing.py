"""Puts changes on the Hub all at once: in one commit or, where that is too large, in a pull request that is merged."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic

from pipelines.release import hub, manifest
from pipelines.release.changes import Changes, LocalRelease
from schemas.errors import EmocurateError

Say = Callable[[str], None]
PIECE_FILES, PIECE_BYTES = 100, 50 * 10**9  # above that the Hub may take too long for a commit, and refuse
SAID_EVERY_S = 10.0


def commit(there: hub.Remote, head: str, local: LocalRelease, wanted: Changes, say: Say) -> str:
    """Commit the changes on top of `head`, and give the commit that holds them.

    A lost reply is settled by looking at what is there afterwards. What a killed publishing uploaded, or committed to
    its pull request, is not sent again. Raises EmocurateError where somebody else changed the repository meanwhile.
    """
    say(f"uploading {files(len(wanted.add))} ({wanted.bytes / 1e6:,.1f} MB), deleting {len(wanted.delete)}")
    pieces = list(_pieces(wanted))
    failure: Exception | None = None
    try:
        if len(pieces) > 1:
            _merged(there, head, local, pieces, say)
        else:
            message = title(local)
            there.commit(message, wanted.add, wanted.delete, parent=head, report=_Progress(wanted.bytes, say).see)
    except hub.errors() as error:
        failure = error
    now = there.head()
    if now == head:
        raise failure or EmocurateError(f"{there.repo} took the commit and does not show it; type the command again")
    missing = wanted.missing(local, there.files(now))
    if missing:
        raise _unsettled(there.repo, missing[0], failure)
    return now


def title(local: LocalRelease) -> str:
    """What a commit of a release is called."""
    return f"Release {local.files[manifest.NAME][:12]}"


def files(count: int) -> str:
    """So many files, in words."""
    return "1 file" if count == 1 else f"{count:,} files"


def _pieces(wanted: Changes) -> Iterator[Changes]:
    """Changes of a size that one commit takes, the list of all files and what is deleted in the last."""
    piece, size = Changes(), 0
    ordered = sorted(wanted.add.items(), key=lambda pair: (pair[0] == manifest.NAME, pair[0]))
    for path, data in ordered:
        more = len(data) if isinstance(data, bytes) else data.stat().st_size
        if piece.add and (len(piece.add) >= PIECE_FILES or size + more > PIECE_BYTES):
            yield piece
            piece, size = Changes(), 0
        piece.add[path] = data
        size += more
    yield Changes(piece.add, wanted.delete)


def _merged(there: hub.Remote, head: str, local: LocalRelease, pieces: list[Changes], say: Say) -> None:
    """Commit the pieces to a pull request, that of a killed publishing if it is there, and merge it.

    Its title says what it is of and what it was made on: where the repository changed, another one is opened.
    """
    name = f"{title(local)} on {head[:12]}"
    pull = there.open_pulls().get(name)
    say(f"in {len(pieces):,} commits to a pull request, {'which is there already' if pull else 'merged at the end'}")
    progress = _Progress(sum(piece.bytes for piece in pieces), say)
    for piece in pieces:
        if pull is None:
            pull = there.open_pull(name, piece.add, piece.delete, parent=head, report=progress.see)
            continue
        at = there.head(hub.of_pull(pull))
        if left := _left(piece, local, there, at):
            there.commit(name, left.add, left.delete, parent=at, report=progress.see, revision=hub.of_pull(pull))
        progress.skip(piece.bytes - left.bytes)
    if there.head() != head:
        raise EmocurateError(f"somebody else changed {there.repo} meanwhile, so nothing was merged; type it again")
    if pull is not None:
        there.merge(pull)


def _left(piece: Changes, local: LocalRelease, there: hub.Remote, at: str) -> Changes:
    """What of a piece is not at a commit."""
    present = there.files(at)
    add = {path: data for path, data in piece.add.items() if not local.has(path, present.get(path), data)}
    return Changes(add, [path for path in piece.delete if path in present])


def _unsettled(repo: str, missing: str, failure: Exception | None) -> Exception:
    """Why a repository that changed does not hold what was committed."""
    if failure is not None and hub.status(failure) != 412:
        return failure
    if failure is not None:
        return EmocurateError(f"somebody else changed {repo} meanwhile, so nothing was written; type the command again")
    return EmocurateError(
        f"{repo} left out {missing} of the release; look for a rule in its .gitignore, then type the command again"
    )


@dataclass
class _Progress:
    """Says every ten seconds how many bytes are uploaded, at which rate, and how long the rest takes."""

    total: int
    say: Say
    done: int = 0
    skipped: int = 0
    started: float = field(default_factory=monotonic)
    said: float = field(default_factory=monotonic)

    def see(self, size: int) -> None:
        """So many bytes more are there."""
        self.done += size
        now = monotonic()
        if now - self.said >= SAID_EVERY_S and self.done > self.skipped:
            self.said = now
            rate = (self.done - self.skipped) / (now - self.started)
            left_min = (self.total - self.done) / rate / 60
            done, total, speed = (f"{size / 1e6:,.1f}" for size in (self.done, self.total, rate))
            self.say(f"{done} of {total} MB, {speed} MB/s, {left_min:,.0f} min left")

    def skip(self, size: int) -> None:
        """So many bytes were there already."""
        self.skipped += size
        self.see(size)
