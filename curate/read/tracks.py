"""Which of several sound tracks is heard: the first that is not next to silent beside the loudest."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np

SOFTER_DB = 30.0  # a track so much below the loudest has nothing in it; languages and mixes of one film are alike


def heard_track(path: Path, demuxer: str, options: dict[str, str], tracks: Sequence[Any]) -> Any:
    """The first track within 30 dB of the loudest; all are decoded for it, which files with one track are spared."""
    if len(tracks) < 2:
        return next(iter(tracks), None)
    power = _mean_powers(path, demuxer, options, [track.index for track in tracks])
    least = max(power) * 10 ** (-SOFTER_DB / 10)
    return next(track for track, its_power in zip(tracks, power, strict=True) if its_power >= least)


def _mean_powers(path: Path, demuxer: str, options: dict[str, str], indices: Sequence[int]) -> list[float]:
    """The mean square of each track at full scale 1, as far as it can be decoded."""
    total, count = dict.fromkeys(indices, 0.0), dict.fromkeys(indices, 1)
    try:
        with av.open(f"file:{path}", format=demuxer, options=options, metadata_errors="replace") as handle:
            to_float = {index: av.AudioResampler("fltp") for index in indices}
            for packet in handle.demux([handle.streams[index] for index in indices]):
                for samples in _samples(packet, to_float[packet.stream.index]):
                    total[packet.stream.index] += float(np.square(samples, dtype=float).sum())
                    count[packet.stream.index] += samples.size
    except (av.FFmpegError, ValueError):
        pass  # where the file breaks, what was heard before decides
    return [total[index] / count[index] for index in indices]


def _samples(packet: Any, to_float: Any) -> list[Any]:
    try:
        return [part.to_ndarray() for frame in packet.decode() for part in to_float.resample(frame)]
    except (av.FFmpegError, ValueError):
        return []  # a damaged packet says nothing about loudness
