"""Values between deciding and signing: what was asked, what was journalled, what was refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from certs.crypto.strict_json import loads_object
from certs.errors import CertsError
from certs.face import certificate_of
from certs.identifiers import Identifier
from certs.issue import Ticket, reopen
from certs.model import Certificate, Issuer, OnFile, Reason, SourceRecord, State
from certs.type_catalogue import CertificateType, TypeCatalogue

SourceKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class IssueRequest:
    """A record to be made into a certificate of `kind` by `issuer`, bound to `holder_key` (public JWK) if given."""

    kind: CertificateType
    record: SourceRecord
    issuer: Issuer
    holder_key: Mapping[str, str] | None = None

    @property
    def source(self) -> SourceKey:
        """Type code, resource and key: one certificate in force at a time."""
        return (self.kind.code, self.record.resource, self.record.key)


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The version a new one follows, in the state it was seen in, and why it ends (None: its record changed)."""

    identifier: Identifier
    state: State
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """A journalled decision to sign `payload` (canonical JSON face) under a reserved identifier."""

    id: UUID
    identifier: str
    type_code: str
    resource: str
    key: str = field(repr=False)
    version: int
    record_digest: bytes
    payload: bytes = field(repr=False)
    digest: bytes
    holder_key: Mapping[str, str] | None
    status_list: UUID
    status_index: int
    predecessor: str | None
    predecessor_state: State | None
    created_at: datetime
    outcome: str | None = None
    predecessor_reason: Reason | None = None

    @property
    def source(self) -> SourceKey:
        """Type code, resource and key."""
        return (self.type_code, self.resource, self.key)

    def certificate(self) -> Certificate:
        """The certificate the payload states."""
        return certificate_of(loads_object(self.payload))

    def ticket(self, types: TypeCatalogue) -> Ticket:
        """A one-shot ticket for exactly the journalled payload."""
        return reopen(self.payload, types.get(self.type_code), self.holder_key)


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that will not be signed, and why."""

    request: IssueRequest
    error: CertsError


Reservation = Intent | OnFile | Refused
