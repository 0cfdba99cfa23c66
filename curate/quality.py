"""MeasureSound and MeasureFace: numbers that say how good a clip is, apart from what is decided by them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.read.decode import Frame, Sound
from curate.voices.spectrum import FULL_SCALE, HOP_MS, Spectrum, spectrum
from schemas.media import Clip, score
from schemas.modality import FACE, VOICE, WHOLE
from schemas.stage import Dropped, Outcome, Signal

SILENT_LUFS = -70.0  # the absolute gate of BS.1770-4: what is softer is silence
GATE_LU = 10.0
BLOCK_FRAMES = 400 // HOP_MS
BLOCK_STEP = 100 // HOP_MS
QUIETEST_PEAK = 0.5  # of the smallest step there is; a silent clip has a peak of -96.3 dBFS
STEP_POWER = 1 / 12 / FULL_SCALE**2  # what rounding to 16 bits adds to the mean square
NOISE_SHARE = 10  # per cent of the frames that are taken to be background, in every band for itself
BAND_HZ = 100  # what bandwidth is measured in
LOUD_SHARE = 0.01  # of the power of the loudest frame: what is softer has no say in what a sound is like
FALL_FRAMES = 5  # a fall of 125 ms: shorter ones are between the pulses of a voice
FALL_DB = 6.0  # how much of it must stand out of the background, and how far it must fall
FALLS = 5  # fewer tell nothing
SILENT_SNR = 0.01  # -20 dB: a clip in which nothing stands out of the background


@dataclass(frozen=True)
class MeasureSound:
    """Measures how loud, noisy, clipped and wide an utterance, a burst or a whole file is, and how unlike a voice.

    `loudness_lufs`: integrated loudness (ITU-R BS.1770-4), never below -70. `peak_dbfs`: the highest sample.
    `snr_db`: see `_snr_db`; `context_ms` before and after the clip help to know the background. `clipping`: the share
    of samples at full scale in runs of at least `clip_run`. `bandwidth_hz`: up to where the mean spectrum stays within
    `range_db` of its strongest band and above the noise of 16 bits by `margin_db` (telephone speech: about 4,000).
    `steadiness`: 1 where the spectrum never changes but in level, as that of a tone. `purity`: 1 where there is but one
    frequency at a time, as in a whistle or a siren. `flatness`: 1 where all frequencies are alike, as in white noise.
    `reverb_s`: how long sound takes to fall by 60 dB, by the median fall of the bands; about .3 in dry speech, and
    missing where too little falls.
    """

    context_ms: int = 500
    clip_run: int = 3
    range_db: float = 55.0
    margin_db: float = 8.0

    version: ClassVar[int] = 3
    takes: ClassVar[type[Clip]] = Clip
    kinds: ClassVar[tuple[str, ...]] = (*VOICE.kinds, WHOLE)
    reads: ClassVar[Signal] = Signal.SOUND

    def __call__(self, rows: Sequence[Clip], signals: Sequence[Sound | None]) -> Iterable[Outcome]:
        """One outcome per clip: its scores."""
        for clip, sound in zip(rows, signals, strict=True):
            if sound is None:
                yield Dropped("no sound track")
            else:
                end_ms = sound.duration_ms if clip.end_ms is None else clip.end_ms
                measured = self._measured(sound, clip.start_ms or 0, end_ms)
                yield [score(clip.id, name, value) for name, value in measured.items() if value is not None]

    def _measured(self, sound: Sound, start_ms: int, end_ms: int) -> dict[str, float | None]:
        before_ms = min(self.context_ms, start_ms)
        around = sound.native_span(start_ms - before_ms, min(end_ms + self.context_ms, sound.duration_ms))
        start, end = (round(ms * sound.rate_hz / 1000) for ms in (before_ms, before_ms + end_ms - start_ms))
        clip = slice(min(start, len(around)), min(end, len(around)))
        whole = spectrum(around, sound.rate_hz, clip)
        return {
            "loudness_lufs": _loudness_lufs(whole.weighted[whole.clip]),
            "snr_db": _snr_db(whole),
            "clipping": _clipping(around[clip], self.clip_run),
            "bandwidth_hz": _bandwidth_hz(whole, self.range_db, self.margin_db),
            "peak_dbfs": _peak_dbfs(around[clip]),
            "steadiness": _steadiness(whole),
            "purity": _purity(whole),
            "flatness": _flatness(whole),
            "reverb_s": _reverb_s(whole),
        }


def _loudness_lufs(weighted: NDArray[np.float32]) -> float:
    """Integrated loudness of K-weighted frames: blocks of 400 ms, four a block, gated; ungated where shorter."""
    summed = np.concatenate([[0.0], np.cumsum(weighted, dtype=float)])
    length = min(BLOCK_FRAMES, len(weighted))
    blocks = (summed[length:] - summed[:-length])[::BLOCK_STEP] / length
    loud = blocks[_lufs(blocks) > SILENT_LUFS]
    if not len(loud):
        return SILENT_LUFS
    loud = loud[_lufs(loud) > _lufs(loud.mean()) - GATE_LU]
    return float(_lufs(loud.mean()))


def _lufs(power: Any) -> Any:
    return 10 * np.log10(np.maximum(power, 1e-12)) - 0.691


def _snr_db(whole: Spectrum) -> float:
    """The power that stands out of the background over the background's, from 100 Hz up, in decibels.

    The background of a band is what the softest tenth of its frames, the surroundings of the clip included, does not
    exceed: between syllables, and between the harmonics of one, every band falls silent now and then (after Martin
    2001, doi:10.1109/89.928915).
    """
    background = np.percentile(whole.bands, NOISE_SHARE, axis=0)
    voice = whole.bands[whole.clip].mean(axis=0)
    over = np.maximum(voice - background, 0).sum()
    under = background.sum() + STEP_POWER
    return float(10 * np.log10(max(over / under, SILENT_SNR)))


def _bandwidth_hz(whole: Spectrum, range_db: float, margin_db: float) -> float:
    """The upper edge of the highest band of 100 Hz whose mean power can be told from nothing; 0 for silence."""
    width = max(round(BAND_HZ / whole.plan.bin_hz), 1)
    bands = np.add.reduceat(whole.mean, np.arange(0, len(whole.mean), width))
    lowest = bands[1:].max(initial=0) * 10 ** (-range_db / 10)  # the first band holds what does not sound
    rounding = STEP_POWER / len(bands) * 10 ** (margin_db / 10)
    above = np.flatnonzero(bands > max(lowest, rounding))
    return min((int(above[-1]) + 1) * width * whole.plan.bin_hz, whole.plan.rate_hz / 2) if len(above) else 0.0


def _steadiness(whole: Spectrum) -> float:
    """The mean cosine of the frames' spectra with their mean, a frame counting as much as it is loud; 0 for silence.

    That is the length of the sum of the spectra over the sum of their lengths.
    """
    total = float(np.linalg.norm(whole.mean[whole.plan.voice])) * len(whole.norm)
    lengths = float(whole.norm.sum()) / whole.channels
    return min(total / lengths, 1.0) if lengths else 0.0


def _purity(whole: Spectrum) -> float:
    """The median share of a frame's power that lies about its strongest frequency, over the louder frames."""
    loud = whole.power > whole.power.max(initial=0) * LOUD_SHARE
    return float(np.median(whole.peak[loud] / whole.power[loud])) if loud.any() else 0.0


