"""The eleven steps: what passes, what fails with which code, and what stays undetermined."""

import re
import subprocess
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from certs.model import Outcome, Verdict
from certs.ofd.errors import PageRefused
from certs.ofd.findings import STEPS
from certs.ofd.reading import read_ofd
from certs.ofd.signing import SEAL_PATH, SIGNATURE_PATH, VALUE_PATH, Place, Sealing, seal_document
from certs.ofd.words import STEP_NAMES, WORDS
from certs.ofd.writer import NAMESPACE, SIGNATURES_PATH, pack
from certs.seals.model import Stamp
from certs.seals.signature import read_stamp
from tests.certs.ofd.resealing import PAGE, PARTS, WORLD, Edit, resealed, without
from tests.certs.ofd.world import document, failing
from tests.certs.seals.world import NOW, identity
from tests.support.components import OPENSSL

# ---- good documents --------------------------------------------------------------------------------------------


def test_a_sealed_document_is_valid_and_says_what_it_holds() -> None:
    found = WORLD.verify(PARTS)
    assert found.report.verdict is Verdict.VALID
    assert [s.number for s in found.report.steps] == list(range(1, STEPS + 1))
    assert {s.number for s in found.report.steps if s.outcome is not Outcome.PASS} == {6}
    assert found.report.claims["custom"] == {"ZZMC": "测试证照", "ZZBS": "1.2.3"}
    (signature,) = found.signatures
    assert (signature.es_id, signature.time, signature.verdict) == ("33990000000001", NOW, Verdict.VALID)
    assert found.report.steps[9].evidence["further_signatures"] == "no"


def test_sealing_is_deterministic_but_for_the_random_number_of_sm2() -> None:
    again = WORLD.parts()
    assert {p for p in PARTS if PARTS[p] != again[p]} == {VALUE_PATH}


def test_resealing_in_these_tests_makes_valid_documents() -> None:
    assert WORLD.verify(resealed(PARTS)).report.verdict is Verdict.VALID


