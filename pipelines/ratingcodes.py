"""Plain answers as codes: every different cell, rater and item is looked at once, however many rows there are."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from annotate.inference import Found, question_named
from annotate.meanings import Reading, reading
from annotate.ratings import Layout
from pipelines.engine.pseudonyms import Pseudonyms
from pipelines.ratingrows import TOLD
from schemas.answers import WHOLE_ASK, Rater, RaterKind
from schemas.errors import BadSetting
from schemas.scheme import Scheme

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

AT_ONCE = 100_000
LOOKED_AT = 100_000  # different texts of a question that its scheme is inferred from
SKIP, NO_TARGET = -1, -2


@dataclass(frozen=True)
class Removed:
    """What was coded and then left out: repeated answers (and how many of them differed), and items with too few."""

    repeated: int = 0
    changed: int = 0
    few_items: int = 0
    few_answers: int = 0


def found_texts(connection: "DuckDBPyConnection", places: Sequence[int]) -> list[Found]:
    """The different cells of the questions at these places of the layout, with the lowest and highest number."""
    if not places:
        return []
    chosen = ", ".join(map(str, places))
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE texts AS SELECT asked, named, value, try_cast(value AS DOUBLE) AS number FROM
            (SELECT DISTINCT asked, named, value FROM {TOLD} WHERE asked IN ({chosen}) AND state = 'given'
             AND reason IS NULL AND named IS NOT NULL AND value IS NOT NULL)"""
    )
    rows = connection.execute(
        f"""SELECT asked, named, list(value)[:{LOOKED_AT}], arg_min(value, number), arg_max(value, number)
            FROM texts GROUP BY ALL ORDER BY asked, named"""
    ).fetchall()
    ends = (
        (asked, named, texts, [end for end in (low, high) if end is not None])
        for asked, named, texts, low, high in rows
    )
    return [Found(asked, named, [*texts, *more]) for asked, named, texts, more in ends]


def read_meanings(connection: "DuckDBPyConnection", layout: Layout, scheme: Scheme) -> None:
    """Write `questions` and `meanings`: of every different cell the question and the answer, or the reason against it."""
    _write(
        connection, "questions", [(place, one.name) for place, one in enumerate(scheme.questions)] + [(SKIP, WHOLE_ASK)]
    )
    connection.execute(
        "CREATE TABLE meanings (code INTEGER, asked UTINYINT, named VARCHAR, value VARCHAR, question SMALLINT, target SMALLINT, json VARCHAR, sound BOOLEAN, reason VARCHAR)"
    )
    cells = connection.cursor().execute(  # a cursor of its own, so that it can be read on while rows are written
        f"SELECT DISTINCT asked, named, value FROM {TOLD} WHERE reason IS NULL AND named IS NOT NULL AND (value IS NOT NULL OR state = 'skipped')"
    )
    names = ("code", "asked", "named", "value", "question", "target", "json", "sound", "reason")
    readings = _Readings(layout, scheme)
    code = 0
    for batch in _batches(cells.fetchmany):
        rows = [(code + place, *cell, *readings.of(*cell)) for place, cell in enumerate(batch)]
        code += len(rows)
        _append(connection, "meanings", names, rows)


class _Readings:
    """How cells are read, by the question they answer; looked up once a question."""

    def __init__(self, layout: Layout, scheme: Scheme) -> None:
        self.layout, self.scheme = layout, scheme
        self.places = {name: place for place, name in enumerate(scheme.names)}
        self.known: dict[tuple[int, str], tuple[int, Reading] | str] = {}

    def of(self, asked: int, named: str, value: str | None) -> tuple[int, int, str | None, bool, str | None]:
        """Question, target, answer, whether it counts, and why not."""
        if named == WHOLE_ASK and value is None:
            return SKIP, NO_TARGET, None, True, None
        found = self.known.get((asked, named)) or self._look_up(asked, named)
        if isinstance(found, str):
            return SKIP, NO_TARGET, None, False, found
        place, read = found
        meaning = read(value or "")
        target = place if self.layout.question[asked].alone else NO_TARGET
        return place, target, meaning.value, meaning.value is not None, meaning.reason

    def _look_up(self, asked: int, named: str) -> tuple[int, Reading] | str:
        found: tuple[int, Reading] | str
        try:
            question = question_named(self.scheme, named)
            found = self.places[question.name], reading(question, self.layout.question[asked], self.layout.missing)
        except BadSetting as error:
            found = str(error)
        self.known[asked, named] = found
        return found


def name_raters(connection: "DuckDBPyConnection", layout: Layout, people: Pseudonyms) -> Counter[RaterKind]:
    """Write `raters`: a pseudonym for every person, the plain name for models and corpora; gives how many of each."""
    connection.execute("CREATE TABLE raters (code INTEGER, rater VARCHAR, told VARCHAR, id VARCHAR, kind VARCHAR)")
    names = connection.cursor().execute(
        f"SELECT DISTINCT rater, kind FROM {TOLD} WHERE reason IS NULL AND rater IS NOT NULL"
    )
    code, kinds = 0, Counter[RaterKind]()
    for batch in _batches(names.fetchmany):
        named = [rater_of(layout, people, rater, kind) for rater, kind in batch]
        _append(
            connection,
            "raters",
            ("code", "rater", "told", "id", "kind"),
            [
                (code + place, *told, one.id, one.kind)
                for place, (told, one) in enumerate(zip(batch, named, strict=True))
            ],
        )
        code += len(batch)
    kinds.update(dict(connection.execute("SELECT kind, count(DISTINCT id) FROM raters GROUP BY 1").fetchall()))
    return kinds


