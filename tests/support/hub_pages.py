"""A whole hub behind its pages on a database of its own, and people who log in to it with a browser."""

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping

from playwright.sync_api import Browser, Page
from sqlalchemy import create_engine, text
from starlette.types import ASGIApp

from tests.support.browser import Served, served, watched_page
from tests.support.hub_site import PASSWORD


@contextlib.contextmanager
def served_hub(server_url: str, build: Callable[[str], ASGIApp]) -> Iterator[Served]:
    """What `build` makes of the address of an empty database, behind uvicorn; the database goes with it."""
    name = f"t_{os.urandom(6).hex()}"
    _run(server_url, f"CREATE DATABASE {name}")
    head, _, tail = server_url.partition("?")
    with served(build(f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{tail}" if tail else "")), lifespan="on") as running:
        yield running
    _run(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def person(browser: Browser, site: Served, name: str, device: Mapping[str, object]) -> tuple[Page, list[str]]:
    """A page of somebody who logged in, at the first page of their role, and what went wrong on it."""
    page, complaints = watched_page(browser.new_context(base_url=site.address, **device))  # type: ignore[arg-type]
    page.goto("/lang/zh?back=/login")
    page.locator("#username").fill(name)
    page.locator("#password").fill(PASSWORD)
    page.locator("form[action='/login'] button").click()
    page.wait_for_url(re.compile("/(me|desk|audit|ops|seals)$"))
    return page, complaints


def _run(url: str, statement: str) -> None:
    engine = create_engine(url.replace("+asyncpg", "+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.execute(text(statement))
    engine.dispose()
