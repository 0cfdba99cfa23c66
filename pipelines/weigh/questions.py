"""The answers of a collection, question by question: the one query that reads them, and the schemes they belong to."""

import json
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from annotate.answers.log import PEOPLE, AnswerLog, Flags, flat
from annotate.answers.votes import Votes
from pipelines.engine.catalog import Catalog
from pipelines.weigh.exclusions import excluded
from pipelines.weigh.logs import Answers, Names, question_logs
from pipelines.weigh.sequential import declared, marked
from schemas.answers import RaterKind
from schemas.errors import BadSetting, nearest
from schemas.scheme import Scheme, scheme_from_dict

CURRENT = "read_answers"  # the view of the answers that hold, with the item and the scheme they are about
PORTION = 500_000  # answers that become arrays at once
MEMORY = "1GB"  # what the database may hold of them; it puts the rest on the disk

# Items that are files which came under several names, in the order they came: the ask about the first has repeat 0.
NAMES = """
    SELECT b.item, list(s.name ORDER BY s.first_at, s.name) AS names
    FROM about b JOIN (SELECT asset, name, min(said_at) AS first_at FROM statements WHERE scope <> 'resolved'
                       GROUP BY asset, name) s USING (asset)
    WHERE b.clip_kind = 'whole' GROUP BY b.item HAVING count(*) > 1"""

# Raters, items and asks by number, in order of their ids. Asks about a file of several names that differ in their
# repeat alone are of one series.
NUMBERED = f"""
    CREATE TEMP TABLE numbered_raters AS SELECT (row_number() OVER (ORDER BY id) - 1)::INTEGER AS code, id, kind
        FROM raters;
    CREATE TEMP TABLE numbered_items AS SELECT (row_number() OVER (ORDER BY id) - 1)::INTEGER AS code, id, modality
        FROM (SELECT DISTINCT k.item AS id, coalesce(b.modality, '') AS modality
              FROM asks k LEFT JOIN about b USING (item));
    CREATE TEMP TABLE numbered_asks AS
        WITH series AS (
            SELECT id, (dense_rank() OVER alike - 1)::INTEGER AS series
            FROM asks WHERE item IN (SELECT item FROM ({NAMES}))
            WINDOW alike AS (ORDER BY item, scheme, target, round, role, prelabel, place))
        SELECT (row_number() OVER (ORDER BY k.id) - 1)::INTEGER AS code, k.id, coalesce(s.series, -1) AS series
        FROM asks k LEFT JOIN series s USING (id)"""

# The one query: every answer that holds, with everything its readers need. A target or pre-label of -1 is none.
ANSWERS = f"""
    CREATE TEMP TABLE held AS
        SELECT a.scheme, a.question, k.code AS asks, r.code AS raters, i.code AS item, a.target, a.prelabel,
               a.round AS rounds, a.repeat AS repeats, k.series, a.role = 'gold' AS gold,
               a.role = 'contrast' AS contrast, a.value AS values,
               coalesce(a.duration_ms::DOUBLE, 'nan'::DOUBLE) AS durations_ms,
               coalesce(epoch_us(try_cast(a.updated_at AS TIMESTAMP)), 0) AS times_us
        FROM {CURRENT} a JOIN numbered_asks k ON k.id = a.ask JOIN numbered_raters r ON r.id = a.rater
        JOIN numbered_items i ON i.id = a.item WHERE a.state = 'given';
    CREATE TEMP TABLE words AS SELECT (row_number() OVER (ORDER BY word) - 1)::INTEGER AS code, word
        FROM (SELECT target AS word FROM held UNION SELECT prelabel FROM held) WHERE word IS NOT NULL"""

QUESTION = """
    SELECT h.* EXCLUDE (scheme, question, target, prelabel) REPLACE ({value} AS values),
           coalesce(t.code, -1) AS target, coalesce(p.code, -1) AS prelabel
    FROM held h LEFT JOIN words t ON t.word = h.target LEFT JOIN words p ON p.word = h.prelabel
    WHERE h.scheme = $scheme AND h.question = $question ORDER BY h.asks, h.raters"""


def answer_logs(home: Path, scheme: str | None = None) -> Iterator[AnswerLog]:
    """All answers that hold, question by question; answers in words are left out.

    `scheme` is the id of the one that is wanted; all of them otherwise. The catalog is let go of before the first log.
    """
    asked = {each.id: each for each in schemes(home) if scheme in (None, each.id)}
    with Catalog(home).open() as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        for statements in (NUMBERED, ANSWERS):
            connection.execute(statements)
        names, answers = _names(connection), []
        questions = "SELECT DISTINCT scheme, question FROM held ORDER BY ALL"
        for scheme_id, name in connection.execute(questions).fetchall():
            question = asked[scheme_id].question(name) if scheme_id in asked else None
            if question and question.type != "text":
                values = {"scheme": scheme_id, "question": name}
                answers.append((asked[scheme_id], question, _read(connection, values, question.type == "scale")))
    while answers:
        yield from question_logs(*answers.pop(0), names)


def parts(
    home: Path, kinds: Sequence[RaterKind] = PEOPLE, scheme: str | None = None, only: Collection[str] | None = None
) -> Iterator[tuple[AnswerLog, Flags]]:
    """The answers to every question about one modality, with the raters of these kinds who are not left out.

    `only` names the raters that are wanted; all of them otherwise. Answers to contrast questions are marked; questions
    without a vote of such raters are not among them.
    """
    left_out = excluded(home)
    if only is not None:
        left_out |= {rater: "" for (rater,) in Catalog(home).rows("SELECT id FROM raters") if rater not in only}
    for log in marked(list(answer_logs(home, scheme)), declared(home)):
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


def _names(connection: DuckDBPyConnection) -> Names:
    items = connection.sql("SELECT id, modality FROM numbered_items ORDER BY code").to_arrow_table()
    raters = connection.execute("SELECT id, kind FROM numbered_raters ORDER BY code").fetchall()
    words = connection.execute("SELECT word FROM words ORDER BY code").fetchall()
    return Names(
        items["id"].to_pylist(),
        items["modality"].to_pylist(),
        tuple(rater for rater, _ in raters),
        tuple(kind for _, kind in raters),
        tuple(word for (word,) in words),
    )


def _read(connection: DuckDBPyConnection, question: dict[str, str], is_scale: bool) -> Answers:
    """The answers to a question, a portion after the other; a column that says one thing takes no memory."""
    query = QUESTION.format(value="h.values::DOUBLE" if is_scale else "h.values")
    columns: dict[str, list[NDArray[Any]]] = {}
    texts: dict[str, int] = {}
    for portion in connection.sql(query, params=question).to_arrow_reader(PORTION):
        for name in portion.schema.names:
            is_text = name == "values" and not is_scale
            column = _text_codes(portion[name], texts) if is_text else portion[name].to_numpy(zero_copy_only=False)
            columns.setdefault(name, []).append(column)
    return Answers({name: flat(np.concatenate(columns.pop(name))) for name in list(columns)}, tuple(texts))


def _text_codes(column: pa.Array, texts: dict[str, int]) -> NDArray[np.int32]:
    """Texts as positions in `texts`, to which those are added that are not in it."""
    encoded = column.dictionary_encode()
    codes = [texts.setdefault(text, len(texts)) for text in encoded.dictionary.to_pylist()]
    positions: NDArray[np.int32] = np.array(codes, np.int32)[encoded.indices.to_numpy()]
    return positions
