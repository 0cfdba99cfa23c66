"""Figures of agreement, confusion, co-occurrence, emotions, leniency, and valence and arousal."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from annotate.agreement.notes import BANDS
from annotate.arrays import Floats
from annotate.figures.style import (
    BLUE,
    COLOURS,
    DASHES,
    GREY,
    PALE,
    VERMILLION,
    canvas,
    dot,
    legend,
    legible,
    names,
    square,
    styled,
)


@dataclass(frozen=True)
class AgreementLine:
    """One line of the agreement figure; `staged` marks an estimate from a sequential design."""

    name: str
    alpha: float | None
    low: float | None = None
    high: float | None = None
    raw: float | None = None
    staged: bool = False


@dataclass(frozen=True)
class RaterLine:
    """One rater in the leniency figure: a figure with its interval, and how many asks it rests on."""

    name: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Plane:
    """Items in the plane of two scales: their means, the ends of both scales, and the category of each (or None)."""

    valence: Sequence[float]
    arousal: Sequence[float]
    ends: tuple[tuple[float, float], tuple[float, float]]
    categories: Sequence[str | None]
    order: Sequence[str] = ()


@styled()
def agreement_figure(title: str, lines: Sequence[AgreementLine]) -> Figure:
    """Krippendorff's alpha with its interval line by line, his own bands, and raw agreement."""
    some = [line for line in lines if line.alpha is not None]
    figure, axes = canvas(len(some), title)
    low = min([0.0, *(line.alpha if line.low is None else line.low for line in some if line.alpha is not None)])
    (relied_on, _), (tentative, _) = BANDS
    for edge in (relied_on, tentative):
        axes.axvspan(edge, 1, color=BLUE, alpha=0.06, lw=0)
        axes.axvline(edge, color=BLUE, lw=1.2, ls=DASHES)
    axes.axvline(0, color=GREY, lw=0.8)
    for place, line in enumerate(some):
        alpha = line.alpha or 0.0
        colour = BLUE if alpha >= tentative else VERMILLION
        if line.raw is not None:
            axes.plot(line.raw, place, marker="|", color=GREY, ms=9, mew=1.6)
        dot(axes, (alpha, place), (line.low, line.high), "D" if line.staged else "o", colour, filled=alpha >= relied_on)
    names(axes, [line.name for line in some])
    axes.set_xlim(low - 0.04, 1.02)
    axes.set_xlabel("agreement (1: all agree, 0: what chance gives)")
    keys = [
        ("o", BLUE, True, f"alpha {relied_on:g} and above"),
        ("o", BLUE, False, f"{tentative:g} to {relied_on:g}: tentative"),
        ("o", VERMILLION, False, f"below {tentative:g}"),
        ("|", GREY, True, "raw agreement"),
    ]
    staged = [("D", GREY, False, "asking stopped early")] if any(line.staged for line in some) else []
    legend(figure, [*keys, *staged])
    return figure


@styled()
def confusion_figure(title: str, categories: Sequence[str], table: Floats) -> Figure:
    """What a second rater says where a first one says the row: a square of shares, rows adding up to one."""
    figure, axes = square(title, categories, table, "share of pairs of raters")
    axes.set_xlabel("another rater says")
    axes.set_ylabel("one rater says")
    return figure


@styled()
def cooccurrence_figure(title: str, categories: Sequence[str], table: Floats) -> Figure:
    """Which other categories are perceived in the items in which the row is: shares of these; the diagonal is empty."""
    others = table.copy()
    np.fill_diagonal(others, np.nan)
    figure, axes = square(title, categories, others, "share of the row's items")
    apart = ~np.isfinite(table) & ~np.eye(len(table), dtype=np.bool_)
    axes.set_xlabel("is perceived too" + (" (grey: never asked about the same item)" if apart.any() else ""))
    axes.set_ylabel("where this is perceived")
    return figure


