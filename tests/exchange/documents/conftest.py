"""The city over HTTP: API and pages of one application, with the police able to seal and everybody logged in."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import httpx2
import pytest

from exchange.http.limits import Policy
from exchange.main import create_app
from exchange.model import Principal, Role
from tests.support.city import PSB, City, built_city, city

PASSWORD = "correct-horse-battery"


@dataclass
class Desk:
    """The city over HTTP with everybody's sessions."""

    city: City
    http: httpx2.AsyncClient
    sessions: dict[str, str]

    async def get(self, path: str, who: str = "operator", **query: str | int) -> httpx2.Response:
        return await self.http.get(path, params=query, headers=self.as_(who))

    def as_(self, who: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.sessions[who]}"}

    async def post(self, path: str, who: str = "operator", *, key: str = "", **body: str) -> httpx2.Response:
        headers = self.as_(who) | ({"idempotency-key": key} if key else {})
        return await self.http.post(path, json=body, headers=headers)

    async def ordered(self, key: str = "order-0001") -> str:
        answer = await self.post("/api/v1/sealing-jobs", key=key, type="household")
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    async def sealed(self) -> str:
        """A job that a worker has done."""
        job = await self.ordered()
        await self.city.app.documents.sealing.run(UUID(job))
        return job


@pytest.fixture
async def desk(city: City) -> AsyncIterator[Desk]:
    app = city.app
    await app.documents.development.init()
    await app.documents.enrolment.enrol(PSB)
    people = {
        "operator": Principal(Role.OPERATOR, "运维", officer="OPS1"),
        "holder": city.citizen(),
        "spouse": city.citizen(city.world.hero.spouse_id),
        "clerk": city.clerk(),
        "auditor": city.auditor(),
    }
    for name, principal in people.items():
        await app.access.register_person(name, PASSWORD, principal)
    sessions = {name: (await app.access.login(name, PASSWORD, address="test"))[1] for name in people}
    many = Policy("test", 100_000, 60)
    transport = httpx2.ASGITransport(app=create_app(app, addresses=many, people=many))
    async with httpx2.AsyncClient(transport=transport, base_url=app.hub.public_url) as http:
        yield Desk(city, http, sessions)


__all__ = ["built_city", "city", "desk"]
