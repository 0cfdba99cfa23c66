"""What `audit` says: labels that look wrong, conflicts, and what is covered."""

from annotate.coverage import UNKNOWN, Coverage
from pipelines.show.terminal import print_table, printable, say
from pipelines.weigh.audit import Audit, Opposed, Suspect

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
    for coverage in audit.coverage:
        if coverage.n:
            _show_coverage(coverage)
    if max(map(len, (audit.errors, audit.conflicts, audit.requested))) > SHOWN:
        say(f"Each list shows its first {SHOWN}; --json has all of them.")


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
    values = " / ".join(value if isinstance(value, str) else f"{value:.2f}" for value in opposed.conflict.says)
    counts = " / ".join(map(str, opposed.conflict.n))
    return [" / ".join(opposed.names), opposed.question, opposed.among, values, counts]
