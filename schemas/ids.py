"""Content-hash ids: the same values always get the same id, on every machine."""

import hashlib
import json
from typing import Any

LENGTH = 32  # hex digits; 128 bits are plenty for a collision to stay a matter of theory


def canonical(value: Any) -> str:
    """The one JSON text of a value: sorted keys, no spaces, UTF-8 kept; raises ValueError on NaN and infinities."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def content_id(noun: str, **values: Any) -> str:
    """The id of a row: 32 hex digits of the SHA-256 of its noun and its values.

    Surrogates that stand for undecodable bytes of a file name are kept apart, so two odd names never share an id.
    """
    text = canonical([noun, values])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]


def short_id(**values: Any) -> str:
    """Eight hex digits that tell parameters of one stage apart; not an identity of a row."""
    return content_id("parameters", **values)[:8]


def asset_id(sha256: str) -> str:
    """The id of a media file: the first 32 hex digits of the SHA-256 of its bytes."""
    return sha256[:LENGTH]
