"""`flagged`: clips that raters turned down for what is in them stay out of releases until somebody decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.engine.catalog import Catalog, now
from pipelines.weigh.exclusions import EXCLUDED
from schemas.answers import Decision
from schemas.errors import BadInput, BadSetting
from schemas.ids import canonical
from schemas.modality import MINOR, MODALITIES

KEPT, REJECTED = "clip kept", "clip rejected"
_WITHHOLDING = tuple(sorted({canonical(flag) for modality in MODALITIES.values() for flag in modality.withholding}))
_DECIDED = f"""
    SELECT subject AS clip, arg_max(what, "at") AS what, arg_max(reason, "at") AS why, max("at") AS "at"
    FROM decisions WHERE what IN ('{KEPT}', '{REJECTED}') GROUP BY subject"""
_FLAGS = f"""
    SELECT o.clip, o.asset, o.modality, a.value ->> '$' AS flag, count(DISTINCT a.rater) AS raters,
           max(a.updated_at) AS "at"
    FROM read_answers a JOIN about o USING (item)
    WHERE a.state = 'skipped' AND a.value IN {_WITHHOLDING} AND o.clip IS NOT NULL AND a.rater NOT IN ({EXCLUDED})
    GROUP BY ALL"""

# Every clip that was flagged or decided about, a row a flag, with what was decided last: a flag that came after a
# decision to keep the clip is undecided again.
CLIPS = f"""
    SELECT coalesce(f.clip, d.clip) AS clip, f.asset, f.modality, f.flag, f.raters, d.why,
           CASE WHEN d.what = '{REJECTED}' THEN 'rejected'
                WHEN d.what = '{KEPT}' AND (f."at" IS NULL OR d."at" >= f."at") THEN 'kept'
                ELSE 'undecided' END AS state
    FROM ({_FLAGS}) f FULL JOIN ({_DECIDED}) d ON d.clip = f.clip"""

# What may not be released, and why: a clip itself, and all clips of a file in which somebody saw a minor.
WITHHELD = f"""
    WITH seen AS MATERIALIZED (SELECT * FROM ({CLIPS}) WHERE state <> 'kept')
    SELECT clip, min(reason) AS reason FROM (
        SELECT clip, if(state = 'rejected', 'rejected by a decision; undo it with: emocurate flagged keep CLIP',
                        'raters flag it: ' || flag || '; decide with: emocurate flagged list') AS reason FROM seen
        UNION ALL
        SELECT c.id, 'raters flag a clip of its file: {MINOR}; decide with: emocurate flagged list'
        FROM clips c WHERE c.asset IN (SELECT asset FROM seen WHERE flag = '{MINOR}')
            AND c.id NOT IN (SELECT clip FROM seen))
    GROUP BY clip"""

# Clips of one release that may not be in a release today.
RELEASED = f"""
    SELECT count(*) FROM released SEMI JOIN ({WITHHELD}) w ON w.clip = released.clip
    WHERE release = (SELECT id FROM releases WHERE name = ?)"""


@dataclass(frozen=True)
class FlaggedClip:
    """One flag on a clip: how many raters gave it, in which file, and whether it is undecided, kept or rejected."""

    clip: str
    modality: str | None
    file: str | None
    flag: str | None
    raters: int
    state: str
    why: str | None


@dataclass(frozen=True)
class Decided:
    """What was decided about clips, and how many of these decisions are new."""

    clips: tuple[str, ...]
    kept: bool
    reason: str
    new: int


def flagged(home: Path) -> list[FlaggedClip]:
    """Every clip that was flagged or decided about, undecided ones first."""
    rows = Catalog(home).rows(
        f"""WITH names AS (SELECT asset, min(name) AS name FROM statements GROUP BY asset)
            SELECT f.clip, o.modality, n.name, f.flag, coalesce(f.raters, 0), f.state, f.why
            FROM ({CLIPS}) f JOIN clips c ON c.id = f.clip LEFT JOIN names n ON n.asset = c.asset
            LEFT JOIN (SELECT DISTINCT clip, modality FROM about) o ON o.clip = f.clip
            ORDER BY f.state = 'undecided' DESC, n.name, f.clip, f.flag"""
    )
    return [FlaggedClip(*row) for row in rows]


def decide(home: Path, clips: Sequence[str], reason: str, *, keep: bool) -> Decided:
    """Keep clips in releases, or reject them, from now on; ids may be cut short.

    Raises BadInput for what names no single clip, BadSetting for an empty reason.
    """
    if not reason.strip():
        raise BadSetting("a decision needs a reason that others can read later; give one with --reason")
    catalog = Catalog(home)
    ids = tuple(dict.fromkeys(_named(catalog, clip) for clip in clips))
    what, wanted = (KEPT, "kept") if keep else (REJECTED, "rejected")
    states: dict[str, set[str]] = {}
    for clip, state in catalog.rows(f"SELECT clip, state FROM ({CLIPS})"):
        states.setdefault(clip, set()).add(state)
    new = [clip for clip in ids if states.get(clip) != {wanted}]
    catalog.add([Decision(clip, what, reason.strip(), now()) for clip in new])
    return Decided(ids, keep, reason.strip(), len(new))


def against_release(home: Path, release: str) -> list[str]:
    """A sentence where a release holds clips that raters have flagged, or somebody has rejected, since."""
    ((count,),) = Catalog(home).rows(RELEASED, [release])
    if not count:
        return []
    clips = "1 clip was" if count == 1 else f"{count:,} clips were"
    return [
        f"{clips} flagged or rejected; decide with `emocurate flagged list`, or write a release without them with "
        "`emocurate export`"
    ]


def _named(catalog: Catalog, clip: str) -> str:
    rows = catalog.rows("SELECT id FROM clips WHERE starts_with(id, ?) LIMIT 2", [clip])
    if len(rows) != 1 or not clip:
        several = "begins the ids of several clips; give more of it" if rows else "is no clip here"
        raise BadInput(f"{clip!r} {several}; type: emocurate flagged list")
    return str(rows[0][0])
