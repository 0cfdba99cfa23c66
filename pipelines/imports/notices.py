"""What an import did not use, left out or did not believe: said, so that nothing is ignored in silence."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from duckdb import DuckDBPyConnection

from annotate.ratings.exports import UNFOLDINGS
from annotate.ratings.layout import Layout
from annotate.ratings.meanings import is_answer, plain, spelled
from annotate.ratings.structured import unwrapped
from pipelines.imports.rows import text_of
from pipelines.tables.conditions import VERDICTS
from pipelines.tables.staged import Staged
from schemas.errors import BadSetting, nearest
from schemas.scheme import Scheme


@dataclass(frozen=True)
class Doubted:
    """A number that lies outside the scale the others show, and in how many cells it stands."""

    question: str
    value: str
    cells: int
    scale: str


@dataclass(frozen=True)
class Notices:
    """`unused` are columns nothing asked for, `aliases` spellings no cell has, `left_out` the condition rows met.

    and in how many rows of the file. `folded` is how many columns became rows, `empty` how many of their cells were;
    `unfolded` says that a row of the file holds several answers, `unmet` are
    words of flags that nothing meets which was read, each with its flag.
    """

    unused: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    doubted: tuple[Doubted, ...] = ()
    left_out: str = ""
    left_rows: int = 0
    folded: int = 0
    empty: int = 0
    unfolded: bool = False
    unmet: tuple[tuple[str, str], ...] = ()


def notices(connection: DuckDBPyConnection, layout: Layout, scheme: Scheme, staged: Staged, inferred: bool) -> Notices:
    """What there is to say of one table; `inferred` says that its scales come from its cells."""
    unfolding = UNFOLDINGS.get(layout.reader)
    unused = [name for name in staged.unused if unfolding is None or not unfolding.used(name)]
    return Notices(
        unused=() if layout.reader == "names" else tuple(unused),
        aliases=_without_cell(connection, layout),
        doubted=_doubted(connection, scheme) if inferred else (),
        left_out=layout.drop,
        left_rows=_left_rows(connection) if layout.drop else 0,
        unfolded=unfolding is not None,
        folded=max((len(file.folded) for file in staged.files), default=0),
        empty=sum(file.empty for file in staged.files),
        unmet=tuple(_unmet(connection, layout)),
    )


def _left_rows(connection: DuckDBPyConnection) -> int:
    """How many rows of the files met the condition, however many answers each holds."""
    lines = f"SELECT DISTINCT _part, _line FROM ratings JOIN {VERDICTS} USING (_n) WHERE dropped"
    return int(connection.execute(f"SELECT count(*) FROM ({lines})").fetchall()[0][0])


def check_aliases(layout: Layout, scheme: Scheme) -> None:
    """Raise BadSetting for a spelling that stands for no answer to any question."""
    for theirs, ours in layout.aliases:
        if not any(is_answer(question, ours) for question in scheme.questions):
            names = [category.name for question in scheme.questions for category in question.categories]
            raise BadSetting(f"--alias {theirs}={ours}: {ours!r} answers no question; {nearest(ours, names)}")


def _without_cell(connection: DuckDBPyConnection, layout: Layout) -> tuple[str, ...]:
    if not layout.aliases:
        return ()
    cells = {plain(text) for (text,) in connection.execute("SELECT DISTINCT value FROM cells").fetchall() if text}
    members = {part.strip() for cell in cells for part in cell.strip("[]").replace('"', "").split(",")}
    return tuple(theirs for theirs, _ in layout.aliases if plain(theirs) not in cells | members)


def _doubted(connection: DuckDBPyConnection, scheme: Scheme) -> tuple[Doubted, ...]:
    """Numbers outside of scales, each once however it is spelled, most frequent first."""
    rows = connection.execute(
        """SELECT m.named, c.value, sum(c.n) FROM meanings m JOIN cells c USING (asked, named, value)
           WHERE m.kind LIKE 'outside the scale%' GROUP BY ALL ORDER BY 1, 2"""
    ).fetchall()
    counts: dict[tuple[str, str], int] = {}
    for named, value, cells in rows:
        counts[named, spelled(value)] = counts.get((named, spelled(value)), 0) + int(cells)
    scales = {alias: question.scale for question in scheme.questions for alias in (question.name, *question.aliases)}
    ends = {name: f"{scale.minimum:g} to {scale.maximum:g}" for name, scale in scales.items() if scale}
    doubted = [Doubted(named, value, cells, ends.get(named, "")) for (named, value), cells in counts.items()]
    return tuple(sorted(doubted, key=lambda number: -number.cells))


def _unmet(connection: DuckDBPyConnection, layout: Layout) -> Iterator[tuple[str, str]]:
    """Words of flags that nothing meets which was read: patterns of models, words of roles, codes for no answer."""
    raters = _words(connection, "SELECT DISTINCT rater FROM raters") if layout.models else set()
    for pattern in layout.models:
        if not any(fnmatchcase(name.casefold(), pattern.casefold()) for name in raters):
            yield "--model", pattern
    has_role = layout.role and (layout.gold or layout.contrast)
    said = _words(connection, f"SELECT DISTINCT {text_of(layout.role)} FROM ratings") if has_role else set()
    for flag, words in (("--gold", layout.gold), ("--contrast", layout.contrast)):
        if not said.intersection(words):  # a preset knows words that a part of its corpus has not
            yield from ((flag, word) for word in words)
    texts = _words(connection, "SELECT DISTINCT value FROM cells") if layout.missing else set()
    cells = {spelled(answer) for text in texts if (answer := unwrapped(text.strip())) is not None}
    yield from (("--missing", code) for code in layout.missing if spelled(code) not in cells)


def _words(connection: DuckDBPyConnection, query: str) -> set[str]:
    return {word for (word,) in connection.execute(query).fetchall() if word is not None}
