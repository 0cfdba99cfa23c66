"""The columns of a sample: stable facts and flat labels, the one definition behind JSON, Parquet and the card."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from schemas.columns import Field, ListOf, Write, writer
from schemas.question import QuestionType
from schemas.sample import LabelledBy, Sample, SampleLabel
from schemas.samplefields import ANSWER_FIELDS, LABEL_FIELDS, SELECTION_FIELDS, TAKE_FIELDS, TERMS_FIELDS

Labels = Mapping[tuple[str, str, str], SampleLabel]  # by scheme, question and method
_WHOSE: dict[LabelledBy, str] = {
    "person": "people perceived",
    "model": "models say",
    "corpus": "the corpus came with",
    "intended": "was acted or asked for, which is not what was perceived",
}


MOST_POINTS = 12  # of a scale that are written out


@dataclass(frozen=True)
class FlatLabel:
    """The columns of one question: what one kind of raters answered, drawn by one method.

    `column` is the name of the label and the beginning of the others. `values` are the categories in the order of the
    scheme, or the points of a scale, lowest first; a scale of too many points has none. The `question` of a choice of
    several ends with a colon and what follows the category in the names of its labels.
    """

    column: str
    scheme: str
    question: str
    method: str
    by: LabelledBy
    type: QuestionType
    values: tuple[str, ...] = ()

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """Its columns."""
        question = self.question.partition(":")[0] if self.type == "choices" else self.question
        whose = f"{question} of {self.scheme}, by {self.method}: what {_WHOSE[self.by]}"
        count = Field(f"{self.column}_n", "int64", f"answers behind `{self.column}`")
        agreement = Field(f"{self.column}_agreement", "float64", f"share of rater pairs that agree on `{self.column}`")
        soft = Field(f"{self.column}_soft", ListOf("float64"), f"share of each of: {', '.join(self.values)}")
        if self.type == "choice":
            return (Field(self.column, "string", f"{whose}; null for a tie", self.values), soft, count, agreement)
        if self.type == "choices":
            several = Field(self.column, ListOf("int64"), f"{whose}; 1 for each chosen of: {', '.join(self.values)}")
            return (several, soft, count, agreement)
        points = ", ".join(self.values)
        if len(self.values) > MOST_POINTS:
            points = f"the {len(self.values)} points from {self.values[0]} to {self.values[-1]}"
        histogram = f"share of the answers at each of: {points}"
        return (
            Field(self.column, "float64", whose),
            Field(f"{self.column}_deviation", "float64", f"standard deviation of the answers behind `{self.column}`"),
            *([Field(f"{self.column}_histogram", ListOf("float64"), histogram)] if self.values else []),
            count,
            agreement,
        )

    def row(self, labels: Labels) -> dict[str, Any]:
        """Its columns of one sample, whose labels are given; None where it has no such label."""
        values = self._several(labels) if self.type == "choices" else self._single(labels)
        return dict(zip(self._names, values or (None,) * len(self._names), strict=True))

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.fields)

    def _single(self, labels: Labels) -> tuple[Any, ...] | None:
        label = labels.get((self.scheme, self.question, self.method))
        if label is None:
            return None
        shares = dict(zip(label.names, label.shares, strict=True))
        spread = [float(shares.get(value, 0.0)) for value in self.values] if shares else None
        if self.type == "choice":
            known = label.value_category if label.value_category in self.values else None
            return (known, spread, label.n, label.agreement)
        middle = None if label.value_number is None else float(label.value_number)
        return (middle, label.deviation, *([spread] if self.values else []), label.n, label.agreement)

    def _several(self, labels: Labels) -> tuple[Any, ...] | None:
        name, _, suffix = self.question.partition(":")
        of = [labels.get((self.scheme, f"{name}:{value}{suffix}", self.method)) for value in self.values]
        there = [label for label in of if label is not None]
        if not there:
            return None
        chosen = [int(label is not None and label.value_category == "yes") for label in of]
        shares = [_yes(label) if label else 0.0 for label in of]
        agreements = [label.agreement for label in there if label.agreement is not None]
        agreement = round(sum(agreements) / len(agreements), 6) if agreements else None
        return (chosen, shares, max(label.n for label in there), agreement)


@dataclass(frozen=True)
class Layout:
    """What the samples of one medium have in common: names of scores, flat labels, answers inside or beside them."""

    quality: tuple[str, ...] = ()
    flat: tuple[FlatLabel, ...] = ()
    embed: bool = False

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The columns of the JSON of a sample; none for scores where there are none: Parquet knows no empty struct."""
        scores = tuple(Field(name, "float64", "") for name in sorted(self.quality))
        measured = (Field("quality", scores, "scores measured on the clip: " + ", ".join(sorted(self.quality))),)
        inside = (LABELS, Field("answers", ListOf(ANSWER_FIELDS), "every single answer")) if self.embed else ()
        return (*CLIP_FIELDS, *self.label_fields, *inside, *(measured if scores else ()), *ORIGIN_FIELDS)

    @cached_property
    def table(self) -> tuple[Field, ...]:
        """The columns of the table of labels: those of a sample, the labels by every method, and the shard."""
        plain = Layout(self.quality, self.flat).fields
        return (*plain, LABELS, SHARD)

    @cached_property
    def label_fields(self) -> tuple[Field, ...]:
        """The flat columns of all questions."""
        return tuple(column for label in self.flat for column in label.fields)


