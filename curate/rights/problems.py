"""What goes wrong on the net, told apart: refused for good, failed this time, or to be tried again."""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp

from schemas.errors import Refused, Unreachable

NO_HTTP = "the answer is no HTTP that can be read"


class Again(Unreachable):
    """What may succeed at another attempt, in `wait_s` at the earliest."""

    def __init__(self, reason: str, wait_s: float = 0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


@contextmanager
def problems_told() -> Iterator[None]:
    """What goes wrong inside is raised as Refused, Unreachable or Again, with the reason."""
    try:
        yield
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
        raise Refused("not a web address") from None
    except (aiohttp.ClientConnectorDNSError, aiohttp.ClientConnectorCertificateError) as error:
        raise Unreachable(f"cannot be reached: {_why(error)}") from None
    except aiohttp.ClientSSLError:
        raise Unreachable("its certificate or encryption is not in order") from None
    except aiohttp.ClientResponseError:
        raise Unreachable(NO_HTTP) from None
    except aiohttp.ClientError as error:
        raise Again(f"cannot be reached, or broke off: {_why(error)}") from None
    except TimeoutError:
        raise Unreachable("not whole within the seconds that are allowed for it") from None
    except OSError as error:
        raise Again(f"cannot be reached, or broke off: {_why(error)}") from None
    except ValueError:
        raise Unreachable(NO_HTTP) from None


def _why(error: BaseException) -> str:
    inner = getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error
    return str(getattr(inner, "strerror", None) or type(inner).__name__)
