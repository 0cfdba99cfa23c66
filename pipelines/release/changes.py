"""What has to change on the Hub so that it holds a release: three-way, so that no edit made there is lost."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from huggingface_hub.hf_api import RepoFile

from pipelines.release import hub, manifest
from pipelines.release.merge import has_body, merged
from schemas.errors import BadInput, BadSetting

CARD = "README.md"
_SHOWN = 3


@dataclass(frozen=True)
class LocalRelease:
    """A release on disk: the SHA-256 of its files by their path in the folder."""

    folder: Path
    files: dict[str, str]

    def has(self, path: str, remote: RepoFile | None, instead: Path | bytes = b"") -> bool:
        """Whether the Hub's file has the same bytes as ours, or as the bytes that go up instead of ours.

        The Hub tells large files by SHA-256, small ones by git's SHA-1.
        """
        if remote is None:
            return False
        data = instead if isinstance(instead, bytes) and instead else None
        if remote.lfs is not None:
            return bool(remote.lfs.sha256 == (hashlib.sha256(data).hexdigest() if data else self.files[path]))
        file = self.folder / path
        if data is None and remote.size != file.stat().st_size:
            return False
        data = data or file.read_bytes()
        return bool(
            remote.blob_id == hashlib.sha1(b"blob %d\x00" % len(data) + data, usedforsecurity=False).hexdigest()
        )

    def card(self, sha256: str) -> str | None:
        """The card with this hash out of this release or one that lies beside it, as `export` puts them."""
        for folder in (self.folder, *sorted(self.folder.parent.iterdir())):
            path = folder / CARD
            if path.is_file() and hashlib.sha256(data := path.read_bytes()).hexdigest() == sha256:
                return data.decode()
        return None


@dataclass
class Changes:
    """The paths to add, each with a file or text, and those to delete; how many are there, and whose edits stay.

    `kept` are files that somebody edited on the Hub and that stay as they are, or, merged, keep these edits.
    """

    add: dict[str, Path | bytes] = field(default_factory=dict)
    delete: list[str] = field(default_factory=list)
    unchanged: int = 0
    kept: list[str] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        """How many bytes go up."""
        return sum(len(data) if isinstance(data, bytes) else data.stat().st_size for data in self.add.values())

    def missing(self, local: LocalRelease, present: Mapping[str, RepoFile]) -> list[str]:
        """What is not done where the Hub holds these files."""
        left = [path for path, data in self.add.items() if not local.has(path, present.get(path), data)]
        return left + [path for path in self.delete if path in present]


def changes(
    there: hub.Remote, revision: str, local: LocalRelease, *, replace: bool, say: Callable[[str], None]
) -> Changes:
    """What has to change at a commit: ours as published, theirs as it stands there and ours now are compared.

    A file edited there that is the same as published here stays; a card that both changed is merged. Raises BadSetting
    where both changed the same, and where files of others are in the way; with `replace` ours take the place of edits.
    """
    present = there.files(revision)
    comparison = _Comparison(there, revision, present, local, _published(there, revision, present, local), replace, say)
    for path in sorted(local.files):
        comparison.see(path)
    comparison.see_gone()
    return comparison.result


@dataclass
class _Comparison:
    """Our files compared with those on the Hub, one by one."""

    there: hub.Remote
    revision: str
    present: Mapping[str, RepoFile]
    local: LocalRelease
    published: Mapping[str, str]
    replace: bool
    say: Callable[[str], None]
    result: Changes = field(default_factory=Changes)

    def see(self, path: str) -> None:
        """Decide what becomes of one of our files."""
        remote = self.present.get(path)
        if self.local.has(path, remote):
            self.result.unchanged += 1
        elif remote is None or (self.replace and path in (*self.published, CARD)) or not self._is_edited(path):
            self.result.add[path] = self.local.folder / path
        elif self.published.get(path) == self.local.files[path]:
            self.result.kept.append(path)
            self.say(f"{path} was edited on the Hub and stays as it is there; to put ours in its place: {self._again}")
        elif path == CARD:
            self._merge()
        else:
            raise BadSetting(
                f"{path} of {self.there.repo} was edited on the Hub and differs in this release, too; take the edit "
                f"back there, or put ours in its place: {self._again}"
            )

    def see_gone(self) -> None:
        """Delete what the release before had and this one has not."""
        for path in sorted((self.published.keys() & self.present.keys()) - self.local.files.keys()):
            if not self.replace and self._is_edited(path):
                raise BadSetting(
                    f"{path} of {self.there.repo} was edited on the Hub, and this release has no such file; delete it "
                    f"there, or let it be deleted: {self._again}"
                )
            self.result.delete.append(path)

    @property
    def _again(self) -> str:
        return f"emocurate publish {self.there.repo} --replace"

    def _is_edited(self, path: str) -> bool:
        """Whether the Hub's file is not what we published; raises BadSetting for files that were never ours."""
        if path == manifest.NAME and self.published:
            return False  # it is what says what was published
        if path in self.published:
            return self.there.sha256(self.present[path], self.revision) != self.published[path]
        if path == CARD:
            return has_body(self.there.read(path, self.revision))
        raise BadSetting(
            f"{self.there.repo} has files of somebody else where this release has its own, among them {path}; "
            f"type `emocurate publish OWNER/NAME` with the name of another or a new dataset"
        )

    def _merge(self) -> None:
        """Put the edits of the Hub's card into ours."""
        base = self._card_before()
        if base is None:
            raise BadSetting(
                f"the card of {self.there.repo} was written or edited by hand, and no card of ours is here that shows "
                f"what was edited; to put ours in its place: {self._again}"
            )
        ours = (self.local.folder / CARD).read_text("utf-8")
        card = merged(base, self.there.read(CARD, self.revision), ours)
        if card.clashes:
            shown = "".join(f"\n  {text.splitlines()[0][:100]}" for text in card.clashes[:_SHOWN])
            raise BadSetting(
                f"the card of {self.there.repo} was edited on the Hub where this release changes it, too:{shown}\n"
                f"take the edit back there and add it again afterwards, or put ours in its place: {self._again}"
            )
        self.result.kept.append(CARD)
        self.say(f"{CARD}: what was edited on the Hub is kept in the new card")
        self.result.add[CARD] = card.text.encode()

    def _card_before(self) -> str | None:
        """Our card as it was published: from a release on this machine, else from a tag of the repository."""
        if (sha256 := self.published.get(CARD)) is None:
            return None
        if card := self.local.card(sha256):
            return card
        cards = (self.there.read(CARD, commit) for commit in self.there.tags().values())
        return next((card for card in cards if hashlib.sha256(card.encode()).hexdigest() == sha256), None)


def _published(
    there: hub.Remote, revision: str, present: Mapping[str, RepoFile], local: LocalRelease
) -> Mapping[str, str]:
    """The SHA-256 by path of what we published there before, as its manifest says; nothing when it is not ours."""
    if local.has(manifest.NAME, present.get(manifest.NAME)):
        return local.files
    if manifest.NAME not in present:
        return {}
    try:
        text = there.read(manifest.NAME, revision)
        return {**manifest.listed_files(text), manifest.NAME: hashlib.sha256(text.encode()).hexdigest()}
    except BadInput:
        return {}
