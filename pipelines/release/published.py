"""Where releases were published: kept as facts of the catalog, so that a withdrawal knows where copies are."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pipelines.engine.catalog import Catalog, now, state
from schemas.ids import canonical

FACT = "published in "  # and the repository


@dataclass(frozen=True)
class PublishedTo:
    """The last publishing to a repository: of which release, as which commit, on which day (ISO 8601).

    `held` are the releases that its history holds beside it: all that were published since it was purged. None: nobody
    has noted which.
    """

    repo: str
    release: str
    address: str
    commit: str
    published_on: str
    held: tuple[str, ...] | None = ()

    def holds(self, releases: Collection[str]) -> bool:
        """Whether any of some releases is there, or was."""
        return self.held is None or not {self.release, *self.held}.isdisjoint(releases)


def note_published(home: Path, repo: str, release: str, address: str, commit: str) -> None:
    """Keep where a release was published last."""
    before = next((one for one in published_to(home) if one.repo == repo), None)
    held: tuple[str, ...] | None = ()
    if before:
        held = None if before.held is None else tuple(sorted({*before.held, before.release} - {release}))
    _note(home, PublishedTo(repo, release, address, commit, now()[:10], held))


def note_purged(home: Path, repo: str) -> None:
    """Keep that a repository holds nothing any more but what was published last."""
    for one in published_to(home):
        if one.repo == repo:
            _note(home, replace(one, held=()))


def _note(home: Path, said: PublishedTo) -> None:
    with Catalog(home).open() as connection:
        state(connection, f"{FACT}{said.repo}", canonical(asdict(said)))


def published_to(home: Path) -> tuple[PublishedTo, ...]:
    """Every repository that a release was published to."""
    rows = Catalog(home).rows("SELECT value FROM facts WHERE starts_with(name, ?) ORDER BY name", [FACT])
    told = [json.loads(value) for (value,) in rows]
    lists = [one.get("held") for one in told]
    return tuple(
        PublishedTo(**{**one, "held": None if held is None else tuple(held)})
        for one, held in zip(told, lists, strict=True)
    )
