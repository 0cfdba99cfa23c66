"""Merges a card that was edited on the Hub with the one of a new release: three-way, the front matter key by key."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import yaml

from pipelines.release.frontmatter import dumped

_FRONT = re.compile(r"---\n(.*?)\n?---(?:\n|$)", re.S)


@dataclass(frozen=True)
class Merged:
    """A text with the edits of both sides; where `clashes` says what both changed, it is not to be used."""

    text: str
    clashes: tuple[str, ...]


@dataclass(frozen=True)
class _Edit:
    """Lines that take the place of the lines `start` to `end` of the text before; nothing when the two are equal."""

    start: int
    end: int
    lines: tuple[str, ...]

    def overlaps(self, other: "_Edit") -> bool:
        """Whether both are about the same lines; what is put in at the edge of a change stands beside it."""
        return self.start < other.end and other.start < self.end


def merged(base: str, theirs: str, ours: str) -> Merged:
    """The card `ours` with what `theirs` has changed since `base`; what both changed alike is no clash."""
    fronts, bodies = zip(*map(_parted, (base, theirs, ours)), strict=True)
    front, clashing_keys = _merged_front(*fronts)
    body, clashing_lines = _merged_lines(*(text.splitlines(keepends=True) for text in bodies))
    return Merged(front + body, (*clashing_keys, *clashing_lines))


def has_body(card: str) -> bool:
    """Whether a card says anything but front matter, which the Hub writes by itself for a new repository."""
    return bool(_parted(card)[1].strip())


def _parted(card: str) -> tuple[str, str]:
    """The front matter with its dashes, and the rest."""
    card = card.replace("\r\n", "\n")
    front = _FRONT.match(card)
    return (front[0], card[front.end() :]) if front else ("", card)


def _merged_front(base: str, theirs: str, ours: str) -> tuple[str, list[str]]:
    """Front matter key by key: the Hub's own editor writes all of it anew when one key is changed."""
    olds, edits, news = map(_keys, (base, theirs, ours))
    if edits is None or olds is None or news is None:
        return ours, [] if theirs in (base, ours) else ["the front matter is no YAML table"]
    edited = [key for key in {**olds, **edits} if olds.get(key) != edits.get(key) != news.get(key)]
    clashes = [f"{key}:" for key in edited if olds.get(key) != news.get(key)]
    keys = {key: value for key, value in (news | {key: edits.get(key) for key in edited}).items() if value is not None}
    return (dumped(keys) if edited else ours), clashes


def _keys(front: str) -> dict[str, Any] | None:
    """The table in front matter; None where it is something else."""
    try:
        table = yaml.safe_load(front.strip().strip("-")) if front else {}
    except yaml.YAMLError:
        return None
    return table if isinstance(table, dict) else None


def _merged_lines(base: Sequence[str], theirs: Sequence[str], ours: Sequence[str]) -> tuple[str, list[str]]:
    new, edits = list(_edits(base, ours)), list(_edits(base, theirs))
    edits = [edit for edit in edits if edit not in new]
    clashes = [edit for edit in edits if any(edit.overlaps(other) for other in new)]
    lines = list(base)
    for edit in sorted((*new, *edits), key=lambda edit: (edit.start, edit.end, edit in edits), reverse=True):
        lines[edit.start : edit.end] = edit.lines
    shown = ["".join(edit.lines or base[edit.start : edit.end]).strip() for edit in clashes]
    return "".join(lines), shown


def _edits(before: Sequence[str], after: Sequence[str]) -> Iterator[_Edit]:
    for what, start, end, first, last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what != "equal":
            yield _Edit(start, end, tuple(after[first:last]))
