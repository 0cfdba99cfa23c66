"""What is asked, what was answered and what the answers amount to."""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Literal

from schemas.ids import content_id

ItemKind = Literal["clip", "asset", "text", "key"]
Role = Literal["plain", "gold", "contrast"]
AnswerState = Literal["given", "skipped", "withdrawn"]
RefusalState = Literal["open", "closed"]
RaterKind = Literal["person", "model", "corpus"]
WHOLE_ASK = "*"  # the question of an answer that concerns the whole ask: a skip, or its withdrawal


@dataclass(frozen=True)
class Item:
    """What is asked about: a clip or asset by id, a text itself, or a key from elsewhere (no media needed)."""

    kind: ItemKind
    ref: str

    @cached_property
    def id(self) -> str:
        """The hash of its values."""
        return content_id("item", **asdict(self))


@dataclass(frozen=True)
class Ask:
    """One instance of asking; Label Studio's task carries its id as `data.item_id`.

    `scheme` is the id of the scheme's content, `target` the one question or category that is asked (None: all),
    `prelabel` names what is shown beforehand (None: nothing), `place` a fixed place in the order (None: any).
    """

    item: str
    scheme: str
    target: str | None = None
    round: int = 1
    repeat: int = 0
    role: Role = "plain"
    prelabel: str | None = None
    place: int | None = None

    @cached_property
    def id(self) -> str:
        """The hash of its values."""
        return content_id("ask", **asdict(self))


@dataclass(frozen=True)
class Rater:
    """Who answers: a person (by pseudonym), a model or a corpus; never mixed silently."""

    id: str
    kind: RaterKind


@dataclass(frozen=True)
class Answer:
    """One rater's answer to one question of one ask; append-only, a changed answer is a new row.

    `value` is canonical JSON: of a skip the reason, where one is known, and None when withdrawn. `updated_at` is ISO
    8601 in UTC with microseconds and Z.
    `origin` is the UUID we minted into the Label Studio project or gave to the imported table.
    """

    origin: str
    ask: str
    question: str
    rater: str
    updated_at: str
    value: str | None
    state: AnswerState
    duration_ms: int | None = None

    @cached_property
    def id(self) -> str:
        """The hash of its values."""
        return content_id(
            "answer",
            origin=self.origin,
            ask=self.ask,
            question=self.question,
            rater=self.rater,
            updated_at=self.updated_at,
            value=self.value,
            state=self.state,
        )


@dataclass(frozen=True)
class Decision:
    """What a person or a rule decided about a row, and why: a rater left out, an item drawn to be asked next.

    `value` is the number that belongs to it, such as the probability of a draw; `at` is ISO 8601 in UTC. Of several
    decisions about the same question the latest counts.
    """

    subject: str
    what: str
    reason: str | None
    at: str
    value: float | None = None


@dataclass(frozen=True)
class Refusal:
    """What one rater's annotation holds that is no answer of the ask's scheme; append-only, the latest row counts.

    `task` is the id of the task in Label Studio, `question` the name of the control (None where none is named),
    `value` JSON (None when closed: the answer was changed, deleted or became readable), `updated_at` as of an Answer.
    """

    origin: str
    task: int
    ask: str
    rater: str
    question: str | None
    value: str | None
    reason: str | None
    updated_at: str
    state: RefusalState = "open"
    duration_ms: int | None = None

    @cached_property
    def id(self) -> str:
        """The hash of its values but the duration."""
        return content_id("refusal", **{name: value for name, value in asdict(self).items() if name != "duration_ms"})


@dataclass(frozen=True)
class AnswerNote:
    """What Label Studio tells of the answers that one rater gave to one ask at one time, beside the answers.

    `edited_by` is who wrote them last when that was another account ("unknown": it does not tell), `prediction` the id
    of the one the rater began with, and `predictions` all that the task showed, as JSON.
    """

    origin: str
    ask: str
    rater: str
    updated_at: str
    annotation: int
    task: int
    edited_by: str | None = None
    prediction: int | None = None
    predictions: str | None = None

    @cached_property
    def id(self) -> str:
        """The hash of its values."""
        return content_id("note", **asdict(self))


@dataclass(frozen=True)
class Label:
    """The consensus drawn from the answers to one question about one item; derived, never edited.

    `value` is the winning category or the mean (None: a tie or no answer), `tied` the categories that share the lead,
    `distribution` the share of answers per category or scale point, `agreement` the share of agreeing rater pairs.
    """

    item: str
    scheme: str
    question: str
    method: str
    n: int
    value: str | float | None
    tied: tuple[str, ...] = ()
    distribution: tuple[tuple[str, float], ...] = ()
    deviation: float | None = None
    agreement: float | None = None

    @property
    def confidence(self) -> float | None:
        """The share or probability of the winning category in the distribution; None for a tie or a scale."""
        return dict(self.distribution).get(self.value) if isinstance(self.value, str) else None
