"""audformat databases: db.yaml says which tables there are, who rated in which column, and on what scheme."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml

from annotate.ratings.layout import Asked, Layout
from schemas.answers import RaterKind
from schemas.errors import BadInput
from schemas.scheme import Media

HEADER = "db.yaml"
ENDINGS = (".parquet", ".csv")
KINDS: dict[str, RaterKind] = {"human": "person", "machine": "model"}  # truth, vote and other are the corpus's own
MEDIA: dict[Media, set[str]] = {"voice": {"audio", "video"}, "face": {"image", "video"}}


@dataclass(frozen=True)
class AudTable:
    """One table of a database: its name, which is also its file's, and how it is laid out."""

    name: str
    layout: Layout


def header_from(text: str, origin: str) -> dict[str, Any]:
    """The header of a database; raises BadInput when the text is no YAML or no audformat header."""
    try:
        header = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadInput(f"{origin} is not YAML: {error}") from None
    if not isinstance(header, dict) or not isinstance(header.get("tables"), dict):
        raise BadInput(f"{origin} is no audformat header: it lists no tables")
    return header


def tables_in(header: Mapping[str, Any], base: Layout) -> list[AudTable]:
    """The tables that hold ratings: their columns with a rater, or where no column has one, all with a scheme.

    Raises BadInput when there is none.
    """
    columns = [column or {} for table in header["tables"].values() for column in _columns(table).values()]
    named = any(column.get("rater_id") for column in columns)
    tables = []
    for name, table in header["tables"].items():
        asked = tuple(
            _asked(header, column, about or {})
            for column, about in _columns(table).items()
            if (about or {}).get("scheme_id") and ((about or {}).get("rater_id") or not named)
        )
        if asked:
            tables.append(AudTable(name, replace(_layout(header, table, base, asked), part=name)))
    if not tables:
        raise BadInput("no table of this database has a column with a scheme, so there is nothing to import")
    return tables


def _columns(table: Mapping[str, Any] | None) -> dict[str, Any]:
    return (table or {}).get("columns") or {}


def _layout(header: Mapping[str, Any], table: Mapping[str, Any], base: Layout, asked: tuple[Asked, ...]) -> Layout:
    segmented = table.get("type") == "segmented"
    media = {str(medium.get("type")) for medium in (header.get("media") or {}).values()}
    seen = tuple(kind for kind, types in MEDIA.items() if media & types)
    return replace(
        base,
        corpus=str(header.get("name") or base.corpus),
        title=str(header.get("description") or header.get("name") or ""),
        licence=str(header.get("license") or ""),
        address=str(header.get("source") or ""),
        reader="table",
        heard_or_seen=seen,
        item=("{file}#{start:ms}-{end:ms}",) if segmented else ("file",),
        question=tuple(replace(question, aliases=(*question.aliases, *base.aliases)) for question in asked),
    )


def _asked(header: Mapping[str, Any], column: str, about: Mapping[str, Any]) -> Asked:
    rater = str(about.get("rater_id") or "labels")
    kind = ((header.get("raters") or {}).get(rater) or {}).get("type")
    scheme = (header.get("schemes") or {}).get(about["scheme_id"]) or {}
    shape = _shape(scheme)
    return Asked(
        name=str(about["scheme_id"]), value=column, rater=rater, rater_kind=KINDS.get(str(kind), "corpus"), **shape
    )


def _shape(scheme: Mapping[str, Any]) -> dict[str, Any]:
    """What a question of that scheme offers: labels, yes and no, a scale, or whatever its cells hold."""
    dtype, labels = str(scheme.get("dtype", "str")), scheme.get("labels")
    if isinstance(labels, list | dict) and len(labels) > 1:
        return {"categories": tuple(str(label) for label in labels)}
    if dtype == "bool":
        return {"categories": ("no", "yes")}
    if dtype in ("int", "float"):
        low, high = _number(scheme.get("minimum")), _number(scheme.get("maximum"))
        step = 1.0 if dtype == "int" else None
        if step is None and low is not None and high is not None:
            step = (high - low) / 100
        return {"type": "scale", "minimum": low, "maximum": high, "step": step, "measure": "interval"}
    return {"type": None if labels else "text"}


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
