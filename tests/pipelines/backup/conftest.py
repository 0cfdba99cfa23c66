"""One small collection for all tests of backups: made once, copied by each."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pipelines.backup.copies import copy_of
from tests.pipelines.conftest import Builder
from tests.pipelines.forget.test_forget import spoken_in


@pytest.fixture(scope="session")
def made(made_once: Callable[[Builder], Path]) -> tuple[Path, Path]:
    """The collection, and the folder of its keys."""
    return made_once(spoken_in) / "home", made_once(spoken_in) / "keys"


@pytest.fixture
def home(made: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A collection of two speakers with a release v1."""
    home, keys = made
    own = copy_of(keys, tmp_path / "keys")
    monkeypatch.setenv("EMOCURATE_KEYS", str(own))
    return copy_of(home, tmp_path / "home")
