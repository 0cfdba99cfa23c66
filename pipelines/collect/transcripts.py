"""Transcripts of media: a file of the same name beside it, or in a folder of transcripts, says what is said when."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from duckdb import DuckDBPyConnection

from curate.transcripts.cues import Transcript
from curate.transcripts.formats import SUFFIXES, read_transcript
from pipelines.engine.catalog import now
from pipelines.engine.pseudonyms import Pseudonyms
from schemas.errors import BadInput, Unreadable
from schemas.media import Segment

# The transcript that counts of each of these assets.
HEARD = "SELECT DISTINCT asset, origin FROM spoken WHERE asset IN (SELECT unnest(?::VARCHAR[]))"
NO_MEDIA = "a transcript: it lands on the media of its name"


@dataclass(frozen=True)
class Heard:
    """What a transcript says of a file: segments, of which asset is open yet; `words` is text without times."""

    segments: tuple[Segment, ...] = ()
    words: str | None = None

    @property
    def row(self) -> dict[str, str]:
        """What it says of the file as a whole, as a row of a metadata table."""
        return {"transcript": self.words} if self.words else {}

    @property
    def speakers(self) -> frozenset[str]:
        """The pseudonyms of those who speak in it."""
        return frozenset(one.speaker for one in self.segments if one.speaker)


SILENCE = Heard()


@dataclass
class Transcripts:
    """The transcripts of the files that come in: beside them or in `folder`, by their names without the suffix.

    `read` counts those that were used; `notes` say what of which was guessed, left out or not read;
    `listed` are the folders that were looked into.
    """

    people: Pseudonyms
    folder: Path | None = None
    read: int = 0
    notes: list[str] = field(default_factory=list)
    listed: dict[Path, Mapping[str, Mapping[str, Path]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.folder is not None and not self.folder.is_dir():
            raise BadInput(f"--transcripts {self.folder} is no folder; name the one with the transcripts")

    def of(self, name: str, path: Path | None) -> Heard:
        """What is said in a file, by its name and where it lies; what cannot be read costs the file nothing."""
        lying = self._lying(name, path)
        if lying is None:
            return SILENCE
        try:
            data = lying.read_bytes()
            made = read_transcript(data, lying.suffix.casefold())
        except (OSError, Unreadable, ValueError) as error:
            self.notes.append(f"{lying.name}: not read: {getattr(error, 'strerror', None) or error}")
            return SILENCE
        self.notes += [f"{lying.name}: {note}" for note in made.notes]
        self.read += bool(made.cues or made.text)
        return Heard(self._segments(made, hashlib.sha256(data).hexdigest()[:32]), made.text)

    def _segments(self, made: Transcript, origin: str) -> tuple[Segment, ...]:
        names = {cue.speaker: self.people.of(cue.speaker) for cue in made.cues if cue.speaker}
        return tuple(
            Segment("", cue.start_ms, cue.end_ms, cue.text, names.get(cue.speaker or ""), origin, "")
            for cue in made.cues
        )

    def _lying(self, name: str, path: Path | None) -> Path | None:
        """The transcript of a file; of several the first in the order of what they know, the others are named."""
        if path is not None and path.suffix.casefold() in SUFFIXES:
            return None
        stem = Path(name).stem.casefold()
        places = [self.folder / Path(name).parent, self.folder] if self.folder else [path.parent] if path else []
        for folder in places:
            if folder not in self.listed:
                self.listed[folder] = _listed(folder)
            by_suffix = self.listed[folder].get(stem, {})
            ordered = [by_suffix[suffix] for suffix in SUFFIXES if suffix in by_suffix]
            if ordered:
                self.notes += [f"{one.name}: not used, as {ordered[0].name} is there" for one in ordered[1:]]
                return ordered[0]
        return None


def _listed(folder: Path) -> Mapping[str, Mapping[str, Path]]:
    """The transcripts in a folder, by stem and suffix in lower case."""
    found: dict[str, dict[str, Path]] = {}
    try:
        for path in sorted(folder.iterdir()):
            if path.suffix.casefold() in SUFFIXES and path.is_file():
                found.setdefault(path.stem.casefold(), {}).setdefault(path.suffix.casefold(), path)
    except OSError:  # a folder of archives' members, or one that cannot be looked into
        return {}
    return found


def dropped_text(path: Path | None) -> str | None:
    """Why a file is no media that is a transcript by its suffix; plain text may be anything."""
    return NO_MEDIA if path is not None and path.suffix.casefold() in SUFFIXES[:-2] else None


def about(heard: Heard, asset: str) -> tuple[Segment, ...]:
    """The segments of a transcript as those of an asset."""
    return tuple(replace(one, asset=asset) for one in heard.segments)


def unheard(connection: DuckDBPyConnection, segments: Iterable[Segment]) -> list[Segment]:
    """Those of the segments, which have no time yet, whose transcript is not the one that counts already; said now."""
    coming: Sequence[Segment] = list(segments)
    assets = sorted({one.asset for one in coming})
    counting = set(connection.execute(HEARD, [assets]).fetchall()) if assets else set()
    said_at = now()
    return [replace(one, said_at=said_at) for one in coming if (one.asset, one.origin) not in counting]
