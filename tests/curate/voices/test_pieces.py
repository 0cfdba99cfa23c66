"""Pieces hold one voice: they are cut where another takes over, be there a pause or not."""

import numpy as np

from curate.voices import pieces as room
from curate.voices.embeddings import CAMPPLUS
from curate.voices.pieces import apart, pieces
from curate.voices.segmentation import SEGMENTER, activity, start_ms
from tests.curate.conversations import said, talk


def test_a_change_of_voices_without_a_pause_is_a_cut() -> None:
    speech = np.concatenate([said("otto_neutral")[16_000:48_000], said("anna_neutral")[16_000:48_000]] * 2)
    heard = activity(speech, SEGMENTER.short)
    (found,) = pieces(speech, heard, [0.65], CAMPPLUS.short)
    cuts = [start_ms(int(start)) for start in found.starts]
    for change_ms in (2000, 4000, 6000):
        assert min(abs(cut - change_ms) for cut in cuts) < 500


def test_pieces_are_apart_in_order_and_within_what_one_voice_says() -> None:
    speech, _ = talk("anna_neutral", "anna_neutral+ralf_neutral", "otto_neutral")
    heard = activity(speech, SEGMENTER.short)
    for found in pieces(speech, heard, [0.5, 0.8], CAMPPLUS.short):
        assert (found.starts[1:] >= found.ends[:-1]).all()
        assert (found.ends > found.starts).all()
        assert np.allclose(np.linalg.norm(found.vectors, axis=1), 1)
        inside = np.concatenate([heard.overlap[start:end] for start, end in zip(found.starts, found.ends, strict=True)])
        assert (inside < 0.22).mean() > 0.9


def test_what_the_windows_tell_apart_is_known_of_every_two_pieces() -> None:
    speech, turns = talk("otto_neutral", "anna_neutral")
    heard = activity(speech, SEGMENTER.short)
    (found,) = pieces(speech, heard, [0.65], CAMPPLUS.short)
    first = np.array([start_ms(int(start)) < 1000 * turns[0][1] for start in found.starts])
    told_apart = apart(heard, found)
    assert told_apart[np.ix_(first, ~first)].min() > 0.5
    assert np.allclose(told_apart, told_apart.T)


def test_a_recording_longer_than_a_stretch_is_cut_there(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(room, "STRETCH_FRAMES", 300)
    speech, _ = talk("anna_neutral", "otto_neutral", "anna_sadness")
    (found,) = pieces(speech, activity(speech, SEGMENTER.short), [0.65], CAMPPLUS.short)
    assert len(set(found.stretches.tolist())) > 2
    assert all(start // 300 == (end - 2) // 300 for start, end in zip(found.starts, found.ends, strict=True))
