"""The catalog's schema as a list of steps: a catalog runs those it has not run yet, in order."""

from collections.abc import Callable
from importlib.resources import files

from duckdb import DuckDBPyConnection


def m001_tables(connection: DuckDBPyConnection) -> None:
    """Every table and view of the first release."""
    connection.execute((files("pipelines.engine") / "tables.sql").read_text("utf-8"))


def m002_attribution(connection: DuckDBPyConnection) -> None:
    """Whom the licence of a source asks to name."""
    connection.execute("ALTER TABLE sources ADD COLUMN attribution VARCHAR")


def m003_sayings(connection: DuckDBPyConnection) -> None:
    """What was said of files, in the order it was said: a basis can be corrected, and corrected back."""
    connection.execute((files("pipelines.engine") / "sayings.sql").read_text("utf-8"))


def m004_readings(connection: DuckDBPyConnection) -> None:
    """Of each rater's answers to a question of an ask the latest, whatever project it came from; and as it is read."""
    connection.execute(
        """CREATE OR REPLACE VIEW latest_answers AS
           FROM answers QUALIFY row_number() OVER (PARTITION BY ask, question, rater
                                                   ORDER BY updated_at DESC, state = 'withdrawn' DESC, id DESC) = 1"""
    )
    connection.execute(
        """CREATE OR REPLACE VIEW read_answers AS
           SELECT a.id, a.origin, a.ask, k.item, k.scheme, a.question, k.target, k.round, k."repeat", k.role, k.prelabel,
                  a.rater, a.state, a.updated_at, a.duration_ms, a.value
           FROM latest_answers a JOIN asks k ON k.id = a.ask"""
    )


MIGRATIONS: list[Callable[[DuckDBPyConnection], None]] = [
    m001_tables,
    m002_attribution,
    m003_sayings,
    m004_readings,
]


def migrate(connection: DuckDBPyConnection) -> None:
    """Bring a catalog up to date, each step in one transaction; the catalog keeps the number of steps it has run."""
    connection.execute("CREATE TABLE IF NOT EXISTS migrations (step INTEGER, name VARCHAR)")
    have = connection.execute("SELECT count(*) FROM migrations").fetchall()[0][0]
    for step, migration in enumerate(MIGRATIONS[have:], start=have + 1):
        connection.begin()
        migration(connection)
        connection.execute("INSERT INTO migrations VALUES (?, ?)", [step, migration.__name__])
        connection.commit()
