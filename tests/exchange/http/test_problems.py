"""One table: every error of the four packages has a row, every row a heading, nothing internal leaks."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

import adapters
import catalog
import certs
import exchange
from adapters.errors import AdaptersError
from catalog.errors import CatalogError
from certs.errors import CertsError, JsonRefused, UnknownKey
from exchange.errors import (
    CaseClosedError,
    ExchangeError,
    LogUnsoundError,
    NotAllowedError,
    SettingsError,
    UnauditedWriteError,
    UnknownEventError,
)
from exchange.http.problems import ROWS, SLUGS, _extensions, _told, slug_of, status_of
from tests.exchange.http.conftest import Site
from tests.exchange.http.test_queries_http import assert_problem

ROOT = Path(__file__).parents[3]


def every_subclass(base: type[Exception]) -> Iterator[type[Exception]]:
    for kind in base.__subclasses__():
        yield kind
        yield from every_subclass(kind)


def load_everything() -> None:
    for package in (exchange, certs, catalog, adapters):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name:
                importlib.import_module(module.name)


def test_every_error_of_ours_finds_a_row() -> None:
    load_everything()
    bases = (ExchangeError, CertsError, CatalogError, AdaptersError)
    kinds = {kind for base in bases for kind in every_subclass(base)}
    assert len(kinds) > 60
    for kind in kinds:
        slugs = [SLUGS[one] for one in kind.__mro__ if one in SLUGS]
        assert slugs, kind
        assert slugs[0] in ROWS


def test_what_a_caller_can_mend_is_never_internal() -> None:
    load_everything()
    ours = {SettingsError, UnauditedWriteError, UnknownEventError}
    assert {kind for kind in every_subclass(ExchangeError) if slug_of(_bare(kind)) == "internal"} == ours


def _bare(kind: type[Exception]) -> Exception:
    return kind.__new__(kind)


def test_every_slug_has_a_heading_and_nothing_else_has() -> None:
    text = (ROOT / "docs" / "problems.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == list(ROWS)
    for slug, row in ROWS.items():
        assert f"**{row.status} · {row.zh} · {row.en}.**" in text, slug


def test_what_is_told_is_a_whole_sentence_and_for_callers() -> None:
    load_everything()
    for kind in (
        one for base in (ExchangeError, CertsError, CatalogError, AdaptersError) for one in every_subclass(base)
    ):
        said = _told(kind)
        assert said.endswith("."), f"{kind.__name__} is cut: {said}"
        assert "subclass" not in said, kind


def test_a_refused_role_is_told_which_roles_may() -> None:
    assert _extensions(NotAllowedError("clerk", "auditor"))[0] == {"roles": ("clerk", "auditor")}
    assert "`roles`" in _told(NotAllowedError)


def test_nearest_base_decides() -> None:
    assert slug_of(JsonRefused()) == "malformed-json"
    assert slug_of(UnknownKey("k")) == "document-refused"
    assert slug_of(LogUnsoundError("x")) == "log-unsound"
    assert slug_of(RuntimeError()) == "internal"
    assert status_of(CaseClosedError()) == 409


def breaking(api: FastAPI) -> None:
    async def unexpected(_request: Request) -> Response:
        raise RuntimeError("password=hunter2 at /srv/secret")

    async def ours(_request: Request) -> Response:
        raise ExchangeError("row 339900198503070028")

    routes = list(api.router.routes)
    api.add_route("/api/v1/_unexpected", unexpected)
    api.add_route("/api/v1/_ours", ours)
    added = [route for route in api.router.routes if route not in routes]
    api.router.routes[:] = [*added, *routes]


@pytest.mark.parametrize("path", ["_unexpected", "_ours"])
async def test_nothing_internal_leaks(site: Site, path: str) -> None:
    breaking(site.api)
    answer = await site.http.get(f"/api/v1/{path}")
    assert_problem(answer, 500, "internal")
    for secret in ("hunter2", "srv", "3399", "RuntimeError", "Traceback"):
        assert secret not in answer.text


async def test_routing_errors_are_problems_too(site: Site) -> None:
    assert_problem(await site.http.get("/api/v1/nothing"), 404, "not-found")
    assert_problem(await site.http.get("/log/nothing"), 404, "not-found")
    assert_problem(await site.http.get("/.well-known/nothing"), 404, "not-found")
    wrong = await site.http.put("/healthz")
    assert_problem(wrong, 405, "method-not-allowed")
    assert wrong.headers["allow"] == "GET"
    for path, allow in (("/api/v1/cases", "GET, POST"), ("/oauth/token", "POST")):
        wrong = await site.http.request("PATCH", path)
        assert_problem(wrong, 405, "method-not-allowed")
        assert wrong.headers["allow"] == allow
    invalid = await site.http.get("/api/v1/queries?limit=0", headers=site.as_("clerk"))
    assert assert_problem(invalid, 422, "invalid-input")["errors"][0]["where"] == ["query", "limit"]


async def test_the_callers_trace_id_is_kept_when_it_is_one(site: Site) -> None:
    good = "0af7651916cd43dd8448eb211c80319c"
    answer = await site.http.get("/api/v1/nothing", headers={"traceparent": f"00-{good}-b7ad6b7169203331-01"})
    assert answer.json()["trace_id"] == good
    answer = await site.http.get("/api/v1/nothing", headers={b"traceparent": f"00-{good}\u202e-b7ad-01".encode()})
    assert answer.json()["trace_id"] != good
