"""The catalog: rows go in once, failures roll back, and the file is let go of."""

import subprocess
import sys
from pathlib import Path

import pytest

from curate.vectors import vector
from pipelines.engine import catalog as catalogs
from pipelines.engine.catalog import Catalog, create
from pipelines.engine.columns import packed
from pipelines.tables.scratch import scratch_database
from schemas.errors import Busy, NoCollection
from schemas.media import Asset, Clip, score
from schemas.stage import Receipt

ASSET = Asset("a" * 32, "sound", "wav", 10)
CLIP = Clip(ASSET.id, "utterance", 0, 900)
FACE = Clip(ASSET.id, "face", box=(1, 2, 3, 4))


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return create(tmp_path, "collection-1")


def test_the_same_rows_twice_are_there_once(catalog: Catalog) -> None:
    receipt = Receipt("Find@1-0", ASSET.id, "done", made=(CLIP, FACE, score(CLIP.id, "snr_db", 12.34567)))
    for _ in range(2):
        catalog.add([ASSET, ASSET], [receipt, receipt])
    for table, rows in {"assets": 1, "clips": 2, "scores": 1, "receipts": 1}.items():
        assert catalog.rows(f"SELECT count(*) FROM {table}") == [(rows,)]


def test_rows_come_out_as_they_went_in(catalog: Catalog) -> None:
    made = (FACE, vector(FACE.id, "points", [1, 2.00004]), score(FACE.id, "blur", 1 / 3))
    catalog.add([], [Receipt("Find@1-0", ASSET.id, "done", made=made)])
    assert catalog.rows("SELECT asset, kind, start_ms, box FROM clips") == [(ASSET.id, "face", None, [1, 2, 3, 4])]
    assert catalog.rows("SELECT value, vector FROM scores ORDER BY name") == [(0.3333, None), (None, [1.0, 2.0])]
    assert catalog.rows("SELECT made FROM receipts") == [([FACE.id],)]


def test_a_vector_comes_out_as_the_bytes_that_went_in(catalog: Catalog) -> None:
    measured = vector(FACE.id, "points", [1 / 3, -2.00004, 1e6])
    catalog.add((), [Receipt("Stage@1", FACE.asset, "done", made=(FACE, measured))])
    ((numbers,),) = catalog.rows("SELECT vector FROM scores")
    assert packed(numbers) == measured.vector
    assert packed(None) is None


def test_a_commit_that_fails_leaves_nothing(catalog: Catalog) -> None:
    with pytest.raises(Exception, match=r".+"):
        catalog.add([ASSET], [Receipt("Find@1-0", ASSET.id, "done", attempt="many")])  # type: ignore[arg-type]
    assert catalog.rows("SELECT count(*) FROM assets") == [(0,)]


def test_a_folder_without_a_collection_is_told_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(NoCollection, match="emocurate init"):
        Catalog(tmp_path).rows("SELECT 1")


def test_making_a_catalog_again_keeps_its_id(tmp_path: Path) -> None:
    create(tmp_path, "first")
    assert create(tmp_path, "second").fact("collection") == "first"


def test_a_catalog_another_process_holds_is_waited_for_and_the_process_is_named(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogs, "PATIENCE_S", 0.2)
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", hold, str(catalog.home / catalogs.FILE_NAME)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Busy, match=rf"held by \S+ \(process {holder.pid}\) for"):
            catalog.rows("SELECT 1")
        holder.communicate("")
    assert catalog.rows("SELECT 1") == [(1,)]


def test_a_failure_is_open_until_a_later_attempt_succeeds(catalog: Catalog) -> None:
    catalog.add([], [Receipt("Find@1-0", "row", "failed", "boom")])
    assert catalog.rows("SELECT count(*) FROM open_failures") == [(1,)]
    catalog.add([], [Receipt("Find@1-0", "row", "failed", "boom again", attempt=2)])
    assert catalog.rows("SELECT reason FROM open_failures") == [("boom again",)]
    catalog.add([], [Receipt("Find@1-0", "row", "done", attempt=3)])
    assert catalog.rows("SELECT count(*) FROM open_failures") == [(0,)]


def test_lineage_leads_from_a_clip_to_its_asset(catalog: Catalog) -> None:
    catalog.add([ASSET], [Receipt("Find@1-0", ASSET.id, "done", made=(CLIP,))])
    assert catalog.rows("SELECT stage, made_from FROM lineage WHERE made = ?", [CLIP.id]) == [("Find@1-0", ASSET.id)]


def test_long_queries_draw_nothing_on_the_output(catalog: Catalog, tmp_path: Path) -> None:
    drawn = "SELECT value FROM duckdb_settings() WHERE name = 'enable_progress_bar'"
    assert catalog.rows(drawn) == [("false",)]
    with scratch_database(tmp_path / "scratch.duckdb") as scratch:
        assert scratch.execute(drawn).fetchall() == [("false",)]