@styled()
def distribution_figure(title: str, categories: Sequence[str], shares: Floats, about: str) -> Figure:
    """How often each category is perceived, the commonest on top; `shares` are between 0 and 1."""
    order = np.argsort(-shares, kind="stable")
    figure, axes = canvas(len(order), title)
    axes.barh(np.arange(len(order)), 100 * shares[order], color=BLUE, height=0.72)
    for place, share in enumerate(shares[order]):
        axes.annotate(f"{share:.1%}", (100 * share, place), (4, 0), textcoords="offset points", va="center", size=8.5)
    names(axes, [categories[place] for place in order])
    axes.set_xlim(0, 100 * float(shares.max(initial=0.01)) * 1.12)
    axes.set_xlabel(about)
    return figure


@styled()
def leniency_figure(title: str, lines: Sequence[RaterLine], about: str, middle: float, percent: bool) -> Figure:
    """How readily each rater says yes, or how far each lies from the others; `middle` is the line to compare with."""
    some = sorted(lines, key=lambda line: line.value)
    figure, axes = canvas(len(some), title)
    times = 100 if percent else 1
    axes.axvline(times * middle, color=GREY, lw=1.2, ls=DASHES)
    for place, line in enumerate(some):
        alike = line.low <= middle <= line.high
        ends = (times * line.low, times * line.high)
        dot(axes, (times * line.value, place), ends, "o", BLUE if alike else VERMILLION, filled=alike)
    names(axes, [f"{line.name}  (n = {line.n:,})" for line in some])
    axes.set_xlabel(about)
    axes.margins(x=0.08)
    if percent:
        axes.set_xlim(left=0)
    together = ("dash", GREY, True, "all raters together" if percent else "the others")
    keys = [together, ("o", BLUE, True, "not told apart from it"), ("o", VERMILLION, False, "differs from it (95 %)")]
    legend(figure, keys)
    return figure


@styled()
def plane_figure(title: str, plane: Plane) -> Figure:
    """Items in the plane of valence and arousal; with categories, the middle of each of them."""
    figure = Figure(figsize=(6.6, 5.9))
    axes = figure.add_subplot()
    (left, right), (bottom, top) = plane.ends
    axes.axvline((left + right) / 2, color=PALE, lw=1.2, zorder=0)
    axes.axhline((bottom + top) / 2, color=PALE, lw=1.2, zorder=0)
    named = [name for name in plane.order if name in plane.categories]
    if named:
        _groups(axes, plane, named)
    else:
        axes.scatter(plane.valence, plane.arousal, s=16, color=BLUE, alpha=_faint(len(plane.valence)), lw=0)
    axes.set_xlim(left - 0.03 * (right - left), right + 0.03 * (right - left))
    axes.set_ylim(bottom - 0.03 * (top - bottom), top + 0.03 * (top - bottom))
    axes.set_xlabel("negative   ←   valence   →   positive")
    axes.set_ylabel("calm   ←   arousal   →   excited")
    axes.set_title(legible(title))
    axes.set_aspect((right - left) / (top - bottom))
    return figure


def _groups(axes: Axes, plane: Plane, named: Sequence[str]) -> None:
    """Items coloured by category, and a large mark with a name at the middle of each."""
    marks = "osD^vP*X"
    valence, arousal = np.asarray(plane.valence, np.float64), np.asarray(plane.arousal, np.float64)
    for place, name in enumerate(named):
        mine = np.array([category == name for category in plane.categories], np.bool_)
        colour, mark = COLOURS[place % len(COLOURS)], marks[place // len(COLOURS) % len(marks)]
        axes.scatter(valence[mine], arousal[mine], s=13, color=colour, alpha=_faint(int(mine.sum())), lw=0, marker=mark)
        middle = (float(valence[mine].mean()), float(arousal[mine].mean()))
        axes.plot(*middle, marker=mark, ms=11, mfc=colour, mec="white", mew=1.5, zorder=3)
        text = axes.annotate(
            legible(name), middle, (8, 6), textcoords="offset points", size=9.5, weight="bold", zorder=4
        )
        text.set_path_effects([patheffects.withStroke(linewidth=2.5, foreground="white")])


def _faint(n: int) -> float:
    """Opacity that keeps many points apart."""
    return float(min(0.8, max(0.08, 40 / max(n, 1) ** 0.75)))
