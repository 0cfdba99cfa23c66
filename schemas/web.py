"""What is known of media that came from the net: how each address was fetched, and what sites say about its use."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from schemas.ids import content_id

OptOutKind = Literal[
    "robots.txt", "ai-agents", "x-robots-tag", "meta", "tdmrep", "ai.txt", "content-signal", "content-usage"
]
OPT_OUT_KINDS: tuple[OptOutKind, ...] = get_args(OptOutKind)


@dataclass(frozen=True)
class SiteNotice:
    """What a site said about the use of all it serves, word for word: its robots.txt, tdmrep.json or ai.txt.

    `text` is None where there was none; `status` is the HTTP status, None where nothing answered. `rules` is the
    version of the rules it was read by.
    """

    name: str
    address: str
    status: int | None
    sha256: str | None
    text: str | None
    rules: str
    seen_at: str

    @cached_property
    def id(self) -> str:
        """The hash of its values, time included."""
        return content_id("notice", **vars(self))  # `asdict` would copy deeply


@dataclass(frozen=True)
class Fetch:
    """One fetch of one address, as evidence: how it ended, on which way, with which headers, and what was against it.

    `asset` is what its bytes became, or what stands for them. `chain` and `headers` are JSON: every redirect with its
    status and the SHA-256 of its body, and the headers of the last response. `optouts` are what was found against it,
    of kinds that count or not; `notices` are the SiteNotices that were looked at. `agent` is who asked.
    """

    asset: str
    url: str
    outcome: str
    reason: str | None
    final_url: str
    chain: str
    fetched_at: str
    status: int | None
    headers: str
    sha256: str | None
    size: int
    agent: str
    rules: str
    optouts: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @cached_property
    def id(self) -> str:
        """The hash of its values, time included."""
        return content_id("fetch", **vars(self))  # `asdict` would copy deeply
