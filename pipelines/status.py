"""`status`: the funnel from files to released clips, in numbers that add up."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from pipelines.collect.verdicts import UNREVIEWED
from pipelines.engine import live
from pipelines.engine.catalog import Catalog
from pipelines.engine.derived import keep, recall, standing
from pipelines.engine.held import RIGHTS, hold, hold_answers
from pipelines.find.thresholds import FOLDED, choose, looked_for
from schemas.modality import MODALITIES, ModalityName
from schemas.settings import Settings

# Files in which there is something good, or that were rated as they came.
FRUITFUL = " UNION ".join(
    [f"SELECT asset FROM chosen_{name} WHERE altered IS NULL AND (reason IS NULL OR pinned)" for name in MODALITIES]
    + ["SELECT asset FROM live_clips WHERE kind = 'whole' AND modality IS NULL"]
)
# Why there is no clip of one modality in an asset, or none that is good.
ABSENT = f"""
    SELECT a.id AS asset, $place AS place,
           CASE WHEN c.is_again THEN 'near-duplicates of ' || $plural || ' in another file'
                WHEN c.asset IS NOT NULL THEN $plural || ' below a threshold'
                ELSE coalesce(r.reason, $absent) END AS absent
    FROM assets a LEFT JOIN (SELECT asset, bool_and(reason = '{FOLDED}') AS is_again FROM chosen_{{name}}
                             GROUP BY asset) c ON c.asset = a.id
    LEFT JOIN (SELECT "row", max(reason) AS reason FROM receipts
               WHERE state = 'dropped' AND stage IN (SELECT stage FROM active_stages WHERE name = $finder)
               GROUP BY "row") r ON r."row" = a.id
    WHERE list_contains($found_in, a.kind)"""
# Kept files in which nothing good was found, a row each, with all that is missing.
FRUITLESS = f"""
    SELECT f.name, string_agg(a.absent, ', ' ORDER BY a.place) AS reason
    FROM file_states f JOIN absent a USING (asset) WHERE f.state = 'kept' AND f.asset NOT IN ({FRUITFUL})
    GROUP BY f.name, f.asset"""
BEYOND = """SELECT count(*) FROM spoken t JOIN scores s ON s."row" = t.asset AND s.name = 'duration_ms'
            JOIN active_stages a ON a.stage = s.stage WHERE t.start_ms >= s.value"""
SKIPPED = "SELECT DISTINCT k.item FROM latest_answers a JOIN asks k ON k.id = a.ask WHERE a.state = 'skipped'"
ANSWERED = """SELECT DISTINCT k.item FROM latest_answers a JOIN asks k ON k.id = a.ask WHERE a.state = 'given'"""


@dataclass(frozen=True)
class Files:
    """What became of the files: kept + dropped + failed + waiting = total; `duplicates` of the kept have a twin.

    `conflicts` of all have sources that contradict each other, and `unasked` a consent that does not cover annotation.
    In those of `nothing_found` among the kept, counted by reason, is no clip that is good. `beyond` are segments of
    transcripts that begin after their file has ended, `expired` files of a crawl that nobody was asked about in time,
    `copies` files that are taken for copies of what was forgotten.
    """

    total: int
    kept: int
    dropped: dict[str, int]
    failed: dict[str, int]
    waiting: int
    duplicates: int
    conflicts: int = 0
    unasked: int = 0
    nothing_found: dict[str, int] = field(default_factory=dict)
    beyond: int = 0
    expired: int = 0
    copies: int = 0


@dataclass(frozen=True)
class Clips:
    """What became of the clips of one medium: good + below = found; `stay` of the good miss a threshold of today."""

    found: int
    good: int
    below: dict[str, int]
    stay: int
    asked: int
    answered: int
    skipped: int
    released: int


@dataclass(frozen=True)
class Status:
    """The whole funnel of a collection; `refused` are answers outside their scheme, by reason."""

    files: Files
    clips: dict[ModalityName, Clips]
    answers: int
    raters: int
    releases: list[str]
    failures: dict[str, int]
    refused: dict[str, int]


@dataclass(frozen=True)
class LostFile:
    """One file of which nothing goes on; a file that could not be read has no name in the catalog."""

    name: str | None
    state: str
    reason: str | None


def lost(home: Path, settings: Settings) -> list[LostFile]:
    """Every file that was dropped or failed, and those kept ones in which nothing good was found, by name."""
    query = f"""SELECT name, state, reason FROM file_states WHERE state IN ('dropped', 'failed')
                UNION ALL SELECT name, 'nothing found', reason FROM ({FRUITLESS})
                ORDER BY state = 'nothing found', state DESC, name, reason"""
    with Catalog(home).open() as connection:
        _judge(connection, settings)
        return [LostFile(*row) for row in connection.execute(query).fetchall()]


def unasked(home: Path, settings: Settings) -> int:
    """How many good clips there are that people may be asked about and nobody was."""
    with Catalog(home).open() as connection:
        return int(_once(connection, settings, "unasked", _unasked))


def _unasked(connection: DuckDBPyConnection, settings: Settings) -> int:
    asked = "SELECT clip FROM about WHERE item IN (SELECT item FROM asks)"
    _judge(connection, settings)
    return sum(
        _count(
            connection,
            f"""SELECT count(*) FROM chosen_{name} JOIN rights USING (asset)
                WHERE reason IS NULL AND may_annotate AND chosen_{name}.id NOT IN ({asked})""",
        )
        for name in MODALITIES
    )


def _once(
    connection: DuckDBPyConnection, settings: Settings, name: str, count: Callable[[DuckDBPyConnection, Settings], Any]
) -> Any:
    """What `count` comes to, in JSON's types; counted anew only where something has changed that decides it."""
    live.refresh_on(connection)
    basis = standing(connection) | {"settings": asdict(settings), "expired": _expired(connection, settings)}
    found = recall(connection, name, basis)
    if found is None:
        found = count(connection, settings)
        keep(connection, name, basis, found)
    return found


