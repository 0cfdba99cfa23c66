"""Catalogs from before the first version come over whole, and a new one has the schema of `tables.sql`."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.engine import live
from pipelines.engine.catalog import FILE_NAME, Catalog, create
from pipelines.engine.migrations import MIGRATIONS, SKETCHES
from schemas.answers import Answer, Ask, Item
from schemas.errors import BadInput
from schemas.media import Arrival, Asset, Clip, Source

OLD = Path(__file__).parent / "old"
SOUND, OTHER = "a" * 32, "b" * 32
NC, BY = Source("licence", "CC-BY-NC-4.0", attribution="Studio A"), Source("licence", "CC-BY-4.0")
UTTERANCE = Clip(SOUND, "utterance", 0, 900)
FILE_ITEM, CLIP_ITEM = Item("asset", OTHER), Item("clip", UTTERANCE.id)
ASKS = [Ask(FILE_ITEM.id, "s"), Ask(CLIP_ITEM.id, "s")]


@pytest.fixture
def old(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A catalog as it was made before the first version, with rows of every kind."""
    connection = duckdb.connect(str(tmp_path / FILE_NAME))
    connection.execute("CREATE TABLE migrations (step INTEGER, name VARCHAR)")
    connection.execute((OLD / "tables.sql").read_text("utf-8"))
    connection.execute("ALTER TABLE sources ADD COLUMN attribution VARCHAR")
    connection.execute((OLD / "sayings.sql").read_text("utf-8"))
    connection.executemany("INSERT INTO migrations VALUES (?, ?)", list(enumerate(SKETCHES, start=1)))
    fill(connection)
    yield connection
    connection.close()


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    run = connection.execute
    run(
        "INSERT INTO facts VALUES ('collection', 'c'), ('people', 'p'), ('live', 'x'), ('source of table-1', ?)",
        [BY.id],
    )
    for source in (NC, BY):
        values = [source.id, source.basis, source.licence, source.attribution]
        run("INSERT INTO sources (id, basis, licence, attribution) VALUES (?, ?, ?, ?)", values)
    for asset, source in ((SOUND, NC), (SOUND, BY), (OTHER, BY)):
        run(
            "INSERT INTO arrivals (id, asset, source) VALUES (?, ?, ?)",
            [Arrival(asset, source.id).id, asset, source.id],
        )
    for asset in (SOUND, OTHER):
        run("INSERT INTO assets (id, kind, format, size) VALUES (?, 'sound', 'wav', 1)", [asset])
    file = "INSERT INTO files (id, arrival, name, speaker, added_at) VALUES (?, ?, ?, ?, ?::TIMESTAMP)"
    run(file, ["f1", Arrival(SOUND, NC.id).id, "a.wav", "anna", "2026-01-01 00:00:00"])
    run(file, ["f2", Arrival(SOUND, BY.id).id, "a.wav", None, "2026-01-02 00:00:00"])
    run(file, ["f3", Arrival(OTHER, BY.id).id, "b.wav", None, "2026-01-02 00:00:00"])
    run("INSERT INTO said_again (file, added_at) VALUES ('f3', '2026-01-03 00:00:00')")
    run(
        "INSERT INTO clips (id, asset, kind, start_ms, end_ms) VALUES (?, ?, 'utterance', 0, 900)",
        [UTTERANCE.id, SOUND],
    )
    run(
        "INSERT INTO scores VALUES (?, 'Measure@1-x', 'snr_db', 12.5, NULL), ('i', 'Propose@1-x', 'p', 0.25, NULL)",
        [UTTERANCE.id],
    )
    receipt = 'INSERT INTO receipts (stage, "row", state, reason, attempt, made, added_at) VALUES (?, ?, ?, ?, ?, ?, ?)'
    run(receipt, ["Find@1-x", SOUND, "done", None, 1, [UTTERANCE.id], "2026-01-01 00:00:00"])
    run(receipt, ["Exclude@1", "r1", "dropped", "too fast", 1, [], "2026-01-04 00:00:00"])
    run(receipt, ["Exclude@1", "r2", "dropped", "slow", 1, [], "2026-01-04 00:00:00"])
    run(receipt, ["Exclude@1", "r2", "done", None, 2, [], "2026-01-05 00:00:00"])
    run(receipt, ["Propose@1-x", "i", "done", "random: by chance", 1, [], "2026-01-05 00:00:00"])
    run("INSERT INTO active_stages VALUES ('Find@1-x')")
    run("INSERT INTO live_clips VALUES (?, ?, 'utterance', true)", [UTTERANCE.id, SOUND])
    for item, ask in zip((FILE_ITEM, CLIP_ITEM), ASKS, strict=True):
        run("INSERT INTO items VALUES (?, ?, ?)", [item.id, item.kind, item.ref])
        run(
            "INSERT INTO asks (id, item, scheme, round, repeat, role) VALUES (?, ?, 's', 1, 0, 'plain')",
            [ask.id, item.id],
        )
        told = Answer("table-1", ask.id, "emotion", "r1", "2026-01-01T00:00:00.000000Z", '"fear"', "given")
        run(
            "INSERT INTO answers (id, origin, ask, question, rater, updated_at, value, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [told.id, told.origin, told.ask, told.question, told.rater, told.updated_at, told.value, told.state],
        )
    run(
        "INSERT INTO origins (id, scheme, media, server) VALUES ('table-1', 's', '', 'table'), ('uuid', 's', 'voice', NULL)"
    )
    run("INSERT INTO released VALUES ('v1', ?, 'test', NULL)", [UTTERANCE.id])


@pytest.fixture
def brought_over(old: duckdb.DuckDBPyConnection, tmp_path: Path) -> Catalog:
    old.close()
    return Catalog(tmp_path)