@pytest.mark.needs(OPENSSL)
def test_openssl_verifies_the_stamp_with_the_key_of_the_enclosed_certificate(tmp_path: Path) -> None:
    """The certificate itself and the SM2 signature in SignedValue.dat, both with the identity of GM/T 0009."""
    stamp = read_stamp(PARTS[VALUE_PATH])
    assert isinstance(stamp, Stamp)
    root = identity("测试根", WORLD.seals.root, 1)
    (tmp_path / "cert").write_bytes(stamp.certificate)
    (tmp_path / "tbs").write_bytes(stamp.tbs)
    (tmp_path / "value").write_bytes(stamp.signature)
    assert root.certificate

    def run(command: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(command.split(), cwd=tmp_path, capture_output=True, timeout=20, check=False)

    assert run("openssl x509 -inform DER -in cert -noout -pubkey -out pub").returncode == 0
    verify = "openssl pkeyutl -verify -pubin -inkey pub -sigfile value -rawin -digest sm3 -in tbs -pkeyopt distid:"
    assert run(f"{verify}1234567812345678").returncode == 0
    assert run(f"{verify}8765432187654321").returncode != 0


def test_places_outside_the_page_are_refused_when_sealing() -> None:
    for places in ((), (Place(2, 0, 0),), (Place(0, 180, 0),), (Place(0, -1, 0),)):
        with pytest.raises(PageRefused):
            seal_document(document(), replace(WORLD.sealing(), places=places))


def test_a_stamp_from_the_first_second_of_time_is_a_finding() -> None:
    first, written = b"00010101000000Z", f"{NOW:%Y%m%d%H%M%S}Z".encode()
    head, _, tail = PARTS[VALUE_PATH].rpartition(written)
    assert failing(WORLD.verify({**PARTS, VALUE_PATH: head + first + tail}))[3] == "seal-outside-term"


def test_a_seal_across_pages_is_seen_on_each() -> None:
    sealed = seal_document(document(), replace(WORLD.sealing(), places=(Place(0, 10, 10), Place(1, 10, 10))))
    found = WORLD.verify(sealed)
    assert found.report.verdict is Verdict.VALID
    assert found.report.steps[10].evidence["pages"] == "1、2"


# ---- changed after sealing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(set(PARTS) - {SIGNATURE_PATH, VALUE_PATH, SEAL_PATH}))
def test_any_changed_part_is_invalid(path: str) -> None:
    body = PARTS[path]
    changed = body.replace(b"</ofd:", b" </ofd:", 1) if path.endswith(".xml") else body + b"\0"
    assert changed != body
    found = WORLD.verify({**PARTS, path: changed})
    assert found.report.verdict is Verdict.INVALID
    assert failing(found)[9] == "part-changed"
    assert found.report.claims == {}


def test_a_changed_signature_file_is_invalid() -> None:
    found = WORLD.verify({**PARTS, SIGNATURE_PATH: PARTS[SIGNATURE_PATH].replace(b"140 230", b"140 130")})
    assert failing(found) == {8: "digest-differs"}


@pytest.mark.parametrize("path", sorted(PARTS))
def test_any_missing_part_is_invalid(path: str) -> None:
    found = WORLD.verify({p: b for p, b in PARTS.items() if p != path})
    assert found.report.verdict is Verdict.INVALID


@pytest.mark.parametrize(
    "path",
    [
        "extra.txt",
        "Doc_0/Annots/Annotations.xml",
        "Doc_0/Pages/Page_2/Content.xml",
        "Doc_0/Signs/Sign_1/Signature.xml",
        "Doc_0/Signs/Sign_0/Seal2.esl",
        "Doc_1/Document.xml",
    ],
)
def test_a_file_added_after_sealing_is_invalid(path: str) -> None:
    """Attack case 50; the common Java reader says valid."""
    assert failing(WORLD.verify({**PARTS, path: b"<a/>"})) == {10: "uncovered"}


def test_an_unsealed_document_is_invalid() -> None:
    for parts in (
        {**PARTS, "OFD.xml": re.sub(rb"<ofd:Signatures>.*</ofd:Signatures>", b"", PARTS["OFD.xml"])},
        {**PARTS, SIGNATURES_PATH: re.sub(rb"<ofd:Signature .*?/>", b"", PARTS[SIGNATURES_PATH])},
    ):
        assert failing(WORLD.verify(parts)) == {1: "unsealed"}


# ---- sealed in a wrong way by somebody who holds the key: case 50 and 51 -----------------------------------------


@pytest.mark.parametrize("path", sorted(set(PARTS) - {SIGNATURE_PATH, VALUE_PATH, SEAL_PATH, SIGNATURES_PATH}))
def test_a_signature_that_leaves_out_what_is_seen_or_said_is_invalid(path: str) -> None:
    found = WORLD.verify(resealed(PARTS, edit=lambda t: without(t, path)))
    assert failing(found) == {10: "uncovered"}
    assert path in found.report.deciding.zh


def test_leaving_out_the_signature_list_is_allowed_and_said() -> None:
    found = WORLD.verify(resealed(PARTS, edit=lambda t: without(t, SIGNATURES_PATH)))
    assert found.report.verdict is Verdict.VALID
    assert found.report.steps[9].evidence["further_signatures"] == "possible"


@pytest.mark.parametrize(
    "reference",
    [
        "Doc_0/Document.xml",
        "/./Doc_0/Document.xml",
        "/Doc_0/../Doc_0/Document.xml",
        "//Doc_0/Document.xml",
        "/doc_0/document.xml",
        "/Doc_0\\Document.xml",
        "/Doc_0/Document%2Exml",
        "/OFD.xml",
        "/absent.xml",
        "http://example.org/Doc_0/Document.xml",
        "",
    ],
)
def test_references_in_another_spelling_are_refused(reference: str) -> None:
    found = WORLD.verify(resealed(PARTS, edit=lambda t: t.replace('"/Doc_0/Document.xml"', f'"{reference}"')))
    assert failing(found)[9] in {"references-refused", "part-changed"}
    assert found.report.verdict is Verdict.INVALID


def test_digests_in_another_spelling_or_algorithm_are_refused() -> None:
    def edited(edit: Edit) -> dict[int, str]:
        return failing(WORLD.verify(resealed(PARTS, edit=edit)))

    assert edited(lambda t: t.replace("=</ofd:CheckValue>", "</ofd:CheckValue>", 1)) == {9: "part-changed"}
    assert edited(lambda t: t.replace("=</ofd:CheckValue>", "=\n=</ofd:CheckValue>", 1)) == {9: "part-changed"}
    for method in ("1.2.840.113549.2.5", "SM3", "2.16.840.1.101.3.4.2.1", ""):
        assert edited(partial(re.sub, r"1\.2\.156\.10197\.1\.401", method)) == {9: "references-refused"}
    assert edited(lambda t: t.replace("1.2.156.10197.1.501", "1.2.840.10045.4.3.2")) == {9: "references-refused"}
    missing = edited(lambda t: t.replace(' CheckMethod="1.2.156.10197.1.401"', ""))
    assert missing == {1: "document-malformed"}, "the default of the schema is MD5"


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("OFD.xml", "</ofd:DocBody>", "</ofd:DocBody><ofd:DocBody/>"),
        ("OFD.xml", "<ofd:DocRoot>", "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot><ofd:DocRoot>"),
        ("OFD.xml", "Doc_0/Document.xml", "Doc_0/../Doc_0/Document.xml"),
        ("OFD.xml", 'Name="ZZMC"', 'Name="ZZBS"'),
        ("OFD.xml", "</ofd:DocBody>", '<ofd:Versions><ofd:Version BaseLoc="x"/></ofd:Versions></ofd:DocBody>'),
        ("Doc_0/Document.xml", 'ID="2"', 'ID="1"'),
        ("Doc_0/Document.xml", "Pages/Page_1", "Pages/Page_7"),
        ("Doc_0/Document.xml", "0 0 210 297", "0 0 -210 297"),
        ("Doc_0/Attachs/Attachments.xml", "Attach_0.json", "Attach_9.json"),
        (SIGNATURES_PATH, "<ofd:MaxSignId>1</ofd:MaxSignId>", '<ofd:Signature ID="1" BaseLoc="/x"/>'),
    ],
)
def test_documents_that_two_readers_could_take_differently_are_refused(path: str, old: str, new: str) -> None:
    """Attack cases 51 and 54, sealed by a rightful signer."""
    body = PARTS[path].decode()
    area = re.sub(r"<ofd:Area>.*?</ofd:Area>", "", PARTS[PAGE].decode())
    parts = {**PARTS, PAGE: area.encode(), path: body.replace(old, new, 1).encode()}
    assert old in body
    assert failing(WORLD.verify(resealed(parts))) == {1: "document-malformed"}


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("Doc_0/PublicRes.xml", "Font_3.ttf", "Font_9.ttf"),
        ("Doc_0/PublicRes.xml", "Font_3.ttf", "../../../../usr/share/fonts/x.ttf"),
        ("Doc_0/PublicRes.xml", "Font_3.ttf", "http://example.org/x.ttf"),
        ("Doc_0/DocumentRes.xml", "Image_4.png", "/etc/passwd"),
        ("Doc_0/DocumentRes.xml", 'BaseLoc="Res"', 'BaseLoc="../Res"'),
        ("Doc_0/Document.xml", "</ofd:Document>", "<ofd:Annotations>Annots.xml</ofd:Annotations></ofd:Document>"),
        ("Doc_0/PublicRes.xml", "Font_3.ttf", f"/{SEAL_PATH}"),
        ("Doc_0/PublicRes.xml", "Font_3.ttf", f"/{VALUE_PATH}"),
    ],
)
def test_names_that_lead_out_of_the_package_or_into_the_signature_are_refused(path: str, old: str, new: str) -> None:
    parts = {**PARTS, path: PARTS[path].replace(old.encode(), new.encode(), 1)}
    assert failing(WORLD.verify(resealed(parts))) == {10: "uncovered"}


