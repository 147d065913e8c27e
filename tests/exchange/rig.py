"""A small hub on a real database: two departments, one shared resource, one grant, one case, one officer."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from os import urandom
from typing import Any, cast
from uuid import uuid4

import asyncpg
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

import adapters.tables
import catalog.tables
import certs.journal.tables
import exchange.tables.access
import exchange.tables.base
import exchange.tables.cases
import exchange.tables.queries
import exchange.tables.uses
from catalog.model import (
    DataItem,
    DataType,
    Department,
    DepartmentCode,
    Grant,
    GrantId,
    ItemCode,
    Region,
    Resource,
    ResourceId,
    ResourceState,
    ServiceItemCode,
    ShareMode,
    SharingClass,
)
from catalog.repo import save
from certs.crypto.alg import Alg
from certs.crypto.jwk import public_jwk, verifier_from_jwk
from certs.crypto.keys import ephemeral_key
from certs.journal.append import Journal
from certs.journal.subjects import SubjectKeys
from exchange.model import Case, CaseState, Principal, QueryRequest, Role
from exchange.repo.cases import add_case
from exchange.repo.queries import Pool
from exchange.sealing import Sealer
from exchange.service.access import ASSERTION_TYPE, Access
from exchange.service.catalogue import Catalogue
from exchange.service.outcomes import Outcomes
from exchange.service.queries import Queries
from exchange.uow import LogGate, Units, reads_on, watch_writes

URL = "http://hub.test"
PSB = "11339900MB9000015P"
NR = "11339900MB900004X5"
CITIZEN = "339900198503070028"
OTHER = "339900199001010015"
CLIENT, OFFICER = "nr-system", "NR0001"
ITEM, CASE = "item-transfer", "NR-2026-0001"
RESOURCE = "psb.household"
FIELDS = ("citizen_id", "name", "address")
START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
BODY = '{"citizen_id":"%s","name":"王春华","address":"示例市甲一路1号","household_no":"H1","sex":"女"}'


@dataclass
class Clock:
    """A clock the test moves."""

    at: datetime = START

    def __call__(self) -> datetime:
        """Now."""
        return self.at

    def forward(self, **by: float) -> None:
        """Let time pass."""
        self.at += timedelta(**by)


@dataclass
class Signing:
    """What the land registry signs with, by an implementation that is not ours."""

    key: ec.EllipticCurvePrivateKey
    now: Callable[[], datetime]
    url: str

    def kid(self) -> str:
        """The kid of the department's key, RFC 7638."""
        return str(jwk_of(self.key)["kid"])

    def claims(self, subject: str = CLIENT, **changed: object) -> dict[str, object]:
        """Claims of an assertion, each time with a new jti; None takes a claim away."""
        now = int(self.now().timestamp())
        claims: dict[str, object] = {
            "iss": CLIENT,
            "sub": subject,
            "aud": f"{self.url}/oauth/token",
            "iat": now,
            "exp": now + 120,
            "jti": uuid4().hex,
        }
        return {name: value for name, value in (claims | changed).items() if value is not None}

    def signed(self, claims: dict[str, object], typ: str = "JWT", **header: object) -> str:
        """The claims signed by the department, by an implementation that is not ours."""
        return jwt.encode(claims, self.key, "ES256", {"kid": self.kid(), "typ": typ, **header})

    def form(self, **changed: str) -> dict[str, str]:
        """A good token request."""
        return {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.signed(self.claims()),
            "officer_assertion": self.signed(self.claims(OFFICER), "officer+jwt"),
        } | changed


@dataclass
class Rig(Signing):
    """The services under test and the department's keys."""

    engine: AsyncEngine
    clock: Clock
    units: Units
    access: Access
    queries: Queries
    catalogue: Catalogue
    gate: LogGate
    hub_signer: Any
    build_queries: Callable[[], Queries]

    def queries_of_another_process(self) -> Queries:
        """The same service with a memory of its own, as another process has it."""
        return self.build_queries()

    async def token(self) -> str:
        """A fresh access token."""
        return (await self.access.issue_token(self.form())).access_token

    async def scalar(self, sql: str, **values: object) -> Any:
        """One value from the database."""
        async with self.engine.connect() as conn:
            return (await conn.execute(text(sql), values or None)).scalar()

    async def run(self, sql: str, **values: object) -> None:
        """Change the database behind the hub's back."""
        async with self.engine.begin() as conn:
            await conn.execute(text(sql), values or None)

    async def put(self, *entries: Any) -> None:
        """Save catalogue entries."""
        async with self.engine.begin() as conn:
            for entry in entries:
                await save(conn, entry, self.clock())

    async def record(self, key: str, subject: str, body: str) -> None:
        """Store a record as the adapters do."""
        await self.run(
            "INSERT INTO adapter_record (resource, key, body, digest, as_of, run_id) "
            "VALUES (:r, :k, cast(:b AS jsonb), :d, :a, :u)",
            r=RESOURCE,
            k=key,
            b=body,
            d=b"\0" * 32,
            a=self.clock(),
            u=uuid4(),
        )
        await self.run(
            "INSERT INTO adapter_record_subject (subject, resource, key) VALUES (:s, :r, :k)",
            s=subject,
            r=RESOURCE,
            k=key,
        )


