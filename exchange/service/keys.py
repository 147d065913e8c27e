"""The hub's signing keys: made once per role, loaded by URI, rotated without breaking what they signed."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from hashlib import sha256
from pathlib import Path

from certs.crypto.alg import Alg
from certs.crypto.jwk import verifier_from_jwk
from certs.crypto.keyring import KeyRing, TrustedKey
from certs.crypto.keys import generate_key
from certs.crypto.ports import Signer, Verifier
from certs.model import Certificate as Issued
from certs.pki.csr import certification_request
from certs.pki.errors import CertificateExpired
from certs.pki.files import identity_of, read_chain, read_pem, write_pem
from certs.pki.identity import Identity
from certs.pki.x509 import Certificate
from exchange.errors import KeyNeededError, KeyNotFoundError, KeyUncertifiedError, KeyUnfitError
from exchange.model_views import KeyView
from exchange.repo import keys as repo
from exchange.repo.keys import KeyRow
from exchange.service.key_opening import KeyOpener
from exchange.uow import Reads, Unit, Units


class KeyRole(StrEnum):
    """What a key may sign. A key has one role; a signature of another role's key is refused."""

    ACCESS = "access"
    RECEIPT = "receipt"
    LOG = "log"
    STATUS = "status"
    TRUST = "trust-list"
    ISSUER = "issuer"
    SEAL = "seal"  # puts a department's electronic seal (签章) on OFD, GB/T 38540
    SEAL_PDF = "seal-pdf"  # a department's PAdES signatures
    REPORT = "report"  # verification reports of the hub


ALGORITHM = {
    KeyRole.ACCESS: Alg.ES256,
    KeyRole.RECEIPT: Alg.ED25519,
    KeyRole.LOG: Alg.ED25519,
    KeyRole.STATUS: Alg.ES256,
    KeyRole.TRUST: Alg.ES256,
    KeyRole.ISSUER: Alg.ES256,
    KeyRole.SEAL: Alg.SM2,
    KeyRole.SEAL_PDF: Alg.ES256,
    KeyRole.REPORT: Alg.ES256,
}
# signers of tokens, receipts and lists; seals are judged by their certificates and never by a JWK Set
JOSE_ROLES = tuple(role for role in KeyRole if role not in {KeyRole.SEAL, KeyRole.SEAL_PDF})
OF_DEPARTMENTS = frozenset({KeyRole.ISSUER, KeyRole.SEAL, KeyRole.SEAL_PDF})
# signed notes know Ed25519, GB/T 38540 knows SM2, readers of PDF know P-256; the others may take any algorithm
_ONLY = {KeyRole.LOG: Alg.ED25519, KeyRole.SEAL: Alg.SM2, KeyRole.SEAL_PDF: Alg.ES256}
LIFETIME = timedelta(days=2 * 365)


class NoSignerError(LookupError):
    """No key in force has this role for this owner; run `yzt keygen`."""

    code = "no-signer"


