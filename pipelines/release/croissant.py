"""Describes a release in Croissant 1.0 with its responsible-AI part: files with hashes, columns of labels."""

from pathlib import Path
from typing import Any

from pipelines.release.tally import Tally
from schemas.columns import Field, ListOf
from schemas.ids import canonical
from schemas.release import Part, Release, Table

NAME = "croissant.json"
SPECIFICATION = "http://mlcommons.org/croissant/1.0"
_CONTEXT: dict[str, Any] = {
    "@language": "en", "@vocab": "https://schema.org/", "sc": "https://schema.org/", "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/", "dct": "http://purl.org/dc/terms/", "citeAs": "cr:citeAs",
    "column": "cr:column", "conformsTo": "dct:conformsTo", "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"}, "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract", "field": "cr:field", "fileObject": "cr:fileObject", "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet", "format": "cr:format", "includes": "cr:includes", "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath", "key": "cr:key", "md5": "cr:md5", "parentField": "cr:parentField", "path": "cr:path",
    "recordSet": "cr:recordSet", "references": "cr:references", "regex": "cr:regex", "repeated": "cr:repeated",
    "replace": "cr:replace", "separator": "cr:separator", "source": "cr:source", "subField": "cr:subField",
    "transform": "cr:transform",
}  # fmt: skip
_TYPES = {"string": "sc:Text", "int64": "sc:Integer", "float64": "sc:Float"}
_LIMITS = (
    "Labels say what raters perceived, not what somebody felt; those who are heard and seen are no sample of people."
)
_USES = "Research on, and training of, systems that tell which emotion people perceive in a voice or a face."


def croissant(folder: Path, release: Release, tally: Tally) -> str:
    """The description as JSON-LD; the same release gives the same text."""
    licences = sorted({licence or basis for licence, basis in (*tally.licences, *tally.bare)})
    return canonical(
        {
            "@context": _CONTEXT,
            "@type": "sc:Dataset",
            "conformsTo": [SPECIFICATION, "http://mlcommons.org/croissant/RAI/1.0"],
            "name": release.title,
            "description": release.description or f"Clips with emotion labels: {release.title}",
            "license": licences,
            **({"url": f"https://huggingface.co/datasets/{release.repo}"} if release.repo else {}),
            "version": "1.0.0",
            "citeAs": release.title,
            "distribution": _files(folder, release),
            "recordSet": [_records(part) for part in release.parts],
            **_responsible(release, tally),
        }
    )


def _files(folder: Path, release: Release) -> list[dict[str, Any]]:
    tables: list[Table] = [release.places, *(table for part in release.parts for table in (part.table, part.answers))]
    tables += [release.bare.table] if release.bare else []
    listed = [(table.path, table.sha256, table.bytes, "application/x-parquet") for table in tables]
    listed += [
        (shard.path, shard.sha256, shard.bytes, "application/x-tar") for part in release.parts for shard in part.shards
    ]
    files = []
    for path, sha256, size, kind in listed:
        name = path.relative_to(folder).as_posix()
        file = {"@type": "cr:FileObject", "@id": name, "name": name, "contentUrl": name, "encodingFormat": kind}
        files.append({**file, "sha256": sha256, "contentSize": f"{size} B"})
    return files


def _records(part: Part) -> dict[str, Any]:
    """The columns of the labels of one medium that hold plain values or lists of them."""
    file = f"{part.media}/labels.parquet"
    name = f"{part.media}-labels"
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"{name}/{column.name}",
            "name": column.name,
            "description": column.meaning,
            "dataType": _TYPES[kind],
            **({"repeated": True} if isinstance(column.type, ListOf) else {}),
            "source": {"fileObject": {"@id": file}, "extract": {"column": column.name}},
        }
        for column in part.layout.table
        if (kind := _plain(column))
    ]
    key = {"@id": f"{name}/key"}
    return {"@type": "cr:RecordSet", "@id": name, "name": name, "key": key, "field": fields}


def _plain(column: Field) -> str | None:
    kind = column.type.of if isinstance(column.type, ListOf) else column.type
    return kind if isinstance(kind, str) else None


def _responsible(release: Release, tally: Tally) -> dict[str, Any]:
    """How it was made and what it is not for, in the words of Croissant's responsible-AI part."""
    asked = [
        f"{scheme.name}, version {scheme.version}: {scheme.instruction or scheme.title}" for scheme in release.schemes
    ]
    bases = sorted({basis for _, basis in (*tally.licences, *tally.bare)})
    answers = ", ".join(f"{count} by kind {kind}" for kind, count in sorted(tally.answers.items()))
    people = sum(kind == "person" for kind, _ in tally.raters)
    return {
        "rai:dataCollection": f"Clips cut from recordings and pictures, used on the basis of {', '.join(bases)}.",
        "rai:dataAnnotationProtocol": "; ".join(asked) or "none",
        "rai:annotationsPerItem": f"answers: {answers or 'none'}",
        "rai:annotatorDemographics": f"{people} people, named by pseudonyms; nothing more is released of them.",
        "rai:dataUseCases": _USES,
        "rai:dataLimitations": _LIMITS,
        "rai:personalSensitiveInformation": "Voices and faces of people; names of speakers and raters are pseudonyms.",
        "rai:dataReleaseMaintenancePlan": "Whoever is in it may ask to be taken out of the next version.",
    }
