"""How often voices and faces are taken for somebody else's, on labelled people on whom no limit was chosen.

Voices: meetings whose turns are told (four people, two of them in two excerpts) and four people in front of a camera, in
pieces of 1 to 4 s in which nobody else speaks; each way of cutting is a round. Faces: those of photographs, of which
no two are one person, and those people in front of the camera, twice a second.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from curate.faces.dlib import Dlib
from curate.faces.mtcnn import Mtcnn
from curate.read.decode import decode
from curate.twins.people import Rates, people, rates
from curate.voices.embeddings import CAMPPLUS, voice_vector
from curate.voices.vectors import SAME_FROM
from tests.benchmarks.bench_speech import MEETINGS
from tests.benchmarks.figures import Figure, say
from tests.benchmarks.recordings import RATE_HZ, SHARED
from tests.curate.conversations import rttm
from tests.curate.decoded import heard

CUTS = 5
SURE = 0.9  # score of a face from which on it counts
SEVERAL_OF_ONE = "bald_guys"  # a photograph that shows some people several times


def pieces(random: np.random.Generator, speech: Any) -> Iterator[Any]:
    """Speech cut into pieces of 1 to 4 s, but for those in which hardly anything is heard."""
    at = 0
    while at + RATE_HZ <= len(speech):
        part = speech[at : at + int(random.uniform(1, 4) * RATE_HZ)]
        at += len(part)
        if len(part) >= RATE_HZ and np.sqrt(np.mean((part / 32_768) ** 2)) > 0.002:
            yield part


def alone(truth: list[tuple[float, float, str]], speech: Any) -> Iterator[tuple[str, Any]]:
    """What each person says while nobody else speaks."""
    for start, end, who in truth:
        mine = np.ones(int((end - start) * RATE_HZ), bool)
        for other_start, other_end, other in truth:
            if other != who:
                low, high = (int(max(at - start, 0) * RATE_HZ) for at in (other_start, other_end))
                mine[low:high] = False
        edges = np.flatnonzero(np.diff(np.concatenate([[0], mine, [0]])))
        for low, high in zip(edges[::2], edges[1::2], strict=True):
            yield who, speech[int(start * RATE_HZ) + low : int(start * RATE_HZ) + high]


def said() -> list[tuple[str, Any]]:
    """Who says what, at 16 kHz."""
    told: list[tuple[str, Any]] = []
    for name, table in MEETINGS:
        speech = heard(SHARED / "speech" / f"{name}.wav", lambda sound: sound.speech.copy())
        told += alone(rttm(SHARED / "speech" / f"{table}.rttm", name), speech)
    for path in sorted((SHARED / "video").glob("*.mpg")):
        told.append((path.stem, heard(path, lambda sound: sound.speech.copy(), "video")))
    return told


def grouped(vectors: list[Any], who: list[str], least: float) -> Rates:
    """What is wrong where vectors are grouped without being told whose they are."""
    units: NDArray[np.float32] = np.array(vectors, np.float32)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    names = sorted(set(who))
    return rates(people(units, least), np.array([names.index(name) for name in who]))


def voices() -> Rates:
    """The pairs that are wrong, over all ways of cutting."""
    total, speech = Counter[str](), said()
    for cut in range(1, CUTS + 1):
        random = np.random.default_rng(cut)
        told = [(who, piece) for who, sound in speech for piece in pieces(random, sound)]
        vectors = [voice_vector(piece, CAMPPLUS.short) for _, piece in told]
        wrong = grouped(vectors, [who for who, _ in told], SAME_FROM)
        say(f"voices: {len(told)} pieces of {len({who for who, _ in told})} people: {wrong}")
        total.update(vars(wrong))
    return Rates(**total)


def faces() -> Rates:
    """The pairs that are wrong among faces of photographs and of people in front of a camera."""
    vectors: list[Any] = []
    who: list[str] = []

    def add(rgb: Any, name: str | None) -> None:
        found = Mtcnn().faces(rgb)
        boxes = found.boxes[found.scores > SURE][: 1 if name else None]
        vectors.extend(Dlib.installed().vectors(rgb, boxes))
        who.extend([name or f"face {place} from {len(who)}" for place in range(len(boxes))])

    for path in sorted((SHARED / "faces").glob("*.jpg")):
        if path.stem != SEVERAL_OF_ONE:
            add(np.array(Image.open(path).convert("RGB")), None)
    for path in sorted((SHARED / "video").glob("*.mpg")):
        with decode(Path(path), "video", sound=False, every_ms=(500,)) as decoding:
            for frame in decoding.frames():
                add(frame.rgb.copy(), path.stem)
    say(f"faces: {len(who)}, of {len(set(who))} people")
    return grouped(vectors, who, Dlib.installed().same_from)


def main() -> Iterator[Figure]:
    """Shares of pairs that are parted, and that are joined, of voices and of faces."""
    if not SHARED.exists():
        say("no development media beside the checkout: there are no labelled people to measure with")
        return
    for what, measure, parted, joined in (("voice", voices, 25, 1), ("face", faces, 2, 0.2)):
        wrong = measure()
        say(
            f"{what}s: of {wrong.same:,} pairs of one {wrong.missed:,} are parted, of {wrong.other:,} {wrong.mixed:,} joined"
        )
        yield Figure(f"pairs of one {what} that are parted", "%", 100 * wrong.missed / wrong.same, parted, at_most=True)
        yield Figure(
            f"pairs of two {what}s that are joined", "%", 100 * wrong.mixed / wrong.other, joined, at_most=True
        )


if __name__ == "__main__":
    for figure in main():
        say("  ".join(figure.cells))
