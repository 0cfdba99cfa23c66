"""Releases of emocurate as datasets: every single answer comes along, to the same schemes; labels are drawn anew."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.engine.catalog import Catalog, Noun, insert
from pipelines.engine.pseudonyms import Pseudonyms
from pipelines.engine.tombstones import tombstones
from pipelines.imports.commit import NO_TIME, TABLE
from pipelines.imports.datasets.hubfiles import SCHEME, hub_dataset
from pipelines.imports.datasets.rows import Row
from pipelines.release.manifest import NAME as MANIFEST
from pipelines.weigh.questions import name_of
from schemas.answers import Answer, Ask, Item, Rater
from schemas.ids import canonical, content_id
from schemas.media import Clip
from schemas.scheme import Scheme, scheme_from_dict

AT_ONCE = 2_000  # samples whose answers are committed together


class ReleaseAnswers:
    """The answers of a release on their way; raters are people of that release, whatever it is called later."""

    def __init__(self, home: Path, people: Pseudonyms, corpus: str, places: Sequence[str]) -> None:
        self._catalog, self._people, self._corpus = Catalog(home), people, corpus
        self._schemes = {name_of(scheme): scheme for scheme in _schemes(places[0])}
        self._forgotten = tombstones(home)
        self._origins: dict[str, str] = {}
        self._waiting: list[Noun] = []
        self._samples = self._count = 0

    def clips_here(self) -> frozenset[str]:
        """The ids of all clips of this collection: samples that are some of these came from here."""
        return frozenset(clip for (clip,) in self._catalog.rows("SELECT id FROM clips"))

    def take(self, row: Row, asset: str) -> None:
        """Take the answers about a sample whose medium is an asset here."""
        clip = Clip(asset, "whole")
        item = Item("clip", clip.id)
        for told in row.values.get("answers") or ():
            if nouns := self._nouns(item, told):
                self._waiting += [clip, item, *nouns]
        self._samples += 1
        if self._samples % AT_ONCE == 0:
            self._commit()

    def finish(self) -> int:
        """Commit what is left; gives how many answers the release held."""
        self._commit()
        return self._count

    def _nouns(self, item: Item, told: Mapping[str, Any]) -> list[Noun]:
        scheme = self._schemes.get(str(told["scheme"]))
        rater = self._rater(told)
        if scheme is None or self._forgotten.holds("rater", rater.id):
            return []
        ask = Ask(item.id, scheme.id)
        value, time = _value(told), str(told.get("updated_at") or NO_TIME)
        duration_ms = told.get("duration_ms")
        self._count += 1
        origin = self._origin(scheme)
        answer = Answer(origin, ask.id, told["question"], rater.id, time, value, told["state"], duration_ms)
        return [ask, rater, answer]

    def _rater(self, told: Mapping[str, Any]) -> Rater:
        name, kind = str(told["rater"]), told["rater_kind"]
        return Rater(self._people.of(f"{self._corpus}/{name}") if kind == "person" else name, kind)

    def _origin(self, scheme: Scheme) -> str:
        """Where the answers are from: the same for every release of one collection."""
        if scheme.id not in self._origins:
            origin = content_id("import", corpus=self._corpus, part="release", rater=scheme.id)
            body = canonical(asdict(scheme))
            row = {"id": scheme.id, "name": scheme.name, "version": scheme.version, "body": body}
            with self._catalog.open() as connection:
                insert(connection, "schemes", {name: [value] for name, value in row.items()})
                where = {"id": origin, "scheme": scheme.id, "modality": "", "server": TABLE}
                insert(connection, "origins", {name: [value] for name, value in where.items()})
            self._origins[scheme.id] = origin
        return self._origins[scheme.id]

    def _commit(self) -> None:
        self._catalog.add(self._waiting)
        self._waiting = []


def _schemes(place: str) -> list[Scheme]:
    if place.startswith(SCHEME):
        there = hub_dataset(place)
        manifest = json.loads(there.hub.read(MANIFEST, there.revision))
    else:
        manifest = json.loads((Path(place) / MANIFEST).read_text("utf-8"))
    return [scheme_from_dict({key: value for key, value in one.items() if key != "id"}) for one in manifest["schemes"]]


def _value(told: Mapping[str, Any]) -> str | None:
    """The canonical JSON of an answer, out of the column of its kind."""
    if told.get("number") is not None:
        number = float(told["number"])
        return canonical(int(number) if number.is_integer() else number)
    if told.get("categories") is not None:
        return canonical(list(told["categories"]))
    text = told.get("category") if told.get("category") is not None else told.get("text")
    return None if text is None else canonical(text)
