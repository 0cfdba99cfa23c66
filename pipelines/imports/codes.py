"""Plain answers as codes: every different cell, rater and item is looked at once, however many rows there are."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from duckdb import DuckDBPyConnection

from annotate.ratings.inference import Found, question_named
from annotate.ratings.layout import Layout
from annotate.ratings.meanings import Reading, fitting, reading
from pipelines.engine.instances import beside
from pipelines.engine.pseudonyms import Pseudonyms
from pipelines.engine.tombstones import Tombstones
from pipelines.imports.rows import ANONYMOUS, PLAIN
from pipelines.tables.scratch import append
from schemas.answers import WHOLE_ASK, Rater, RaterKind
from schemas.errors import BadInput, BadSetting
from schemas.scheme import Scheme

AT_ONCE = 100_000
LOOKED_AT = 100_000  # different texts of a question that its scheme is inferred from
SKIP, NO_TARGET = -1, -2
# One number for an ask: item, target, role and repeat; joins and groups of millions of rows want one key.
ASK = f"(((i.one::BIGINT * 4096 + m.target - {NO_TARGET}) * 4 + {{role}}) * 65536)"
REPEATS, MOST_QUESTIONS = 65536, 4000


@dataclass(frozen=True)
class Removed:
    """What was coded and then left out: repeated answers (and how many of them differed), and items with too few."""

    repeated: int = 0
    changed: int = 0
    few_items: int = 0
    few_answers: int = 0


def list_cells(connection: DuckDBPyConnection) -> None:
    """Write `cells`: every different answer to every question, as the tables spell them, and how often."""
    connection.execute(
        f"""CREATE TABLE cells AS SELECT asked, named, value, state, count(*) AS n FROM {PLAIN}
            WHERE reason IS NULL AND named IS NOT NULL AND (value IS NOT NULL OR state = 'skipped') GROUP BY ALL"""
    )


def texts_of(connection: DuckDBPyConnection, places: Sequence[int]) -> list[Found]:
    """The different cells of the questions at these places of the layout, with the lowest and highest number."""
    if not places:
        return []
    rows = connection.execute(
        f"""SELECT asked, named, list((value, n))[:{LOOKED_AT}], arg_min(value, number), arg_max(value, number)
            FROM (SELECT *, try_cast(value AS DOUBLE) AS number FROM cells
                  WHERE asked IN (SELECT unnest(?)) AND state = 'given')
            GROUP BY ALL ORDER BY asked, named""",
        [list(places)],
    ).fetchall()
    texts = []
    for asked, named, cells, low, high in rows:
        counts = dict.fromkeys((end for end in (low, high) if end is not None), 1) | dict(cells)
        texts.append(Found(asked, named, list(counts), list(counts.values())))
    return texts


def read_meanings(connection: DuckDBPyConnection, layout: Layout, scheme: Scheme) -> None:
    """Write `meanings`: of every different cell the question and the answer, or the reason against it."""
    connection.execute(
        """CREATE TABLE meanings (code INTEGER, asked UTINYINT, named VARCHAR, value VARCHAR, question SMALLINT,
           target SMALLINT, name VARCHAR, json VARCHAR, sound BOOLEAN, reason VARCHAR, kind VARCHAR)"""
    )
    # a cursor of its own, so that it can be read on while rows are written
    cells = beside(connection).execute("SELECT DISTINCT asked, named, value FROM cells")
    names = ("code", "asked", "named", "value", "question", "target", "name", "json", "sound", "reason", "kind")
    readings = _Readings(layout, scheme)
    if len(scheme.questions) > MOST_QUESTIONS:
        raise BadSetting(f"{len(scheme.questions):,} questions in one scheme; expected at most {MOST_QUESTIONS:,}")
    code = 0
    for batch in _batches(cells.fetchmany):
        rows = [(code + place, *cell, *readings.of(*cell)) for place, cell in enumerate(batch)]
        code += len(rows)
        append(connection, "meanings", dict(zip(names, zip(*rows, strict=True), strict=True)))


class _Readings:
    """How cells are read, by the question they answer; looked up once a question."""

    def __init__(self, layout: Layout, scheme: Scheme) -> None:
        self.layout, self.scheme = layout, scheme
        self.places = {name: place for place, name in enumerate(scheme.names)}
        self.known: dict[tuple[int, str], tuple[int, Reading] | str] = {}

    def of(self, asked: int, named: str, value: str | None) -> tuple[int | str | bool | None, ...]:
        """Question, target, the question's name, the answer, whether it counts, why not, and why not in general."""
        if named == WHOLE_ASK and value is None:
            return SKIP, NO_TARGET, WHOLE_ASK, None, True, None, None
        known = self.known.get((asked, named)) or self._look_up(asked, named)
        if isinstance(known, str):
            return SKIP, NO_TARGET, "", None, False, known, known
        place, read = known
        meaning = read(value or "")
        target = place if self.layout.question[asked].alone else NO_TARGET
        why = meaning.reason, meaning.kind or meaning.reason
        return place, target, self.scheme.names[place], meaning.value, meaning.value is not None, *why

    def _look_up(self, asked: int, named: str) -> tuple[int, Reading] | str:
        try:
            question = question_named(self.scheme, named)
            own = fitting(self.layout.question[asked], question, self.layout.aliases)
            read = reading(question, own, self.layout.missing)
            self.known[asked, named] = self.places[question.name], read
        except BadSetting as error:
            self.known[asked, named] = str(error)
        return self.known[asked, named]


