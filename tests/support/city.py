"""A small city in an open hub: catalogue, officers, records of some residents, certificates issued from them.

It is built once per session; a test gets a copy of its database and files, and a clock of its own.
"""

import asyncio
import base64
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import polars as pl
import pytest
from sqlalchemy import create_engine, text

from adapters.repo import records
from adapters.repo.records import Record
from adapters.repo.stage import fill_stage, merge_stage
from catalog.samples import sample_catalogue
from certs import repo as certificates
from certs.crypto.strict_json import canonical
from certs.decisions import change_status
from certs.evidence.entry import Entry, decode_entry
from certs.journal import repo as journal
from certs.model import OnFile, Reason, State, StatusChange
from exchange.app import App
from exchange.demo.people import build_world
from exchange.demo.world import Person, Resource, World, body_of
from exchange.embedded import embedded_postgres
from exchange.migrate import upgrade
from exchange.model import Principal, Role
from exchange.service.keys import KeyRole
from exchange.settings import Settings
from exchange.stores import Database
from exchange.uow import Unit
from exchange.wiring import open_app

PSB, MCA, SAMR, NR = "11339900MB9000015P", "11339900MB9000023J", "11339900MB9000031D", "11339900MB900004X5"
TRANSFER = "11339900MB900004X53000715001001"  # 不动产转移登记
FOOD = "11339900MB9000031D3000131015000"  # 食品经营许可
DIVORCE = "11339900MB9000023J3000711002000"  # 离婚登记
START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
OFFICERS = {NR: "NR0001", SAMR: "SM0001", MCA: "MZ0001"}
SUBJECTS = {
    Resource.HOUSEHOLD: ("citizen_id",),
    Resource.MARRIAGE: ("spouse_a_id", "spouse_b_id"),
    Resource.LICENCE: ("uscc", "legal_rep_id"),
    Resource.REAL_ESTATE: ("owner_id",),
}
KEYS = {
    Resource.HOUSEHOLD: "citizen_id",
    Resource.MARRIAGE: "marriage_no",
    Resource.LICENCE: "uscc",
    Resource.REAL_ESTATE: "certificate_no",
}
RUN = UUID(int=339900)
PASSPHRASE = "only-for-tests-0123456789"
WORLD = build_world()

Body = Mapping[str, str | float | None]


@dataclass
class Clock:
    """A clock the test moves; every reading is later than the one before, as a real clock's."""

    at: datetime = START

    def __call__(self) -> datetime:
        """Now."""
        self.at += timedelta(microseconds=1)
        return self.at

    def forward(self, **by: float) -> None:
        """Let time pass."""
        self.at += timedelta(**by)


@dataclass(frozen=True)
class City:
    """The open hub of the city. `hero` is married, has a firm and one flat; `couple` the adult she is married to."""

    app: App
    clock: Clock
    settings: Settings
    url: str
    world: World = field(repr=False)

    @property
    def hero(self) -> str:
        """The citizen number of the resident the tests follow."""
        return self.world.hero.citizen_id

    def clerk(self, department: str = NR, officer: str | None = None) -> Principal:
        """A registered officer at a window of the department."""
        return Principal(Role.CLERK, "窗口", department=department, officer=officer or OFFICERS[department])

    def citizen(self, subject: str | None = None) -> Principal:
        """An applicant who signed in; the hero unless named."""
        return Principal(Role.APPLICANT, "办事人", subject=subject or self.hero)

    def auditor(self) -> Principal:
        """An auditor."""
        return Principal(Role.AUDITOR, "审计员", officer="AU0001")

    async def case(self, subject: str | None = None, *, item: str = TRANSFER, number: str = "C-1") -> str:
        """The number of a case opened at the item's department."""
        await self.app.cases.open(self.clerk(item[:18]), number=number, service_item=item, subject=subject or self.hero)
        return number

    async def held(self, subject: str | None = None, kind: str | None = None) -> list[OnFile]:
        """The certificates of a holder, newest first."""
        found = await self.app.certificates.held(subject or self.hero)
        return [item for item in found if kind in (None, self.app.types.get(item.certificate.type_code).slug)]

    async def identifier(self, kind: str, subject: str | None = None) -> str:
        """Identifier of the holder's newest certificate of this type."""
        return str((await self.held(subject, kind))[0].certificate.identifier)

    async def on_file(self, identifier: str) -> OnFile:
        """The certificate as it stands."""
        async with self.app.reads() as conn:
            return await certificates.by_identifier(conn, identifier)

    async def decide(self, identifier: str, state: State, reason: Reason) -> None:
        """A department decides about a certificate."""
        authority = (await self.on_file(identifier)).certificate.issuer_code

        async def work(unit: Unit) -> None:
            await change_status(unit, StatusChange(identifier, state, reason, "test", authority, unit.now))

        await self.app.units.run(work)

    async def record(self, resource: Resource, key: str) -> Record:
        """A record as it is stored."""
        async with self.app.reads() as conn:
            found = await records.find_by_key(conn, resource, key)
        assert found is not None
        return found

    async def edit(self, resource: Resource, key: str, **changed: str | float | None) -> None:
        """The department changes a record, and the hub has pulled it."""
        await put(self.app, resource, [dict((await self.record(resource, key)).body) | changed])

    async def remove(self, resource: Resource, key: str) -> None:
        """The department deletes a record, and the hub has pulled it."""
        await put(self.app, resource, [dict((await self.record(resource, key)).body)], deleted=True)

    async def entries(self, kind: str | None = None) -> list[Entry]:
        """What the evidence log holds, in order of the moments."""
        return await logged(self.app, kind)

    async def body(self, event_id: UUID) -> bytes:
        """The entry of an event, as logged."""
        async with self.app.reads() as conn:
            row = await journal.find(conn, event_id)
        assert row is not None
        return row.body


