"""Files of other software: never 有效, always with what could be established; 无效 when something is proven wrong."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from asn1crypto import x509 as x509_oracle
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from certs.crypto.alg import Alg
from certs.model import Outcome, Verdict
from certs.pdf.certificate import certificate_in_pdf
from certs.pki.crl import Revocation
from certs.seals.pki_trust import PkiTrust
from tests.certs.documents.world import AT, LATER
from tests.certs.layout.samples import PHOTOGRAPHED, certificate_of_type
from tests.certs.pdf.judged import (
    TRUST,
    appended,
    codes,
    hanko_signed,
    hub_pdf,
    judge,
    own_update,
    plain_page,
    step,
    stream,
    verdict,
    web_page,
)
from tests.certs.pki.world import DAY, NOW, authority

CA = authority(Alg.ES256)
_store: Any = SimpleCertificateStore  # pyHanko has half its types


def saved(data: bytes, **how: Any) -> bytes:
    """The file written again by qpdf."""
    out = BytesIO()
    with pikepdf.open(BytesIO(data)) as pdf:
        pdf.save(out, **how)
    return out.getvalue()


STRUCTURES = {
    "weasyprint": web_page,
    "object and cross-reference streams": lambda: saved(
        web_page(), object_stream_mode=pikepdf.ObjectStreamMode.generate
    ),
    "qdf": lambda: saved(web_page(), qdf=True),
    "by hand": plain_page,
}


@pytest.mark.parametrize("make", STRUCTURES.values(), ids=STRUCTURES)
@pytest.mark.parametrize("stamped", [False, True], ids=["B-B", "B-T"])
def test_what_can_be_said_is_said(make: Callable[[], bytes], stamped: bool) -> None:
    found = judge(hanko_signed(make(), certify=True, stamped=stamped))
    outcomes = {s.number: s.outcome for s in found.report.steps}
    open_steps = {n for n, outcome in outcomes.items() if outcome is Outcome.UNDETERMINED}
    # qpdf keeps the length of a stream as an object of its own that nothing else needs; it is named, not refused
    assert open_steps <= {2, 5, 11}
    assert {2, 11} <= open_steps
    assert {outcomes[n] for n in (1, 3, 4, 6, 7, 8, 9)} == {Outcome.PASS}
    assert found.report.verdict is Verdict.INDETERMINATE
    (signature,) = found.signatures
    assert (signature.name, signature.signer) == ("Signature1", CA.signer.certificate.der)
    assert signature.proven_at == (AT if stamped else None)
    assert (found.certificate, found.report.claims, found.attached) == (None, {}, {})


def test_a_file_archived_by_other_software() -> None:
    """B-LTA by pyHanko: updates after the certification, all of them validation data and time-stamps."""
    data = hanko_signed(web_page(), certify=True, archived=True)
    assert step(data, 4).code == "updates-archive"
    assert step(data, 10).code == "timestamp-good"
    assert verdict(data) is Verdict.INDETERMINATE
    later = LATER + timedelta(days=400)
    assert step(data, 9, replace(TRUST, crls=()), at=later).code == "not-revoked"  # it brings its own lists


def test_two_signatures_each_have_a_report() -> None:
    data = hanko_signed(hanko_signed(web_page()), field="Second")
    found = judge(data)
    assert {s.name for s in found.signatures} == {"Signature1", "Second"}
    assert [s.steps[6].code for s in found.signatures] == ["signature-good"] * 2
    assert step(data, 4).outcome is Outcome.PASS
    assert step(data, 6).code == "not-certified"
    broken = data.replace(b"/Signature1", b"/Signature2").replace(b"(Signature1)", b"(Signature2)")
    assert verdict(broken) is Verdict.INVALID


def test_a_certification_that_allows_changes_is_named() -> None:
    data = hanko_signed(web_page(), certify=True, allowed=MDPPerm.ANNOTATE)
    assert step(data, 6).code == "certified-loosely"


def test_older_kinds_of_signatures_are_not_called_wrong() -> None:
    data = hanko_signed(web_page(), subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED)
    assert step(data, 7).code == "signature-good"  # pyHanko binds the certificate in these, too
    assert verdict(data) is Verdict.INDETERMINATE
    for other in (b"/adbe.x509.rsa_sha1 ", b"/adbe.pkcs7.sha1    "):
        unread = data.replace(b"/adbe.pkcs7.detached", other)
        assert step(unread, 7).code == "signature-not-understood"
        assert verdict(unread) is Verdict.INDETERMINATE


def test_rsa_is_not_called_wrong() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = builder.serial_number(5).not_valid_before(NOW).not_valid_after(NOW + 9 * DAY).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    from asn1crypto import keys

    signer = signers.SimpleSigner(
        signing_cert=x509_oracle.Certificate.load(made.public_bytes(serialization.Encoding.DER)),
        signing_key=keys.PrivateKeyInfo.load(private),
        cert_registry=_store(),
    )
    meta = signers.PdfSignatureMetadata(field_name="S", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    out = signers.sign_pdf(IncrementalPdfFileWriter(BytesIO(web_page())), meta, signer)
    assert step(out.getvalue(), 7).code == "signature-not-understood"
    assert verdict(out.getvalue()) is Verdict.INDETERMINATE


def test_signer_and_revocation_are_judged_as_for_our_own() -> None:
    data = hanko_signed(web_page(), certify=True)
    assert step(data, 8, PkiTrust(())).code == "signer-unknown"
    assert step(data, 9, replace(TRUST, crls=())).code == "revocation-unknown"
    early = replace(TRUST, crls=CA.crls(LATER, [Revocation(CA.signer.certificate.serial, NOW - DAY, "superseded")]))
    assert step(data, 9, early).code == "revoked"
    assert verdict(data, early) is Verdict.INVALID


def test_encrypted_files_are_left_open() -> None:
    data = saved(web_page(), encryption=pikepdf.Encryption(owner="o", user=""))
    assert codes(data)[2] == "encrypted"
    assert verdict(data) is Verdict.INDETERMINATE


def test_linearised_files_are_not_understood() -> None:
    data = saved(web_page(), linearize=True)
    assert codes(data)[1] == "file-not-understood"
    assert verdict(data) is Verdict.INDETERMINATE
    assert verdict(hanko_signed(data)) is Verdict.INDETERMINATE


HUBS = certificate_of_type("marriage", **PHOTOGRAPHED["marriage"])


def test_our_own_files_after_other_software_are_never_valid() -> None:
    for data in (
        saved(hub_pdf()),
        saved(hub_pdf(), qdf=True),
        saved(hub_pdf(), object_stream_mode=pikepdf.ObjectStreamMode.generate),
        own_update(hub_pdf(), lambda update: update.add(b"<<>>")),
        appended(plain_page(), {}),
    ):
        assert verdict(data) is not Verdict.VALID
    assert certificate_in_pdf(saved(hub_pdf())) == HUBS  # readable, and not believed


ACTIVE: dict[str, tuple[dict[str, bytes], tuple[bytes, ...]]] = {
    "script on opening": ({"catalog": b"/OpenAction 5 0 R"}, (b"<</S/JavaScript/JS(app.alert\\(1\\))>>",)),
    "script by name": (
        {"catalog": b"/Names<</JavaScript<</Names[(a) 5 0 R]>>>>"},
        (b"<</S/JavaScript/JS(x)>>",),
    ),
    "escaped names": ({"catalog": b"/Open#41ction 5 0 R"}, (b"<</S/J#61vaScript/#4aS(x)>>",)),
    "launch": ({"catalog": b"/OpenAction 5 0 R"}, (b"<</S/Launch/F(calc.exe)>>",)),
    "link": (
        {"page": b"/Annots[5 0 R]"},
        (b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(http://x.example/)>>>>",),
    ),
    "page action": ({"page": b"/AA<</O 5 0 R>>"}, (b"<</S/SubmitForm/F<</FS/URL/F(http://x.example/)>>>>",)),
    "form to send": ({"catalog": b"/AcroForm<</Fields[]/XFA 5 0 R>>"}, (stream(b"<xdp/>"),)),
    "layers": ({"catalog": b"/OCProperties<</OCGs[5 0 R]/D<<>>>>"}, (b"<</Type/OCG/Name(x)>>",)),
    "attached program": (
        {"catalog": b"/Names<</EmbeddedFiles<</Names[(a) 5 0 R]>>>>"},
        (b"<</Type/Filespec/F(a.exe)/EF<</F 6 0 R>>>>", stream(b"MZ", b"/Type/EmbeddedFile")),
    ),
    "data under two names": (
        {"catalog": b"/Names<</EmbeddedFiles<</Names[(a) 5 0 R]>>>>"},
        (b"<</Type/Filespec/F(a.exe)/UF(certificate.json)/EF<</F 6 0 R>>>>", stream(b"MZ", b"/Type/EmbeddedFile")),
    ),
    "file elsewhere": ({"page": b"/X 5 0 R"}, (b"<</Type/Filespec/FS/URL/F(http://x.example/)>>",)),
    "stream elsewhere": ({"page": b"/Thumb 5 0 R"}, (stream(b"", b"/F<</Type/Filespec/F(x)>>"),)),
    "page elsewhere": (
        {"page": b"/X 5 0 R"},
        (stream(b"", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Ref<</F(x.pdf)/Page 0>>"),),
    ),
    "PostScript": ({"page": b"/X 5 0 R"}, (stream(b"showpage", b"/Type/XObject/Subtype/PS"),)),
    "film": ({"page": b"/Annots[5 0 R]"}, (b"<</Type/Annot/Subtype/Movie/Rect[0 0 9 9]/Movie<</F(x)>>>>",)),
    "portfolio": ({"catalog": b"/Collection<</View/D>>"}, ()),
    "hidden object": ({}, (b"<</Type/Page>>",)),
}


@pytest.mark.parametrize(("where", "more"), ACTIVE.values(), ids=ACTIVE)
def test_what_acts_hides_or_leads_elsewhere_is_named(where: dict[str, bytes], more: tuple[bytes, ...]) -> None:
    """Case 42: signed like that it is never 有效, and the step says what was found; added later it is a change."""
    base = plain_page(*more, **where)
    signed = hanko_signed(base, certify=True)
    assert step(signed, 5).code == "content-surprising"
    assert step(signed, 7).code == "signature-good"
    assert verdict(signed) is Verdict.INDETERMINATE
    clean = hanko_signed(plain_page(), certify=True)
    assert step(clean, 5).code == "content-plain"
