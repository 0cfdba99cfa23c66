"""A Ray cluster for tests: raylets of one CPU each on this machine, each with a folder of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.object_store import free_ports

STORE_BYTES, READY_S = 80_000_000, 60
RAY = Path(sys.executable).with_name("ray")


@dataclass
class Nodes:
    """The nodes of a cluster at `address`, the head first; `folders` are where each has its temporary files."""

    address: str
    folders: list[Path] = field(default_factory=list)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    sockets: list[str] = field(default_factory=list)

    def add(self, folder: Path, *flags: str, pinned: bool = False) -> None:
        """Start a node; it is a process group of its own, so that it can die as a machine does.

        Pinned, it has one core to itself, by its number.
        """
        folder.mkdir(parents=True)
        sockets = tempfile.mkdtemp(prefix="ray-", dir="/tmp")  # names of sockets have to be short
        self.sockets.append(sockets)
        env = {
            **os.environ,
            "TMPDIR": str(folder),
            "RAY_TMPDIR": sockets,
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_AUTH_MODE": "disabled",
        } | {"PYTHONPATH": os.pathsep.join(sys.path)}
        limits = ["--num-cpus=1", f"--object-store-memory={STORE_BYTES}", "--node-ip-address=127.0.0.1", "--block"]
        with (folder / "log").open("wb") as log:
            core = ["taskset", "--cpu-list", str(len(self.processes))] if pinned else []
            command = [*core, RAY, "start", *flags, *limits, "--disable-usage-stats"]
            self.processes.append(subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True))
        self.folders.append(folder)

    def kill(self, which: int) -> None:
        """End a node at once, with everything that runs on it."""
        os.killpg(self.processes[which].pid, signal.SIGKILL)
        self.processes[which].wait()


def _wait(port: int, head: subprocess.Popen[bytes]) -> None:
    end_s = time.monotonic() + READY_S
    while head.poll() is None and time.monotonic() < end_s:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise TimeoutError(f"no head at {port}")


@contextmanager
def cluster(folder: Path, count: int, *, pinned: bool = False) -> Iterator[Nodes]:
    """A cluster of so many nodes."""
    import ray

    (port,) = free_ports(1)
    nodes = Nodes(f"127.0.0.1:{port}")
    before = os.environ.get("RAY_AUTH_MODE")
    os.environ["RAY_AUTH_MODE"] = "disabled"
    try:
        nodes.add(folder / "head", "--head", f"--port={port}", "--include-dashboard=false", pinned=pinned)
        _wait(port, nodes.processes[0])
        for number in range(1, count):
            nodes.add(folder / f"node-{number}", f"--address={nodes.address}", pinned=pinned)
        yield nodes
    finally:
        ray.shutdown()
        for number, process in enumerate(nodes.processes):
            if process.poll() is None:
                nodes.kill(number)
        for sockets in nodes.sockets:
            shutil.rmtree(sockets, ignore_errors=True)
        if before is None:
            os.environ.pop("RAY_AUTH_MODE")
