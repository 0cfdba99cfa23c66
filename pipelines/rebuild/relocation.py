"""Where the clips of a file that has changed are heard again in what has taken its place."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from curate.prints.sounds import sound_print
from curate.read.decode import decode
from curate.twins.sought import moves, sought, sought_near
from pipelines.crew import Cutters, mapped
from pipelines.engine.catalog import Catalog
from pipelines.engine.claims import store_in
from pipelines.rebuild.clips import KINDS, Clip
from schemas.errors import Altered, Unreadable
from schemas.media import AssetKind
from schemas.modality import VOICE


@dataclass(frozen=True)
class Changed:
    """A file that has taken the place of another one, and the clips that are lost with that: start, fingerprint."""

    asset: str
    kind: AssetKind
    clips: tuple[tuple[int, bytes], ...]


def relocate(home: Path, clips: Iterable[Clip], processes: Cutters) -> None:
    """Look for clips of voices in the files that have taken the place of theirs."""
    lost: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        is_span = clip.row["media"] == VOICE.name and clip.row["start_ms"] is not None
        if clip.missing and clip.asset and is_span and clip.row["fingerprint"]:
            lost[clip.asset].append(clip)
    kinds = dict(Catalog(home).rows(KINDS, [sorted(lost)]))
    files = [
        Changed(asset, kinds[asset], tuple((clip.row["start_ms"], clip.row["fingerprint"]) for clip in of))
        for asset, of in sorted(lost.items())
        if kinds.get(asset) in ("sound", "video")
    ]
    for file, starts in zip(files, mapped(heard_again, home, files, processes, _unheard), strict=True):
        for clip, start_ms in zip(lost[file.asset], starts, strict=True):
            if start_ms is not None:
                clip.start_ms, clip.missing = start_ms, None


def heard_again(home: Path, file: Changed) -> list[int | None]:
    """Where each clip begins in a file, in ms; None for one that is heard nowhere or in several places."""
    speech = _speech(home, file)
    if speech is None:
        return _unheard(file)
    clips = [(start_ms, np.frombuffer(print_, "<u8")) for start_ms, print_ in file.clips]
    whole = sound_print(speech)
    places = [sought(words, speech, whole) for _, words in clips]
    apart = moves(place.start_ms - start_ms for place, (start_ms, _) in zip(places, clips, strict=True) if place)
    places = [
        place or sought_near(words, speech, [start_ms + ms for ms in apart])
        for place, (start_ms, words) in zip(places, clips, strict=True)
    ]
    return [None if place is None else place.start_ms for place in places]


def _unheard(file: Changed) -> list[int | None]:
    return [None] * len(file.clips)


def _speech(home: Path, file: Changed) -> Any:
    """The sound of a file, (samples,) at 16 kHz; None where it has none or cannot be read."""
    with (
        suppress(Unreadable, Altered),
        store_in(home).verified(file.asset) as path,
        decode(path, file.kind, sound=True, every_ms=()) as decoding,
    ):
        sound = decoding.sound()
        return None if sound is None else np.array(sound.speech)
    return None
