"""A web site of the tests' own on the loopback interface: pages, feeds, opt-outs of every kind, and servers that misbehave."""

import argparse
import asyncio
import gzip
import io
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import numpy as np
import pytest
import soundfile
from aiohttp import web
from PIL import Image

AGENT = "emocurate-tests/1 (+mailto:tests@example.org)"
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def sound(number: int, seconds: float = 0.05) -> bytes:
    """A small sound, different for every number."""
    file = io.BytesIO()
    tone = 0.2 * np.sin(np.arange(int(16_000 * seconds)) / (5 + number % 50)) + number / 1e5
    soundfile.write(file, tone, 16_000, "PCM_16", format="WAV")
    return file.getvalue()


@dataclass
class Site:
    """What is served: bodies and headers by path, further answers by path, and how often each path was asked for."""

    bodies: dict[str, tuple[bytes, dict[str, str]]] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    port: int = 0
    waited: int = 0
    together: int = 0

    def put(self, path: str, body: bytes | str, kind: str = "application/octet-stream", **headers: str) -> str:
        """Serve a body; gives its address. Underscores in names of headers are hyphens."""
        data = body.encode() if isinstance(body, str) else body
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        self.bodies[path] = (data, {"Content-Type": kind, **told})
        return self.url(path)

    def move(self, path: str, to: str, status: int = 302) -> str:
        """Redirect from a path."""

        async def moved(request: web.Request) -> web.Response:
            return web.Response(status=status, headers={"Location": to}, text="moved")

        self.answers[path] = moved
        return self.url(path)

    def takes(self, path: str, body: bytes, seconds: float = 0.05) -> str:
        """Answer with a body after so long; `together` is how many such answers were waited for at one time."""

        async def slow(request: web.Request) -> web.Response:
            self.waited += 1
            self.together = max(self.together, self.waited)
            await asyncio.sleep(seconds)
            self.waited -= 1
            return web.Response(body=body)

        self.answers[path] = slow
        return self.url(path)

    def fails(self, path: str, status: int, times: int, then: bytes, **headers: str) -> str:
        """Answer with a status for so many times, then with a body."""

        async def failing(request: web.Request) -> web.Response:
            told = {name.replace("_", "-"): value for name, value in headers.items()}
            broken = self.asked[path] <= times
            return web.Response(status=status, headers=told) if broken else web.Response(body=then)

        self.answers[path] = failing
        return self.url(path)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """The address of a path."""
        return f"http://{host}:{self.port}{path}"

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """What one request gets."""
        path = request.path_qs
        self.asked[path] += 1
        self.requests.append((path, dict(request.headers)))
        if answer := self.answers.get(path) or self.answers.get(request.path):
            return await answer(request)
        if path not in self.bodies:
            return web.Response(status=404, text="nothing here")
        body, headers = self.bodies[path]
        return _ranged(request, body, headers)


def _ranged(request: web.Request, body: bytes, headers: dict[str, str]) -> web.Response:
    if headers.get("ETag") and request.headers.get("If-None-Match") == headers["ETag"]:
        return web.Response(status=304, headers={"ETag": headers["ETag"]})
    asked = request.headers.get("Range", "")
    if asked.startswith("bytes=") and request.headers.get("If-Range") in (None, headers.get("ETag")):
        start = int(asked.removeprefix("bytes=").partition("-")[0])
        told = {**headers, "Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"}
        return web.Response(status=206, body=body[start:], headers=told)
    return web.Response(body=body, headers=headers)


@contextmanager
def served(port: int = 0) -> Iterator[Site]:
    """A site that answers until the end, from a thread of its own."""
    site, loop, ready = Site(), asyncio.new_event_loop(), threading.Event()

    async def begin() -> web.AppRunner:
        runner = web.AppRunner(_application(site), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        listener = web.TCPSite(runner, "127.0.0.1", port)
        await listener.start()
        site.port = listener._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        return runner

    def serve() -> None:
        asyncio.set_event_loop(loop)
        runner = loop.run_until_complete(begin())
        loop.call_soon(ready.set)  # not before: a stop that comes sooner would be lost
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    ready.wait()
    misbehave(site)
    try:
        yield site
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


@pytest.fixture
def site() -> Iterator[Site]:
    """A site of the test's own."""
    with served() as one:
        yield one


def _application(site: Site) -> web.Application:
    application = web.Application(handler_args={"access_log": None})
    application.router.add_route("*", "/{path:.*}", site.respond)
    return application


def misbehave(site: Site) -> None:
    """Answers of servers nobody should trust, below /bad."""

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with suppress(ConnectionError):
            for _ in range(10_000):
                await response.write(b"x")
                await asyncio.sleep(0.05)
        return response

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with suppress(ConnectionError):
            while True:
                await response.write(sound(1) + bytes(1 << 16))
        return response

    async def silent(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(20)
        return web.Response()

    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100000"})
        await response.prepare(request)
        await response.write(sound(2))
        assert request.transport
        request.transport.close()
        return response

    async def bomb(request: web.Request) -> web.StreamResponse:
        return web.Response(body=gzip.compress(bytes(200 << 20)), headers={"Content-Encoding": "gzip"})

    async def packed(request: web.Request) -> web.StreamResponse:
        return web.Response(body=gzip.compress(sound(3)), headers={"Content-Encoding": "gzip"})

    async def rubbish(request: web.Request) -> web.StreamResponse:
        assert request.transport
        request.transport.write(b"this is no HTTP\r\n\r\n")
        request.transport.close()
        return web.Response()

    site.answers |= {
        f"/bad/{answer.__name__}": answer for answer in (drip, endless, silent, cut, bomb, packed, rubbish)
    }


def worlds(site: Site, pages: int = 200, files: int = 4) -> None:
    """A small world: pages that lead to one another and to sounds of their own, from the front page on."""
    for page in range(pages):
        links = [f'<a href="/page/{next_}.html">on</a>' for next_ in (2 * page + 1, 2 * page + 2) if next_ < pages]
        sounds = [f'<audio src="/media/{page}-{file}.wav"></audio>' for file in range(files)]
        licence = '<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">CC BY</a>'
        licence += '<meta name="author" content="Anna Muster">'
        site.put(f"/page/{page}.html", f"<html><body>{licence}{''.join(links + sounds)}</body></html>", "text/html")
        for file in range(files):
            site.put(f"/media/{page}-{file}.wav", sound(page * files + file), "audio/wav")


def pictures(site: Site, number: int) -> list[str]:
    """So many pictures of 512 x 512 pixels, no two of the same bytes; gives their addresses."""
    grain = np.random.default_rng(11).normal(128, 40, (128, 128, 3)).clip(0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(grain).resize((512, 512), Image.Resampling.BICUBIC).save(file, "JPEG", quality=92)
    start, rest = file.getvalue()[:2], file.getvalue()[2:]
    marks = (b"\xff\xfe\x00\x0a" + f"{place:08}".encode() for place in range(number))  # a comment
    return [site.put(f"/picture/{n}.jpg", start + mark + rest, "image/jpeg") for n, mark in enumerate(marks)]


def main() -> None:
    """Serve a world until killed, for benchmarks: a server in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--files", type=int, default=16)
    parser.add_argument("--pictures", type=int, default=0)
    options = parser.parse_args()
    with served(options.port) as site:
        worlds(site, options.pages, options.files)
        pictures(site, options.pictures)
        print(site.port, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
