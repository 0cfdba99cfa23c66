"""The answers of a collection, question by question: the one query that reads them, and the schemes they belong to."""

import json
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from annotate.answers.log import PEOPLE, AnswerLog, Flags
from annotate.answers.votes import Votes
from annotate.arrays import Codes, at, flat, joined, renumbered, taken
from pipelines.engine.catalog import Catalog
from pipelines.weigh.exclusions import excluded
from pipelines.weigh.logs import Answers, Names, question_logs
from pipelines.weigh.sequential import declared, marked
from schemas.answers import RaterKind
from schemas.errors import BadSetting, nearest
from schemas.scheme import Question, Scheme, scheme_from_dict

CURRENT = "read_answers"  # the view of the answers that hold, with the item and the scheme they are about
PORTION = 500_000  # answers that become arrays at once
MEMORY = "500MB"  # what the database may hold of them; it puts the rest on the disk

# Items that are files which came under several names, in the order they came: the ask about the first has repeat 0.
NAMES = """
    SELECT b.item, list(s.name ORDER BY s.first_at, s.name) AS names
    FROM about b JOIN (SELECT asset, name, min(said_at) AS first_at FROM statements WHERE scope <> 'resolved'
                       GROUP BY asset, name) s USING (asset)
    WHERE b.clip_kind = 'whole' GROUP BY b.item HAVING count(*) > 1"""

# Raters, items, schemes and asks by number, in order of their ids. Asks about a file of several names that differ in
# their repeat alone are of one series.
NUMBERED = f"""
    CREATE TEMP TABLE numbered_raters AS SELECT (row_number() OVER (ORDER BY id) - 1)::INTEGER AS code, id, kind
        FROM raters;
    CREATE TEMP TABLE numbered_items AS SELECT (row_number() OVER (ORDER BY id) - 1)::INTEGER AS code, id, modality
        FROM (SELECT DISTINCT k.item AS id, coalesce(b.modality, '') AS modality
              FROM asks k LEFT JOIN about b USING (item));
    CREATE TEMP TABLE numbered_schemes AS SELECT (row_number() OVER (ORDER BY id) - 1)::INTEGER AS code, id,
        id IN (SELECT scheme FROM translations) AS is_translated FROM schemes;
    CREATE TEMP TABLE numbered_asks AS
        WITH series AS (
            SELECT id, (dense_rank() OVER alike - 1)::INTEGER AS series
            FROM asks WHERE item IN (SELECT item FROM ({NAMES}))
            WINDOW alike AS (ORDER BY item, scheme, target, round, role, prelabel, place))
        SELECT (row_number() OVER (ORDER BY k.id) - 1)::INTEGER AS code, k.id, i.code AS item, c.code AS scheme,
               k.target, k.prelabel, k.round AS rounds, k.repeat AS repeats, coalesce(s.series, -1) AS series,
               k.role = 'gold' AS gold, k.role = 'contrast' AS contrast
        FROM asks k JOIN numbered_items i ON i.id = k.item JOIN numbered_schemes c ON c.id = k.scheme
        LEFT JOIN series s ON s.id = k.id"""

# What is known of every ask, in order of its code; answers carry that code alone.
ASKS = "SELECT item, target, prelabel, rounds, repeats, series, gold, contrast FROM numbered_asks ORDER BY code"

# Every answer that holds to a question that is wanted. It is read once from end to end, since a copy of millions of
# rows would go to the disk; and nothing is joined to it but numbers, which is what makes it quick.
ANSWERS = """
    SELECT q.code AS question, k.code AS asks, r.code AS raters, {text} AS text,
           if(q.is_scale, a.value::DOUBLE, NULL) AS number,
           coalesce(a.duration_ms::DOUBLE, 'nan'::DOUBLE) AS durations_ms,
           coalesce(epoch_us(try_cast(a.updated_at AS TIMESTAMP)), 0) AS times_us{more}
    FROM {answers} a JOIN numbered_raters r ON r.id = a.rater JOIN numbered_asks k ON k.id = a.ask
    {joined} WHERE a.state = 'given'"""

