"""Attack cases 50 to 53: what a seal covers, how it names it, whose seal it is, and several seals on one document."""

import re
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from functools import partial
from hashlib import sha256

import pytest

from certs.crypto.sm3 import sm3
from certs.model import Verdict
from certs.ofd.errors import DocumentMalformed
from certs.ofd.reading import resolve
from certs.ofd.signing import SEAL_PATH, SIGNATURE_PATH, VALUE_PATH
from certs.ofd.verify import verify_ofd
from certs.ofd.writer import NAMESPACE, SIGNATURES_PATH, pack
from certs.pki import der
from certs.pki.algorithms import sign
from certs.pki.crl import Revocation
from certs.pki.der_reader import read
from certs.seals.history import SealChange, SealOnFile, SealState
from certs.seals.model import CertificateDigest
from certs.seals.pki_trust import PkiCertificates, PkiTrust
from certs.seals.ports import KnownSeals, SealTrust
from tests.certs.attacks import seals
from tests.certs.attacks.seals import CA, INFO, LATER, SEALED, made, plain, trust, verified
from tests.certs.ofd.resealing import PAGE, PARTS, WORLD, resealed, without
from tests.certs.ofd.test_verify_several import SECOND, twice
from tests.certs.ofd.world import failing
from tests.certs.pki.world import NOW
from tests.certs.seals.world import PNG

HOUR = timedelta(hours=1)
OWN = {SIGNATURE_PATH, VALUE_PATH, SEAL_PATH}
SHADOW = PARTS[PAGE].replace("甲".encode(), "乙".encode())
RENUMBERED = SHADOW.replace(b' ID="', b' ID="9')


def codes(parts: dict[str, bytes]) -> dict[int, str]:
    return failing(WORLD.verify(parts))


# ---- 50: parts nobody signed -------------------------------------------------------------------------------

UNSIGNED = {
    "page": "Doc_0/Pages/Page_9/Content.xml",
    "template": "Doc_0/Tpls/Tpl_0/Content.xml",
    "font": "Doc_0/Res/Font_99.ttf",
    "picture": "Doc_0/Res/Image_99.png",
    "annotation": "Doc_0/Annots/Page_0/Annotation.xml",
    "annotation list": "Doc_0/Annots/Annotations.xml",
    "attachment": "Doc_0/Attachs/Attach_9.json",
    "custom tag": "Doc_0/Tags/CustomTags.xml",
    "second document": "Doc_1/Document.xml",
    "second signature list": "Doc_0/Signs/Signatures2.xml",
    "file beside the signature": "Doc_0/Signs/Sign_0/Extra.dat",
    "file in the root": "thumbnail.png",
}


@pytest.mark.parametrize("kind", UNSIGNED)
def test_50_a_part_nobody_signed(kind: str) -> None:
    assert failing(verified(pack({**seals.PARTS, UNSIGNED[kind]: RENUMBERED}))) == {10: "uncovered"}


@pytest.mark.parametrize("path", sorted(set(PARTS) - OWN - {SIGNATURES_PATH}))
def test_50_a_reference_left_out_by_the_signer(path: str) -> None:
    """The common Java reader says valid: it looks at what is referenced and at nothing else."""
    parts = resealed(PARTS, edit=lambda t: without(t, path))
    assert codes(parts) == {10: "uncovered"}
    assert failing(WORLD.verify({**parts, path: parts[path] + b" "})) == {10: "uncovered"}


def test_50_an_open_signature_list_is_said_and_takes_no_content() -> None:
    open_list = resealed(PARTS, edit=lambda t: without(t, SIGNATURES_PATH))
    found = WORLD.verify(open_list)
    assert found.report.verdict is Verdict.VALID
    assert found.report.steps[9].evidence["further_signatures"] == "possible"
    listed = open_list[SIGNATURES_PATH].replace(
        b"</ofd:Signatures>", b'<ofd:Signature ID="2" BaseLoc="/Doc_0/Pages/Page_9/Content.xml"/></ofd:Signatures>'
    )
    for body in (SHADOW, b"<a/>"):
        attack = {**open_list, SIGNATURES_PATH: listed, "Doc_0/Pages/Page_9/Content.xml": body}
        assert WORLD.verify(attack).report.verdict is Verdict.INVALID


def test_50_no_signature_at_all() -> None:
    bare = {p: b for p, b in seals.PARTS.items() if p not in {*OWN, SIGNATURES_PATH}}
    for parts in (bare, {**seals.PARTS, SIGNATURES_PATH: f'<Signatures xmlns="{NAMESPACE}"/>'.encode()}):
        assert verified(pack(parts)).report.verdict is Verdict.INVALID


# ---- 51: tricks of names -----------------------------------------------------------------------------------

