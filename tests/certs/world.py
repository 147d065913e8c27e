"""One small city for the certificate tests: four authorities, their keys, a trust list, records that do."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from certs.bulk import Signing
from certs.crypto.alg import Alg
from certs.crypto.backends import BACKENDS
from certs.crypto.keyring import KeyRing, TrustedKey
from certs.crypto.ports import Signer
from certs.crypto.strict_json import canonical
from certs.identifiers import random_serial
from certs.intents import IssueRequest
from certs.issue import prepare, redeem
from certs.model import Issuer, SignedCertificate, SourceRecord, StatusRef
from certs.service import Issuance
from certs.trust import Entitlement, StatusHistory, StatusSnapshot, TrustBundle, TrustedIssuer, TypeName
from certs.type_catalogue import CertificateType, load_types
from exchange.uow import RecordedEvent

TYPES = load_types()
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
STATUS_BASE = "https://hub.339900.example/status"
STATUS_URI = f"{STATUS_BASE}/1"
RUN = UUID("00000000-0000-4000-8000-000000000001")

DEPARTMENTS = {
    "household": ("11339900MB9000015P", "339900市公安局"),
    "marriage": ("11339900MB9000023J", "339900市民政局"),
    "business_licence": ("11339900MB9000031D", "339900市市场监督管理局"),
    "real_estate": ("11339900MB900004X5", "339900市自然资源和规划局"),
}

BODIES: Mapping[str, Mapping[str, object]] = {
    "household": {
        "citizen_id": "33990019900101002X",
        "name": "测试䶮",
        "sex": "女",
        "ethnicity": "汉",
        "birth_date": "1990-01-01",
        "address": "339900市测试路1号",
        "household_no": "339900000001",
        "relation": "户主",
        "registered_on": "2010-05-04",
    },
    "marriage": {
        "marriage_no": "J339900-2019-000001",
        "registered_on": "2019-09-09",
        "spouse_a_id": "339900199001010011",
        "spouse_a_name": "测试甲",
        "spouse_b_id": "33990019900101002X",
        "spouse_b_name": "测试乙",
        "office": "339900市民政局婚姻登记处",
        "status": "有效",
        "photo_digest": sha256(b"a photo of two").hexdigest(),
    },
    "business_licence": {
        "uscc": "91339900MA90000111",
        "name": "339900测试有限公司",
        "entity_type": "有限责任公司",
        "legal_rep_name": "测试甲",
        "legal_rep_id": "339900199001010011",
        "registered_capital": 100.5,
        "established_on": "2020-02-29",
        "valid_until": "2026-12-31",
        "address": "339900市测试路2号",
        "scope": "软件开发；信息系统集成",
        "authority": "339900市市场监督管理局",
        "registered_on": "2020-02-29",
        "state": "存续",
    },
    "real_estate": {
        "certificate_no": "339900(2021)不动产权第0000001号",
        "unit_no": "339900001001GB00001F00010001",
        "owner_name": "测试甲",
        "owner_id": "339900199001010011",
        "co_ownership": "单独所有",
        "location": "339900市测试路3号",
        "right_type": "国有建设用地使用权/房屋所有权",
        "right_nature": "出让/市场化商品房",
        "use": "住宅",
        "area": "89.60平方米",
        "term": None,
        "registered_on": "2021-03-01",
        "state": "现势",
    },
}
SLUGS = tuple(BODIES)


def key(alg: Alg = Alg.ES256) -> Signer:
    """A fresh key."""
    return BACKENDS[alg].generate()


def kind_of(slug: str) -> CertificateType:
    """The built-in type."""
    return TYPES.get(slug)


def issuer_of(slug: str) -> Issuer:
    """The city's authority for a type."""
    code, name = DEPARTMENTS[slug]
    uri = f"https://hub.339900.example/issuers/{code}"
    return Issuer(code, name, "地市级", "339900", uri, frozenset({kind_of(slug).code}))


