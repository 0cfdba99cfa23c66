"""Object stores for tests: a bucket in this process's memory, one of moto, and a real S3 server from a package."""

import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import fsspec
from s3fs import S3FileSystem

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
READY_S = 60


@contextmanager
def memory() -> Iterator[str]:
    """The address of a place in the memory of this process."""
    name = f"memory://{uuid.uuid4()}"
    yield name
    files, place = fsspec.core.url_to_fs(name)
    if files.exists(place):
        files.rm(place, recursive=True)


@contextmanager
def moto() -> Iterator[str]:
    """The address of a bucket of moto that keeps versions."""
    from moto.server import ThreadedMotoServer  # every process collects all tests, and this takes half a second

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with _reached_at(f"http://{host}:{port}"):
        files, bucket = S3FileSystem(), f"kept-{uuid.uuid4()}"  # moto's buckets outlive its server
        files.mkdir(bucket)
        files.call_s3("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        yield f"s3://{bucket}/here"
    server.stop()


@contextmanager
def seaweed(folder: Path) -> Iterator[str]:
    """The address of a bucket of a SeaweedFS that runs here, whose files lie in `folder`."""
    master, volume, filer, port = free_ports(4)
    config = folder / "s3.json"
    credentials = [{"accessKey": KEYS["AWS_ACCESS_KEY_ID"], "secretKey": KEYS["AWS_SECRET_ACCESS_KEY"]}]
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    config.write_text(json.dumps({"identities": [{"name": "t", "credentials": credentials, "actions": actions}]}))
    ports = [f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", f"-s3.port={port}"]
    limits = ["-master.volumeSizeLimitMB=64", "-volume.max=20"]
    command = [
        Path(sys.executable).with_name("weed"),
        "server",
        "-s3",
        f"-dir={folder}",
        "-ip=127.0.0.1",
        *ports,
        *limits,
    ]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*command, f"-s3.config={config}"], stdout=log, stderr=log, cwd=folder)
    try:
        _wait(f"http://127.0.0.1:{port}/")
        with _reached_at(f"http://127.0.0.1:{port}"):
            S3FileSystem().mkdir("bucket")
            yield "s3://bucket/here"
    finally:
        server.kill()
        server.wait()


def free_ports(count: int) -> list[int]:
    """Ports nobody listens at: above those of Ray's workers, and so low that SeaweedFS may add 10,000 for its second ones."""
    sockets = [socket.socket() for _ in range(count * 8)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] % 30_000 + 20_000 for one in sockets]
    for one in sockets:
        one.close()
    return list(dict.fromkeys(port for port in ports if _is_free(port) and _is_free(port + 10_000)))[:count]


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) != 0


@contextmanager
def _reached_at(endpoint: str) -> Iterator[None]:
    said = {**KEYS, "AWS_ENDPOINT_URL": endpoint}
    before = {name: os.environ.get(name) for name in said}
    os.environ.update(said)
    S3FileSystem.clear_instance_cache()
    try:
        yield
    finally:
        S3FileSystem.clear_instance_cache()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


def _wait(address: str) -> None:
    end_s = time.monotonic() + READY_S
    while time.monotonic() < end_s:
        try:
            urlopen(address, timeout=2).close()
        except HTTPError:
            return  # it answers, if only that nobody is let in without a key
        except (URLError, OSError):
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(address)
