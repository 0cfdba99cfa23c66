"""Says what stands against publishing: items whose basis, licence or consent does not allow it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.engine.catalog import Catalog
from schemas.errors import nearest
from schemas.media import Basis, Layer

PUBLISH_SCOPE = "publish"
_CONFLICT = (
    "its sources contradict each other; type `emocurate rights resolve FILE --licence ID --evidence TEXT`, "
    "with `--layer NAME` where it is not about the recording"
)
_UNCONSENTED = (
    "somebody in them does not consent to publishing, or not any more, their site has opted out, or they are taken for "
    "copies of what was forgotten; see which with `emocurate rights check`, then "
    "take the clips out with `emocurate forget`, or write a release without them with `emocurate export`"
)
_ADAPTED = (
    "licence {licence!r} forbids derivatives, for which a cut clip is taken; write a release without them with "
    "`emocurate export`"
)
_UNGRANTED = (
    "people consented to publishing and granted no licence; name it in the column licence of a table for `emocurate "
    "rights consent`, or type `emocurate rights resolve FILE --basis consent --licence ID --scope publish --evidence "
    "TEXT`"
)


@dataclass(frozen=True)
class Standing:
    """On what terms `clips` clips of one source stand, for one layer of them; `cut` are no whole files."""

    source: str
    basis: Basis
    licence: str | None = None
    scopes: tuple[str, ...] = ()
    model: str | None = None
    source_address: str | None = None
    conflict: bool = False
    may_publish: bool = True
    may_train: bool = True
    layer: Layer = "recording"
    cut: bool = False
    clips: int = 1


@dataclass
class _Refused:
    """The clips one reason stands against."""

    clips: int = 0
    sources: set[str] = field(default_factory=set)
    example: str = ""

    def see(self, one: Standing) -> None:
        self.clips += one.clips
        self.sources.add(one.source)
        place = f"source {one.source}" + (f" ({one.source_address})" if one.source_address else "")
        self.example = min(self.example or place, place)


# The terms of the clips that are asked for, layer by layer, as they stand in the catalog today. Of `bare` clips, which
# are there without their media, only the terms of their labels count.
STANDING = """
    WITH clips AS ({clips}),
    layers AS (SELECT asset, 'recording' AS layer, source, basis, licence, scopes, model, address, conflict,
                      may_publish, may_train
               FROM rights
               UNION ALL SELECT asset, layer, source, basis, licence, scopes, model, address, conflict, true, true
               FROM terms WHERE layer <> 'recording')
    SELECT l.source, l.basis, l.licence, l.scopes, l.model, l.address, l.conflict, l.may_publish, l.may_train, l.layer,
           clips.cut, count(*)
    FROM clips JOIN layers l USING (asset) WHERE NOT clips.bare OR l.layer = 'labels' GROUP BY ALL
    UNION ALL
    SELECT s.id, s.basis, s.licence, s.scopes, s.model, s.address, false, true, true, 'labels',
           false, count(DISTINCT clips.clip)
    FROM clips JOIN about o ON o.clip = clips.clip JOIN asks k ON k.item = o.item JOIN answers a ON a.ask = k.id
    JOIN origins r ON r.id = a.origin JOIN sources s ON s.id = r.source GROUP BY ALL ORDER BY ALL"""


def standing(home: Path, release: str) -> list[Standing]:
    """The terms of the clips of a release as they stand today: a basis that has gone since then counts."""
    clips = """SELECT r.clip, c.asset, c.kind <> 'whole' AS cut, r.shard IS NULL AS bare
               FROM released r JOIN clips c ON c.id = r.clip
               WHERE r.release = (SELECT id FROM releases WHERE name = ?)"""
    rows = Catalog(home).rows(STANDING.format(clips=clips), [release])
    return [
        Standing(source, basis, licence, tuple(scopes or ()), *rest) for source, basis, licence, scopes, *rest in rows
    ]


def withheld(home: Path, release: str) -> list[str]:
    """What stands today against the labels of clips that a release holds without their media."""
    rows = Catalog(home).rows(
        """SELECT f.against_labels, count(*) FROM released r JOIN clips c ON c.id = r.clip JOIN forms f USING (asset)
           WHERE r.shard IS NULL AND f.against_labels IS NOT NULL
                 AND r.release = (SELECT id FROM releases WHERE name = ?) GROUP BY 1 ORDER BY 1""",
        [release],
    )
    return [f"labels of {count:,} clips: {reason}; export again" for reason, count in rows]


def obstacles(standings: Iterable[Standing], allowed_licences: Iterable[str]) -> list[str]:
    """One sentence for every reason not to publish: how many clips, of which source, and what to type next.

    Licences are compared as SPDX ids whatever their case. An empty list means that nothing stands against it.
    """
    allowed = {spelling(licence): licence for licence in allowed_licences}
    refused: dict[str, _Refused] = {}
    for one in standings:
        for reason in _reasons(one, allowed):
            refused.setdefault(reason, _Refused()).see(one)
    return [_sentence(reason, of) for reason, of in sorted(refused.items())]


def untrainable(standings: Iterable[Standing]) -> int:
    """How many clips may be published and not trained on: they leave only where somebody lets each reader in."""
    return sum(one.clips for one in standings if one.layer == "recording" and not one.may_train)


def _sentence(reason: str, of: _Refused) -> str:
    clips = "1 clip" if of.clips == 1 else f"{of.clips:,} clips"
    sources = of.example if len(of.sources) == 1 else f"{len(of.sources):,} sources, among them {of.example}"
    return f"{clips} of {sources}: {reason}"


def _reasons(sample: Standing, allowed: dict[str, str]) -> list[str]:
    reasons = [_BASIS[sample.basis](sample) if sample.may_publish else _UNCONSENTED]
    reasons += [_CONFLICT] if sample.conflict else []
    if sample.licence is not None and spelling(sample.licence) not in allowed:
        reasons.append(_not_allowed(sample.licence, allowed))
    elif sample.licence is not None and sample.cut and "nd" in spelling(sample.licence).split("-"):
        reasons.append(_ADAPTED.format(licence=sample.licence))
    layer = "" if sample.layer == "recording" else f"{sample.layer}: "
    return [f"{layer}{reason}" for reason in reasons if reason]


def _not_allowed(licence: str, allowed: dict[str, str]) -> str:
    parts = set(spelling(licence).split("-"))
    words = {"nc": "commercial use", "nd": "derivatives, for which a cut clip is taken"}
    forbids = [words[part] for part in words if part in parts]
    why = f"; it forbids {' and '.join(forbids)}" if forbids else ""
    guess = nearest(licence, allowed.values()) if not forbids else f"known: {', '.join(sorted(allowed.values()))}"
    known = f" ({guess})" if allowed else ""
    return (
        f"licence {licence!r} is not among those this collection allows{known}{why}; "
        f"if you may pass it on, add it to `licences` under [publish] in emocurate.toml, else leave these files out"
    )


def _unknown(_: Standing) -> str:
    return (
        "it is not known on what basis they may be used; say it with `emocurate add` of the same files "
        "and `--licence ID` or `--basis consent|public-domain|synthetic`"
    )


def _licensed(sample: Standing) -> str | None:
    if sample.licence:
        return None
    return "the basis is a licence but none is named; type `emocurate rights resolve FILE --licence ID --evidence TEXT`"


def _consented(sample: Standing) -> str | None:
    if PUBLISH_SCOPE in sample.scopes:
        return None if sample.licence else _UNGRANTED
    given = ", ".join(sample.scopes) or "nothing in particular"
    return (
        f"people consented to {given}, not to {PUBLISH_SCOPE!r}; ask them, then type `emocurate rights resolve FILE "
        f"--basis consent --licence ID --scope annotate --scope {PUBLISH_SCOPE} --scope train --evidence TEXT`"
    )


def _synthetic(sample: Standing) -> str | None:
    if sample.model:
        return None
    return (
        "synthetic media need the model that made them; type `emocurate add` of the same files with "
        "`--basis synthetic --metadata TABLE`, a table with the columns path and model"
    )


def _mined(_: Standing) -> str:
    return (
        "they were taken for text and data mining, which lets nobody pass media on; if somebody grants a licence, type "
        "`emocurate rights resolve FILE --licence ID --evidence TEXT`"
    )


def _free(_: Standing) -> None:
    return None


_BASIS: dict[str, Callable[[Standing], str | None]] = {
    "unknown": _unknown,
    "licence": _licensed,
    "consent": _consented,
    "synthetic": _synthetic,
    "public-domain": _free,
    "tdm": _mined,
}


def spelling(licence: str) -> str:
    """A licence as it is compared: in small letters, with dashes."""
    return re.sub(r"[\s_]+", "-", licence.strip()).casefold()
