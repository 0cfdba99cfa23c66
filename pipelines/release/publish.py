"""Brings a release to the Hugging Face Hub: one commit with what differs, none when nothing does."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace as replace_in
from pathlib import Path

from pipelines.collection import Collection
from pipelines.engine.catalog import Catalog
from pipelines.engine.lease import lease
from pipelines.release import committing, hub, manifest
from pipelines.release.changes import LocalRelease, changes
from pipelines.release.folders import FOLDER
from pipelines.release.inspection import Inspection, inspect
from pipelines.release.notices import unnoticed
from pipelines.release.preflight import obstacles, standing, untrainable, withheld
from pipelines.release.published import note_published
from pipelines.release.recipients import write_recipients
from pipelines.weigh.flagged import against_release
from schemas.errors import BadInput, BadSetting, NotPublishable
from schemas.release import REMOVED

_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Published:
    """What a publishing came to; `commit` holds the release, made now only when `changed`.

    `kept` are files of the release that were edited on the Hub and keep these edits; `recipients` is the file that
    lists who was let into a gated dataset and is to hear that clips were withdrawn.
    """

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
    kept: tuple[str, ...] = ()
    recipients: str | None = None


@dataclass(frozen=True)
class Access:
    """Who may see a dataset: nobody else while it is `private`; `gated`, those alone whom its owner lets in.

    `untrainable` clips may be published and not trained on: they need the gate.
    """

    private: bool = True
    gated: bool = False
    untrainable: int = 0


PRIVATE = Access()


def publish_release(
    here: Collection,
    repo: str,
    name: str | None,
    *,
    access: Access = PRIVATE,
    replace: bool = False,
    say: Callable[[str], None],
) -> Published:
    """Publish a release, the latest by default; raises NotPublishable with every reason that stands against it.

    What people consented to publish and not to train on leaves only for a gated dataset.
    """
    hub.check_name(repo)
    home, chosen = here.home, _chosen(here.home, name)
    against = _against(here, chosen)
    if not against:
        seen = inspect(home / FOLDER / chosen, every_sample=False)
        against = list(seen.against)
        for line in seen.look:
            say(f"look: {line}")
    if against:
        raise NotPublishable("this release cannot be published:\n  " + "\n  ".join(against))
    access = replace_in(access, untrainable=untrainable(standing(home, chosen)))
    with lease(home, "publish"):
        done = publish(home / FOLDER / chosen, repo, access=access, replace=replace, tag=chosen, say=say)
        note_published(home, repo, chosen, done.address, done.commit)
        return replace_in(done, recipients=_notified(home, repo, chosen, say))


def inspect_release(here: Collection, name: str | None) -> Inspection:
    """All that is looked at before a release is published, every sample read, without the network."""
    chosen = _chosen(here.home, name)
    seen = inspect(here.home / FOLDER / chosen, every_sample=True)
    bound = untrainable(standing(here.home, chosen))
    gate = (f"{bound:,} clips may be published and not trained on: they leave with --gated alone",) if bound else ()
    return replace_in(seen, against=(*_against(here, chosen), *seen.against), look=(*seen.look, *gate))


def _chosen(home: Path, name: str | None) -> str:
    """The release of that name, else the latest; raises BadInput, BadSetting where there is none."""
    releases = _releases(home)
    if not releases:
        raise BadInput("there is no release to publish; make one with: emocurate export")
    chosen = name or releases[-1]
    if chosen not in releases:
        raise BadSetting(f"no release {chosen!r}; there are: {', '.join(releases)}")
    return chosen


def _against(here: Collection, chosen: str) -> list[str]:
    """What the catalog has against a release: clips it no longer knows, licences, consents, raters nobody told."""
    home = here.home
    listed = json.loads((home / FOLDER / chosen / manifest.NAME).read_text("utf-8"))
    if listed.get("internal"):
        return [f"release {chosen!r} is for use within the house; type `emocurate export`, without --internal"]
    expected = manifest.clips_in(listed)
    known = Catalog(home).rows(
        """SELECT count(*) FROM released SEMI JOIN clips ON clips.id = released.clip
           WHERE release = (SELECT id FROM releases WHERE name = ?)""",
        [chosen],
    )[0][0]
    if known != expected:
        return [f"release {chosen!r} holds {expected} clips, the catalog knows {known}; export again"]
    against = obstacles(standing(home, chosen), here.settings.publish.licences) + withheld(home, chosen)
    return [*against, *against_release(home, chosen), *unnoticed(home, home / FOLDER / chosen, listed["parts"])]


def _notified(home: Path, repo: str, release: str, say: Callable[[str], None]) -> str | None:
    """The file that lists who has had a gated dataset, where clips were withdrawn from it."""
    if not (home / FOLDER / release / REMOVED).exists():
        return None
    try:
        there = hub.remote(repo)
        if not there.is_gated():
            say(f"clips were withdrawn, and nobody can tell who has downloaded {repo}: it is not gated")
            return None
        file, count = write_recipients(home, there)
    except hub.errors() as error:
        say(
            f"who was let into {repo} could not be read ({hub.status(error) or type(error).__name__}): take a token of "
            "somebody who may write to it, and publish again, so that they can hear of what was withdrawn"
        )
        return None
    say(f"{count:,} people were let into {repo}; tell them that clips were withdrawn: {file}")
    return str(file.relative_to(home))


def _releases(home: Path) -> list[str]:
    return [name for (name,) in Catalog(home).rows("SELECT name FROM releases ORDER BY added_at, name")]


def publish(
    folder: Path,
    repo: str,
    *,
    access: Access = PRIVATE,
    replace: bool = False,
    tag: str | None,
    say: Callable[[str], None] = lambda _: None,
) -> Published:
    """Make the Hub's dataset `repo` hold exactly the release in `folder`, all at once, and tag that commit.

    The repository is made when it is not there, private unless `access` says otherwise. Files of an earlier release
    that this one does not have are deleted; files of others stay, and so do edits of ours that were made on the Hub,
    unless `replace` puts ours in their place (see `changes`). Who you are comes from HF_TOKEN or `hf auth login`.
    Whether a release may leave the house is asked before, see `preflight`. Raises BadInput for a folder that is no
    whole release, BadSetting for a name or tag that cannot be used or a repository that is public and was not meant to
    be, NotPublishable where clips need a gate, EmocurateError when the Hub refuses or cannot be reached.
    """
    if tag is not None and not _TAG.fullmatch(tag):
        raise BadSetting(f"{tag!r} cannot be a tag; use letters, digits, dots and dashes, such as v1.0")
    local = LocalRelease(folder, _release_files(folder))
    with hub.translated(repo):
        there = hub.remote(repo)
        is_private = _ready(there, access, say)
        head = there.head()
        tagged = _tagged(there, tag, local)
        wanted = changes(there, head, local, replace=replace, say=say)
        if wanted.add or wanted.delete:
            commit = committing.commit(there, head, local, wanted, say)
        else:
            commit = head
            say(f"{repo} holds this release already: nothing to upload")
        if tag is not None and tagged is None:
            there.untag(tag)  # of this release as it was before clips were taken out of it
            there.tag(tag, commit)
            say(f"tagged {tag}")
    return Published(
        repo=repo,
        address=there.address,
        commit=commit,
        changed=commit != head,
        added=len(wanted.add),
        deleted=len(wanted.delete),
        unchanged=wanted.unchanged,
        bytes=wanted.bytes,
        kept=tuple(wanted.kept),
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


def _ready(there: hub.Remote, access: Access, say: Callable[[str], None]) -> bool:
    """Make the repository unless it is there, and say whether it is private; the gate stands before any file comes."""
    is_private = there.visibility()
    if access.untrainable and not access.gated and not (is_private is not None and there.is_gated()):
        raise NotPublishable(
            f"{access.untrainable:,} clips may be published and not trained on, so they leave only for those whom "
            f"somebody lets in: type `emocurate publish {there.repo} --gated`, record consent to train with `emocurate "
            "rights consent TABLE`, or take the clips out"
        )
    if is_private is None:
        there.create(private=access.private)
        say(f"made the {'private' if access.private else 'public'} dataset {there.repo}")
    elif access.private and not is_private:
        raise BadSetting(
            f"{there.repo} is public and you did not say that this release may be; "
            f"type `emocurate publish {there.repo} --public`, or make it private in its settings on the Hub"
        )
    elif is_private and not access.private:
        say(f"{there.repo} stays private; make it public in its settings on the Hub")
    if access.gated and not there.is_gated():
        there.gate()
        say(f"{there.repo} is gated: nobody has its files whom you do not let in, in its settings on the Hub")
    return access.private if is_private is None else is_private


def _tagged(there: hub.Remote, tag: str | None, local: LocalRelease) -> str | None:
    """The commit a tag names already, if that commit holds this very release.

    None where it is not there yet, or holds this release from before clips were withdrawn; raises BadSetting if it
    holds another.
    """
    commit = there.tags().get(tag) if tag else None
    if commit is not None and not local.has(manifest.NAME, there.files(commit).get(manifest.NAME)):
        if REMOVED in local.files and _release_name(there.read(manifest.NAME, commit)) == tag:
            return None
        raise BadSetting(
            f"tag {tag} of {there.repo} names another release; "
            f"type `emocurate export --name` with a new name for this one, then publish that"
        )
    return commit


def _release_name(text: str) -> str | None:
    """The name of the release whose manifest a text is."""
    try:
        return str(json.loads(text)["name"])
    except (ValueError, KeyError, TypeError):
        return None


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
