"""`rights resolve`: of sources that contradict each other, which one holds, and on what evidence."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.engine.catalog import Catalog, now
from pipelines.find.returned import ALLOWED
from schemas.answers import Decision
from schemas.errors import BadInput, BadSetting, nearest
from schemas.media import Layer, Source, Statement

# Files by name (whole, or its end after a slash) or by id.
NAMED = """
    SELECT asset, min(name) FROM statements SEMI JOIN assets ON assets.id = asset
    WHERE name = $file OR ends_with(name, '/' || $file) OR asset = $file GROUP BY asset ORDER BY 2"""
SOURCES = """
    SELECT r.id, r.basis, r.licence, r.attribution, r.scopes, r.evidence FROM rights_in_force r
    WHERE r.asset = ? AND r.layer = ? ORDER BY r.licence, r.basis, r.id"""

OPPOSED = "SELECT layer FROM terms WHERE asset = ? AND conflict ORDER BY layer"  # the layers that are in conflict


@dataclass(frozen=True)
class Resolved:
    """Which terms hold for a file from now on, and those that were said of it before."""

    asset: str
    name: str
    layer: Layer
    basis: str
    licence: str | None
    before: tuple[tuple[str, str | None], ...]
    new: bool


def resolve(home: Path, file: str, source: Source) -> Resolved:
    """Say which source holds for a file: all that was said of its rights before is settled by it.

    Raises BadInput for a file nobody knows or that several files may be, BadSetting without evidence
    and for a layer that is in no conflict while another is.
    """
    if not (source.evidence or "").strip():
        raise BadSetting("rights resolve needs --evidence: who granted it, when and where that can be read")
    if source.basis == "unknown":
        raise BadSetting("rights resolve needs --licence, or --basis such as public-domain: what holds from now on?")
    catalog = Catalog(home)
    asset, name = _file(catalog, file)
    opposed = [layer for (layer,) in catalog.rows(OPPOSED, [asset])]
    if opposed and source.layer not in opposed:
        hint = " or ".join(f"--layer {layer}" for layer in opposed)
        raise BadSetting(
            f"the sources of {name!r} agree about its {source.layer}; what they contradict each other in: {hint}"
        )
    before = catalog.rows(SOURCES, [asset, source.layer])
    new = [row[0] for row in before] != [source.id]
    if new:
        catalog.add([source, Statement(asset, name, "resolved", now(), source.id)])
    terms = tuple((str(basis), licence) for _, basis, licence, *_ in before)
    return Resolved(asset, name, source.layer, source.basis, source.licence, terms, new)


@dataclass(frozen=True)
class Allowed:
    """A file that somebody says is no copy of what was forgotten, and whether it was taken for one."""

    asset: str
    name: str
    new: bool


def allow(home: Path, file: str, evidence: str) -> Allowed:
    """Say that a file is no copy of what was forgotten; its rights stay as they are.

    Raises BadInput for a file nobody knows or that several may be, BadSetting without evidence.
    """
    if not evidence.strip():
        raise BadSetting("--no-copy needs --evidence: who has listened or looked, and when")
    catalog = Catalog(home)
    asset, name = _file(catalog, file)
    new = bool(catalog.rows("SELECT 1 FROM returned WHERE asset = ?", [asset]))
    if new or not catalog.rows("SELECT 1 FROM decisions WHERE subject = ? AND what = ?", [asset, ALLOWED]):
        catalog.add([Decision(asset, ALLOWED, evidence.strip(), now())])
    return Allowed(asset, name, new)


def _file(catalog: Catalog, file: str) -> tuple[str, str]:
    """The asset a name or an id stands for, with its name."""
    rows = catalog.rows(NAMED, {"file": file})
    if len(rows) == 1:
        return str(rows[0][0]), str(rows[0][1])
    if rows:
        names = ", ".join(repr(name) for _, name in rows[:5])
        raise BadInput(f"{file!r} may be {len(rows)} files, among them {names}; give more of the name, or the id")
    known = [name for (name,) in catalog.rows("SELECT DISTINCT name FROM statements ORDER BY 1 LIMIT 100000")]
    raise BadInput(f"no file {file!r} is in this collection; {nearest(file, known)}")
