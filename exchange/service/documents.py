"""The original documents of a certificate: its picture, its sealed files for its holder, all faces for the operator.

Originals go to the holder alone, who is logged in, one file at a time, and each is an event of the evidence log before
it is answered. Sharing never comes here: what others get are presented fields and purpose-marked copies (加注件).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from certs import repo as certificates
from certs.documents.sealing import verification_qr
from certs.layout.fonts import FontStack
from certs.layout.pages import page_of
from certs.layout.preview import preview_svg
from certs.model import Certificate, FaceKind
from certs.pki.errors import ForeignPdf
from certs.type_catalogue import TypeCatalogue
from exchange.errors import FaceNotMadeError
from exchange.model import Principal
from exchange.service import roles
from exchange.service.photos import Photos
from exchange.service.wallet import own_certificate
from exchange.uow import Reads, Unit, Units

ORIGINALS: Final[Mapping[str, FaceKind]] = {"ofd": FaceKind.OFD, "pdf": FaceKind.PDF}
_MEDIA_TYPES: Final = {FaceKind.OFD: "application/ofd", FaceKind.PDF: "application/pdf"}


def refuse_file(named: str) -> None:
    """Refuse to seal what somebody brings, by file name or media type.

    A prepared document could show one thing now and another after sealing (shadow attacks), so no way leads from a
    file to a seal; whoever tries learns why.

    Raises:
        ForeignPdf: it names a document.
    """
    if named.lower().partition(";")[0].rstrip().endswith((".pdf", ".ofd", "/pdf", "/ofd")):
        raise ForeignPdf("only what this hub draws from its own records is sealed, never a file from elsewhere")


@dataclass(frozen=True, slots=True)
class OriginalFile:
    """A sealed file as released. The name says the type and nothing about the holder."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Originals:
    """Reads sealed documents and draws previews; never changes one."""

    units: Units
    reads: Reads
    types: TypeCatalogue
    fonts: FontStack
    photos: Photos
    public_url: str

    async def available(self, principal: Principal, identifier: str) -> tuple[str, ...]:
        """Which originals (`ofd`, `pdf`) the holder may download now.

        Raises:
            NotAllowedError: not an applicant.
            CertificateNotHeldError: not the applicant's.
        """
        await own_certificate(self.reads, principal, identifier)
        async with self.reads() as conn:
            filed = (await certificates.filed_faces(conn, [identifier])).get(identifier, frozenset())
        return tuple(name for name, kind in ORIGINALS.items() if kind in filed)

    async def preview(self, principal: Principal, identifier: str) -> bytes:
        """How the holder's certificate looks, as SVG; unsealed and without effect.

        Raises:
            NotAllowedError, CertificateNotHeldError: as `available`.
            PhotoMissing: the photo it states is not there.
        """
        return await self._draw((await own_certificate(self.reads, principal, identifier)).certificate)

    async def download(self, principal: Principal, identifier: str, original: str) -> OriginalFile:
        """The holder's own original, event `document:downloaded`.

        Raises:
            NotAllowedError, CertificateNotHeldError: as `available`.
            FaceNotMadeError: no such kind of original, or not sealed yet.
        """
        kind = ORIGINALS.get(original)
        item = await own_certificate(self.reads, principal, identifier)
        if kind is None:
            raise FaceNotMadeError
        async with self.reads() as conn:
            content = await certificates.face(conn, identifier, kind)
        if content is None:
            raise FaceNotMadeError

        async def note(unit: Unit) -> None:
            detail = {"identifier": identifier, "face": kind.value, "digest": sha256(content).hexdigest()}
            issuer = item.certificate.issuer_code
            unit.record("document:downloaded", detail, subject=roles.applicant(principal), department=issuer)

        await self.units.run(note)
        slug = self.types.get(item.certificate.type_code).slug
        return OriginalFile(f"{slug}.{kind.value}", _MEDIA_TYPES[kind], content)

    async def drawn(self, identifier: str) -> bytes:
        """How a certificate looks, as SVG, for the operator; raises CertificateNotFound, PhotoMissing."""
        async with self.reads() as conn:
            found = await certificates.by_identifier(conn, identifier)
        return await self._draw(found.certificate)

    async def export(self, identifier: str) -> Mapping[FaceKind, bytes]:
        """Every face of a certificate, for the operator's command line, event `document:exported`.

        Raises:
            CertificateNotFound: no such certificate.
        """
        async with self.reads() as conn:
            found = await certificates.by_identifier(conn, identifier)
            faces = await certificates.faces(conn, identifier)

        async def note(unit: Unit) -> None:
            digests = {kind.value: sha256(body).hexdigest() for kind, body in sorted(faces.items())}
            holder, issuer = found.certificate.holders[0].code, found.certificate.issuer_code
            unit.record(
                "document:exported", {"identifier": identifier, "digests": digests}, subject=holder, department=issuer
            )

        await self.units.run(note)
        return faces

    async def _draw(self, certificate: Certificate) -> bytes:
        kind, qr = self.types.get(certificate.type_code), verification_qr(self.public_url, str(certificate.identifier))
        photo = await self.photos.of(certificate, kind)

        def draw() -> bytes:
            return preview_svg(page_of(certificate, kind, self.fonts, qr=qr, photo=photo), self.fonts)

        return await asyncio.to_thread(draw)
