"""Content ids computed in SQL: the same canonical JSON text, the same SHA-256, ten million rows at a time."""

from typing import Any

from duckdb import DuckDBPyConnection

from schemas.ids import LENGTH, canonical

_CONTROLS = "".join(chr(code) for code in range(32))
_NEEDS_ESCAPE = '["\\\\\\x00-\\x1f]'


def define(connection: DuckDBPyConnection) -> None:
    """Define the macro json_text(text) on a connection: a text as `schemas.ids.canonical` writes it."""
    escaped = "t"
    for character in "\\" + '"' + _CONTROLS:
        escaped = f"replace({escaped}, chr({ord(character)}), {_literal(canonical(character)[1:-1])})"
    connection.execute(
        f"""CREATE OR REPLACE TEMP MACRO json_text(t) AS '"' || CASE WHEN regexp_matches(t, '{_NEEDS_ESCAPE}')
            THEN {escaped} ELSE t END || '"'"""
    )


def content_id_sql(noun: str, **values: str) -> str:
    """The expression of a row's id; `values` are SQL expressions of the JSON texts of its values, never NULL."""
    pieces: list[str] = []
    text = f'["{noun}",{{'
    for place, name in enumerate(sorted(values)):
        pieces += [_literal(f'{text}"{name}":'), values[name]]
        text = "," if place < len(values) - 1 else ""
    return f"left(sha256(concat({', '.join([*pieces, _literal('}]')])})), {LENGTH})"  # one pass, unlike ||


def constant(value: Any) -> str:
    """The JSON text of a value that is the same in every row, as SQL takes it."""
    return _literal(canonical(value))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
