"""The whole HTTP application over a real hub: ASGI in process, with the story's data."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from sqlalchemy import text

from catalog.model import Department, DepartmentCode, Region
from catalog.repo import save
from exchange.app import App
from exchange.http.limits import Policy
from exchange.main import create_app
from exchange.model import Case, CaseState, Principal, Role
from exchange.repo.cases import add_case
from tests.exchange.rig import (
    BODY,
    CASE,
    CITIZEN,
    CLIENT,
    ITEM,
    NR,
    OFFICER,
    OTHER,
    PSB,
    RESOURCE,
    Signing,
    grant,
    jwk_of,
    resource,
)

PASSWORD = "correct-horse-battery"
PEOPLE = {
    "applicant": Principal(Role.APPLICANT, "王春华", subject=CITIZEN),
    "stranger": Principal(Role.APPLICANT, "李四", subject=OTHER),
    "clerk": Principal(Role.CLERK, "测试员", department=NR, officer=OFFICER),
    "police": Principal(Role.CLERK, "警员", department=PSB, officer="PSB0001"),
    "auditor": Principal(Role.AUDITOR, "审计员"),
    "operator": Principal(Role.OPERATOR, "运维"),
}


@dataclass
class Site:
    """The application, a client of it, and everybody's sessions."""

    hub: App
    api: FastAPI
    http: httpx2.AsyncClient
    signing: Signing
    sessions: dict[str, str]

    async def token(self) -> str:
        """An access token of the land registry's system."""
        answer = await self.http.post("/oauth/token", data=self.signing.form())
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def as_(self, who: str) -> dict[str, str]:
        """Headers of a person."""
        return {"authorization": f"Bearer {self.sessions[who]}"}


@pytest.fixture
async def site(hub: App) -> AsyncIterator[Site]:
    """The story of the rig, over HTTP."""
    signing = Signing(ec.generate_private_key(ec.SECP256R1()), hub.now, hub.hub.public_url)
    await _story(hub, signing)
    sessions = {name: (await hub.access.login(name, PASSWORD, address="test"))[1] for name in PEOPLE}
    many = Policy("test", 100_000, 60)
    api = create_app(hub, addresses=many, people=many)
    transport = httpx2.ASGITransport(app=api)
    async with httpx2.AsyncClient(transport=transport, base_url=hub.hub.public_url) as http:
        yield Site(hub, api, http, signing, sessions)
    await hub.queries.drained()


async def _story(hub: App, signing: Signing) -> None:
    await hub.access.register_client(CLIENT, department=NR, jwks={"keys": [jwk_of(signing.key)]})
    for name, who in PEOPLE.items():
        await hub.access.register_person(name, PASSWORD, who)
        if who.department and who.officer:
            await hub.access.register_officer(who.officer, department=who.department, name=who.name)
    region = Region("339900")
    departments = [(PSB, "psb"), (NR, "nr"), (hub.hub.operator, "hub")]

    async def work(unit: Any) -> None:
        for code, short in departments:
            entry = Department(code=DepartmentCode(code), short=short, name_zh=short, name_en=short, region=region)
            await save(unit.conn, entry, unit.now)
        await save(unit.conn, resource(), unit.now)
        terms = {"valid_from": unit.now.replace(year=2020), "valid_until": unit.now.replace(year=2099)}
        await save(unit.conn, grant(**terms), unit.now)
        await add_case(
            unit.conn, Case(CASE, ITEM, NR, CITIZEN, OFFICER, unit.now, CaseState.OPEN, {"applicant": CITIZEN})
        )
        await unit.conn.execute(
            text(
                "INSERT INTO adapter_record (resource, key, body, digest, as_of, run_id) "
                "VALUES (:r, :k, cast(:b AS jsonb), '', now(), :u)"
            ),
            {"r": RESOURCE, "k": CITIZEN, "b": BODY % CITIZEN, "u": uuid4()},
        )
        await unit.conn.execute(
            text("INSERT INTO adapter_record_subject VALUES (:s, :r, :s)"), {"s": CITIZEN, "r": RESOURCE}
        )
        unit.record("catalog:imported", {"source": "test"})

    await hub.units.run(work)


@pytest.fixture
def body() -> Callable[..., dict[str, object]]:
    """A good query body, changed as asked."""

    def make(**changed: object) -> dict[str, object]:
        good: dict[str, object] = {
            "resource": RESOURCE,
            "subject": {"id_type": "citizen_id", "id": CITIZEN},
            "fields": ["name", "address"],
            "case_number": CASE,
            "service_item": ITEM,
            "legal_basis": "不动产登记暂行条例 第二十四条",
        }
        return good | changed

    return make
