"""What `flagged list`, `flagged keep` and `flagged reject` say."""

from collections.abc import Sequence

from pipelines.show.terminal import amount, print_table, printable, say
from pipelines.weigh.flagged import Decided, FlaggedClip


def flags(rows: Sequence[FlaggedClip]) -> None:
    """Every flag on a clip, with what was decided."""
    if not rows:
        print("no clip is flagged")
        return
    columns = ["clip", "medium", "file", "flag", "raters", "state", "why"]
    cells = [
        [row.clip, row.modality, printable(row.file or ""), row.flag, row.raters, row.state, printable(row.why or "")]
        for row in rows
    ]
    print_table("Flagged clips", columns, cells)
    undecided = {row.clip for row in rows if row.state == "undecided"}
    if undecided:
        print(f"{len(undecided):,} undecided: in no new release")
        say("Next: emocurate show CLIP --open, then emocurate flagged keep (or reject) CLIP --reason …")


def decided(decision: Decided) -> None:
    """Whether clips may be in releases from now on."""
    state = "may be released" if decision.kept else "stay out of new releases"
    print(f"{amount(len(decision.clips), 'clip')} {state}, {decision.new:,} decided anew: {printable(decision.reason)}")
    say("Next: emocurate export")
