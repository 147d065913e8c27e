"""The trust list of the hub: what a verifier must believe before it can verify, as one signed JSON document.

Keys with role, owner and window; who may issue what; the types; status lists as fetched; decisions with their
reasons. With it `certs.verify` works offline and as of any past time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from certs.crypto.jwk import verifier_from_jwk
from certs.crypto.jws import sign_jws, verify_jws
from certs.crypto.keyring import KeyRing, TrustedKey
from certs.crypto.ports import ResolveKey, Signer
from certs.crypto.strict_json import canonical, loads_object
from certs.errors import CryptoError, TrustBundleInvalid
from certs.identifiers import is_type_code
from certs.model import Reason, State
from certs.strict_table import StrictTable
from certs.trust_documents import DocumentTrust, document_trust_json, read_document_trust

TYP: Final = "yzt-trust+jws"
MAX_BYTES: Final = 64 * 1024 * 1024

ROLE_ISSUER: Final = "issuer"
ROLE_STATUS: Final = "status"


@dataclass(frozen=True, slots=True)
class Entitlement:
    """A right to issue a type from one instant until (exclusive) another; open-ended when None."""

    type_code: str
    since: datetime
    until: datetime | None = None

    def covers(self, type_code: str, at: datetime) -> bool:
        """Whether it allows issuing this type at this instant."""
        return self.type_code == type_code and self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """An issuing authority (证照颁发机构): USCC, name, its `iss` address, and what it may issue."""

    code: str
    name: str
    uri: str
    entitlements: tuple[Entitlement, ...]


@dataclass(frozen=True, slots=True)
class TypeName:
    """Names of a known certificate type."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class StatusSnapshot:
    """A status list token as it was fetched from its address; verified when used, not believed before."""

    uri: str
    token: str = field(repr=False)
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class StatusNotice:
    """A published decision about one entry of a status list."""

    index: int
    state: State
    reason: Reason
    authority: str
    effective_at: datetime


