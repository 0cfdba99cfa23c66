"""What a transcript comes to, whatever its format: cues with times, and what of the file is not used."""

import codecs
import math
from collections.abc import Iterable
from dataclasses import dataclass

MARKS = (  # longest first: the mark of UTF-32 starts with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LATEST_MS = 10 * 24 * 3600 * 1000  # ten days: what is later is no time in a file
# Tiers whose name says what is written in them, not who speaks; of several that hold words the first here is taken.
WORDED = (
    "utterances", "utterance", "sentences", "sentence", "segments", "segment", "phrases", "transcription",
    "transcriptions", "transcript", "orthography", "ortho", "text", "speech", "default", "words", "word",
)  # fmt: skip
UNSPOKEN = (
    "phones", "phone", "phonemes", "phoneme", "phon", "syllables", "syllable", "segmentation", "silences", "silence",
    "notes", "note", "comments", "comment", "gesture", "gestures", "translation", "gloss", "pos", "tones", "breaks",
    "pitch", "emotion", "emotions",
)  # fmt: skip


@dataclass(frozen=True)
class Cue:
    """What is said from `start_ms` to `end_ms`, and by whom where the file names somebody; never without words."""

    start_ms: int
    end_ms: int
    text: str
    speaker: str | None = None


@dataclass(frozen=True)
class Transcript:
    """The cues of a file in order of time, and in words what of it is guessed or not used.

    `text` is what a file without times says of the whole recording.
    """

    cues: tuple[Cue, ...] = ()
    notes: tuple[str, ...] = ()
    text: str | None = None


@dataclass(frozen=True)
class Tier:
    """One line of a file that has several, by its name; `speaker` where the file says who speaks in it."""

    name: str
    cues: tuple[tuple[float, float, str], ...]
    speaker: str | None = None
    unused: str | None = None  # why nothing of it is used


def decoded(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of a file, and a note where its encoding is a guess: with a mark, UTF-8, else UTF-16 or Windows-1252."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace"), ()
    try:
        if b"\0" not in data:
            return data.decode("utf-8"), ()
    except UnicodeDecodeError:
        guess = "cp1252"
    else:
        guess = "utf-16-be" if data[:2].startswith(b"\0") else "utf-16-le"
    return data.decode(guess, "replace"), (f"read as {guess}, which is a guess; save it as UTF-8",)


def transcript(cues: Iterable[tuple[float, float, str, str | None]], notes: Iterable[str] = ()) -> Transcript:
    """A transcript of (start in ms, end in ms, text, speaker): what has no words or length is left out."""
    kept: list[Cue] = []
    empty = backward = 0
    for start_ms, end_ms, text, speaker in cues:
        words = " ".join(text.split())
        if not words:
            empty += 1
        elif not (0 <= start_ms < end_ms <= LATEST_MS and math.isfinite(end_ms)):
            backward += 1
        else:
            kept.append(Cue(round(start_ms), max(round(end_ms), round(start_ms) + 1), words, speaker))
    said = [*notes]
    if empty:
        said.append(f"{empty:,} empty segments are left out")
    if backward:
        said.append(f"{backward:,} segments that do not end after they begin are left out")
    return Transcript(tuple(sorted(kept, key=_order)), tuple(said))


def by_tiers(tiers: Iterable[Tier], notes: Iterable[str] = ()) -> Transcript:
    """A transcript of tiers: the name of a tier is who speaks, unless it says what is written there.

    `anna - words` and `anna - phones`, as forced aligners name them, are tiers of anna. Of tiers of one speaker that
    hold the same words in larger and smaller parts one is taken.
    """
    said = list(notes)
    taken: dict[str | None, tuple[int, Tier]] = {}
    for tier in tiers:
        speaker, rank, why = _meant(tier)
        if why:
            said.append(f"tier {tier.name!r} is not used: {why}")
        elif speaker not in taken or rank < taken[speaker][0]:
            if speaker in taken:
                said.append(f"tier {taken[speaker][1].name!r} is not used: {tier.name!r} holds the words")
            taken[speaker] = (rank, tier)
        else:
            said.append(f"tier {tier.name!r} is not used: {taken[speaker][1].name!r} holds the words")
    if taken and any(speaker and not tier.speaker for speaker, (_, tier) in taken.items()):
        said.append("names of tiers are taken for those who speak")
    return transcript(
        ((start, end, text, speaker) for speaker, (_, tier) in taken.items() for start, end, text in tier.cues), said
    )


def _meant(tier: Tier) -> tuple[str | None, int, str | None]:
    """Who speaks in a tier, how fine its parts are, and why it is not used."""
    owner, _, part = tier.name.rpartition(" - ")
    kind = (part if owner else tier.name).strip().casefold()
    if tier.unused:
        return None, 0, tier.unused
    if kind in UNSPOKEN:
        return None, 0, "its name says that no words are in it"
    if kind in WORDED:
        return tier.speaker or owner.strip() or None, WORDED.index(kind), None
    return tier.speaker or tier.name.strip() or None, len(WORDED), None


def _order(cue: Cue) -> tuple[int, int, str, str]:
    return cue.start_ms, cue.end_ms, cue.speaker or "", cue.text
