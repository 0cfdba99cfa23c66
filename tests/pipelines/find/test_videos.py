"""Videos through the whole pipeline: tracks, their best faces, and moments, in the catalog."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.engine.catalog import Catalog
from pipelines.engine.workers import Inline
from pipelines.find.pipeline import pipeline
from pipelines.find.run import bring_up_to_date
from pipelines.find.thresholds import choose
from schemas.sections import FaceSettings, MomentSettings
from schemas.settings import Settings
from tests.conftest import SHARED
from tests.pipelines.conftest import Builder, empty_in, take_in

TALKING = Settings(moment=MomentSettings(find=True))


def talking_in(home: Path, media: Path) -> None:
    empty_in(home, media)
    take_in(home, [SHARED / "video"])
    bring_up_to_date(home, pipeline(TALKING), Inline())


@pytest.fixture
def talking(copy_of: Callable[[Builder], Path], shared: Path) -> Path:
    """A collection of the shared videos, looked at for moments too."""
    return copy_of(talking_in)


@pytest.mark.shared
def test_a_talking_head_is_one_track_one_moment_and_three_good_faces(talking: Path) -> None:
    kinds = Catalog(talking).rows("SELECT kind, count(*) FROM live_clips GROUP BY kind ORDER BY kind")
    four = [(kind, 4) for kind in ("moment", "speech", "track", "turn", "utterance")]
    assert kinds == [("face", 60), *four]
    with Catalog(talking).open() as connection:
        choose(connection, TALKING, "face")
        good = connection.execute("SELECT asset, count(*) FROM chosen_face WHERE reason IS NULL GROUP BY asset")
        assert [count for _, count in good.fetchall()] == [3] * 4
        reasons = "SELECT DISTINCT reason FROM chosen_face WHERE reason IS NOT NULL"
        assert connection.execute(reasons).fetchall() == [("not among the best of its track: face.per_track",)]
        choose(connection, replace(TALKING, face=FaceSettings(per_track=5)), "face")
        assert connection.execute("SELECT count(*) FROM chosen_face WHERE reason IS NULL").fetchall() == [(20,)]


@pytest.mark.shared
def test_a_second_run_does_nothing_and_without_moments_none_are_live(talking: Path) -> None:
    assert bring_up_to_date(talking, pipeline(TALKING), Inline()).total == 0
    assert bring_up_to_date(talking, pipeline(Settings()), Inline()).total == 0
    assert Catalog(talking).rows("SELECT count(*) FROM live_clips WHERE kind = 'moment'") == [(0,)]