@pytest.mark.parametrize("name", ["Annots.xml", "Annots.dat", "Annots"])
def test_a_part_is_examined_whatever_its_suffix(name: str) -> None:
    """Sealed by a rightful signer, and still pointing out of the package."""
    annotations = (
        f'<ofd:Annotations xmlns:ofd="{NAMESPACE}"><ofd:Page PageID="1"><ofd:FileLoc>../../evil.xml</ofd:FileLoc>'
        "</ofd:Page></ofd:Annotations>"
    ).encode()
    named = f"<ofd:Annotations>{name}</ofd:Annotations></ofd:Document>".encode()
    document_xml = PARTS["Doc_0/Document.xml"].replace(b"</ofd:Document>", named)
    parts = {**PARTS, "Doc_0/Document.xml": document_xml, f"Doc_0/{name}": annotations}
    reference = f'<ofd:Reference FileRef="/Doc_0/{name}"><ofd:CheckValue>?</ofd:CheckValue></ofd:Reference>'
    parts[SIGNATURE_PATH] = PARTS[SIGNATURE_PATH].replace(
        b"</ofd:References>", f"{reference}</ofd:References>".encode()
    )
    found = WORLD.verify(resealed(parts))
    assert failing(found) == {10: "uncovered"}
    assert "evil" in found.report.deciding.zh


