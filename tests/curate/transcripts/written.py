"""Transcripts as programs write them, from cues: what is read back must be these."""

from collections.abc import Sequence

from hypothesis import strategies as st

from curate.transcripts.cues import Cue

Spans = Sequence[tuple[int, int, str]]
# Words without what has a meaning in subtitles or ends a line; apart by single blanks, as they come out.
WORD = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"), exclude_characters="<>{}&\ufeff"),
    min_size=1,
    max_size=8,
)
WORDS = st.lists(WORD, min_size=1, max_size=5).map(" ".join).filter(lambda text: "-->" not in text)
SPAN = st.tuples(st.integers(0, 3_600_000 * 9), st.integers(1, 60_000), WORDS).map(lambda t: (t[0], t[0] + t[1], t[2]))
SPANS = st.lists(SPAN, min_size=1, max_size=8)


def ordered(spans: Spans, speaker: str | None = None) -> tuple[Cue, ...]:
    """The cues that spans are, in order of time."""
    cues = [Cue(start, end, text, speaker) for start, end, text in spans]
    return tuple(sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms, cue.speaker or "", cue.text)))


def clock(ms: int, comma: str) -> str:
    """Hours, minutes, seconds and milliseconds as subtitles have them."""
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{comma}{ms % 1000:03}"


def srt(spans: Spans) -> str:
    """SubRip."""
    parts = [f"{n}\n{clock(a, ',')} --> {clock(b, ',')}\n{text}\n" for n, (a, b, text) in enumerate(spans, 1)]
    return "\n".join(parts)


def vtt(spans: Spans, voice: str = "") -> str:
    """WebVTT, every cue by one voice."""
    tag = f"<v {voice}>" if voice else ""
    return "WEBVTT\n\n" + "\n".join(f"{clock(a, '.')} --> {clock(b, '.')}\n{tag}{text}\n" for a, b, text in spans)


def long_textgrid(tiers: dict[str, Spans]) -> str:
    """A TextGrid in its long form."""
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0 ", "xmax = 40000.5 "]
    lines += ["tiers? <exists> ", f"size = {len(tiers)} ", "item []: "]
    for number, (name, spans) in enumerate(tiers.items(), 1):
        lines += [f"    item [{number}]:", '        class = "IntervalTier" ', f"        name = {quoted(name)} "]
        lines += ["        xmin = 0 ", "        xmax = 40000.5 ", f"        intervals: size = {len(spans)} "]
        for place, (start, end, text) in enumerate(spans, 1):
            lines += [f"        intervals [{place}]:", f"            xmin = {start / 1000!r} "]
            lines += [f"            xmax = {end / 1000!r} ", f"            text = {quoted(text)} "]
    return "\n".join(lines) + "\n"


def short_textgrid(tiers: dict[str, Spans]) -> str:
    """A TextGrid in its short form."""
    lines = ['File type = "ooTextFile"', '"TextGrid"', "", "0", "40000.5", "<exists>", str(len(tiers))]
    for name, spans in tiers.items():
        lines += ['"IntervalTier"', quoted(name), "0", "40000.5", str(len(spans))]
        for start, end, text in spans:
            lines += [repr(start / 1000), repr(end / 1000), quoted(text)]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A text as Praat quotes it."""
    return '"' + text.replace('"', '""') + '"'


def eaf(tiers: str, slots: dict[str, int | None], header: str = "") -> bytes:
    """An ELAN file with these tiers and time slots."""
    times = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="{name}"' + ("/>" if ms is None else f' TIME_VALUE="{ms}"/>')
        for name, ms in slots.items()
    )
    head = header or '<HEADER TIME_UNITS="milliseconds"/>'
    return f"<ANNOTATION_DOCUMENT>{head}<TIME_ORDER>{times}</TIME_ORDER>{tiers}</ANNOTATION_DOCUMENT>".encode()


def annotation(first: str, last: str, text: str) -> str:
    """One annotation of an ELAN tier."""
    return (
        f'<ANNOTATION><ALIGNABLE_ANNOTATION TIME_SLOT_REF1="{first}" TIME_SLOT_REF2="{last}">'
        f"<ANNOTATION_VALUE>{text}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
    )
