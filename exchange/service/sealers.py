"""What an issuer seals its documents with: its seal in use, its certified keys, the time-stamp authority.

Everything is judged before the first document: what no verifier could accept is not made. A seal, certificate or
revocation list that cannot be trusted now refuses the whole batch with the reason.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from certs.documents.model import Archive, DocumentSeals, OfdSeal, PdfSeal
from certs.pdf.signing_picture import seal_appearance
from certs.pki.algorithms import SHA256, SM3
from certs.pki.chain import Purpose, check_chain
from certs.pki.cms import Stamp
from certs.pki.crl import Crl
from certs.pki.errors import TimestampRefused
from certs.pki.identity import Identity
from certs.pki.stamping import AskAuthority, ask_token
from certs.pki.timestamp import Timestamp, check_timestamp
from certs.pki.x509 import Certificate
from certs.seals import repo as seals
from certs.seals.history import SealState
from certs.seals.model import Seal
from certs.seals.pki_trust import PkiCertificates, PkiTrust
from certs.seals.ports import Standing
from certs.seals.registry import Origin, RegisteredSeal
from certs.seals.seal import lists_signer
from certs.seals.service import may_seal
from certs.seals.signature import read_v4
from exchange.errors import KeyUncertifiedError, SealUnavailableError
from exchange.service.authorities import Authorities
from exchange.service.keys import HubKeys, KeyRole
from exchange.uow import Reads

CLOCKS_APART: Final = timedelta(minutes=5)
_PROBE: Final = b"time-stamp authority, are you there?"
_appearance_of = lru_cache(64)(seal_appearance)


@dataclass(frozen=True, slots=True)
class CheckedStamp:
    """Asks for a stamp and believes it only if a verifier would: path, revocation, and a clock near ours.

    A value and not a closure, so that it can be sent to the processes that seal.
    """

    ask: AskAuthority
    digest_oid: str
    trust: PkiTrust
    new_nonce: Callable[[], int]
    now: Callable[[], datetime]

    def __call__(self, value: bytes) -> bytes:
        """A token over the value, read and checked once.

        Raises:
            TimestampRejected: the authority will not stamp.
            TimestampRefused and what else `check_timestamp` raises: no verifier would believe the answer.
        """
        nonce = self.new_nonce()
        token, now = ask_token(self.ask, value, digest_oid=self.digest_oid, nonce=nonce), self.now()
        found = _checked(token, value, self.trust, now, nonce)
        if abs(now - found.at) > CLOCKS_APART:
            detail = f"the authority says {found.at.isoformat()}, the hub {now.isoformat()}"
            raise TimestampRefused(detail, stamped=found.at, at=now)
        return token


@dataclass(frozen=True, slots=True)
class Sealers:
    """Finds what to seal with. `ask_tsa` is None where no time-stamp authority is set."""

    reads: Reads
    keys: HubKeys
    authorities: Authorities
    ask_tsa: AskAuthority | None
    new_nonce: Callable[[], int]
    now: Callable[[], datetime]

    async def for_issuer(self, owner: str, type_code: str, *, documents: int = 1) -> DocumentSeals:
        """What `owner` (USCC) seals so many documents of a type with, now.

        Raises:
            SealUnavailableError: no seal in use for this type, no key its seal lists, or a certificate that is not
                trusted now (revoked, outside its term, no current revocation list).
            SealUseRefused: the seal's rules of use or its daily limit do not allow it.
            NoSignerError, KeyUncertifiedError: a sealing key or its certificate is missing.
        """
        now = self.now()
        trust = await self._trust()
        seal = await self._seal(owner, type_code, documents, now)
        signer = self._listed_signer(owner, seal)
        pdf = self.keys.identity(KeyRole.SEAL_PDF, owner)
        for identity in (signer, pdf):
            _require_trusted(owner, identity, trust, now)
        stamp = self._stamp(trust, SHA256)
        archive = await asyncio.to_thread(self._archive, pdf, trust, stamp) if stamp else None
        return DocumentSeals(
            OfdSeal(seal.der, signer, self._stamp(trust, SM3)),
            PdfSeal(pdf, stamp, _appearance_of(seal.info.picture), archive),
        )

    async def _trust(self) -> PkiTrust:
        pki = await self.authorities.pki_trust()
        return PkiTrust(pki.roots, pki.intermediates, pki.crls, self.keys.distrusted())

    async def _seal(self, owner: str, type_code: str, documents: int, now: datetime) -> Seal:
        async with self.reads() as conn:
            own = tuple(seal for seal in await seals.seals(conn, owner) if self._counts(seal))
            if not own:
                raise SealUnavailableError(owner, "it has no seal on file")
            chosen = _best(own, type_code, now)
            return read_v4(await may_seal(conn, chosen.es_id, type_code, documents=documents, now=now))

    def _counts(self, seal: RegisteredSeal) -> bool:
        """A seal made for tests is none in production, also when it was filed before."""
        return not (self.authorities.production and seal.origin is Origin.MADE_FOR_TEST)

    def _listed_signer(self, owner: str, seal: Seal) -> Identity:
        """The newest certified key the seal names; a seal made before a rotation names the key before it."""
        found = list(self.keys.identities(KeyRole.SEAL, owner))
        for identity in found:
            if lists_signer(seal.info, identity.certificate.der):
                return identity
        if not found:
            raise KeyUncertifiedError(KeyRole.SEAL, owner)
        raise SealUnavailableError(owner, f"seal {seal.info.es_id} lists no certificate of its keys in use")

    def _stamp(self, trust: PkiTrust, digest_oid: str) -> Stamp | None:
        return self.ask_tsa and CheckedStamp(self.ask_tsa, digest_oid, trust, self.new_nonce, self.now)

    def _archive(self, pdf: Identity, trust: PkiTrust, stamp: Stamp) -> Archive:
        """What judges the paths of signer and stamps for good. One stamp is asked for to learn the authority's path."""
        now = self.now()
        stamped = _checked(stamp(_PROBE), _PROBE, trust, now)
        signed = check_chain(
            pdf.certificate, trust.intermediates, trust.roots, at=now, crls=trust.crls, purpose=Purpose.DOCUMENT
        )
        path = [*signed.certificates, *(stamped.path.certificates if stamped.path else ())]
        return Archive(tuple(dict.fromkeys(path)), tuple(_newest_lists(trust, path)))


