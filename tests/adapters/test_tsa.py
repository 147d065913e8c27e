"""The HTTP side of time-stamps: bytes there and back, within limits, and every other answer refused by kind."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from adapters.errors import TsaAnswerRefusedError, TsaUnreachableError
from adapters.tsa.client import MAX_REPLY_BYTES, QUERY, REPLY, TsaClient

Serve = Callable[[socket.socket, bytes], None]


@contextmanager
def serving(serve: Serve) -> Iterator[str]:
    """A server for one connection: `serve` gets it and the whole request."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)

        def run() -> None:
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                return
            with connection:
                connection.settimeout(10)
                try:
                    serve(connection, _request(connection))
                except OSError:
                    return  # the client has hung up: that is what some tests want

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/tsa?x=1"
        finally:
            thread.join(15)


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(4096)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(
        next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")).split(b":")[1]
    )
    while len(body) < length:
        body += connection.recv(4096)
    return head + b"\r\n\r\n" + body


def answer(
    body: bytes, *, status: str = "200 OK", media: str = REPLY, length: int | None = None, more: str = ""
) -> Serve:
    size = len(body) if length is None else length

    def serve(connection: socket.socket, _: bytes) -> None:
        connection.sendall(
            f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {size}\r\n{more}\r\n".encode()
        )
        connection.sendall(body)

    return serve


def test_a_request_goes_out_as_it_is_and_the_answer_comes_back() -> None:
    seen: list[bytes] = []

    def serve(connection: socket.socket, request: bytes) -> None:
        seen.append(request)
        answer(b"\x30\x00", media=f"{REPLY}; charset=x")(connection, request)

    with serving(serve) as url:
        assert TsaClient(url, 5)(b"\x30\x01\x02") == b"\x30\x00"
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /tsa?x=1 HTTP/1.1\r\n")
    assert f"Content-Type: {QUERY}".encode() in head
    assert body == b"\x30\x01\x02"


@pytest.mark.parametrize(
    ("serve", "reason"),
    [
        (answer(b"", status="302 Found", more="Location: http://127.0.0.1:1/\r\n"), "status 302"),
        (answer(b"no", status="503 Service Unavailable"), "status 503"),
        (answer(b"<html>", media="text/html"), "content type 'text/html'"),
        (answer(b"0" * (MAX_REPLY_BYTES + 1)), "more than"),
        (answer(b"0" * 10, length=1 << 40), "cut off"),
    ],
)
def test_what_is_no_time_stamp_answer_is_refused(serve: Serve, reason: str) -> None:
    with serving(serve) as url, pytest.raises(TsaAnswerRefusedError, match=reason):
        TsaClient(url, 5)(b"q")


def hang(connection: socket.socket, _: bytes) -> None:
    time.sleep(3)
    answer(b"late")(connection, b"")


def drip(connection: socket.socket, _: bytes) -> None:
    """A byte now and then: no single read ever waits long."""
    for byte in f"HTTP/1.1 200 OK\r\nContent-Type: {REPLY}\r\nContent-Length: 60000\r\n\r\n".encode() + bytes(500):
        connection.sendall(bytes([byte]))
        time.sleep(0.02)


def drip_body(connection: socket.socket, _: bytes) -> None:
    answer(b"", length=60000)(connection, b"")
    for _count in range(200):
        connection.sendall(b"0")
        time.sleep(0.05)


@pytest.mark.parametrize("serve", [hang, drip, drip_body])
def test_a_slow_authority_is_given_up_in_time(serve: Serve) -> None:
    with serving(serve) as url:
        begun = time.monotonic()
        with pytest.raises(TsaUnreachableError, match="no answer within"):
            TsaClient(url, 0.5)(b"q")
        assert time.monotonic() - begun < 2


def garbage(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"\x00\x01 nothing of HTTP\r\n\r\n")


def hang_up(connection: socket.socket, _: bytes) -> None:
    connection.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("serve", [garbage, hang_up])
def test_a_broken_connection_is_a_typed_error(serve: Serve) -> None:
    with serving(serve) as url, pytest.raises(TsaUnreachableError):
        TsaClient(url, 5)(b"q")


def test_nobody_there_and_no_such_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/", "http://tsa.invalid/"):
        with pytest.raises(TsaUnreachableError):
            TsaClient(url, 5)(b"q")


def test_a_certificate_nobody_vouches_for_is_no_authority() -> None:
    """https to a server that speaks plain text: the handshake fails, nothing is sent."""
    with serving(garbage) as url, pytest.raises(TsaUnreachableError):
        TsaClient(url.replace("http://", "https://"), 3)(b"q")
