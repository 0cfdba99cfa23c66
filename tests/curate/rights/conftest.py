"""The loopback site, for everything that fetches."""

from collections.abc import Iterator

import pytest

from tests.site import Site, served


@pytest.fixture
def site() -> Iterator[Site]:
    """A site of the test's own."""
    with served() as one:
        yield one
