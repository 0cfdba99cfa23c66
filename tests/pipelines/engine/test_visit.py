"""A visit: each file is decoded once for all stages, and what goes wrong with a file or a row costs only itself."""

import io
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import av
import numpy as np
import pytest

from curate.read.pictures import Picture
from pipelines.engine import visit
from pipelines.engine.attempt import Failed, attempt
from pipelines.engine.catalog import Catalog
from pipelines.engine.passes import Pass
from pipelines.engine.store import Store
from pipelines.engine.visit import Task
from pipelines.engine.workers import Inline
from pipelines.find.run import bring_up_to_date
from schemas.media import Asset, AssetKind, Clip, Score, score
from schemas.stage import Dropped, Outcome, Receipt, Rows, Signal, Stage, stage_key
from tests.pipelines.engine.odd_stages import Blind, Brightness, Corner, Halve, Loudest, Trouble
from tests.pipelines.engine.runs import STAGES, count, culprit, run


@dataclass(frozen=True)
class Fickle:
    """Makes a face in every frame, until the one at which it fails or turns the video down."""

    at_ms: int
    drops: bool = False
    version: ClassVar[int] = 1
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("video",)
    reads: ClassVar[Signal] = Signal.FRAME

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Any]) -> Iterator[Outcome]:
        for row, frame in zip(rows, signals, strict=True):
            if frame.at_ms == self.at_ms and not self.drops:
                raise ValueError("enough")
            box = (0, 0, 8, 8)
            yield (
                Dropped("seen enough")
                if frame.at_ms == self.at_ms
                else [Clip(row.id, "face", frame.at_ms, frame.at_ms, box)]
            )


@dataclass(frozen=True)
class Miscounting:
    """Gives one outcome, however many rows there are."""

    version: ClassVar[int] = 1
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("sound",)
    reads: ClassVar[Signal] = Signal.HEADER

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Any]) -> Iterator[Outcome]:
        yield []


@dataclass(frozen=True)
class Seldom(Brightness):
    """Looks at a frame each two seconds."""

    every_ms: int = 2000


@dataclass(frozen=True)
class Count:
    """Counts what other stages made of a file, and clips of it that are brighter than nothing."""

    after: tuple[str, ...]
    version: ClassVar[int] = 1
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("sound", "video")
    reads: ClassVar[Signal] = Signal.ROWS

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Rows]) -> Iterator[Outcome]:
        for row, read in zip(rows, signals, strict=True):
            made = [part for stage in self.after for part in read.made[stage]]
            clips = [part for part in made if isinstance(part, Clip)]
            scores = [part for part in made if isinstance(part, Score)]
            yield [score(row.id, "clips", len(clips)), score(row.id, "scores", len(scores))]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "media")


