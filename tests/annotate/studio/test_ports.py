"""Which port is free, and who is behind one that is not."""

import os
import socket
from collections.abc import Iterator

import pytest

from annotate.studio import ports
from schemas.errors import StudioError


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that this process waits on."""
    with socket.socket() as held:
        held.bind((ports.LOOPBACK, 0))
        held.listen()
        yield held.getsockname()[1]


def test_the_process_behind_a_port_is_known(taken: int) -> None:
    assert ports.listens(taken, os.getpid())
    assert not ports.listens(taken, os.getppid())
    assert not ports.taken_by_another(taken, os.getpid())
    assert ports.taken_by_another(taken, os.getppid())


def test_nobody_is_behind_a_free_port() -> None:
    port = ports.free_port(None, None)
    assert not ports.listens(port, os.getpid())
    assert not ports.taken_by_another(port, os.getpid())


def test_a_process_that_has_ended_is_behind_no_port(taken: int) -> None:
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    assert not ports.listens(taken, child)


def test_the_port_of_last_time_is_taken_again_unless_somebody_has_it(taken: int) -> None:
    before = ports.free_port(None, None)
    assert ports.free_port(None, before) == before
    assert ports.free_port(None, taken) != taken
    with pytest.raises(StudioError, match=f"port {taken} is taken"):
        ports.free_port(taken, before)
