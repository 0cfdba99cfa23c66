"""What `answers import` and `corpus import` say when they are done."""

from collections import Counter
from collections.abc import Sequence

from pipelines.imports.answers import Imported
from pipelines.imports.corpus import CorpusImported
from pipelines.imports.refusals import SHOWN, reasons
from pipelines.show.terminal import print_json, say


def imported(done: Sequence[Imported], json: bool) -> None:
    """What tables brought."""
    if json:
        print_json(done)
        return
    for one in done:
        print("\n".join(lines_of(one)))
    if not nothing_taken(done):
        say("Next: emocurate agree")


def nothing_taken(done: Sequence[Imported]) -> bool:
    """Whether every row of every table was refused."""
    return all(one.rows.refused and not one.rows.used and not one.rows.dropped for one in done)


def corpus_imported(done: CorpusImported, json: bool) -> None:
    """What a corpus brought, and what in it does not fit."""
    if json:
        print_json(done)
        return
    print(f"{done.corpus}: {done.added.files:,} files looked at, {done.added.new:,} media new")
    for reason, count in Counter(done.added.dropped).most_common(SHOWN):
        print(f"  dropped: {count:,} x {reason}")
    for one in done.imported:
        print("\n".join(lines_of(one)))
    for what, names in (
        ("tables in the folder not used", done.passed_over),
        ("files without labels", done.unlabelled),
        ("labels without files", done.fileless),
        ("files their authors call unusable", done.unusable),
    ):
        if names:
            print(f"  {len(names):,} {what}, first {names[0]!r}")
    if done.conflicts:
        first = done.conflicts[0]
        print(
            f"  {len(done.conflicts):,} conflicts between file name and table, first {first.table}, line {first.line}: "
            f"{first.item} is {first.table_says!r} in the table and {first.name_says!r} by its name"
        )
    if done.file:
        print(f"  all of them: {done.file}")
    if done.source.basis == "unknown":
        say("No licence is known for these media: they can be labelled, never published; say --licence to change it.")
    say("Next: emocurate run" + ("" if nothing_taken(done.imported) else ", then emocurate agree"))


def lines_of(one: Imported) -> list[str]:
    """What one table brought, as lines for people."""
    rows, gone, done = one.rows, one.removed, one.committed
    told = [
        f"{', '.join(one.tables)}: {rows.rows:,} rows ({rows.used:,} used, {rows.dropped:,} dropped by a condition, "
        f"{rows.refused:,} refused)",
        f"  {done.answers:,} answers by {_raters(one)} to scheme {one.scheme!r} about {one.items:,} items: "
        f"{done.new:,} new",
    ]
    if one.media or one.ambiguous:
        told.append(f"  {one.media:,} items are media of this collection; {one.ambiguous:,} names fit several media")
    if gone.repeated:
        told.append(f"  {gone.repeated:,} repeated answers left out, {gone.changed:,} of them said something else")
    if gone.few_answers:
        told.append(f"  {gone.few_answers:,} answers about {gone.few_items:,} items left out: too few answers each")
    if done.withdrawn:
        told.append(f"  {done.withdrawn:,} earlier answers withdrawn")
    told += [*_inferred(one), *_adjusted(one)]
    told += [f"  refused: {text}" for text in reasons(rows.grouped)]
    if rows.cells:
        told.append(f"  {rows.cells:,} cells of used rows were refused")
    return told + ([f"  all of them: {rows.file}"] if rows.file else [])


def _raters(one: Imported) -> str:
    counts = Counter(one.raters)
    counts["corpus"] -= one.anonymous
    told = [f"{count:,} {kind}" for kind, count in sorted(counts.items()) if count > 0]
    told += [f"up to {one.anonymous:,} anonymous votes an item"] if one.anonymous else []
    return ", ".join(told) or "nobody"


def _inferred(one: Imported) -> list[str]:
    """What the cells were taken for, and how to say that something else is meant."""
    if not one.inferred:
        return []
    more = len(one.questions) - SHOWN
    return [
        "  inferred from the cells:",
        *(f"    {question}" for question in one.questions[:SHOWN]),
        *([f"    and {more:,} more"] if more > 0 else []),
        f"  not what was asked? Edit {one.scheme_file} and import again with: --scheme {one.scheme_file} --replace",
    ]


def _adjusted(one: Imported) -> list[str]:
    told = []
    if one.encodings != ("utf-8",) or one.stray:
        told.append(f"  read as {', '.join(one.encodings)}; {one.stray:,} control characters removed or repaired")
    if one.adjusted.durations:
        told.append(
            f"  {one.adjusted.durations:,} durations left out, first {one.adjusted.duration!r}: below 0 or no time"
        )
    if one.adjusted.vectors:
        told.append(f"  {one.adjusted.vectors:,} vectors had too few digits; zeros were put before them")
    return told
