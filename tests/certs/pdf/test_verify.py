"""What the hub seals is 有效, at every level and of every type; and each step says what it is about."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import crl as crl_oracle
from asn1crypto import x509 as x509_oracle
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

from certs.copies.terms import terms_in
from certs.crypto.alg import Alg
from certs.crypto.keys import ephemeral_key
from certs.crypto.strict_json import canonical
from certs.face import claims_of, json_face
from certs.model import Outcome, Verdict
from certs.pdf import verify
from certs.pdf.certificate import certificate_in_pdf
from certs.pdf.errors import CertificateMissing, PdfIrregular
from certs.pdf.findings import TIMESTAMP_STEP
from certs.pdf.verify import verify_pdf
from certs.pdf.words import STEP_NAMES, WORDS
from certs.pki.crl import Revocation
from certs.pki.dev_ca import DevelopmentKeys, development_ca
from certs.seals.pki_trust import PkiTrust
from tests.certs.documents.world import AT, LATER, trust
from tests.certs.layout.samples import PHOTOGRAPHED, SLUGS, certificate_of_type, kind_of
from tests.certs.pdf.judged import LEVELS, TERMS, TRUST, codes, copy_pdf, hub_pdf, judge, plain_page, step, verdict
from tests.certs.pdf.sealing import sealed
from tests.certs.pki.world import DAY, NOW, authority

levels = pytest.mark.parametrize("level", LEVELS)
CA = authority(Alg.ES256)


@pytest.mark.parametrize("slug", SLUGS)
@levels
def test_what_the_hub_seals_is_valid(slug: str, level: str) -> None:
    found = judge(hub_pdf(slug, level))
    assert found.report.verdict is Verdict.VALID
    certificate = certificate_of_type(slug, **PHOTOGRAPHED.get(slug, {}))
    assert found.certificate == certificate
    face = json_face(certificate, kind_of(slug))
    assert found.report.claims == claims_of(face)
    assert found.attached == {"certificate.json": canonical(face)}
    assert certificate_in_pdf(hub_pdf(slug, level)) == certificate
    (signature,) = found.signatures
    assert (signature.name, signature.time, signature.verdict) == ("Seal", AT, Verdict.VALID)
    assert signature.signer == CA.signer.certificate.der
    assert signature.proven_at == (None if level == "B-B" else AT)
    outcome = Outcome.NOT_APPLICABLE if level == "B-B" else Outcome.PASS
    assert found.report.steps[TIMESTAMP_STEP - 1].outcome is outcome


@levels
def test_pyhanko_agrees(level: str) -> None:
    """The independent judge for B-B, B-T and B-LTA."""
    data = hub_pdf("birth", level)
    context = ValidationContext(
        trust_roots=[x509_oracle.Certificate.load(CA.root.certificate.der)],
        other_certs=[x509_oracle.Certificate.load(CA.issuing.certificate.der)],
        crls=[crl_oracle.CertificateList.load(item.der) for item in CA.crls(NOW)],
        moment=LATER,
        allow_fetching=False,
        revocation_mode="require",
    )
    reader = PdfFileReader(BytesIO(data))
    status = validate_pdf_signature(
        reader.embedded_regular_signatures[0],
        signer_validation_context=context,
        ts_validation_context=context,
        key_usage_settings=KeyUsageConstraints(key_usage={"digital_signature"}),
    )
    assert status.bottom_line
    assert status.docmdp_ok
    stamps = [validate_pdf_timestamp(item, context) for item in reader.embedded_timestamp_signatures]
    assert [stamp.intact and stamp.valid and stamp.trusted for stamp in stamps] == ([True] if level == "B-LTA" else [])
    assert verdict(data) is Verdict.VALID


def test_an_sm2_seal_is_valid() -> None:
    data = hub_pdf("household", "B-B", Alg.SM2)
    assert verdict(data, trust(Alg.SM2)) is Verdict.VALID
    assert verdict(data) is Verdict.INDETERMINATE  # the other authority knows nothing about it


def test_a_purpose_marked_copy_is_drawn_again_with_its_marks() -> None:
    found = judge(copy_pdf())
    assert found.report.verdict is Verdict.VALID
    assert found.certificate == certificate_of_type("marriage")
    assert terms_in(found.attached) == TERMS
    assert found.report.steps[10].evidence["qr"].endswith(f"/copies/{TERMS.code}")


def test_without_certificate_data_the_page_stays_open() -> None:
    found = judge(sealed().data)
    assert found.report.verdict is Verdict.INDETERMINATE
    assert found.report.deciding.code == "page-without-data"
    assert (found.certificate, found.report.claims) == (None, {})
    with pytest.raises(CertificateMissing):
        certificate_in_pdf(sealed().data)
    with pytest.raises(CertificateMissing):
        certificate_in_pdf(plain_page())
    with pytest.raises(PdfIrregular):
        certificate_in_pdf(b"")


def test_a_time_without_zone_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="time zone"):
        verify_pdf(b"", TRUST, at=datetime(2026, 11, 22))  # noqa: DTZ001 - the point of the test


def test_every_code_has_words_and_every_step_a_name() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in Path(verify.__file__).parent.glob("verify*.py"))
    said = set(re.findall(r'"([a-z]+(?:-[a-z]+)+|parsed|modified|unsigned|encrypted|revoked|certified)"', sources))
    assert set(WORDS) - said == {"not-reached"}  # every row is said somewhere, and formatting finds every row
    assert set(STEP_NAMES) == set(range(1, 12))
    for words in WORDS.values():
        assert words.zh
        assert words.en
        assert bool(words.next_zh) is bool(words.next_en)


# ---- signer, revocation, time ----------------------------------------------------------------------------------


def test_an_unknown_authority_leaves_the_signer_open() -> None:
    found = judge(hub_pdf(), PkiTrust(()))
    assert found.report.verdict is Verdict.INDETERMINATE
    assert found.report.deciding.code == "signer-unknown"
    assert found.certificate is not None  # the signature covers the data all the same; whose it is stays open


def test_no_revocation_list_leaves_revocation_open() -> None:
    found = judge(hub_pdf(), replace(TRUST, crls=()))
    assert [s.code for s in found.report.steps[7:9]] == ["signer-trusted", "revocation-unknown"]
    assert found.report.verdict is Verdict.INDETERMINATE
    assert verdict(hub_pdf(level="B-LTA"), replace(TRUST, crls=())) is Verdict.VALID  # brings its own lists


def test_revoked_before_it_was_sealed_is_invalid_revoked_since_needs_a_time_stamp() -> None:
    serial = CA.signer.certificate.serial
    for level in LEVELS:
        early = replace(TRUST, crls=CA.crls(LATER, [Revocation(serial, NOW - DAY, "keyCompromise")]))
        assert step(hub_pdf(level=level), 9, early).code == "revoked"
        assert verdict(hub_pdf(level=level), early) is Verdict.INVALID
    since = replace(TRUST, crls=CA.crls(NOW + DAY, [Revocation(serial, LATER, "keyCompromise")]))
    at = NOW + DAY + timedelta(hours=1)
    assert step(hub_pdf(), 9, since, at=at).code == "revoked-since"
    assert verdict(hub_pdf(), since, at=at) is Verdict.INDETERMINATE
    assert verdict(hub_pdf(level="B-T"), since, at=at) is Verdict.VALID


def test_a_distrusted_key_counts_like_a_revocation() -> None:
    kid = CA.signer.certificate.key.kid
    known = replace(TRUST, distrusted={kid: LATER - timedelta(minutes=5)})
    assert step(hub_pdf(), 9, known).code == "revoked-since"
    assert verdict(hub_pdf(level="B-T"), known) is Verdict.VALID
    assert verdict(hub_pdf(level="B-T"), replace(TRUST, distrusted={kid: NOW})) is Verdict.INVALID
    stamper = CA.tsa.certificate.key.kid
    lost = replace(TRUST, distrusted={stamper: LATER - timedelta(minutes=5)})
    assert step(hub_pdf(level="B-T"), 10, lost).outcome is Outcome.UNDETERMINED  # who has it can date back
    assert verdict(hub_pdf(level="B-T"), lost) is Verdict.INDETERMINATE


def test_after_the_certificate_ended_only_a_time_stamp_upholds_the_seal() -> None:
    at = CA.signer.certificate.not_after + DAY
    fresh = replace(TRUST, crls=(*TRUST.crls, *CA.crls(at - timedelta(hours=1))))
    assert step(hub_pdf(), 8, fresh, at=at).code == "signer-expired-since"
    assert verdict(hub_pdf(), fresh, at=at) is Verdict.INDETERMINATE
    assert verdict(hub_pdf(level="B-T"), fresh, at=at) is Verdict.VALID
    assert verdict(hub_pdf(level="B-LTA"), replace(TRUST, crls=()), at=at) is Verdict.VALID


def test_as_of_a_time_before_it_was_sealed_it_is_not_valid() -> None:
    found = judge(hub_pdf(), at=AT - DAY)
    assert found.report.verdict is Verdict.INVALID
    assert found.report.steps[9].code == "not-yet-sealed"


def test_a_time_stamp_by_an_authority_nobody_trusts_leaves_the_time_open() -> None:
    other = development_ca(
        DevelopmentKeys(*(ephemeral_key(Alg.ES256) for _ in range(5))),
        now=NOW,
        profile="development",
        crl_url="http://x",
    )
    known = PkiTrust((other.root.certificate,), (other.issuing.certificate,), other.crls(NOW))
    found = judge(hub_pdf(level="B-T"), known)
    assert [s.code for s in found.report.steps[7:10]] == ["signer-unknown", "not-reached", "timestamp-unknown"]


def test_files_that_bear_nothing_are_invalid() -> None:
    assert codes(plain_page())[2] == "unsigned"
    assert verdict(plain_page()) is Verdict.INVALID
    own = hub_pdf()[: hub_pdf().index(b"%%EOF\n") + 6]
    assert codes(own)[2] == "unsigned"
    for junk in (b"", b"%PDF-", b"\0" * 1000, b"PK\x03\x04" + bytes(50)):
        assert codes(junk)[1] == "file-irregular"
        assert verdict(junk) is Verdict.INVALID
