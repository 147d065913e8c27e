"""X.509 authorities the hub believes, and their revocation lists: filed by the operator, each with its event.

Nothing is fetched and nothing is believed because it came with a document. What is filed is what verifiers get with
the trust list, octet by octet.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

from sqlalchemy.ext.asyncio import AsyncConnection

from certs.errors import InvalidSignature
from certs.pki.algorithms import verify
from certs.pki.crl import Crl, parse_crl
from certs.pki.dev_ca import PRODUCTION, is_development
from certs.pki.extensions import KeyUsage
from certs.pki.needed_lists import needed_lists
from certs.pki.x509 import Certificate, parse_certificate
from certs.seals.pki_trust import PkiTrust
from exchange.errors import AuthorityNotFoundError, AuthorityRefusedError
from exchange.model_views import AuthorityView
from exchange.repo import authorities as repo
from exchange.repo.authorities import AuthorityKind, AuthorityRow, RevocationListRow
from exchange.service.held import Held
from exchange.uow import Reads, Unit, Units


@dataclass(slots=True)
class Authorities:
    """The register of authorities. Certificates and lists are given as DER.

    In the production `profile` no development authority is filed, and one on file from before is not believed.
    What is believed is kept in memory until a process of the hub changes it.
    """

    units: Units
    reads: Reads
    profile: str
    _read_list: Callable[[bytes], Crl] = field(default_factory=lambda: lru_cache(256)(parse_crl))
    _held: Held[PkiTrust] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._held = Held(self.reads, repo.read_revision, self._load)

    async def add_root(self, der: bytes) -> bool:
        """Believe a root; False when it is believed already. Event `authority:added`.

        Raises:
            AuthorityRefusedError: no authority, or not signed by itself.
            MalformedDer, MalformedCertificate: unreadable.
        """
        root = self._authority(der)
        if not root.is_self_issued or not _signed(root, root):
            raise AuthorityRefusedError("a root is signed by itself; file this one as an intermediate")
        return await self._add(root, AuthorityKind.ROOT)

    async def add_intermediate(self, der: bytes) -> bool:
        """File an authority below another; False when it is on file already. Event `authority:added`.

        Raises:
            AuthorityRefusedError: no authority, or none on file signed it.
            MalformedDer, MalformedCertificate: unreadable.
        """
        certificate = self._authority(der)
        if not any(_signed(certificate, above) for above in await self._on_file()):
            raise AuthorityRefusedError(f"no authority on file signed it; file {certificate.issuer_text} first")
        return await self._add(certificate, AuthorityKind.INTERMEDIATE)

    async def add_crl(self, der: bytes) -> bool:
        """File a revocation list; False when it is on file already. Event `revocation-list:added`.

        An older list than the newest is welcome: it may be the only one that speaks for its time.

        Raises:
            AuthorityRefusedError: no authority on file signed it, it is from the future, or says what is not
                understood.
            MalformedDer, MalformedCertificate: unreadable.
        """
        crl = self._read_list(der)
        if crl.this_update > self.units.now():
            raise AuthorityRefusedError(f"the list is dated {crl.this_update.isoformat()}, which is to come")
        if crl.critical:
            raise AuthorityRefusedError(f"the list has critical extensions: {', '.join(sorted(crl.critical))}")
        if not any(_lists_for(crl, issuer) for issuer in await self._on_file()):
            raise AuthorityRefusedError("no authority on file signed this list")

        digest = sha256(der).digest()

        async def store(unit: Unit) -> bool:
            if await repo.is_known(unit.conn, digest):
                return False
            row = RevocationListRow(digest, crl.issuer, crl.this_update, crl.next_update, der, unit.now)
            await repo.add_list(unit.conn, row)
            dates = {"from": crl.this_update.isoformat(), "until": crl.next_update.isoformat()}
            unit.record("revocation-list:added", {"sha256": digest.hex(), "entries": len(crl.entries), **dates})
            return True

        return await self.units.run(store)

    async def remove(self, digest: str) -> None:
        """Believe an authority no longer, or take out a list, by SHA-256 (hex). Event `authority:removed`.

        Raises:
            AuthorityNotFoundError: there is none.
        """
        try:
            wanted = bytes.fromhex(digest)
        except ValueError:
            raise AuthorityNotFoundError(digest) from None

        async def store(unit: Unit) -> None:
            if not await repo.remove(unit.conn, wanted):
                raise AuthorityNotFoundError(digest)
            unit.record("authority:removed", {"sha256": wanted.hex()})

        await self.units.run(store)

    async def list(self) -> tuple[AuthorityView, ...]:
        """Every authority with its newest revocation list, roots first."""
        async with self.reads() as conn:
            rows, lists = await repo.authorities(conn), await repo.lists(conn)
        return tuple(self._view(row, lists) for row in rows)

    async def pki_trust(self) -> PkiTrust:
        """What is believed now, for `certs.seals.pki_trust` and `certs.pki`; newest lists first.

        Lists on file that others make needless are not among them: see `certs.pki.needed_lists`.
        """
        return await self._held.now()

    async def _load(self, conn: AsyncConnection) -> PkiTrust:
        rows, lists = await repo.authorities(conn), await repo.lists(conn)
        return await asyncio.to_thread(self._believed, rows, lists)

    def _believed(self, rows: Iterable[AuthorityRow], lists: Iterable[RevocationListRow]) -> PkiTrust:
        believed = [(row.kind, parse_certificate(row.der)) for row in rows]
        believed = [(kind, certificate) for kind, certificate in believed if self._believable(certificate)]
        crls = [self._read_list(row.der) for row in lists]
        names = {certificate.subject for _, certificate in believed}
        return PkiTrust(
            roots=tuple(certificate for kind, certificate in believed if kind is AuthorityKind.ROOT),
            intermediates=tuple(certificate for kind, certificate in believed if kind is AuthorityKind.INTERMEDIATE),
            crls=needed_lists([crl for crl in crls if crl.issuer in names], [each for _, each in believed]),
        )

    @property
    def production(self) -> bool:
        """Whether nothing made for development counts."""
        return self.profile == PRODUCTION

    def _believable(self, certificate: Certificate) -> bool:
        return not (self.production and is_development(certificate))

    def _authority(self, der: bytes) -> Certificate:
        certificate = parse_certificate(der)
        usage = certificate.extensions.key_usage
        if not certificate.extensions.is_ca or (usage is not None and KeyUsage.KEY_CERT_SIGN not in usage):
            raise AuthorityRefusedError(f"{certificate.subject_text} may not sign certificates")
        if not self._believable(certificate):
            raise AuthorityRefusedError("a development authority is not believed in the production profile")
        return certificate

    async def _on_file(self) -> tuple[Certificate, ...]:
        async with self.reads() as conn:
            return tuple(parse_certificate(row.der) for row in await repo.authorities(conn))

    async def _add(self, certificate: Certificate, kind: AuthorityKind) -> bool:
        digest = sha256(certificate.der).digest()

        async def store(unit: Unit) -> bool:
            if await repo.is_known(unit.conn, digest):
                return False
            row = AuthorityRow(digest, kind, certificate.subject_text, certificate.not_after, certificate.der, unit.now)
            await repo.add_authority(unit.conn, row)
            unit.record("authority:added", {"kind": kind.value, "sha256": digest.hex()})
            return True

        return await self.units.run(store)

    def _view(self, row: AuthorityRow, lists: Iterable[RevocationListRow]) -> AuthorityView:
        certificate = parse_certificate(row.der)
        newest = next((item for item in lists if _lists_for(self._read_list(item.der), certificate)), None)
        return AuthorityView(
            sha256=row.sha256.hex(),
            kind=row.kind.value,
            subject=row.subject,
            alg=certificate.key.alg.value,
            not_after=row.not_after,
            list_sha256=newest.sha256.hex() if newest else "",
            list_until=newest.next_update if newest else None,
            revoked=len(self._read_list(newest.der).entries) if newest else 0,
        )


def _signed(certificate: Certificate, above: Certificate) -> bool:
    return certificate.issuer == above.subject and _holds(above, certificate)


def _lists_for(crl: Crl, issuer: Certificate) -> bool:
    usage = issuer.extensions.key_usage
    may = usage is None or KeyUsage.CRL_SIGN in usage
    return may and crl.issuer == issuer.subject and _holds(issuer, crl)


def _holds(issuer: Certificate, signed: Certificate | Crl) -> bool:
    try:
        verify(issuer.key, signed.alg, signed.tbs, signed.signature)
    except InvalidSignature:
        return False
    return True
