"""The HTTP side of time-stamps: bytes there and back, within limits, and every other answer refused by kind."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest

from adapters.errors import TsaAnswerRefusedError, TsaUnreachableError
from adapters.tsa import connections
from adapters.tsa.client import MAX_REPLY_BYTES, QUERY, REPLY, TsaClient
from adapters.tsa.connections import MOST_IDLE, IdleConnections

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
        data += _some(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(
        next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")).split(b":")[1]
    )
    while len(body) < length:
        body += _some(connection)
    return head + b"\r\n\r\n" + body


def _some(connection: socket.socket) -> bytes:
    found = connection.recv(4096)
    if not found:
        raise ConnectionResetError
    return found


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


@dataclass
class Keeping:
    """An authority that keeps connections open and answers with what was asked."""

    seen: list[list[bytes]] = field(default_factory=list)
    hang_up_after: int = 1000
    more: bytes = b""

    def serve(self, connection: socket.socket) -> None:
        asked: list[bytes] = []
        self.seen.append(asked)
        with connection:
            connection.settimeout(10)
            while len(asked) < self.hang_up_after:
                asked.append(_request(connection).partition(b"\r\n\r\n")[2])
                answer(b"to " + asked[-1])(connection, b"")
                if self.more:
                    connection.sendall(self.more)

    @contextmanager
    def listening(self) -> Iterator[str]:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            threading.Thread(target=self._accept, args=(listening,), daemon=True).start()
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
            listening.shutdown(socket.SHUT_RDWR)

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._served, args=(listening.accept()[0],), daemon=True).start()

    def _served(self, connection: socket.socket) -> None:
        with suppress(OSError):
            self.serve(connection)


def test_a_connection_that_stays_open_is_used_again() -> None:
    keeping = Keeping()
    with keeping.listening() as url:
        client = TsaClient(url, 5)
        assert [client(b"%d" % n) for n in range(5)] == [b"to %d" % n for n in range(5)]
    assert keeping.seen == [[b"0", b"1", b"2", b"3", b"4"]]


def test_several_threads_share_no_connection() -> None:
    keeping = Keeping()
    with keeping.listening() as url, ThreadPoolExecutor(8) as threads:
        asked = [b"%d" % n for n in range(200)]
        assert list(threads.map(TsaClient(url, 10), asked)) == [b"to " + one for one in asked]
    assert sorted(one for each in keeping.seen for one in each) == sorted(asked)
    assert len(keeping.seen) <= 8


def test_an_authority_that_hangs_up_between_calls_is_called_anew() -> None:
    keeping = Keeping(hang_up_after=1)
    with keeping.listening() as url:
        client = TsaClient(url, 5)
        for n in range(20):
            assert client(b"%d" % n) == b"to %d" % n
    assert [one for each in keeping.seen for one in each] == [b"%d" % n for n in range(20)]


def test_a_connection_broken_in_the_middle_of_a_call_is_tried_once_anew() -> None:
    """The authority takes the second question and hangs up without a word, as one does that has just timed out."""
    seen: list[bytes] = []

    class Moody(Keeping):
        def serve(self, connection: socket.socket) -> None:
            with connection:
                seen.append(_request(connection))
                answer(b"first")(connection, b"")
                seen.append(_request(connection))

    with Moody().listening() as url:
        assert [TsaClient(url, 5)(b"q"), TsaClient(url, 5)(b"q")] == [b"first", b"first"]
    assert len(seen) == 3


def test_what_nobody_asked_for_ends_a_connection() -> None:
    """An answer in advance would be taken for the one to the next question."""
    keeping = Keeping(more=b"HTTP/1.1 200 OK\r\n")
    with keeping.listening() as url:
        for n in range(3):
            assert TsaClient(url, 5)(b"%d" % n) == b"to %d" % n
            time.sleep(0.05)
    assert len(keeping.seen) == 3


@pytest.mark.parametrize("slow", [hang, drip, drip_body])
def test_the_limit_holds_on_a_connection_used_before(slow: Serve) -> None:
    class Tiring(Keeping):
        def serve(self, connection: socket.socket) -> None:
            with connection:
                answer(b"fresh")(connection, _request(connection))
                slow(connection, _request(connection))

    with Tiring().listening() as url:
        assert TsaClient(url, 5)(b"q") == b"fresh"
        begun = time.monotonic()
        with pytest.raises(TsaUnreachableError, match="no answer within"):
            TsaClient(url, 0.5)(b"q")
        assert time.monotonic() - begun < 2


def test_an_answer_that_was_refused_leaves_no_connection_behind() -> None:
    class Refusing(Keeping):
        def serve(self, connection: socket.socket) -> None:
            self.seen.append([])
            with connection:
                answer(b"no", status="503 Service Unavailable")(connection, _request(connection))
                self.seen[-1].append(_request(connection))

    refusing = Refusing()
    with refusing.listening() as url:
        for _ in range(2):
            with pytest.raises(TsaAnswerRefusedError, match="status 503"):
                TsaClient(url, 5)(b"q")
    assert refusing.seen == [[], []]


def test_idle_connections_are_few_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    idle, address = IdleConnections(), ("http", "tsa.example", None)
    pairs = [socket.socketpair() for _ in range(MOST_IDLE + 3)]
    for mine, _ in pairs:
        idle.give(address, mine)
    assert [mine.fileno() == -1 for mine, _ in pairs] == [True] * 3 + [False] * MOST_IDLE
    assert idle.take(("http", "another.example", None)) is None
    pairs[-1][1].close()
    assert idle.take(address) is pairs[-2][0], "the newest whose other end is there"
    monkeypatch.setattr(connections, "IDLE_SECONDS", 0.0)
    assert idle.take(address) is None
    for mine, other in pairs:
        assert mine.fileno() == -1 or mine is pairs[-2][0]
        mine.close()
        other.close()


def test_a_certificate_nobody_vouches_for_is_no_authority() -> None:
    """https to a server that speaks plain text: the handshake fails, nothing is sent."""
    with serving(garbage) as url, pytest.raises(TsaUnreachableError):
        TsaClient(url.replace("http://", "https://"), 3)(b"q")