async def put(app: App, resource: Resource, bodies: list[Body], *, deleted: bool = False) -> None:
    """Bring records in as a pull does: body, subjects and the note of what changed."""
    frame = pl.DataFrame(
        {
            "~key": [str(body[KEYS[resource]]) for body in bodies],
            "~digest": [sha256(canonical(dict(body))).hexdigest() for body in bodies],
            "~body": [canonical(dict(body)).decode() for body in bodies],
            "~deleted": [deleted] * len(bodies),
        }
    )

    async def work(unit: Unit) -> None:
        await fill_stage(unit.conn, frame)
        await merge_stage(unit.conn, resource=resource, subjects=SUBJECTS[resource], run_id=RUN, at=unit.now)
        unit.record("adapter:chunk-stored", {"resource": str(resource), "rows": len(bodies)})

    await app.units.run(work)


async def logged(app: App, kind: str | None = None) -> list[Entry]:
    """Every entry of the log (of one kind), by its moment, sequenced or not."""
    async with app.reads() as conn:
        bodies = (await conn.execute(text("SELECT body FROM log_entry"))).scalars()
        found = sorted((decode_entry(body) for body in bodies), key=lambda entry: entry.at)
    return [entry for entry in found if kind in (None, entry.kind)]


def residents(world: World = WORLD, count: int = 20) -> list[Person]:
    """The hero and her family, and the next residents."""
    return list(world.people[:count])


async def settle(app: App) -> None:
    """Catalogue, officers, issuers' keys, the records of some residents, and their certificates."""
    await app.catalogue.import_file(sample_catalogue(), source="sample")
    for department, number in OFFICERS.items():
        await app.access.register_officer(number, department=department, name="窗口")
    for department in (PSB, MCA, SAMR, NR):
        await app.keys.generate(KeyRole.ISSUER, department)
    people = {person.citizen_id for person in residents()}
    for resource in Resource:
        about = [body_of(record) for record in WORLD.records(resource)]
        await put(app, resource, [b for b in about if people & {str(b[item]) for item in SUBJECTS[resource]}])
    for slug in ("household", "marriage", "business_licence", "real_estate"):
        await app.issuing.bulk(slug)
    await app.pulls.cascade.run()
    await app.sequencer.sequence_once()


def settings_in(directory: Path, **more: object) -> Settings:
    """Settings of a hub that lives in this directory."""
    values = {
        "profile": "embedded",
        "public_url": "http://127.0.0.1:8339",
        "log_origin": "hub.339900.example/log",
        "keys_dir": directory / "keys",
        "key_passphrase": PASSPHRASE,
        "data_key": base64.b64encode(bytes(range(32))).decode(),
        "data_dir": directory / "data",
    }
    return Settings.model_validate(values | more)


def running_at(url: str) -> Database:
    """A database somebody else runs."""

    @asynccontextmanager
    async def given(_settings: Settings) -> AsyncIterator[str]:
        yield url

    return given


@dataclass(frozen=True)
class Built:
    """A city that was built and closed: where its database and files are."""

    administer: Callable[[str], None]
    at: Callable[[str], str]
    database: str
    directory: Path

    @contextmanager
    def copied(self, directory: Path) -> Iterator[tuple[Settings, str]]:
        """A copy: settings and address of its database, which is dropped afterwards."""
        name = f"t_{os.urandom(6).hex()}"
        self.administer(f"CREATE DATABASE {name} TEMPLATE {self.database}")
        shutil.copytree(self.directory / "data", directory / "data")
        yield settings_in(directory), self.at(name)
        self.administer(f"DROP DATABASE {name} WITH (FORCE)")


def build(server_url: str, directory: Path) -> Built:
    """Build the city on a server."""

    def at(name: str) -> str:
        head, _, tail = server_url.partition("?")
        return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{tail}" if tail else "")

    def administer(statement: str) -> None:
        engine = create_engine(server_url.replace("+asyncpg", "+psycopg"), isolation_level="AUTOCOMMIT")
        with engine.connect() as conn:
            conn.execute(text(statement))
        engine.dispose()

    async def work(url: str) -> None:
        async with open_app(settings_in(directory), initialise=True, now=Clock(), database=running_at(url)) as app:
            await settle(app)

    name = f"city_{os.urandom(6).hex()}"
    administer(f"CREATE DATABASE {name}")
    upgrade(at(name))
    asyncio.run(work(at(name)))
    return Built(administer, at, name, directory)


@pytest.fixture(scope="session")
def built_city(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The city everybody copies."""
    return build(server_url, tmp_path_factory.mktemp("city"))


@pytest.fixture
async def city(built_city: Built, tmp_path: Path) -> AsyncIterator[City]:
    """A city of the test's own, open, one hour after it was built."""
    clock = Clock(START + timedelta(hours=1))
    with built_city.copied(tmp_path) as (settings, url):
        async with open_app(settings, now=clock, database=running_at(url)) as app:
            yield City(app, clock, settings, url, WORLD)


__all__ = ["City", "Clock", "build", "built_city", "city", "embedded_postgres", "put"]