def test_a_catalog_of_today_has_the_tables_and_views_of_a_new_one(brought_over: Catalog, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    new = create(tmp_path / "new", "c")
    for query in (
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal ORDER BY ALL",
        "SELECT view_name, sql FROM duckdb_views() WHERE NOT internal ORDER BY ALL",
        "FROM migrations",
    ):
        assert brought_over.rows(query) == new.rows(query)


def test_what_was_said_of_files_are_statements_and_the_stricter_licence_is_not_lost(brought_over: Catalog) -> None:
    said = brought_over.rows("SELECT asset, scope, said_at, source, speaker FROM statements ORDER BY ALL")
    assert said == [
        (SOUND, "batch", "2026-01-01T00:00:00.000000Z", NC.id, None),
        (SOUND, "batch", "2026-01-02T00:00:00.000000Z", BY.id, None),
        (SOUND, "file", "2026-01-01T00:00:00.000000Z", None, "anna"),
        (OTHER, "batch", "2026-01-02T00:00:00.000000Z", BY.id, None),
        (OTHER, "batch", "2026-01-03T00:00:00.000000Z", BY.id, None),
    ]
    rights = brought_over.rows("SELECT asset, licence, attribution, conflict FROM rights ORDER BY asset")
    assert rights == [(SOUND, "CC-BY-NC-4.0", "Studio A", True), (OTHER, "CC-BY-4.0", None, False)]


def test_a_file_that_was_rated_keeps_its_item_and_is_a_whole_clip(brought_over: Catalog) -> None:
    about = brought_over.rows("SELECT item, clip, asset, clip_kind, modality FROM about ORDER BY clip_kind")
    assert about == [
        (CLIP_ITEM.id, UTTERANCE.id, SOUND, "utterance", "voice"),
        (FILE_ITEM.id, Clip(OTHER, "whole").id, OTHER, "whole", "voice"),
    ]
    live.refresh(brought_over, ["Find@1-x"])
    assert brought_over.rows("SELECT kind, modality, pinned FROM live_clips ORDER BY 1") == [
        ("utterance", "voice", True),
        ("whole", "voice", True),
    ]


def test_decisions_leave_the_receipts_with_their_reasons_and_probabilities(brought_over: Catalog) -> None:
    rows = brought_over.rows('SELECT subject, what, reason, value FROM decisions ORDER BY subject, "at"')
    assert rows == [
        ("i", "proposed Propose@1-x", "random: by chance", 0.25),
        ("r1", "excluded", "too fast", None),
        ("r2", "excluded", "slow", None),
        ("r2", "included", None, None),
    ]
    assert brought_over.rows("SELECT DISTINCT stage FROM receipts UNION SELECT stage FROM scores ORDER BY 1") == [
        ("Find@1-x",),
        ("Measure@1-x",),
    ]


def test_origins_know_their_source_and_everything_else_is_as_it_was(brought_over: Catalog) -> None:
    assert brought_over.rows("SELECT id, modality, server, source FROM origins ORDER BY id") == [
        ("table-1", "", "table", BY.id),
        ("uuid", "voice", None, None),
    ]
    assert brought_over.rows("SELECT name, value FROM facts ORDER BY 1") == [("collection", "c"), ("people", "p")]
    assert brought_over.rows("SELECT release, clip, split FROM released") == [("v1", UTTERANCE.id, "test")]
    assert brought_over.rows("SELECT ask, value FROM current_answers ORDER BY 1") == sorted(
        (ask.id, '"fear"') for ask in ASKS
    )
    assert brought_over.rows("SELECT DISTINCT layer FROM sources") == [("recording",)]


def test_bringing_over_happens_once(brought_over: Catalog) -> None:
    before = brought_over.rows("FROM statements ORDER BY id")
    assert brought_over.rows("FROM statements ORDER BY id") == before
    assert brought_over.rows("SELECT count(*) FROM migrations") == [(len(MIGRATIONS),)]


def test_a_catalog_older_than_today_is_refused_and_left_as_it_is(
    old: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    old.execute("DELETE FROM migrations WHERE step > 1")
    old.close()
    with pytest.raises(BadInput, match="older than any"):
        Catalog(tmp_path).rows("SELECT 1")


def test_the_kind_of_an_asset_decides_the_modality_of_a_whole_file(tmp_path: Path) -> None:
    catalog = create(tmp_path, "c")
    kinds = {"1" * 32: "sound", "2" * 32: "picture", "3" * 32: "video"}
    clips = [Clip(asset, "whole") for asset in kinds]
    assets = [Asset(asset, kind, "any", 1) for asset, kind in kinds.items()]  # type: ignore[arg-type]
    catalog.add([*assets, *clips, *(Item("clip", clip.id) for clip in clips)])
    rows = catalog.rows("SELECT asset_kind, modality FROM about ORDER BY asset")
    assert rows == [("sound", "voice"), ("picture", "face"), ("video", None)]


def test_the_place_where_pulls_went_on_gives_way_to_the_tasks_that_were_seen(tmp_path: Path) -> None:
    create(tmp_path, "c")
    with duckdb.connect(str(tmp_path / FILE_NAME)) as connection:
        connection.execute("DROP TABLE seen_tasks; DROP TABLE answer_notes; CREATE TABLE pulls (origin VARCHAR)")
        connection.execute("DELETE FROM migrations WHERE step > 1")
    tables = Catalog(tmp_path).rows("SELECT table_name FROM duckdb_tables()")
    assert {("seen_tasks",), ("answer_notes",)} <= set(tables)
    assert ("pulls",) not in tables
