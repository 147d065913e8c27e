"""A holder's certificates: what is there, what a matter needs of them, and presenting no more than that."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from certs import repo as certificates
from certs.errors import CertificateNotFound
from certs.face import disclosable
from certs.model import FaceKind, OnFile, State
from certs.sdjwt import SdJwt, present
from certs.type_catalogue import CertificateType, Format, TypeCatalogue
from exchange.errors import CertificateNotHeldError
from exchange.model import PresentedCertificate, Principal, UseRecord
from exchange.model_views import CertificateView, FaceField
from exchange.repo import uses
from exchange.service import roles
from exchange.service.catalogue import Catalogue
from exchange.service.verification import Verification
from exchange.service.verification_views import certificate_view
from exchange.uow import Reads

USES_SHOWN = 200
_ID_FORMATS = {Format.CITIZEN_ID, Format.HOLDER_CODE}


async def own_certificate(reads: Reads, principal: Principal, identifier: str) -> OnFile:
    """A certificate of the applicant who asks.

    Raises:
        NotAllowedError: not an applicant.
        CertificateNotHeldError: no such certificate, or not the applicant's.
    """
    subject = roles.applicant(principal)
    try:
        async with reads() as conn:
            found = await certificates.by_identifier(conn, identifier)
    except CertificateNotFound:
        raise CertificateNotHeldError from None
    if subject not in {holder.code for holder in found.certificate.holders}:
        raise CertificateNotHeldError
    return found


@dataclass(frozen=True, slots=True)
class Wallet:
    """Reads of certificates for holders, clerks and presentations; never changes one."""

    reads: Reads
    catalogue: Catalogue
    types: TypeCatalogue
    verification: Verification

    async def held(self, subject: str) -> tuple[OnFile, ...]:
        """Every certificate of a holder, all versions and states, newest first."""
        async with self.reads() as conn:
            return await certificates.by_holder(conn, subject)

    async def valid_identifiers(self, subject: str) -> frozenset[str]:
        """Identifiers of the holder's certificates that are valid now."""
        now = self.verification.now()
        return frozenset(
            str(item.certificate.identifier) for item in await self.held(subject) if item.state_at(now) is State.VALID
        )

    async def needed(self, identifiers: tuple[str, ...], service_item: str) -> Mapping[str, tuple[str, ...]]:
        """Of these certificates those the service item asks for, with the face fields it needs."""
        async with self.reads() as conn:
            on_file = await certificates.by_identifiers(conn, identifiers)
        wanted = await self.fields_wanted(service_item)
        kinds = {key: self.types.get(item.certificate.type_code).slug for key, item in on_file.items()}
        return {key: wanted[kind] for key, kind in kinds.items() if kind in wanted}

    async def fields_wanted(self, service_item: str) -> Mapping[str, tuple[str, ...]]:
        """Certificate type (slug) -> face fields the service item needs of it; the evidence type names them."""
        wanted: dict[str, tuple[str, ...]] = {}
        for evidence in await self.catalogue.evidence_of(service_item):
            if evidence.certificate is not None:
                kind = self.types.get(evidence.certificate.type)
                wanted[kind.slug] = evidence.certificate.fields or tuple(entry.code for entry in kind.face)
        return wanted

    async def present(self, identifier: str, fields: tuple[str, ...]) -> PresentedCertificate:
        """The certificate with only these face fields disclosed, verified as of now.

        Raises:
            CertificateNotHeldError: there is no such certificate.
        """
        async with self.reads() as conn:
            faces = await certificates.faces(conn, identifier)
            on_file = await certificates.by_identifiers(conn, (identifier,))
        if identifier not in on_file or FaceKind.SD_JWT not in faces:
            raise CertificateNotHeldError
        certificate = on_file[identifier].certificate
        shown = frozenset(fields) & disclosable(certificate, self.types.get(certificate.type_code))
        token = present(SdJwt.parse(faces[FaceKind.SD_JWT].decode()), shown)
        report = await self.verification.check(token, at=self.verification.now())
        return PresentedCertificate(
            identifier=identifier,
            type=self.types.get(certificate.type_code).slug,
            token=token,
            claims=face_claims(report.claims),
            verdict=report.verdict.value,
            report=asdict(certificate_view(report)),
            issuer_name=certificate.issuer_name,
            as_of=certificate.source.as_of,
        )

    async def mine(self, principal: Principal) -> tuple[CertificateView, ...]:
        """All certificates of the applicant."""
        return tuple(self._view(item) for item in await self.held(roles.applicant(principal)))

    async def by_identifier(self, principal: Principal, identifier: str) -> CertificateView:
        """One certificate of the applicant.

        Raises:
            CertificateNotHeldError: not the applicant's.
        """
        return self._view(await own_certificate(self.reads, principal, identifier))

    async def uses(self, principal: Principal) -> tuple[UseRecord, ...]:
        """用证记录: who used what of this applicant, refused and incomplete uses included, newest first."""
        subject = roles.applicant(principal)
        async with self.reads() as conn:
            return await uses.of_subject(conn, subject, USES_SHOWN)

    def _view(self, item: OnFile) -> CertificateView:
        certificate = item.certificate
        kind = self.types.get(certificate.type_code)
        return CertificateView(
            identifier=str(certificate.identifier),
            type_id=kind.slug,
            name_zh=kind.zh,
            name_en=kind.en,
            state=item.state_at(self.verification.now()).value,
            issuer_name=certificate.issuer_name,
            issued_at=certificate.issued_at,
            valid_until=certificate.valid_until,
            version=certificate.version,
            face=tuple(face_fields(kind, certificate.face)),
        )


def face_claims(claims: Mapping[str, object]) -> dict[str, object]:
    """The face fields among verified claims, by their codes."""
    return {name.removeprefix("face."): value for name, value in claims.items() if name.startswith("face.")}


def face_fields(kind: CertificateType, face: Mapping[str, str]) -> list[FaceField]:
    """The face as people read it, in the type's order; ID numbers are marked sensitive."""
    return [
        FaceField(entry.zh, entry.en, face[entry.code], sensitive=entry.sensitive or entry.format in _ID_FORMATS)
        for entry in kind.face
        if entry.code in face
    ]