@dataclass(frozen=True, slots=True)
class StatusHistory:
    """Every decision about the entries of a list known up to `complete_until`; an entry without one never changed.

    `about` is set where only one certificate was asked about: its identifier, and its entry in the list. Such a
    history tells nothing of other entries; it is never published.
    """

    uri: str
    complete_until: datetime
    notices: tuple[StatusNotice, ...]
    about: tuple[str, int] | None = None
    _by_index: Mapping[int, tuple[StatusNotice, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[int, list[StatusNotice]] = {}
        for notice in self.notices:
            found.setdefault(notice.index, []).append(notice)
        object.__setattr__(self, "_by_index", {index: tuple(about) for index, about in found.items()})

    def of(self, index: int) -> tuple[StatusNotice, ...]:
        """The decisions about one entry, in the order they are listed."""
        return self._by_index.get(index, ())


@dataclass(frozen=True, slots=True)
class TrustBundle:
    """What a verifier believes. After `expires_at` it is too old to establish anything new.

    `distrusted` maps a key id to the time since when its signatures prove nothing by themselves (失密): the holder of
    a stolen key writes any date of issue. `documents` judges seals and signatures under X.509. `withdrawn_copies` maps
    the SHA-256 of a purpose-marked copy's code to the time when its holder withdrew it.
    """

    hub: str
    issued_at: datetime
    expires_at: datetime
    issuers: Mapping[str, TrustedIssuer]
    types: Mapping[str, TypeName]
    keys: KeyRing
    distrusted: Mapping[str, datetime] = field(default_factory=dict)
    snapshots: tuple[StatusSnapshot, ...] = ()
    histories: Mapping[str, StatusHistory] = field(default_factory=dict)
    documents: DocumentTrust = field(default_factory=DocumentTrust)
    withdrawn_copies: Mapping[bytes, datetime] = field(default_factory=dict, repr=False)

    def registered_place(self, identifier: str) -> tuple[str, int] | None:
        """List and entry where the status of a certificate is registered, if somebody who knows has told."""
        places = ((h.uri, h.about[1]) for h in self.histories.values() if h.about and h.about[0] == identifier)
        return next(places, None)

    def lost_since(self, kid: str, at: datetime) -> datetime | None:
        """Since when a key's signatures prove nothing, if that was so at this instant; else None."""
        since = self.distrusted.get(kid)
        return since if since is not None and at >= since else None


def sign_trust_bundle(bundle: TrustBundle, signer: Signer) -> str:
    """The bundle as a JWS of type `yzt-trust+jws`."""
    return sign_jws(canonical(_document(bundle)), signer, TYP)


def parse_trust_bundle(token: str, resolve_key: ResolveKey) -> TrustBundle:
    """Verify the hub's signature and read the bundle strictly.

    Args:
        token: the JWS as published.
        resolve_key: knows the hub's trust-list keys, obtained another way than this token.

    Raises:
        TrustBundleInvalid: content with faults; all are listed.
        TokenError, EncodingRefused, CryptoError: the signature or its form is refused.
    """
    jws = verify_jws(token, resolve_key, TYP, max_bytes=MAX_BYTES)
    return read_trust_document(jws.payload)


def trust_document(bundle: TrustBundle) -> bytes:
    """The bundle as canonical JSON without a signature, for a process of one's own; its digest names it in reports."""
    return canonical(_document(bundle))


def read_trust_document(data: bytes) -> TrustBundle:
    """What `trust_document` wrote; never for a file from elsewhere, which nobody signed.

    Raises:
        TrustBundleInvalid, JsonRefused: it is something else.
    """
    faults: list[str] = []
    bundle = _bundle(StrictTable(loads_object(data, MAX_BYTES), "trust", faults))
    if faults:
        raise TrustBundleInvalid("; ".join(faults[:20]), faults=tuple(faults))
    return bundle


def _document(b: TrustBundle) -> dict[str, object]:
    return {
        "hub": b.hub,
        "issued_at": b.issued_at.isoformat(),
        "expires_at": b.expires_at.isoformat(),
        "issuers": [
            {"code": i.code, "name": i.name, "uri": i.uri, "entitlements": [_right(e) for e in i.entitlements]}
            for i in b.issuers.values()
        ],
        "types": [{"code": code, "zh": n.zh, "en": n.en} for code, n in b.types.items()],
        "keys": [_key(k, b.distrusted.get(k.verifier.kid)) for k in b.keys],
        "status_lists": [{"uri": s.uri, "token": s.token, "fetched_at": s.fetched_at.isoformat()} for s in b.snapshots],
        "status_histories": [
            {
                "uri": h.uri,
                "complete_until": h.complete_until.isoformat(),
                "notices": [_notice(n) for n in h.notices],
            }
            for h in b.histories.values()
        ],
        "documents": document_trust_json(b.documents),
        "withdrawn_copies": [
            {"code_sha256": digest.hex(), "at": at.isoformat()} for digest, at in b.withdrawn_copies.items()
        ],
    }


def _right(e: Entitlement) -> dict[str, object]:
    return {
        "type": e.type_code,
        "since": e.since.isoformat(),
        "until": e.until.isoformat() if e.until else None,
    }


def _key(k: TrustedKey, distrusted_at: datetime | None) -> dict[str, object]:
    return {
        "jwk": k.verifier.jwk(),
        "role": k.role,
        "owner": k.owner,
        "not_before": k.not_before.isoformat(),
        "not_after": k.not_after.isoformat(),
        "distrusted_at": distrusted_at.isoformat() if distrusted_at else None,
    }


def _notice(n: StatusNotice) -> dict[str, object]:
    return {
        "index": n.index,
        "state": n.state.value,
        "reason": n.reason.value,
        "authority": n.authority,
        "effective_at": n.effective_at.isoformat(),
    }


def _bundle(t: StrictTable) -> TrustBundle:
    issuers = [_parse_issuer(i) for i in t.tables("issuers", at_least=0)]
    types = [_parse_type(n) for n in t.tables("types", at_least=0)]
    keys = [_parse_key(k) for k in t.tables("keys", at_least=0)]
    histories = [_parse_history(h) for h in t.tables("status_histories", at_least=0)]
    withdrawn = [_parse_withdrawal(w) for w in t.tables("withdrawn_copies", at_least=0)]
    for what, names in (
        ("issuer", [i.code for i in issuers]),
        ("type", [code for code, _ in types]),
        ("history", [h.uri for h in histories]),
        ("withdrawn copy", [digest.hex() for digest, _ in withdrawn]),
    ):
        if len(set(names)) != len(names):
            t.fault(f"one {what} occurs twice")
    distrusted = {key.verifier.kid: since for key, since in keys if key is not None and since is not None}
    bundle = TrustBundle(
        hub=t.text("hub"),
        issued_at=t.instant("issued_at"),
        expires_at=t.instant("expires_at"),
        issuers={i.code: i for i in issuers},
        types=dict(types),
        keys=KeyRing(key for key, _ in keys if key is not None),
        distrusted=distrusted,
        snapshots=tuple(_parse_snapshot(s) for s in t.tables("status_lists", at_least=0)),
        histories={h.uri: h for h in histories},
        documents=read_document_trust(t.table("documents"), distrusted),
        withdrawn_copies=dict(withdrawn),
    )
    t.finish()
    return bundle


def _parse_withdrawal(t: StrictTable) -> tuple[bytes, datetime]:
    withdrawal = (t.digest("code_sha256"), t.instant("at"))
    t.finish()
    return withdrawal


def _parse_issuer(t: StrictTable) -> TrustedIssuer:
    rights = tuple(_parse_right(e) for e in t.tables("entitlements", at_least=0))
    issuer = TrustedIssuer(t.text("code"), t.text("name"), t.text("uri"), rights)
    t.finish()
    return issuer


def _parse_right(t: StrictTable) -> Entitlement:
    right = Entitlement(t.text("type"), t.instant("since"), t.optional_instant("until"))
    if right.type_code and not is_type_code(right.type_code):
        t.fault(f"type {right.type_code!r} is not a type code")
    t.finish()
    return right


def _parse_type(t: StrictTable) -> tuple[str, TypeName]:
    named = (t.text("code"), TypeName(t.text("zh"), t.text("en")))
    t.finish()
    return named


def _parse_key(t: StrictTable) -> tuple[TrustedKey | None, datetime | None]:
    jwk, role, owner = t.take("jwk"), t.text("role"), t.text("owner")
    since, until, distrusted = (
        t.instant("not_before"),
        t.instant("not_after"),
        t.optional_instant("distrusted_at"),
    )
    t.finish()
    if not isinstance(jwk, Mapping):
        t.fault("jwk is not an object")
        return None, None
    try:
        return TrustedKey(verifier_from_jwk(jwk), since, until, role, owner), distrusted
    except CryptoError as error:
        t.fault(f"jwk: {error}")
        return None, None


def _parse_snapshot(t: StrictTable) -> StatusSnapshot:
    snapshot = StatusSnapshot(t.text("uri"), t.text("token"), t.instant("fetched_at"))
    t.finish()
    return snapshot


def _parse_history(t: StrictTable) -> StatusHistory:
    notices = tuple(_parse_notice(n) for n in t.tables("notices", at_least=0))
    history = StatusHistory(t.text("uri"), t.instant("complete_until"), notices)
    t.finish()
    return history


def _parse_notice(t: StrictTable) -> StatusNotice:
    state = t.choice("state", frozenset(State) - {State.EXPIRED})
    reason = t.choice("reason", frozenset(Reason))
    notice = StatusNotice(
        index=t.number("index"),
        state=State(state) if state in set(State) else State.VALID,
        reason=Reason(reason) if reason in set(Reason) else Reason.REINSTATED,
        authority=t.text("authority"),
        effective_at=t.instant("effective_at"),
    )
    t.finish()
    return notice
