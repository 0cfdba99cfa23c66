"""Rights that are held for one visit are those of that moment."""

from pathlib import Path

from pipelines.engine.catalog import Catalog
from pipelines.engine.held import hold_rights
from schemas.media import Source
from tests.pipelines.conftest import take_in


def test_what_is_held_are_the_rows_of_the_view_of_that_moment(taken_in: Path, media: Path) -> None:
    with Catalog(taken_in).open() as connection:
        hold_rights(connection)
        held = connection.execute("FROM held_rights ORDER BY asset").fetchall()
        assert held == connection.execute("FROM rights ORDER BY asset").fetchall()
        assert {row[3] for row in held} == {"CC-BY-4.0"}
    take_in(taken_in, [media], Source("licence", "CC-BY-NC-4.0"))
    with Catalog(taken_in).open() as connection:
        hold_rights(connection)
        assert {row for (row,) in connection.execute("SELECT licence FROM held_rights").fetchall()} == {"CC-BY-NC-4.0"}
