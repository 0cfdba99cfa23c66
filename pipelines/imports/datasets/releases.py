"""Releases of emocurate as datasets: every single answer comes along, to the same schemes; labels are drawn anew."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from pyarrow import array, dataset, string

from pipelines.engine.catalog import Catalog, Noun, insert
from pipelines.engine.pseudonyms import Pseudonyms
from pipelines.engine.tombstones import tombstones
from pipelines.imports.commit import NO_TIME, TABLE
from pipelines.imports.datasets.hubfiles import SCHEME, hub_dataset
from pipelines.imports.datasets.rows import Row
from pipelines.release.manifest import NAME as MANIFEST
from pipelines.release.records import manifest_of
from pipelines.weigh.questions import name_of
from schemas.answers import Answer, Ask, Item, Rater
from schemas.ids import canonical, content_id
from schemas.media import Clip
from schemas.scheme import Scheme, scheme_from_dict

AT_ONCE = 2_000  # samples whose answers are committed together


class ReleaseAnswers:
    """The answers of a release on their way; raters are people of that release, whatever it is called later."""

    def __init__(self, home: Path, people: Pseudonyms, corpus: str, place: str, aside: Path) -> None:
        self._catalog, self._people, self._corpus = Catalog(home), people, corpus
        manifest, self._tables = _told(place, aside)
        self._schemes = {name_of(scheme): scheme for scheme in _schemes(manifest)}
        self._forgotten = tombstones(home)
        self._origins: dict[str, str] = {}
        self._assets: dict[str, str] = {}  # of samples whose answers are still to be read, by the sample's key
        self._count = 0

    def clips_here(self) -> frozenset[str]:
        """The ids of all clips of this collection: samples that are some of these came from here."""
        return frozenset(clip for (clip,) in self._catalog.rows("SELECT id FROM clips"))

    def take(self, row: Row, asset: str) -> None:
        """Take the answers about a sample whose medium is an asset here."""
        self._assets[str(row.values.get("key"))] = asset
        if len(self._assets) >= AT_ONCE:
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
        value, time = _value(told), _time(told.get("week"))
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
                where = {"id": origin, "scheme": scheme.id, "modality": "", "server": TABLE, "corpus": self._corpus}
                insert(connection, "origins", {name: [value] for name, value in where.items()})
            self._origins[scheme.id] = origin
        return self._origins[scheme.id]

    def _commit(self) -> None:
        nouns: list[Noun] = []
        for table in self._tables:
            wanted = dataset.field("key").isin(array(self._assets, string()))
            for told in dataset.dataset(table, format="parquet").to_table(filter=wanted).to_pylist():
                clip = Clip(self._assets[told["key"]], "whole")
                item = Item("clip", clip.id)
                if answer := self._nouns(item, told):
                    nouns += [clip, item, *answer]
        self._catalog.add(nouns)
        self._assets = {}


def _told(place: str, aside: Path) -> tuple[dict[str, Any], list[Path]]:
    """The manifest of a release, and its tables of single answers on this disk."""
    folder = Path(place)
    if place.startswith(SCHEME):
        there, folder = hub_dataset(place), aside / "answers"
        there.folder([MANIFEST, *(path for path in there.files if path.endswith("/answers.parquet"))], folder)
    manifest = manifest_of(folder)
    return manifest, [folder / part["answers"]["path"] for part in manifest["parts"]]


def _time(week: str | None) -> str:
    """The beginning of a week, which is all that a release says of a time."""
    if week is None:
        return NO_TIME
    return datetime.strptime(f"{week}-1", "%G-W%V-%u").strftime("%Y-%m-%dT00:00:00.000000Z")


def _schemes(manifest: Mapping[str, Any]) -> list[Scheme]:
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
