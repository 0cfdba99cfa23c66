"""The one room that fetches from the net: politely, within bounds, and with all that shows what was fetched."""

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self

from aiohttp import ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from yarl import URL

from curate.rights.addresses import Door, PublicResolver, checked_url
from curate.rights.bodies import CHUNK, Body, Judge, Part, Unpacking
from curate.rights.problems import Again, problems_told
from schemas.errors import Refused, Unreachable

REDIRECTS = (301, 302, 303, 307, 308)
MAY_SUCCEED = (408, 425, 429, 500, 502, 503, 504)
NO_UTF8 = re.compile("[\udc80-\udcff]")  # bytes of headers, as the parser gives them
HOP_BYTES = 1 << 16  # of the body of a redirect, which nobody reads
Outcome = Literal["fetched", "unchanged", "refused", "failed"]


@dataclass(frozen=True)
class Bounds:
    """What one fetch may take: bytes unpacked, seconds for a whole body, redirects, attempts at what may succeed."""

    most_bytes: int = 2 << 30
    seconds: float = 600
    idle_s: float = 30
    connect_s: float = 15
    redirects: int = 10
    attempts: int = 3
    back_off_s: float = 1
    most_wait_s: float = 60


@dataclass(frozen=True)
class Request:
    """What is asked for: an address, where its bytes go (None: they stay in memory), what was known of it before.

    `judge` says why a body that begins so is not wanted. `cut` keeps the first `most_bytes` of what is longer.
    """

    url: str
    path: Path | None = None
    etag: str | None = None
    last_modified: str | None = None
    judge: Judge | None = None
    most_bytes: int | None = None
    cut: bool = False


@dataclass(frozen=True)
class Hop:
    """One redirect on the way: where it was, its status and the SHA-256 of its body."""

    url: str
    status: int
    sha256: str


@dataclass(frozen=True)
class Fetched:
    """How a fetch ended: `fetched`, `unchanged` since last time, `refused` for good, or `failed` this time.

    `final_url` is where it ended, `headers` and `status` are of the answer there, if there was one; names in small
    letters. Times are ISO 8601 in UTC.
    """

    url: str
    outcome: Outcome
    reason: str | None = None
    final_url: str = ""
    chain: tuple[Hop, ...] = ()
    fetched_at: str = ""
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    sha256: str | None = None
    size: int = 0
    path: Path | None = None
    body: bytes = b""


class Policy(Protocol):
    """Who is asked on the way; both raise Refused with the reason where an address may not be fetched."""

    async def before(self, url: URL) -> None:
        """Asked before a request is sent to an address; waits where the host wants its time."""

    async def after(self, headers: Mapping[str, str]) -> None:
        """Asked when the headers are there, before the body is read."""

    def wants_rest(self, url: URL, seconds: float) -> None:
        """Told that the host of an address wants to be left alone for so long."""


class Fetcher:
    """Fetches as one agent; no cookie is kept, no proxy used, and nothing but public machines asked."""

    def __init__(self, agent: str, door: Door | None = None, limits: Bounds | None = None) -> None:
        self._agent, self._door, self._limits = agent, door or Door(), limits or Bounds()

    async def __aenter__(self) -> Self:
        connector = TCPConnector(resolver=PublicResolver(self._door), limit=0, ttl_dns_cache=60)
        timeout = ClientTimeout(total=None, sock_connect=self._limits.connect_s, sock_read=self._limits.idle_s)
        headers = {"User-Agent": self._agent, "Accept": "*/*", "Accept-Encoding": "identity"}
        self._session = ClientSession(
            connector=connector, timeout=timeout, headers=headers, cookie_jar=DummyCookieJar(), auto_decompress=False,
            trust_env=False, read_bufsize=CHUNK,
        )  # fmt: skip
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def fetch(self, request: Request, policy: Policy | None = None) -> Fetched:
        """Fetch one address, trying again what may succeed; the result says how it ended and never raises for that."""
        trip = _Trip(self._session, self._door, self._limits, request, policy)
        for attempt in range(self._limits.attempts):
            try:
                return await trip.go()
            except Refused as error:
                if trip.part:
                    trip.part.drop()
                return trip.ended("refused", str(error))
            except Again as error:
                if policy and error.wait_s:
                    policy.wants_rest(URL(trip.seen.final_url), error.wait_s)
                wait = max(error.wait_s, self._limits.back_off_s * 2**attempt)
                if attempt + 1 == self._limits.attempts or wait > self._limits.most_wait_s:
                    return trip.ended("failed", str(error))
                await asyncio.sleep(wait)
            except Unreachable as error:
                return trip.ended("failed", str(error))
        raise AssertionError("every attempt ends")


