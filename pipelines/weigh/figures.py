"""`plot`: the figures of a collection, as PNG and SVG, for people and for the card of a release."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from annotate.agreement.question import RELIABLE, Agreement
from annotate.answers.votes import Votes
from annotate.figures import cooccurrence as together
from annotate.figures import plots
from annotate.figures.plots import AgreementLine, Plane, RaterLine
from annotate.figures.style import save
from annotate.raters.reports import RaterReport
from pipelines.show.terminal import print_json, say
from pipelines.weigh.agree import Pile, agreed
from pipelines.weigh.asked import media_of, name_of
from pipelines.weigh.exclusions import excluded
from pipelines.weigh.questions import PEOPLE, Answered, answered, by_medium
from pipelines.weigh.raters import raters
from pipelines.weigh.sequential import marked

Floats = NDArray[np.float64]


BOOTSTRAPS = 1000
SEVERAL = 2  # categories up to which a choice says only whether something is there
MEDIA = {"voice": "voices", "face": "faces"}


@dataclass(frozen=True)
class Drawn:
    """A figure that was written: what it shows, and its files."""

    title: str
    png: Path
    svg: Path


def figures(
    home: Path, folder: Path, gate: float = RELIABLE, bootstraps: int = BOOTSTRAPS, only: Sequence[str] | None = None
) -> list[Drawn]:
    """Draw everything there is to see of the answers into a folder; the same answers give the same bytes.

    `only` are the media that are wanted (voice, face; '' for what has none), all of them by default.
    """
    told, left_out, media = marked(answered(home)), excluded(home), media_of(home)
    written = []
    for name, some in _parts(told, media, only):
        part = Part(name, some, left_out, gate, bootstraps)
        for kind, figure in part.figures():
            written.append(_saved(figure, folder, _file_name(kind, name)))
    for kind, figure in _leniency(raters(home).reports):
        written.append(_saved(figure, folder, kind))
    return written


def _saved(figure: Figure, folder: Path, name: str) -> Drawn:
    png, svg = save(figure, folder, name)
    return Drawn(figure.axes[0].get_title(loc="left"), png, svg)


def show(written: Sequence[Drawn], json: bool) -> None:
    """Which files were written."""
    if json:
        print_json({"files": [path for one in written for path in (one.png, one.svg)], "figures": written})
        return
    for one in written:
        print(f"{one.png}  {one.title}")
    if not written:
        say("no answers yet, nothing to draw; fetch them with: emocurate pull")


@dataclass(frozen=True, eq=False)
class Part:
    """The answers to one scheme about one medium, and how they are drawn."""

    name: str
    told: Sequence[Answered]
    left_out: Mapping[str, str]
    gate: float
    bootstraps: int

    @cached_property
    def votes(self) -> list[tuple[Answered, Votes]]:
        """Every question that people answered, with their answers."""
        found = [(one, one.votes(self.left_out)) for one in self.told]
        return [(one, some) for one, some in found if len(some)]

    def figures(self) -> Iterator[tuple[str, Figure]]:
        """Every figure that has something to show, with the kind that names its file."""
        lines = list(self._agreement())
        if any(line.alpha is not None for line in lines):
            yield "agreement", plots.agreement_figure(f"Agreement: {self.name}", lines, self.gate)
        for one, some in self.votes:
            if len(one.log.categories) > SEVERAL:
                yield from self._choice(one, some)
        yield from self._presence()
        if plane := self._plane():
            yield "plane", plots.plane_figure(f"Valence and arousal: {self.name}", plane)

    def _agreement(self) -> Iterator[AgreementLine]:
        """Each question, and under a choice its categories; the surest first."""
        questions: list[AgreementLine] = []
        for one, some in self.votes:
            found = agreed(Pile(one, "items", some, self.left_out, PEOPLE), self.bootstraps, self.gate).found
            line = _line(one, found)
            if len(one.log.categories) <= SEVERAL:
                questions.append(line)
                continue
            yield replace(line, name=f"{line.name} (all)")
            titles = dict(zip(one.log.categories, _titles(one), strict=True))
            lines = [
                AgreementLine(titles[c.category], c.alpha, c.alpha_low, c.alpha_high, c.raw) for c in found.categories
            ]
            yield from _surest_first(lines)
        yield from _surest_first(questions)

    def _choice(self, one: Answered, some: Votes) -> Iterator[tuple[str, Figure]]:
        names, title = _titles(one), f"{self.name}, {one.name}"
        shares = together.mean_shares(some)
        about = f"% of {len(some.item_ids):,} items (shares of answers, mean over items)"
        yield f"emotions-{one.name}", plots.distribution_figure(f"Perceived: {title}", names, shares, about)
        if (some.sizes > 1).any():
            confused = plots.confusion_figure(f"Confusion between raters: {title}", names, together.coincidences(some))
            yield f"confusion-{one.name}", confused
            both = plots.together_figure(f"Perceived together: {title}", names, together.named_together(some))
            yield f"together-{one.name}", both

    def _presence(self) -> Iterator[tuple[str, Figure]]:
        """Questions that say whether something is there, drawn together as the categories of one choice of several."""
        found = [(_title(one), *present) for one, _ in self.votes if (present := one.present(self.left_out))]
        if len(found) < 2:
            return
        names = [name for name, _, _ in found]
        shares = np.array([there.mean() for _, _, there in found])
        about = "% of the items it was asked about (more than half of the answers say yes)"
        yield "emotions", plots.distribution_figure(f"Perceived: {self.name}", names, shares, about)
        codes = {item: code for code, item in enumerate(sorted({item for _, items, _ in found for item in items}))}
        items = [np.array([codes[item] for item in some], np.int64) for _, some, _ in found]
        both = together.present_together(items, [there for _, _, there in found])
        if np.isfinite(both[~np.eye(len(names), dtype=np.bool_)]).any():
            yield "together", plots.together_figure(f"Perceived together: {self.name}", names, both)

    def _plane(self) -> Plane | None:
        """The items whose valence and arousal were both told, with the category of a choice about the same items."""
        scales = {one.name.casefold(): (one, some) for one, some in self.votes if one.log.points}
        if not {"valence", "arousal"} <= scales.keys():
            return None
        (across, valence), (up, arousal) = scales["valence"], scales["arousal"]
        means = [_means(one, some) for one, some in ((across, valence), (up, arousal))]
        items = sorted(means[0].keys() & means[1].keys())
        if not items:
            return None
        choice = next((pair for pair in self.votes if len(pair[0].log.categories) > SEVERAL), None)
        leads = _leads(*choice) if choice else {}
        order = _titles(choice[0]) if choice else ()
        ends = tuple((one.log.points[0], one.log.points[-1]) for one in (across, up))
        columns = [[mean[item] for item in items] for mean in means]
        return Plane(columns[0], columns[1], (ends[0], ends[1]), [leads.get(item) for item in items], order)


def _parts(
    told: Sequence[Answered], media: Mapping[str, str], only: Sequence[str] | None
) -> Iterator[tuple[str, list[Answered]]]:
    """The answers scheme by scheme and medium by medium, each with its name."""
    found: dict[str, list[Answered]] = {}
    for one in told:
        for kind, some in by_medium(one, media):
            if only is not None and kind not in only:
                continue
            words = [name_of(one.scheme), *([MEDIA[kind]] if kind else [])]
            found.setdefault(" ".join(words), []).append(some)
    yield from sorted(found.items())


def _title(one: Answered) -> str:
    """What a question is called in a figure: its title unless that is a sentence, or the category it asks about."""
    _, _, category = one.name.rpartition(":")
    if one.question.type == "choices":
        return next(each.title for each in one.question.categories if each.name == category)
    return one.question.name if one.question.title.endswith("?") else one.question.title


def _titles(one: Answered) -> list[str]:
    return [category.title for category in one.question.categories]


def _line(one: Answered, found: Agreement) -> AgreementLine:
    staged = found.staged
    known = staged or found
    low, high = known.intervals.get("alpha", (None, None))
    doubtful = staged is not None and staged.doubt is not None
    return AgreementLine(_title(one), known.alpha, low, high, known.raw, staged is not None, doubtful)


def _surest_first(lines: Sequence[AgreementLine]) -> list[AgreementLine]:
    return sorted(lines, key=lambda line: (-(line.alpha if line.alpha is not None else -2), line.name))


def _means(one: Answered, some: Votes) -> dict[str, float]:
    means = np.bincount(some.items, some.values) / some.sizes
    wholes = dict(zip(one.log.item_ids, one.wholes, strict=True))
    return {wholes[item]: float(mean) for item, mean in zip(some.item_ids, means, strict=True)}


def _leads(one: Answered, some: Votes) -> dict[str, str]:
    """The title of the category most people named, item by item; none where several lead."""
    titles = _titles(one)
    wholes = dict(zip(one.log.item_ids, one.wholes, strict=True))
    counts, tops = some.counts, some.counts.peaks()
    found: dict[str, list[str]] = {}
    for row, level, count in zip(counts.rows, counts.levels, counts.counts, strict=True):
        if count == tops[row]:
            found.setdefault(wholes[some.item_ids[row]], []).append(titles[level])
    return {item: leads[0] for item, leads in found.items() if len(leads) == 1}


def _leniency(reports: Sequence[RaterReport]) -> Iterator[tuple[str, Figure]]:
    contrasts, shifts = [], []
    for report in reports:
        contrast, found = report.leniency.contrast, report.leniency
        if contrast.value is not None and contrast.low is not None and contrast.high is not None:
            contrasts.append(RaterLine(report.rater, contrast.value, contrast.low, contrast.high, contrast.n))
        if found.shift is not None and found.low is not None and found.high is not None:
            shifts.append(RaterLine(report.rater, found.shift, found.low, found.high, report.peers.n))
    if contrasts:
        everybody = sum(line.value * line.n for line in contrasts) / sum(line.n for line in contrasts)
        title, about = "Leniency: false alarms", "% of contrast questions answered yes"
        yield "leniency", plots.leniency_figure(title, contrasts, about, everybody, percent=True)
    if shifts:
        about = "mean distance to the others at the same items, in lengths of the scale (or shares of yes)"
        yield "shift", plots.leniency_figure("Leniency: who answers higher or lower", shifts, about, 0, percent=False)


def _file_name(kind: str, name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", f"{kind} {name}".casefold()).strip("-")
