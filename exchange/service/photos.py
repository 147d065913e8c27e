"""Photos that certificates state: kept in the object store under the SHA-256 of their bytes, encrypted at rest.

They come with the records of a department and never leave but on the page of a certificate. What is shared of them is
the digest.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol, TypeVar

from certs.errors.layout import PhotoMissing
from certs.layout.pages import stated_photo
from certs.model import Certificate
from certs.type_catalogue import CertificateType
from exchange.sealing import SealBrokenError, Sealer

T = TypeVar("T")

_AT_ONCE: Final = 16
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Blobs(Protocol):
    """Where photos lie."""

    async def put(self, name: str, data: bytes) -> None:
        """Store or replace."""
        ...

    async def get(self, name: str) -> bytes | None:
        """The bytes, None when there are none."""
        ...

    async def exists(self, name: str) -> bool:
        """Whether there are any."""
        ...


@dataclass(frozen=True, slots=True)
class Photos:
    """Keeps and gives back photos by the SHA-256 (hex) of their bytes. All methods raise BlobStoreError.

    What a department sent is remembered by its own SHA-256: the same file becomes the same photo for ever, also when
    the library that packs pictures changes.
    """

    blobs: Blobs
    sealer: Sealer

    async def known(self, source: str) -> str | None:
        """The photo kept for what a department sent (SHA-256 of it), None if it must be taken in again."""
        found = await self._read(_origin(source))
        return found.decode() if found is not None and await self.held(found.decode()) else None

    async def keep(self, source: str, photo: bytes) -> None:
        """Keep a photo, durably, and where it came from."""
        digest = sha256(photo).hexdigest()
        await self._write(_name(digest), photo)
        await self._write(_origin(source), digest.encode())

    async def held(self, digest: str) -> bool:
        """Whether there is such a photo."""
        return await self.blobs.exists(_name(digest))

    async def find(self, digest: str) -> bytes | None:
        """The photo, None if there is none."""
        return await self._read(_name(digest))

    async def of(self, certificate: Certificate, kind: CertificateType) -> bytes | None:
        """The photo a certificate states, None if it states none or it is not there."""
        stated = stated_photo(certificate, kind)
        return await self.find(stated) if stated else None

    async def of_all(self, certificates: Iterable[Certificate], kind: CertificateType) -> Mapping[str, bytes]:
        """Digest -> photo of all these certificates state, as far as they are there."""
        stated = {found for certificate in certificates if (found := stated_photo(certificate, kind))}
        photos = await _each(sorted(stated), self.find)
        return {digest: photo for digest, photo in photos.items() if photo is not None}

    async def missing(self, kind: CertificateType, bodies: Iterable[Mapping[str, object]]) -> frozenset[str]:
        """The photos that records for this type state and that are not there."""
        held = await _each(sorted({digest for body in bodies if (digest := _stated(kind, body))}), self.held)
        return frozenset(digest for digest, there in held.items() if not there)

    async def require(self, kind: CertificateType, body: Mapping[str, object]) -> None:
        """Ask before a certificate is made of a record: raises PhotoMissing if it states a photo that is not there."""
        for digest in await self.missing(kind, [body]):
            raise PhotoMissing(digest)

    async def _write(self, name: str, data: bytes) -> None:
        await self.blobs.put(name, await asyncio.to_thread(self.sealer.seal, data, name))

    async def _read(self, name: str) -> bytes | None:
        sealed = await self.blobs.get(name)
        try:
            return None if sealed is None else self.sealer.open(sealed, name)
        except SealBrokenError:  # whoever changed it has not made another photo of it
            return None


def refused(kind: CertificateType, body: Mapping[str, object], missing: frozenset[str]) -> PhotoMissing | None:
    """Why no certificate is made of this record, if its photo is one of the missing."""
    digest = _stated(kind, body)
    return PhotoMissing(digest) if digest in missing else None


def _stated(kind: CertificateType, body: Mapping[str, object]) -> str:
    """What a record says; anything but a digest is refused where the certificate is made."""
    value = body.get(kind.photo.item) if kind.photo else None
    return value if isinstance(value, str) and _DIGEST.fullmatch(value) else ""


async def _each(digests: Iterable[str], ask: Callable[[str], Awaitable[T]]) -> dict[str, T]:
    """A few at once."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(digest: str) -> tuple[str, T]:
        async with places:
            return digest, await ask(digest)

    return dict(await asyncio.gather(*(one(digest) for digest in digests)))


def _name(digest: str) -> str:
    return f"photos/{digest[:2]}/{digest}"


def _origin(source: str) -> str:
    return f"photos/from/{source[:2]}/{source}"
