"""The connection to a Label Studio server, by Label Studio's own SDK: nothing is sent twice, no token is shown."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import httpx
from label_studio_sdk import LabelStudio
from label_studio_sdk.core.api_error import ApiError

from annotate.studio.responses import reason, trouble
from schemas.errors import StudioError

PROJECTS_AT_ONCE = 100
CONNECT_S, READ_S = 10, 900
KEY_HELP = "Copy it from Account & Settings in Label Studio and set LABEL_STUDIO_API_KEY to it"


def whole(pages: Any, size: int) -> list[Any]:
    """All of a list that is read page by page; after one that is not full the SDK asks once more, and is refused."""
    return list(pages.items or () if len(pages.items or ()) < size else pages)


@dataclass(frozen=True)
class Connection:
    """A server at an address, as the user a token belongs to."""

    address: str
    token: str = field(repr=False)

    @cached_property
    def _sdk(self) -> LabelStudio:
        """The SDK; by itself it sends twice what was refused or got no answer, and so would make tasks twice."""
        near = urlsplit(self.address).hostname in ("127.0.0.1", "localhost", "::1")
        limits = httpx.Timeout(READ_S, connect=CONNECT_S)
        http = httpx.Client(timeout=limits, follow_redirects=True, trust_env=not near)
        address = f"{self.address.rstrip('/')}/"
        return LabelStudio(base_url=address, api_key=self.token, httpx_client=http, max_retries=0)

    @contextmanager
    def _api(self, what: str, passing: tuple[type[Exception], ...] = ()) -> Iterator[Any]:
        """The SDK, for one call; whatever it or the network raises is told as what it is, and without the token."""
        try:
            yield self._sdk
        except passing:
            raise
        except ApiError as error:
            raise self._refused(error, what) from None
        except httpx.TimeoutException:
            raise StudioError(f"Label Studio at {self.address} took too long over {what}; try again") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise StudioError(
                f"Label Studio does not answer at {self.address} ({trouble(error)}). "
                "Start ours with `emocurate studio`, or correct the address in emocurate.toml"
            ) from None

    def _refused(self, error: ApiError, what: str) -> StudioError:
        where, status = f"Label Studio at {self.address}", error.status_code or 0
        if status == httpx.codes.UNAUTHORIZED and "legacy" in str(error.body):
            return StudioError(f"{where} has legacy tokens switched off; make a personal access token. {KEY_HELP}")
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            return StudioError(f"{where} does not accept the token ({status}). {KEY_HELP}")
        if isinstance(error.body, str) and (status == httpx.codes.NOT_FOUND or httpx.codes.is_success(status)):
            return self._elsewhere()
        return StudioError(f"{where} refused {what} ({status}): {reason(error.body)}")

    def _elsewhere(self) -> StudioError:
        return StudioError(
            f"no Label Studio answers at {self.address}; expected its root address, such as "
            "https://label.example.org: correct labelling.address in emocurate.toml"
        )
