"""A proxy on this machine through which another program reaches the public internet and nothing else.

What a program asks on its way is beyond us; which machines it connects to is not: it knows of no other way out.
"""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self

from yarl import URL

from curate.rights.addresses import Door, PublicResolver, checked_url
from curate.rights.bodies import CHUNK
from schemas.errors import Refused

HEAD_BYTES = 1 << 16
MOST_BYTES = 256 << 20  # both ways over one connection: pages and their data, no media
CONNECT_S = 15
OF_PROXY = (b"proxy-", b"connection:", b"keep-alive:")


class Gate:
    """An HTTP proxy for as long as it is entered; `refused` says what it kept a program from.

    Names are resolved here, and the address that was checked is the one that is connected to.
    """

    def __init__(self, door: Door) -> None:
        self._door, self._names = door, PublicResolver(door)
        self._open: set[asyncio.Task[None]] = set()
        self.refused: list[str] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=HEAD_BYTES)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await self._names.close()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self._open.add(task)
            task.add_done_callback(self._open.discard)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            await self._through(head, reader, writer)
        except Refused as error:
            self.refused.append(str(error))
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        finally:
            writer.close()

    async def _through(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect to the machine a request names, and pass on what both sides send."""
        first, *lines = head.rstrip(b"\r\n").split(b"\r\n")
        method, target, _ = first.decode("ascii").split(" ")
        tunnel = method == "CONNECT"
        url = checked_url(f"https://{target}/" if tunnel else target)
        there, back = await self._connected(url)
        if tunnel:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            kept = [line for line in lines if not line.lower().startswith(OF_PROXY)]
            back.write(b"\r\n".join([f"{method} {url.raw_path_qs} HTTP/1.1".encode(), *kept]))
            back.write(b"\r\nConnection: close\r\n\r\n")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pass_on(reader, back))
                group.create_task(_pass_on(there, writer))
        finally:
            back.close()

    async def _connected(self, url: URL) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to an address that was checked; raises Refused."""
        self._door.check(url)
        (first, *_) = await self._names.resolve(url.raw_host or "", url.port or 0)
        async with asyncio.timeout(CONNECT_S):
            return await asyncio.open_connection(first["host"], first["port"])


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes, to its end or the size that is allowed."""
    passed = 0
    with suppress(OSError):
        while (piece := await reader.read(CHUNK)) and passed < MOST_BYTES:
            passed += len(piece)
            writer.write(piece)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
