"""Several signatures in one document: attack case 53."""

from base64 import b64encode

from certs.crypto.sm3 import sm3
from certs.model import Verdict
from certs.ofd.signing import SIGNATURE_PATH, VALUE_PATH
from certs.ofd.writer import SIGNATURES_PATH
from certs.pki import der
from certs.pki.der_reader import read
from certs.seals.signature import make_stamp
from tests.certs.ofd.resealing import PAGE, PARTS, WORLD, Edit, resealed, without
from tests.certs.ofd.world import failing
from tests.certs.seals.world import NOW

# ---- several signatures: case 53 ----------------------------------------------------------------------------------

SECOND = "Doc_0/Signs/Sign_1"


def twice(*, first_covers_list: bool = False, edit: Edit = lambda x: x) -> dict[str, bytes]:
    """A second seal beside the first, which left the list open (or did not)."""
    first = PARTS if first_covers_list else resealed(PARTS, edit=lambda t: without(t, SIGNATURES_PATH))
    listed = first[SIGNATURES_PATH].replace(
        b"</ofd:Signatures>",
        f'<ofd:Signature ID="2" BaseLoc="/{SECOND}/Signature.xml"/></ofd:Signatures>'.encode(),
    )
    parts = {**first, SIGNATURES_PATH: listed, f"{SECOND}/Seal.esl": WORLD.seal}
    text = edit(without(PARTS[SIGNATURE_PATH].decode(), SIGNATURES_PATH).replace("Sign_0", "Sign_1"))
    value = make_stamp(
        WORLD.seal,
        certificate=WORLD.seals.signer.certificate,
        signer=WORLD.seals.signer.signer,
        at=NOW,
        data_hash=sm3(text.encode()),
        signed_path=f"/{SECOND}/Signature.xml",
    )
    return {**parts, f"{SECOND}/Signature.xml": text.encode(), f"{SECOND}/SignedValue.dat": value}


def test_two_signatures_are_each_verified_on_their_own_scope() -> None:
    found = WORLD.verify(twice())
    assert [s.verdict for s in found.signatures] == [Verdict.VALID, Verdict.VALID]
    assert found.report.verdict is Verdict.VALID


def test_a_second_signature_never_covers_up_for_the_first() -> None:
    parts = twice()
    changed = {**parts, PAGE: parts[PAGE].replace("甲".encode(), "乙".encode())}
    again = b64encode(sm3(changed[PAGE])).decode()
    old = b64encode(sm3(PARTS[PAGE])).decode()
    second = twice(edit=lambda t: t.replace(old, again))
    found = WORLD.verify({**second, PAGE: changed[PAGE]})
    assert [s.verdict for s in found.signatures] == [Verdict.INVALID, Verdict.VALID]
    assert found.report.verdict is Verdict.INVALID
    assert found.report.steps[8].evidence["signature"] == SIGNATURE_PATH


def test_a_closed_list_takes_no_second_signature() -> None:
    found = WORLD.verify(twice(first_covers_list=True))
    assert found.signatures[0].verdict is Verdict.INVALID
    assert found.report.verdict is Verdict.INVALID


def test_a_signature_without_seal_beside_a_good_one_is_not_verified_and_not_valid() -> None:
    parts = twice()
    parts[SIGNATURES_PATH] = parts[SIGNATURES_PATH].replace(b'ID="2"', b'ID="2" Type="Sign"')
    found = WORLD.verify(parts)
    assert [s.verdict for s in found.signatures] == [Verdict.VALID, Verdict.INDETERMINATE]
    assert found.report.verdict is Verdict.INDETERMINATE
    assert found.report.claims == {}


def test_a_seal_of_another_standard_is_named_and_not_valid() -> None:
    tbs, *rest = (m.raw for m in read(PARTS[VALUE_PATH]).members(4, 4))
    fifth = tbs.replace(bytes.fromhex("1602455302010416"), bytes.fromhex("1602455302010516"))
    found = WORLD.verify({**PARTS, VALUE_PATH: der.sequence(fifth, *rest)})
    assert failing(found) == {1: "standard-recognised"}
    assert found.report.verdict is Verdict.INDETERMINATE
    assert "GM/T 0031-2025" in found.report.deciding.zh