SPELLINGS = [
    "Doc_0/Document.xml",
    "/./Doc_0/Document.xml",
    "/Doc_0/./Document.xml",
    "/Doc_0/../Doc_0/Document.xml",
    "//Doc_0/Document.xml",
    "/Doc_0//Document.xml",
    "/doc_0/document.xml",
    "/DOC_0/Document.xml",
    "/Doc_0\\Document.xml",
    "/Doc_0/Document%2Exml",
    "/Doc_0/Document.xml#x",
    "/Doc_0/Document.xml?x",
    "/Doc_0/Document.xml/",
    " /Doc_0/Document.xml",
    "/Doc_0/Document.xml ",
    "/Doc_0/Document.xm\u217c",
    "/Doc_0/D\u043ecument.xml",
    "file:///Doc_0/Document.xml",
    "http://example.org/Doc_0/Document.xml",
    "/Doc_1/Document.xml",
    "/OFD.xml",
    "/absent.xml",
    "/",
    "",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_51_a_reference_in_another_spelling(spelling: str) -> None:
    parts = resealed(PARTS, edit=lambda t: t.replace('"/Doc_0/Document.xml"', f'"{spelling}"'))
    assert codes(parts)[9] in {"references-refused", "part-changed"}


def test_51_one_part_twice_in_the_list() -> None:
    """With the right digest, with a wrong one in front, and with a wrong one behind."""
    good = re.search(r'<ofd:Reference FileRef="/OFD.xml">.*?</ofd:Reference>', PARTS[SIGNATURE_PATH].decode())
    assert good
    wrong = good[0].replace("<ofd:CheckValue>", "<ofd:CheckValue>AAAA")
    for doubled in (good[0] * 2, wrong + good[0], good[0] + wrong):
        listed = PARTS[SIGNATURE_PATH].decode().replace(good[0], doubled)
        found = codes(resealed(PARTS, edit=lambda _, text=listed: text))  # type: ignore[misc]  # a bound loop value
        assert found[9] in {"references-refused", "part-changed"}


@pytest.mark.parametrize(
    "location", ["../x", "a/../x", "./x", "a//x", "/", "", ".", "C:x", "a\\x", "x?y", "x#y", "x%2fy", "http://x", "a/"]
)
def test_51_locations_have_one_spelling(location: str) -> None:
    with pytest.raises(DocumentMalformed):
        resolve("Doc_0/Document.xml", location)


@pytest.mark.parametrize("target", ["OFD.xml", "Doc_0/Document.xml", PAGE, SIGNATURE_PATH, SIGNATURES_PATH, VALUE_PATH])
def test_51_a_part_in_two_roles(target: str) -> None:
    """What is content may not also be a signature's own file, which no digest covers."""
    for own in {SEAL_PATH, VALUE_PATH} - {target}:
        parts = resealed(PARTS, edit=lambda t, o=own: t.replace(f"/{o}<", f"/{target}<"))  # type: ignore[misc]  # loop value
        assert WORLD.verify(parts).report.verdict is Verdict.INVALID


# ---- 52: the seal of somebody else -------------------------------------------------------------------------


def judged(parts: dict[str, bytes], believed: SealTrust) -> dict[int, str]:
    return failing(verify_ofd(pack(parts), believed, at=LATER))


def test_52_the_seal_file_of_another_department() -> None:
    other = made(replace(INFO, es_id="33990000000099", name="339900市另一测试局印章（测试）"))
    assert judged({**seals.PARTS, SEAL_PATH: other}, trust()) == {2: "seal-file-differs", 9: "part-changed"}
    swapped = {p: seals.PARTS[p].replace(seals.SEAL, other) for p in (SEAL_PATH, VALUE_PATH)}
    assert judged({**seals.PARTS, **swapped}, trust())


def test_52_another_departments_seal_used_by_a_signer_it_does_not_list() -> None:
    """The signer is genuine, the seal is genuine, on file and in use: it is only not his."""
    foreign = made(replace(INFO, certificates=(CA.seal_maker.certificate.der,)))
    assert judged(plain(seal=foreign), trust(foreign)) == {4: "signer-not-listed"}
    digests = (CertificateDigest("SM3", sm3(CA.seal_maker.certificate.der)),)
    foreign = made(replace(INFO, certificates=(), digests=digests))
    assert judged(plain(seal=foreign), trust(foreign)) == {4: "signer-not-listed"}


def test_52_another_picture() -> None:
    other = PNG[:-20] + bytes(20)
    parts = {p: seals.PARTS[p].replace(PNG, other) for p in (SEAL_PATH, VALUE_PATH)}
    assert {2, 7} <= set(judged({**seals.PARTS, **parts}, trust()))
    repainted = made(replace(INFO, picture=replace(INFO.picture, data=other)))
    assert judged(plain(seal=repainted), trust()) == {3: "seal-differs"}, "the maker's word is not the register's"


@pytest.mark.parametrize(
    ("since", "until"), [(-9, -1), (1, 9), (-9, 0)], ids=["expired at sealing", "not yet valid", "ends the day before"]
)
def test_52_outside_the_seals_term(since: int, until: int) -> None:
    day = timedelta(days=1)
    seal = made(replace(INFO, valid_from=NOW + since * day, valid_until=NOW + until * day - timedelta(seconds=1)))
    assert judged(plain(seal=seal), trust(seal)) == {3: "seal-outside-term"}


@pytest.mark.parametrize("state", [SealState.SUSPENDED, SealState.REVOKED, SealState.REGISTERED])
def test_52_a_seal_that_was_not_in_use(state: SealState) -> None:
    on_file = SealOnFile(INFO.es_id, sm3(seals.SEAL), (SealChange(state, NOW - HOUR),))
    believed = replace(trust(), registry=KnownSeals({on_file.es_id: on_file}))
    assert judged(plain(), believed) == {3: "seal-not-in-force"}


def test_52_a_signer_whose_certificate_was_revoked() -> None:
    gone = CA.crls(NOW, [Revocation(CA.signer.certificate.serial, NOW - HOUR, "keyCompromise")])
    believed = PkiTrust((CA.root.certificate,), (CA.issuing.certificate,), gone)
    assert judged(plain(), replace(trust(), certificates=PkiCertificates(believed))) == {5: "signer-refused"}


def test_52_a_seal_made_by_somebody_who_makes_no_seals() -> None:
    """Signed by another trusted key than the maker named in it."""
    *head, _ = (m.raw for m in read(seals.SEAL).members(4, 4))
    forged = der.sequence(*head, der.bits(sign(CA.signer.signer, seals.SEAL_INFO)))
    assert judged(plain(seal=forged), trust(forged)) == {2: "seal-forged"}


# ---- 53: several signatures, and labels of algorithms ------------------------------------------------------


def test_53_a_second_signature_resets_nothing() -> None:
    """The second, honest for what it sees, comes after a change: the first stays broken, and so does the document."""
    both = twice()
    assert WORLD.verify(both).report.verdict is Verdict.VALID
    changed = twice(edit=lambda t: t.replace(_digest(PARTS[PAGE]), _digest(SHADOW)))
    found = WORLD.verify({**changed, PAGE: SHADOW})
    assert [s.verdict for s in found.signatures] == [Verdict.INVALID, Verdict.VALID]
    assert found.report.verdict is Verdict.INVALID


def test_53_the_order_of_the_list_changes_no_verdict() -> None:
    both = twice()
    one, two = re.findall(r"<ofd:Signature ID.*?/>", both[SIGNATURES_PATH].decode())
    turned = both[SIGNATURES_PATH].decode().replace(one + two, two + one).encode()
    found = WORLD.verify({**both, SIGNATURES_PATH: turned})
    assert turned != both[SIGNATURES_PATH]
    assert [s.verdict for s in found.signatures] == [Verdict.VALID, Verdict.VALID]


def test_53_a_signature_taken_out_of_the_list_leaves_its_files_uncovered() -> None:
    both = twice()
    listed = re.sub(rb'<ofd:Signature ID="2".*?/>', b"", both[SIGNATURES_PATH])
    assert failing(WORLD.verify({**both, SIGNATURES_PATH: listed})) == {10: "uncovered"}
    broken = {**both, f"{SECOND}/SignedValue.dat": b"junk"}
    assert WORLD.verify(broken).report.verdict is Verdict.INVALID


@pytest.mark.parametrize(
    "label", ["2.16.840.1.101.3.4.2.1", "1.2.840.113549.2.5", "SM3", "sm3", "1.2.156.10197.1.402", ""]
)
def test_53_a_digest_label_that_is_not_sm3(label: str) -> None:
    assert codes(resealed(PARTS, edit=lambda t: t.replace("1.2.156.10197.1.401", label))) == {9: "references-refused"}


@pytest.mark.parametrize("label", ["1.2.840.10045.4.3.2", "1.2.156.10197.1.504", "1.3.101.112"])
def test_53_a_signature_label_that_is_not_the_stamps(label: str) -> None:
    assert codes(resealed(PARTS, edit=lambda t: t.replace("1.2.156.10197.1.501", label))) == {9: "references-refused"}


def test_53_right_digests_of_another_kind_under_the_right_label() -> None:
    """SHA-256 values under the label SM3."""
    digest = partial(re.sub, f'(FileRef="/{re.escape(PAGE)}"><ofd:CheckValue>)[^<]*', rf"\g<1>{_sha256(PARTS[PAGE])}")
    assert codes(resealed(PARTS, edit=digest)) == {9: "part-changed"}


def test_the_document_behind_every_attack_is_valid() -> None:
    assert verified(SEALED).report.verdict is Verdict.VALID
    assert failing(verify_ofd(pack(plain()), trust(), at=LATER)) == {}
    assert WORLD.verify(resealed(PARTS)).report.verdict is Verdict.VALID


def _digest(body: bytes) -> str:
    return b64encode(sm3(body)).decode()


def _sha256(body: bytes) -> str:
    return b64encode(sha256(body).digest()).decode()
