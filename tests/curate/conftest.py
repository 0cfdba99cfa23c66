"""Small real media, made once for all tests of what is done to media."""

from pathlib import Path

import pytest

from tests.media.broken import broken_files
from tests.media.make import good_files


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A good file of every format by a short name, such as `flac` or `mp4_rotated`."""
    return good_files(tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="session")
def broken(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files that are broken, lying, absurd or no media at all."""
    return broken_files(tmp_path_factory.mktemp("broken"))
