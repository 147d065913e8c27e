"""The whole hub on a real database, served with API and pages: what the end-to-end tests of the pages run against."""

import base64
import contextlib
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.types import Receive, Scope, Send

from catalog.samples import sample_catalogue
from exchange.app import App
from exchange.demo.ids import citizen_id
from exchange.main import create_app
from exchange.model import Principal, Role
from exchange.service.keys import KeyRole
from exchange.settings import Settings
from exchange.stores import Database
from exchange.wiring import open_app

PASSWORD = "correct horse battery staple"
HOLDER = citizen_id(date(1990, 3, 7), 2)
HOLDER_NAME = "欧阳䶮"
PSB = "11339900MB9000015P"
MCA = "11339900MB9000023J"
REPLACEMENT = "11339900MB9000023J3000711003000"
CASE = "MCA-2026-0007"
_PEOPLE = {
    "holder": Principal(Role.APPLICANT, HOLDER_NAME, subject=HOLDER),
    "clerk": Principal(Role.CLERK, "周窗口", department=MCA, officer="MCA007"),
    "auditor": Principal(Role.AUDITOR, "审计员甲", officer="AUD1"),
    "operator": Principal(Role.OPERATOR, "运维乙", officer="OPS1"),
}


class HubSite:
    """An ASGI application that opens its hub when the server starts, in the server's own event loop.

    `more` prepares the hub further than the story every page test shares.
    """

    def __init__(self, database_url: str, folder: Path, more: Callable[[App], Awaitable[object]] | None = None) -> None:
        self._url, self._folder, self._more = database_url, folder, more
        self._pages: FastAPI | None = None
        self._open = contextlib.AsyncExitStack()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            assert self._pages is not None
            await self._pages(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        app = await self._open.enter_async_context(
            open_app(_settings(self._folder), initialise=True, database=_given(self._url))
        )
        await _fill(app, self._url)
        if self._more is not None:
            await self._more(app)
        self._pages = create_app(app)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._open.aclose()
        await send({"type": "lifespan.shutdown.complete"})


def _settings(folder: Path) -> Settings:
    return Settings.model_validate(
        {
            "profile": "embedded",
            "public_url": "http://127.0.0.1:8339",
            "log_origin": "hub.339900.example/log",
            "keys_dir": folder / "keys",
            "key_passphrase": "only-for-tests-0123456789",
            "data_key": base64.b64encode(os.urandom(32)).decode(),
            "data_dir": folder / "data",
        }
    )


def _given(url: str) -> Database:
    @contextlib.asynccontextmanager
    async def running(_settings: Settings) -> AsyncIterator[str]:
        yield url

    return running


async def _fill(app: App, url: str) -> None:
    """The sample catalogue, one resident with a 户口簿 (sealed), and one person of each role."""
    await app.catalogue.import_file(sample_catalogue(), source="sample")
    await _store_resident(url)
    await app.keys.generate(KeyRole.ISSUER, PSB)
    report = await app.issuing.bulk("household")
    assert report.issued == 1, report
    await app.documents.development.init()
    await app.documents.enrolment.enrol(PSB)
    job = await app.documents.sealing.run((await app.documents.sealing.start("household")).id)
    assert job.sealed == 1, job
    await app.access.register_officer("MCA007", department=MCA, name="周窗口")
    for name, principal in _PEOPLE.items():
        await app.access.register_person(name, PASSWORD, principal)
    await app.sequencer.sequence_once()


async def _store_resident(url: str) -> None:
    body = {
        "citizen_id": HOLDER,
        "name": HOLDER_NAME,
        "sex": "女",
        "ethnicity": "汉族",
        "birth_date": "1990-03-07",
        "address": "示例市东示区甲一路1号示例花园",
        "household_no": "H339900001",
        "relation": "户主",
        "registered_on": "1990-04-01",
    }
    record = {"k": HOLDER, "b": json.dumps(body), "d": bytes(32), "a": datetime.now(UTC), "u": uuid4()}
    engine = create_async_engine(url)
    async with engine.begin() as conn:
        await conn.execute(
            text(
                "INSERT INTO adapter_record (resource, key, body, digest, as_of, run_id) "
                "VALUES ('psb.household', :k, cast(:b AS jsonb), :d, :a, :u)"
            ),
            record,
        )
        await conn.execute(
            text("INSERT INTO adapter_record_subject (subject, resource, key) VALUES (:k, 'psb.household', :k)"),
            {"k": HOLDER},
        )
    await engine.dispose()
