"""The labels of a collection as arrays and as record batches: what each method draws from the votes on a question."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from annotate.answers.log import PEOPLE, AnswerLog, Flags, Floats, Ints
from annotate.consensus.outcome import NOTHING, Consensus
from annotate.consensus.specs import MethodSpec, suited
from pipelines.weigh.questions import name_of, parts, weighable
from schemas.answers import RaterKind
from schemas.errors import BadSetting

BATCH = 50_000  # labels in a record batch
NUMBERS = ("number", "confidence", "deviation", "agreement")
COLUMNS = ("item", "scheme", "question", "method", "n", "category", *NUMBERS, "tied", "names", "shares")


@dataclass(frozen=True)
class Drawn:
    """How the labels of one question came out by one method: how many items have a value, and how many tie.

    `confidence` is its mean over the items that have one; None for scales.
    """

    scheme: str
    media: str
    question: str
    method: str
    items: int
    answers: int
    decided: int
    tied: int
    confidence: float | None


@dataclass(frozen=True, eq=False)
class Outcome:
    """The labels of one question about one modality by one method, as arrays and as record batches.

    `anonymous` says that nobody knows who answered.
    """

    log: AnswerLog
    consensus: Consensus
    anonymous: bool

    @cached_property
    def asked(self) -> pa.StructArray:
        """The id of every item (`item`), and the category it was asked about alone, or '' (`target`)."""
        asked = pa.array(self.consensus.item_ids, pa.string())
        if self.log.item_ids is self.log.wholes:  # nothing was asked about one category alone
            return pa.StructArray.from_arrays([asked, pa.repeat("", len(asked))], ["item", "target"])
        return pc.extract_regex(asked, "^(?P<item>[^ ]*) ?(?P<target>(?s:.*))$")

    @cached_property
    def decided(self) -> Flags:
        """Which items have a value."""
        if self.consensus.winner is not None:
            decided: Flags = self.consensus.winner != NOTHING
            return decided
        return np.isfinite(np.asarray(self.consensus.value, np.float64))

    @cached_property
    def confidence(self) -> Floats:
        """The share of the winning category of every item; NaN where none wins, and on scales."""
        shares, confidence = self.consensus.shares, np.full(len(self.consensus.item_ids), np.nan)
        if self.consensus.winner is not None:
            wins = shares.levels == self.consensus.winner[shares.rows]
            confidence[shares.rows[wins]] = shares.counts[wins]
        return confidence

    @cached_property
    def tying(self) -> Flags:
        """Which entries of the distribution share the first place of an item with others."""
        lead, rows = self.consensus.lead, self.consensus.shares.rows
        if self.consensus.winner is None:
            return np.zeros(len(lead), np.bool_)
        leaders = np.bincount(rows, lead, len(self.decided))
        tying: Flags = lead & (~self.decided & (leaders > 1))[rows]
        return tying

    @cached_property
    def drawn(self) -> Drawn:
        """How the labels came out."""
        sure = self.confidence[np.isfinite(self.confidence)]
        return Drawn(
            scheme=name_of(self.log.scheme),
            media=self.log.modalities[0] or "items",
            question=self.log.name,
            method=self.consensus.method,
            items=len(self.consensus.item_ids),
            answers=int(self.consensus.n.sum()),
            decided=int(self.decided.sum()),
            tied=len(np.unique(self.consensus.shares.rows[self.tying])),
            confidence=float(sure.mean()) if len(sure) else None,
        )

    def batches(self, rows: Ints | None = None) -> Iterator[pa.RecordBatch]:
        """The labels of all items in order, or those of these rows, at most 50,000 in a batch."""
        rows = np.arange(len(self.consensus.item_ids)) if rows is None else rows
        for first in range(0, len(rows), BATCH):
            columns = self._columns(rows[first : first + BATCH])
            yield pa.RecordBatch.from_arrays([columns[name] for name in COLUMNS], schema=schema(COLUMNS))

    def _columns(self, rows: Ints) -> dict[str, pa.Array]:
        consensus, shares, name = self.consensus, self.consensus.shares, self.log.name
        item, target = (self.asked.field(part).take(pa.array(rows)) for part in ("item", "target"))
        lengths = np.diff(shares.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        entries = np.repeat(shares.starts[rows] - starts[:-1], lengths) + np.arange(starts[-1])
        named, tying = _taken(consensus.names, shares.levels[entries]), self.tying[entries]
        tied = np.concatenate([[0], np.cumsum(tying)])[starts]
        winner = np.full(len(rows), NOTHING) if consensus.winner is None else consensus.winner[rows]
        numbers = (consensus.value, self.confidence, consensus.deviation, consensus.agreement)
        return {
            "item": item,
            "scheme": pa.repeat(name_of(self.log.scheme), len(rows)),
            "question": pc.if_else(pc.equal(target, ""), name, pc.binary_join_element_wise(name, target, ":")),
            "method": pa.repeat(consensus.method, len(rows)),
            "n": pa.array(consensus.n[rows], pa.int64()),
            "category": _taken(consensus.names, winner),
            "tied": _listed(tied, named.filter(pa.array(tying))),
            "names": _listed(starts, named),
            "shares": _listed(starts, pa.array(shares.counts[entries], pa.float64())),
            **{key: _numbers(column, rows) for key, column in zip(NUMBERS, numbers, strict=True)},
        }


def label_batches(
    home: Path, methods: Sequence[MethodSpec], kinds: Sequence[RaterKind] = PEOPLE, only: Collection[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Every label as rows of record batches of at most 50,000: question by question, method by method, item by item.

    `item` is the id of the item; `only` names the raters that are wanted. Raises BadSetting for a method that cannot be
    used.
    """
    for outcome in outcomes(home, methods, kinds, only=only):
        yield from outcome.batches()


