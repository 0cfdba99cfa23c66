"""The fingerprints of a release's clips: a file to give away, and what somebody else's corpus is compared with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from curate.prints.pictures import picture_print
from curate.prints.sounds import sound_print
from curate.prints.words import PICTURE_PRINT, SOUND_PRINT, STEP_MS, TAIL_MS
from curate.read.decode import decode, format_of
from pipelines.cutting import cut_path
from pipelines.engine.catalog import Catalog
from schemas.errors import BadInput, Unreadable

FORMAT = b"emocurate-fingerprints-1"
SCHEMA = pa.schema(
    [("key", pa.string()), ("split", pa.string()), ("kind", pa.string()), ("bits", pa.binary())],
    metadata={"format": FORMAT},
)
MOST_WORDS = 110  # 880 bytes: of a longer clip the middle 3.5 s
SOUND, PICTURE = "sound", "picture"

# The clips of the newest release with the fingerprint of the sound or the picture they are cut from.
CLIPS = f"""
    SELECT d.clip, d.split, l.modality, coalesce(c.start_ms, 0), c.end_ms, s.bits
    FROM released d JOIN clips c ON c.id = d.clip JOIN live_clips l ON l.id = c.id
    LEFT JOIN (SELECT "row", name, any_value(bits) AS bits FROM scores SEMI JOIN active_stages USING (stage)
               WHERE bits IS NOT NULL GROUP BY ALL) s
    ON s."row" = c.asset AND s.name = if(l.modality = 'face', '{PICTURE_PRINT}', '{SOUND_PRINT}')
    WHERE d.release = (SELECT id FROM releases ORDER BY added_at DESC, name DESC LIMIT 1) ORDER BY d.clip"""


@dataclass(frozen=True)
class Fingerprint:
    """One fingerprint: of which clip or file, in which split, of sound or of a picture, as an array of uint64."""

    key: str
    split: str
    kind: str
    words: Any


@dataclass(frozen=True)
class Written:
    """A file of fingerprints: how many clips, and how many of a release have none."""

    path: str
    clips: int
    without: int
    bytes: int


def of_release(home: Path) -> list[Fingerprint]:
    """The fingerprints of the clips of the newest release; raises BadInput where there is none."""
    rows = Catalog(home).rows(CLIPS)
    if not rows:
        raise BadInput("nothing is released yet, and so there is nothing to compare; type: emocurate export")
    found = []
    for clip, split, modality, start_ms, end_ms, bits in rows:
        if bits and modality == "face":
            found.append(Fingerprint(clip, split, PICTURE, np.frombuffer(bits, "<u8")))
        elif bits:
            words = np.frombuffer(bits, "<u8")
            last = len(words) if end_ms is None else max(0, end_ms - TAIL_MS) // STEP_MS + 1
            found.append(Fingerprint(clip, split, SOUND, words[start_ms // STEP_MS : last]))
        cut = cut_path(home, modality, clip)
        if modality == "face" and cut.exists():
            with Image.open(cut) as picture:
                seen = picture_print(np.asarray(picture.convert("RGB")))
            found += [] if seen is None else [Fingerprint(clip, split, PICTURE, np.array([seen], np.uint64))]
    return found


def write(home: Path, path: Path) -> Written:
    """Write the fingerprints of the newest release into one file, at most a kilobyte a clip; no vector is in it."""
    prints = of_release(home)
    columns = {
        "key": [one.key for one in prints],
        "split": [one.split for one in prints],
        "kind": [one.kind for one in prints],
        "bits": [_middle(one.words).astype("<u8").tobytes() for one in prints],
    }
    pq.write_table(pa.table(columns, SCHEMA), path, compression="zstd")
    clips, released = len({one.key for one in prints}), len(Catalog(home).rows(CLIPS))
    return Written(str(path), clips, released - clips, path.stat().st_size)


def _middle(words: Any) -> Any:
    start = max(0, (len(words) - MOST_WORDS) // 2)
    return words[start : start + MOST_WORDS]


def read(path: Path) -> list[Fingerprint]:
    """The fingerprints in a file that `write` made, here or elsewhere; raises BadInput for any other file."""
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise BadInput(f"{path} is no file of fingerprints: {getattr(error, 'strerror', None) or error}") from None
    if (table.schema.metadata or {}).get(b"format") != FORMAT:
        raise BadInput(f"{path} is no file of fingerprints; make one with: emocurate duplicates --write FILE")
    return [
        Fingerprint(row["key"], row["split"], row["kind"], np.frombuffer(row["bits"], "<u8"))
        for row in table.to_pylist()
    ]


def of_folder(folder: Path) -> tuple[list[Fingerprint], int]:
    """The fingerprints of every media file in a folder, by its name, and how many files are none or cannot be read."""
    found, unread = list[Fingerprint](), 0
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        try:
            found += _of_file(path, path.relative_to(folder).as_posix())
        except (Unreadable, OSError):
            unread += 1
    return found, unread


def _of_file(path: Path, name: str) -> Iterator[Fingerprint]:
    kind = format_of(path).kind
    with decode(path, kind, sound=kind != PICTURE, every_ms=(1000,) if kind != SOUND else ()) as decoding:
        for frame in decoding.frames():
            seen = picture_print(frame.rgb)
            if seen is not None:
                yield Fingerprint(name, "", PICTURE, np.array([seen], np.uint64))
        sound = None if kind == PICTURE else decoding.sound()
        if sound is not None:
            yield Fingerprint(name, "", SOUND, sound_print(sound.speech))


def only(prints: Sequence[Fingerprint], kind: str) -> list[Fingerprint]:
    """Those of one kind."""
    return [one for one in prints if one.kind == kind and len(one.words)]
