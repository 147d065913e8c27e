"""The production profile as a whole: the settings, commands and proxy of the deployment over real servers.

PostgreSQL and an S3 server stand in for the two containers; everything of ours runs as docker-compose.yml runs it.
"""

import asyncio
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from minio import Minio
from sqlalchemy import make_url

from adapters.blobs.s3 import S3Blobs
from tests.support import components

ROOT = Path(__file__).parents[2]
YZT = [sys.executable, "-c", "import sys; from exchange.cli import main; sys.exit(main())"]
HOST = "hub.example.gov"
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
RCLONE = shutil.which("rclone", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.needs(components.NGINX),
]


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(sock.getsockname()[1]) for sock in held]
    for sock in held:
        sock.close()
    return ports


@dataclass(frozen=True, slots=True)
class Stack:
    """Directory of the run, ports: object store, both replicas, proxy (TLS, plain, own health)."""

    directory: Path
    ports: list[int]

    def secret(self, name: str) -> str:
        return (self.directory / "secrets" / name).read_text(encoding="utf-8")

    def environment(self, replica: int = 0) -> dict[str, str]:
        """The variables of the compose file, with this machine's places instead of the containers'."""
        compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
        given = {name: str(value) for name, value in compose["services"]["hub-1"]["environment"].items()}
        ours = {
            "YZT_PUBLIC_URL": f"https://{HOST}",
            "YZT_LOG_ORIGIN": f"{HOST}/log",
            "YZT_SECRETS_DIR": str(self.directory / "mounted"),
            "YZT_KEYS_DIR": str(self.directory / "keys"),
            "YZT_DATA_DIR": str(self.directory / "data"),
            "YZT_HOST": "127.0.0.1",
            "YZT_PORT": str(self.ports[1 + replica]),
            "YZT_S3_ENDPOINT": f"127.0.0.1:{self.ports[0]}",
        }
        return given | ours | {"PATH": os.environ["PATH"], "HOME": str(self.directory)}

    def get(self, path: str, port: int, *, tls: bool = True) -> tuple[int, bytes]:
        context = ssl.create_default_context(cafile=str(self.directory / "secrets" / "tls_certificate"))
        context.check_hostname = False
        scheme = "https" if tls else "http"
        request = urllib.request.Request(f"{scheme}://127.0.0.1:{port}{path}", headers={"Host": HOST})
        try:
            with urllib.request.urlopen(request, timeout=10, context=context if tls else None) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()


def prepare(stack: Stack, database_url: str) -> None:
    drawing = [str(ROOT / "deploy" / "make-secrets"), "--host", HOST, "--self-signed"]
    subprocess.run([*drawing, "--into", str(stack.directory / "secrets")], check=True, capture_output=True)
    for name in ("mounted", "keys", "data", "objects"):
        (stack.directory / name).mkdir()
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    for name in compose["services"]["hub-1"]["secrets"]:
        (stack.directory / "mounted" / name).write_text(stack.secret(name), encoding="utf-8")
    url = make_url(database_url).render_as_string(hide_password=False)
    (stack.directory / "mounted" / "yzt_database_url").write_text(url, encoding="utf-8")


def proxy_conf(stack: Stack) -> Path:
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8").replace("/tmp/", f"{stack.directory}/")
    text = text.replace("/run/secrets/", f"{stack.directory}/secrets/")
    text = text.replace("/dev/stdout", f"{stack.directory}/access.log")
    places = ("hub-1:8339", "hub-2:8339", "listen 8443", "listen 8080", "listen 127.0.0.1:8081")
    for place, port in zip(places, stack.ports[1:], strict=True):
        prefix = "listen " if place.startswith("listen") else ""
        text = text.replace(place, f"{prefix}127.0.0.1:{port}")
    conf = stack.directory / "nginx.conf"
    conf.write_text(text, encoding="utf-8")
    return conf


def wait_for(ports: Sequence[int]) -> None:
    for port in ports:
        for attempt in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert attempt < 299, f"nothing listens on {port}"
                time.sleep(0.1)


def store_command(stack: Stack) -> list[str]:
    assert RCLONE is not None
    keys = f"{stack.secret('yzt_s3_access_key')},{stack.secret('yzt_s3_secret_key')}"
    address = ["--addr", f"127.0.0.1:{stack.ports[0]}", "--auth-key", keys]
    return [RCLONE, "serve", "s3", *address, str(stack.directory / "objects")]


def make_bucket(stack: Stack) -> None:
    access, secret = stack.secret("yzt_s3_access_key"), stack.secret("yzt_s3_secret_key")
    endpoint = f"127.0.0.1:{stack.ports[0]}"
    # With a region the client does not ask a bucket that does not exist yet where it lies.
    client = Minio(endpoint, access_key=access, secret_key=secret, secure=False, region="us-east-1")
    asyncio.run(S3Blobs(client, stack.environment()["YZT_S3_BUCKET"]).ensure_bucket())


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[None]:
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def stack(tmp_path: Path, database_url: str) -> Iterator[Stack]:
    stack = Stack(tmp_path, free_ports(6))
    prepare(stack, database_url)
    with ExitStack() as parts:
        parts.enter_context(running(store_command(stack), stack.environment()))
        wait_for(stack.ports[:1])
        make_bucket(stack)
        migrate = subprocess.run([*YZT, "migrate"], cwd=ROOT, env=stack.environment(), capture_output=True, check=False)
        assert migrate.returncode == 0, migrate.stderr.decode()
        for replica in (0, 1):
            parts.enter_context(running([*YZT, "serve"], stack.environment(replica)))
        parts.enter_context(running([*YZT, "worker"], stack.environment()))
        wait_for(stack.ports[1:3])
        nginx = [NGINX, "-e", "stderr", "-p", str(tmp_path), "-c", str(proxy_conf(stack)), "-g", "daemon off;"]
        parts.enter_context(running(nginx, stack.environment()))
        wait_for(stack.ports[3:])
        yield stack


def test_the_hub_serves_behind_the_proxy(stack: Stack) -> None:
    first, second, tls = stack.ports[1:4]
    for port in (first, second):
        status, body = stack.get("/readyz", port, tls=False)
        assert status == 200, body
        assert all(check["ok"] for check in json.loads(body)["checks"])
    assert stack.get("/healthz", tls) == (200, b'{"ok":true}')
    assert stack.get("/readyz", tls)[0] == 404
    assert stack.get("/metrics", tls)[0] == 404
    assert b'<html lang="zh-CN">' in stack.get("/", tls)[1]
    checkpoint = b""
    for _ in range(100):  # the worker publishes within a second or so
        status, checkpoint = stack.get("/log/checkpoint", tls)
        if status == 200:
            break
        time.sleep(0.1)
    assert checkpoint.startswith(f"{HOST}/log\n".encode())
    repeated = subprocess.run([*YZT, "migrate"], cwd=ROOT, env=stack.environment(), capture_output=True, check=False)
    assert repeated.returncode == 0
