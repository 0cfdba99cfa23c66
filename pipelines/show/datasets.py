"""What `corpus import` says of a dataset when it is done."""

from pipelines.imports.answers import nothing_taken
from pipelines.imports.datasets.bring import DatasetImported
from pipelines.show.imports import lines_of
from pipelines.show.terminal import SHOWN_FAILURES, amount, print_reasons, printable, say

SHOWN_COLUMNS = 20


def dataset_imported(done: DatasetImported) -> None:
    """What a dataset brought, and what of it was not used."""
    counts = done.counts
    here = f", {counts.here:,} of them clips of this collection" if counts.here else ""
    dropped = sum(counts.dropped.values())
    print(
        f"{done.corpus} ({done.kind}): {amount(counts.rows, 'row')}: {counts.kept:,} kept{here}, {dropped:,} dropped, "
        f"{len(counts.failed):,} failed; {done.added.new:,} media new"
    )
    print_reasons("dropped", counts.dropped)
    for reason in counts.failed[:SHOWN_FAILURES]:
        print(f"  failed: {printable(reason)}; type the same command again to try it again")
    if len(counts.failed) > SHOWN_FAILURES:
        print(f"  failed: and {len(counts.failed) - SHOWN_FAILURES:,} more; all of them: --json")
    if done.roles:
        print("  read as: " + printable(", ".join(f"{ours} = {theirs}" for ours, theirs in done.roles.items())))
    for table in done.imported:
        print("\n".join(lines_of(table)))
    if done.answers is not None:
        print(f"  {amount(done.answers, 'answer')} of the release, to the schemes it was asked by")
    _not_used(done)
    if done.source.basis == "unknown":
        say("No licence is known for these media: they can be labelled, never published; say --licence to change it.")
    if counts.kept:
        say(
            "Next: emocurate run"
            + ("" if nothing_taken(done.imported) and not done.answers else ", then emocurate agree")
        )


def _not_used(done: DatasetImported) -> None:
    """What nobody asked for, and what rows lack though they came."""
    counts = done.counts
    splits = {split: count for split, count in counts.splits.items() if split}
    if splits:
        told = ", ".join(f"{split} {count:,}" for split, count in sorted(splits.items()))
        print(f"  not used: the splits of the dataset ({told}); releases draw their own")
    for what, count in sorted(done.unused.items()):
        print(f"  not used: {count:,} x {printable(what)}")
    if done.unused_columns:
        names = [f"{name} ({count:,})" for name, count in done.unused_columns.items()]
        more = f" and {len(names) - SHOWN_COLUMNS:,} more" if len(names) > SHOWN_COLUMNS else ""
        hint = "" if done.imported else "; say which are answers: --labels COLUMN,… or --map FILE.toml"
        print(printable(f"  columns not used: {', '.join(names[:SHOWN_COLUMNS])}{more}{hint}"))
    for fault, count in counts.faults.most_common(SHOWN_FAILURES):
        print(printable(f"  {count:,} x {fault}, first in {counts.examples[fault]}"))
    for name in done.absent:
        print(printable(f"  --columns: no row has a column {name!r}"))
    if done.doubled:
        print(f"  {amount(done.doubled, 'key')} that several media have; where each lies in its file tells them apart")
    if done.cells_beyond:
        print(f"  {done.cells_beyond:,} cells in columns beyond the first 5,000 were not read")