def outcomes(
    home: Path,
    methods: Sequence[MethodSpec],
    kinds: Sequence[RaterKind] = PEOPLE,
    scheme: str | None = None,
    only: Collection[str] | None = None,
) -> Iterator[Outcome]:
    """What the methods that suit a question draw from its answers; raises BadSetting for one that cannot be used."""
    for log, counted in parts(home, kinds, scheme, only):
        votes = weighable(log, counted)
        contested = [log.item_ids[code] for code in log.contested(counted)]
        for method in suited(methods, votes):
            try:
                consensus = method.of(votes, log.truths())
            except BadSetting as error:
                raise BadSetting(f"{name_of(log.scheme)}, question {log.name}: {error}") from None
            yield Outcome(log, undecided(consensus, contested), not votes.rater_ids)


def undecided(consensus: Consensus, items: Sequence[str]) -> Consensus:
    """The consensus without hard labels for these items; those without any vote come last, with n = 0."""
    if not items:
        return consensus
    codes = {item: code for code, item in enumerate(consensus.item_ids)}
    new = [item for item in items if item not in codes]
    contested = np.zeros(len(codes) + len(new), np.bool_)
    contested[[codes[item] for item in items if item in codes]] = True
    contested[len(codes) :] = True

    def longer(column: NDArray[Any], value: float) -> NDArray[Any]:
        return np.append(column, np.full(len(new), value, column.dtype))

    def blank(column: NDArray[Any] | None, nothing: float) -> Any:
        return None if column is None else np.where(contested, nothing, longer(column, nothing)).astype(column.dtype)

    shares = consensus.shares
    return replace(
        consensus,
        item_ids=(*consensus.item_ids, *new),
        n=longer(consensus.n, 0),
        shares=replace(shares, starts=longer(shares.starts, shares.starts[-1])),
        lead=consensus.lead & ~contested[shares.rows],
        agreement=longer(consensus.agreement, np.nan),
        winner=blank(consensus.winner, NOTHING),
        value=blank(consensus.value, np.nan),
        deviation=blank(consensus.deviation, np.nan),
    )


def schema(columns: Sequence[str]) -> pa.Schema:
    """The types of these columns; those that are not of a record batch are texts."""
    types = dict.fromkeys(columns, pa.string()) | dict.fromkeys(NUMBERS, pa.float64())
    types |= {"n": pa.int64(), "tied": pa.list_(pa.string()), "names": pa.list_(pa.string())}
    return pa.schema([(name, (types | {"shares": pa.list_(pa.float64())})[name]) for name in columns])


def _taken(names: Sequence[str], codes: NDArray[Any]) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(codes, pa.int32(), mask=codes == NOTHING))


def _listed(starts: Ints, values: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(starts, pa.int32()), values)


def _numbers(column: Floats | None, rows: Ints) -> pa.Array:
    return pa.nulls(len(rows), pa.float64()) if column is None else pa.array(column[rows], from_pandas=True)
