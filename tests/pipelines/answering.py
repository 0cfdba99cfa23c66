"""Puts answers into a collection the way a pull or an import leaves them there."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipelines.engine.catalog import Catalog, insert
from schemas.answers import Answer, AnswerState, Ask, Item, Rater, RaterKind, Role
from schemas.ids import canonical
from schemas.media import Arrival, Asset, Clip, Source, Statement
from schemas.scheme import Scheme, shipped_schemes

EKMAN = shipped_schemes()["ekman"]
CATEGORIES = tuple(category.name for category in EKMAN.questions[0].categories)


@dataclass(frozen=True)
class Said:
    """One answer; an item is a clip or an asset where there is one of that id, else a key."""

    item: str
    rater: str
    value: Any
    question: str = "emotion"
    second: int = 0
    took_ms: int | None = None
    kind: RaterKind = "person"
    role: Role = "plain"
    target: str | None = None
    round: int = 1
    repeat: int = 0
    prelabel: str | None = None
    state: AnswerState = "given"
    origin: str = "origin"


def answer(home: Path, said: Iterable[Said], scheme: Scheme = EKMAN) -> None:
    """Commit the items, asks, raters and answers of some answers."""
    catalog = Catalog(home)
    kinds = dict(catalog.rows("SELECT id, 'clip' FROM clips UNION ALL SELECT id, 'asset' FROM assets"))
    nouns: list[Any] = []
    for one in said:
        item = Item(kinds.get(one.item, "key"), one.item)
        ask = Ask(item.id, scheme.id, one.target, one.round, one.repeat, one.role, one.prelabel)
        time = f"2026-03-01T{one.second // 3600:02}:{one.second // 60 % 60:02}:{one.second % 60:02}.000000Z"
        value = None if one.value is None or one.state == "withdrawn" else canonical(one.value)
        told = Answer(one.origin, ask.id, one.question, one.rater, time, value, one.state, one.took_ms)
        nouns += [item, ask, Rater(one.rater, one.kind), told]
    with catalog.open() as connection:
        row = {"id": scheme.id, "name": scheme.name, "version": scheme.version, "body": canonical(asdict(scheme))}
        insert(connection, "schemes", {name: [value] for name, value in row.items()})
        catalog.commit(connection, nouns)


def asset(home: Path, name: str, *, clips: int = 1, licence: str = "CC-BY-4.0", **told: str | None) -> list[str]:
    """An asset with some utterances in it, one after the other; gives the ids of the clips."""
    source, media = Source("licence", licence, told.pop("address", None)), Asset(name.rjust(32, "0"), "sound", "wav", 1)
    arrival = Arrival(media.id, source.id)
    made = [Clip(media.id, "utterance", 1000 * n, 1000 * n + 900) for n in range(clips)]
    said = Statement(media.id, f"{name}.wav", "file", "2026-03-01T00:00:00.000000Z", source.id, **told)
    Catalog(home).add([source, media, arrival, said, *made])
    return [clip.id for clip in made]


def file_of_names(home: Path, *names: str) -> str:
    """An asset that came under each of these names; gives its id."""
    source, media = Source("licence", "CC-BY-4.0"), Asset(names[0].rjust(32, "0"), "sound", "wav", 1)
    arrival = Arrival(media.id, source.id)
    at = "2026-03-01T00:00:00.000000Z"
    said = [Statement(media.id, name, "file", at, source.id) for name in names]
    Catalog(home).add([source, media, arrival, Clip(media.id, "whole"), *said])
    return media.id
