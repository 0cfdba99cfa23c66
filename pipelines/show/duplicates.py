"""What `duplicates` says."""

from pipelines.find.contamination import Contamination
from pipelines.find.duplicates import Duplicates, Group
from pipelines.find.fingerprints import Written
from pipelines.show.terminal import amount, printable, say

SHOWN = 20


def listed(found: Duplicates) -> None:
    """The groups with their members and reasons."""
    for kind, words in (("duplicate", "the same again"), ("repeated", "repeated content, which joins no recordings")):
        some = [group for group in found.groups if group.kind == kind]
        counts = [f"{amount(sum(g.what == what for g in some), 'group')} of {what}s" for what in _whats(some)]
        print(f"{words.capitalize()}: {', '.join(counts) or 'nothing'}")
        for group in some[:SHOWN]:
            _print_group(group)
        if len(some) > SHOWN:
            say(f"  and {len(some) - SHOWN:,} more; --json has all of them")
    if found.without:
        print(f"{amount(found.without, 'file')} without a fingerprint: whether they are the same again is unknown")
        say("Fingerprints are made by: emocurate run")


def _whats(groups: list[Group]) -> list[str]:
    return sorted({group.what for group in groups})


def _print_group(group: Group) -> None:
    print(f"  {group.what} {group.id[:8]}")
    for member in group.members:
        state = {True: ", is asked about", False: ", is not", None: ""}[member.kept]
        print(f"    {printable(member.name)}{state}: {member.why}")


def written(done: Written) -> None:
    """How many fingerprints were written where."""
    print(f"{printable(done.path)}: {amount(done.clips, 'clip')}, {done.bytes / 1e6:.1f} MB")
    if done.without:
        print(f"  {amount(done.without, 'clip')} without a fingerprint; type: emocurate run")


def contaminated(found: Contamination) -> None:
    """Which clips stand elsewhere too, the first of them by name."""
    where = printable(found.against)
    print(f"{amount(found.clips, 'clip')} of the newest release compared with {amount(found.files, 'file')} in {where}")
    for split, count in found.splits.items():
        print(f"  {amount(count, f'{split} clip')} in {where}")
    for match in found.matches[:SHOWN]:
        print(f"    {match.clip} ({match.split}): {printable(match.there)}, {match.why}")
    if len(found.matches) > SHOWN:
        say(f"  and {len(found.matches) - SHOWN:,} more; --json has all of them")
    if not found.matches:
        print("  none is there, as far as fingerprints or names can tell")
    if found.unread:
        print(f"  {amount(found.unread, 'file')} could not be read as media: of them nothing is known")