@pytest.mark.parametrize(
    "stamp",
    [
        "",
        '<ofd:StampAnnot ID="1" PageRef="9" Boundary="1 1 42 42"/>',
        '<ofd:StampAnnot ID="1" PageRef="1" Boundary="180 1 42 42"/>',
        '<ofd:StampAnnot ID="1" PageRef="1" Boundary="-50 1 42 42"/>',
        2 * '<ofd:StampAnnot ID="1" PageRef="1" Boundary="1 1 42 42"/>',
    ],
)
def test_a_seal_that_is_not_seen_on_its_page_is_refused(stamp: str) -> None:
    found = WORLD.verify(resealed(PARTS, edit=lambda t: re.sub(r"<ofd:StampAnnot.*?/>", stamp, t)))
    assert failing(found) == {11: "place-invalid"}


@pytest.mark.parametrize("box", ["1 1 42", "1 1 0 42", "nan 1 42 42", "1 1 1e9 42", "a b c d"])
def test_boxes_that_are_none_are_refused(box: str) -> None:
    found = WORLD.verify(resealed(PARTS, edit=lambda t: t.replace("140 230 42 42", box)))
    assert failing(found) == {1: "document-malformed"}


# ---- words --------------------------------------------------------------------------------------------------------


def test_every_step_and_code_has_words_in_both_languages() -> None:
    assert list(STEP_NAMES) == list(range(1, STEPS + 1))
    files = ("certs/ofd/verify.py", "certs/ofd/scope.py", "certs/ofd/findings.py", "certs/verify_findings.py")
    source = "".join(path.read_text("utf-8") for path in map(Path, files))
    used = set(re.findall(r'(?:failed|passed|undetermined)\(\s*"([a-z-]+)"', source))
    used |= set(re.findall(r'NOT_APPLICABLE, "([a-z-]+)"', source))
    assert used == set(WORDS)
    for code, words in WORDS.items():
        assert re.search("[一-鿿]", words.zh), code
        assert not re.search("[一-鿿]", words.en + words.next_en), code
        assert bool(words.next_zh) == bool(words.next_en), code


def test_reading_alone_shows_signatures() -> None:
    (listed,) = read_ofd(pack(PARTS)).signatures
    assert (listed.id, listed.kind, listed.path) == ("1", "Seal", SIGNATURE_PATH)


def test_values_of_sealing_hide_keys_and_seals() -> None:
    shown = repr(Sealing(WORLD.seal, b"certificate", WORLD.seals.signer.signer, NOW, ()))
    assert "certificate" not in shown.replace("certificate=", "")
