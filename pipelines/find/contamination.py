"""`duplicates --against`: which clips of a release stand in somebody else's corpus too."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from curate.prints.words import STEP_MS, TAIL_MS
from curate.twins.hamming import close_pairs
from curate.twins.sounds import overlaps
from pipelines.engine.catalog import Catalog
from pipelines.find.fingerprints import PICTURE, SOUND, Fingerprint, of_folder, of_release, only, read
from pipelines.tables.staged import open_rows
from schemas.duplicates import DuplicateSettings
from schemas.errors import BadInput

TABLES = (".csv", ".tsv", ".txt", ".json", ".jsonl")
# What a clip of the newest release may be called elsewhere: its key, its file by id or name, and in a corpus.
NAMES = """
    WITH clips AS (SELECT d.clip, d.split, c.asset FROM released d JOIN clips c ON c.id = d.clip
                   WHERE d.release = (SELECT id FROM releases ORDER BY added_at DESC, name DESC LIMIT 1))
    SELECT clip, split, clip AS name FROM clips
    UNION SELECT clip, split, asset FROM clips
    UNION SELECT clip, split, s.name FROM clips JOIN statements s USING (asset)
    UNION SELECT clip, split, k.key FROM clips JOIN corpus_keys k USING (asset)"""


@dataclass(frozen=True)
class Match:
    """A clip of the release that stands elsewhere too: its key and split, what it is there, and why."""

    clip: str
    split: str
    there: str
    why: str


@dataclass(frozen=True)
class Contamination:
    """What was compared with what: `clips` of the release, `files` elsewhere, `unread` ones, clips found by split."""

    against: str
    clips: int
    files: int
    unread: int
    splits: dict[str, int]
    matches: tuple[Match, ...]


def against(home: Path, other: Path, settings: DuplicateSettings) -> Contamination:
    """Compare the newest release with a folder of media, a file of fingerprints or a table of ids.

    Raises BadInput where there is no release or nothing to compare it with.
    """
    if not other.exists():
        raise BadInput(f"there is no {other}; give a folder of media, a file of fingerprints or a table of ids")
    unread = 0
    if other.suffix.lower() in TABLES:
        clips, files, matches = _by_name(home, other)
    else:
        ours = of_release(home)
        theirs, unread = of_folder(other) if other.is_dir() else (read(other), 0)
        clips, files = len({one.key for one in ours}), len({one.key for one in theirs})
        matches = sorted(
            {*_heard(ours, theirs, settings), *_seen(ours, theirs, settings)}, key=lambda m: (m.clip, m.there)
        )
    splits = Counter(split for _, split in {(match.clip, match.split) for match in matches})
    return Contamination(str(other), clips, files, unread, dict(sorted(splits.items())), tuple(matches))


def _heard(ours: Sequence[Fingerprint], theirs: Sequence[Fingerprint], settings: DuplicateSettings) -> Iterator[Match]:
    """Clips of which a stretch that is most of the clip, or of what stands there, is heard there."""
    here, there = only(ours, SOUND), only(theirs, SOUND)
    for one in overlaps([each.words for each in (*here, *there)], settings.strictness, settings.sound_error):
        if one.one < len(here) <= one.other:
            clip, file = here[one.one], there[one.other - len(here)]
            shorter_ms = min(len(each.words) for each in (clip, file)) * STEP_MS + TAIL_MS
            if one.length_ms >= settings.shared * shorter_ms:
                why = f"{one.length_ms / 1000:.1f} s of the same sound, {one.error:.0%} of the bits differ"
                yield Match(clip.key, clip.split, file.key, why)


def _seen(ours: Sequence[Fingerprint], theirs: Sequence[Fingerprint], settings: DuplicateSettings) -> Iterator[Match]:
    """Clips whose picture, or the picture they are from, is seen there."""
    here, there = (defaultdict[int, list[Fingerprint]](list) for _ in range(2))
    for prints, held in ((only(ours, PICTURE), here), (only(theirs, PICTURE), there)):
        for each in prints:
            held[int(each.words[0])].append(each)
    known = np.array(sorted({*here, *there}), np.uint64)
    first, second, bits = close_pairs(known, settings.picture_bits)
    same = np.arange(len(known))
    one, other = np.concatenate([first, second, same]), np.concatenate([second, first, same])
    differ = np.concatenate([bits, bits, np.zeros(len(known), np.uint8)])
    seen: dict[tuple[str, str], Match] = {}
    for a, b, n in zip(known[one].tolist(), known[other].tolist(), differ.tolist(), strict=True):
        for clip in here.get(a, ()):
            for file in there.get(b, ()):
                why = f"the same picture, {n} of 64 bits differ"
                seen.setdefault((clip.key, file.key), Match(clip.key, clip.split, file.key, why))
    yield from seen.values()


def _by_name(home: Path, table: Path) -> tuple[int, int, list[Match]]:
    """Clips that are named in a table, in whichever column."""
    rows = Catalog(home).rows(NAMES)
    if not rows:
        raise BadInput("nothing is released yet, and so there is nothing to compare; type: emocurate export")
    names: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for clip, split, name in rows:
        names[str(name)].add((clip, split))
    files, matches = 0, set[Match]()
    with open_rows(table, lambda columns: columns) as read_rows:
        for _, row in read_rows.rows:
            files += 1
            for column, cell in row.items():
                for clip, split in names.get(str(cell), ()):
                    matches.add(Match(clip, split, str(cell), f"named in column {column}"))
    return len({clip for clip, _, _ in rows}), files, sorted(matches, key=lambda match: (match.clip, match.there))
