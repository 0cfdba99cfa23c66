"""Says what stands against publishing: items whose basis, licence or consent does not allow it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from schemas.errors import nearest
from schemas.release import Sample

PUBLISH_SCOPE = "publish"


@dataclass
class _Refused:
    """The clips one reason stands against."""

    clips: int = 0
    sources: set[str] = field(default_factory=set)
    example: str = ""

    def see(self, sample: Sample) -> None:
        self.clips += 1
        self.sources.add(sample.source)
        place = f"source {sample.source}" + (f" ({sample.source_address})" if sample.source_address else "")
        self.example = min(self.example or place, place)


def obstacles(samples: Iterable[Sample], allowed_licences: Iterable[str]) -> list[str]:
    """One sentence for every reason not to publish: how many clips, of which source, and what to type next.

    Licences are compared as SPDX ids whatever their case. An empty list means that nothing stands against it.
    """
    allowed = {_spelling(licence): licence for licence in allowed_licences}
    refused: dict[str, _Refused] = {}
    known: dict[tuple[object, ...], list[str]] = {}  # clips are many, what is said of their sources is little
    for sample in samples:
        said = (sample.basis, sample.licence, sample.scopes, sample.model)
        if said not in known:
            known[said] = _reasons(sample, allowed)
        for reason in known[said]:
            refused.setdefault(reason, _Refused()).see(sample)
    return [_sentence(reason, of) for reason, of in sorted(refused.items())]


def _sentence(reason: str, of: _Refused) -> str:
    clips = "1 clip" if of.clips == 1 else f"{of.clips:,} clips"
    sources = of.example if len(of.sources) == 1 else f"{len(of.sources):,} sources, among them {of.example}"
    return f"{clips} of {sources}: {reason}"


def _reasons(sample: Sample, allowed: dict[str, str]) -> list[str]:
    reasons = [_BASIS[sample.basis](sample)]
    if sample.licence is not None and _spelling(sample.licence) not in allowed:
        reasons.append(_not_allowed(sample.licence, allowed))
    return [reason for reason in reasons if reason]


def _not_allowed(licence: str, allowed: dict[str, str]) -> str:
    parts = set(_spelling(licence).split("-"))
    forbids = [
        words for part, words in (("nc", "commercial use"), ("nd", "derivatives, which a cut clip is")) if part in parts
    ]
    why = f"; it forbids {' and '.join(forbids)}" if forbids else ""
    guess = nearest(licence, allowed.values()) if not forbids else f"known: {', '.join(sorted(allowed.values()))}"
    known = f" ({guess})" if allowed else ""
    return (
        f"licence {licence!r} is not among those this collection allows{known}{why}; "
        f"if you may pass it on, add it to `licences` under [publish] in emocurate.toml, else leave these files out"
    )


def _unknown(_: Sample) -> str:
    return (
        "it is not known on what basis they may be used; say it with `emocurate add` of the same files "
        "and `--licence ID` or `--basis consent|public-domain|synthetic`"
    )


def _licensed(sample: Sample) -> str | None:
    if sample.licence:
        return None
    return "the basis is a licence but none is named; type `emocurate add` of the same files with `--licence ID`"


def _consented(sample: Sample) -> str | None:
    if PUBLISH_SCOPE in sample.scopes:
        return None
    given = ", ".join(sample.scopes) or "nothing in particular"
    return (
        f"people consented to {given}, not to {PUBLISH_SCOPE!r}; ask them, then type `emocurate add` of the "
        f"same files with `--basis consent --scope {PUBLISH_SCOPE}`"
    )


def _synthetic(sample: Sample) -> str | None:
    if sample.model:
        return None
    return (
        "synthetic media need the model that made them; type `emocurate add` of the same files with "
        "`--basis synthetic --metadata TABLE`, a table with the columns path and model"
    )


def _free(_: Sample) -> None:
    return None


_BASIS: dict[str, Callable[[Sample], str | None]] = {
    "unknown": _unknown,
    "licence": _licensed,
    "consent": _consented,
    "synthetic": _synthetic,
    "public-domain": _free,
}


def _spelling(licence: str) -> str:
    return re.sub(r"[\s_]+", "-", licence.strip()).casefold()
