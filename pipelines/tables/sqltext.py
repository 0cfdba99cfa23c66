"""Names and texts as SQL takes them, and what an error of DuckDB says to a person."""

import re


def identifier(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def said(error: Exception) -> str:
    """What an error of DuckDB says, without the place in a query that the person never saw."""
    return re.sub(r"^[\w ]+ Error: ", "", str(error).strip().splitlines()[0])
