"""Clips that leave without their media are known again by hashes, however many processes look at them."""

import json
from pathlib import Path

import pytest

from pipelines.release import labels_only
from pipelines.release.records import rows_of
from schemas.media import Source
from schemas.modality import MODALITIES
from schemas.settings import settings_from_toml
from tests.pipelines.release.test_entering import rated
from tests.pipelines.release.test_export import export, files_of

LABELS_ONLY = settings_from_toml("[publish]\nlabels_only = true")


def test_the_table_is_the_same_whoever_looks_at_the_cuts(
    home: Path, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rated(home, media, Source("licence", "CC-BY-NC-4.0", address="https://example.org/pictures"))
    alone = Path(export(home, LABELS_ONLY, "alone").folder)
    monkeypatch.setattr(labels_only, "AT_ONCE", 2)  # of three clips: two for other processes, and a rest
    together = Path(export(home, LABELS_ONLY, "together", processes=2).folder)
    name = "labels-only.parquet"
    assert files_of(together)[name] == files_of(alone)[name]
    assert len({row["media_sha256"] for row in rows_of(alone / name)}) == 3


def test_the_columns_of_the_table_are_the_same_whichever_media_a_collection_has(home: Path, media: Path) -> None:
    rated(home, media, Source("licence", "CC-BY-NC-4.0", address="https://example.org/pictures"))
    bare = json.loads((Path(export(home, LABELS_ONLY).folder) / "manifest.json").read_text("utf-8"))["labels_only"]
    assert set(bare["layouts"]) == set(bare["suffixes"]) == set(MODALITIES)
