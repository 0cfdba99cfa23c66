"""A visit: a batch of assets brought up to date with all stages of a pass, each file decoded once."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from curate.read.decode import Decoding, decode
from pipelines.engine.attempt import Failed, attempt, told
from pipelines.engine.passes import Pass
from pipelines.engine.store import Store
from schemas.errors import Altered, Unreadable
from schemas.media import Asset, Clip
from schemas.stage import Dropped, Made, Outcome, Receipt, Rows, Signal, Stage, State, after, every_ms

NOTHING = Rows()
TELL_S = 1.0  # so often it is told how far into a video its pictures have been seen
FRAME_BUDGET_PX = 8_000_000  # of decoded frames held at a time, beside the largest picture that is being decoded


@dataclass(frozen=True)
class Task:
    """What a visit owes one asset: stages it lacks, clips that lack stages, and the receipts its clips have.

    `rows` is what stages made of it earlier that others read now, `failing` which of them failed and are not tried
    again.
    """

    asset: Asset
    store: Store
    lacks: frozenset[str]
    clips: tuple[tuple[Clip, frozenset[str]], ...] = ()
    known: frozenset[tuple[str, str]] = frozenset()
    attempt: int = 1
    rows: Rows = NOTHING
    failing: frozenset[str] = frozenset()

    def local(self) -> Path:
        """Where the bytes are; raises Altered where they are not what was added."""
        return self.store.local(self.asset.id, self.asset.size)


@dataclass
class Opened:
    """One file of a visit while it is open, and what the stages have made of it so far."""

    task: Task
    decoding: Decoding
    clips: dict[Clip, None] = field(default_factory=dict)
    clips_at: dict[int | None, list[Clip]] = field(default_factory=dict)
    seen: dict[str, list[Made] | Outcome | Failed] = field(default_factory=dict)
    ended: dict[tuple[str, str], Receipt] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.meet(clip for clip, _ in self.task.clips)

    def meet(self, made: Iterable[Made]) -> None:
        """Remember clips, so that the stages that follow find them."""
        for clip in made:
            if isinstance(clip, Clip) and clip not in self.clips:
                self.clips[clip] = None
                self.clips_at.setdefault(clip.start_ms, []).append(clip)

    def end(self, key: str, row: str, outcome: Outcome | Failed) -> None:
        """Give a row its receipt for a stage."""
        attempt = self.task.attempt
        if isinstance(outcome, Failed):
            receipt = Receipt(key, row, "failed", outcome.reason, attempt)
        elif isinstance(outcome, Dropped):
            receipt = Receipt(key, row, "dropped", outcome.reason, attempt)
        else:
            receipt = Receipt(key, row, "done", None, attempt, tuple(outcome))
            self.meet(outcome)
        self.ended[key, row] = receipt

    def see(self, key: str, outcome: Outcome | Failed) -> None:
        """Add what a stage made of one frame; an error at one frame is the answer for the whole file."""
        before = self.seen.setdefault(key, [])
        if isinstance(outcome, Failed) and isinstance(before, list):
            self.forget(before)
        if isinstance(outcome, Failed | Dropped) or not isinstance(before, list):
            self.seen[key] = before if isinstance(before, Failed) else outcome
        else:
            before.extend(outcome)
            self.meet(outcome)

    def forget(self, made: Iterable[Made]) -> None:
        """Drop clips that never came, because the stage that made them failed later, and what was measured of them."""
        ids = {clip.id for clip in made if isinstance(clip, Clip) and self.clips.pop(clip, True) is None}
        self.clips_at = {at: [c for c in some if c.id not in ids] for at, some in self.clips_at.items()}
        self.ended = {place: receipt for place, receipt in self.ended.items() if place[1] not in ids}

    def rows(self, stages: Sequence[str]) -> Rows | Failed:
        """What these stages made of the file, earlier and now; a failure of theirs is one of whoever reads it."""
        now = [receipt for receipt in self.ended.values() if receipt.stage in stages]
        failing = self.task.failing.intersection(stages).union(r.stage for r in now if r.state == "failed")
        if failing:
            return Failed(f"{min(failing).split('@')[0]} failed")
        made = {stage: list(self.task.rows.made.get(stage, ())) for stage in stages}
        dropped = {key: why for key, why in self.task.rows.dropped.items() if key in stages}
        for receipt in now:
            made[receipt.stage] += receipt.made
            if receipt.state == "dropped" and receipt.row == self.task.asset.id:
                dropped[receipt.stage] = receipt.reason or ""
        return Rows(made, dropped)

    def owes(self, key: str, stage: Stage, clips: Iterable[Clip]) -> list[Clip]:
        """The clips of the kinds a stage takes that it has not met yet."""
        known, ended = self.task.known, self.ended
        rows = ((clip, (key, clip.id)) for clip in clips if clip.kind in stage.kinds)
        return [clip for clip, row in rows if row not in known and row not in ended]


Broken = dict[str, Dropped | Failed]  # why an asset cannot be decoded, by its id
Doing = Callable[[str, int], None]  # is told what a visit is at, and how many ms of sound it hears


def visit(one: Pass, tasks: Sequence[Task], doing: Doing = lambda *_: None) -> list[Receipt]:
    """The receipts that bring these assets up to date with the pass; a file that fails costs only itself.

    `doing` is told how much of a video has been seen, each second, and which stage hears how much sound.
    """
    broken: Broken = {}
    with ExitStack() as stack:
        opened: list[Opened] = []
        for task in tasks:
            with _noting(broken, task):
                opened.append(Opened(task, stack.enter_context(_decoding(one, task))))
        _see_frames(one, opened, broken, doing)
        _hear_and_join(one, opened, broken, doing)
        for task in tasks:
            with _noting(broken, task):
                task.local()  # of a file that was written to while it was decoded nothing counts
        whole = [file for file in opened if file.task.asset.id not in broken]
        receipts = [receipt for file in whole for receipt in file.ended.values()]
    refused = [task for task in tasks if task.asset.id in broken]
    return receipts + [receipt for task in refused for receipt in _refusals(task, broken[task.asset.id])]


@contextmanager
def _noting(broken: Broken, task: Task) -> Iterator[None]:
    """What goes wrong with a file is noted against the file, and the others go on."""
    try:
        yield
    except Unreadable as unreadable:
        broken[task.asset.id] = Dropped(str(unreadable))
    except Altered as altered:
        broken[task.asset.id] = Failed(str(altered))
    except Exception as error:  # noqa: BLE001  # it becomes the receipts of this one file
        broken[task.asset.id] = Failed(told(error))


def _decoding(one: Pass, task: Task) -> Any:
    lacks = task.lacks.union(*(keys for _, keys in task.clips))
    # What a header says is checked by decoding, so that it does not depend on what else is owed.
    measured = any(key in lacks for key, _ in one.of(Asset, Signal.HEADER))
    sound, frames = (measured or any(key in lacks for key in _keys(one, s)) for s in (Signal.SOUND, Signal.FRAME))
    return decode(task.local(), task.asset.kind, sound=sound, every_ms=one.every_ms if frames else ())


def _keys(one: Pass, signal: Signal) -> list[str]:
    return [key for takes in (Asset, Clip) for key, _ in one.of(takes, signal)]


def _refusals(task: Task, why: Dropped | Failed) -> Iterator[Receipt]:
    """A file that cannot be decoded is dropped with the reason; any other error is ours and can be tried again."""
    state: State = "dropped" if isinstance(why, Dropped) else "failed"
    for key in sorted(task.lacks):
        yield Receipt(key, task.asset.id, state, why.reason, task.attempt)
    for clip, keys in task.clips:
        for key in sorted(keys):
            yield Receipt(key, clip.id, state, why.reason, task.attempt)


def _see_frames(one: Pass, opened: Sequence[Opened], broken: Broken, doing: Doing) -> None:
    told_s = time.monotonic()
    for stretch in _stretches(opened, broken):
        _see_stretch(one, stretch)
        until_ms = stretch[-1][1].at_ms
        if until_ms is not None and time.monotonic() - told_s >= TELL_S:
            told_s = time.monotonic()
            doing(f"pictures seen up to {_clock(until_ms)}", 0)
        stretch.clear()  # before the next one is decoded
    for file in opened:
        _end_frames(one, file)


def _see_stretch(one: Pass, stretch: Sequence[tuple[Opened, Any]]) -> None:
    for key, stage in one.of(Asset, Signal.FRAME):
        step_ms = every_ms(stage)
        seeing = [(file, frame) for file, frame in stretch if key in file.task.lacks and step_ms in frame.due]
        outcomes = attempt(stage, [file.task.asset for file, _ in seeing], [frame for _, frame in seeing])
        for (file, _), outcome in zip(seeing, outcomes, strict=True):
            file.see(key, outcome)
    for key, stage in one.of(Clip, Signal.FRAME):
        _end_all(key, stage, _met(key, stage, stretch))


def _stretches(opened: Sequence[Opened], broken: Broken) -> Iterator[list[tuple[Opened, Any]]]:
    stretch: list[tuple[Opened, Any]] = []
    held_px = 0
    for file in opened:
        frames = file.decoding.frames()
        while True:
            frame = None
            with _noting(broken, file.task):
                frame = next(frames, None)
            if frame is None:
                break
            stretch.append((file, frame))
            held_px += frame.rgb.shape[0] * frame.rgb.shape[1]
            if held_px >= FRAME_BUDGET_PX:
                yield stretch
                stretch, held_px = [], 0
    if stretch:
        yield stretch


def _met(key: str, stage: Stage, stretch: Sequence[tuple[Opened, Any]]) -> list[tuple[Opened, Asset | Clip, Any]]:
    return [
        (file, clip, frame)
        for file, frame in stretch
        for clip in file.owes(key, stage, file.clips_at.get(frame.at_ms, ()))
    ]


def _end_frames(one: Pass, file: Opened) -> None:
    """End what the frames decided: files without pictures too, and clips whose frame is not sampled any more."""
    for key, _ in one.of(Asset, Signal.FRAME):
        if key in file.task.lacks:
            file.end(key, file.task.asset.id, file.seen.get(key, Dropped("no picture track")))
    for key, _ in one.of(Clip, Signal.FRAME):
        for clip, keys in file.task.clips:
            if key in keys and (key, clip.id) not in file.ended:
                file.end(key, clip.id, Dropped("its frame is not sampled any more"))


def _hear_and_join(one: Pass, opened: Sequence[Opened], broken: Broken, doing: Doing) -> None:
    """Let the stages that hear sound or join rows follow each other in the order of the pass, the header's before."""
    heard: list[tuple[Opened, Any]] = []
    for file in opened:
        with _noting(broken, file.task):
            heard.append((file, file.decoding.sound()))
            _read_header(one, file)
    sound_ms = sum(sound.duration_ms for _, sound in heard if sound)
    for key, stage in one.reading(Signal.SOUND, Signal.ROWS):
        of_sound = f", {_clock(sound_ms)} of sound" if sound_ms else ""
        doing(f"{type(stage).__name__}{of_sound}", sound_ms)
        owed: list[tuple[Opened, Asset | Clip, Any]] = []
        for file, sound in heard:
            lacking = [file.task.asset] if key in file.task.lacks else []
            rows = lacking if stage.takes is Asset else file.owes(key, stage, file.clips)
            owed += [(file, row, sound) for row in rows]
        _end_all(key, stage, owed if stage.reads is Signal.SOUND else list(_joined(key, stage, owed)))


def _joined(
    key: str, stage: Stage, owed: Sequence[tuple[Opened, Asset | Clip, Any]]
) -> Iterator[tuple[Opened, Asset | Clip, Any]]:
    """What a stage that reads rows gets for each file; a file of which another stage failed fails here too."""
    for file, row, _ in owed:
        rows = file.rows(after(stage))
        if isinstance(rows, Failed):
            file.end(key, row.id, rows)
        else:
            yield file, row, rows


def _read_header(one: Pass, file: Opened) -> None:
    for key, stage in one.of(Asset, Signal.HEADER):
        if key in file.task.lacks:
            _end_all(key, stage, [(file, file.task.asset, file.decoding.description())])


def _end_all(key: str, stage: Stage, owed: Sequence[tuple[Opened, Asset | Clip, Any]]) -> None:
    outcomes = attempt(stage, [row for _, row, _ in owed], [signal for _, _, signal in owed])
    for (file, row, _), outcome in zip(owed, outcomes, strict=True):
        file.end(key, row.id, outcome)


def _clock(at_ms: int) -> str:
    """A time such as 0:12:40."""
    return str(timedelta(seconds=at_ms // 1000))
