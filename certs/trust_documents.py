"""The part of the trust list that judges sealed documents: authorities, revocation lists, seals on file.

Everything travels as the octets its maker signed (DER), so that a verifier reads them itself and believes no
rewriting. The use log of seals is not here: it grows with every document, and only the hub has all of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Final, TypeVar

from certs.crypto import base64url
from certs.errors import CertsError
from certs.pki.crl import Crl, parse_crl
from certs.pki.x509 import Certificate, parse_certificate
from certs.seals.history import SealChange, SealLook, SealOnFile, SealState
from certs.seals.pki_trust import PkiCertificates, PkiTimestamps, PkiTrust
from certs.seals.ports import KnownSeals, SealTrust
from certs.strict_table import StrictTable

_STORED: Final = frozenset(state.value for state in SealState) - {SealState.EXPIRED.value}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DocumentTrust:
    """What a verifier of sealed documents believes: X.509 authorities, their lists, seals by number.

    `distrusted` is the trust list's own (key id -> since when); it is written with the keys, not here.
    """

    roots: tuple[Certificate, ...] = ()
    intermediates: tuple[Certificate, ...] = ()
    crls: tuple[Crl, ...] = field(default=(), repr=False)
    seals: Mapping[str, SealOnFile] = field(default_factory=dict)
    distrusted: Mapping[str, datetime] = field(default_factory=dict)

    def pki(self) -> PkiTrust:
        """Roots, intermediates, lists and distrusted keys, for signatures under X.509 (PAdES, time-stamps)."""
        return PkiTrust(self.roots, self.intermediates, self.crls, self.distrusted)

    def seal_trust(self, uses: Mapping[bytes, datetime] | None = None) -> SealTrust:
        """Trust for seals; `uses` is the use log (stamp digest -> when) where it is known.

        Keep the result for a batch: it remembers its answers about the same certificate and instant.
        """
        pki = self.pki()
        return SealTrust(PkiCertificates(pki), KnownSeals(self.seals, uses or {}), PkiTimestamps(pki))


def document_trust_json(trust: DocumentTrust) -> dict[str, object]:
    """The JSON form: DER in base64url, digests in hex, times with their zone."""
    return {
        "roots": [base64url.encode(c.der) for c in trust.roots],
        "intermediates": [base64url.encode(c.der) for c in trust.intermediates],
        "crls": [base64url.encode(crl.der) for crl in trust.crls],
        "seals": [
            {
                "es_id": seal.es_id,
                "sm3": seal.digest.hex(),
                "changes": [{"state": change.state.value, "at": change.at.isoformat()} for change in seal.changes],
                "look": _look_json(seal.look) if seal.look else None,
            }
            for seal in trust.seals.values()
        ],
    }


def _look_json(look: SealLook) -> dict[str, object]:
    return {
        "owner": look.owner,
        "drawn_sha256": look.drawn.hex() if look.drawn else None,
        "valid_from": look.valid_from.isoformat(),
        "valid_until": look.valid_until.isoformat(),
    }


def read_document_trust(t: StrictTable, distrusted: Mapping[str, datetime]) -> DocumentTrust:
    """Read `document_trust_json` strictly; every fault is noted at the table, none is raised."""
    seals = [_seal(s) for s in t.tables("seals", at_least=0)]
    trust = DocumentTrust(
        roots=_authorities(t, "roots"),
        intermediates=_authorities(t, "intermediates"),
        crls=_ders(t, "crls", parse_crl),
        seals={seal.es_id: seal for seal in seals},
        distrusted=distrusted,
    )
    if len(trust.seals) != len(seals):
        t.fault("one seal occurs twice")
    t.finish()
    return trust


def _authorities(t: StrictTable, key: str) -> tuple[Certificate, ...]:
    found = _ders(t, key, parse_certificate)
    for certificate in found:
        if not certificate.extensions.is_ca:
            t.fault(f"{key}: {certificate.subject_text} is no authority")
    return found


def _ders(t: StrictTable, key: str, parse: Callable[[bytes], T]) -> tuple[T, ...]:
    texts = t.texts(key)
    if len(set(texts)) != len(texts):
        t.fault(f"one of {key} occurs twice")
    found: list[T] = []
    for number, text in enumerate(texts):
        try:
            found.append(parse(base64url.decode(text)))
        except CertsError as error:
            t.fault(f"{key}[{number}]: {error}")
    return tuple(found)


def _seal(t: StrictTable) -> SealOnFile:
    es_id, digest = t.text("es_id"), t.digest("sm3")
    changes = tuple(_change(c) for c in t.tables("changes"))
    look = t.optional_table("look")
    if not _in_order(changes):
        t.fault("changes are not in the order of time")
    t.finish()
    return SealOnFile(es_id, digest, changes, _look(look) if look else None)


def _look(t: StrictTable) -> SealLook:
    drawn = t.optional_digest("drawn_sha256")
    look = SealLook(t.text("owner"), drawn, t.instant("valid_from"), t.instant("valid_until"))
    t.finish()
    return look


def _change(t: StrictTable) -> SealChange:
    state = t.choice("state", _STORED)
    change = SealChange(SealState(state) if state in _STORED else SealState.REVOKED, t.instant("at"))
    t.finish()
    return change


def _in_order(changes: Sequence[SealChange]) -> bool:
    return all(one.at <= next_.at for one, next_ in pairwise(changes))
