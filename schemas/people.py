"""People who are heard or seen, by pseudonym, and what they consented to."""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Literal

from schemas.ids import content_id

ConsentScope = Literal["annotate", "train", "publish", "identify"]
SCOPES: tuple[ConsentScope, ...] = ("annotate", "train", "publish", "identify")
ConsentState = Literal["given", "withdrawn"]
STATES: tuple[ConsentState, ...] = ("given", "withdrawn")


@dataclass(frozen=True)
class Consent:
    """What one person said to the use of their recordings and pictures, and when; of each person the last counts.

    `person` and `guardian` are pseudonyms. Days are ISO 8601; the consent holds up to and with the day `expires_on`,
    and media are to be deleted after `keep_until`. `text_version` and `text_sha256` say which words were put to them,
    `licence` what they grant, `evidence` where that can be read. `said_at` is when the record came.
    """

    person: str
    scopes: tuple[ConsentScope, ...]
    said_at: str
    state: ConsentState = "given"
    given_on: str | None = None
    expires_on: str | None = None
    keep_until: str | None = None
    licence: str | None = None
    text_version: str | None = None
    text_sha256: str | None = None
    of_age: bool | None = None
    guardian: str | None = None
    evidence: str | None = None

    @cached_property
    def id(self) -> str:
        """The hash of its values, time included."""
        return content_id("consent", **asdict(self))
