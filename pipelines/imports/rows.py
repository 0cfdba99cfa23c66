"""A staged table as plain answers: one row per rater, item and question, whatever form the table has."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from duckdb import DuckDBPyConnection

from annotate.ratings.layout import MS, UNITS_MS, Asked, Layout, conditions_of, parts
from annotate.ratings.meanings import padded, vote_vector
from pipelines.tables.conditions import VERDICTS
from pipelines.tables.scratch import identifier, literal
from schemas.answers import WHOLE_ASK, RaterKind
from schemas.errors import BadInput, BadSetting

PLAIN = "plain_answers"
ANONYMOUS = "vote-%02d"  # what a rater without a name is called: the place of the vote among those about its item
MOST_VOTES = 1000  # in one cell; more is a column that holds something else
FEW_ANSWERS = 200_000  # of more a copy would be dearer than to take them apart for every query again
SPACES = "' \t\n\xa0'"
CANDIDATES = "chr(1)"  # between the names media may have: no cleaned text holds it
_ZONE = " ([A-Z]{3,4}) "
HOURS_BEHIND = {  # UTC; what has no zone is UTC, a zone that is not here makes no time
    "": 0,
    "UTC": 0,
    "GMT": 0,
    "BST": -1,
    "CET": -1,
    "CEST": -2,
    "EST": 5,
    "EDT": 4,
    "CST": 6,
    "CDT": 5,
    "MST": 7,
    "MDT": 6,
    "PST": 8,
    "PDT": 7,
}
MARKED, UNMARKED = ("1", "1.0", "true", "yes", "x"), ("", "0", "0.0", "false", "no")


@dataclass(frozen=True)
class PlainAnswers:
    """How a staged table becomes the view `plain_answers`, one row per answer.

    Its columns: `_n` (the row it stands in), `asked` (the question's place in the layout), `key` (the item), `media`
    (names its media may have), `role`, `named` (the question's name), `value`, `state`, `rater`, `kind`, `us` (when, in
    microseconds), `ms` (how long it took), `reason` (why it cannot be taken), `of_row` (whether that lies in the row
    and not in the answer).
    """

    layout: Layout
    media: bool

    def show(self, connection: DuckDBPyConnection, count: int) -> None:
        """Make `plain_answers` from the view `ratings`, of `count` rows, and where there are conditions `verdicts`."""
        self._vectors(connection)
        self._places(connection)
        asked = self.layout.question
        many, rows = count * len(asked) > FEW_ANSWERS, f"({self._read()})"
        if len(asked) > 1 and not many:
            connection.execute(f"CREATE TABLE read_rows AS {self._read()}")
            rows = "read_rows"
        plain = all(one.form == "value" and not self._anonymous(one) for one in asked)
        kind = "VIEW" if plain and many else "TABLE"  # what costs work to take apart is taken apart once
        questions = (self._question(rows, place, one) for place, one in enumerate(asked))
        connection.execute(f"CREATE {kind} {PLAIN} AS " + " UNION ALL ".join(questions))

    def _read(self) -> str:
        """The rows with what is the same for all questions; no column of a table has a name with a space before it."""
        rater = _whole(template(self.layout.rater)) if self.layout.rater else "NULL"
        return f"""
            SELECT *, {self._role()} AS " role", {milliseconds(self.layout)} AS " ms", {self._fault()} AS " fault"
            FROM (SELECT *, {self._key()} AS " key", {self._when()} AS " us", {rater} AS " rater" FROM ratings)"""

    def _question(self, rows: str, place: int, asked: Asked) -> str:
        rows, value, reason = self._rows(rows, place, asked)
        named, state = literal(asked.name) if asked.name else text_of(asked.named_by), "'given'"
        if asked.skip:
            skipped = f"v.skip_{place}"
            named, value = f"if({skipped}, '{WHOLE_ASK}', {named})", f"if({skipped}, NULL, {value})"
            state = f"if({skipped}, 'skipped', 'given')"
        judged = conditions_of(self.layout)
        seen = f"WHERE NOT v.dropped{f' AND v.when_{place}' if asked.when else ''}" if judged else ""
        verdicts = f"JOIN {VERDICTS} v USING (_n)" if judged else ""
        return f"""
            SELECT _n, {place}::UTINYINT AS asked, " key" AS key, {self._media(asked)} AS media, " role" AS role,
                   {named} AS named, {value} AS value, {state} AS state, {self._rater(asked)} AS rater,
                   '{self.kind(asked)}' AS kind, " us" AS us, " ms" AS ms, coalesce(" fault", {reason}) AS reason,
                   " fault" IS NOT NULL AS of_row
            FROM {rows} {verdicts} {seen}"""

    def _rows(self, rows: str, place: int, asked: Asked) -> tuple[str, str, str]:
        """The rows a question stands in, its answer and the reason against it, as SQL."""
        if self._anonymous(asked):
            rows = f"(FROM {rows} JOIN places USING (_n) WHERE _asked = {place})"
        if asked.form == "value":
            return rows, text_of(asked.value), "NULL"
        if asked.form == "marks":
            return rows, _marks(asked.marks), "NULL"
        votes, rows = _votes(rows, place, asked)
        spread = f"""SELECT * EXCLUDE (_votes), _votes.category AS _vote, _votes.reason AS _fault,
            _start + _votes.before AS _base, _votes.n AS _count
            FROM (SELECT *, unnest({votes}) AS _votes FROM {rows})"""
        counted = f"SELECT * EXCLUDE (_start, _base), _base + unnest(range(_count)) AS _start FROM ({spread})"
        return f"({counted})", "_vote", "_fault"

    # who

    def _anonymous(self, asked: Asked) -> bool:
        return not (self.layout.rater or self.layout.rater_name or asked.rater)

    def kind(self, asked: Asked) -> RaterKind:
        """What the raters of a question are; those without a name are a corpus's."""
        return asked.rater_kind or ("corpus" if self._anonymous(asked) else self.layout.rater_kind)

    def _rater(self, asked: Asked) -> str:
        if self._anonymous(asked):
            return f"printf('{ANONYMOUS}', _start + 1)"
        fixed = asked.rater or self.layout.rater_name
        return literal(fixed) if fixed else '" rater"'

    def _places(self, connection: DuckDBPyConnection) -> None:
        """For raters without a name: how many answers to the same question about the same item stand above each row."""
        questions = enumerate(self.layout.question)
        if selects := [self._counted(place, asked) for place, asked in questions if self._anonymous(asked)]:
            connection.execute("CREATE TABLE places AS " + " UNION ALL ".join(selects))

    def _counted(self, place: int, asked: Asked) -> str:
        size, rows = "1", "ratings"
        if asked.form in ("votes", "vector"):
            votes, rows = _votes(rows, place, asked)
            size = f"list_sum(list_transform({votes}, lambda u: u.n))"
        return f"""SELECT _n, {place} AS _asked, coalesce(sum(size) OVER (PARTITION BY key ORDER BY _n
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::BIGINT AS _start
            FROM (SELECT _n, {self._key()} AS key, {size} AS size FROM {rows})"""

    def _vectors(self, connection: DuckDBPyConnection) -> None:
        """Every different vote vector, taken apart once."""
        if not any(asked.vector for asked in self.layout.question):
            return
        rows = []
        for place, asked in enumerate(self.layout.question):
            if asked.vector:
                query = f"SELECT DISTINCT {text_of(asked.vector)} FROM ratings"
                cells = [cell for (cell,) in connection.execute(query).fetchall() if cell is not None]
                size = len(asked.categories)
                rows += [(place, cell, vote_vector(cell, size), padded(cell, size)) for cell in cells]
        schema = {"_asked": pa.int32(), "_cell": pa.string(), "_vector": pa.list_(pa.int64()), "_padded": pa.bool_()}
        dicts = [dict(zip(schema, row, strict=True)) for row in rows]
        connection.register("incoming", pa.Table.from_pylist(dicts, pa.schema(schema)))
        connection.execute("CREATE TABLE vectors AS FROM incoming")
        connection.unregister("incoming")

    def _when(self) -> str:
        if not self.layout.time and self.layout.order == "rows":
            return "_n + 1"  # microseconds that mean nothing but the order
        return _microseconds(self.layout.time)

    # about what

    def _key(self) -> str:
        first, *others = (_whole(template(text)) for text in self.layout.item)
        return f"coalesce({', '.join([first, *others])})" if others else first

    def _media(self, asked: Asked) -> str:
        if not self.media:
            return "NULL::VARCHAR"
        names = asked.media or self.layout.media or self.layout.item
        return f"nullif(concat_ws({CANDIDATES}, {', '.join(template(name) for name in names)}), '')"

    def _role(self) -> str:
        if not self.layout.role:
            return "'plain'"
        cases = ""
        for role, names in (("contrast", self.layout.contrast), ("gold", self.layout.gold)):
            if names:
                cases += f" WHEN {text_of(self.layout.role)} IN ({', '.join(map(literal, names))}) THEN '{role}'"
        return f"CASE{cases} ELSE 'plain' END" if cases else "'plain'"

    def _fault(self) -> str:
        """What stands against a row whatever it answers: no item, no rater, a time that is none."""
        rater, named = self.layout.rater, " or ".join(self.layout.item)
        nothing = " AND ".join(f"{template(text)} IS NULL" for text in self.layout.item)
        faults = [f"WHEN {nothing} THEN {literal(f'no item: {named} is empty')}"]
        if rater:
            faults.append(f"WHEN {template(rater)} IS NULL THEN {literal(f'no rater: {rater} is empty')}")
        if self.layout.time:
            time = text_of(self.layout.time)
            faults.append(f"""WHEN {time} IS NOT NULL AND " us" IS NULL THEN {time} || ' is no time'""")
        return f"CASE {' '.join(faults)} END"


def check(layout: Layout) -> None:
    """Raise BadSetting or BadInput for a layout that names no item or gives votes to a named rater."""
    if not layout.item:
        raise BadInput("which column names the item? Give --item COLUMN, or a --preset or --map")
    if not layout.question:
        raise BadInput("which columns hold the answers? Give --value COLUMN, --wide, --counts, or a --preset or --map")
    for asked in layout.question:
        if asked.form in ("votes", "vector") and (layout.rater or layout.rater_name or asked.rater):
            raise BadSetting("votes are answers of raters without a name: leave out the rater column")


def text_of(column: str) -> str:
    """A cell without the space around it; NULL where nothing is left."""
    if column in ("_row", "_line"):
        return f"{column}::VARCHAR"
    if column.endswith(MS):  # an empty duration ends with the medium
        cell = f"try_cast({text_of(column.removesuffix(MS))} AS INTERVAL)"
        return f"coalesce((epoch({cell}) * 1000)::BIGINT::VARCHAR, 'end')"
    return f"nullif(trim({identifier(column)}, {SPACES}), '')"


def template(text: str) -> str:
    """A text with columns in it; NULL where one of them is empty."""
    pieces: list[str] = []
    for before, column in parts(text):
        pieces += [literal(before)] if before else []
        pieces += [text_of(column)] if column else []
    return f"({' || '.join(pieces)})"


def _whole(name: str) -> str:
    """A name without the .0 that spreadsheets and data frames put behind whole numbers: 12.0 and 12 are one."""
    return f"CASE WHEN {name} LIKE '%.0%' THEN regexp_replace({name}, '^(-?\\d+)\\.0+$', '\\1') ELSE {name} END"


def _votes(rows: str, place: int, asked: Asked) -> tuple[str, str]:
    """A list of (category, how many, how many before it, reason) for a row, as SQL, and the rows with what it needs."""
    if asked.form == "votes":
        return _vote_columns(rows, asked)
    cell, fault = text_of(asked.vector), f" is no vector of {len(asked.categories)} votes"
    counted = _structs("_vector", asked.categories)
    votes = f"CASE WHEN {cell} IS NOT NULL AND _vector IS NULL THEN {_wrong(cell, fault)} ELSE {counted} END"
    return votes, f"{rows} LEFT JOIN (SELECT _cell, _vector FROM vectors WHERE _asked = {place}) ON _cell = {cell}"


def _vote_columns(rows: str, asked: Asked) -> tuple[str, str]:
    cells = [text_of(column) for column, _ in asked.votes]
    numbers = ", ".join(f"try_cast(coalesce({cell}, '0') AS DOUBLE)" for cell in cells)
    is_count = f"n = floor(n) AND n BETWEEN 0 AND {MOST_VOTES}"
    sound = f'len(list_filter(" counts", lambda n: {is_count})) = {len(cells)}'
    wrong = _wrong(f"concat_ws(' ', {', '.join(cells)})", " are no numbers of votes")
    counted = _structs('" counts"', [category for _, category in asked.votes])
    votes = f"CASE WHEN {sound} THEN {counted} ELSE {wrong} END"
    return votes, f'(SELECT *, [{numbers}] AS " counts" FROM {rows})'


def _wrong(shown: str, fault: str) -> str:
    """One row for what cannot be read, so that it is refused and not lost."""
    return f"[{{'category': {shown}, 'n': 1, 'before': 0, 'reason': {shown} || {literal(fault)}}}]"


def _structs(counts: str, categories: Sequence[str]) -> str:
    before = f"coalesce(list_sum({counts}[:place - 1]), 0)::BIGINT"
    return f"""list_transform({counts}, lambda n, place: {{'category': [{", ".join(map(literal, categories))}][place],
        'n': n::BIGINT, 'before': {before}, 'reason': NULL::VARCHAR}})"""


def _marks(columns: Sequence[tuple[str, str]]) -> str:
    """The marked categories of a row as a JSON list; a cell that is no mark stands in it as it is, to be refused."""
    marked, unmarked = (", ".join(map(literal, words)) for words in (MARKED, UNMARKED))
    cases = []
    for column, category in columns:
        cell = f"lower(coalesce({text_of(column)}, ''))"
        cases.append(
            f"CASE WHEN {cell} IN ({marked}) THEN {literal(category)} WHEN {cell} NOT IN ({unmarked}) THEN {cell} END"
        )
    return f"to_json(list_filter([{', '.join(cases)}], lambda mark: mark IS NOT NULL))::VARCHAR"


def _microseconds(column: str) -> str:
    """When, in microseconds since 1970 in UTC: ISO 8601, words as MTurk writes them (Mon Mar 02 07:21:16 PST 2026), or
    seconds, milliseconds or microseconds by their size."""
    if not column:
        return "NULL::BIGINT"
    cell = text_of(column)
    number = f"try_cast({cell} AS DOUBLE)"
    scaled = f"{number} * CASE WHEN abs({number}) < 1e11 THEN 1e6 WHEN abs({number}) < 1e14 THEN 1e3 ELSE 1 END"
    hours = "".join(f" WHEN '{zone}' THEN {behind}" for zone, behind in HOURS_BEHIND.items())
    zone, bare = f"regexp_extract({cell}, '{_ZONE}', 1)", f"regexp_replace({cell}, '{_ZONE}', ' ')"
    worded = f"epoch_us(try_strptime({bare}, '%a %b %d %H:%M:%S %Y')) + CASE {zone}{hours} END * 3600000000"
    return f"coalesce(try_cast({scaled} AS BIGINT), epoch_us(try_cast({cell} AS TIMESTAMPTZ)), {worded})"


def milliseconds(layout: Layout) -> str:
    """How long an answer took: a number in the layout's unit, or one with a unit of its own; nothing below zero."""
    if not layout.duration:
        return "NULL::BIGINT"
    cell, factor = text_of(layout.duration), UNITS_MS[layout.duration_unit]
    number, interval = f"try_cast({cell} AS DOUBLE) * {factor}", f"epoch(try_cast({cell} AS INTERVAL)) * 1000"
    ms = f"try_cast(round(coalesce({number}, {interval})) AS BIGINT)"
    return f"CASE WHEN {ms} >= 0 THEN {ms} END"
