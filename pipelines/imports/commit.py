"""Coded answers into the catalog: ids in SQL, want minus have, in one transaction."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import Catalog, insert, revise
from pipelines.engine.columns import columns_of
from pipelines.imports.codes import parts_of_ask
from pipelines.imports.contentids import constant, content_id_sql, define
from pipelines.tables.scratch import literal
from schemas.ids import canonical
from schemas.media import Source
from schemas.scheme import Scheme

NO_TIME = "1970-01-01T00:00:00.000000Z"  # when an answer was given that nobody dated; equal times claim no order
ISO = "%Y-%m-%dT%H:%M:%S.%fZ"
TABLE, NAMES = "table", "names"  # what stands in `origins` for a Label Studio address: a table, or names of files
ROLES = ("plain", "contrast", "gold")
_TOLD_AT = f"coalesce(strftime(make_timestamp(c.us), '{ISO}'), '{NO_TIME}')"


@dataclass(frozen=True)
class Origin:
    """Where answers are from: a table or names of files, the Source that holds their licence, and the corpus.

    The name of a corpus is part of what the pseudonyms of its raters are made of.
    """

    id: str
    server: str
    source: Source | None
    corpus: str


@dataclass(frozen=True)
class Committed:
    """What one import changed: answers that are new (those that replace another too) and answers withdrawn."""

    answers: int
    new: int
    withdrawn: int


def identify(connection: DuckDBPyConnection, corpus: str, scheme: Scheme) -> None:
    """Write what ids need into the scratch database: `named_items`, `asks`, and names and answers as JSON texts."""
    define(connection)
    prefix = literal(f"{corpus}/")
    connection.execute(
        f"""CREATE TABLE named_items AS SELECT code, kind, ref, {_item_id("kind", "ref")} AS id,
            if(kind = 'key', NULL, {_item_id("'key'", f"{prefix} || key")}) AS instead_of
            FROM (SELECT code, key, coalesce(kind, 'key') AS kind, coalesce(ref, {prefix} || key) AS ref FROM items)"""
    )
    split = ", ".join(f'{value} AS "{name}"' for name, value in parts_of_ask("ask").items())
    names = "SELECT DISTINCT question, name FROM meanings"
    connection.execute(
        f"""CREATE TABLE asks AS SELECT *, {_ask_id(scheme)} AS id FROM
            (SELECT k.ask, k."repeat", i.id AS item_id, q.name AS target_name, {_listed(ROLES)}[k.role + 1] AS role_name
             FROM (SELECT ask, {split} FROM (SELECT DISTINCT ask FROM coded)) k
             JOIN named_items i ON i.code = k.item LEFT JOIN ({names}) q ON q.question = k.target AND k.target >= 0)"""
    )
    connection.execute(
        """CREATE TABLE answered AS SELECT code, name, json, json_text(name) AS name_json,
           coalesce(json_text(json), 'null') AS value_json FROM meanings WHERE sound"""
    )
    connection.execute("CREATE TABLE answering AS SELECT code, id, kind, json_text(id) AS json FROM raters")


def commit(home: Path, scratch: Path, origin: Origin, scheme: Scheme, replace: bool, memory: str) -> Committed:
    """Add what the catalog does not hold yet; `replace` withdraws answers of this origin the table no longer holds."""
    with Catalog(home).open() as connection:
        connection.execute(f"SET memory_limit = {literal(memory)}")
        connection.execute(f"ATTACH {literal(str(scratch))} AS scratch (READ_ONLY)")
        define(connection)
        connection.begin()
        try:
            done = _commit(connection, origin, scheme, replace)
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        return done


def _commit(connection: DuckDBPyConnection, origin: Origin, scheme: Scheme, replace: bool) -> Committed:
    body = {"name": scheme.name, "version": scheme.version, "body": canonical(asdict(scheme))}
    _insert_unless_there(connection, "schemes", scheme.id, body)
    _hold_origin(connection, origin, scheme)
    whole = "asset, 'whole'"
    new = "SELECT DISTINCT id, {} FROM scratch.{} ANTI JOIN {} have USING (id)"
    connection.execute(f"INSERT INTO clips (id, asset, kind) {new.format(whole, 'whole_clips', 'clips')}")
    connection.execute(f"INSERT INTO items (id, kind, ref) {new.format('kind, ref', 'named_items', 'items')}")
    connection.execute(f"INSERT INTO raters (id, kind) {new.format('kind', 'answering', 'raters')}")
    connection.execute(
        f"""INSERT INTO asks (id, item, scheme, target, round, "repeat", role)
            SELECT DISTINCT id, item_id, {literal(scheme.id)}, target_name, 1, "repeat", role_name FROM scratch.asks
            ANTI JOIN asks have USING (id)"""
    )
    answers, dated = connection.execute("SELECT count(*), count(us) FROM scratch.coded").fetchall()[0]
    is_held = _hold(connection, origin.id)
    added = _add(connection, origin.id, bool(dated), is_held)
    withdrawn = _withdraw(connection, origin.id, replace) if is_held else 0
    revise(connection)
    return Committed(int(answers), added, withdrawn)


def _hold_origin(connection: DuckDBPyConnection, origin: Origin, scheme: Scheme) -> None:
    """The row of where the answers are from, with the Source of their licence; one given later takes its place."""
    row = {"scheme": scheme.id, "modality": "", "server": origin.server, "corpus": origin.corpus}
    _insert_unless_there(connection, "origins", origin.id, row)
    connection.execute("UPDATE origins SET corpus = ? WHERE id = ? AND corpus IS NULL", [origin.corpus, origin.id])
    if origin.source:
        insert(connection, "sources", columns_of([origin.source]))
        connection.execute("UPDATE origins SET source = ? WHERE id = ?", [origin.source.id, origin.id])


def _insert_unless_there(connection: DuckDBPyConnection, table: str, id_: str, values: Mapping[str, Any]) -> None:
    row = {"id": id_, **values}
    connection.execute(
        f"""INSERT INTO {table} ({", ".join(row)}) SELECT {", ".join("?" * len(row))}
            WHERE ? NOT IN (SELECT id FROM {table})""",
        [*row.values(), id_],
    )


def _hold(connection: DuckDBPyConnection, origin: str) -> bool:
    """Temp table `held`: what the catalog holds of this origin now; nothing was ever changed where no key is twice.

    Gives whether it holds anything; there is no table where it does not.
    """
    rows, keys = connection.execute(
        "SELECT count(*), count(DISTINCT hash(ask, question, rater)) FROM answers WHERE origin = ?", [origin]
    ).fetchall()[0]
    if not rows:
        return False
    source = "answers" if rows == keys else "current_answers"
    connection.execute(
        f"""CREATE TEMP TABLE held AS
            SELECT ask, question, rater, value, state, updated_at FROM {source} WHERE origin = ?""",
        [origin],
    )
    return True


def _add(connection: DuckDBPyConnection, origin: str, dated: bool, is_held: bool) -> int:
    """Insert answers that are not held, or are held with another value: those count from just after it.

    `dated` says whether any answer has a date, `is_held` whether any is held.
    """
    wanted = f"""
        SELECT a.id AS ask, m.name AS question, r.id AS rater, m.json AS value,
               if(c.skipped, 'skipped', 'given') AS state,
               {_TOLD_AT if dated else f"'{NO_TIME}'"} AS told_at, c.ms, m.name_json, m.value_json, r.json AS rater_json
        FROM scratch.coded c JOIN scratch.asks a USING (ask) JOIN scratch.answering r ON r.code = c.rater
        JOIN scratch.answered m ON m.code = c.meaning"""
    if is_held:
        wanted = f"""
            SELECT w.* EXCLUDE (told_at),
                   if(h.updated_at >= told_at, {_just_after("h.updated_at")}, told_at) AS updated_at
            FROM ({wanted}) w LEFT JOIN held h USING (ask, question, rater)
            WHERE h.ask IS NULL OR w.state <> h.state OR w.value IS DISTINCT FROM h.value"""
    else:
        wanted = f"SELECT * RENAME (told_at AS updated_at) FROM ({wanted})"
    return _insert(connection, origin, wanted)


def _withdraw(connection: DuckDBPyConnection, origin: str, replace: bool) -> int:
    """Withdraw answers that moved from a key to a medium of the collection, and on request those the table lost."""
    _move(connection)
    if not replace and not connection.execute("SELECT count(*) FROM moved").fetchall()[0][0]:
        return 0
    answered = """JOIN scratch.coded c USING (ask) JOIN scratch.answering r ON r.code = c.rater
        JOIN scratch.answered m ON m.code = c.meaning WHERE r.id = h.rater AND m.name = h.question"""
    lost = f"NOT EXISTS (FROM scratch.asks a {answered} AND a.id = h.ask)"
    if replace:  # a table of models says nothing about what people answered
        lost += " AND (SELECT kind FROM raters WHERE raters.id = h.rater) IN (SELECT kind FROM scratch.answering)"
    else:
        lost += f" AND EXISTS (FROM moved {answered} AND moved.old = h.ask)"
    return _insert(
        connection,
        origin,
        f"""SELECT h.ask, h.question, h.rater, NULL AS value, 'withdrawn' AS state, NULL AS ms,
            {_just_after("h.updated_at")} AS updated_at, json_text(h.question) AS name_json,
            'null' AS value_json, json_text(h.rater) AS rater_json
            FROM held h WHERE h.state <> 'withdrawn' AND {lost}""",
    )


def _move(connection: DuckDBPyConnection) -> None:
    """Temp table `moved`: asks about keys with the asks about the media that stand in their place.

    One key can be both: heard as a file that is here, seen as one that is not.
    """
    connection.execute(
        """CREATE TEMP TABLE moved AS SELECT DISTINCT k.id AS old, a.ask FROM asks k
           JOIN scratch.named_items i ON i.instead_of = k.item JOIN scratch.asks a ON a.item_id = i.id
           WHERE k.id IN (SELECT ask FROM held)"""
    )


def _insert(connection: DuckDBPyConnection, origin: str, rows: str) -> int:
    """Insert answers with their ids; names and values bring their JSON texts, the rest needs no escapes."""
    quoted = {name: _quoted(name) for name in ("ask", "updated_at", "state")}
    json = quoted | {"question": "name_json", "value": "value_json", "rater": "rater_json", "origin": constant(origin)}
    done = connection.execute(
        f"""INSERT INTO answers (id, origin, ask, question, rater, updated_at, value, state, duration_ms)
            SELECT {content_id_sql("answer", **json)}, {literal(origin)}, ask, question, rater, updated_at, value,
                   state, ms
            FROM ({rows})"""
    )
    return int(done.fetchall()[0][0])


def _item_id(kind: str, ref: str) -> str:
    return content_id_sql("item", kind=_quoted(kind), ref=f"json_text({ref})")


def _ask_id(scheme: Scheme) -> str:
    return content_id_sql(
        "ask",
        item=_quoted("item_id"),
        scheme=constant(scheme.id),
        target="coalesce(json_text(target_name), 'null')",
        round="'1'",
        repeat='"repeat"::VARCHAR',
        role=_quoted("role_name"),
        prelabel="'null'",
        place="'null'",
    )


def _quoted(text: str) -> str:
    """The JSON text of a plain word, such as an id, as arguments of concat."""
    return f"'\"', {text}, '\"'"


def _just_after(time: str) -> str:
    """A microsecond later: what is corrected without a date of its own still comes after what it corrects."""
    return f"strftime(strptime({time}, '{ISO}') + INTERVAL 1 MICROSECOND, '{ISO}')"


def _listed(texts: tuple[str, ...]) -> str:
    return f"[{', '.join(map(literal, texts))}]"
