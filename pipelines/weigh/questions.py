"""The answers of a collection, question by question: the one query that reads them, and the schemes they belong to."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from annotate.answers.log import PEOPLE, AnswerLog
from annotate.answers.votes import Votes
from pipelines.engine.catalog import Catalog
from pipelines.weigh.exclusions import excluded
from pipelines.weigh.logs import Answers, Asks, coded, question_logs
from pipelines.weigh.sequential import marked
from schemas.answers import RaterKind
from schemas.errors import BadSetting, nearest
from schemas.scheme import Scheme, scheme_from_dict

CURRENT = "latest_answers"  # the view of the answers that hold
PORTION = 500_000  # answers read at once

# The modality of every item ('' without media), and the asset of those that are whole files.
ABOUT = """
    SELECT i.id AS item, CASE WHEN c.id IS NULL THEN '' WHEN c.kind = 'face' THEN 'face' ELSE 'voice' END AS modality,
           CASE WHEN i.kind = 'asset' THEN i.ref WHEN c.kind = 'whole' THEN c.asset END AS file
    FROM items i LEFT JOIN clips c ON i.kind = 'clip' AND c.id = i.ref"""

# Items that are files which came under several names, with these in their order: the ask about the first has repeat 0.
NAMES = f"""
    SELECT b.item, list_sort(list(DISTINCT f.name)) AS names
    FROM ({ABOUT}) b JOIN arrivals a ON a.asset = b.file JOIN files f ON f.arrival = a.id
    GROUP BY b.item HAVING count(DISTINCT f.name) > 1"""

# Items, raters and asks by number, in order of their ids; the asks of a scheme follow each other.
NUMBERED = f"""
    CREATE TEMP TABLE numbered_raters AS SELECT (row_number() OVER (ORDER BY id) - 1)::INTEGER AS code, id, kind
        FROM raters;
    CREATE TEMP TABLE numbered_asks AS SELECT (row_number() OVER (ORDER BY scheme, id) - 1)::INTEGER AS code, id, scheme
        FROM asks ORDER BY code;
    CREATE TEMP TABLE numbered_items AS SELECT (row_number() OVER (ORDER BY id) - 1)::INTEGER AS code, id, modality
        FROM (SELECT DISTINCT k.item AS id, b.modality FROM asks k JOIN ({ABOUT}) b USING (item));"""

ITEMS = "SELECT id, modality FROM numbered_items ORDER BY code"

ASKS = """
    SELECT i.code AS item, k.target, k.round, k.repeat, k.role, k.prelabel
    FROM numbered_asks n JOIN asks k USING (id) JOIN numbered_items i ON i.id = k.item ORDER BY n.code"""

# Asks about files of several names; those that differ in their repeat alone are of one series.
SERIES = f"""
    SELECT n.code, (dense_rank() OVER (ORDER BY item, k.scheme, target, round, role, prelabel, place) - 1)::INTEGER
    FROM numbered_asks n JOIN asks k USING (id) WHERE item IN (SELECT item FROM ({NAMES}))"""

QUESTIONS = """
    SELECT k.scheme, a.question, count(*), min(k.code), max(k.code)
    FROM answers a JOIN numbered_asks k ON k.id = a.ask WHERE a.state = 'given' GROUP BY ALL ORDER BY ALL"""

# The answers to one question in a stretch of asks. That bounds the partitions of the view, and so the memory it takes.
ANSWERS = f"""
    SELECT k.code AS ask, r.code AS rater, {{value}} AS value, a.duration_ms::DOUBLE AS duration_ms,
           coalesce(epoch_us(try_cast(a.updated_at AS TIMESTAMP)), 0) AS time_us
    FROM {CURRENT} a JOIN numbered_asks k ON k.id = a.ask JOIN numbered_raters r ON r.id = a.rater
    WHERE a.state = 'given' AND a.question = $question
    AND k.code BETWEEN $first AND $last AND a.ask BETWEEN $low AND $high
    ORDER BY k.code, r.code"""


@dataclass(frozen=True)
class Span:
    """A question of a scheme with how many answers it may have, and the codes of its first and last ask."""

    scheme: str
    question: str
    answers: int
    first: int
    last: int


def answer_logs(home: Path, scheme: str | None = None) -> Iterator[AnswerLog]:
    """All answers that hold, question by question; answers in words are left out.

    `scheme` is the id of the one that is wanted; all of them otherwise. The catalog is let go of before the first log.
    """
    asked = {each.id: each for each in schemes(home) if scheme in (None, each.id)}
    with Catalog(home).open() as connection:
        connection.execute(NUMBERED)
        raters = connection.execute("SELECT id, kind FROM numbered_raters ORDER BY code").fetchall()
        spans = [Span(*row) for row in connection.execute(QUESTIONS).fetchall() if row[0] in asked]
        asks = _asks(connection)
        read = []
        for span in spans:
            question = asked[span.scheme].question(span.question)
            if question.type != "text":
                read.append((asked[span.scheme], question, _answers(connection, span, question.type == "scale")))
    while read:
        yield from question_logs(*read.pop(0), asks, raters)


def parts(
    home: Path, kinds: Sequence[RaterKind] = PEOPLE, scheme: str | None = None
) -> Iterator[tuple[AnswerLog, NDArray[np.bool_]]]:
    """The answers to every question about one modality, with the raters of these kinds who are not left out.

    Answers to contrast questions are marked; questions without a vote of such raters are not among them.
    """
    left_out = excluded(home)
    for log in marked(list(answer_logs(home, scheme))):
        counted = log.counted(left_out, kinds)
        for _, part in log.by_modality():
            if counted[part.raters[part.latest]].any():
                yield part, counted


def weighable(log: AnswerLog, counted: NDArray[np.bool_]) -> Votes:
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


def _asks(connection: DuckDBPyConnection) -> Asks:
    items = connection.sql(ITEMS).to_arrow_table()
    table = connection.sql(ASKS).to_arrow_table()
    connection.execute("DROP TABLE numbered_items")
    targets, target_names = coded(table["target"])
    prelabels, prelabel_names = coded(table["prelabel"])
    roles, role_names = coded(table["role"])
    series = np.full(table.num_rows, -1, np.int32)
    for code, number in connection.execute(SERIES).fetchall():
        series[code] = number
    return Asks(
        items=table["item"].to_numpy(),
        targets=targets,
        rounds=table["round"].to_numpy(),
        repeats=table["repeat"].to_numpy(),
        series=series,
        gold=np.array([name == "gold" for name in (*role_names, "")])[roles],
        contrast=np.array([name == "contrast" for name in (*role_names, "")])[roles],
        prelabels=prelabels,
        target_names=target_names,
        prelabel_names=prelabel_names,
        item_ids=items["id"].to_pylist(),
        modalities=items["modality"].to_pylist(),
    )


def _answers(connection: DuckDBPyConnection, span: Span, is_scale: bool) -> Answers:
    """The answers to one question, a portion of its asks after the other."""
    query = ANSWERS.format(value="a.value::DOUBLE" if is_scale else "a.value")
    asks = span.last - span.first + 1
    step = max(1, asks * PORTION // max(span.answers, 1))
    columns: dict[str, list[NDArray[Any]]] = {}
    texts: dict[str, int] = {}
    for first in range(span.first, span.last + 1, step):
        last = min(first + step - 1, span.last)
        low, high = connection.execute(
            "SELECT min(id), max(id) FROM numbered_asks WHERE code IN ?", [[first, last]]
        ).fetchall()[0]
        values = {"question": span.question, "first": first, "last": last, "low": low, "high": high}
        table = connection.sql(query, params=values).to_arrow_table()
        for name in ("ask", "rater", "time_us"):
            columns.setdefault(name, []).append(table[name].to_numpy())
        columns.setdefault("value", []).append(table["value"].to_numpy() if is_scale else _text_codes(table, texts))
        durations = table["duration_ms"].fill_null(float("nan")).to_numpy()
        columns.setdefault("duration_ms", []).append(durations)
    joined = {name: np.concatenate(columns.pop(name)) for name in list(columns)}
    return Answers(
        joined["ask"], joined["rater"], joined["value"], joined["duration_ms"], joined["time_us"], tuple(texts)
    )


def _text_codes(table: pa.Table, texts: dict[str, int]) -> NDArray[np.int32]:
    """The values of a portion as positions in `texts`, to which it adds those it has first."""
    codes, distinct = coded(table["value"])
    places = np.array([texts.setdefault(text, len(texts)) for text in distinct], np.int32)
    return places[codes]
