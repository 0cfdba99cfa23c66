"""Writes what makes a folder a whole release: the card, the licences and, last, the list of all its files."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.engine.lease import sync_folder
from pipelines.release.card import card
from pipelines.release.citation import NAME as CITATION
from pipelines.release.citation import citation
from pipelines.release.croissant import NAME as CROISSANT
from pipelines.release.croissant import croissant
from pipelines.release.datasheet import NAME as DATASHEET
from pipelines.release.datasheet import datasheet
from pipelines.release.licensing import licence_notice
from pipelines.release.notice import NAME as NOTICE
from pipelines.release.notice import notice
from pipelines.release.tally import Tally
from schemas.errors import BadInput
from schemas.ids import canonical
from schemas.release import REMOVED, Bare, Part, Release, Shard, Table

FORMAT = "emocurate release 1"
NAME = "manifest.json"


def seal(folder: Path, release: Release, tally: Tally) -> None:
    """Write the card, what goes with it, and the manifest into the folder of a release whose parts are written.

    The manifest comes last: a folder that has one is whole, whenever the power went.
    """
    written = {"README.md": card(release, tally), "LICENSE.md": licence_notice(release, tally), **indexes(release)}
    written |= {
        NOTICE: notice(release, tally),
        CITATION: citation(release, tally),
        DATASHEET: datasheet(release, tally),
    }
    written[CROISSANT] = croissant(folder, release, tally) + "\n"
    if release.removed:
        written[REMOVED] = "".join(f"{key}\n" for key in release.removed)
    hashes = {name: _write(folder / name, text) for name, text in written.items()}
    hashes |= {picture.path: picture.sha256 for picture in release.pictures}
    _write(folder / NAME, canonical(manifest(folder, release, tally, hashes)) + "\n")


def indexes(release: Release) -> dict[str, str]:
    """What `wids` reads for random access to the shards of a split, by the path of the file it lies in."""
    listed: dict[str, list[dict[str, Any]]] = {}
    for shard in (shard for part in release.parts for shard in part.shards):
        path = f"{shard.media}/{shard.media}-{shard.split}-index.json"
        told = {"url": shard.path.name, "nsamples": shard.samples, "filesize": shard.bytes, "sha256": shard.sha256}
        listed.setdefault(path, []).append(told)
    return {
        path: canonical({"wids_version": 1, "name": Path(path).stem.removesuffix("-index"), "shardlist": shards}) + "\n"
        for path, shards in listed.items()
    }


def manifest(folder: Path, release: Release, tally: Tally, documents: dict[str, str]) -> dict[str, Any]:
    """All that identifies a release, as JSON: every file with its SHA-256, counts, schemes, methods, versions."""
    asked = (*tally.categories, *tally.numbers)
    return {
        "format": FORMAT,
        "name": release.name,
        "title": release.title,
        "pictures": [asdict(picture) for picture in release.pictures],
        "documents": documents,
        "parts": [_part(folder, part) for part in release.parts],
        "places": _file(folder, release.places),
        "labels_only": _bare(folder, release.bare) if release.bare else None,
        "refused": dict(release.refused),
        "licence": release.licence,
        "internal": release.internal,
        "counts": {part.media: tally.of(part.media) for part in release.parts},
        "schemes": [{"id": scheme.id, **asdict(scheme)} for scheme in release.schemes],
        "methods": sorted({one.method for one in asked}),
        "agreements": [asdict(figure) for figure in release.agreements],
        "contact": release.contact,
        "authors": list(release.authors),
        "gates": asdict(release.gates),
        "label_sources": [asdict(source) for source in release.label_sources],
        "thresholds": dict(release.thresholds),
        "weights": dict(release.weights),
        "versions": dict(release.versions),
        "splits": {"shares": dict(release.shares), "salt": release.salt, "leaks": list(map(asdict, release.leaks))},
    }


def clips_in(listed: Mapping[str, Any]) -> int:
    """How many clips a manifest lists, those without media among them."""
    bare = listed.get("labels_only")
    counted = sum(sum(splits.values()) for splits in listed["counts"].values())
    return int(counted + (bare["table"]["samples"] if bare else 0))


def listed_files(text: str) -> dict[str, str]:
    """The SHA-256 of every file a manifest names, by its path in the release; raises BadInput for any other text."""
    try:
        data = json.loads(text)
        files = [file for part in data["parts"] for file in (*part["shards"], part["table"], part["answers"])]
        files += [data["labels_only"]["table"]] if data.get("labels_only") else []
        if data["format"] == FORMAT:
            return {**data["documents"], **{file["path"]: file["sha256"] for file in (*files, data["places"])}}
    except (ValueError, KeyError, TypeError):
        pass
    raise BadInput(f"this is no manifest of format {FORMAT!r}; type `emocurate export` to write the release again")


def _part(folder: Path, part: Part) -> dict[str, Any]:
    return {
        "media": part.media,
        "suffix": part.suffix,
        "layout": asdict(part.layout),
        "shards": [{**_file(folder, shard), "split": shard.split, "content": shard.content} for shard in part.shards],
        "table": _file(folder, part.table),
        "answers": _file(folder, part.answers),
    }


def _bare(folder: Path, bare: Bare) -> dict[str, Any]:
    layouts = {media: asdict(layout) for media, layout in bare.layouts.items()}
    return {
        "table": _file(folder, bare.table),
        "layouts": layouts,
        "suffixes": dict(bare.suffixes),
        "max_bytes": bare.max_bytes,
    }


def _file(folder: Path, file: Shard | Table) -> dict[str, Any]:
    path = file.path.relative_to(folder).as_posix()
    return {"path": path, "sha256": file.sha256, "bytes": file.bytes, "samples": file.samples}


def _write(path: Path, text: str) -> str:
    data = text.encode()
    aside = path.with_name(path.name + ".tmp")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    sync_folder(path.parent)
    return hashlib.sha256(data).hexdigest()
