"""A voice is near to itself and far from others, whether a part is seen alone or pooled from the whole."""

import numpy as np
import pytest

from curate.voices.embeddings import BLOCK_MS, CAMPPLUS, Pooled, filterbank, voice_vector
from tests.curate.conversations import RATE_HZ, said

BLOCK = BLOCK_MS * RATE_HZ // 1000


def test_a_voice_is_nearer_to_itself_in_another_emotion_than_to_another_voice_in_the_same() -> None:
    own, other_emotion = (voice_vector(said(f"otto_{name}"), CAMPPLUS.short) for name in ("neutral", "sadness"))
    for other in ("anna_neutral", "ralf_neutral"):
        assert own @ other_emotion > own @ voice_vector(said(other), CAMPPLUS.short) + 0.2
    assert np.linalg.norm(own) == pytest.approx(1, abs=1e-5)


def test_vectors_point_in_all_directions() -> None:
    """The published network ends without a ReLU: with one, no two voices would ever be far from each other."""
    assert (voice_vector(said("anna_neutral"), CAMPPLUS.short) < 0).mean() > 0.25


def test_the_whole_pooled_from_its_parts_is_the_whole() -> None:
    speech = said("anna_neutral")
    blocks = -(-len(speech) // BLOCK)
    pooled = Pooled(speech, np.ones(blocks + 1, np.bool_), CAMPPLUS.short)
    whole = pooled.vectors(np.array([0]), np.array([blocks]))[0]
    assert whole @ voice_vector(speech, CAMPPLUS.short) > 0.9999
    assert pooled.frames(0, 10) == 50


def test_what_is_not_wanted_does_not_count_and_is_not_looked_at() -> None:
    speech = np.concatenate([said("anna_neutral")[: 30 * BLOCK], said("otto_neutral")[: 30 * BLOCK]])
    wanted = np.arange(60) < 30
    pooled = Pooled(speech, wanted, CAMPPLUS.short)
    everything, own = pooled.vectors(np.array([0, 0]), np.array([60, 30]))
    assert everything @ own == pytest.approx(1)
    assert pooled.frames(30, 60) == 0


@pytest.mark.parametrize("samples", [0, 1, 399, 400, 2000, 16_000])
def test_the_shortest_sound_has_finite_features_and_a_vector(samples: int) -> None:
    speech = said("anna_neutral")[8000 : 8000 + samples]
    assert np.isfinite(filterbank(speech.astype(np.float32))).all()
    assert np.isfinite(voice_vector(speech, CAMPPLUS.short)).all()