def name_raters(
    connection: DuckDBPyConnection, layout: Layout, people: Pseudonyms, forgotten: Tombstones
) -> Counter[RaterKind]:
    """Write `raters`: a pseudonym for every person, the plain name for models and corpora; gives how many of each.

    Raises BadInput for a rater who was withdrawn from this collection.
    """
    connection.execute("CREATE TABLE raters (code INTEGER, rater VARCHAR, declared VARCHAR, id VARCHAR, kind VARCHAR)")
    names = beside(connection).execute(
        f"SELECT DISTINCT rater, kind FROM {PLAIN} WHERE reason IS NULL AND rater IS NOT NULL"
    )
    code, kinds = 0, Counter[RaterKind]()
    for batch in _batches(names.fetchmany):
        known = [rater_of(layout, people, name, kind) for name, kind in batch]
        for (name, _), rater in zip(batch, known, strict=True):
            if forgotten.holds("rater", rater.id):
                raise BadInput(
                    f"rater {name!r} was withdrawn from this collection (forget) and is kept out; leave those rows out "
                    f"with --drop \"COLUMN = '{name}'\", where COLUMN names who rated"
                )
        rows = [(code + place, *batch[place], rater.id, rater.kind) for place, rater in enumerate(known)]
        columns = zip(("code", "rater", "declared", "id", "kind"), zip(*rows, strict=True), strict=True)
        append(connection, "raters", dict(columns))
        code += len(batch)
    kinds.update(dict(connection.execute("SELECT kind, count(DISTINCT id) FROM raters GROUP BY 1").fetchall()))
    return kinds


def anonymous(connection: DuckDBPyConnection) -> int:
    """How many raters are votes without a name."""
    votes = f"kind = 'corpus' AND rater LIKE '{ANONYMOUS.partition('%')[0]}%'"
    return int(connection.execute(f"SELECT count(DISTINCT id) FROM raters WHERE {votes}").fetchall()[0][0])


def rater_of(layout: Layout, people: Pseudonyms, name: str, kind: RaterKind) -> Rater:
    """The Rater a name stands for; people of one corpus are nobody else's, unless the layout says otherwise."""
    if any(fnmatchcase(name.casefold(), pattern.casefold()) for pattern in layout.models):
        kind = "model"
    if kind == "model":
        return Rater(name, kind)
    if kind == "person":
        return Rater(people.of(name if layout.everywhere else f"{layout.corpus}/{name}"), kind)
    named = any(asked.rater for asked in layout.question)  # who has no name is somebody else in every part
    part = f"-{layout.part}" if layout.part and not named else ""
    return Rater(f"{layout.corpus}{part}/{name}", kind)


def list_items(connection: DuckDBPyConnection) -> None:
    """Write `items`: every different key with the names its media may have, none of them found yet."""
    connection.execute(
        f"""CREATE TABLE items AS SELECT (row_number() OVER ())::INTEGER AS code, key, media,
                NULL::VARCHAR AS kind, NULL::VARCHAR AS ref, 0::BIGINT AS repeat FROM
            (SELECT DISTINCT key, media FROM {PLAIN} WHERE reason IS NULL AND key IS NOT NULL);
            CREATE TABLE whole_clips (id VARCHAR, asset VARCHAR);
            CREATE TABLE withdrawn (_n BIGINT)"""
    )


def code_answers(connection: DuckDBPyConnection) -> None:
    """Write `coded`: every answer that counts. Items that turned out to be one have one code, the lowest."""
    ask = ASK.format(role="(CASE t.role WHEN 'plain' THEN 0 WHEN 'contrast' THEN 1 ELSE 2 END)")
    same_media, same_cell, same_kind = _matching(connection)
    connection.execute(
        f"""CREATE TABLE coded AS
            SELECT t._n, {ask} + i.repeat AS ask, m.question, m.code AS meaning, r.code AS rater,
                   t.state = 'skipped' AS skipped, t.us, t.ms
            FROM {PLAIN} t
            JOIN (SELECT key, media, repeat, min(code) OVER (PARTITION BY coalesce(ref, key), kind) AS one FROM items) i
            ON i.key = t.key{same_media}
            JOIN (FROM meanings WHERE sound) m ON {same_cell}
            JOIN raters r ON r.rater = t.rater{same_kind}
            WHERE t.reason IS NULL"""
    )


