"""Content ids computed in SQL: the same canonical JSON text, the same SHA-256, ten million rows at a time."""

from typing import Any

from duckdb import DuckDBPyConnection

from schemas.ids import LENGTH, canonical

# Of these alone DuckDB's JSON differs from `schemas.ids.canonical`: it writes \u001F, where that writes \u001f.
_IN_CAPITALS = "[\\x0b\\x0e\\x0f\\x1a-\\x1f]"
_BY_CHARACTER = "list_transform(string_split(t, ''), lambda c: if(c < ' ', lower(to_json(c)), to_json(c))[2:-2])"


def define(connection: DuckDBPyConnection) -> None:
    """Define the macro json_text(text) on a connection: a text as `schemas.ids.canonical` writes it."""
    connection.execute(
        f"""CREATE OR REPLACE TEMP MACRO json_text(t) AS CASE WHEN regexp_matches(t, '{_IN_CAPITALS}')
            THEN '"' || list_aggr({_BY_CHARACTER}, 'string_agg', '') || '"' ELSE to_json(t)::VARCHAR END"""
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