# Answers whose scheme has no successor are read as they stand: their values, nearly always few, by number.
AS_GIVEN = ANSWERS.format(
    answers="latest_answers",
    text="coalesce(v.code, -1)",
    more="",
    joined="""JOIN (SELECT w.*, c.code AS place FROM wanted w JOIN numbered_schemes c ON c.id = w.scheme
                    WHERE NOT c.is_translated) q ON q.place = k.scheme AND q.question = a.question
              LEFT JOIN numbered_texts v ON v.value = a.value""",
)
TEXTS = """
    CREATE TEMP TABLE numbered_texts AS SELECT (row_number() OVER (ORDER BY value) - 1)::INTEGER AS code, value
    FROM (SELECT DISTINCT value FROM answers
          WHERE value IS NOT NULL AND question IN (SELECT question FROM wanted WHERE NOT is_scale))"""
AS_READ = ANSWERS.format(
    answers=CURRENT,
    text="if(q.is_scale, NULL, a.value)",
    more=", a.target, a.prelabel",
    joined="""JOIN numbered_schemes c ON c.code = k.scheme AND c.is_translated
              JOIN wanted q ON q.scheme = a.scheme AND q.question = a.question""",
)


def answer_logs(home: Path, scheme: str | None = None) -> Iterator[AnswerLog]:
    """All answers that hold, question by question; answers in words are left out.

    `scheme` is the id of the one that is wanted; all of them otherwise. The catalog is let go of before the first log.
    """
    with Catalog(home).open() as connection:
        asked = [each for each in sorted(schemes(home), key=lambda each: each.id) if scheme in (None, each.id)]
        wanted = [
            (each, question)
            for each in asked
            for question in sorted(each.questions, key=lambda question: question.name)
            if question.type != "text"
        ]
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute(NUMBERED)
        _want(connection, wanted)
        names, answers = _read(connection)
    while answers:
        code, columns = answers.popitem()
        yield from question_logs(*wanted[code], columns, names)


def parts(
    home: Path, kinds: Sequence[RaterKind] = PEOPLE, scheme: str | None = None, only: Collection[str] | None = None
) -> Iterator[tuple[AnswerLog, Flags]]:
    """The answers to every question about one modality, with the raters of these kinds who are not left out.

    `only` names the raters that are wanted; all of them otherwise. Answers to contrast questions are marked; questions
    without a vote of such raters are not among them.
    """
    catalog = Catalog(home)
    with catalog.open():  # held once for three questions
        left_out, known = excluded(home), declared(home)
        if only is not None:
            left_out |= {rater: "" for (rater,) in catalog.rows("SELECT id FROM raters") if rater not in only}
    for log in marked(list(answer_logs(home, scheme)), known):
        counted = log.counted(left_out, kinds)
        for _, part in log.by_modality():
            if counted[part.raters[part.latest]].any():
                yield part, counted


def weighable(log: AnswerLog, counted: Flags) -> Votes:
    """The votes of the raters marked, anonymous where places in a count are among them: none can be trusted more."""
    votes = log.votes(counted)
    return votes.anonymous() if (counted & log.anonymous)[log.raters].any() else votes


def file_names(home: Path) -> dict[str, list[str]]:
    """The names of the files that came under several, by the id of their item, each at the repeat of its ask."""
    return dict(Catalog(home).rows(f"{NAMES} ORDER BY item"))


def schemes(home: Path) -> list[Scheme]:
    """Every scheme that was ever asked about, as it was then."""
    bodies = Catalog(home).rows("SELECT body FROM schemes ORDER BY name, id")
    return [scheme_from_dict(json.loads(body)) for (body,) in bodies]


def name_of(scheme: Scheme) -> str:
    """How a scheme is named in reports and releases."""
    return f"{scheme.name}-{scheme.version}"


def chosen_scheme(home: Path, name: str) -> Scheme:
    """The scheme of that name (or name-version) that was asked about, the latest version; raises BadSetting."""
    asked = schemes(home)
    named = [scheme for scheme in asked if name in (scheme.name, name_of(scheme))]
    if not named:
        there = {name_of(scheme) for scheme in asked}
        hint = nearest(name, there) if there else "nothing has been asked here yet"
        raise BadSetting(f"nobody was asked about a scheme {name!r}; {hint}")
    latest = max(scheme.version for scheme in named)
    newest = [scheme for scheme in named if scheme.version == latest]
    if len(newest) > 1:
        raise BadSetting(
            f"{len(newest)} schemes are called {name!r}, version {latest}; give changed ones a new version"
        )
    return newest[0]