def _flatness(whole: Spectrum) -> float:
    """The geometric over the arithmetic mean of the mean spectrum (Gray and Markel 1974,
    doi:10.1109/TASSP.1974.1162572); what rounding to 16 bits adds counts as nothing.
    """
    power = np.maximum(whole.mean[whole.plan.voice].astype(float) - STEP_POWER / len(whole.mean), 0)
    return float(np.exp(np.log(power + 1e-20).mean()) / power.mean()) if power.any() else 0.0


def _reverb_s(whole: Spectrum) -> float | None:
    """60 dB over the median slope of the falls of all bands, in seconds: in a room nothing falls faster than that.

    A fall counts where the level of a band sinks from frame to frame and stays above the background.
    """
    level_db = 10 * np.log10(whole.bands + 1e-12)
    if len(level_db) <= FALL_FRAMES:
        return None
    sinking = np.lib.stride_tricks.sliding_window_view(np.diff(level_db, axis=0) < 0, FALL_FRAMES, axis=0).all(axis=-1)
    first, last = level_db[:-FALL_FRAMES], level_db[FALL_FRAMES:]
    clear = last > np.percentile(level_db, NOISE_SHARE, axis=0) + FALL_DB
    fall_db = (first - last)[sinking & clear & (first - last > FALL_DB)]
    return float(60 * FALL_FRAMES * HOP_MS / 1000 / np.median(fall_db)) if len(fall_db) >= FALLS else None


