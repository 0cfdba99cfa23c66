"""Views that many queries of one visit read: each is worked out once, and its rows stand in its place until the end."""

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from pipelines.engine.instances import NAME

FEW_ANSWERS = 200_000  # of more a copy would go to the disk, and is dearer than reading them again
ANSWERS = ("latest_answers", "read_answers")
RIGHTS = ("described", "terms", "rights")  # in the order in which one rests on the other


def hold(connection: DuckDBPyConnection, views: Iterable[str]) -> None:
    """Hold views for this visit, in this order: their names, in other views too, mean the rows of this moment."""
    for view in views:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {view} AS FROM {NAME}.{view}")


def hold_answers(connection: DuckDBPyConnection, *views: str) -> None:
    """Hold views that have a row for each answer, where these are few: by default those that count."""
    if connection.execute("SELECT count(*) FROM answers").fetchall()[0][0] <= FEW_ANSWERS:
        hold(connection, views or ANSWERS)
