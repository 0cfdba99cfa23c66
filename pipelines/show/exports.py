"""What `export` says when it is done; light to load, since it is often said that nothing is new."""

from typing import Any

from pipelines.release.balance import Large
from pipelines.release.exported import Exported
from pipelines.show.terminal import amount, print_table, printable, say
from schemas.release import SPLITS, Split

DEVIATING = 0.02  # of the clips: what is told
SHOWN = 5  # names of files that are left out, and of clips
ID = 12  # characters of an id that tell it from others


def exported(release: Exported) -> None:
    """What a release holds, whose labels they are, and what stayed out."""
    state = "written" if release.new else "is up to date"
    print(f"release {release.name} {state}: {release.folder}")
    rows = [[media, split, n] for media, splits in release.samples.items() for split, n in in_order(splits)]
    print_table("Samples", ["media", "split", "n"], rows)
    _left_out(release)
    for media, weighting in release.weightings.items():
        _weighted(media, weighting)
    _print_leaks(release)
    for gap in release.gaps if release.remembered else ():  # where somebody looked it was said on the way
        say(f"look at: {printable(gap)}")
    if release.moved:
        say(f"earlier releases had {amount(len(release.moved), 'clip')} in different splits; the latest counts")
    for obstacle in release.obstacles:
        say(f"stands against publishing: {obstacle}")
    if release.internal:
        say("for use within the house: it is never published")
    elif not release.obstacles:
        say("Next: emocurate publish USER/NAME; how to load it stands in its README.md")


def _left_out(release: Exported) -> None:
    """Whose labels were taken where nobody said so, and what stayed out."""
    if release.guessed and release.by and release.by != ("person",):
        say(f"labels by {', '.join(release.by)}; declare it with: --by {' --by '.join(release.by)}")
    for reason, count in release.left_out.items():
        names = release.named.get(reason, ())
        more = f" and {len(names) - SHOWN:,} more files (--json names them)" if len(names) > SHOWN else ""
        of = f" of {', '.join(map(printable, names[:SHOWN]))}{more}" if names else ""
        say(f"left out: {amount(count, 'clip')}{of}: {reason}")
    for reason, count in release.labels_only.items():
        say(f"labels only: {amount(count, 'clip')}: {reason}")
    if release.refused:
        say(f"{amount(release.refused, 'clip')} may not be passed on; for use within the house: export --internal")


def _weighted(media: str, weighting: dict[str, Any]) -> None:
    """For how many clips the weights of a modality count, and what they cannot undo."""
    by, n, effective = ", ".join(weighting["by"]), weighting["n"], weighting["effective_n"]
    if effective < n or weighting["undone_not"]:
        capped = f", {weighting['capped']:,} capped" if weighting["capped"] else ""
        print(f"{media}s weighed by {by}: {n:,} count as {effective:,.0f}{capped}")
    for stratum, (left, found) in weighting["undone_not"].items():
        say(f"cannot be undone: of {found:,} {media}s ({printable(stratum)}) {left:,} are left")


def _print_leaks(release: Exported) -> None:
    """What is linked and how much of it crosses splits, which is nothing of what is known; and what is too large."""
    rows = [[leak.kind, leak.known, leak.unknown, leak.linked, leak.crossing, leak.missed] for leak in release.leaks]
    if rows:
        print_table("Links across splits", ["link", "known", "unknown", "pairs", "crossing", "likely missed"], rows)
    for off in release.deviations:
        if abs(off.share - off.wanted) >= DEVIATING:
            of = "" if off.value == "all" else f" {printable(off.value)}"
            say(f"{off.what}{of}: {off.split} has {off.share:.0%} of {off.of:,}, {off.wanted:.0%} were wanted")
    for group in release.large:
        say(
            f"a group of {amount(group.files, 'file')}, {group.share:.0%} of all, is linked by "
            f"{', '.join(group.links)} and went to train uncut: it is over export.largest; {_bridged(group)}"
        )


def _bridged(group: Large) -> str:
    """The clips that hold a group together, and how to leave them out."""
    if not group.bridges:
        return "no clips were found without which it would fall into two large parts"
    names = ", ".join(printable(bridge.name) for bridge in group.bridges[:SHOWN])
    more = f" and {len(group.bridges) - SHOWN:,} more (--json names them)" if len(group.bridges) > SHOWN else ""
    ids = " ".join(bridge.clip[:ID] for bridge in group.bridges[:SHOWN])
    parts = " and ".join(f"{part:,}" for part in group.parts)
    return (
        f"without {amount(len(group.bridges), 'clip')} ({names}{more}) it falls into parts, of which the largest "
        f"have {parts} files; leave them out with: emocurate flagged reject {ids}{' …' if more else ''} --reason …"
    )


def in_order(splits: dict[Split, int]) -> list[tuple[Split, int]]:
    """Splits with their counts, train first."""
    return [(split, splits[split]) for split in SPLITS if split in splits]
