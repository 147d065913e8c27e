"""All faces of any certificate carry equal claims and lead to the same certificate of the same record.

A few hundred in every run; all 10,000 by `make faces` (marked slow), in parts that can run side by side.
"""

import secrets
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256

import pytest
import zxingcpp

from certs.crypto.alg import Alg
from certs.crypto.jws import parse_jws
from certs.crypto.strict_json import loads_object
from certs.documents.redrawing import check_ofd_page
from certs.documents.sealing import sealed_faces, verification_qr
from certs.face import certificate_of, claims_of, json_face
from certs.identifiers import parse
from certs.issue import redeem
from certs.layout.fonts import load_fonts
from certs.layout.operations import Code, Image
from certs.layout.pages import page_of
from certs.layout.preview import preview_svg
from certs.model import FaceKind, Verdict
from certs.ofd.certificate import certificate_in
from certs.ofd.reading import read_ofd
from certs.ofd.verify import verify_ofd
from certs.pdf.certificate import certificate_in_pdf
from certs.pdf.signing_check import check_sealed_pdf, judge_seal
from certs.sdjwt import SdJwtPolicy, parse_and_check
from tests.certs.documents.drawn import drawn
from tests.certs.documents.world import AT, LATER, seal_trust, seals, trust
from tests.certs.layout.samples import SLUGS, TYPES
from tests.certs.world import key

FONTS = load_fonts()
URL = "https://hub.339900.example"
ISSUER = key()
SEALS, SEAL_TRUST, ES256 = seals(), seal_trust(), trust(Alg.ES256)
PARTS, PART = 20, 500


def scanned(code: Code) -> str:
    """What a reader makes of the printed code, by an implementation that is not ours."""
    side = len(code.modules) + 8
    light = [False] * side
    rows = [light] * 4 + [[False] * 4 + list(row) + [False] * 4 for row in code.modules] + [light] * 4
    lines = [b"".join(b"\x00\x00\x00" if dark else b"\xff\xff\xff" for dark in row) * 3 for row in rows]
    pixels = b"".join(lines)
    image = zxingcpp.ImageView(pixels, 3 * side, 3 * side, zxingcpp.ImageFormat.Lum)
    (found,) = zxingcpp.read_barcodes(image)
    return str(found.text)


def check(number: int) -> str:
    """Issue and seal one certificate and compare what its faces say; returns its type."""
    lot = drawn(number)
    certificate, kind = lot.ticket.certificate, lot.ticket.kind
    identifier = str(certificate.identifier)
    signed = redeem(lot.ticket, ISSUER, secrets.token_bytes)
    qr = verification_qr(URL, identifier)
    ofd, pdf = sealed_faces(certificate, kind, SEALS, fonts=FONTS, at=AT, qr=qr, photo=lot.photo)
    read = {
        "ofd": certificate_in(read_ofd(ofd.data)),
        "pdf": certificate_in_pdf(pdf.data),
        "json": certificate_of(loads_object(parse_jws(signed.faces[FaceKind.JSON].decode()).payload)),
    }
    wanted = claims_of(json_face(certificate, kind))
    assert {name: claims_of(json_face(found, kind)) for name, found in read.items()} == dict.fromkeys(read, wanted)
    assert _sd_jwt_claims(signed.faces[FaceKind.SD_JWT].decode()) == wanted
    for found in read.values():
        assert (found.source.key, str(found.identifier)) == (lot.record_key, identifier)
    page = page_of(certificate, kind, FONTS, qr=qr, photo=lot.photo)
    (code,) = (mark for mark in page.marks if isinstance(mark, Code))
    shown = {sha256(mark.data).hexdigest() for mark in page.marks if isinstance(mark, Image)}
    assert shown == {text for code, text in certificate.face.items() if code == "photo_digest"}
    if lot.photo is not None:
        assert lot.photo in pdf.data
        assert b64encode(lot.photo) in preview_svg(page, FONTS)
    assert scanned(code) == code.text == qr
    assert parse(code.text.rpartition("#")[2]) == certificate.identifier
    file = read_ofd(ofd.data)
    assert check_ofd_page(file, read["ofd"], None, TYPES).code == "page-redrawn"
    assert verify_ofd(ofd.data, SEAL_TRUST, at=LATER).report.verdict is Verdict.VALID
    judge_seal(check_sealed_pdf(pdf.data), at=LATER, roots=ES256.roots, crls=ES256.crls)
    return lot.slug


def _sd_jwt_claims(token: str) -> Mapping[str, object]:
    policy = SdJwtPolicy()
    return claims_of(parse_and_check(token, lambda *_: ISSUER.verifier(), now=LATER, policy=policy).claims)


def test_faces_of_any_certificate_agree() -> None:
    assert {check(number) for number in range(120)} == set(SLUGS)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(PARTS))
def test_faces_of_ten_thousand_certificates_agree(part: int) -> None:
    assert {check(number) for number in range(part * PART, (part + 1) * PART)} == set(SLUGS)


def test_the_lot_is_the_same_every_time_and_has_rare_characters() -> None:
    first, again = ([drawn(n).ticket.payload for n in range(60)] for _ in range(2))
    assert first == again
    said = b"".join(first).decode()
    assert all(char in said for char in "䶮㛃𬭬")
