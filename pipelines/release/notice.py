"""NOTICE.md of a release: everybody who is to be named, for media, labels, models and programs."""

from collections.abc import Iterator

from pipelines.release.markdown import code, linked, plain, table
from pipelines.release.tally import Named, Tally
from schemas.licences import listed
from schemas.release import Release

NAME = "NOTICE.md"


def notice(release: Release, tally: Tally) -> str:
    """The notice; whoever shares clips of the release passes on the names that stand beside them."""
    sections = [
        f"# Who is to be named for {plain(release.title)}",
        "Whoever passes clips on names those who stand beside them in the columns `attribution` and `terms`, with the "
        "licence, and says what was changed: clips are cut from longer recordings or larger pictures, unless whole.",
        _people(tally),
        *_labels(release),
        *_machines(release, tally),
    ]
    return "\n\n".join(sections) + "\n"


def _people(tally: Tally) -> str:
    ordered = sorted(tally.named.items(), key=lambda pair: (-pair[1], _order(pair[0])))
    nameless = _nameless(tally)
    if not ordered:
        return f"## Recordings and pictures\n\n{nameless or 'No source asks to be named.'}"
    rows = [
        [plain(of.attribution), of.layer, _licence(of.licence), linked(of.address) if of.address else "none", f"{n:,}"]
        for of, n in ordered
    ]
    told = table(["name", "of what", "licence", "where", "clips"], rows)
    return "\n\n".join(["## Recordings and pictures", told, *([nameless] if nameless else [])])


def _nameless(tally: Tally) -> str:
    """How many clips have a licence that asks for a name, and no name."""
    count = sum(n for of, n in tally.origins.items() if not of.attribution and _asks_for_name(of.licence))
    if not count:
        return ""
    clips = "1 clip has a licence that asks" if count == 1 else f"{count:,} clips have licences that ask"
    return f"{clips} for a name, and none is on record: name the source, which LICENSE.md lists."


def _asks_for_name(licence: str | None) -> bool:
    """Whether attribution (BY) is a part of the name of a licence."""
    return "by" in (listed(licence) or "").casefold().split("-")


def _labels(release: Release) -> Iterator[str]:
    if release.label_sources:
        rows = [
            [plain(of.attribution or of.source), _licence(of.licence), linked(of.address) if of.address else "none",
             f"{of.clips:,}"]
            for of in release.label_sources
        ]  # fmt: skip
        yield f"## Ratings from elsewhere\n\n{table(['name', 'licence', 'where', 'clips'], rows)}"


def _machines(release: Release, tally: Tally) -> Iterator[str]:
    makers = sorted({origin.model for origin in tally.origins if origin.model})
    if makers:
        yield "## What generated synthetic media\n\n" + "\n".join(f"- {plain(name)}" for name in makers)
    if release.weights:
        rows = [[plain(name), plain(licence)] for name, licence in sorted(release.weights.items())]
        yield f"## Models that found the clips\n\n{table(['model', 'licence of its weights'], rows)}"
    if release.versions:
        rows = [[f"`{code(name)}`", plain(version)] for name, version in sorted(release.versions.items())]
        yield f"## Programs\n\n{table(['program', 'version'], rows)}"


def _licence(licence: str | None) -> str:
    """A licence, with its text where SPDX has it."""
    if name := listed(licence):
        return f"[{name}](https://spdx.org/licenses/{name}.html)"
    return plain(licence or "none")


def _order(of: Named) -> tuple[str, ...]:
    return (of.attribution, of.layer, of.licence or "", of.address or "")