def record(sample: Sample, layout: Layout, *, table: bool = False) -> dict[str, Any]:
    """The JSON of a sample, or its row in the table of labels: every column present, None where nothing is known.

    Floats are always floats. Raises TypeError when a float stands in the place of a whole number.
    """
    values = dict(vars(sample))
    if layout.flat:
        labels = {(label.scheme, label.question, label.method): label for label in sample.labels}
        for flat in layout.flat:
            values.update(flat.row(labels))
    if table:
        values[SHARD.name] = None
    written: dict[str, Any] = _writer(layout, table)(values)
    return written


def answer_rows(sample: Sample) -> list[dict[str, Any]]:
    """The rows of a sample in the table of answers."""
    rows: list[dict[str, Any]] = _answers({"answers": sample.answers})["answers"]
    return [{"key": sample.key, **row} for row in rows]


def _yes(label: SampleLabel) -> float:
    return float(dict(zip(label.names, label.shares, strict=True)).get("yes", 0.0))


@cache
def _writer(layout: Layout, table: bool) -> Write:
    return writer(layout.table if table else layout.fields)


LABELS = Field("labels", ListOf(LABEL_FIELDS), "what the answers amount to, one entry a question and method")
SHARD = Field("shard", "string", "file name of the shard that holds the clip")
ANSWER_TABLE: tuple[Field, ...] = (Field("key", "string", "the clip that was asked about"), *ANSWER_FIELDS)
CLIP_FIELDS: tuple[Field, ...] = (
    Field("key", "string", "the clip's id, the same as `__key__`"),
    Field("kind", "string", "utterance, burst, face, moment, or whole (the file as it came)"),
    Field("media", "string", "voice, face or moment"),
    Field("split", "string", "train, validation or test; a recording and a speaker are in one of them only"),
    Field("asset", "string", "id of the recording or picture the clip was cut from"),
    Field("start_ms", "int64", "where the clip begins in it; null in a picture"),
    Field("end_ms", "int64", "where the clip ends in it"),
    Field("duration_ms", "int64", "length of the clip"),
    Field("rate_hz", "int64", "sampling rate of the sound"),
    Field("box", ListOf("int64"), "x, y, width, height in pixels of the upright frame"),
    Field("width_px", "int64", "width of the cut picture or video"),
    Field("height_px", "int64", "height of the cut picture or video"),
    Field("weight", "float64", "1 / the probability with which any of its draws took the clip; null: not drawn"),
)
ORIGIN_FIELDS: tuple[Field, ...] = (
    Field(
        "below",
        "string",
        "the threshold it misses today, kept because people were asked about it before; null for none",
    ),
    Field("basis", "string", "why it may be used: consent, licence, public-domain or synthetic"),
    Field("licence", "string", "licence of the recording"),
    Field("scopes", ListOf("string"), "what the person consented to"),
    Field("source", "string", "id of where the recording came from"),
    Field("source_address", "string", "address of where it came from"),
    Field("fetched_on", "string", "the day on which it was fetched from there, UTC; null for files that were at hand"),
    Field("attribution", "string", "whom the licence asks to name"),
    Field("terms", ListOf(TERMS_FIELDS), "terms of what lies in the recording, which add to its licence"),
    Field("model", "string", "what generated it, when it is synthetic"),
    Field("model_version", "string", "the version of that generator"),
    Field("transcript", "string", "what is said"),
    Field("transcript_by", "string", "who says so: told, or the model that heard it"),
    Field("language", "string", "language spoken"),
    Field("speaker", "string", "pseudonym of who is heard or seen"),
    Field("requested", "string", "emotion somebody was asked to show: where it came from, not a label"),
    Field("corpus_keys", ListOf("string"), "what published corpora call the recording, as CORPUS/KEY"),
    Field("takes", ListOf(TAKE_FIELDS), "groups of takes it belongs to, such as the candidates of one prompt"),
    Field("selections", ListOf(SELECTION_FIELDS), "draws in which it was chosen to be asked about"),
    Field("previous", "string", "key of the clip before it in the same recording"),
    Field("next", "string", "key of the clip after it"),
)
_answers = writer((Field("answers", ListOf(ANSWER_FIELDS), ""),))
