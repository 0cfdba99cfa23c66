"""Which files are transcripts, by their suffix, and what they say."""

from collections.abc import Callable

from curate.transcripts.cues import Transcript, decoded
from curate.transcripts.elan import elan
from curate.transcripts.subtitles import subtitles
from curate.transcripts.textgrid import textgrid
from schemas.errors import Unreadable

MOST_BYTES = 64 * 2**20
TIMED: dict[str, Callable[[str], Transcript]] = {
    ".textgrid": textgrid,
    ".vtt": lambda text: subtitles(text, "vtt"),
    ".srt": lambda text: subtitles(text, "srt"),
}
# Of several transcripts of one file the first is taken: what knows who speaks goes before what does not.
SUFFIXES = (".eaf", *TIMED, ".txt", ".lab")


def read_transcript(data: bytes, suffix: str) -> Transcript:
    """What a file says, by its suffix in lower case; raises Unreadable with the reason where it cannot be read."""
    if len(data) > MOST_BYTES:
        raise Unreadable(f"it has {len(data):,} bytes; expected {MOST_BYTES:,} at most of a transcript")
    if suffix == ".eaf":
        return elan(data)
    text, notes = decoded(data)
    if suffix not in TIMED:
        return Transcript(notes=notes, text=" ".join(text.split()) or None)
    made = TIMED[suffix](text)
    return Transcript(made.cues, (*notes, *made.notes))