@cache
def video(pictures: int = 3, sound: bool = False) -> bytes:
    """A video with a picture each second, or sound alone in a container of videos."""
    written = io.BytesIO()
    with av.open(written, "w", format="matroska") as container:
        seen = container.add_stream("mpeg4", rate=1, width=64, height=48, pix_fmt="yuv420p") if pictures else None
        heard = container.add_stream("pcm_s16le", rate=16_000, layout="mono") if sound else None
        if seen:
            for number in range(pictures):
                rgb = np.full((48, 64, 3), 60 * number + 20, np.uint8)
                container.mux(seen.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
            container.mux(seen.encode())
        if heard:
            tone = (9000 * np.sin(np.arange(32_000) / 7)).astype(np.int16)[None]
            frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
            frame.sample_rate = 16_000
            container.mux(heard.encode(frame))
            container.mux(heard.encode())
    return written.getvalue()


def task(store: Store, content: bytes, kind: AssetKind, *lacks: Stage, clips: Any = (), **rest: Any) -> Task:
    """What is owed to a file of that content: these stages, and to its clips those that are named with them."""
    asset, size = store.put(content, io.BytesIO())
    keys = tuple((clip, frozenset(map(stage_key, stages))) for clip, stages in clips)
    return Task(Asset(asset, kind, "x", size), store, frozenset(map(stage_key, lacks)), keys, **rest)


def made(receipts: Sequence[Receipt]) -> dict[tuple[str, str], Receipt]:
    """Receipts by stage and row."""
    found = {(receipt.stage.split("@")[0], receipt.row): receipt for receipt in receipts}
    assert len(found) == len(receipts)
    return found


def visited(stages: Sequence[Stage], *tasks: Task) -> dict[tuple[str, str], Receipt]:
    return made(visit.visit(Pass(tuple(stages)), tasks))


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


def test_every_sampled_frame_of_a_video_is_seen(store: Store) -> None:
    owed = task(store, video(), "video", Corner(), Halve())
    found = visited([Corner(), Halve(), Brightness()], owed)
    faces = found["Corner", owed.asset.id].made
    assert [face.start_ms for face in faces if isinstance(face, Clip)] == [0, 1000, 2000]
    assert found["Halve", owed.asset.id].reason == "no sound track"
    bright = [found["Brightness", face.id].made[0] for face in faces if isinstance(face, Clip)]
    assert [one.value for one in bright if not isinstance(one, Clip)] == pytest.approx([20, 80, 140], abs=4)


def test_how_far_a_video_has_been_seen_and_what_hears_its_sound_is_told(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit, "TELL_S", 0.0)
    monkeypatch.setattr(visit, "FRAME_BUDGET_PX", 1)
    said: list[tuple[str, int]] = []
    owed = task(store, video(3, sound=True), "video", Corner(), Halve())
    visit.visit(Pass((Corner(), Halve())), [owed], lambda *at: said.append(at))
    *seen, (hears, sound_ms) = said
    assert seen == [(f"pictures seen up to 0:00:0{second}", 0) for second in range(3)]
    assert hears == "Halve, 0:00:02 of sound"
    assert 2000 <= sound_ms < 3000


def test_sound_without_pictures_has_no_faces(store: Store) -> None:
    owed = task(store, video(0, sound=True), "video", Corner(), Halve())
    found = visited([Corner(), Halve()], owed)
    assert (found["Corner", owed.asset.id].state, found["Corner", owed.asset.id].reason) == (
        "dropped",
        "no picture track",
    )
    assert len(found["Halve", owed.asset.id].made) == 2


def test_only_what_is_lacking_is_done(store: Store) -> None:
    owed = task(store, video(1, sound=True), "video", Halve())
    stages = [Corner(), Halve(), Loudest(), Brightness()]
    assert {stage for stage, _ in visited(stages, owed)} == {"Halve", "Loudest"}


def test_a_clip_that_has_its_receipt_gets_no_other(store: Store) -> None:
    owed = task(store, video(0, sound=True), "video", Halve())
    known = Clip(owed.asset.id, "utterance", 0, 500)
    again = task(store, video(0, sound=True), "video", Halve(), known=frozenset({(stage_key(Loudest()), known.id)}))
    assert {row for stage, row in visited([Halve(), Loudest()], again) if stage == "Loudest"} == {
        Clip(owed.asset.id, "utterance", 500, 1000).id
    }


def test_a_clip_whose_frame_is_not_sampled_any_more_is_dropped(store: Store) -> None:
    asset = task(store, video(), "video").asset.id
    faces = [Clip(asset, "face", at_ms, at_ms, (0, 0, 8, 8)) for at_ms in (0, 1000)]
    owed = task(store, video(), "video", clips=[(face, [Seldom()]) for face in faces])
    found = visited([Seldom()], owed)
    assert [found["Seldom", face.id].state for face in faces] == ["done", "dropped"]
    assert found["Seldom", faces[1].id].reason == "its frame is not sampled any more"


@pytest.mark.parametrize("budget_px", [1, 8_000_000])
def test_an_error_at_one_frame_is_the_answer_for_the_whole_video(
    store: Store, budget_px: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit, "FRAME_BUDGET_PX", budget_px)
    owed = task(store, video(), "video", Fickle(1000))
    found = visited([Fickle(1000), Brightness()], owed)
    assert list(found) == [("Fickle", owed.asset.id)]
    assert found["Fickle", owed.asset.id].state == "failed"
    assert "ValueError: enough" in str(found["Fickle", owed.asset.id].reason)


def test_a_clip_that_was_there_before_outlives_the_failure_of_the_stage_that_finds_it(store: Store) -> None:
    asset = task(store, video(), "video").asset.id
    face = Clip(asset, "face", 2000, 2000, (1, 1, 8, 8))
    owed = task(store, video(), "video", Fickle(1000), clips=[(face, [Brightness()])])
    assert visited([Fickle(1000), Brightness()], owed)["Brightness", face.id].state == "done"


def test_a_video_that_is_turned_down_at_one_frame_is_dropped(store: Store) -> None:
    owed = task(store, video(), "video", Fickle(2000, drops=True))
    (receipt,) = visited([Fickle(2000, drops=True)], owed).values()
    assert (receipt.state, receipt.reason, receipt.made) == ("dropped", "seen enough", ())


def test_what_cannot_be_decoded_is_dropped_with_all_its_clips(store: Store) -> None:
    clip = Clip("0" * 32, "utterance", 0, 500)
    owed = task(store, b"RIFF no sound at all", "sound", Halve(), clips=[(clip, [Loudest()])])
    found = visited([Halve(), Loudest()], owed)
    assert [found[key].state for key in (("Halve", owed.asset.id), ("Loudest", clip.id))] == ["dropped", "dropped"]
    assert len({receipt.reason for receipt in found.values()}) == 1


def test_a_file_that_lost_bytes_fails_and_the_others_go_on(store: Store) -> None:
    good = task(store, video(1), "video", Corner())
    bad = task(store, video(2), "video", Corner(), attempt=3)
    bad.store.path(bad.asset.id).write_bytes(b"x")
    found = visited([Corner()], bad, good)
    assert found["Corner", good.asset.id].state == "done"
    receipt = found["Corner", bad.asset.id]
    reason = f"1 of {bad.asset.size} bytes are left in media; add the file again, then run --retry"
    assert (receipt.state, receipt.reason, receipt.attempt) == ("failed", reason, 3)


@pytest.mark.parametrize("left", [b"x", b"RIFF"])
def test_a_file_that_is_written_to_while_it_is_decoded_leaves_nothing_behind(
    store: Store, left: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    owed = task(store, video(), "video", Corner())

    def overwriting(self: Corner, rows: Sequence[Asset], signals: Sequence[Any]) -> list[Outcome]:
        store.path(owed.asset.id).write_bytes(left)
        return [[] for _ in rows]

    monkeypatch.setattr(Corner, "__call__", overwriting)
    (receipt,) = visited([Corner()], owed).values()
    assert (receipt.state, receipt.made) == ("failed", ())


def test_a_batch_that_raises_is_taken_apart_until_only_the_culprit_fails() -> None:
    rows = [Asset(f"{number:032x}", "sound", "wav", 1) for number in range(5)]
    outcomes = attempt(Trouble(rows[3].id), rows, [None] * 5)
    assert [isinstance(outcome, Failed) for outcome in outcomes] == [False, False, False, True, False]


def test_a_stage_that_miscounts_fails_for_what_it_miscounted() -> None:
    rows = [Asset(f"{number:032x}", "sound", "wav", 1) for number in range(2)]
    assert attempt(Miscounting(), rows, [None] * 2) == [[], []]  # alone, each is counted right
    assert attempt(Miscounting(), [], []) == []


def test_why_a_stage_failed_is_told_with_the_line(taken_in: Path) -> None:
    run(taken_in, [Trouble(culprit(taken_in))])
    ((reason,),) = Catalog(taken_in).rows("SELECT reason FROM open_failures")
    assert reason.startswith("ValueError: this one is odd (odd_stages.py:")


def read(home: Path) -> dict[str, float]:
    """What Count has counted over all files, by name."""
    query = "SELECT name, sum(value) FROM scores WHERE stage LIKE 'Count@%' GROUP BY 1"
    return dict(Catalog(home).rows(query))


def counting(*stages: Stage) -> Count:
    return Count(tuple(stage_key(stage) for stage in stages))


def test_a_stage_that_reads_rows_sees_those_of_its_visit(taken_in: Path) -> None:
    run(taken_in, [*STAGES, counting(Halve(), Loudest())])
    halves = count(taken_in, "clips WHERE kind = 'utterance'")
    assert halves
    assert read(taken_in) == {"clips": halves, "scores": halves}


def test_a_stage_that_comes_later_reads_the_rows_of_the_catalog_and_decodes_nothing(
    visited: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = [*STAGES, counting(Halve(), Loudest())]
    opened = []
    decode = visit.decode
    monkeypatch.setattr(visit, "decode", lambda *rest, **named: opened.append(named) or decode(*rest, **named))
    run(visited, together)
    halves = count(visited, "clips WHERE kind = 'utterance'")
    assert read(visited) == {"clips": halves, "scores": halves}
    assert {(bool(named["sound"]), named["every_ms"]) for named in opened} == {(False, ())}


def test_another_version_of_a_stage_makes_whoever_reads_its_rows_another_stage() -> None:
    assert stage_key(counting(Halve())) != stage_key(counting(Halve(ms=500)))


@pytest.mark.parametrize("at_once", [True, False])
def test_a_stage_that_reads_rows_fails_with_the_stage_it_reads_and_is_tried_again_with_it(
    taken_in: Path, at_once: bool
) -> None:
    broken = Trouble(culprit(taken_in))
    if not at_once:
        run(taken_in, [broken])
    run(taken_in, [broken, counting(broken)])
    failures = "SELECT reason FROM receipts WHERE state = 'failed' AND stage LIKE 'Count@%'"
    assert Catalog(taken_in).rows(failures) == [("Trouble failed",)]
    run(taken_in, [broken, counting(broken)], retry=True)
    assert Catalog(taken_in).rows(failures) == [("Trouble failed",)] * 2


def test_a_pass_takes_the_rows_that_the_question_before_it_lets_through(taken_in: Path) -> None:
    def longest(connection: Any) -> None:
        connection.execute("CREATE OR REPLACE TABLE wanted AS SELECT id FROM clips WHERE start_ms = 0")

    first, second = Pass((Halve(),)), Pass((Loudest(),), longest, "id IN (FROM wanted)")
    bring_up_to_date(taken_in, [first, second], Inline())
    measured = 'scores s JOIN clips c ON c.id = s."row"'
    assert count(taken_in, measured) == count(taken_in, f"{measured} WHERE start_ms = 0") > 0
