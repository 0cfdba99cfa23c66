"""What `rights` says when it is done."""

from pipelines.collect.rights import Resolved
from pipelines.show.terminal import printable, say


def resolved(done: Resolved) -> None:
    """Which terms hold for a file, in place of which."""
    before = ", ".join(licence or basis for basis, licence in done.before) or "nothing"
    state = f"{before} → {done.licence or done.basis}" if done.new else f"{done.licence or done.basis} holds already"
    print(f"{printable(done.name)} ({done.layer}): {state}")
    say("Next: emocurate export")
