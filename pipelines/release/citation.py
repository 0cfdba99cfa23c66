"""How a release is cited: CITATION.cff (Citation File Format 1.2.0) and one line for its card."""

from typing import Any

import yaml

from pipelines.release.tally import Tally
from schemas.licences import listed
from schemas.release import Release

NAME = "CITATION.cff"
FORMAT = "1.2.0"
MESSAGE = "If you use this dataset, please cite it, and whoever is named in NOTICE.md."
SEVERAL = "No one licence covers it: every clip keeps its own terms, which are in LICENSE.md."


def citation(release: Release, tally: Tally) -> str:
    """The file; it has no day, so that the same clips give the same bytes whenever they are exported."""
    names = {listed(licence) for licence, _ in (*tally.licences, *tally.bare)}
    names |= {listed(source.licence) for source in release.label_sources}
    licences = sorted(name for name in names if name)  # the format takes several for a choice, where each has its own
    one = len(names) == 1 and bool(licences)
    told: dict[str, Any] = {
        "cff-version": FORMAT,
        "message": MESSAGE if one else f"{MESSAGE} {SEVERAL}",
        "type": "dataset",
        "title": release.title,
        "version": release.name,
        "authors": [{"name": name} for name in authors(release)],
        **({"abstract": release.description} if release.description else {}),
        **({"license": licences[0]} if one else {}),
        **({"url": f"https://huggingface.co/datasets/{release.repo}"} if release.repo else {}),
        "keywords": ["emotion", "affective computing", *sorted({part.media for part in release.parts})],
    }
    text: str = yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=110)
    return text


def authors(release: Release) -> tuple[str, ...]:
    """Whom a citation names: those of the settings, else nobody in particular, which the format does not know."""
    return release.authors or (f"The makers of {release.title}",)


def cited(release: Release) -> str:
    """The line that a card shows."""
    return f"{', '.join(authors(release))}: {release.title} [dataset], version {release.name}."
