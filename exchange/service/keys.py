"""The hub's signing keys: made once per role, loaded by URI, rotated without breaking what they signed."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from certs.crypto.alg import Alg
from certs.crypto.jwk import verifier_from_jwk
from certs.crypto.keyring import KeyRing, TrustedKey
from certs.crypto.keys import generate_key, load_signer
from certs.crypto.ports import Signer
from certs.model import Certificate
from exchange.model_views import KeyView
from exchange.repo import keys as repo
from exchange.repo.keys import KeyRow
from exchange.uow import Reads, Unit, Units


class KeyRole(StrEnum):
    """What a key may sign. A key has one role; a signature of another role's key is refused."""

    ACCESS = "access"
    RECEIPT = "receipt"
    LOG = "log"
    STATUS = "status"
    TRUST = "trust-list"
    ISSUER = "issuer"


ALGORITHM = {
    KeyRole.ACCESS: Alg.ES256,
    KeyRole.RECEIPT: Alg.ED25519,
    KeyRole.LOG: Alg.ED25519,
    KeyRole.STATUS: Alg.ES256,
    KeyRole.TRUST: Alg.ES256,
    KeyRole.ISSUER: Alg.ES256,
}
LIFETIME = timedelta(days=2 * 365)


class NoSignerError(LookupError):
    """No key in force has this role for this owner; run `yzt keygen`."""


class LoadSigner(Protocol):
    """Opens the private half named by a URI."""

    def __call__(self, uri: str, passphrase: bytes) -> Signer:
        """The signer, proven to hold the key."""
        ...


@dataclass(slots=True)
class HubKeys:
    """Signers in force and the ring of every key that ever signed. `reload` after a rotation; the rest only reads."""

    units: Units
    reads: Reads
    directory: Path
    passphrase: bytes = field(repr=False)
    now: Callable[[], datetime]
    load: LoadSigner = load_signer
    rows: tuple[KeyRow, ...] = ()
    _signers: dict[str, Signer] = field(default_factory=dict)

    async def reload(self) -> None:
        """Read the key table again and open signers not open yet."""
        async with self.reads() as conn:
            self.rows = await repo.all_keys(conn)
        for row in self.rows:
            if row.retired_at is None and row.kid not in self._signers:
                self._signers[row.kid] = await asyncio.to_thread(self.load, row.uri, self.passphrase)

    def signer(self, role: KeyRole, owner: str | None = None, *, at: datetime | None = None) -> Signer:
        """The newest key with this role (and owner) that is not retired and may sign what is dated `at` (None: now).

        Raises:
            NoSignerError: there is none.
        """
        moment = at or self.now()
        for row in self.rows:
            fits = row.role == role and (owner is None or row.owner == owner)
            if fits and row.retired_at is None and row.not_before <= moment <= row.not_after:
                return self._signers[row.kid]
        raise NoSignerError(f"{role} {owner or ''}".strip())

    def ring(self) -> KeyRing:
        """Every key for verification: a signature made within the signing window stays good for the archive's time."""
        return KeyRing(trusted(self.rows))

    async def generate(self, role: KeyRole, owner: str, *, alg: Alg | None = None) -> Signer:
        """Make a key, store its public half and record `key:generated`; older keys of the role keep verifying."""
        name = f"{role}-{owner}-{self.now():%Y%m%dT%H%M%S%f}.pem"
        await asyncio.to_thread(self.directory.mkdir, mode=0o700, parents=True, exist_ok=True)
        path = self.directory / name
        signer = await asyncio.to_thread(generate_key, alg or ALGORITHM[role], path, self.passphrase)

        async def store(unit: Unit) -> None:
            since = unit.now.replace(
                microsecond=0
            )  # tokens count whole seconds: what is signed now is dated no earlier
            row = KeyRow(
                kid=signer.kid,
                role=role,
                owner=owner,
                alg=signer.alg,
                uri=path.absolute().as_uri(),
                jwk=signer.verifier().jwk(),
                not_before=since,
                not_after=since + LIFETIME,
            )
            await repo.add(unit.conn, row)
            unit.record("key:generated", {"kid": signer.kid, "alg": signer.alg, "role": role}, department=owner)

        await self.units.run(store)
        await self.reload()
        return signer

    async def retire(self, kid: str) -> None:
        """Sign nothing more with a key and record `key:retired`; what it signed before keeps verifying."""

        async def store(unit: Unit) -> None:
            await repo.retire(unit.conn, kid, unit.now)
            unit.record("key:retired", {"kid": kid})

        await self.units.run(store)
        await self.reload()

    def views(self) -> tuple[KeyView, ...]:
        """What the operator sees: every key and the days it still may sign."""
        now = self.now()
        return tuple(
            KeyView(row.kid, row.alg, row.role, row.owner, row.not_after, max(0, (row.not_after - now).days))
            for row in self.rows
            if row.retired_at is None
        )


def trusted(rows: Iterable[KeyRow]) -> Iterable[TrustedKey]:
    """The rows as trusted keys; a retired key is trusted for what it signed until then."""
    for row in rows:
        end = row.retired_at or row.not_after
        yield TrustedKey(verifier_from_jwk(row.jwk), row.not_before, end, row.role, row.owner)


def issuer_key(keys: HubKeys, certificate: Certificate) -> Signer:
    """The issuer's key of the certificate's date: one made later would make it a certificate nobody accepts.

    Raises:
        NoSignerError: there is none.
    """
    return keys.signer(KeyRole.ISSUER, certificate.issuer_code, at=certificate.issued_at)
