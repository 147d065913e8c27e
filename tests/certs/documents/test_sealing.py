"""One certificate, two sealed faces: they verify, say the same, and come from nothing but the certificate."""

from dataclasses import replace
from datetime import date
from io import BytesIO

import pypdf
import pytest

from certs.crypto.alg import Alg
from certs.crypto.strict_json import canonical, loads_object
from certs.documents.model import SealedFile
from certs.documents.sealing import sealed_faces, sealed_ofd, sealed_pdf, valid_long, verification_qr
from certs.errors.layout import GlyphMissing, LayoutMissing
from certs.face import certificate_of, json_face
from certs.layout.fonts import load_fonts
from certs.model import Certificate, FaceKind, Verdict
from certs.ofd.certificate import JSON_NAME, certificate_in
from certs.ofd.reading import read_ofd
from certs.ofd.verify import verify_ofd
from certs.pdf.signing_check import check_sealed_pdf, judge_seal
from tests.certs.documents.world import AT, LATER, seal_trust, seals, trust
from tests.certs.layout.samples import SLUGS, certificate_of_type, kind_of
from tests.certs.pki.world import authority

FONTS = load_fonts()
URL = "https://hub.339900.example"


def faces(slug: str, *, stamped: bool = False, archived: bool = False) -> tuple[Certificate, SealedFile, SealedFile]:
    certificate = certificate_of_type(slug)
    qr = verification_qr(URL, str(certificate.identifier))
    made = sealed_faces(
        certificate, kind_of(slug), seals(stamped=stamped, archived=archived), fonts=FONTS, at=AT, qr=qr
    )
    return certificate, *made


def embedded(pdf: bytes) -> bytes:
    return bytes(pypdf.PdfReader(BytesIO(pdf)).attachments[JSON_NAME][0])


@pytest.mark.parametrize("slug", SLUGS)
def test_both_faces_verify_and_carry_the_certificate(slug: str) -> None:
    certificate, ofd, pdf = faces(slug)
    assert verify_ofd(ofd.data, seal_trust(), at=LATER).report.verdict is Verdict.VALID
    assert certificate_in(read_ofd(ofd.data)) == certificate
    known = trust(Alg.ES256)
    judged = judge_seal(check_sealed_pdf(pdf.data), at=LATER, roots=known.roots, crls=known.crls)
    assert judged.path.leaf == authority(Alg.ES256).signer.certificate
    assert certificate_of(loads_object(embedded(pdf.data))) == certificate
    assert embedded(pdf.data) == canonical(json_face(certificate, kind_of(slug)))
    assert (ofd.kind, ofd.kid) == (FaceKind.OFD, authority(Alg.SM2).signer.signer.kid)
    assert (pdf.kind, pdf.kid, pdf.stamp_digest) == (FaceKind.PDF, authority(Alg.ES256).signer.signer.kid, None)


def test_the_faces_follow_from_the_certificate_but_for_the_signatures() -> None:
    certificate, first, _ = faces("marriage")
    _, second, _ = faces("marriage")
    changing = ("Doc_0/Signs/Sign_0/SignedValue.dat",)
    one, other = read_ofd(first.data).parts, read_ofd(second.data).parts
    assert {k: v for k, v in one.items() if k not in changing} == {k: v for k, v in other.items() if k not in changing}
    assert first.stamp_digest == second.stamp_digest  # TBS_Sign names the use: seal, time, document
    assert certificate_in(read_ofd(first.data)) == certificate


def test_without_an_authority_the_pdf_is_b_b_and_with_one_b_t_or_b_lta() -> None:
    plain = check_sealed_pdf(faces("marriage")[2].data)
    assert (plain.signed.timestamps, plain.stamps) == ((), ())
    stamped = check_sealed_pdf(faces("marriage", stamped=True)[2].data)
    assert (len(stamped.signed.timestamps), stamped.stamps) == (1, ())
    archived = check_sealed_pdf(faces("marriage", stamped=True, archived=True)[2].data)
    assert (len(archived.signed.timestamps), len(archived.stamps), len(archived.crls)) == (1, 1, 2)
    known = trust(Alg.ES256)
    # ten years on nobody keeps our lists any more: what is in the file is enough up to the last time-stamp's term
    judged = judge_seal(archived, at=LATER, roots=known.roots)
    assert judged.proven_at == AT.replace(microsecond=0)


def test_a_time_stamped_ofd_proves_its_time() -> None:
    _, ofd, _ = faces("household", stamped=True)
    report = verify_ofd(ofd.data, seal_trust(), at=LATER).report
    assert report.verdict is Verdict.VALID
    assert report.steps[5].outcome.value == "pass"


@pytest.mark.parametrize(
    ("first", "last", "long"),
    [
        (date(2026, 1, 1), None, True),
        (date(2026, 1, 1), date(2026, 12, 31), False),
        (date(2026, 1, 1), date(2027, 1, 1), True),
        (date(2024, 2, 29), date(2025, 2, 28), False),
        (date(2024, 2, 29), date(2025, 3, 1), True),
    ],
)
def test_what_is_valid_longer_than_a_year_is_archived(first: date, last: date | None, *, long: bool) -> None:
    assert valid_long(replace(certificate_of_type("marriage"), valid_from=first, valid_until=last)) is long


def test_a_short_certificate_is_not_archived() -> None:
    certificate = replace(certificate_of_type("marriage"), valid_until=date(2026, 12, 31), valid_from=date(2026, 1, 1))
    made = sealed_pdf(
        certificate, kind_of("marriage"), seals(stamped=True, archived=True).pdf, fonts=FONTS, at=AT, qr=""
    )
    assert check_sealed_pdf(made.data).stamps == ()


def test_the_code_on_the_face_names_the_certificate_and_nobody() -> None:
    identifier = str(certificate_of_type("marriage").identifier)
    assert verification_qr(URL, identifier) == f"{URL}/verify#{identifier}"


def test_what_cannot_be_drawn_is_not_sealed() -> None:
    certificate = certificate_of_type("marriage")
    with pytest.raises(LayoutMissing):
        sealed_ofd(certificate, kind_of("household"), seals().ofd, fonts=FONTS, at=AT, qr="")
    unseen = replace(certificate, face={**certificate.face, "spouse_a_name": "测试\U00031350"})
    with pytest.raises(GlyphMissing, match="31350"):
        sealed_ofd(unseen, kind_of("marriage"), seals().ofd, fonts=FONTS, at=AT, qr="")
    with pytest.raises(GlyphMissing, match="31350"):
        sealed_pdf(unseen, kind_of("marriage"), seals().pdf, fonts=FONTS, at=AT, qr="")


def test_a_file_from_outside_has_no_way_in() -> None:
    """There is no argument for a file: what is not a certificate's content fails before anything is sealed."""
    foreign = faces("marriage")[2].data
    with pytest.raises(AttributeError):
        sealed_pdf(foreign, kind_of("marriage"), seals().pdf, fonts=FONTS, at=AT, qr="")  # type: ignore[arg-type]  # the point