@dataclass
class _Trip:
    """One attempt after the other at one address, and what was seen on the way."""

    session: ClientSession
    door: Door
    limits: Bounds
    request: Request
    policy: Policy | None
    seen: Fetched = field(init=False)

    def __post_init__(self) -> None:
        self.seen = Fetched(self.request.url, "failed")
        self.part = Part(self.request.path.with_suffix(".part")) if self.request.path else None

    def ended(self, outcome: Outcome, reason: str | None = None) -> Fetched:
        """How it ended, with what was seen."""
        return replace(self.seen, outcome=outcome, reason=reason, fetched_at=self.seen.fetched_at or _now())

    async def go(self) -> Fetched:
        """Follow the redirects to the end; raises Refused, Unreachable and Again."""
        self.seen = Fetched(self.request.url, "failed")
        url: URL | None = checked_url(self.request.url)
        visited: set[URL] = set()
        while url is not None:
            if url in visited:
                raise Refused("redirects in a circle")
            if len(visited) > self.limits.redirects:
                raise Refused(f"redirects more than {self.limits.redirects} times")
            visited.add(url)
            self.seen = Fetched(self.request.url, "failed", None, str(url), self.seen.chain, self.seen.fetched_at)
            self.door.check(url)
            if self.policy:
                await self.policy.before(url)
            with problems_told():
                async with asyncio.timeout(self.limits.seconds):
                    url = await self._hop(url)
        return self.ended("unchanged" if self.seen.status == 304 else "fetched")

    async def _hop(self, url: URL) -> URL | None:
        """Ask one address; gives where it redirects to, or None where the body is taken in."""
        async with self.session.get(url, headers=self._headers(url), allow_redirects=False) as response:
            headers = {name.casefold(): _text(response.headers.getall(name)) for name in response.headers}
            self.seen = replace(self.seen, status=response.status, headers=headers, fetched_at=_now())
            if response.status in REDIRECTS and "location" in headers:
                body = await response.content.read(HOP_BYTES)
                hop = Hop(str(url), response.status, hashlib.sha256(body).hexdigest())
                self.seen = replace(self.seen, chain=(*self.seen.chain, hop))
                return _joined(url, response.headers["location"])
            if response.status == 304 and (self.request.etag or self.request.last_modified):
                return None
            self._check_status(response, headers)
            if self.policy:
                await self.policy.after(headers)
            await self._take(response, headers)
        return None

    def _headers(self, url: URL) -> dict[str, str]:
        headers = self.part.headers(_plain(url)) if self.part else {}
        if not headers and self.request.etag:
            headers["If-None-Match"] = self.request.etag
        if not headers.get("Range") and self.request.last_modified:
            headers["If-Modified-Since"] = self.request.last_modified
        return headers

    def _check_status(self, response: ClientResponse, headers: Mapping[str, str]) -> None:
        status = response.status
        if status == 416 and self.part:
            self.part.drop()
            raise Again("the rest of it is not to be had; from the beginning")
        if status in MAY_SUCCEED:
            raise Again(f"HTTP {status}", wait_s(headers.get("retry-after")))
        if status >= 500:
            raise Unreachable(f"HTTP {status}")
        if status not in (200, 203, 206):
            raise Refused(f"HTTP {status}")
        told = headers.get("content-length", "")
        most = self.request.most_bytes or self.limits.most_bytes
        if told.isdecimal() and len(told) < 20 and int(told) > most and not self.request.cut:
            raise Refused(f"larger than {most / 1e6:,.0f} MB, which the settings allow")

    async def _take(self, response: ClientResponse, headers: Mapping[str, str]) -> None:
        body = Body(self.request.most_bytes or self.limits.most_bytes, self.request.cut, self.request.judge)
        unpacking = Unpacking(headers.get("content-encoding", ""))
        if self.part is None or self.request.path is None:
            await _read(response, unpacking, body)
            self.seen = replace(self.seen, body=bytes(body.kept))
        else:
            resumed = response.status == 206 and _starts_at(headers, self.part.path)
            if response.status == 206 and not resumed:
                self.part.drop()
                raise Again("another part came than was asked for")
            if resumed:
                body.resume(self.part.path)
            else:
                packed = headers.get("content-encoding", "identity") != "identity"
                validator = None if packed else _validator(headers)
                body.noted = partial(self.part.begin, _plain(response.url), validator)
            with self.part.path.open("ab" if resumed else "wb") as body.file:
                await _read(response, unpacking, body)
            self.part.settle(self.request.path)
        self.seen = replace(self.seen, sha256=body.digest.hexdigest(), size=body.size, path=self.request.path)


async def _read(response: ClientResponse, unpacking: Unpacking, body: Body) -> None:
    async for sent in response.content.iter_chunked(CHUNK):
        if not all(body.take(piece) for piece in unpacking.pieces(sent)):
            body.end()
            return
    unpacking.end()
    body.end()


def _text(values: Sequence[str]) -> str:
    """The values of one header; bytes that are no UTF-8 are shown as \\x escapes."""
    return ", ".join(values).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _joined(url: URL, location: str) -> URL:
    """Where a redirect leads; bytes that are no UTF-8 mean themselves."""
    plain = NO_UTF8.sub(lambda byte: f"%{ord(byte[0]) - 0xDC00:02X}", location)
    try:
        return checked_url(str(url.join(URL(plain))))
    except ValueError:
        raise Refused("redirects to what is no web address") from None


def _plain(url: URL) -> str:
    return str(url.with_query(None))  # signed queries differ every time


def _validator(headers: Mapping[str, str]) -> str | None:
    etag = headers.get("etag", "")
    return etag if etag.startswith('"') else None if etag else headers.get("last-modified")


def _starts_at(headers: Mapping[str, str], part: Path) -> bool:
    size = part.stat().st_size if part.exists() else 0
    return headers.get("content-range", "").startswith(f"bytes {size}-")


def wait_s(told: str | None) -> float:
    """The seconds of a Retry-After, given as a number or a time."""
    if told and told.strip().isdecimal():
        return float(told.strip()[:9])
    with suppress(TypeError, ValueError, OverflowError):
        return max(0.0, (parsedate_to_datetime(told or "") - datetime.now(UTC)).total_seconds())
    return 0.0


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
