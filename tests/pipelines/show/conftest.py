"""What a verb prints with --json, read back."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipelines.show.terminal import shown


@pytest.fixture
def as_json(capsys: pytest.CaptureFixture[str]) -> Callable[[Any], Any]:
    """Reads back what is printed of a result as JSON; nothing may be drawn beside it."""

    def read(result: Any) -> Any:
        shown(result, True, lambda _: pytest.fail("drawn for people although JSON was asked for"))
        printed = capsys.readouterr()
        assert printed.err == ""
        return json.loads(printed.out)

    return read