def jwk_of(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """The public JWK with its thumbprint, by the other implementation."""
    jwk = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    public = {name: jwk[name] for name in ("kty", "crv", "x", "y")}
    return public_jwk(verifier_from_jwk(public))


def grant(**changed: Any) -> Grant:
    """The grant of the story."""
    terms: dict[str, Any] = {
        "id": GrantId("G1"),
        "resource": ResourceId(RESOURCE),
        "consumer": DepartmentCode(NR),
        "items": tuple(map(ItemCode, FIELDS)),
        "purposes": (ServiceItemCode(ITEM),),
        "legal_basis": "不动产登记暂行条例 第二十四条",
        "mode": ShareMode.INTERFACE,
        "valid_from": START - timedelta(days=30),
        "valid_until": START + timedelta(days=30),
    }
    return Grant(**(terms | changed))


def resource(**changed: Any) -> Resource:
    """The resource of the story."""
    names = (*FIELDS, "household_no", "sex")
    terms: dict[str, Any] = {
        "id": ResourceId(RESOURCE),
        "name_zh": "户籍人口",
        "name_en": "Household register",
        "provider": DepartmentCode(PSB),
        "sharing": SharingClass.CONDITIONAL,
        "modes": (ShareMode.INTERFACE,),
        "key": (ItemCode("citizen_id"),),
        "items": tuple(
            DataItem(
                code=ItemCode(name),
                name_zh=name,
                name_en=name,
                type=DataType.TEXT,
                is_subject=name == "citizen_id",
            )
            for name in names
        ),
        "state": ResourceState.PUBLISHED,
        "version": 1,
    }
    return Resource(**(terms | changed))


def question(**changed: Any) -> QueryRequest:
    """A good query, each time with a new request id."""
    terms: dict[str, Any] = {
        "request_id": uuid4().hex,
        "resource": RESOURCE,
        "subject": CITIZEN,
        "fields": ("name", "address"),
        "case_number": CASE,
        "service_item": ITEM,
        "legal_basis": "不动产登记暂行条例 第二十四条",
    }
    return QueryRequest(**(terms | changed))


def asker(**changed: Any) -> Principal:
    """The officer of the story."""
    terms: dict[str, Any] = {"department": NR, "officer": OFFICER, "client": CLIENT}
    return Principal(Role.CLERK, "测试员", **(terms | changed))


@asynccontextmanager
async def open_rig(engine: AsyncEngine) -> AsyncIterator[Rig]:
    """The hub on an empty database."""
    async with engine.begin() as conn:
        for metadata in (
            exchange.tables.base.metadata,
            catalog.tables.metadata,
            certs.journal.tables.metadata,
            adapters.tables.metadata,
        ):
            await conn.run_sync(metadata.create_all)
    watch_writes(engine)
    clock, gate = Clock(), LogGate()
    journal = Journal(URL, SubjectKeys(urandom(32), urandom(32)))
    units = Units(engine, journal, gate, clock, uuid4)
    reads, hub_signer = reads_on(engine), ephemeral_key(Alg.ES256)
    receipt_signer, sealer = ephemeral_key(Alg.ED25519), Sealer(urandom(32), urandom)
    access = Access(
        reads=reads,
        units=units,
        issuer=URL,
        signer=lambda: hub_signer,
        verifiers=lambda: [hub_signer.verifier()],
        now=clock,
        new_id=uuid4,
    )
    dsn = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    async with asyncpg.create_pool(dsn, min_size=1, max_size=4) as pool:
        outcomes = Outcomes(
            reads=reads,
            journal=journal,
            gate=gate,
            signer=lambda: receipt_signer,
            sealer=sealer,
            now=clock,
            new_id=uuid4,
        )
        catalogue = Catalogue(units, reads)

        def build() -> Queries:
            return Queries(
                pool=cast(Pool, pool), reads=reads, outcomes=outcomes, catalogue=catalogue, sealer=sealer, now=clock
            )

        queries = build()
        key = ec.generate_private_key(ec.SECP256R1())
        rig = Rig(key, clock, URL, engine, clock, units, access, queries, catalogue, gate, hub_signer, build)
        await _story(rig)
        yield rig
        await queries.drained()


async def _story(rig: Rig) -> None:
    await rig.access.register_client(CLIENT, department=NR, jwks={"keys": [jwk_of(rig.key)]})
    await rig.access.register_officer(OFFICER, department=NR, name="测试员")
    region = Region("339900")
    await rig.put(
        Department(code=DepartmentCode(PSB), short="psb", name_zh="公安局", name_en="Police", region=region),
        Department(code=DepartmentCode(NR), short="nr", name_zh="自规局", name_en="Land", region=region),
        resource(),
        grant(),
    )
    async with rig.engine.begin() as conn:
        await add_case(
            conn, Case(CASE, ITEM, NR, CITIZEN, OFFICER, rig.clock(), CaseState.OPEN, {"applicant": CITIZEN})
        )
    await rig.record(CITIZEN, CITIZEN, BODY % CITIZEN)
