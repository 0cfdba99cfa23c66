"""Sound and video known only by a pattern that repeats: MPEG audio, ADTS, Dolby Digital and transport streams."""

import re
from itertools import islice
from typing import Literal

BITRATES_KBIT = {  # by (MPEG version 1, layer); an index of 0 means free and of 15 is forbidden
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
RATES_HZ = (44100, 48000, 32000)
RATE_DIVISOR = {3: 1, 2: 2, 0: 4}  # MPEG 1, 2 and 2.5 by their version bits
MPEG_SYNC = re.compile(rb"\xff[\xe2-\xe7\xf2-\xff]")
SAME_STREAM = bytes((0xFF, 0xFE, 0x0C))  # sync, version, layer and sampling rate stay the same within a stream
MOST_CANDIDATES = 256  # random bytes hold about thirty a head; what holds hundreds is no MPEG audio
LEAST_FRAMES = 3
TAGS_BEHIND = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"3DI", b"ID3")
ADTS_RATES = 13
DOLBY_SYNC = b"\x0b\x77"
DOLBY_KBIT = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
DOLBY_RATES_HZ = (48000, 44100, 32000)
PACKET_BYTES = (188, 192)


def mpeg_audio_layer(data: bytes, size: int) -> int | None:
    """1, 2 or 3 where MPEG audio frames follow one another, at the start or after junk; `size` is of all that follows.

    The frames must go on to the end of what is there, three of them at least unless they are the whole file: two or
    three that fit by chance are found in any large file of mostly zeros.
    """
    for found in islice(MPEG_SYNC.finditer(data), MOST_CANDIDATES):
        layer = _layer_of_run(data, found.start(), size)
        if layer:
            return layer
    return None


def _layer_of_run(data: bytes, start: int, size: int) -> int | None:
    first, at, frames = data[start : start + 4], start, 0
    while at + 4 <= len(data):
        length = _mpeg_frame_bytes(data[at : at + 4])
        if not length or not _same_stream(first, data[at : at + 4]):
            if data.startswith(TAGS_BEHIND, at):
                break
            return None
        at += length
        frames += 1
    is_whole = start == 0 and at == size
    if not (frames >= LEAST_FRAMES or (frames and is_whole)) or data.count(first) > 2 * frames:
        return None  # numbers in a table repeat at every distance, and so at that of frames as well
    return 4 - (first[1] >> 1 & 3)


def _same_stream(first: bytes, other: bytes) -> bool:
    return all((a ^ b) & mask == 0 for a, b, mask in zip(first, other, SAME_STREAM, strict=False))


def _mpeg_frame_bytes(header: bytes) -> int:
    """The length of an MPEG audio frame with this header, 0 where it is none (ISO/IEC 11172-3, 2.4.1.3)."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    bitrate, rate, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or layer == 4 or bitrate in (0, 15) or rate == 3:
        return 0
    bits_per_second = BITRATES_KBIT[version == 3, layer][bitrate - 1] * 1000
    hz = RATES_HZ[rate] // RATE_DIVISOR[version]
    if layer == 1:
        return (12 * bits_per_second // hz + padding) * 4
    samples_by_8 = 72 if layer == 3 and version != 3 else 144
    return samples_by_8 * bits_per_second // hz + padding


def adts_frames(data: bytes, size: int) -> bool:
    """Whether two AAC frames with ADTS headers follow one another at the start, or one makes up the whole."""
    length = _adts_frame_bytes(data[:7])
    return bool(length) and (length == size or bool(_adts_frame_bytes(data[length : length + 7])))


def _adts_frame_bytes(header: bytes) -> int:
    if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or header[2] >> 2 & 15 >= ADTS_RATES:
        return 0
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return length if length > 7 else 0


def dolby_frames(data: bytes, size: int) -> Literal["ac3", "eac3"] | None:
    """Whether Dolby Digital frames follow one another from the start, three of them or the whole, and of which kind."""
    at = frames = 0
    while at + 6 <= len(data) and frames < LEAST_FRAMES:
        length = _dolby_frame_bytes(data[at : at + 6])
        if not length:
            return None
        at += length
        frames += 1
    if not frames or (frames < LEAST_FRAMES and at != size):
        return None
    return "eac3" if data[5] >> 3 > 10 else "ac3"


def _dolby_frame_bytes(header: bytes) -> int:
    """The length of an AC-3 or E-AC-3 frame with this header, 0 where it is none (ETSI TS 102 366, 4.4 and E.1.3)."""
    if header[:2] != DOLBY_SYNC or len(header) < 6 or header[5] >> 3 > 16:
        return 0
    if header[5] >> 3 > 10:
        return 2 * (((header[2] & 7) << 8 | header[3]) + 1)
    rate, code = header[4] >> 6, header[4] & 63
    if rate == 3 or code >= 2 * len(DOLBY_KBIT):
        return 0
    words = DOLBY_KBIT[code >> 1] * 96_000 // DOLBY_RATES_HZ[rate]
    return 2 * (words + (code & 1 if rate == 1 else 0))


def transport_stream(head: bytes) -> bool:
    """Whether the sync byte of MPEG transport packets comes again at every packet, with or without time codes."""
    return any(
        len(head) > start + 3 * step and all(head[start + step * n] == 0x47 for n in range(4))
        for step, start in zip(PACKET_BYTES, (0, 4), strict=True)
    )