def _matching(connection: DuckDBPyConnection) -> tuple[str, str, str]:
    """How a row finds its medium, the meaning of its cell and its rater; what is the same in all rows, or in none, need
    not be compared millions of times."""
    (named, _), (questions, skips), (kinds, _) = connection.execute(
        """SELECT count(media), 0 FROM items
           UNION ALL SELECT count(DISTINCT asked), count(*) - count(value) FROM meanings
           UNION ALL SELECT count(DISTINCT declared), 0 FROM raters"""
    ).fetchall()
    asked = "m.asked = t.asked AND " if questions > 1 else ""
    return (
        " AND i.media IS NOT DISTINCT FROM t.media" if named else "",
        f"{asked}m.named = t.named AND m.value {'IS NOT DISTINCT FROM' if skips else '='} t.value",
        " AND r.declared = t.kind" if kinds > 1 else "",
    )


def parts_of_ask(ask: str) -> dict[str, str]:
    """What an ask's number is made of, as SQL: item, target, role, repeat."""
    return {
        "item": f"({ask} // {4096 * 4 * REPEATS})::INTEGER",
        "target": f"({ask} // {4 * REPEATS} % 4096 + {NO_TARGET})::SMALLINT",
        "role": f"({ask} // {REPEATS} % 4)::TINYINT",
        "repeat": f"({ask} % {REPEATS})::INTEGER",
    }


def thin_out(connection: DuckDBPyConnection, layout: Layout) -> Removed:
    """Settle answers one rater gave more than once, then leave out what has too few answers."""
    return Removed(*_settle_repeats(connection, layout), *_leave_out_few(connection, layout.min_answers))


def _settle_repeats(connection: DuckDBPyConnection, layout: Layout) -> tuple[int, int]:
    """A first look by hash tells whether there are any; hashes that fall together by chance are told apart then."""
    run = connection.execute
    same = "hash(ask, question, rater)"
    run(f"CREATE TEMP TABLE twice AS SELECT {same} AS h FROM coded GROUP BY h HAVING count(*) > 1")
    if not run("SELECT 1 FROM twice LIMIT 1").fetchall():
        return 0, 0
    order = "us, _n" if layout.repeats in ("first", "number") else "us DESC NULLS LAST, _n DESC"
    run(
        f"""CREATE TEMP TABLE again AS SELECT coded.rowid AS spot, meaning, first_value(meaning) OVER same AS counted,
            row_number() OVER same - 1 AS place FROM coded SEMI JOIN twice ON h = {same}
            WINDOW same AS (PARTITION BY ask, question, rater ORDER BY {order})"""
    )
    more, changed, most = run(
        """SELECT count(*), count(*) FILTER (WHERE meaning <> counted), coalesce(max(place), 0)
           FROM again WHERE place > 0"""
    ).fetchall()[0]
    if layout.repeats == "number":
        if most >= REPEATS:
            raise BadInput(
                f"one rater answers one question {most + 1:,} times; --repeats number takes {REPEATS:,} at most"
            )
        names = "(SELECT max(repeat) + 1 FROM items)"  # the first repeats are those under other names of the same file
        run(f"UPDATE coded SET ask = ask + place * {names} FROM again WHERE coded.rowid = spot AND place > 0")
        return 0, 0
    if more:
        run("DELETE FROM coded WHERE rowid IN (SELECT spot FROM again WHERE place > 0)")
    return more, changed


def _leave_out_few(connection: DuckDBPyConnection, at_least: int) -> tuple[int, int]:
    if at_least <= 1:
        return 0, 0
    item = parts_of_ask("ask")["item"]
    connection.execute(
        f"""CREATE TEMP TABLE few AS SELECT {item} AS item, question FROM coded WHERE NOT skipped GROUP BY ALL
            HAVING count(DISTINCT rater) < {at_least}"""
    )
    items = connection.execute("SELECT count(DISTINCT item) FROM few").fetchall()[0][0]
    gone = connection.execute(f"DELETE FROM coded WHERE ({item}, question) IN (FROM few)").fetchall()[0][0]
    return items, gone


def _batches(fetch: Callable[[int], list[tuple[Any, ...]]]) -> Iterator[list[tuple[Any, ...]]]:
    while batch := fetch(AT_ONCE):
        yield batch
