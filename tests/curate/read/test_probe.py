"""Probe: what a file says of itself, as scores."""

from pathlib import Path
from typing import Any

from curate.read.decode import Description, decode
from curate.read.probe import Probe
from schemas.media import Asset, Score
from schemas.stage import Signal, stage_key


def test_every_number_that_is_known_becomes_a_score() -> None:
    asset = Asset("a" * 32, "video", "mp4", 10)
    described = Description(2048, 16_000, 1, 192, 128, 29.97, "aac", "h264", errors=3)
    (scores,) = Probe()([asset], [described])
    assert scores == [
        Score(asset.id, "duration_ms", 2048.0),
        Score(asset.id, "rate_hz", 16_000.0),
        Score(asset.id, "channels", 1.0),
        Score(asset.id, "width_px", 192.0),
        Score(asset.id, "height_px", 128.0),
        Score(asset.id, "frame_rate", 29.97),
        Score(asset.id, "decode_errors", 3.0),
    ]


def test_what_a_file_does_not_have_gets_no_score(good: dict[str, Path]) -> None:
    asset = Asset("b" * 32, "picture", "jpg", 10)
    with decode(good["jpg"], "picture", sound=False, every_ms=()) as decoding:
        scores: Any = next(Probe()([asset], [decoding.description()]))
    assert {score.name for score in scores} == {"width_px", "height_px", "decode_errors"}


def test_each_row_has_its_own_outcome_in_its_place() -> None:
    assets = [Asset(name * 32, "sound", "wav", 1) for name in "abc"]
    outcomes: list[Any] = list(Probe()(assets, [Description(duration_ms=n) for n in (1, 2, 3)]))
    assert [[score.row for score in outcome] for outcome in outcomes] == [[asset.id] * 2 for asset in assets]


def test_it_is_a_stage_that_reads_headers_of_all_media() -> None:
    assert stage_key(Probe()).startswith("Probe@1-")
    assert (Probe.takes, Probe.reads, Probe.kinds) == (Asset, Signal.HEADER, ("sound", "picture", "video"))