def _judge(connection: DuckDBPyConnection, settings: Settings) -> None:
    """Make the tables of chosen clips, and `absent` with why an asset has none of a modality."""
    live.refresh_on(connection)
    for place, (name, modality) in enumerate(MODALITIES.items()):
        choose(connection, settings, name)
        if modality.whole_of is None:  # made of clips of other modalities: where those are missing, that is the reason
            continue
        values = {key: getattr(modality, key) for key in ("plural", "absent", "finder")}
        values |= {"found_in": list(modality.found_in), "place": place}
        into = "INSERT INTO absent" if place else "CREATE OR REPLACE TEMP TABLE absent AS"
        connection.execute(f"{into} {ABSENT.format(name=name)}", values)


def status(home: Path, settings: Settings) -> Status:
    """Count everything; holds the catalog only for the moment of counting."""
    with Catalog(home).open() as connection:
        told = _once(connection, settings, "status", lambda *of: asdict(_status(*of)))
    clips = {name: Clips(**counts) for name, counts in told["clips"].items()}
    return Status(**told | {"files": Files(**told["files"]), "clips": clips})


def _status(connection: DuckDBPyConnection, settings: Settings) -> Status:
    hold(connection, (*RIGHTS, "file_states"))
    hold_answers(connection, "latest_answers")
    _judge(connection, settings)
    clips = {media: _clips(connection, media) for media in looked_for(settings)}
    answers = "SELECT count(*), count(DISTINCT rater) FROM latest_answers WHERE state = 'given'"
    given, raters = connection.execute(answers).fetchall()[0]
    releases = connection.execute("SELECT name FROM releases ORDER BY added_at, name").fetchall()
    failures = _counts(connection, "SELECT split_part(stage, '@', 1), count(*) FROM open_failures GROUP BY 1")
    refused = _counts(connection, "SELECT reason, count(*) FROM open_refusals GROUP BY 1")
    names = [name for (name,) in releases]
    return Status(_files(connection, settings), clips, given, raters, names, failures, refused)


def _files(connection: DuckDBPyConnection, settings: Settings) -> Files:
    states = "SELECT coalesce(reason, 'no reason'), count(*) FROM file_states WHERE state = '{}' GROUP BY 1"
    total, kept, waiting, assets = connection.execute(
        """SELECT count(*), count(*) FILTER (WHERE state = 'kept'), count(*) FILTER (WHERE state = 'waiting'),
                  count(DISTINCT asset) FILTER (WHERE state = 'kept') FROM file_states"""
    ).fetchall()[0]
    dropped, failed = (_counts(connection, states.format(state)) for state in ("dropped", "failed"))
    conflicts, unasked = connection.execute(
        """SELECT count(*) FILTER (WHERE r.conflict), count(*) FILTER (WHERE NOT r.may_annotate AND r.lapsed IS NULL)
           FROM file_states f JOIN rights r USING (asset)"""
    ).fetchall()[0]
    nothing = _counts(connection, f"SELECT reason, count(*) FROM ({FRUITLESS}) GROUP BY 1")
    beyond = _count(connection, BEYOND)
    expired = _expired(connection, settings)
    twins, copies = kept - assets, _count(connection, "SELECT count(*) FROM returned")
    return Files(total, kept, dropped, failed, waiting, twins, conflicts, unasked, nothing, beyond, expired, copies)


def _expired(connection: DuckDBPyConnection, settings: Settings) -> int:
    """How many files of a crawl should be gone: that time alone changes."""
    return len(connection.execute(UNREVIEWED, {"days": settings.crawl.keep_days}).fetchall())


def _clips(connection: DuckDBPyConnection, media: ModalityName) -> Clips:
    below = _counts(
        connection,
        f"""SELECT reason, count(*) FROM chosen_{media}
            WHERE altered IS NOT NULL OR (reason IS NOT NULL AND NOT pinned) GROUP BY 1""",
    )
    ((found, stay, released),) = connection.execute(
        f"""SELECT count(*), count(*) FILTER (reason IS NOT NULL AND altered IS NULL AND pinned),
                   count(*) FILTER (is_released)
            FROM (SELECT *, id IN (SELECT clip FROM released) AS is_released FROM chosen_{media})"""
    ).fetchall()
    ((asked, answered, skipped),) = connection.execute(
        f"""SELECT count(*) FILTER (asked), count(*) FILTER (answered), count(*) FILTER (skipped AND NOT answered)
            FROM (SELECT item IN (SELECT item FROM asks) AS asked, item IN ({ANSWERED}) AS answered,
                         item IN ({SKIPPED}) AS skipped
                  FROM chosen_{media} c JOIN about ON about.clip = c.id)"""
    ).fetchall()
    return Clips(found, found - sum(below.values()), below, stay, asked, answered, skipped, released)


def _count(connection: DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def _counts(connection: DuckDBPyConnection, query: str) -> dict[str, int]:
    rows: list[tuple[Any, ...]] = connection.execute(query).fetchall()
    return dict(sorted(((str(reason), int(count)) for reason, count in rows), key=lambda row: (-row[1], row[0])))
