"""What `publish` and `release` say when they are done, and another form."""

from collections.abc import Sequence

from pipelines.release.forms import Formed
from pipelines.release.inspection import Inspection
from pipelines.release.listing import Difference, Listed, Shown
from pipelines.release.methods import Methods
from pipelines.release.publish import Published
from pipelines.release.purge import Purged
from pipelines.show.exports import in_order
from pipelines.show.terminal import amount, print_table, printable, say
from schemas.modality import MODALITIES


def published(revision: Published) -> None:
    """Where a release went."""
    change = (
        f"{amount(revision.added, 'file')} added, {revision.deleted:,} deleted" if revision.changed else "nothing new"
    )
    access = "private" if revision.private else "public"
    print(f"{revision.address} ({access}): {change}; tag {revision.tag}, commit {revision.commit[:12]}")


def purged(repository: Purged) -> None:
    """What was deleted for good, and what is out of reach."""
    size_mb = repository.bytes / 1e6
    print(f"{repository.repo}: {repository.objects:,} older files ({size_mb:,.1f} MB) deleted, history squashed")
    if repository.tags:
        print(f"  tags of older states taken away: {', '.join(map(printable, repository.tags))}")
    for reference in repository.remaining:
        print(f"  still there: {printable(reference)}; look at it on the Hub, and delete or close it")
    say("Out of reach: what was downloaded before, and mirrors; tell those who asked for access")


def listed(releases: Sequence[Listed]) -> None:
    """One line for each release."""
    if not releases:
        say("there is no release; make one with: emocurate export")
        return
    rows = [
        [
            one.name, one.made_at, *(f"{sum(one.samples.get(media, {}).values()):,}" for media in MODALITIES),
            f"{one.shards:,}", f"{one.bytes / 1e6:,.1f}",
            ", ".join(one.published) or ("" if one.there else "folder gone"),
        ]
        for one in releases
    ]  # fmt: skip
    media = [modality.plural for modality in MODALITIES.values()]
    print_table("Releases", ["release", "made (UTC)", *media, "shards", "MB", "published"], rows)


def holding(release: Shown) -> None:
    """What one release holds."""
    listed([release.listed])
    rows = [[media, split, n] for media, splits in release.listed.samples.items() for split, n in in_order(splits)]
    print_table("Samples", ["media", "split", "n"], rows)
    print_table("Licences", ["licence", "samples"], [[name, n] for name, n in release.licences.items()])
    if release.labels_only:
        print(f"labels only, without media: {amount(release.labels_only, 'clip')}")
    if release.internal:
        print("for use within the house: it is never published")
    for media, columns in release.columns.items():
        print(f"labels of {media}s: {', '.join(map(printable, columns)) or 'none'}")


def section(methods: Methods) -> None:
    """How a release came to be, to be pasted into a paper."""
    print(methods.markdown, end="")


def differences(found: Sequence[Difference]) -> None:
    """What came, left, moved or changed, by medium."""
    rows = [
        [
            one.media, one.same, one.came, one.left, one.moved, one.relabelled, one.relicensed,
            f"{one.shards_alike} of {one.shards}",
        ]
        for one in found
    ]  # fmt: skip
    head = ["media", "the same", "came", "left", "moved", "other label", "other licence", "shards alike"]
    print_table("Clips", head, rows)
    for one in found:
        for column, count in one.labels.items():
            print(f"{one.media}, {printable(column)}: {amount(count, 'clip')} with another label")
        if one.lacking:
            print(f"{one.media}: only one of the two has {', '.join(map(printable, one.lacking))}")


def inspected(release: Inspection) -> None:
    """What a look at a release before its publishing came to."""
    print(f"release {release.name}: {amount(release.files, 'file')}, {release.bytes / 1e6:,.1f} MB")
    rows = [[one.configuration, one.split, one.samples, one.read] for one in release.loaded]
    print_table("Loaded with datasets and webdataset", ["configuration", "split", "samples", "read"], rows)
    for line in release.viewer:
        print(f"the Hub's viewer shows of {printable(line)}")
    for line in release.look:
        say(f"look at: {printable(line)}")
    for line in release.against:
        say(f"stands against publishing: {printable(line)}")
    if not release.against:
        say("nothing stands against it; publish with the same command without --dry-run")


def formed(release: Formed) -> None:
    """Where a release lies in another form."""
    print(
        f"as {release.form}: {amount(release.samples, 'sample')} in {amount(release.files, 'file')}, {release.folder}"
    )