def rater_of(layout: Layout, people: Pseudonyms, name: str, kind: RaterKind) -> Rater:
    """The Rater a name stands for; people of one corpus are nobody else's, unless the layout says otherwise."""
    if any(fnmatchcase(name.casefold(), pattern.casefold()) for pattern in layout.models):
        kind = "model"
    if kind == "model":
        return Rater(name, kind)
    within = f"{layout.corpus}{f'-{layout.part}' if layout.part else ''}/{name}"
    if kind == "corpus":
        return Rater(within, kind)
    return Rater(people.of(name if layout.everywhere else within), kind)


def list_items(connection: "DuckDBPyConnection") -> None:
    """Write `items`: every different key with the names its media may have."""
    connection.execute(
        f"""CREATE TABLE items AS SELECT (row_number() OVER ())::INTEGER AS code, key, media FROM
            (SELECT DISTINCT key, media FROM {TOLD} WHERE reason IS NULL AND key IS NOT NULL)"""
    )


def code_answers(connection: "DuckDBPyConnection") -> None:
    """Write `coded`: every answer that counts. Items that turned out to be one have one code, the lowest."""
    connection.execute(
        f"""CREATE TABLE coded AS
            SELECT t._n, i.one AS item, m.question, m.target, m.code AS meaning, r.code AS rater,
                   (CASE t.role WHEN 'plain' THEN 0 WHEN 'contrast' THEN 1 ELSE 2 END)::TINYINT AS role,
                   0::SMALLINT AS "repeat", t.state = 'skipped' AS skipped, t.us, t.ms
            FROM {TOLD} t
            JOIN (SELECT key, media, min(code) OVER (PARTITION BY coalesce(ref, key), kind) AS one FROM items) i
            ON i.key = t.key AND i.media IS NOT DISTINCT FROM t.media
            JOIN meanings m ON m.asked = t.asked AND m.named = t.named AND m.value IS NOT DISTINCT FROM t.value
            JOIN raters r ON r.rater = t.rater AND r.told = t.kind
            WHERE t.reason IS NULL AND m.sound"""
    )


def thin_out(connection: "DuckDBPyConnection", layout: Layout) -> Removed:
    """Settle answers one rater gave more than once, then leave out what has too few answers."""
    return Removed(*_settle_repeats(connection, layout), *_leave_out_few(connection, layout.min_answers))


def _settle_repeats(connection: "DuckDBPyConnection", layout: Layout) -> tuple[int, int]:
    same = "item, role, question, rater"
    connection.execute(
        f"CREATE TEMP TABLE twice AS SELECT {same}, count(*) - 1 AS more, count(DISTINCT meaning) - 1 AS changed FROM coded GROUP BY ALL HAVING count(*) > 1"
    )
    more, changed = connection.execute(
        "SELECT coalesce(sum(more), 0)::BIGINT, coalesce(sum(changed), 0)::BIGINT FROM twice"
    ).fetchall()[0]
    if not more:
        return 0, 0
    order = "us, _n" if layout.repeats in ("first", "number") else "us DESC NULLS LAST, _n DESC"
    connection.execute(
        f"""CREATE TEMP TABLE places AS SELECT coded.rowid AS at, row_number() OVER (PARTITION BY {same} ORDER BY {order}) - 1 AS place
            FROM coded SEMI JOIN twice USING ({same})"""
    )
    if layout.repeats == "number":
        connection.execute('UPDATE coded SET "repeat" = place FROM places WHERE coded.rowid = at AND place > 0')
        return 0, 0
    connection.execute("DELETE FROM coded WHERE rowid IN (SELECT at FROM places WHERE place > 0)")
    return more, changed


def _leave_out_few(connection: "DuckDBPyConnection", at_least: int) -> tuple[int, int]:
    if at_least <= 1:
        return 0, 0
    connection.execute(
        f"CREATE TEMP TABLE few AS SELECT item, question FROM coded WHERE NOT skipped GROUP BY ALL HAVING count(DISTINCT rater) < {at_least}"
    )
    items = connection.execute("SELECT count(DISTINCT item) FROM few").fetchall()[0][0]
    gone = connection.execute("DELETE FROM coded WHERE (item, question) IN (FROM few)").fetchall()[0][0]
    return items, gone


def _batches(fetch: Callable[[int], list[tuple[Any, ...]]]) -> Iterator[list[tuple[Any, ...]]]:
    while batch := fetch(AT_ONCE):
        yield batch


def _append(
    connection: "DuckDBPyConnection", table: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    import pyarrow as pa

    columns = dict(zip(names, (list(column) for column in zip(*rows, strict=True)), strict=True))
    connection.register("incoming", pa.table(columns))
    shown = ", ".join(f'"{name}"' for name in names)
    connection.execute(f"INSERT INTO {table} ({shown}) SELECT {shown} FROM incoming")
    connection.unregister("incoming")


def _write(connection: "DuckDBPyConnection", table: str, rows: Sequence[tuple[int, str]]) -> None:
    connection.execute(f"CREATE TABLE {table} (code SMALLINT, name VARCHAR)")
    _append(connection, table, ("code", "name"), rows)
