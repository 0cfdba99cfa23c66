"""Who speaks when: errors on meetings, what the pass costs, memory at three hours, and how well vectors tell voices."""

import itertools
import os
import tempfile
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from curate.voices.embeddings import CAMPPLUS, voice_vector
from curate.voices.onnx_turns import CAREFUL, QUICK, OnnxTurns
from curate.voices.segmentation import activity
from pipelines.engine.workers import ONE_THREAD
from tests.benchmarks.bench_speech import MEETINGS
from tests.benchmarks.figures import Figure, apart, on_one_core, private_peak, say, spent
from tests.benchmarks.recordings import RATE_HZ, SHARED
from tests.curate.conversations import rttm, said
from tests.curate.decoded import heard
from tests.curate.errors_of_turns import errors, turns_of

COUNTED_MS = 2000  # who is heard for less cannot be counted
PIECE = 2 * RATE_HZ
LONG_S, SHORT_S = int(os.environ.get("BENCH_LONG_S", "10800")), 600

Speech = NDArray[np.int16]
Told = tuple[str, str, NDArray[np.float32]]  # where it is heard, whose it is, its vector


def main() -> Iterator[Figure]:
    """Figures on the voices of the demo, and on the meetings beside the checkout, if there are; a quarter of an hour."""
    yield _equal_error("voices of the demo", list(_of_the_demo()))
    if not SHARED.exists():
        say("no development media beside the checkout: meetings, cost and memory are left out")
        return
    os.environ.update(ONE_THREAD)  # as in workers: threads of the linear algebra would wait for each other
    yield _equal_error("voices of meetings", list(_of_the_meetings()))
    yield Figure("turns pass, on one core", "x real time", apart(_pace), 12)
    yield from _meetings(QUICK, "one way", 32)
    yield from _meetings(CAREFUL, "vote", 30)
    short, long = (apart(_memory, seconds) for seconds in (SHORT_S, LONG_S))
    say(f"memory of the process itself at {SHORT_S} s: {short:.0f} MB, at {LONG_S} s: {long:.0f} MB")
    what = f"memory at {LONG_S / 3600:g} h, of that at 10 min"
    yield Figure(what, "MB", long, 1.5, at_most=True, peer=short, of_peer=True)


def _meetings(diarizer: OnnxTurns, how: str, bar: float) -> Iterator[Figure]:
    wrong, right, within_one = [], 0, 0
    for name, table in MEETINGS:
        truth = rttm(SHARED / "speech" / f"{table}.rttm", name)
        told = diarizer.conversation(_speech(name))
        wrong.append(errors(truth, turns_of(told)))
        there = sum(_seconds(truth, who) * 1000 >= COUNTED_MS for who in {who for *_, who in truth})
        counted = sum(voice.heard_ms >= COUNTED_MS for voice in told.voices)
        right, within_one = right + (there == counted), within_one + (abs(there - counted) <= 1)
        share = 100 * wrong[-1].wrong_s / wrong[-1].spoken_s
        say(f"{name}, {how}: error {share:.1f} %, voices of 2 s and more: {counted}, there are {there}")
    spoken_s = sum(one.spoken_s for one in wrong)
    error, confusion = sum(one.wrong_s for one in wrong), sum(one.confusion_s for one in wrong)
    yield Figure(f"meetings, diarization error, {how}", "%", 100 * error / spoken_s, bar, at_most=True)
    yield Figure(f"meetings, confusion, {how}", "%", 100 * confusion / spoken_s, 10, at_most=True)
    yield Figure(f"meetings, voices counted right, {how}", f"of {len(MEETINGS)}", right, len(MEETINGS) - 1)
    yield Figure(f"meetings, counted within one, {how}", f"of {len(MEETINGS)}", within_one, len(MEETINGS))


def _seconds(truth: list[tuple[float, float, str]], name: str) -> float:
    return sum(end - start for start, end, who in truth if who == name)


def _pace() -> float:
    on_one_core()
    pieces = [_speech(name) for name, _ in MEETINGS]
    QUICK.conversation(pieces[0])  # networks are opened once
    used = spent(lambda: [QUICK.conversation(piece) for piece in pieces])
    alone = spent(lambda: [activity(piece, QUICK.segmenter, QUICK.step) for piece in pieces])
    say(f"of {used.cpu_s:.1f} s on one core the segmentation takes {alone.cpu_s:.1f}, vectors nearly all of the rest")
    return sum(map(len, pieces)) / RATE_HZ / used.cpu_s


def _memory(seconds: int) -> float:
    """The most that is the process's own while a recording of meetings again and again is gone through from a file."""
    meetings = np.concatenate([_speech(name) for name, _ in MEETINGS])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "speech"
        with file.open("wb") as written:
            left = seconds * RATE_HZ
            while left > 0:
                meetings[:left].tofile(written)
                left -= len(meetings)
        mapped = np.memmap(file, np.int16, "r")
        with private_peak() as peak:
            QUICK.conversation(mapped)
    return peak[0]


def _equal_error(whose: str, vectors: Sequence[Told]) -> Figure:
    """Two seconds against two seconds of another recording or turn."""
    same, other = [], []
    for (one, ours, vector), (two, theirs, another) in itertools.combinations(vectors, 2):
        if one != two:
            (same if ours == theirs else other).append(float(vector @ another))
    limits = np.unique([*same, *other])
    missed = np.searchsorted(np.sort(same), limits) / len(same)
    taken = 1 - np.searchsorted(np.sort(other), limits) / len(other)
    at = np.abs(missed - taken).argmin()
    say(f"{whose}: {len(same)} pairs of one voice in two recordings or turns, {len(other)} of two voices")
    error = 50 * float(missed[at] + taken[at])
    return Figure(f"{whose} told apart in 2 s, equal error", "%", error, 10, at_most=True)


def _of_the_demo() -> Iterator[Told]:
    """Synthetic voices, each in several emotions."""
    for name in sorted(path.stem for path in Path(str(files("pipelines.demo") / "media")).glob("*.flac")):
        yield from ((name, name.split("_")[0], vector) for vector in _vectors(said(name)))


def _of_the_meetings() -> Iterator[Told]:
    """Stretches in which one is heard alone: four people, none of them said to be in any emotion."""
    for name, table in MEETINGS:
        truth, speech = rttm(SHARED / "speech" / f"{table}.rttm", name), _speech(name)
        for begin, end in itertools.pairwise(sorted({time for start, stop, _ in truth for time in (start, stop)})):
            heard_there = [who for start, stop, who in truth if start <= begin and end <= stop]
            if len(heard_there) == 1:
                piece = speech[round(begin * RATE_HZ) : round(end * RATE_HZ)]
                yield from ((f"{name} {begin}", heard_there[0], vector) for vector in _vectors(piece))


def _vectors(speech: Speech) -> list[NDArray[np.float32]]:
    starts = range(0, len(speech) - PIECE + 1, PIECE)
    return [voice_vector(speech[start : start + PIECE], CAMPPLUS.short) for start in starts]


def _speech(name: str) -> Speech:
    speech: Speech = heard(SHARED / "speech" / f"{name}.wav", lambda sound: sound.speech.copy())
    return speech


if __name__ == "__main__":
    for figure in main():
        say(" | ".join(figure.cells))
