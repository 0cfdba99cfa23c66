"""The shipped networks are what the script makes of those they come from, and halving their weights moves nothing."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curate.sessions import open_session
from tests.models.make_voice_models import NAMES, SHIPPED, main


def test_the_shipped_networks_are_made_again_byte_by_byte(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.models.make_voice_models.SHIPPED", tmp_path)
    main(shared / "models")
    for name in NAMES:
        assert (tmp_path / name).read_bytes() == (SHIPPED / name).read_bytes()


def test_halved_weights_change_no_decision_of_the_segmentation(shared: Path) -> None:
    import soundfile

    speech, _ = soundfile.read(shared / "speech" / "sample.wav", dtype="float32")
    window = speech[None, None, 80_000:240_000]
    name = NAMES[0]
    first, second = (run((folder / name).read_bytes(), {"w": window}) for folder in (shared / "models", SHIPPED))
    assert np.abs(np.exp(first) - np.exp(second)).max() < 0.005
    assert (first.argmax(axis=2) == second.argmax(axis=2)).all()


def run(model: bytes, inputs: dict[str, Any]) -> Any:
    return open_session(model).run(None, inputs)[0]
