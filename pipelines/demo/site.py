"""A web site of the demonstration's own on this machine: a podcast, and recordings that a list names."""

import io
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import soundfile

from pipelines.collect.net import Way, net_from
from pipelines.collection import Collection

HOST = "127.0.0.1"
PORT = "site.port"  # in the folder of the demonstration: a second walk asks the same addresses
LICENCES = {
    "by": "https://creativecommons.org/licenses/by/4.0/",
    "by-nc": "https://creativecommons.org/licenses/by-nc/4.0/",
}
EPISODES: dict[str, str] = {  # by file: its licence, silence, or a header that asks machines to stay away
    "otto_neutral.flac": "by",
    "otto_sadness.flac": "by-nc",
    "ralf_surprise.flac": "silence",
    "gwen_fear.flac": "opt-out",
}
LISTED = ("anna_sadness.flac", "gwen_happiness.flac")  # by a list, which has their speakers
CHANGING, ADVERTISEMENT = "anna_sadness.flac", "ralf_neutral.flac"
HELD_S = 60.0


@dataclass
class Site:
    """The site while it answers: `feed` is its address, `second` is set when two episodes have been asked for.

    What is asked for after these waits for `go_on`: whoever wants to interrupt a crawl has the time. `asked` are the
    files that were asked for. Once `time_passes`, one recording has an advertisement before it.
    """

    media: Path
    port: int
    second: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    asked: set[str] = field(default_factory=set)
    is_later: bool = False

    @property
    def feed(self) -> str:
        """The address of the feed."""
        return self.url("podcast.rss")

    def url(self, name: str) -> str:
        """The address of a file."""
        return f"http://{HOST}:{self.port}/{name}"

    def time_passes(self) -> None:
        """From now on one recording has an advertisement before it; what was asked for before is not counted."""
        self.is_later = True
        self.asked.clear()

    def body(self, name: str) -> bytes | None:
        """What lies at a path; None where nothing does."""
        if name == "podcast.rss":
            return self._rss().encode()
        if name not in (*EPISODES, *LISTED):
            return None
        if name in EPISODES and name not in self.asked and len(self.asked) >= 2:
            self.go_on.wait(HELD_S)
        self.asked.add(name)
        if len(self.asked) >= 2:
            self.second.set()
        if self.is_later and name == CHANGING:
            return joined(self.media / ADVERTISEMENT, self.media / name)
        return (self.media / name).read_bytes()

    def _rss(self) -> str:
        items = "".join(
            f'<item><title>{name}</title>{_licence(kind)}<enclosure url="{self.url(name)}" type="audio/flac"/></item>'
            for name, kind in EPISODES.items()
        )
        space = 'xmlns:creativeCommons="http://backend.userland.com/creativeCommonsRssModule"'
        return f'<?xml version="1.0"?><rss version="2.0" {space}><channel><title>Demo</title>{items}</channel></rss>'


@contextmanager
def served(folder: Path, media: Path) -> Iterator[Site]:
    """The site, answering until the end, where it answered before if nobody else does there now."""
    site = Site(media, _port(folder / PORT))

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # as the library calls it
            name = self.path.lstrip("/")
            data = site.body(name)
            self.send_response(200 if data is not None else 404)
            if EPISODES.get(name) == "opt-out":
                self.send_header("X-Robots-Tag", "noai")
            self.send_header("Content-Type", "application/rss+xml" if name.endswith(".rss") else "audio/flac")
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            with suppress(OSError):  # whoever asked was killed
                self.wfile.write(data or b"")

        def log_message(self, *_: object) -> None:
            """Nothing: what is asked is shown by `crawl`."""

    server = ThreadingHTTPServer((HOST, site.port), Answering)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield site
    finally:
        site.go_on.set()
        server.shutdown()
        server.server_close()


def way_to_site(here: Collection) -> Way:
    """The net on which there is the site alone, as the settings of a collection have it asked."""
    return Way(here.settings.crawl, net_from([HOST], None), {}, lambda _: None)


def joined(*sounds: Path) -> bytes:
    """Sounds of one rate, one after the other, as FLAC."""
    rate_hz = soundfile.info(sounds[0]).samplerate
    file = io.BytesIO()
    samples = np.concatenate([soundfile.read(sound, dtype="int16")[0] for sound in sounds])
    soundfile.write(file, samples, rate_hz, "PCM_16", format="FLAC")
    return file.getvalue()


def _licence(kind: str) -> str:
    return f"<creativeCommons:license>{LICENCES[kind]}</creativeCommons:license>" if kind in LICENCES else ""


def _port(note: Path) -> int:
    """The port of the last walk, or a free one that the next walk will find noted."""
    known = int(note.read_text("ascii")) if note.exists() else 0
    with closing(socket.socket()) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, known))
        except OSError:
            trial.bind((HOST, 0))
        port = int(trial.getsockname()[1])
    note.write_text(str(port), "ascii")
    return port
