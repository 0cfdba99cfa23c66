"""Texts of JSON: what they hold, and how their members are named in SQL."""

import json
from pathlib import Path
from typing import Any

from schemas.errors import BadInput


def json_value(path: Path, shown: Path) -> Any:
    """The value of a file of JSON; raises BadInput that names the file as `shown`."""
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise BadInput(f"{shown} is not JSON we can read: {error}") from None


def value_of(text: str) -> Any:
    """The value of a text of JSON, or None."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def pointer(name: str) -> str:
    """The path of a member as JSON functions take it, whatever its name holds."""
    return "/" + name.replace("~", "~0").replace("/", "~1")