def record_of(slug: str, source_key: str = "k1", **changed: object) -> SourceRecord:
    """A record that does, with some items changed."""
    body = {**BODIES[slug], **changed}
    digest = sha256(canonical(body)).digest()
    return SourceRecord(kind_of(slug).resource, source_key, body, digest, RUN, NOW - timedelta(hours=1))


def request_of(slug: str, source_key: str = "k1", **changed: object) -> IssueRequest:
    """A request to issue from such a record."""
    return IssueRequest(kind_of(slug), record_of(slug, source_key, **changed), issuer_of(slug))


@dataclass(slots=True)
class World:
    """Keys and trust of one test."""

    issuer_key: Signer = field(default_factory=key)
    status_key: Signer = field(default_factory=key)
    since: datetime = NOW - timedelta(days=3650)
    until: datetime = NOW + timedelta(days=3650)
    histories: tuple[StatusHistory, ...] = ()
    snapshots: tuple[StatusSnapshot, ...] = ()
    distrusted: dict[str, datetime] = field(default_factory=dict)

    def signed(
        self,
        slug: str = "household",
        *,
        now: datetime = NOW,
        holder_key: Mapping[str, str] | None = None,
        index: int = 7,
        signer: Signer | None = None,
        **changed: object,
    ) -> SignedCertificate:
        """A signed certificate without a database."""
        ticket = prepare(
            kind_of(slug),
            record_of(slug, "k1", **changed),
            issuer_of(slug),
            now=now,
            serial=random_serial(secrets.token_bytes),
            status=StatusRef(STATUS_URI, index),
            holder_key=holder_key,
        )
        return redeem(ticket, signer or self.issuer_key, secrets.token_bytes)

    def trust(self, **changed: object) -> TrustBundle:
        """The trust list; keyword arguments replace its members."""
        bundle = TrustBundle(
            hub="https://hub.339900.example",
            issued_at=NOW,
            expires_at=NOW + timedelta(days=365),
            issuers={issuer_of(s).code: self._issuer(s) for s in SLUGS},
            types={kind_of(s).code: TypeName(kind_of(s).zh, kind_of(s).en) for s in SLUGS},
            keys=KeyRing([*self.issuer_keys(self.issuer_key), self.status_trust()]),
            distrusted=self.distrusted,
            snapshots=self.snapshots,
            histories={h.uri: h for h in self.histories},
        )
        return replace(bundle, **changed)  # type: ignore[arg-type]  # members by name, for tests only

    def issuer_keys(
        self, signer: Signer, since: datetime | None = None, until: datetime | None = None
    ) -> list[TrustedKey]:
        """One key trusted for every authority (a hub that signs for them)."""
        window = (since or self.since, until or self.until)
        return [TrustedKey(signer.verifier(), *window, "issuer", issuer_of(s).code) for s in SLUGS[:1]]

    def status_trust(self) -> TrustedKey:
        """The status key."""
        return TrustedKey(self.status_key.verifier(), self.since, self.until, "status", "hub")

    def _issuer(self, slug: str) -> TrustedIssuer:
        issuer = issuer_of(slug)
        rights = (Entitlement(kind_of(slug).code, self.since),)
        return TrustedIssuer(issuer.code, issuer.name, issuer.uri, rights)

    def signing(self) -> Signing:
        """Signing with the one key for all issuers."""
        return Signing(TYPES, lambda _: self.issuer_key, secrets.token_bytes)


def issuance(list_size: int = 1 << 20) -> Issuance:
    """The issuance service."""
    return Issuance(lambda: random_serial(secrets.token_bytes), STATUS_BASE, list_size)


@dataclass(slots=True)
class ListJournal:
    """Keeps what units log, for the tests to read; the entries of a rolled-back unit stay in `attempted` only."""

    attempted: list[RecordedEvent] = field(default_factory=list)

    async def append(self, conn: AsyncConnection, events: Sequence[RecordedEvent]) -> Mapping[UUID, bytes]:
        self.attempted += events
        return {e.id: b"" for e in events}

    def kinds(self) -> list[str]:
        return [e.kind for e in self.attempted]


new_id = uuid4
