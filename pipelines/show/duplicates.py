"""What `duplicates` says."""

from pipelines.find.duplicates import Duplicates, Group
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
