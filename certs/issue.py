"""Issuing in two steps without clock or database: `prepare` decides, `redeem` signs once.

Between the two the caller journals the intent, so that a crash leaves a record of what was about to be signed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256

from certs.crypto import base64url
from certs.crypto.jws import sign_jws
from certs.crypto.ports import Signer
from certs.crypto.strict_json import canonical, loads_object
from certs.errors import IssueRefused, IssuerNotEntitled, TicketAlreadyRedeemed
from certs.face import JSON_FACE_TYP, certificate_of, disclosable, json_face, sd_jwt_claims
from certs.face_values import ValueRefused, holder_code_type, parse_day, printed
from certs.identifiers import Identifier, compose, next_version
from certs.layout.fonts import check_printable
from certs.layout.pages import check_face
from certs.model import (
    Certificate,
    FaceKind,
    Holder,
    Issuer,
    Lineage,
    SignedCertificate,
    SourceRecord,
    StatusRef,
    law_day,
)
from certs.sdjwt import issue as issue_sd_jwt
from certs.type_catalogue import CertificateType, Format, HolderField, Validity, ValidityRule

RandomBytes = Callable[[int], bytes]

SALT_BYTES = 16
UNPLACED = StatusRef("", 0)


@dataclass(slots=True)
class Ticket:
    """Permission to sign one certificate once.

    `payload` is the canonical JSON face: what is journalled before signing, and what is signed.
    """

    certificate: Certificate
    kind: CertificateType
    payload: bytes = field(repr=False)
    holder_key: Mapping[str, str] | None = None
    _unused: list[bool] = field(default_factory=lambda: [True], repr=False)

    @property
    def digest(self) -> bytes:
        """SHA-256 of the payload (32 bytes). The random serial in it keeps the content from being guessed."""
        return sha256(self.payload).digest()

    def spend(self) -> None:
        """Use the ticket up.

        Raises:
            TicketAlreadyRedeemed: it was used, here or in another thread.
        """
        try:
            self._unused.pop()  # atomic: of two threads one gets it
        except IndexError:
            raise TicketAlreadyRedeemed(str(self.certificate.identifier)) from None


def decide(
    kind: CertificateType,
    record: SourceRecord,
    issuer: Issuer,
    *,
    now: datetime,
    serial: str,
    status: StatusRef = UNPLACED,
    previous: Identifier | None = None,
    given_up: int = 0,
) -> Certificate:
    """State the certificate this record becomes, or refuse with every reason.

    Args:
        kind: the certificate type.
        record: the shared record; its body holds the items the type names.
        issuer: must be entitled to the type.
        now: time of issue; whole seconds count.
        serial: serial of a first version; ignored with `previous`, whose serial continues.
        status: reserved place in a status list; `UNPLACED` until there is one.
        previous: the version this one follows (关联证照标识).
        given_up: the highest version reserved after `previous` and abandoned, 0 for none.

    Raises:
        IssuerNotEntitled: the issuer may not issue this type.
        IssueRefused: the record does not do.
        GlyphMissing: it would do, but its face cannot be printed; every character is named. The right itself stands.
        LayoutOverflow: likewise, for a value that does not fit its place on the face.
    """
    if kind.code not in issuer.types:
        raise IssuerNotEntitled(issuer.code, kind.code)
    content = _read(kind, record, law_day(now))
    check_printable({**content.face, "number": content.number, "issuer_name": issuer.name})
    certificate = Certificate(
        identifier=next_version(previous, given_up=given_up) if previous else compose(kind.code, issuer.code, serial),
        name=kind.zh,
        number=content.number,
        issuer_code=issuer.code,
        issuer_name=issuer.name,
        issuer_level=issuer.level,
        region=issuer.region,
        issuer_uri=issuer.uri,
        issued_at=now.astimezone(UTC).replace(microsecond=0),
        valid_from=content.valid_from,
        valid_until=content.valid_until,
        holders=content.holders,
        face=content.face,
        status=status,
        source=Lineage(record.resource, record.key, record.digest, record.run_id, record.as_of.astimezone(UTC)),
        supersedes=previous,
    )
    check_face(certificate, kind)
    return certificate


@dataclass(frozen=True, slots=True)
class _Content:
    """What a record says for a type."""

    number: str
    face: dict[str, str]
    holders: tuple[Holder, ...]
    valid_from: date
    valid_until: date | None


def _read(kind: CertificateType, record: SourceRecord, today: date) -> _Content:
    draft = _Draft(kind, record.body)
    if record.resource != kind.resource:
        draft.reasons.append(f"record is of {record.resource}, the type is made from {kind.resource}")
    face, holders = draft.face(), draft.holders()
    first, last = draft.validity(kind.validity)
    draft.check_in_force()
    number = draft.text(kind.number_item, required=True)
    if last is not None and today > last:
        draft.reasons.append(f"its last valid day {last} is over")
    if draft.reasons:
        raise IssueRefused(kind.code, tuple(draft.reasons))
    return _Content(number, face, holders, first, last)


def prepare(
    kind: CertificateType,
    record: SourceRecord,
    issuer: Issuer,
    *,
    now: datetime,
    serial: str,
    status: StatusRef,
    previous: Identifier | None = None,
    holder_key: Mapping[str, str] | None = None,
) -> Ticket:
    """`decide`, with the same arguments and refusals, and permission to sign the result once.

    `holder_key` is the public JWK of the holder's wallet; it binds the SD-JWT VC to it.
    """
    certificate = decide(kind, record, issuer, now=now, serial=serial, status=status, previous=previous)
    return Ticket(certificate, kind, canonical(json_face(certificate, kind)), holder_key)


def reopen(payload: bytes, kind: CertificateType, holder_key: Mapping[str, str] | None = None) -> Ticket:
    """A ticket for a journalled payload, to sign after a crash exactly what was decided before it.

    Raises:
        FaceInvalid: the payload is no complete JSON face.
    """
    return Ticket(certificate_of(loads_object(payload)), kind, payload, holder_key)


def redeem(ticket: Ticket, signer: Signer, random_bytes: RandomBytes) -> SignedCertificate:
    """Sign the JSON face and the SD-JWT VC. Blocking and CPU-bound: call it outside the event loop and any transaction.

    Args:
        ticket: used up by this call, also when signing fails.
        signer: the issuer's key.
        random_bytes: n -> n unpredictable bytes, for the salts of the disclosures.

    Raises:
        TicketAlreadyRedeemed: the ticket was used before.
    """
    ticket.spend()
    c = ticket.certificate
    hidden = disclosable(c, ticket.kind)
    credential = issue_sd_jwt(
        sd_jwt_claims(c),
        hidden,
        signer,
        salt=_salts(random_bytes, len(hidden)).__next__,
        holder=ticket.holder_key,
    )
    return SignedCertificate(
        certificate=c,
        faces={
            FaceKind.JSON: sign_jws(ticket.payload, signer, JSON_FACE_TYP).encode(),
            FaceKind.SD_JWT: str(credential).encode(),
        },
        kid=signer.kid,
    )


def _salts(random_bytes: RandomBytes, count: int) -> Iterator[str]:
    """So many salts from one draw: asking the system for each costs as much as hashing it."""
    drawn = random_bytes(SALT_BYTES * count)
    parts = (drawn[at : at + SALT_BYTES] for at in range(0, len(drawn), SALT_BYTES))
    return iter(base64url.encode_each(parts))


class _Draft:
    """One reading of a record against a type; collects every reason."""

    def __init__(self, kind: CertificateType, body: Mapping[str, object]) -> None:
        self._kind, self._body = kind, body
        self.reasons: list[str] = []

    def text(self, item: str, form: Format = Format.TEXT, *, required: bool) -> str:
        try:
            text = printed(self._body.get(item), form)
        except ValueRefused as error:
            self._refuse(f"{item} {error}")
            return ""
        if required and not text:
            self._refuse(f"{item} is empty")
        return text

    def face(self) -> dict[str, str]:
        values = {f.code: self.text(f.item, f.format, required=f.required) for f in self._kind.face}
        return {code: value for code, value in values.items() if value}

    def holders(self) -> tuple[Holder, ...]:
        return tuple(self._holder(h) for h in self._kind.holders)

    def _holder(self, names: HolderField) -> Holder:
        code, name = self.text(names.code_item, required=True), self.text(names.name_item, required=True)
        code_type = ""
        try:
            code_type = holder_code_type(code, names.code_types) if code else ""
        except ValueRefused as error:
            self._refuse(f"{names.code_item} {error}")
        return Holder(code=code, code_type=code_type, name=name)

    def validity(self, rule: Validity) -> tuple[date, date | None]:
        first = self._day(rule.from_item, required=True) or date.min
        last = self._day(rule.until_item, required=False) if rule.until_item else None
        if rule.rule is ValidityRule.YEARS:
            last = _years_later(first, rule.years)
        if last is not None and last < first:
            self._refuse(f"{rule.until_item} is before {rule.from_item}")
        return first, last

    def _day(self, item: str, *, required: bool) -> date | None:
        text = self.text(item, Format.DATE, required=required)
        return parse_day(text) if text else None

    def check_in_force(self) -> None:
        if self._kind.in_force is None:
            return
        item, accepted = self._kind.in_force
        if self._body.get(item) not in accepted:
            self._refuse(f"{item} is not {' / '.join(sorted(accepted))}")

    def _refuse(self, reason: str) -> None:
        if reason not in self.reasons:
            self.reasons.append(reason)


def _years_later(first: date, years: int) -> date:
    """The last valid day of a term of whole years: the day before the anniversary."""
    try:
        anniversary = first.replace(year=first.year + years)
    except ValueError:  # 29 February: the term ends with February
        anniversary = date(first.year + years, 3, 1)
    return date.fromordinal(anniversary.toordinal() - 1)
