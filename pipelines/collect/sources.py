"""Sources that flags describe: the basis of a recording, and licences of its layers."""

from collections.abc import Sequence
from typing import Any

from schemas.errors import BadSetting, nearest
from schemas.licences import checked
from schemas.media import LAYERS, Source

SCOPES = ("annotate", "publish", "train")


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
        raise BadSetting("--attribution belongs to a licence or basis; say it again with that: --licence CC-BY-4.0")
    if chosen == "licence" and not licence:
        raise BadSetting("--basis licence needs the licence, such as: --licence CC-BY-4.0")
    if chosen == "consent" and not scopes:
        raise BadSetting("--basis consent needs what was consented to: --scope annotate --scope publish")
    licence = checked(licence, "--licence") if licence else None
    scopes = tuple(sorted(set(scopes)))
    return Source(chosen, licence, address, scopes=scopes, attribution=attribution or None, **more)


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