def _want(connection: DuckDBPyConnection, wanted: Sequence[tuple[Scheme, Question]]) -> None:
    """Temp table `wanted`: the code of every question whose answers are to be read."""
    rows = [
        (code, scheme.id, question.name, question.type == "scale") for code, (scheme, question) in enumerate(wanted)
    ]
    connection.execute("CREATE TEMP TABLE wanted (code USMALLINT, scheme VARCHAR, question VARCHAR, is_scale BOOLEAN)")
    if rows:
        connection.executemany("INSERT INTO wanted VALUES (?, ?, ?, ?)", rows)


def _read(connection: DuckDBPyConnection) -> tuple[Names, dict[int, Answers]]:
    """The answers to every question by its code, the first last, and what their codes stand for.

    A portion comes after the other; a column that says one thing takes no memory.
    """
    parts: dict[int, dict[str, list[NDArray[Any]]]] = {}
    connection.execute(TEXTS)
    known = connection.execute("SELECT value, code FROM numbered_texts ORDER BY code").fetchall()
    texts, words = dict[str, int](known), dict[str, int]()
    coded = {"text": texts, "target": words, "prelabel": words}
    asks = {name: flat(column) for name, column in _columns(connection.sql(ASKS).to_arrow_table(), coded).items()}
    for query in (AS_GIVEN, AS_READ) if _is_translated(connection) else (AS_GIVEN,):
        for portion in connection.sql(query).to_arrow_reader(PORTION):
            columns = _columns(portion, coded)
            columns = {name: at(column, columns["asks"]) for name, column in asks.items()} | columns
            _sort_out(columns, parts)
    ordered = sorted(words)
    places = np.array([*(ordered.index(word) for word in words), -1], np.int32)
    answers = {question: _answers(parts.pop(question), places, [*texts]) for question in sorted(parts, reverse=True)}
    return _names(connection, ordered), answers


def _is_translated(connection: DuckDBPyConnection) -> bool:
    query = "SELECT count(*) FROM numbered_schemes WHERE is_translated"
    return bool(connection.execute(query).fetchall()[0][0])


def _columns(portion: pa.Table | pa.RecordBatch, coded: dict[str, dict[str, int]]) -> dict[str, NDArray[Any]]:
    """Columns as arrays; texts as positions in what is known of their kind."""
    columns = {}
    for name in portion.schema.names:
        column = portion[name].combine_chunks() if isinstance(portion, pa.Table) else portion[name]
        is_text = pa.types.is_string(column.type)
        columns[name] = _codes(column, coded[name]) if is_text else column.to_numpy(zero_copy_only=False)
    return columns


def _sort_out(columns: dict[str, NDArray[Any]], parts: dict[int, dict[str, list[NDArray[Any]]]]) -> None:
    """Put the rows of a portion to those of their question that came before."""
    questions = columns.pop("question")
    for question in np.flatnonzero(np.bincount(questions)).tolist():
        rows = questions == question
        for name, column in columns.items():
            kept = column if rows.all() else taken(column, rows)
            parts.setdefault(question, {}).setdefault(name, []).append(flat(kept))


def _answers(parts: dict[str, list[NDArray[Any]]], places: Codes, texts: Sequence[str]) -> Answers:
    """The columns of one question in one piece; of its values those that occur are numbered."""
    columns = {name: joined(parts.pop(name)) for name in list(parts)}
    columns |= {name: flat(places[columns[name]]) for name in ("target", "prelabel")}
    text, number = columns.pop("text"), columns.pop("number")
    if not len(text) or text[0] < 0:
        return Answers(columns | {"values": number}, ())
    used, values = renumbered(text, len(texts))
    return Answers(columns | {"values": values}, tuple(texts[code] for code in used))


def _names(connection: DuckDBPyConnection, words: Sequence[str]) -> Names:
    items = connection.sql("SELECT id, modality FROM numbered_items ORDER BY code").to_arrow_table()
    raters = connection.execute("SELECT id, kind FROM numbered_raters ORDER BY code").fetchall()
    return Names(
        items["id"].to_pylist(),
        items["modality"].to_pylist(),
        tuple(rater for rater, _ in raters),
        tuple(kind for _, kind in raters),
        tuple(words),
    )


def _codes(column: pa.Array, known: dict[str, int]) -> Codes:
    """Texts as positions in `known`, to which those are added that are not in it; -1 where there is none."""
    if column.null_count == len(column):
        return np.broadcast_to(np.int32(-1), len(column))
    encoded = column.dictionary_encode()
    codes = [known.setdefault(text, len(known)) for text in encoded.dictionary.to_pylist()]
    positions: Codes = np.array([*codes, -1], np.int32)[encoded.indices.fill_null(-1).to_numpy()]
    return positions
