"""The development authority of an embedded hub: roots for SM2 and P-256 that the hub believes, and what they certify.

For development and integration only: the production profile is refused by everything here. Its files lie below the
keys directory, its keys encrypted as all others.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from certs.crypto.alg import Alg
from certs.crypto.ports import Signer
from certs.pki import extensions as ext
from certs.pki.crl import REASONS, Crl, Revocation, parse_crl
from certs.pki.dev_ca import DevelopmentCa, issue_leaf, refuse_production
from certs.pki.dev_files import LISTS, make_authority_files, open_authority_files, write_lists
from certs.pki.dev_tsa import DevelopmentTsa
from certs.pki.files import read_pem, write_pem
from certs.pki.x509 import Certificate
from exchange.errors import AuthorityRefusedError, KeyUncertifiedError
from exchange.service.authorities import Authorities
from exchange.service.keys import HubKeys

ALGS: Final = (Alg.SM2, Alg.ES256)
FOLDER: Final = "development-ca"
_RENEW_BEFORE: Final = timedelta(days=3)
_BACKDATED: Final = timedelta(minutes=1)
_SIGNING: Final = (
    ext.key_usage(ext.KeyUsage.DIGITAL_SIGNATURE, ext.KeyUsage.NON_REPUDIATION),
    ext.extended_key_usage([ext.DOCUMENT_SIGNING], critical=False),
)


@dataclass(frozen=True, slots=True)
class DevelopmentAuthority:
    """One authority per algorithm. Every method raises DevelopmentOnly in the production profile."""

    directory: Path
    passphrase: bytes = field(repr=False)
    profile: str
    authorities: Authorities
    keys: HubKeys
    now: Callable[[], datetime]

    async def init(self) -> None:
        """Make what is missing, renew lists that end soon, and let the hub believe all of it. Safe to repeat."""
        for alg in ALGS:
            refuse_production(self.profile)
            await asyncio.to_thread(self._make, alg)
            authority = await self._open(alg)
            await self.authorities.add_root(authority.root.certificate.der)
            await self.authorities.add_intermediate(authority.issuing.certificate.der)
            for crl in await asyncio.to_thread(self._current_lists, alg, authority):
                await self.authorities.add_crl(crl.der)

    async def certify(self, signer: Signer, common_name: str) -> Certificate:
        """Certify a key of the hub for signing documents and attach its chain.

        Raises:
            AuthorityRefusedError: `init` was not run.
            KeyNotFoundError: the key is none of the hub's.
        """
        authority = await self._open(signer.alg)
        start = self.now().replace(microsecond=0) - _BACKDATED
        made = issue_leaf(authority.issuing, signer, common_name, start=start, extensions=_SIGNING)
        return await self.keys.attach_chain(signer.kid, write_pem((made.certificate, *made.chain)))

    async def revoke(self, kid: str, reason: str, *, invalid_from: datetime | None = None) -> Crl:
        """Revoke the certificate of a key and file the new list.

        Args:
            kid: a key this authority certified.
            reason: one of `certs.pki.crl.REASONS`.
            invalid_from: since when the key was in doubt, if that is before now.

        Raises:
            KeyNotFoundError, KeyUncertifiedError: no such key, or it has no certificate.
            AuthorityRefusedError: another authority's certificate, or a reason that does not exist.
        """
        if reason not in REASONS.values():
            raise AuthorityRefusedError(f"{reason} is no reason for a revocation: {', '.join(REASONS.values())}")
        held = self.keys.row(kid)
        if held.chain is None:
            raise KeyUncertifiedError(held.role, held.owner)
        leaf = read_pem(held.chain)[0]
        authority = await self._open(leaf.alg)
        if leaf.issuer != authority.issuing.certificate.subject:
            raise AuthorityRefusedError(f"{leaf.issuer_text} certified this key; ask there")
        now = self.now().replace(microsecond=0)
        entry = Revocation(leaf.serial, now, reason, invalid_from.replace(microsecond=0) if invalid_from else None)
        lists = await asyncio.to_thread(self._renewed, leaf.alg, authority, (entry,))
        for crl in lists:
            await self.authorities.add_crl(crl.der)
        return lists[1]

    async def timestamper(self, new_serial: Callable[[], int]) -> Callable[[bytes], bytes]:
        """A time-stamp authority for both algorithms: DER of a TimeStampReq -> DER of a TimeStampResp.

        Raises:
            AuthorityRefusedError: `init` was not run.
        """
        tsas = []
        for alg in ALGS:
            identity = (await self._open(alg)).tsa
            tsas.append(DevelopmentTsa(identity, now=self.now, new_serial=new_serial, profile=self.profile))

        def reply(request: bytes) -> bytes:
            """The answer of the one that knows the digest; what both refuse is refused in the first one's words."""
            answers = [tsa.reply(request) for tsa in tsas]
            return max(answers, key=len)  # a token is longer than any refusal

        return reply

    async def maker(self) -> DevelopmentCa:
        """The SM2 authority with its seal maker (制章人)."""
        return await self._open(Alg.SM2)

    def _folder(self, alg: Alg) -> Path:
        return self.directory / FOLDER / alg.value

    def _make(self, alg: Alg) -> None:
        """All files or none: a directory that was begun and not finished is begun again."""
        folder = self._folder(alg)
        if folder.exists():
            return
        begun = folder.with_name(f"{alg.value}-{self.now():%Y%m%dT%H%M%S%f}.unfinished")
        make_authority_files(begun, alg, self.passphrase, now=self._whole_now(), profile=self.profile)
        begun.rename(folder)

    async def _open(self, alg: Alg) -> DevelopmentCa:
        refuse_production(self.profile)
        folder = self._folder(alg)
        if not await asyncio.to_thread(folder.is_dir):
            raise AuthorityRefusedError(f"there is no development authority for {alg.value}; run `yzt dev-ca init`")
        return await asyncio.to_thread(open_authority_files, folder, self.passphrase, profile=self.profile)

    def _current_lists(self, alg: Alg, authority: DevelopmentCa) -> tuple[Crl, ...]:
        lists = tuple(parse_crl((self._folder(alg) / name).read_bytes()) for name in LISTS)
        if all(crl.next_update > self.now() + _RENEW_BEFORE for crl in lists):
            return lists
        return self._renewed(alg, authority, ())

    def _renewed(self, alg: Alg, authority: DevelopmentCa, more: tuple[Revocation, ...]) -> tuple[Crl, ...]:
        """Fresh lists with everything the last one said; the number of a list is its second."""
        folder, now = self._folder(alg), self._whole_now()
        known = {entry.serial: entry for entry in parse_crl((folder / LISTS[1]).read_bytes()).entries.values()}
        known |= {entry.serial: entry for entry in more if entry.serial not in known}
        revoked = [known[serial] for serial in sorted(known)]
        return write_lists(folder, authority, now=now, number=int(now.timestamp()), revoked=revoked)

    def _whole_now(self) -> datetime:
        return self.now().replace(microsecond=0)
