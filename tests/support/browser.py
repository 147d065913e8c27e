"""A real Chromium against a real server on a free loopback port."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import axe_playwright_python
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from starlette.types import ASGIApp

from tests.support.components import CHROMIUM, require

ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu")
PHONE: Mapping[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "locale": "zh-CN",
    "timezone_id": "Asia/Shanghai",
}
DESK: Mapping[str, Any] = {
    "viewport": {"width": 1280, "height": 900},
    "locale": "zh-CN",
    "timezone_id": "Asia/Shanghai",
}
_AXE_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_START_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Served:
    """Where a test server listens, without a path at the end."""

    address: str


@contextlib.contextmanager
def served(app: ASGIApp, lifespan: Literal["on", "off"] = "off") -> Iterator[Served]:
    """`app` behind uvicorn on a free port of the loopback, in a thread, until the block ends."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan=lifespan, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    until = time.monotonic() + _START_SECONDS
    while not server.started:
        if time.monotonic() > until or not thread.is_alive():
            raise RuntimeError("the test server did not start")
        time.sleep(0.02)
    try:
        yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}")
    finally:
        server.should_exit = True
        thread.join(_START_SECONDS)
        listener.close()


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium of the system; nothing is downloaded by Playwright."""
    program = require(CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(program), headless=True, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def watched_page(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and the list that collects every script error, policy violation and foreign request on it."""
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    page.on(
        "console",
        lambda message: complaints.append(f"console: {message.text}") if message.type == "error" else None,
    )
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith("http://127.0.0.1:") else complaints.append(f"foreign: {request.url}")
        ),
    )
    return page, complaints


def accessibility_violations(page: Page) -> list[str]:
    """What axe-core finds on the page: rule, and the elements that break it."""
    page.evaluate(_axe_source())  # a script tag would be refused by the page's own policy
    result = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", list(_AXE_TAGS))
    return [
        f"{violation['id']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def sideways_scroll(page: Page) -> int:
    """By how many CSS pixels the page is wider than its window."""
    width: int = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def _axe_source() -> str:
    folder = Path(str(axe_playwright_python.__file__)).parent
    return next(folder.rglob("axe.min.js")).read_text("utf-8")
