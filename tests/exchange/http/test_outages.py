"""A database, disk or object store that is away is told as such, in one line, and the hub recovers by itself."""

import errno
import logging

import pytest
from minio import Minio
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from exchange.outages import is_outage
from tests.exchange.http.conftest import Site


def refuse(*_: object) -> None:
    raise ConnectionRefusedError(errno.ECONNREFUSED, "nobody listens")


async def failing(engine: AsyncEngine, statement: str) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one it is, is the question
        async with engine.connect() as conn:
            await conn.execute(text(statement))
    assert isinstance(caught.value, Exception)
    return caught.value


async def test_the_database_goes_and_comes_back(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    engine = site.hub.units.engine
    page = {"cookie": f"yzt_session={site.sessions['applicant']}"}
    await engine.dispose()
    event.listen(engine.sync_engine, "do_connect", refuse)
    try:
        with caplog.at_level(logging.ERROR):
            api = await site.http.get("/api/v1/certificates", headers=site.as_("applicant"))
            query = await site.http.post("/api/v1/sessions", json={"username": "clerk", "password": "x"})
            shown = await site.http.get("/me", headers=page)
            ready = await site.http.get("/readyz")
            alive = await site.http.get("/healthz")
    finally:
        event.remove(engine.sync_engine, "do_connect", refuse)
    assert {answer.status_code for answer in (api, query, shown, ready)} == {503}
    assert (api.json()["code"], query.json()["code"]) == ("not-ready", "not-ready")
    assert int(api.headers["retry-after"]) > 0
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    assert "系统暂时不可用" in shown.text
    assert "请稍后" not in shown.text, "the words are its own"
    assert alive.status_code == 200
    told = [record for record in caplog.records if record.name in {"exchange.http", "exchange.console"}]
    assert told
    assert not [record for record in told if record.exc_info], "no traceback a request"
    assert (await site.http.get("/api/v1/certificates", headers=site.as_("applicant"))).status_code == 200
    assert (await site.http.get("/me", headers=page)).status_code == 200


@pytest.mark.parametrize(
    ("statement", "away"),
    [("SELECT pg_terminate_backend(pg_backend_pid())", True), ("SELECT 1/0", False), ("SELECT nothing", False)],
)
async def test_what_the_database_says(engine: AsyncEngine, statement: str, *, away: bool) -> None:
    assert is_outage(await failing(engine, statement)) is away


async def test_nobody_listens_where_the_database_was() -> None:
    engine = create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    assert is_outage(await failing(engine, "SELECT 1"))


def test_nobody_listens_where_the_object_store_was(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Minio("127.0.0.1:1", access_key="a", secret_key="b", secure=False)
    monkeypatch.setattr(client._http.connection_pool_kw["retries"], "total", 0)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one it is, is the question
        client.bucket_exists("hub")
    assert isinstance(caught.value, Exception)
    assert is_outage(caught.value)


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (OSError(errno.ENOSPC, "full"), True),
        (OSError(errno.EMFILE, "too many"), True),
        (PermissionError(errno.EACCES, "denied"), False),
        (TimeoutError(), False),
        (RuntimeError("a fault of ours"), False),
    ],
)
def test_what_the_machine_says(error: Exception, *, away: bool) -> None:
    assert is_outage(error) is away
