"""How well categories are covered by speakers, languages and licences, and what is missing."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

UNKNOWN = "(unknown)"
TABLED = ("language", "licence")  # dimensions with a table of their values; speakers are only counted


@dataclass(frozen=True, order=True)
class Labelled:
    """The category of a labelled item, and whose voice, language and licence it has."""

    category: str
    speaker: str
    language: str
    licence: str


@dataclass(frozen=True)
class Cell(Labelled):
    """How many items share a category, a speaker, a language and a licence."""

    n: int


@dataclass(frozen=True)
class Missing:
    """Categories with fewer than `least` items (or speakers) for one value of a dimension."""

    dimension: str
    value: str
    categories: tuple[tuple[str, int], ...]
    least: int


@dataclass(frozen=True)
class Coverage:
    """Counts of one question: per category, per category and language or licence, speakers per category, all crossed.

    `tables` hold (dimension, value, category, n); `speakers` count the different known speakers of a category.
    """

    question: str
    n: int
    categories: tuple[tuple[str, int], ...]
    tables: tuple[tuple[str, str, str, int], ...]
    speakers: tuple[tuple[str, int], ...]
    cells: tuple[Cell, ...]
    missing: tuple[Missing, ...]


def coverage(question: str, items: Iterable[Labelled], categories: Sequence[str], least: int = 5) -> Coverage:
    """The coverage of a question's categories; what has fewer than `least` items, or speakers, is missing."""
    crossed = Counter(items)
    total: Counter[str] = Counter()
    tables: Counter[tuple[str, str, str]] = Counter()
    voices: defaultdict[str, set[str]] = defaultdict(set)
    for item, n in crossed.items():
        total[item.category] += n
        for dimension in TABLED:
            tables[dimension, getattr(item, dimension), item.category] += n
        if item.speaker != UNKNOWN:
            voices[item.category].add(item.speaker)
    speakers = {category: len(voices[category]) for category in categories}
    return Coverage(
        question=question,
        n=total.total(),
        categories=tuple((category, total[category]) for category in categories),
        tables=tuple((*key, n) for key, n in sorted(tables.items())),
        speakers=tuple(speakers.items()),
        cells=tuple(Cell(**vars(item), n=n) for item, n in sorted(crossed.items())),
        missing=tuple(_missing(tables, speakers, total, categories, least)),
    )


def _missing(
    tables: Counter[tuple[str, str, str]],
    speakers: dict[str, int],
    total: Counter[str],
    categories: Sequence[str],
    least: int,
) -> Iterable[Missing]:
    rare = tuple((category, total[category]) for category in categories if total[category] < least)
    if rare:
        yield Missing("category", "all", rare, least)
    for dimension, value in sorted({key[:2] for key in tables}):
        few = [(category, tables[dimension, value, category]) for category in categories]
        lacking = tuple((category, n) for category, n in few if n < least and total[category] >= least)
        if lacking and value != UNKNOWN:
            yield Missing(dimension, value, lacking, least)
    if any(speakers.values()):
        few_voices = tuple((category, n) for category, n in speakers.items() if n < least and total[category] >= least)
        if few_voices:
            yield Missing("speaker", "different speakers", few_voices, least)
