"""How far two runs over the same media agree: which clips both have, and how far these differ."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.engine.catalog import Catalog

SAME_FROM = 0.5  # of their union two clips share, to be taken for one
CLIPS = """SELECT c.id, c.asset, coalesce(c.start_ms, 0), coalesce(c.end_ms, 0), c.box
           FROM clips c JOIN live_clips l USING (id) WHERE c.kind = ? ORDER BY ALL"""
SCORES = """SELECT "row", name, value FROM scores WHERE value IS NOT NULL AND "row" IN
            (SELECT id FROM clips WHERE kind = ?)"""
VOICES = """SELECT "row", vector FROM scores WHERE name = 'voices' AND vector IS NOT NULL"""


@dataclass
class Agreement:
    """How many clips each run has, how many are the same for both, and the greatest differences of those."""

    one: int = 0
    other: int = 0
    matched: int = 0
    times_ms: int = 0
    box_px: int = 0
    other_voices: int = 0
    scores: dict[str, float] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Of all clips of either run those that both have, in percent."""
        every = self.one + self.other - self.matched
        return 100 * self.matched / every if every else 100.0

    def __str__(self) -> str:
        furthest = ", ".join(f"{name} {value:.2g}" for name, value in sorted(self.scores.items()))
        return (
            f"{self.one:,} and {self.other:,}, the same {self.matched:,} ({self.share:.2f} %); greatest difference: "
            f"times {self.times_ms} ms, box {self.box_px} px, other voices in {self.other_voices:,}, {furthest}"
        )


def agreement(one: Path, other: Path, kind: str) -> Agreement:
    """Compare the live clips of a kind in two collections with the same media."""
    (ours, our_scores), (theirs, their_scores) = (_found(home, kind) for home in (one, other))
    told = Agreement(sum(map(len, ours.values())), sum(map(len, theirs.values())))
    for asset, clips in ours.items():
        left = list(theirs.get(asset, []))
        for clip in clips:
            best = max(left, key=lambda candidate: _shared(clip, candidate), default=None)
            if best is not None and _shared(clip, best) >= SAME_FROM:
                left.remove(best)
                _count(told, clip, best, (our_scores[clip[0]], their_scores[best[0]]))
    return told


def _found(home: Path, kind: str) -> tuple[dict[str, list[Any]], dict[str, dict[str, Any]]]:
    """The clips of each asset, and the scores of each clip by name."""
    catalog = Catalog(home)
    clips: dict[str, list[Any]] = defaultdict(list)
    for row in catalog.rows(CLIPS, [kind]):
        clips[row[1]].append(row)
    scores: dict[str, dict[str, Any]] = defaultdict(dict)
    for row, name, value in catalog.rows(SCORES, [kind]):
        scores[row][name] = value
    for row, vector in catalog.rows(VOICES):
        scores[row]["voices"] = tuple(vector)
    return clips, scores


def _shared(one: Any, other: Any) -> float:
    """The share of their union that two clips have in common: of time, or of a picture."""
    if one[4] is None or other[4] is None:
        both = min(one[3], other[3]) - max(one[2], other[2])
        return max(0, both) / max(1, max(one[3], other[3]) - min(one[2], other[2]))
    if one[2] != other[2]:
        return 0.0
    (left, top, width, height), (left2, top2, width2, height2) = one[4], other[4]
    across = max(0, min(left + width, left2 + width2) - max(left, left2))
    down = max(0, min(top + height, top2 + height2) - max(top, top2))
    return float(across * down) / (width * height + width2 * height2 - across * down)


def _count(told: Agreement, one: Any, other: Any, scores: tuple[dict[str, Any], dict[str, Any]]) -> None:
    told.matched += 1
    told.times_ms = max(told.times_ms, abs(one[2] - other[2]), abs(one[3] - other[3]))
    if one[4] is not None:
        told.box_px = max(told.box_px, *(abs(a - b) for a, b in zip(one[4], other[4], strict=True)))
    told.other_voices += scores[0].get("voices") != scores[1].get("voices")
    for name in (scores[0].keys() & scores[1].keys()) - {"voices"}:
        told.scores[name] = max(told.scores.get(name, 0.0), abs(scores[0][name] - scores[1][name]))
