"""Sources that flags and rows describe: the basis of a recording, licences of its layers, terms of generators."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipelines.collect.metadata import LAYER_COLUMNS, TERMS, Metadata
from pipelines.collect.takes import check_takes
from schemas.errors import BadSetting, BadUsage, nearest
from schemas.generators import generator_of, generators
from schemas.licences import checked
from schemas.media import LAYERS, Source
from schemas.people import SCOPES

UNKNOWN = "unknown"  # typed: the terms stay unknown
UNKNOWN_TERMS = "LicenseRef-Generator-Terms-Unknown"
FORBIDDEN_TERMS = "LicenseRef-Generator-Forbids-{}"


def source_from(
    basis: str | None,
    licence: str | None,
    address: str | None,
    scopes: Sequence[str],
    attribution: str | None = None,
    **more: Any,
) -> Source:
    """The Source that flags describe; raises BadSetting for what could never be published by mistake of spelling."""
    for scope in scopes:
        if scope not in SCOPES:
            raise BadSetting(f"--scope {scope!r} is not one we know; {nearest(scope, SCOPES)}")
    chosen: Any = basis or ("licence" if licence else "unknown")
    if attribution and chosen == "unknown":
        raise BadUsage("--attribution belongs to a licence or basis; say it again with that: --licence CC-BY-4.0")
    if chosen == "licence" and not licence:
        raise BadSetting("--basis licence needs the licence, such as: --licence CC-BY-4.0")
    if chosen == "consent" and not scopes:
        raise BadSetting("--basis consent needs what was consented to: --scope annotate --scope publish")
    licence = checked(licence, "--licence") if licence else None
    scopes = tuple(sorted(set(scopes)))
    return Source(chosen, licence, address, scopes=scopes, attribution=attribution or None, **more)


def check_scopes(said: Source) -> None:
    """Raises BadUsage for scopes beside another basis than consent, which they narrow; nobody would heed them."""
    idle = [scope for scope in said.scopes if scope != "identify"]  # which needs consent on every basis
    if idle and said.basis != "consent":
        raise BadUsage(
            f"--scope {idle[0]} narrows consent alone, and the basis is {said.basis}; say --basis consent, too"
        )


def licences_from(given: Sequence[str]) -> tuple[str | None, tuple[Source, ...]]:
    """The licence of the recording, and sources of its layers, from texts such as `CC-BY-4.0` and `text=CC-BY-SA-4.0`.

    Raises BadSetting for a layer nobody knows and for two licences of one layer.
    """
    licences: dict[str, str] = {}
    for text in given:
        layer, equals, licence = text.rpartition("=")
        name = layer if equals else "recording"
        if name not in LAYERS:
            raise BadSetting(f"--licence {text!r}: no layer {name!r}; {nearest(name, LAYERS)}")
        if name in licences:
            raise BadSetting(f"--licence gives two licences of the {name}: {licences[name]!r} and {licence!r}")
        if not licence.strip():
            raise BadSetting(f"--licence {text!r} names no licence; give an SPDX name such as CC-BY-4.0")
        licences[name] = checked(licence, "--licence")
    recording = licences.pop("recording", None)
    return recording, tuple(Source("licence", licence, layer=layer) for layer, licence in licences.items())  # type: ignore[arg-type]


def layers_in(row: Mapping[str, str], source: Source, layers: Sequence[Source]) -> list[Source]:
    """The sources of a file's layers by its row of a table; what a generator's terms say where nobody else said it."""
    own = [Source("licence", row[column], layer=layer) for column, layer in LAYER_COLUMNS if column in row]
    if source.basis == "synthetic" and source.model and not any(one.layer == "generator" for one in (*own, *layers)):
        own.append(generator_source(source.model, row.get(TERMS)))
    return own


def generator_source(model: str, reason: str | None) -> Source:
    """The terms of the generator that a model is, as a source of that layer.

    What they forbid, and what is not known of them, bears a licence that no release may have unless somebody lists it.
    """
    known = generator_of(model)
    if known is None:
        if reason and reason.casefold() != UNKNOWN:
            return Source("public-domain", evidence=f"typed: {reason}", layer="generator")
        return Source(
            "licence", UNKNOWN_TERMS, evidence=f"nobody has said what the terms of {model} are", layer="generator"
        )
    if known.verdict == "allowed":
        return Source("public-domain", address=known.terms, evidence=known.evidence, layer="generator")
    licence = known.licence or FORBIDDEN_TERMS.format(re.sub(r"[^A-Za-z0-9]+", "-", known.owner))
    return Source("licence", licence, known.terms, evidence=known.evidence, layer="generator")


def with_terms(metadata: Metadata, source: Source, layers: Sequence[Source], reason: str | None) -> Metadata:
    """The metadata with what was typed of generators whose terms are not known; raises BadSetting where nothing was,
    and BadInput for a rank that is no number."""
    rows: dict[str, Mapping[str, str]] = {}
    for name, row in metadata.rows.items():
        check_takes(name, row)
        synthetic = row.get("basis", source.basis) == "synthetic"
        unknown = synthetic and "model" in row and "generator_licence" not in row and generator_of(row["model"]) is None
        if unknown and not any(one.layer == "generator" for one in layers):
            told = row.get(TERMS) or reason
            if not told:
                raise BadSetting(_unknown(row["model"]))
            rows[name] = {**row, TERMS: told}
    return replace(metadata, rows={**metadata.rows, **rows}) if rows else metadata


def _unknown(model: str) -> str:
    owners = ", ".join(known.owner for known in generators())
    return (
        f"what the terms of {model!r} say of passing on what it made is not known here (known: {owners}); say why it "
        "may be passed on with --generator-terms 'WHO SAYS SO, AND WHERE', its licence with --licence generator=NAME, "
        "or --generator-terms unknown to label it and never publish it"
    )
