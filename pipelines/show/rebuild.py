"""What `rebuild` says when it is done."""

from pipelines.rebuild.rebuild import Rebuilt
from pipelines.show.terminal import SHOWN_FAILURES, amount, print_table, printable, say


def rebuilt(done: Rebuilt) -> None:
    """How much of a release was had again, what of it is another file now, and what is missing, with the reasons."""
    print(f"{done.release}: {amount(done.clips, 'clip')} of {amount(done.files, 'file')}, now in {done.folder}")
    rows = [
        ["byte for byte the same", done.identical],
        ["the same samples in other bytes", done.decoded],
        ["from the very file, by another coder", done.recoded],
        ["relocated, in shards of their own", done.relocated],
        ["missing", sum(done.missing.values())],
    ]
    print_table("Rebuilt", ["outcome", "clips"], rows)
    for reason, count in done.missing.items():
        say(f"missing: {amount(count, 'clip')}: {printable(reason)}")
    if done.removed:
        say(f"{amount(done.removed, 'key')} of {done.release} were taken out of it, and not asked for")
    for address, count in list(done.left.items())[:SHOWN_FAILURES]:
        say(f"taken out since it was fetched: {amount(count, 'clip')}; emocurate forget {printable(address)}")
    if len(done.left) > SHOWN_FAILURES:
        say(f"and of {len(done.left) - SHOWN_FAILURES:,} more files: those with the outcome removed in rebuilt.parquet")
    if done.cut_still:
        say(f"{amount(done.cut_still, 'clip')} of files that it still uses were taken out of it, and are in no shard")
    if done.versions and (done.decoded or done.recoded or done.missing):
        told = ", ".join(f"{name} {theirs} (here {ours})" for name, (theirs, ours) in done.versions.items())
        say(f"it was made with {told}: where bytes differ, what they decode to was compared")
    if done.recoded:
        say("what Opus and VP9 lose differs from version to version: cut by another one, clips cannot be compared")
    if done.missing:
        say("which clips, and where they were asked for, stands in rebuilt.parquet")
        say("the same command tries again what failed; --retry asks again for what a site had not or refused")
