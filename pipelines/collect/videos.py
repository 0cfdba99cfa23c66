"""What yt-dlp says of a page of a video site: a program of its own, never imported, which fetches no media.

It finds out where the media lie and under which licence; they come through our fetcher like all others. It reaches the
net through a `Gate` alone, in an empty folder, with no settings, cookies, plugins or secrets of the person who runs it.
"""

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from curate.rights.addresses import Door, checked_url
from curate.rights.gate import Gate
from curate.rights.licences import Claim, claim, plain_words
from schemas.errors import Missing, Refused

PROGRAM, MODULE = "yt-dlp", "yt_dlp"
ONE_FILE = "b[protocol=https]/b[protocol=http]/ba[protocol=https]/ba[protocol=http]"  # what comes as a single file
OPTIONS = (
    "--ignore-config", "--no-plugin-dirs", "--no-cache-dir", "--no-js-runtimes", "--no-remote-components",
    "--no-warnings", "--no-progress", "--flat-playlist", "--dump-json", "--socket-timeout", "30", "--format", ONE_FILE,
)  # fmt: skip
MOST_BYTES = 20 << 20  # of what it prints
MOST_MEDIA = 10_000
AUTHORS = ("creator", "artist", "uploader", "channel")
NOTHING = "Unsupported URL"  # what it says of a page that shows nothing it knows


@dataclass(frozen=True)
class Video:
    """One medium that yt-dlp found, with its info JSON as evidence and what that says of the licence."""

    url: str
    page: str
    info: bytes
    evidence: str
    claims: tuple[Claim, ...] = ()

    @property
    def sha256(self) -> str:
        """The hash of the info JSON."""
        return hashlib.sha256(self.info).hexdigest()


@dataclass
class Videos:
    """What yt-dlp said of a page: media, further pages, and a note where it could not say."""

    media: list[Video] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    note: str | None = None


def program() -> list[str]:
    """How yt-dlp is called: the program on the PATH, else the one installed beside us; raises Missing for neither."""
    if path := shutil.which(PROGRAM):
        return [path]
    if find_spec(MODULE):
        return [sys.executable, "-m", MODULE]
    raise Missing(
        "--video-sites needs the program yt-dlp, on the PATH or from: pip install 'emocurate[video-sites]'; without it "
        "crawl reads pages, feeds and sitemaps alone"
    )


async def shown_to(url: str, agent: str, door: Door, seconds: float) -> Videos:
    """What yt-dlp says of a page that may be fetched; whatever comes of it, nothing is raised but Missing."""
    async with Gate(door) as gate:
        command = [
            *program(), *OPTIONS, "--proxy", gate.address, "--add-headers", f"User-Agent:{agent}",
            "--playlist-end", str(MOST_MEDIA), "--", url,
        ]  # fmt: skip
        printed, errors, code = await asyncio.to_thread(_run, command, seconds)
        videos = read_infos(printed[:MOST_BYTES])
        notes = [f"yt-dlp was kept from an address: {gate.refused[0]}"] if gate.refused else _problem(errors, code)
        if len(printed) > MOST_BYTES:
            notes.append(f"yt-dlp printed more than {MOST_BYTES >> 20} MB; the rest is not read")
        videos.note = "; ".join(notes) or None
        return videos


def _problem(errors: str, code: int) -> list[str]:
    """What yt-dlp says went wrong; where it ended badly and names no error of a page, the last that it said."""
    lines = errors.strip().splitlines()
    said = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    if code and not said:
        return [f"yt-dlp ended with {code}: {lines[-1][:300] if lines else 'it gave no reason'}"]
    return [f"yt-dlp: {line[:300]}" for line in said if not line.startswith(NOTHING)][:1]


def _run(command: Sequence[str], seconds: float) -> tuple[bytes, str, int]:
    """What a command prints, up to a byte more than is allowed, its errors, and the code it ended with."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT") if name in os.environ}
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as printed:
        try:
            done = subprocess.run(
                command, cwd=folder, env={**kept, "HOME": folder}, stdin=subprocess.DEVNULL, stdout=printed,
                stderr=subprocess.PIPE, timeout=seconds, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return b"", "ERROR: took longer than crawl.seconds_per_file", 0
        printed.seek(0)
        return printed.read(MOST_BYTES + 1), done.stderr.decode("utf-8", "replace"), done.returncode


def read_infos(printed: bytes) -> Videos:
    """The info JSON of each line; a line that is none, or half of one, is left out."""
    videos = Videos()
    for line in printed.splitlines()[:MOST_MEDIA]:
        try:
            info = json.loads(line)
            url = str(checked_url(str(info["url"])))
        except (ValueError, RecursionError, TypeError, KeyError, Refused):
            continue
        if str(info.get("_type", "video")).startswith("url"):
            videos.pages.append(url)
        elif info.get("protocol") in ("http", "https"):
            videos.media.append(_video(url, info, line))
    return videos


def _video(url: str, info: Mapping[str, Any], line: bytes) -> Video:
    page = next(iter(_addresses(info)), url)
    version = info.get("_version")
    number = version.get("version") if isinstance(version, dict) else None
    digest = hashlib.sha256(line).hexdigest()
    who = plain_words(f"yt-dlp {number or '?'} ({info.get('extractor')})")
    evidence = f"found on {page} by {who}; SHA-256 of its info JSON {digest}"
    return Video(url, page, line, evidence, tuple(_claims(info, page, digest)))


def _addresses(info: Mapping[str, Any]) -> Iterator[str]:
    for key in ("webpage_url", "original_url"):
        try:
            yield str(checked_url(str(info.get(key))))
        except Refused:
            continue


def _claims(info: Mapping[str, Any], page: str, sha256: str) -> Iterator[Claim]:
    """What the info JSON says of the licence; words that are no licence we know are kept as they are."""
    stated = info.get("license")
    author = next(
        (plain_words(info[key]) for key in AUTHORS if isinstance(info.get(key), str) and info[key].strip()), None
    )
    if isinstance(stated, str) and (made := claim(stated, "license in the info JSON of yt-dlp")):
        yield Claim(made.licence, made.verbatim, made.where, page, sha256, author)
