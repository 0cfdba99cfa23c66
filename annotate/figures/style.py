"""The look of our figures: colours, page width, lines, squares of shades, legends; saved the same every time."""

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from annotate.arrays import Floats

# Okabe & Ito (2008), told apart by colour-blind readers too.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
COLOURS = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, BLACK, YELLOW)  # of categories, the best told apart first
GREY, PALE = "#6B6B6B", "#D9D9D9"
SHADES = "Blues"  # one hue from light to dark: read the same with any colour vision, and in print

WIDTH_IN = 8.3  # a page of a README is about 830 pixels wide
LINE_IN = 0.27
DPI = 200
NUMBERED = 12  # categories up to which a matrix has its numbers in it
LONGEST = 30  # letters of a name

DASHES = (0, (4, 2))
Key = tuple[str, str, bool, str]  # of a legend: mark, colour, filled, words

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.axisbelow": True,
    "xtick.color": "#333333",
    "ytick.color": "#333333",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "emocurate",  # without it ids in an SVG differ from run to run
    "figure.constrained_layout.use": True,
}


@contextmanager
def styled() -> Iterator[None]:
    """Our style while something is drawn or written, without touching anybody else's."""
    with mpl.rc_context(STYLE):
        yield


@styled()
def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write a figure as PNG and SVG; the same figure gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.png", folder / f"{name}.svg"]
    figure.savefig(paths[0], dpi=DPI, metadata={"Software": None})
    figure.savefig(paths[1], metadata={"Date": None, "Creator": None})
    return paths


def legible(*texts: str) -> str:
    """The first of some texts that our font can show: a title, else a name; else the last, spelled as Unicode does.

    A figure looks the same on every machine, so fonts that happen to be installed are not used.
    """
    shown = next((text for text in texts if {ord(letter) for letter in text} <= _letters()), None)
    return shown if shown is not None else _spelled(texts[-1])


@cache
def _letters() -> frozenset[int]:
    """The letters that our font has."""
    return frozenset(get_font(findfont(STYLE["font.family"])).get_charmap()) | {ord("\n")}


def _spelled(text: str) -> str:
    """A text whose letters have no glyph as what Unicode calls them, such as sha-o-ka."""
    words = []
    for word in text.split():
        spelled = [
            letter
            if ord(letter) in _letters()
            else "-" + unicodedata.name(letter, f"u{ord(letter):x}").split()[-1].lower()
            for letter in word
        ]
        words.append("".join(spelled).strip("-"))
    return " ".join(words)


def canvas(lines: int, title: str) -> tuple[Figure, Axes]:
    """A figure with room for so many lines and a legend below them."""
    figure = Figure(figsize=(WIDTH_IN, 1.6 + LINE_IN * max(lines, 2)))
    axes = figure.add_subplot()
    axes.set_title(legible(title))
    return figure, axes


def names(axes: Axes, names: Sequence[str]) -> None:
    """Names down the left side, the first on top."""
    axes.set_yticks(range(len(names)), [_short(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=PALE, lw=0.6)


def dot(
    axes: Axes, at: tuple[float, int], ends: tuple[float | None, float | None], mark: str, colour: str, *, filled: bool
) -> None:
    """A mark at a value on one line, and a bar over its interval where there is one."""
    (value, line), (low, high) = at, ends
    if low is not None and high is not None:
        axes.plot([low, high], [line, line], color=colour, lw=2.2, solid_capstyle="butt")
    size = 6 if mark == "D" else 7
    axes.plot(value, line, mark, ms=size, mec=colour, mew=1.8, mfc=colour if filled else "white")


def square(title: str, names: Sequence[str], table: Floats, words: str) -> tuple[Figure, Axes]:
    """A square of shares as shades, with numbers in it where there is room."""
    side = min(WIDTH_IN - 2.6, max(2.6, 0.5 * len(names)))
    figure = Figure(figsize=(min(WIDTH_IN, side + 2.9), side + 1.6))
    axes = figure.add_subplot()
    shown = table[np.isfinite(table)]
    top = max(0.01, float(shown.max(initial=0)))
    drawn = axes.imshow(table, cmap=mpl.colormaps[SHADES].with_extremes(bad=PALE), vmin=0, vmax=top)
    size = 9.0 if len(names) <= 2 * NUMBERED else 7.0
    shorter = [_short(name) for name in names]
    axes.set_xticks(range(len(names)), shorter, rotation=90 if size < 9 else 50, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), shorter)
    axes.tick_params(length=0, labelsize=size)
    if size < 9:
        axes.tick_params(axis="x", pad=2)
        for label in axes.get_xticklabels():
            label.set_verticalalignment("center")
    axes.spines[:].set_visible(False)
    if len(names) <= NUMBERED:
        _numbers(axes, table, top)
    axes.set_title(legible(title))
    bar = figure.colorbar(drawn, ax=axes, shrink=0.7, fraction=0.04, pad=0.02, format=PercentFormatter(1, 0))
    bar.set_label(words)
    bar.outline.set_visible(False)
    return figure, axes


def _numbers(axes: Axes, table: Floats, top: float) -> None:
    """Percentages in the cells of a square, light on dark and dark on light."""
    for (row, column), share in np.ndenumerate(table):
        if np.isfinite(share):
            colour = "white" if share > 0.6 * top else "black"
            axes.text(column, row, f"{100 * share:.0f}", ha="center", va="center", size=8.5, color=colour)


def _short(name: str) -> str:
    name = legible(name)
    return name if len(name) <= LONGEST else name[: LONGEST - 1].rstrip() + "…"


def legend(figure: Figure, keys: Sequence[Key]) -> None:
    """A legend below the figure."""
    handles = []
    for mark, colour, filled, words in keys:
        if mark == "dash":
            handles.append(Line2D([], [], color=colour, ls=DASHES, lw=1.2, label=words))
        else:
            face = colour if filled else "white"
            handles.append(Line2D([], [], ls="", marker=mark, ms=8, mec=colour, mfc=face, mew=1.8, label=words))
    figure.legend(
        handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=9, columnspacing=1.4
    )
