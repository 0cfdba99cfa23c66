"""What every test may ask for: the development media when they are there, and a clean environment."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("EMOCURATE_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real development media beside the checkout; a test that needs it is left out elsewhere."""
    if not SHARED.is_dir():
        pytest.skip("development media are not here (EMOCURATE_SHARED)")
    return SHARED


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No secret or setting of the person who runs the tests leaks into them; keys go to a folder of the test."""
    for name in [name for name in os.environ if name.startswith(("LABEL_STUDIO_", "HF_", "EMOCURATE_KEYS"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("EMOCURATE_KEYS", str(tmp_path_factory.mktemp("keys")))
