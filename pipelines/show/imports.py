"""What `answers import` and `corpus import` say when they are done."""

from collections import Counter
from collections.abc import Sequence

from pipelines.imports.answers import Imported, nothing_taken
from pipelines.imports.corpus import CorpusImported
from pipelines.imports.refusals import SHOWN, reasons
from pipelines.show.terminal import printable, say

COLUMNS = 12
SEVERAL = {"person": "persons", "model": "models", "corpus": "corpora"}


def imported(tables: Sequence[Imported]) -> None:
    """What tables brought."""
    for table in tables:
        print("\n".join(lines_of(table)))
    if not nothing_taken(tables):
        say("Next: emocurate agree")


def corpus_imported(corpus: CorpusImported) -> None:
    """What a corpus brought, and what in it does not fit."""
    print(f"{corpus.corpus}: {corpus.added.files:,} files looked at, {corpus.added.new:,} media new")
    for reason, count in Counter(corpus.added.dropped).most_common(SHOWN):
        print(f"  dropped: {count:,} x {printable(reason)}")
    for table in corpus.imported:
        print("\n".join(lines_of(table)))
    for what, names in (
        ("tables in the folder not used", corpus.passed_over),
        ("files without labels", corpus.unlabelled),
        ("labels without files", corpus.fileless),
        ("files their authors call unusable", corpus.unusable),
    ):
        if names:
            print(f"  {len(names):,} {what}, first {names[0]!r}")
    if corpus.conflicts:
        first = corpus.conflicts[0]
        where = f"first {first.table}, line {first.line}"
        print(
            f"  {len(corpus.conflicts):,} conflicts between file name and table, {where}: "
            f"{printable(first.item)} is {first.table_says!r} in the table and {first.name_says!r} by its name"
        )
    if corpus.file:
        print(f"  all of them: {corpus.file}")
    if corpus.source.basis == "unknown":
        say("No licence is known for these media: they can be labelled, never published; say --licence to change it.")
    say("Next: emocurate run" + ("" if nothing_taken(corpus.imported) else ", then emocurate agree"))


def lines_of(table: Imported) -> list[str]:
    """What one table brought, as lines for people."""
    rows, removed, committed = table.rows, table.removed, table.committed
    what = "answers in its rows" if table.notices.unfolded else "rows"
    what = f"cells in {table.notices.folded:,} columns" if table.notices.folded else what
    lines = [
        f"{', '.join(table.tables)}: {rows.rows:,} {what} ({rows.used:,} used, {rows.dropped:,} dropped by a "
        f"condition, {rows.refused:,} refused{f', {rows.withdrawn:,} withdrawn' if rows.withdrawn else ''})",
        f"  {committed.answers:,} answers by {_raters(table)} to scheme {table.scheme!r} about {table.items:,} items: "
        f"{committed.new:,} new",
    ]
    if table.media or table.ambiguous:
        lines.append(
            f"  {table.media:,} items are media of this collection; {table.ambiguous:,} names fit several media"
        )
    if removed.repeated:
        lines.append(
            f"  {removed.repeated:,} repeated answers left out, {removed.changed:,} of them said something else"
        )
    if removed.few_answers:
        lines.append(
            f"  {removed.few_answers:,} answers about {removed.few_items:,} items left out: too few answers each"
        )
    if committed.withdrawn:
        lines.append(f"  {committed.withdrawn:,} earlier answers withdrawn")
    lines += [*_inferred(table), *_adjusted(table), *_noticed(table)]
    lines += [f"  refused: {text}" for text in reasons(rows.grouped)]
    if rows.cells:
        lines.append(f"  {rows.cells:,} cells of used rows were refused")
    return lines + ([f"  all of them: {rows.file}"] if rows.file else [])


def _raters(table: Imported) -> str:
    counts = Counter(table.raters)
    counts["corpus"] -= table.anonymous
    kinds = [
        f"{count:,} {kind if count == 1 else SEVERAL[kind]}" for kind, count in sorted(counts.items()) if count > 0
    ]
    kinds += [f"up to {table.anonymous:,} anonymous votes an item"] if table.anonymous else []
    return ", ".join(kinds) or "nobody"


def _inferred(table: Imported) -> list[str]:
    """What the cells were taken for, and how to say that something else is meant."""
    if not table.inferred:
        return []
    more = len(table.questions) - SHOWN
    return [
        "  inferred from the cells:",
        *(f"    {question}" for question in table.questions[:SHOWN]),
        *([f"    and {more:,} more"] if more > 0 else []),
        f"  not what was asked? Edit {table.scheme_file} and import again with: --scheme {table.scheme_file} --replace",
    ]


def _noticed(table: Imported) -> list[str]:
    """What was left out, not used or not believed."""
    notices, lines = table.notices, list[str]()
    if notices.left_rows:
        lines.append(f"  left out: {notices.left_rows:,} rows of the table with {notices.left_out}")
    if notices.empty:
        lines.append(f"  {notices.empty:,} cells are empty: nobody answered there")
    if notices.unused:
        more = ", …" if len(notices.unused) > COLUMNS else ""
        lines.append(f"  not used: {', '.join(notices.unused[:COLUMNS])}{more}")
    lines += [f"  --alias {theirs}: no cell says {theirs!r}" for theirs in notices.aliases]
    lines += [f"  {flag} {word}: nothing that was read meets it" for flag, word in notices.unmet]
    for question in dict.fromkeys(doubted.question for doubted in notices.doubted):
        far = [doubted for doubted in notices.doubted if doubted.question == question][:SHOWN]
        shown = ", ".join(f"{doubted.value} ({doubted.cells:,} x)" for doubted in far)
        codes = ",".join(doubted.value for doubted in far)
        lines.append(
            f"  not believed: {question} = {shown}, far from {far[0].scale}; say --missing {codes} where they mean "
            f"no answer, --scale LOW:HIGH where they are answers"
        )
    return lines


def _adjusted(table: Imported) -> list[str]:
    lines = []
    if table.encodings != ("utf-8",) or table.stray:
        stray = f"; {table.stray:,} control characters removed or repaired" if table.stray else ""
        lines.append(f"  read as {', '.join(table.encodings)}{stray}")
    if table.adjusted.durations:
        lines.append(
            f"  {table.adjusted.durations:,} durations left out, first {table.adjusted.duration!r}: below 0 or no time"
        )
    if table.adjusted.vectors:
        lines.append(f"  {table.adjusted.vectors:,} vectors had too few digits; zeros were put before them")
    return lines
