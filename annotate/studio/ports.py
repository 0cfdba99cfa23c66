"""Ports of this machine: a free one, what answers on one, and whether a process is the one behind it."""

import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from schemas.errors import StudioError

LOOPBACK = "127.0.0.1"
ANSWER_LIMIT_S = 30
LISTENS = "0A"  # how the kernel's table of sockets calls one that waits for connections
SOCKETS = Path("/proc/net/tcp")


def free_port(insisted: int | None, before: int | None) -> int:
    """The port somebody insists on, else the one of last time, else any: Label Studio itself would take another."""
    for port in (insisted,) if insisted else (before or 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StudioError(f"port {insisted} is taken; give another with --port, or none and we choose")


def status(port: int, path: str, headers: Mapping[str, str]) -> int:
    """The status of an answer from loopback, 0 when there is none."""
    connection = HTTPConnection(LOOPBACK, port, timeout=ANSWER_LIMIT_S)
    try:
        connection.request("GET", path, headers=dict(headers))
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


def taken_by_another(port: int, pid: int) -> bool:
    """Whether somebody waits for connections on the port who is not this process."""
    with socket.socket() as probe:
        probe.settimeout(ANSWER_LIMIT_S)
        somebody = probe.connect_ex((LOOPBACK, port)) == 0
    return somebody and not listens(port, pid)  # in this order: the process may have begun to listen just before


def listens(port: int, pid: int) -> bool:
    """Whether this process, one of ours, waits for connections on the port."""
    if not SOCKETS.exists():
        shown = ["/usr/sbin/lsof", "-a", "-nP", "-p", str(pid), f"-iTCP:{port}", "-sTCP:LISTEN"]
        return subprocess.run(shown, capture_output=True, check=False).returncode == 0
    rows = [line.split() for line in SOCKETS.read_text("ascii").splitlines()[1:]]
    waiting = {f"socket:[{row[9]}]" for row in rows if row[3] == LISTENS and row[1].endswith(f":{port:04X}")}
    return any(held in waiting for held in _held(pid))


def _held(pid: int) -> Iterator[str]:
    with suppress(OSError):  # it has ended
        for one in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):  # it was closed meanwhile
                yield str(one.readlink())
