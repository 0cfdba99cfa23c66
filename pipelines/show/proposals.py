"""What `next` says: what to ask next, each with its reason."""

from collections.abc import Sequence

from pipelines.ask.proposals import Next
from pipelines.show.terminal import print_table, say


def proposed(draws: Sequence[Next]) -> None:
    """What is proposed in every scheme, out of how many candidates."""
    for draw in draws:
        if not draw.candidates:
            say(f"{draw.scheme}: no clip to ask about; only what `emocurate run` found good enough can be proposed")
            continue
        rows = [
            [item.name, item.proposal.part, f"{item.proposal.probability:.2g}", item.reason] for item in draw.proposed
        ]
        title = f"Ask next in {draw.scheme} ({len(rows):,} of {draw.candidates:,})"
        print_table(title, ["item", "part", "probability", "reason"], rows)
    say("The random part represents all candidates; the probability of every selection is in the catalog.")
