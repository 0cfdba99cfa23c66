"""The rights of all assets held for one visit: where many queries ask for them they are worked out once."""

from duckdb import DuckDBPyConnection


def hold_rights(connection: DuckDBPyConnection) -> None:
    """Make the temporary table held_rights of the rows of the view `rights` as they are at this moment."""
    connection.execute("CREATE OR REPLACE TEMP TABLE held_rights AS FROM rights")
