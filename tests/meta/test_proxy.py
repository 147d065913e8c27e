"""The proxy's own configuration, run by a real nginx in front of a small backend."""

import http.server
import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from exchange.http.guard import MAX_BATCH_BYTES
from tests.support import components

ROOT = Path(__file__).parents[2]
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
HOST = "hub.example.gov"
pytestmark = pytest.mark.needs(components.NGINX)


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with the headers it was sent."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Strict-Transport-Security", "max-age=1")
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@dataclass(frozen=True, slots=True)
class Proxy:
    port: int
    plain_port: int
    log: Path

    def ask(self, request: bytes) -> str:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        with raw, context.wrap_socket(raw, server_hostname=HOST) as tls:
            return _talk(tls, request)

    def ask_plain(self, request: bytes) -> str:
        with socket.create_connection(("127.0.0.1", self.plain_port), timeout=10) as raw:
            return _talk(raw, request)


def _talk(conn: socket.socket, request: bytes) -> str:
    conn.sendall(request)
    answer = b""
    while part := conn.recv(65536):
        answer += part
    return answer.decode("latin-1")


def _get(path: str, *headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: {HOST}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode()


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(sock.getsockname()[1]) for sock in held]
    for sock in held:
        sock.close()
    return ports


def _local(conf: str, directory: Path, backend: int, ports: list[int]) -> str:
    """The shipped configuration with this machine's ports and paths; everything else stays as it is."""
    conf = conf.replace("/tmp/", f"{directory}/")  # first: the directory itself may lie under /tmp
    conf = re.sub(r"server hub-\d:8339", f"server 127.0.0.1:{backend}", conf)
    for shipped, ours in zip(("8443", "8080", "127.0.0.1:8081"), ports, strict=True):
        conf = conf.replace(f"listen {shipped}", f"listen 127.0.0.1:{ours}")
    return conf.replace("/run/secrets/", f"{directory}/secrets/").replace("/dev/stdout", f"{directory}/access.log")


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    directory = tmp_path_factory.mktemp("proxy")
    secrets = [
        str(ROOT / "deploy" / "make-secrets"),
        "--host",
        HOST,
        "--into",
        str(directory / "secrets"),
        "--self-signed",
    ]
    subprocess.run(secrets, check=True, capture_output=True)
    backend = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=backend.serve_forever, daemon=True).start()
    ports = _free_ports(3)
    conf = directory / "nginx.conf"
    shipped = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    conf.write_text(_local(shipped, directory, backend.server_port, ports), encoding="utf-8")
    command = [NGINX, "-e", "stderr", "-p", str(directory), "-c", str(conf)]
    checked = subprocess.run([*command, "-t"], check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    server = subprocess.Popen([*command, "-g", "daemon off;"], stderr=subprocess.DEVNULL)
    try:
        _wait(ports[0])
        yield Proxy(ports[0], ports[1], directory / "access.log")
    finally:
        server.terminate()
        server.wait(10)
        backend.shutdown()
        backend.server_close()


def _wait(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(port)


def test_requests_reach_a_replica_with_headers_of_our_making(proxy: Proxy) -> None:
    forged = ("X-Forwarded-For: 8.8.8.8", "Forwarded: for=8.8.8.8", "X-Forwarded-Host: evil.example", "Proxy: evil")
    answer = proxy.ask(_get("/api/v1/catalog", *forged, "X-Request-ID: forged"))
    assert answer.startswith("HTTP/1.1 200")
    seen = json.loads(answer.partition("\r\n\r\n")[2])
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["x-forwarded-proto"] == "https"
    assert seen["host"] == HOST
    assert re.fullmatch(r"[0-9a-f]{32}", seen["x-request-id"])
    assert not {"forwarded", "x-forwarded-host", "proxy"} & set(seen)


def test_two_lengths_for_one_body_are_refused(proxy: Proxy) -> None:
    head = f"POST /api/v1/queries HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n"
    both = f"{head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert proxy.ask(both.encode()).startswith("HTTP/1.1 400")
    twice = f"{head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"
    assert proxy.ask(twice.encode()).startswith("HTTP/1.1 400")
    one = f"{head}Content-Length: 5\r\n\r\nhello"
    assert proxy.ask(one.encode()).startswith("HTTP/1.1 200")


def test_headers_are_limited_to_sixteen_kibibytes(proxy: Proxy) -> None:
    assert proxy.ask(_get("/", f"X-Large: {'a' * 7000}")).startswith("HTTP/1.1 200")
    assert proxy.ask(_get("/", f"X-Large: {'a' * 9000}")).startswith("HTTP/1.1 400")
    several = [f"X-Large-{n}: {'a' * 6000}" for n in range(3)]
    assert proxy.ask(_get("/", *several)).startswith("HTTP/1.1 400")


def test_bodies_are_limited(proxy: Proxy) -> None:
    head = f"POST / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nContent-Length: {26 * 1024 * 1024}\r\n\r\n"
    assert proxy.ask(head.encode()).startswith("HTTP/1.1 413")


@pytest.mark.parametrize(
    "path", ["/api/v1/verifications", f"/api/v1/verifications/{UUID(int=1)}/files", "/audit/verifications?x=1"]
)
def test_many_documents_to_verify_are_as_many_as_the_hub_takes(proxy: Proxy, path: str) -> None:
    lines = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nX-Forwarded-For: 192.0.2.9\r\n"
    sent = proxy.ask(f"{lines}Content-Length: {2**25}\r\n\r\n".encode() + bytes(2**25))
    assert sent.startswith("HTTP/1.1 200")
    assert '"x-forwarded-for": "127.0.0.1"' in sent, "with the headers of every other place"
    refused = proxy.ask(f"{lines}Content-Length: {MAX_BATCH_BYTES + 2**21}\r\n\r\n".encode())
    assert refused.startswith("HTTP/1.1 413")
    elsewhere = lines.replace("verifications", "verifications-of-others")
    assert proxy.ask(f"{elsewhere}Content-Length: {2**25}\r\n\r\n".encode()).startswith("HTTP/1.1 413")


def test_nothing_personal_is_logged(proxy: Proxy) -> None:
    path = "/counter/cases?citizen=33990019880315002X&name=%E5%BC%A0"
    referrer = "Referer: https://hub.example.gov/?id=33990019880315002X"
    assert proxy.ask(_get(path, referrer, "Authorization: Bearer s3cr3t", "Cookie: session=s3cr3t")).startswith(
        "HTTP/1.1 200"
    )
    proxy.ask(_get("/last"))
    for _ in range(50):
        text = proxy.log.read_text(encoding="utf-8")
        if "/last" in text:
            break
        time.sleep(0.05)
    assert " GET /counter/cases 200 " in text
    assert not re.search(r"33990019880315002X|%E5|s3cr3t|\?", text)


def test_every_answer_carries_the_transport_headers_once(proxy: Proxy) -> None:
    for path in ("/", "/metrics"):
        answer = proxy.ask(_get(path))
        assert answer.count("Strict-Transport-Security: max-age=63072000; includeSubDomains") == 1
        assert answer.count("Strict-Transport-Security") == 1
        assert answer.count("X-Content-Type-Options: nosniff") == 1
        assert "nginx/" not in answer


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
def test_inner_paths_stay_inside(proxy: Proxy, path: str) -> None:
    assert proxy.ask(_get(path)).startswith("HTTP/1.1 404")


def test_plain_http_is_sent_to_https(proxy: Proxy) -> None:
    answer = proxy.ask_plain(_get("/page"))
    assert answer.startswith("HTTP/1.1 308")
    assert f"Location: https://{HOST}/page" in answer
