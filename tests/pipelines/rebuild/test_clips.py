"""What a coder codes that loses something is told apart: by the version the release was made with, and by another."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import collection
from pipelines.engine import live
from pipelines.engine.catalog import Catalog
from pipelines.rebuild.clips import DIFFERS
from pipelines.release.records import rows_of
from schemas.media import Clip, Source
from schemas.stage import Receipt
from tests.curate.faces.talking import RATE_HZ, write
from tests.pipelines.collect.test_net import take
from tests.pipelines.conftest import answer
from tests.pipelines.rebuild.test_rebuild import LABELS_ONLY, elsewhere, rebuilt
from tests.pipelines.release.test_export import export
from tests.site import served

__all__ = ["elsewhere"]  # a fixture


def edited(release: Path, to: Path, versions: dict[str, str], **columns: Any) -> Path:
    """A copy of a release, made by other programs, in whose table some columns say something else for every clip."""
    copy = Path(shutil.copytree(release, to))
    table = pq.read_table(copy / "labels-only.parquet")
    for name, value in columns.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(place), pa.array([value] * table.num_rows))
    pq.write_table(table, copy / "labels-only.parquet")
    told = json.loads((copy / "manifest.json").read_text("utf-8"))
    told["labels_only"]["table"]["sha256"] = hashlib.sha256((copy / "labels-only.parquet").read_bytes()).hexdigest()
    told["versions"] |= versions
    (copy / "manifest.json").write_text(json.dumps(told), "utf-8")
    return copy


@pytest.fixture(scope="module")
def moment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A release of the labels of one moment, half of a video on a site."""
    folder = tmp_path_factory.mktemp("moments")
    with pytest.MonkeyPatch.context() as patch, served() as site:
        patch.setenv("EMOCURATE_KEYS", str(folder / "keys"))
        home = collection.make(folder / "home", "test", ("ekman-moment",)).home
        frames = np.random.default_rng(0).integers(0, 255, (25, 64, 96, 3), np.uint8)
        talk = write(folder / "talk.mkv", frames, 9000 * np.sin(np.arange(RATE_HZ) / 9))
        (folder / "urls.txt").write_text(site.put("/talk.mkv", talk.read_bytes(), "video/x-matroska"), "utf-8")
        take(home, folder / "urls.txt", source=Source("unknown"))
        ((asset,),) = Catalog(home).rows("SELECT id FROM assets")
        cut = Clip(asset, "moment", 0, 1000, (0, 0, 48, 64))
        Catalog(home).add([], [Receipt("FindMoments@2", asset, "done", made=(cut,))])
        live.refresh(Catalog(home), ["FindMoments@2"])
        answer(home)
        yield Path(export(home, LABELS_ONLY).folder)


def test_a_moment_comes_back_byte_for_byte_under_the_same_ffmpeg(
    moment: Path, elsewhere: collection.Collection
) -> None:
    done = rebuilt(elsewhere, moment)
    assert (done.clips, done.identical, done.missing, done.versions) == (1, 1, {}, {})


def test_what_another_ffmpeg_cuts_from_the_very_file_is_taken_and_told(
    moment: Path, elsewhere: collection.Collection, tmp_path: Path
) -> None:
    theirs = {"moments": "VP9 and Opus by ffmpeg 3.4"}
    done = rebuilt(elsewhere, edited(moment, tmp_path / "theirs", theirs, media_sha256="0" * 64))
    assert (done.recoded, done.identical, done.missing) == (1, 0, {})
    assert list(done.versions) == ["moments"]
    (row,) = rows_of(Path(done.folder) / "rebuilt.parquet")
    assert (row["outcome"], row["shard"]) == ("recoded", "moment/moment-train-000000.tar")


def test_other_bytes_under_the_same_ffmpeg_are_not_taken(
    moment: Path, elsewhere: collection.Collection, tmp_path: Path
) -> None:
    done = rebuilt(elsewhere, edited(moment, tmp_path / "other", {}, media_sha256="0" * 64))
    assert (done.recoded, done.missing) == (0, {DIFFERS: 1})


def test_a_site_that_is_gone_is_told_for_every_clip_and_asked_again_by_the_same_command(
    moment: Path, elsewhere: collection.Collection, tmp_path: Path
) -> None:
    gone = edited(moment, tmp_path / "gone", {}, source_address="http://127.0.0.1:9/talk.mkv")
    for _ in range(2):
        done = rebuilt(elsewhere, gone)
        assert (done.identical, sum(done.missing.values())) == (0, 1)
        assert "robots.txt cannot be read" in next(iter(done.missing))
    ((state,),) = Catalog(elsewhere.home).rows("SELECT DISTINCT outcome FROM fetches")
    assert state == "failed"
