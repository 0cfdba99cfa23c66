"""The client against servers that are no Label Studio, and with tokens that are none."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from annotate.studio import responses
from annotate.studio.client import Studio
from schemas.errors import StudioError

PAGE = "<!doctype html><html><head><title>Page not found</title></head><body>Sorry</body></html>"


@contextmanager
def answering(status: int, body: str, requests: list[str] | None = None) -> Iterator[str]:
    """The address of a server that answers everything alike, and writes down what it was asked."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if requests is not None:
                requests.append(self.requestline)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Quietly."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(("status", "body"), [(404, PAGE), (404, "404 page not found"), (200, PAGE), (200, "{}")])
def test_whatever_is_no_label_studio_is_told_without_its_page(status: int, body: str) -> None:
    with (
        answering(status, body) as address,
        pytest.raises(StudioError, match=r"no Label Studio answers at .*/label; expected its root address") as told,
    ):
        Studio(f"{address}/label", "0" * 40).whoami()
    assert "<" not in str(told.value)


def test_an_error_that_comes_as_a_page_is_told_by_its_title() -> None:
    page = PAGE.replace("Page not found", "502 Bad Gateway")
    with answering(502, page) as address, pytest.raises(StudioError, match=r"\(502\): 502 Bad Gateway$"):
        Studio(address, "0" * 40).whoami()


@pytest.mark.parametrize("token", ["secrettok\r", "secrettok\u00e4", "secrettok\udcff", "secrettok\n\nX: y"])
def test_a_token_no_header_can_carry_is_not_shown(token: str) -> None:
    with answering(200, "{}") as address, pytest.raises(StudioError, match="does not answer") as told:
        Studio(address, token).whoami()
    assert "secrettok" not in str(told.value)
    assert told.value.__cause__ is None


def test_what_the_network_says_is_shown() -> None:
    with pytest.raises(StudioError, match="refused"):
        Studio("http://127.0.0.1:9", "0" * 40).whoami()
    assert responses.trouble(ValueError("secret")) == "ValueError"


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503])
def test_nothing_is_sent_twice_whatever_the_server_answers(status: int) -> None:
    requests: list[str] = []
    with answering(status, '{"detail": "busy"}', requests) as address:
        with pytest.raises(StudioError, match=rf"refused the tasks \({status}\): busy"):
            Studio(address, "0" * 40).ask(1, [{"item_id": "a", "media": "/a", "context": ""}])
        with pytest.raises(StudioError, match="busy"):
            Studio(address, "0" * 40).answer(1, [])
    assert requests == ["POST /api/projects/1/import HTTP/1.1", "POST /api/tasks/1/annotations/ HTTP/1.1"]


def test_a_server_that_hangs_up_is_asked_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        connections: list[int] = []

        def hang_up() -> None:
            with suppress(OSError):  # the test has ended
                while True:
                    connection, (_, port) = listening.accept()
                    connections.append(port)  # before the client can know that it was hung up on
                    connection.recv(1 << 16)
                    connection.close()

        threading.Thread(target=hang_up, daemon=True).start()
        with pytest.raises(StudioError, match="does not answer"):
            Studio(f"http://127.0.0.1:{listening.getsockname()[1]}", "0" * 40).ask(1, [{"item_id": "a"}])
    assert len(connections) == 1
