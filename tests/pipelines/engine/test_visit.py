"""A visit: each file is decoded once for all stages, and what goes wrong with a file or a row costs only itself."""

import weakref
from pathlib import Path
from typing import Any

import pytest

from curate.read.pictures import Picture
from pipelines.engine import visit
from pipelines.engine.catalog import Catalog
from tests.pipelines.engine.odd_stages import Blind, Corner, Trouble
from tests.pipelines.engine.runs import STAGES, count, culprit, run


def test_one_visit_decodes_a_file_once_however_many_stages_look_at_it(
    taken_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[Path] = []
    decode = visit.decode

    def counting(path: Path, *rest: Any, **named: Any) -> Any:
        decoded.append(path)
        return decode(path, *rest, **named)

    monkeypatch.setattr(visit, "decode", counting)
    run(taken_in)
    assert len(decoded) == len(set(decoded)) == 7


def test_a_stage_that_raises_fails_one_file_and_no_other(taken_in: Path) -> None:
    bad = culprit(taken_in)
    tally = run(taken_in, [Trouble(bad), *STAGES])
    assert tally.failed == 1
    failures = Catalog(taken_in).rows('SELECT "row", reason FROM open_failures')
    assert [row for row, _ in failures] == [bad]
    assert "this one is odd" in failures[0][1]
    assert count(taken_in, "clips") == 11


@pytest.mark.parametrize("stage", [Corner(), Blind()])
def test_a_picture_is_let_go_before_the_next_is_decoded(
    taken_in: Path, monkeypatch: pytest.MonkeyPatch, stage: Any
) -> None:
    pixels: list[weakref.ref[Any]] = []
    alive: list[int] = []
    decoded = Picture.decoded

    def watched(self: Picture) -> Any:
        alive.append(sum(one() is not None for one in pixels))
        rgb = decoded(self)
        pixels.append(weakref.ref(rgb))
        return rgb

    monkeypatch.setattr(Picture, "decoded", watched)
    monkeypatch.setattr(visit, "FRAME_BUDGET_PX", 1)
    run(taken_in, [stage])
    assert alive == [0, 0, 0]
