"""The pages over the in-memory hub, driven without a browser."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from exchange.console.app import create_console
from tests.support.console_app import MemoryApp, memory_app
from tests.support.console_world import PASSWORD

TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')


@dataclass
class Visitor:
    """A browser without scripts: keeps cookies, takes the form token from the last page."""

    client: TestClient
    app: MemoryApp
    last: str = ""

    def get(self, path: str) -> Response:
        answer: Response = self.client.get(path, follow_redirects=False)
        self.last = answer.text
        return answer

    @property
    def token(self) -> str:
        found = TOKEN.search(self.last)
        assert found is not None, "the page has no form token"
        return found.group(1)

    def send(self, path: str, files: dict[str, tuple[str, bytes]] | None = None, **fields: str) -> Response:
        data = {"token": self.token, **fields}
        answer: Response = self.client.post(path, data=data, files=files, follow_redirects=False)
        if "text/html" in answer.headers.get("content-type", "") and answer.text:
            self.last = answer.text
        return answer

    def login(self, name: str) -> "Visitor":
        self.get("/login")
        answer = self.send("/login", username=name, password=PASSWORD, back="/")
        assert answer.status_code == 303
        return self


Visit = Callable[..., Visitor]


@pytest.fixture
def visit() -> Visit:
    """Make a visitor of a fresh hub: `visit("clerk", lang="en")`."""

    def make(
        name: str | None = None, lang: str = "zh", *, public_url: str = "http://testserver", raising: bool = True
    ) -> Visitor:
        app = memory_app(public_url)
        client = TestClient(create_console(app), base_url=public_url, raise_server_exceptions=raising)
        visitor = Visitor(client, app)
        visitor.get(f"/lang/{lang}")
        return visitor.login(name) if name else visitor

    return make
