"""The answers of a collection as logs, one per question: what raters, label errors, plots and `next` look at."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotate.raters.answer_log import AnswerLog
from annotate.votes import Votes
from pipelines.answers.exclusions import UNSIGNED
from pipelines.engine.catalog import Catalog
from schemas.answers import RaterKind
from schemas.errors import BadSetting, nearest
from schemas.scheme import Question, Scheme, scheme_from_dict

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

# What an answer is about: its item, apart for each target that is a category rather than a question.
THING = "if(k.target IS NULL OR k.target = a.question, k.item, k.item || ' ' || k.target)"

GIVEN = f"""
    SELECT k.scheme, a.question, {THING} AS item, k.item AS whole, a.ask, k.target, k.round, k.role, k.prelabel,
           a.rater, r.kind, a.value, a.duration_ms,
           coalesce(epoch_us(try_cast(a.updated_at AS TIMESTAMP)), 0) AS time_us
    FROM current_answers a JOIN asks k ON k.id = a.ask JOIN raters r ON r.id = a.rater
    WHERE a.state = 'given' ORDER BY k.scheme, a.question"""

PEOPLE: tuple[RaterKind, ...] = ("person",)
AFFIRMATIVE = {"yes", "true", "present", "1"}


@dataclass(frozen=True, eq=False)
class Answered:
    """The answers to one question (or to one category of a question that takes several) of a scheme.

    `wholes` are the ids of the items behind the log's items, `kinds` the kinds of all raters of the collection,
    `rounds` the round of every answer.
    """

    scheme: Scheme
    question: Question
    log: AnswerLog
    wholes: tuple[str, ...]
    rounds: "Ints"
    kinds: Mapping[str, RaterKind]

    @property
    def name(self) -> str:
        """The name it is reported under."""
        return self.log.question

    def people(self, left_out: Mapping[str, str], kinds: Sequence[RaterKind] = PEOPLE) -> "NDArray[np.bool_]":
        """Who counts, a flag per code of the log: raters of these kinds.

        The votes of a corpus that nobody signed speak for people.
        """
        import numpy as np

        voices = [
            self.kinds[rater] in kinds or ("person" in kinds and is_unsigned(rater)) for rater in self.log.rater_ids
        ]
        return np.array(voices, np.bool_) & [rater not in left_out for rater in self.log.rater_ids]

    def votes(self, left_out: Mapping[str, str], kinds: Sequence[RaterKind] = PEOPLE) -> Votes:
        """What raters of these kinds answered, without those left out."""
        return self.log.votes(self.people(left_out, kinds))

    def truths(self) -> dict[str, str]:
        """The true category of items whose gold answer is known."""
        import numpy as np

        log, known = self.log, np.flatnonzero(np.isfinite(self.log.truth))
        if not log.categories:
            return {}
        return {log.item_ids[log.items[row]]: log.categories[int(log.truth[row])] for row in known}

    def present(self, left_out: Mapping[str, str]) -> "tuple[list[str], NDArray[np.bool_]] | None":
        """The items people were asked about, and whether more than half of them say it is there.

        None for choices among several categories and for scales that do not say whether something is there.
        """
        import numpy as np

        log = self.log
        rows = log.latest[self.people(left_out)[log.raters[log.latest]]]
        rows = rows[np.isfinite(log.yes[rows])]
        if not len(rows) or len(log.categories) > 2:
            return None
        items, place = np.unique(log.items[rows], return_inverse=True)
        there = np.bincount(place, log.yes[rows]) > np.bincount(place) / 2
        return [self.wholes[item] for item in items], there

    def about(self, items: Sequence[bool]) -> "Answered":
        """The answers about the items of the log that are marked true."""
        import numpy as np

        return self.kept(np.array(items, np.bool_)[self.log.items])

    def kept(self, rows: "NDArray[np.bool_]") -> "Answered":
        """The answers marked true."""
        log, wholes = self.log.kept(rows), dict(zip(self.log.item_ids, self.wholes, strict=True))
        return replace(self, log=log, wholes=tuple(wholes[item] for item in log.item_ids), rounds=self.rounds[rows])


def is_unsigned(rater: str) -> bool:
    """Whether a rater is only the place of a vote in a published count: nobody in particular."""
    return re.search(UNSIGNED, rater) is not None


def schemes(home: Path) -> list[Scheme]:
    """Every scheme that was ever asked about, as it was then."""
    return [
        scheme_from_dict(json.loads(body))
        for (body,) in Catalog(home).rows("SELECT body FROM schemes ORDER BY name, id")
    ]


def name_of(scheme: Scheme) -> str:
    """How a scheme is named in reports and releases."""
    return f"{scheme.name}-{scheme.version}"


def chosen_scheme(home: Path, name: str) -> Scheme:
    """The scheme of that name (or name-version) that was asked about, the latest version; raises BadSetting."""
    asked = schemes(home)
    named = [scheme for scheme in asked if name in (scheme.name, name_of(scheme))]
    if not named:
        there = {name_of(scheme) for scheme in asked}
        hint = nearest(name, there) if there else "nothing has been asked here yet"
        raise BadSetting(f"nobody was asked about a scheme {name!r}; {hint}")
    latest = max(scheme.version for scheme in named)
    newest = [scheme for scheme in named if scheme.version == latest]
    if len(newest) > 1:
        raise BadSetting(
            f"{len(newest)} schemes are called {name!r}, version {latest}; give changed ones a new version"
        )
    return newest[0]


def media_of(home: Path) -> dict[str, str]:
    """The medium of every item that is a clip: voice or face."""
    query = """SELECT i.id, if(c.kind = 'face', 'face', 'voice') FROM items i JOIN clips c ON c.id = i.ref
               WHERE i.kind = 'clip' ORDER BY i.id"""
    return dict(Catalog(home).rows(query))


def by_medium(one: Answered, media: Mapping[str, str]) -> Iterator[tuple[str, Answered]]:
    """The answers apart by the medium of their items, as `media` tells it; the medium of other items is ''."""
    kinds = [media.get(whole, "") for whole in one.wholes]
    for kind in sorted(set(kinds)):
        yield kind, one if len(set(kinds)) == 1 else one.about([each == kind for each in kinds])


def answered(home: Path) -> list[Answered]:
    """All answers that hold, question by question; answers in words are left out."""
    table = Catalog(home).table(GIVEN)
    if not table.num_rows:
        return []
    asked = {scheme.id: scheme for scheme in schemes(home)}
    raters, rater_ids = _coded(table["rater"])
    asks, _ = _coded(table["ask"])
    kinds = dict(zip(table["rater"].to_pylist(), table["kind"].to_pylist(), strict=True))
    found: list[Answered] = []
    for start, end in _stretches(table):
        scheme = asked[table["scheme"][start].as_py()]
        question = scheme.question(table["question"][start].as_py())
        if question.type != "text":
            part = _Part(
                scheme, question, table.slice(start, end - start), raters[start:end], asks[start:end], rater_ids
            )
            found += [Answered(scheme, question, log, part.wholes, part.rounds, kinds) for log in part.logs()]
    return found


@dataclass(frozen=True, eq=False)
class _Part:
    """The rows of one question."""

    scheme: Scheme
    question: Question
    table: "pa.Table"
    raters: "Ints"
    asks: "Ints"
    rater_ids: tuple[str, ...]

    @property
    def rounds(self) -> "Ints":
        import numpy as np

        rounds: Ints = self.table["round"].to_numpy().astype(np.int64)
        return rounds

    @property
    def wholes(self) -> tuple[str, ...]:
        of = dict(zip(self.table["item"].to_pylist(), self.table["whole"].to_pylist(), strict=True))
        return tuple(of[item] for item in sorted(of))

    def logs(self) -> Iterator[AnswerLog]:
        """One log, or one per category where several may be chosen."""
        if self.question.type != "choices":
            yield self._log(self.question.name, self._categories(), self._value)
            return
        for category in self._categories():
            yield self._log(f"{self.question.name}:{category}", ("no", "yes"), _contains(category))

    def _categories(self) -> tuple[str, ...]:
        return tuple(category.name for category in self.question.categories)

    def _value(self, answer: Any) -> float:
        if self.question.type == "scale":
            return float(answer)
        return float(self._categories().index(self.question.category(str(answer))))

    def _log(self, name: str, categories: tuple[str, ...], value: Callable[[Any], float]) -> AnswerLog:
        import numpy as np

        items, item_ids = _coded(self.table["item"])
        values = _mapped(self.table["value"], lambda text: value(json.loads(text)))
        gold = _mapped(self.table["role"], lambda role: float(role == "gold")) == 1
        contrast = _mapped(self.table["role"], lambda role: float(role == "contrast")) == 1
        corpus = _mapped(self.table["kind"], lambda kind: float(kind == "corpus")) == 1
        truth = np.full(len(item_ids), np.nan)
        truth[items[corpus]] = values[corpus]
        shown, suggested = self._suggestions(items, values, len(item_ids), value)
        scale = self.question.scale
        return AnswerLog(
            scheme=self.scheme.id,
            question=name,
            items=items.astype(np.int32),
            raters=self.raters.astype(np.int32),
            asks=self.asks.astype(np.int32),
            values=values,
            item_ids=item_ids,
            rater_ids=self.rater_ids,
            categories=categories,
            points=scale.points if scale else (),
            measure="nominal" if categories else self.question.measure,
            times_us=self.table["time_us"].to_numpy().astype(np.int64),
            durations_ms=self.table["duration_ms"].cast("float64").fill_null(float("nan")).to_numpy(),
            contrast=contrast,
            shown=shown,
            yes=self._yes(values, categories, contrast),
            truth=np.where(gold & ~corpus, truth[items], np.nan),
            suggested=suggested,
        )

    def _yes(self, values: "Floats", categories: tuple[str, ...], contrast: "NDArray[np.bool_]") -> "Floats":
        """1 where an answer says that what was asked about is there, NaN where the question does not say that."""
        import numpy as np

        if len(categories) == 2:
            said = [place for place, category in enumerate(categories) if category.casefold() in AFFIRMATIVE]
            agreed: Floats = (values == (said[0] if said else 1)).astype(np.float64)
            return agreed
        if categories:
            target = _mapped(
                self.table["target"], lambda name: float(categories.index(name)) if name in categories else np.nan
            )
            hits: Floats = np.where(np.isnan(target), np.nan, values == target)
            return hits
        scale = self.question.scale
        if scale is None or scale.minimum != 0:
            return np.full(len(values), np.nan)
        says = contrast | (self.question.untouched == "lowest")  # elsewhere zero need not mean that it is not there
        return np.where(says, values > 0, np.nan)

    def _suggestions(
        self, items: "Ints", values: "Floats", n: int, value: Callable[[Any], float]
    ) -> "tuple[NDArray[np.bool_], Floats]":
        """Whether each answer was given after a suggestion, and what the suggestion says of the item.

        A pre-label names the rater whose answer is shown, or says the value itself.
        """
        import numpy as np

        places = {name: place for place, name in enumerate(self.rater_ids)}
        column = self.table["prelabel"]
        by = _mapped(column, lambda name: -2 if name is None else places.get(name, -1)).astype(np.int64)
        said = _mapped(column, lambda name: np.nan if name is None else _read(value, name))
        known = np.full(n, np.nan)
        for rater in np.unique(by[by >= 0]):
            mine = self.raters == rater
            known[items[mine]] = values[mine]
        known[items[by == -1]] = said[by == -1]
        own = np.isin(self.raters, by[by >= 0])  # who made the suggestion does not follow it
        return by > -2, np.where(own, np.nan, known[items])


def _read(value: Callable[[Any], float], text: str) -> float:
    """The number behind a pre-label that says its value; NaN when it is about another question."""
    for reading in (lambda: json.loads(text), lambda: text):
        try:
            return value(reading())
        except (ValueError, TypeError, BadSetting):
            continue
    return float("nan")


def _contains(category: str) -> Callable[[Any], float]:
    return lambda chosen: float(category in chosen)


def _coded(column: "pa.ChunkedArray") -> "tuple[Ints, tuple[str, ...]]":
    """The place of every text among the distinct ones, which are sorted."""
    import numpy as np

    encoded = column.combine_chunks().dictionary_encode()
    names = encoded.dictionary.to_pylist()
    order = np.argsort(np.array(names, dtype=object), kind="stable")
    place = np.empty(len(names), np.int64)
    place[order] = np.arange(len(names))
    return place[encoded.indices.to_numpy()], tuple(names[one] for one in order)


def _mapped(column: "pa.ChunkedArray", read: Callable[[Any], float]) -> "Floats":
    """A number for every text, read once for each distinct one."""
    import numpy as np

    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    distinct = np.array([read(one) for one in encoded.dictionary.to_pylist()], np.float64)
    numbers: Floats = distinct[encoded.indices.to_numpy()]
    return numbers


def _stretches(table: "pa.Table") -> Iterator[tuple[int, int]]:
    """Where the rows of each question begin and end; rows stand in order of scheme and question."""
    import numpy as np

    codes = np.stack([_coded(table[name])[0] for name in ("scheme", "question")])
    ends = np.flatnonzero(np.append((codes[:, 1:] != codes[:, :-1]).any(axis=0), True)) + 1
    begin = 0
    for end in ends:
        yield begin, int(end)
        begin = int(end)
