"""The segmentation network looks at every sample, and says how many speak."""

import numpy as np
import pytest

from curate.voices.segmentation import FRAME_MS, SEGMENTER, STEP, activity, frame_count, start_ms
from tests.curate.conversations import RATE_HZ, said, talk


@pytest.mark.parametrize("samples", [0, 1, 5000, 160_000, 160_001, 176_000, 200_000])
def test_every_sample_lies_in_a_window_and_has_a_frame(samples: int) -> None:
    heard = activity(np.zeros(samples, np.int16), SEGMENTER.short)
    assert len(heard.tracks) == (0 if not samples else 1 + max(0, -(-(samples - 160_000) // STEP)))
    assert len(heard.speech) == len(heard.overlap) == len(heard.change) == frame_count(samples)
    assert frame_count(samples) * FRAME_MS >= samples / 16


def test_nobody_is_heard_in_silence_noise_and_a_tone() -> None:
    noise = np.random.default_rng(0).normal(scale=300, size=12 * RATE_HZ).astype(np.int16)
    tone = (3000 * np.sin(np.arange(12 * RATE_HZ) * 0.1)).astype(np.int16)
    for sound in (np.zeros(12 * RATE_HZ, np.int16), noise, tone):
        assert activity(sound, SEGMENTER.short).speech.max() < 0.3


def test_two_at_once_are_heard_as_two_and_one_as_one() -> None:
    speech, turns = talk("anna_neutral", "anna_neutral+ralf_neutral")
    heard = activity(speech, SEGMENTER.short)
    middles = np.array([start_ms(frame) / 1000 for frame in range(len(heard.speech))])
    (start, end, _), (both, over, _), _ = turns
    alone, together = ((middles > first) & (middles < last) for first, last in ((start, end), (both, over)))
    assert (heard.speech[alone] > 0.5).mean() > 0.6
    assert (heard.overlap[alone] > 0.22).mean() < 0.1
    assert (heard.overlap[together] > 0.22).mean() > 0.4


def test_windows_closer_together_say_much_the_same() -> None:
    speech = np.concatenate([said("anna_neutral"), said("otto_neutral"), said("anna_sadness")])
    far, near = activity(speech, SEGMENTER.short), activity(speech, SEGMENTER.short, STEP // 2)
    assert len(near.tracks) > 1.5 * len(far.tracks)
    assert np.abs(far.speech - near.speech).mean() < 0.05
