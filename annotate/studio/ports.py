"""Ports of this machine: a free one, and who waits behind one that is not."""

import socket

import psutil

from schemas.errors import StudioError

LOOPBACK = "127.0.0.1"
ANSWER_LIMIT_S = 30


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


def taken_by_another(port: int, pid: int) -> bool:
    """Whether somebody waits for connections on the port who is not this process."""
    with socket.socket() as probe:
        probe.settimeout(ANSWER_LIMIT_S)
        somebody = probe.connect_ex((LOOPBACK, port)) == 0
    return somebody and not listens(port, pid)  # in this order: the process may have begun to listen just before


def listens(port: int, pid: int) -> bool:
    """Whether this process, one of ours, waits for connections on the port."""
    try:
        connections = psutil.Process(pid).net_connections("tcp4")
    except psutil.Error:  # it has ended, or is somebody else's
        return False
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in connections)
