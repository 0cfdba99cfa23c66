"""What `status --gates` says: what every threshold removes of whom."""

from annotate.raters.shares import Share
from pipelines.dropped import Sampled
from pipelines.gates import Gate, Gates
from pipelines.show.terminal import amount, print_table, printable

SHOWN = 20  # values of one gate, those first of which it removes most
NOTE = """Intervals are Wilson's (1927), of differences Newcombe's (1998), both for 95 %. Clips of one file or speaker
are not independent of each other; of many comparisons, one in twenty shows a difference by chance.
only: no other threshold stands against these; more than the rest: in points, beside clips of another value"""


def costs(found: Gates) -> None:
    """Every gate with what it removes, those that remove nothing on one line."""
    silent = []
    for gate in found.gates:
        if gate.removed:
            _gate(gate)
        elif gate.of:
            silent.append(gate.setting)
    if silent:
        print(f"\nremove nothing: {', '.join(silent)}")
    for one in found.sampled:
        _sampled(one)
    print(f"\n{NOTE}")
    print(f"An emotion is known, whatever the thresholds, of {found.emotions:,} of {amount(found.clips, 'clip')}.")
    if found.clips and not found.emotions:
        print("Name one: add --metadata with a column `requested`, or corpus import; or ask: push --dropped 50")


def _sampled(one: Sampled) -> None:
    """What people hear in a sample of what is dropped, beside what they hear in what is good."""
    print(
        f"\n{one.question} of {one.modality}s below a threshold: {one.drawn:,} of {one.below:,} drawn, "
        f"{one.rated:,} rated"
    )
    rows = [[printable(row.value), _share(row.below), _share(row.good), _share(row.removed)] for row in one.values]
    print_table("", ["what people say", "of the dropped", "of the good", "likely removed of all"], rows)


def _share(one: Share) -> str | None:
    if one.value is None:
        return None
    ends = "" if one.low is None or one.high is None else f" ({one.low:.1%} to {one.high:.1%})"
    return f"{one.value:.1%}{ends}"


def _gate(gate: Gate) -> None:
    limit = "" if gate.limit is None else f" = {gate.limit:g}" if isinstance(gate.limit, float) else f" = {gate.limit}"
    alone = f", {gate.alone:,} of them it alone" if gate.alone < gate.removed else ""
    print(f"\n{gate.setting}{limit} removes {gate.removed:,} of {amount(gate.of, gate.unit[:-1])}{alone}")
    rows = [
        [
            one.variable,
            printable(one.value),
            one.removed,
            one.share.n,
            one.alone,
            f"{one.share.value:.1%}",
            f"{one.share.low:.1%} to {one.share.high:.1%}",
            f"{100 * one.more[1]:+.1f} to {100 * one.more[2]:+.1f}" if one.more else None,
        ]
        for one in sorted(gate.costs, key=lambda one: (-(one.share.value or 0), one.variable, one.value))[:SHOWN]
    ]
    if rows:
        print_table("", ["what is known", "", "removed", "of", "only", "share", "95 %", "more than the rest"], rows)
    if len(gate.costs) > SHOWN:
        print(f"{len(gate.costs) - SHOWN:,} values more, of which it removes less; --json has all")
    for one in gate.uneven:
        print(f"  it costs {one.variable} {printable(one.value)!r} more than the rest")
