"""What `backup` and `restore` say when they are done."""

from pipelines.backup.backup import BackedUp
from pipelines.backup.restore import Restored
from pipelines.show.terminal import amount, printable, say


def backed_up(done: BackedUp) -> None:
    """What is new in a backup, what it holds, and what it does not."""
    print(
        f"{printable(done.place)}: {amount(done.files, 'file')} in {done.bytes / 1e6:,.1f} MB; "
        f"{done.copied:,} of them new ({done.copied_bytes / 1e6:,.1f} MB)"
    )
    if done.removed:
        print(f"  {done.removed:,} former files removed: the collection has them no more")
    if done.links:
        print(f"  {done.links:,} linked originals are not in it: they stay where they are")
    if done.elsewhere:
        print(f"  media at {printable(done.elsewhere)} are not in it: they stay there, and have to be kept there")
    for name, reason in done.failed.items():
        print(f"  not copied: {printable(name)}: {printable(reason)}")
    say(f"The keys of pseudonyms are not in it, on purpose; keep a copy of {done.keys} in another place")


def restored(done: Restored) -> None:
    """What is back, what is not, and what to do next."""
    files, made = f"{amount(done.files, 'file')} in {done.bytes / 1e6:,.1f} MB", done.made_at[:16].replace("T", " ")
    print(f"{printable(done.home)}: {printable(done.name)} as it was on {made} UTC; {files}")
    if done.forgotten:
        print(f"  {done.forgotten:,} files, people or addresses that were forgotten after that stay out")
    if done.links:
        print(f"  {done.links:,} linked originals were not in it: they are where they were, or lost")
    for name in done.damaged:
        print(f"  not restored, the backup is damaged: {printable(name)}")
    for name in done.torn:
        print(f"  not restored: release {name}, damaged, which somebody was to leave; write one with: emocurate export")
    for key in done.keys:
        print(f"  a key is not on this machine: copy it to {printable(key)}")
    say(f"Next: emocurate status --home {printable(done.home)}")
