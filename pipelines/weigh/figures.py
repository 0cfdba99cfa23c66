"""`plot`: the figures of a collection, as PNG and SVG, for people and for the card of a release."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from annotate.agreement.designs import Kind
from annotate.agreement.question import Agreement
from annotate.answers.log import AnswerLog
from annotate.answers.votes import Votes
from annotate.figures import cooccurrence, plots
from annotate.figures.plots import AgreementLine, Plane, RaterLine
from annotate.figures.style import legible, save
from annotate.raters.reports import RaterReport
from pipelines.weigh.agree import agreed
from pipelines.weigh.exclusions import excluded
from pipelines.weigh.questions import answer_logs, name_of, weighable
from pipelines.weigh.raters import raters
from pipelines.weigh.sequential import declared, designs, marked
from schemas.modality import MODALITIES

Floats = NDArray[np.float64]


SEVERAL = 2  # categories up to which a choice says only whether something is there
MEDIA: dict[str, str] = {name: modality.plural for name, modality in MODALITIES.items()}


@dataclass(frozen=True)
class Drawn:
    """A figure that was written: what it shows, and its files."""

    title: str
    png: Path
    svg: Path


@dataclass(frozen=True)
class Plots:
    """All figures that were written, and all their files."""

    files: tuple[Path, ...]
    figures: tuple[Drawn, ...]


def plot(home: Path, folder: Path, bootstraps: int | None = None) -> Plots:
    """Draw everything there is to see of the answers into a folder, as `figures` does."""
    drawn = figures(home, folder, bootstraps)
    return Plots(tuple(path for figure in drawn for path in (figure.png, figure.svg)), tuple(drawn))


def figures(home: Path, folder: Path, bootstraps: int | None = None, only: Sequence[str] | None = None) -> list[Drawn]:
    """Draw everything there is to see of the answers into a folder; the same answers give the same bytes.

    `bootstraps` are the resamples behind intervals, as many as need be by default. `only` are the media that are wanted
    (voice, face; '' for what has none), all of them by default.
    """
    left_out, known, written = excluded(home), declared(home), []
    for name, logs in _parts(marked(list(answer_logs(home)), known), only):
        part = Part(name, logs, left_out, known, bootstraps)
        for kind, figure in part.figures():
            written.append(_saved(figure, folder, _file_name(kind, name)))
    for kind, figure in _leniency(raters(home).reports):
        written.append(_saved(figure, folder, kind))
    return written


def _saved(figure: Figure, folder: Path, name: str) -> Drawn:
    png, svg = save(figure, folder, name)
    return Drawn(figure.axes[0].get_title(loc="left"), png, svg)


@dataclass(frozen=True, eq=False)
class Part:
    """The answers to one scheme about one modality, and how they are drawn."""

    name: str
    logs: Sequence[AnswerLog]
    left_out: Mapping[str, str]
    known: Mapping[str, Kind]
    bootstraps: int | None

    @cached_property
    def votes(self) -> list[tuple[AnswerLog, Votes]]:
        """Every question that people answered, with their answers."""
        found = [(log, log.votes(log.counted(self.left_out))) for log in self.logs]
        return [(log, votes) for log, votes in found if len(votes)]

    def figures(self) -> Iterator[tuple[str, Figure]]:
        """Every figure that has something to show, with the kind that names its file."""
        lines = list(self._agreement())
        if any(line.alpha is not None for line in lines):
            yield "agreement", plots.agreement_figure(f"Agreement: {self.name}", lines)
        for log, votes in self.votes:
            if len(log.categories) > SEVERAL:
                yield from self._choice(log, votes)
        yield from self._presence()
        if plane := self._plane():
            yield "plane", plots.plane_figure(f"Valence and arousal: {self.name}", plane)

    def _agreement(self) -> Iterator[AgreementLine]:
        """Each question, and under a choice its categories; the surest first."""
        questions: list[AgreementLine] = []
        logs = [log for log, _ in self.votes]
        counted = [log.counted(self.left_out) for log in logs]
        votes = [weighable(*part) for part in zip(logs, counted, strict=True)]
        for part in zip(logs, counted, votes, designs(logs, votes.__getitem__, self.known), strict=True):
            log, found = part[0], agreed(*part, self.bootstraps).found
            line = _line(log, found)
            if len(log.categories) <= SEVERAL:
                questions.append(line)
                continue
            yield replace(line, name=f"{line.name} (all)")
            titles = dict(zip(log.categories, _titles(log), strict=True))
            lines = [
                AgreementLine(titles[c.category], c.alpha, c.alpha_low, c.alpha_high, c.raw) for c in found.categories
            ]
            yield from _surest_first(lines)
        yield from _surest_first(questions)

    def _choice(self, log: AnswerLog, votes: Votes) -> Iterator[tuple[str, Figure]]:
        names, title = _titles(log), f"{self.name}, {log.name}"
        shares = cooccurrence.mean_shares(votes)
        about = f"% of {len(votes.item_ids):,} items (shares of answers, mean over items)"
        yield f"emotions-{log.name}", plots.distribution_figure(f"Perceived: {title}", names, shares, about)
        if (votes.sizes > 1).any():
            confused = plots.confusion_figure(
                f"Confusion between raters: {title}", names, cooccurrence.coincidences(votes)
            )
            yield f"confusion-{log.name}", confused
            both = plots.cooccurrence_figure(f"Co-occurrence: {title}", names, cooccurrence.named_by_another(votes))
            yield f"cooccurrence-{log.name}", both

    def _presence(self) -> Iterator[tuple[str, Figure]]:
        """Questions that say whether something is there, drawn together as the categories of one choice of several."""
        found = [
            (_title(log), *present) for log, _ in self.votes if (present := log.present(log.counted(self.left_out)))
        ]
        if len(found) < 2:
            return
        names = [name for name, _, _ in found]
        shares = np.array([there.mean() for _, _, there in found])
        about = "% of the items it was asked about (more than half of the answers say yes)"
        yield "emotions", plots.distribution_figure(f"Perceived: {self.name}", names, shares, about)
        codes = {item: code for code, item in enumerate(sorted({item for _, asked, _ in found for item in asked}))}
        items = [np.array([codes[item] for item in asked], np.int64) for _, asked, _ in found]
        both = cooccurrence.present_too(items, [there for _, _, there in found])
        if np.isfinite(both[~np.eye(len(names), dtype=np.bool_)]).any():
            yield "cooccurrence", plots.cooccurrence_figure(f"Co-occurrence: {self.name}", names, both)

    def _plane(self) -> Plane | None:
        """The items whose valence and arousal were both told, with the category of a choice about the same items."""
        scales = {log.name.casefold(): (log, votes) for log, votes in self.votes if log.points}
        if not {"valence", "arousal"} <= scales.keys():
            return None
        (across, valence), (up, arousal) = scales["valence"], scales["arousal"]
        means = [_means(log, votes) for log, votes in ((across, valence), (up, arousal))]
        items = sorted(means[0].keys() & means[1].keys())
        if not items:
            return None
        choice = next((pair for pair in self.votes if len(pair[0].categories) > SEVERAL), None)
        leads = _leads(*choice) if choice else {}
        order = _titles(choice[0]) if choice else ()
        ends = tuple((log.points[0], log.points[-1]) for log in (across, up))
        columns = [[mean[item] for item in items] for mean in means]
        return Plane(columns[0], columns[1], (ends[0], ends[1]), [leads.get(item) for item in items], order)


def _parts(logs: Sequence[AnswerLog], only: Sequence[str] | None) -> Iterator[tuple[str, list[AnswerLog]]]:
    """The answers scheme by scheme and modality by modality, each with its name."""
    found: dict[str, list[AnswerLog]] = {}
    for log in logs:
        for modality, part in log.by_modality():
            if only is None or modality in only:
                words = [name_of(log.scheme), *([MEDIA[modality]] if modality else [])]
                found.setdefault(" ".join(words), []).append(part)
    yield from sorted(found.items())


def _title(log: AnswerLog) -> str:
    """What a question is called in a figure: its title unless that is a sentence, or the category it asks about."""
    _, _, category = log.name.rpartition(":")
    if log.question.type == "choices":
        return next(legible(each.title, each.name) for each in log.question.categories if each.name == category)
    return log.question.name if log.question.title.endswith("?") else legible(log.question.title, log.question.name)


def _titles(log: AnswerLog) -> list[str]:
    return [legible(category.title, category.name) for category in log.question.categories]


def _line(log: AnswerLog, found: Agreement) -> AgreementLine:
    staged = found.staged
    known = staged or found
    low, high = known.intervals.get("alpha", (None, None))
    return AgreementLine(_title(log), known.alpha, low, high, known.raw, staged is not None)


def _surest_first(lines: Sequence[AgreementLine]) -> list[AgreementLine]:
    return sorted(lines, key=lambda line: (-(line.alpha if line.alpha is not None else -2), line.name))


def _means(log: AnswerLog, votes: Votes) -> dict[str, float]:
    means = np.bincount(votes.items, votes.values) / votes.sizes
    wholes = dict(zip(log.item_ids, log.wholes, strict=True))
    return {wholes[item]: float(mean) for item, mean in zip(votes.item_ids, means, strict=True)}


def _leads(log: AnswerLog, votes: Votes) -> dict[str, str]:
    """The title of the category most people named, item by item; none where several lead."""
    titles = _titles(log)
    wholes = dict(zip(log.item_ids, log.wholes, strict=True))
    counts, tops = votes.counts, votes.counts.peaks()
    found: dict[str, list[str]] = {}
    for row, level, count in zip(counts.rows, counts.levels, counts.counts, strict=True):
        if count == tops[row]:
            found.setdefault(wholes[votes.item_ids[row]], []).append(titles[level])
    return {item: leads[0] for item, leads in found.items() if len(leads) == 1}


def _leniency(reports: Sequence[RaterReport]) -> Iterator[tuple[str, Figure]]:
    contrasts, shifts = [], []
    for report in reports:
        contrast, found = report.leniency.contrast, report.leniency
        if contrast.value is not None and contrast.low is not None and contrast.high is not None:
            contrasts.append(RaterLine(report.rater, contrast.value, contrast.low, contrast.high, contrast.n))
        if found.shift is not None and found.low is not None and found.high is not None:
            shifts.append(RaterLine(report.rater, found.shift, found.low, found.high, report.leave_one_out.n))
    if contrasts:
        everybody = sum(line.value * line.n for line in contrasts) / sum(line.n for line in contrasts)
        title, about = "Leniency: false alarms", "% of contrast questions answered yes"
        yield "leniency", plots.leniency_figure(title, contrasts, about, everybody, percent=True)
    if shifts:
        about = "mean distance to the others at the same items, in lengths of the scale (or shares of yes)"
        yield "shift", plots.leniency_figure("Leniency: who answers higher or lower", shifts, about, 0, percent=False)


def _file_name(kind: str, name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", f"{kind} {name}".casefold()).strip("-")