def _best(own: tuple[RegisteredSeal, ...], type_code: str, now: datetime) -> RegisteredSeal:
    """The newest seal in use whose rules name the type; else the one whose refusal says most (`may_seal` words it)."""

    def rank(seal: RegisteredSeal) -> tuple[bool, bool, datetime, str]:
        return (seal.state_at(now) is SealState.ACTIVE, type_code in seal.policy.types, seal.valid_from, seal.es_id)

    return max(own, key=rank)


def _require_trusted(owner: str, identity: Identity, trust: PkiTrust, now: datetime) -> None:
    found = PkiCertificates(trust).judge(identity.certificate.der, at=now)
    if found.standing is not Standing.TRUSTED:
        raise SealUnavailableError(owner, f"its certificate is not trusted now: {found.standing.value}: {found.detail}")


def _checked(token: bytes, value: bytes, trust: PkiTrust, now: datetime, nonce: int | None = None) -> Timestamp:
    lists, between = trust.crls, trust.intermediates
    return check_timestamp(token, value, at=now, roots=trust.roots, crls=lists, intermediates=between, nonce=nonce)


def _newest_lists(trust: PkiTrust, path: Iterable[Certificate]) -> Iterator[Crl]:
    """Per issuer of the path its newest list; all of them would make every document as large as the register."""
    for issuer in dict.fromkeys(certificate.issuer for certificate in path):
        lists = [crl for crl in trust.crls if crl.issuer == issuer]
        yield from sorted(lists, key=lambda crl: crl.this_update)[-1:]