@dataclass(slots=True)
class HubKeys:
    """Signers in force and the ring of every key that ever signed. `reload` after a rotation; the rest only reads."""

    units: Units
    reads: Reads
    directory: Path
    open_key: KeyOpener
    now: Callable[[], datetime]
    rows: tuple[KeyRow, ...] = ()
    _signers: dict[str, Signer] = field(default_factory=dict)
    _identities: dict[tuple[str, bytes], Identity] = field(default_factory=dict)
    _ring: tuple[tuple[KeyRow, ...], KeyRing] | None = field(default=None, repr=False)

    async def reload(self) -> None:
        """Read the key table again and open signers not open yet.

        Raises:
            KeyUnreadable and others: see `KeyOpener`; what the table says holds all the same, and a key that cannot be
                opened here signs nothing here.
        """
        async with self.reads() as conn:
            rows = await repo.all_keys(conn)
        try:
            for row in rows:
                if in_use(row) and row.kid not in self._signers:
                    self._signers[row.kid] = await asyncio.to_thread(self.open_key, row.uri)
        finally:  # not before: until a new key is open, the one before it signs
            self.rows = rows if rows != self.rows else self.rows

    def signer(self, role: KeyRole, owner: str | None = None, *, at: datetime | None = None) -> Signer:
        """The newest key with this role (and owner) that may sign what is dated `at` (None: now).

        Raises:
            NoSignerError: there is none.
        """
        for signer in self.signers(role, owner, at=at):
            return signer
        raise NoSignerError(f"{role} {owner or ''}".strip())

    def signers(self, role: KeyRole, owner: str | None = None, *, at: datetime | None = None) -> Iterator[Signer]:
        """Every key `signer` could give, the newest first."""
        return (self._signers[row.kid] for row in self._fitting(role, owner, at or self.now()))

    def identity(self, role: KeyRole, owner: str, at: datetime | None = None) -> Identity:
        """As `signer`, with its certificates: the newest key whose certificate is in its term at that instant.

        A key that was made but not certified yet is passed over: the one before it goes on sealing.

        Raises:
            NoSignerError: there is no such key.
            KeyUncertifiedError: none of the keys has a certificate in its term.
        """
        for identity in self.identities(role, owner, at):
            return identity
        self.signer(role, owner, at=at)
        raise KeyUncertifiedError(role, owner)

    def identities(self, role: KeyRole, owner: str, at: datetime | None = None) -> Iterator[Identity]:
        """Every key `identity` could give, the newest first."""
        moment = at or self.now()
        for row in self._fitting(role, owner, moment):
            identity = self._identity(row)
            if identity and identity.certificate.not_before <= moment <= identity.certificate.not_after:
                yield identity

    def row(self, kid: str) -> KeyRow:
        """The key of this identifier, in use or not; raises KeyNotFoundError."""
        for row in self.rows:
            if row.kid == kid:
                return row
        raise KeyNotFoundError(kid)

    def ring(self) -> KeyRing:
        """Every key for verification: a signature made within the signing window stays good for the archive's time.

        Whether its owner lost one since is `distrusted`'s to say: whoever verifies asks both.
        """
        if self._ring is None or self._ring[0] is not self.rows:
            self._ring = (self.rows, KeyRing(trusted(self.rows)))
        return self._ring[1]

    def distrusted(self) -> Mapping[str, datetime]:
        """Key id -> since when nothing it signed proves anything by itself (失密)."""
        return {row.kid: row.distrusted_at for row in self.rows if row.distrusted_at is not None}

    def anchors(self) -> Iterable[TrustedKey]:
        """The ring for verifiers without a trust list: a distrusted key says so itself."""
        since = self.distrusted()
        return [replace(key, distrusted_at=since.get(key.verifier.kid)) for key in trusted(self.rows)]

    def verifiers(self, *roles: KeyRole) -> tuple[Verifier, ...]:
        """The public keys of these roles for tokens that are judged now: retired ones too, distrusted ones never."""
        rows = [row for row in self.rows if row.role in roles and row.distrusted_at is None]
        return tuple(key.verifier for key in trusted(rows))

    async def generate(self, role: KeyRole, owner: str, *, alg: Alg | None = None) -> Signer:
        """Make a key in an encrypted file; older keys of the role keep verifying. Event `key:generated`.

        Raises:
            KeyUnfitError: this role does not sign with that algorithm.
        """
        _require_fit(role, alg or ALGORITHM[role])
        name = f"{role}-{owner}-{self.now():%Y%m%dT%H%M%S%f}.pem"
        await asyncio.to_thread(self.directory.mkdir, mode=0o700, parents=True, exist_ok=True)
        path = self.directory / name
        make = partial(generate_key, alg or ALGORITHM[role], path, self.open_key.passphrase)
        signer = await asyncio.to_thread(make)
        await self._add(role, owner, signer, path.absolute().as_uri())
        return signer

    async def register(self, role: KeyRole, owner: str, uri: str) -> Signer:
        """Use a key that is there already, such as one on a token (`pkcs11:token=…;object=…`). Event `key:generated`.

        Raises:
            KeyUnreadable and others: see `KeyOpener`.
            KeyUnfitError: this role does not sign with its algorithm, or the key is on file already.
        """
        signer = await asyncio.to_thread(self.open_key, uri)
        _require_fit(role, signer.alg)
        await self.reload()
        if any(row.kid == signer.kid for row in self.rows):
            raise KeyUnfitError(role, "it is on file already: a key has one role for ever")
        await self._add(role, owner, signer, uri)
        return signer

    async def _add(self, role: KeyRole, owner: str, signer: Signer, uri: str) -> None:
        async def store(unit: Unit) -> None:
            # tokens count whole seconds: what is signed now is dated no earlier
            since = unit.now.replace(microsecond=0)
            row = KeyRow(
                kid=signer.kid,
                role=role,
                owner=owner,
                alg=signer.alg,
                uri=uri,
                jwk=signer.verifier().jwk(),
                not_before=since,
                not_after=since + LIFETIME,
            )
            await repo.add(unit.conn, row)
            unit.record("key:generated", {"kid": signer.kid, "alg": signer.alg, "role": role}, department=owner)

        await self.units.run(store)
        await self.reload()

    async def retire(self, kid: str) -> None:
        """Sign nothing more with a key and record `key:retired`; what it signed before keeps verifying."""

        async def store(unit: Unit) -> None:
            await repo.retire(unit.conn, kid, unit.now)
            unit.record("key:retired", {"kid": kid})

        await self.units.run(store)
        await self.reload()

    def require_successor(self, kid: str) -> None:
        """Return if another key in use has the role and owner of this one.

        Raises:
            KeyNotFoundError: there is no such key.
            KeyNeededError: nobody could sign in its place.
        """
        held = self.row(kid)
        others = [row for row in self._fitting(KeyRole(held.role), held.owner, self.now()) if row.kid != kid]
        if in_use(held) and not others:
            raise KeyNeededError(held.role)

    async def distrust(self, kid: str, since: datetime, reason: str) -> None:
        """Retire a lost key and declare what it signed from `since` on worthless; records `key:distrusted`.

        Raises:
            KeyNotFoundError: there is no such key.
        """
        await self.reload()
        held = self.row(kid)

        async def store(unit: Unit) -> None:
            await repo.retire(unit.conn, kid, unit.now)
            await repo.distrust(unit.conn, kid, since)
            detail = {"kid": kid, "role": held.role, "since": since.isoformat(), "reason": reason}
            unit.record("key:distrusted", detail, department=held.owner)

        await self.units.run(store)
        await self.reload()

    def request(self, kid: str, *, common_name: str, organisation: str, unit: str = "") -> bytes:
        """A certification request (PKCS #10, PEM) of a key in use, for its authority.

        Raises:
            KeyNotFoundError: there is no such key.
            NoSignerError: it signs nothing more.
        """
        if not in_use(self.row(kid)):
            raise NoSignerError(f"{kid} signs nothing more")
        signer = self._signers[kid]
        return certification_request(signer, common_name=common_name, organisation=organisation, unit=unit)

    async def attach_chain(self, kid: str, pem: bytes) -> Certificate:
        """Keep the certificates an authority gave a key (its own first, PEM) and record `key:certified`.

        A root at the end is left out: it is believed because it is on file, not because it came along.

        Raises:
            KeyNotFoundError: there is no such key.
            CertificateExpired: the certificate is over already.
            IdentityMismatch, MalformedCertificate, MalformedDer: see `certs.pki.files.read_chain`.
        """
        await self.reload()
        held, certificates = self.row(kid), read_chain(pem, kid)
        leaf = certificates[0]
        if leaf.not_after < self.now():
            raise CertificateExpired(
                subject=leaf.subject_text, serial=leaf.serial, at=self.now(), not_after=leaf.not_after
            )
        chain = write_pem((leaf, *(above for above in certificates[1:] if not above.is_self_issued)))

        async def store(unit: Unit) -> None:
            await repo.attach_chain(unit.conn, kid, chain)
            detail = {"kid": kid, "role": held.role, "certificate_sha256": sha256(leaf.der).hexdigest()}
            unit.record("key:certified", detail, department=held.owner)

        await self.units.run(store)
        await self.reload()
        return leaf

    def views(self, *, every: bool = False) -> tuple[KeyView, ...]:
        """What the operator sees: keys in use and the days they still may sign; with `every`, the historic ones too."""
        now = self.now()
        return tuple(_view(row, now) for row in self.rows if every or in_use(row))

    def _fitting(self, role: KeyRole, owner: str | None, moment: datetime) -> Iterator[KeyRow]:
        for row in self.rows:
            fits = row.role == role and (owner is None or row.owner == owner)
            if fits and in_use(row) and row.kid in self._signers and row.not_before <= moment <= row.not_after:
                yield row

    def _identity(self, row: KeyRow) -> Identity | None:
        if row.chain is None:
            return None
        known = (row.kid, row.chain)
        if known not in self._identities:
            self._identities[known] = identity_of(self._signers[row.kid], row.chain)
        return self._identities[known]


