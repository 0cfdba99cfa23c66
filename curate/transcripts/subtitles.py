"""Subtitles: SubRip (.srt) and WebVTT (.vtt)."""

import html
import re
from collections.abc import Iterator

from curate.transcripts.cues import Transcript, transcript
from schemas.errors import Unreadable

TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
LINE = re.compile(rf"^\s*{TIME}\s*-->\s*{TIME}(?:\s.*)?$")
NOT_CUES = re.compile(r"^(NOTE|STYLE|REGION)(\s|$)")
VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^>]+)>")
TAGS = re.compile(r"</?[a-zA-Z0-9.:_]+(?:\s[^>]*)?>|\{\\[^}]*\}")
FORMS = {"srt": "00:00:01,500 --> 00:00:02,750", "vtt": "00:01.500 --> 00:02.750"}

Cues = Iterator[tuple[float, float, str, str | None]]


def subtitles(text: str, form: str) -> Transcript:
    """The cues of subtitles; raises Unreadable where there is no time line, or WebVTT lacks its first line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").split("\n")
    if form == "vtt" and not re.match(r"WEBVTT(\s|$)", lines[0]):
        raise Unreadable("it does not begin with WEBVTT, as WebVTT does")
    if not any(LINE.match(line) for line in lines):
        if form == "vtt" or not text.strip():
            return transcript(())
        raise Unreadable(f"no line with times is in it; expected such as {FORMS[form]}")
    return transcript(_cues(lines, form))


def _cues(lines: list[str], form: str) -> Cues:
    """Every time line with the lines after it, up to an empty one; what stands elsewhere is a number or a note."""
    at, is_note = 0, False
    while at < len(lines):
        times = None if is_note else LINE.match(lines[at])
        if not times:
            is_note = bool(lines[at].strip()) and (is_note or (form == "vtt" and bool(NOT_CUES.match(lines[at]))))
            at += 1
            continue
        first = at = at + 1
        while at < len(lines) and lines[at].strip():
            at += 1
        start, end = _ms(times.groups()[:4]), _ms(times.groups()[4:])
        yield from _voices("\n".join(lines[first:at]), start, end, form)


def _voices(text: str, start: float, end: float, form: str) -> Cues:
    """The parts of a cue, one for each voice that is named in it."""
    if form == "srt":
        yield start, end, TAGS.sub("", text), None
        return
    before, *parts = VOICE.split(text)
    if before.strip() or not parts:
        yield start, end, html.unescape(TAGS.sub("", before)), None
    for name, words in zip(parts[::2], parts[1::2], strict=True):
        yield start, end, html.unescape(TAGS.sub("", words)), html.unescape(name).strip() or None


def _ms(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    return 1000.0 * (3600 * int(hours) + 60 * int(minutes) + int(seconds)) + int(fraction.ljust(3, "0"))
