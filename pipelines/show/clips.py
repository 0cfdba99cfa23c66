"""What `list` and `show` say."""

from collections.abc import Sequence

from pipelines.clips import KnownClip, ListedClip
from pipelines.show.terminal import print_table, printable, say


def clips(rows: Sequence[ListedClip], words: str | None = None) -> None:
    """Every clip, one a line; `words` are those that all of them have in their id or file name."""
    if not rows and words:
        print(f"no clip has {printable(words)!r} in its id or file name; all of them: emocurate list")
        return
    if not rows:
        print("no clips; they come with: emocurate run")
        return
    columns = ["clip", "file", "kind", "where", "not good", "asked", "answered", "releases"]
    cells = [
        [row.id, row.file, row.kind, _where(row), row.below, row.asks, row.answers, ", ".join(row.releases) or None]
        for row in rows
    ]
    print_table("", columns, cells)


def clip(known: KnownClip) -> None:
    """One clip with all that is known of it."""
    row = known.clip
    terms = [known.licence or known.basis or "unknown", *([known.attribution] if known.attribution else [])]
    facts = [
        ("clip", f"{row.id} ({row.modality}, {row.kind})"),
        ("file", f"{row.file} {_where(row)}".strip()),
        ("said", " / ".join((known.transcript or "").splitlines())),
        ("terms", ", ".join(terms)),
        ("not good", row.below),
        ("releases", ", ".join(row.releases)),
        ("cut", str(known.file) if known.file else "cannot be cut: see emocurate status"),
    ]
    print("\n".join(f"{name:9} {printable(text)}" for name, text in facts if text))
    if known.scores:
        print_table("Scores", ["score", "value"], [[name, float(value)] for name, value in known.scores.items()])
    if known.answers:
        cells = [[one.scheme, one.question, one.rater, one.value or one.state] for one in known.answers]
        print_table("Answers", ["scheme", "question", "rater", "answer"], cells)


def unopened() -> None:
    """That nothing on this machine opens the file."""
    say("no program of this machine opened the file; open it by the path that is shown")


def _where(row: ListedClip) -> str:
    """Where in its file a clip lies: seconds, a box of pixels, or both."""
    span = "" if row.start_ms is None else f"{row.start_ms / 1000:.2f}"
    span += "" if row.end_ms in {None, row.start_ms} else f"-{(row.end_ms or 0) / 1000:.2f}"
    box = "" if row.box is None else "box " + " ".join(map(str, row.box))
    return " ".join(part for part in (f"{span} s" if span else "", box) if part)
