"""Counts what is in a release while its samples pass by: what the card and the manifest say of them."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from schemas.answers import AnswerState, RaterKind
from schemas.media import Basis, Layer
from schemas.release import SPLITS, LabelledBy, Sample, SampleLabel, Split
from schemas.scheme import Media

TIE = "(tie)"


@dataclass(frozen=True)
class Asked:
    """One question as it was weighed: the medium, the scheme, the question and the method."""

    media: Media
    scheme: str
    question: str
    method: str


@dataclass(frozen=True)
class ReleasedSource:
    """What has to be said of a source: its basis, licence, address, day, whom to name, and what generated it."""

    source: str
    basis: Basis
    licence: str | None
    address: str | None
    attribution: str | None
    model: str | None
    fetched_on: str | None = None


@dataclass(frozen=True)
class Named:
    """Somebody whom a licence asks to name: for which layer of the clips, under which licence, from where."""

    attribution: str
    layer: Layer
    licence: str | None
    address: str | None


@dataclass
class Tally:
    """Everything counted over the samples seen so far; the order in which they came leaves no trace."""

    samples: Counter[tuple[Media, Split]] = field(default_factory=Counter)
    duration_ms: Counter[tuple[Media, Split]] = field(default_factory=Counter)
    recordings: set[str] = field(default_factory=set)
    speakers: set[str] = field(default_factory=set)
    languages: Counter[str] = field(default_factory=Counter)
    licences: Counter[tuple[str | None, Basis]] = field(default_factory=Counter)
    bare: Counter[tuple[str | None, Basis]] = field(default_factory=Counter)
    origins: Counter[ReleasedSource] = field(default_factory=Counter)
    raters: Counter[tuple[RaterKind, str]] = field(default_factory=Counter)
    skips: Counter[RaterKind] = field(default_factory=Counter)
    named: Counter[Named] = field(default_factory=Counter)
    behind: dict[Asked, Counter[int]] = field(default_factory=dict)
    labelled_by: set[LabelledBy] = field(default_factory=set)
    below: int = 0
    whole: int = 0
    speakerless: int = 0
    answers: Counter[RaterKind] = field(default_factory=Counter)
    categories: dict[Asked, Counter[str]] = field(default_factory=dict)
    numbers: dict[Asked, Counter[float]] = field(default_factory=dict)
    speakers_of: dict[tuple[Asked, str], set[str | None]] = field(default_factory=dict)

    def see(self, sample: Sample) -> None:
        """Count one sample."""
        place = (sample.media, sample.split)
        self.samples[place] += 1
        self.duration_ms[place] += sample.duration_ms or 0
        self.recordings.add(sample.asset)
        self.below += sample.below is not None
        self.whole += sample.kind == "whole"
        self.licences[sample.licence, sample.basis] += 1
        self.origins[_origin(sample)] += 1
        self.named.update(_named(sample))
        if sample.speaker:
            self.speakers.add(sample.speaker)
        self.speakerless += not sample.speaker
        if sample.language:
            self.languages[sample.language] += 1
        for answer in sample.answers:
            self.see_answer(answer.rater_kind, answer.rater, answer.state)
        for label in sample.labels:
            asked = Asked(sample.media, label.scheme, label.question, label.method)
            self._see_label(asked, label)
            if label.value_category is not None:
                self.speakers_of.setdefault((asked, label.value_category), set()).add(sample.speaker)

    def see_bare(self, sample: Sample) -> None:
        """Count one clip that is there without its media."""
        self.bare[sample.licence, sample.basis] += 1
        self.named.update(_named(sample))
        self.labelled_by.update(label.by for label in sample.labels)
        self.origins[_origin(sample)] += 1

    def see_answer(self, kind: RaterKind, rater: str, state: AnswerState) -> None:
        """Count one answer, skips apart."""
        if state == "given":
            self.answers[kind] += 1
            self.raters[kind, rater] += 1
        elif state == "skipped":
            self.skips[kind] += 1

    def of(self, media: Media) -> dict[Split, int]:
        """How many samples of a medium each split has; splits without any are left out."""
        return {split: count for split in SPLITS if (count := self.samples[media, split])}

    def _see_label(self, asked: Asked, label: SampleLabel) -> None:
        self.labelled_by.add(label.by)
        self.behind.setdefault(asked, Counter())[label.n] += 1
        if label.value_number is not None:
            self.numbers.setdefault(asked, Counter())[label.value_number] += 1
        elif label.value_category is not None or label.tied:
            self.categories.setdefault(asked, Counter())[label.value_category or TIE] += 1


def mean_and_deviation(counted: Counter[float]) -> tuple[float, float]:
    """The mean and the standard deviation of counted numbers, the same in whatever order they were counted."""
    n = counted.total()
    mean = math.fsum(number * count for number, count in counted.items()) / n
    return mean, math.sqrt(math.fsum(count * (number - mean) ** 2 for number, count in counted.items()) / n)


def _named(sample: Sample) -> Iterator[Named]:
    if sample.attribution:
        yield Named(sample.attribution, "recording", sample.licence, sample.source_address)
    for terms in sample.terms:
        if terms.attribution:
            yield Named(terms.attribution, terms.layer, terms.licence, None)


def _origin(sample: Sample) -> ReleasedSource:
    model = " ".join(part for part in (sample.model, sample.model_version) if part) or None
    return ReleasedSource(
        sample.source, sample.basis, sample.licence, sample.source_address, sample.attribution, model, sample.fetched_on
    )