def _require_fit(role: KeyRole, alg: Alg) -> None:
    wanted = _ONLY.get(role)
    if wanted is not None and alg is not wanted:
        raise KeyUnfitError(role, f"it signs with {wanted.value}, not {alg.value}")


def in_use(row: KeyRow) -> bool:
    """Whether the key may still sign, if its window allows."""
    return row.retired_at is None and row.distrusted_at is None


def _view(row: KeyRow, now: datetime) -> KeyView:
    leaf = read_pem(row.chain)[0] if row.chain else None
    return KeyView(
        kid=row.kid,
        alg=row.alg,
        role=row.role,
        owner=row.owner,
        not_after=row.not_after,
        days_left=max(0, (row.not_after - now).days) if in_use(row) else 0,
        not_before=row.not_before,
        retired_at=row.retired_at,
        distrusted_at=row.distrusted_at,
        certificate=leaf.subject_text if leaf else "",
        certificate_until=leaf.not_after if leaf else None,
    )


def trusted(rows: Iterable[KeyRow]) -> Iterable[TrustedKey]:
    """The rows as trusted keys; a retired key is trusted for what it signed until then."""
    for row in rows:
        end = row.retired_at or row.not_after
        yield TrustedKey(verifier_from_jwk(row.jwk), row.not_before, end, row.role, row.owner)


def issuer_key(keys: HubKeys, certificate: Issued) -> Signer:
    """The issuer's key of the certificate's date: one made later would make it a certificate nobody accepts.

    Raises:
        NoSignerError: there is none.
    """
    return keys.signer(KeyRole.ISSUER, certificate.issuer_code, at=certificate.issued_at)
