"""A proxy through which another program reaches what may be reached, and nothing else."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from curate.rights.addresses import Door
from curate.rights.gate import Gate
from tests.site import Site

ALLOWED = Door(("127.0.0.1",))


def through(door: Door, act: Callable[[Gate], Awaitable[Any]]) -> tuple[Any, list[str]]:
    async def begin() -> tuple[Any, list[str]]:
        async with Gate(door) as gate:
            return await act(gate), gate.refused

    return asyncio.run(begin())


def got(url: str, door: Door) -> tuple[tuple[int, bytes], list[str]]:
    """What a program gets that has asked the proxy for an address."""

    async def act(gate: Gate) -> tuple[int, bytes]:
        async with aiohttp.ClientSession() as session, session.get(url, proxy=gate.address) as answer:
            return answer.status, await answer.read()

    return through(door, act)


def tunnelled(target: str, request: bytes, door: Door) -> tuple[bytes, list[str]]:
    """What comes back through a tunnel to `target`."""

    async def act(gate: Gate) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(gate.address.rpartition(":")[2]))
        writer.write(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        first = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " in first:
            writer.write(request)
            return first + await reader.read()
        return first

    return through(door, act)


def test_what_is_allowed_comes_through(site: Site) -> None:
    url = site.put("/a?b=c", b"words")
    assert got(url, ALLOWED) == ((200, b"words"), [])
    told = site.requests[0][1]
    assert told["Connection"] == "close"
    request = f"GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nConnection: close\r\n\r\n".encode()
    answer, refused = tunnelled(f"127.0.0.1:{site.port}", request, ALLOWED)
    assert answer.endswith(b"words")
    assert refused == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1", "127.1", "2130706433"]
)
def test_no_machine_but_public_ones_is_connected_to(site: Site, host: str) -> None:
    answer, refused = tunnelled(f"{host}:{site.port}", b"", Door())
    assert b" 403 " in answer
    assert len(refused) == 1
    assert not site.asked


def test_a_plain_request_to_a_private_machine_is_refused(site: Site) -> None:
    assert got(site.url("/a"), Door()) == (
        (403, b""),
        ["127.0.0.1 is not on the public internet; --allow-host 127.0.0.1, if it is yours"],
    )
    assert not site.asked


@pytest.mark.parametrize(
    "first", [b"\r\n\r\n", b"GET\r\n\r\n", b"GET file:///etc/passwd HTTP/1.1\r\n\r\n", b"\xff\xfe /\r\n\r\n"]
)
def test_what_is_no_request_gets_nowhere(first: bytes) -> None:
    async def act(gate: Gate) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(gate.address.rpartition(":")[2]))
        writer.write(first)
        return await reader.read()

    assert through(ALLOWED, act)[0].startswith((b"HTTP/1.1 403", b"HTTP/1.1 502"))
