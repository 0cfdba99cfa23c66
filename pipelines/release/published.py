"""Where releases were published: kept as facts of the catalog, so that a withdrawal knows where copies are."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.engine.catalog import Catalog, now, state
from schemas.ids import canonical

FACT = "published in "  # and the repository


@dataclass(frozen=True)
class PublishedTo:
    """The last publishing to a repository: of which release, as which commit, on which day (ISO 8601)."""

    repo: str
    release: str
    address: str
    commit: str
    published_on: str


def note_published(home: Path, repo: str, release: str, address: str, commit: str) -> None:
    """Keep where a release was published last."""
    said = PublishedTo(repo, release, address, commit, now()[:10])
    with Catalog(home).open() as connection:
        state(connection, f"{FACT}{repo}", canonical(asdict(said)))


def published_to(home: Path) -> tuple[PublishedTo, ...]:
    """Every repository that a release was published to."""
    rows = Catalog(home).rows("SELECT value FROM facts WHERE starts_with(name, ?) ORDER BY name", [FACT])
    return tuple(PublishedTo(**json.loads(value)) for (value,) in rows)