def _clipping(samples: NDArray[np.int16], run: int) -> float:
    """The share of samples that stand at full scale at least `run` times in a row, over all channels."""
    if not samples.size or max(int(samples.max()), -int(samples.min())) < FULL_SCALE - 1:
        return 0.0
    full = (samples >= FULL_SCALE - 1) | (samples <= 1 - FULL_SCALE)
    edges = np.diff(full.astype(np.int8), axis=0, prepend=0, append=0).T  # a run never goes on in the next channel
    starts, ends = np.nonzero(edges == 1)[1], np.nonzero(edges == -1)[1]
    lengths = ends - starts
    return float(lengths[lengths >= run].sum() / samples.size)


def _peak_dbfs(samples: NDArray[np.int16]) -> float:
    peak = max(int(samples.max(initial=0)), -int(samples.min(initial=0)), QUIETEST_PEAK)
    return float(20 * np.log10(peak / FULL_SCALE))


@dataclass(frozen=True)
class MeasureFace:
    """Measures how sharp, bright and large a face is, or a picture that is one as it came.

    `blur`: variance of the Laplacian (Pech-Pacheco 2000, doi:10.1109/ICPR.2000.903548) of the box's luma brought to
    `side_px` squared, so that faces of any size compare: low is blurred. `brightness` and `contrast`: mean and standard
    deviation of that luma, 0 to 255. `size_px`: the shorter side of the box. `face_share`: its share of the frame.
    """

    side_px: int = 112

    version: ClassVar[int] = 1
    takes: ClassVar[type[Clip]] = Clip
    kinds: ClassVar[tuple[str, ...]] = (*FACE.kinds, WHOLE)
    reads: ClassVar[Signal] = Signal.FRAME

    def __call__(self, rows: Sequence[Clip], signals: Sequence[Frame]) -> Iterable[Outcome]:
        """One outcome per clip: its five scores; dropped where the box is not in the frame."""
        for clip, frame in zip(rows, signals, strict=True):
            measured = self._measured(clip, frame)
            if measured is None:
                yield Dropped("the box of the face lies outside the frame")
            else:
                yield [score(clip.id, name, value) for name, value in measured.items()]

    def _measured(self, clip: Clip, frame: Frame) -> dict[str, float] | None:
        frame_height, frame_width = frame.rgb.shape[:2]
        left, top, width, height = clip.box or (0, 0, frame_width, frame_height)
        crop = frame.rgb[top : top + height, left : left + width]
        if not crop.size:
            return None
        method = cv2.INTER_AREA if min(width, height) > self.side_px else cv2.INTER_LINEAR
        face = cv2.resize(crop, (self.side_px, self.side_px), interpolation=method)
        luma = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
        (_, edges), (brightness, contrast) = map(_mean_and_deviation, (cv2.Laplacian(luma, cv2.CV_16S), luma))
        return {
            "blur": edges**2,
            "brightness": brightness,
            "contrast": contrast,
            "size_px": min(width, height),
            "face_share": width * height / (frame_width * frame_height),
        }


def _mean_and_deviation(values: Any) -> tuple[float, float]:
    """Of whole numbers, summed without loss, in one pass."""
    mean, deviation = cv2.meanStdDev(values)
    return float(mean[0, 0]), float(deviation[0, 0])
