"""What `audit` says: labels that look wrong, conflicts, and what is covered."""

from collections.abc import Sequence

from annotate.coverage import UNKNOWN, Coverage
from pipelines.show.terminal import print_table, printable, say
from pipelines.weigh.audit import Audit, Opposed, Suspect
from pipelines.weigh.comparisons import Compared

SHOWN = 20
COLUMNS = 6  # languages and licences there is room for beside each other
ERRORS = ("item", "question", "label by", "label", "people say", "answers", "share", "P(label right)", "z")


def audited(audit: Audit) -> None:
    """The first of everything the audit found."""
    print(f"{audit.checked:,} given labels held against answers of people: {len(audit.errors):,} look wrong")
    if audit.errors:
        print_table("Label errors", ERRORS, [_error_row(suspect) for suspect in audit.errors[:SHOWN]])
    if audit.conflicts:
        rows = [_conflict_row(opposed) for opposed in audit.conflicts[:SHOWN]]
        print_table("Conflicts", ["items", "question", "among", "people say", "answers"], rows)
    if audit.requested:
        rows = [
            [asset.asset, *map(" / ".join, zip(*asset.spellings, strict=True))] for asset in audit.requested[:SHOWN]
        ]
        print_table("Requested in different ways", ["asset", "requested", "said in"], rows)
    _print_compared(audit.compared)
    for same in audit.alike:
        named, more = ", ".join(map(printable, same.files[:SHOWN])), " …" if len(same.files) > SHOWN else ""
        print(f"{' and '.join(same.people)} may be one person by their {same.by}s: {named}{more}")
    for odd in audit.odd_sizes:
        shown = ", ".join(f"{name} ({size})" for name, size in odd.items[:SHOWN])
        more = f" and {len(odd.items) - SHOWN:,} more" if len(odd.items) > SHOWN else ""
        print(f"{odd.scheme} {odd.question}: not {odd.usual} answers, as nine of ten items have: {shown}{more}")
    for coverage in audit.coverage:
        if coverage.n:
            _show_coverage(coverage)
    differing = [pair for compared in audit.compared for pair in compared.found.differences]
    lists = (audit.errors, audit.conflicts, audit.requested, audit.compared, differing)
    if max(map(len, lists)) > SHOWN:
        say(f"Each list shows its first {SHOWN}; --json has all of them.")


def _print_compared(compared: Sequence[Compared]) -> None:
    """How far sources agree, and the first items on which they differ; not of sources that share nothing but names."""
    if not compared:
        return
    columns = ["question", "one", "other", "both", "equal", "alpha", "only one", "only other"]
    rows = [
        [
            *(
                pair.question,
                pair.one,
                pair.other,
                found.shared,
                found.equal,
                found.alpha,
                found.only_one,
                found.only_other,
            )
        ]
        for pair in compared
        for found in [pair.found]
    ]
    print_table("Sources of labels compared", columns, rows[:SHOWN])
    differing = [
        [each.item, pair.question, f"{pair.one}: {_said(each.one)}", f"{pair.other}: {_said(each.other)}"]
        for pair in compared
        if pair.found.equal * 2 >= pair.found.shared
        for each in pair.found.differences
    ]
    if differing:
        print_table("Items on which they differ", ["item", "question", "one", "other"], differing[:SHOWN])


def _said(label: str | float) -> str:
    return label if isinstance(label, str) else f"{label:.2f}"


def _show_coverage(coverage: Coverage) -> None:
    known = {(dimension, value) for dimension, value, _, _ in coverage.tables if value != UNKNOWN}
    columns = sorted(known)[:COLUMNS]
    counts = {(dimension, value, category): n for dimension, value, category, n in coverage.tables}
    speakers = dict(coverage.speakers)
    rows = [
        [category, n, speakers[category] or None, *(counts.get((*column, category), 0) for column in columns)]
        for category, n in coverage.categories
    ]
    names = ["perceived", "n", "speakers", *(value for _, value in columns)]
    print_table(f"Coverage: {coverage.question}", names, rows)
    for missing in coverage.missing:
        lacking = ", ".join(f"{category} ({n})" for category, n in missing.categories)
        print(printable(f"  fewer than {missing.least}, {missing.dimension} {missing.value}: {lacking}"))


def _error_row(suspect: Suspect) -> list[str | float | None]:
    error = suspect.error
    row = [suspect.name, suspect.question, suspect.source, error.given, error.people, error.n]
    return [*row, error.share, error.chance, error.off]


def _conflict_row(opposed: Opposed) -> list[str]:
    values = " / ".join(map(_said, opposed.conflict.says))
    counts = " / ".join(map(str, opposed.conflict.n))
    return [" / ".join(opposed.names), opposed.question, opposed.among, values, counts]
