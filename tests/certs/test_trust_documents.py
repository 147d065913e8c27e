"""The trust list carries what judges sealed documents, as the octets their makers signed, and is read strictly."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.crypto import base64url
from certs.crypto.alg import Alg
from certs.crypto.jws import parse_jws, sign_jws
from certs.crypto.strict_json import canonical, loads_object
from certs.errors import CertsError, TrustBundleInvalid
from certs.model import Outcome
from certs.pki.crl import Revocation
from certs.pki.dev_tsa import DevelopmentTsa
from certs.pki.timestamp import build_request, imprint, token_of
from certs.seals.history import SealChange, SealLook, SealOnFile, SealState
from certs.seals.model import SM3_OID
from certs.seals.ports import Standing
from certs.trust import TYP, TrustBundle, parse_trust_bundle, sign_trust_bundle
from certs.trust_documents import DocumentTrust
from tests.certs.pki.world import NOW, authority
from tests.certs.world import World, key

HUB, CA, P256 = key(), authority(Alg.SM2), authority(Alg.ES256)
HOUR = timedelta(hours=1)
SEAL = SealOnFile(
    "33990000000007",
    bytes(range(32)),
    (SealChange(SealState.REGISTERED, NOW), SealChange(SealState.ACTIVE, NOW + HOUR)),
    SealLook("11339900MB9000023J", bytes(32), NOW, NOW + HOUR),
)
TRUST = DocumentTrust(
    roots=(CA.root.certificate, P256.root.certificate),
    intermediates=(CA.issuing.certificate, P256.issuing.certificate),
    crls=(*CA.crls(NOW), *P256.crls(NOW, [Revocation(P256.signer.certificate.serial, NOW)])),
    seals={SEAL.es_id: SEAL},
)


def bundle(trust: DocumentTrust = TRUST) -> TrustBundle:
    return World().trust(documents=trust, distrusted=trust.distrusted)


def document() -> dict[str, Any]:
    return loads_object(parse_jws(sign_trust_bundle(bundle(), HUB)).payload)


def read(content: object) -> TrustBundle:
    return parse_trust_bundle(sign_jws(canonical(content), HUB, TYP), lambda kid, alg: HUB.verifier())


def test_what_is_written_is_read() -> None:
    found = read(document()).documents
    assert found == TRUST
    assert [crl.entries for crl in found.crls] == [crl.entries for crl in TRUST.crls]
    assert (
        read(loads_object(parse_jws(sign_trust_bundle(bundle(DocumentTrust()), HUB)).payload)).documents
        == DocumentTrust()
    )


FAULTS: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda d: d.update(extra=1), "extra is unknown"),
    (lambda d: d.pop("crls"), "crls is missing"),
    (lambda d: d["roots"].append(d["roots"][0]), "one of roots occurs twice"),
    (lambda d: d["roots"].append("AA"), "roots[2]"),
    (lambda d: d["roots"].append(d["roots"][0] + "="), "roots[2]: base64url is not canonical"),
    (lambda d: d["crls"].append(d["roots"][0]), "crls[4]"),
    (lambda d: d["roots"].append(base64url.encode(CA.signer.certificate.der)), "is no authority"),
    (lambda d: d["seals"].append(d["seals"][0]), "one seal occurs twice"),
    (lambda d: d["seals"][0].update(sm3="AB" * 32), "sm3 is not 64 lower-case"),
    (lambda d: d["seals"][0].update(sm3="ab"), "sm3 is not 64 lower-case"),
    (lambda d: d["seals"][0].update(changes=[]), "changes is not a list of 1 or more"),
    (lambda d: d["seals"][0]["changes"].reverse(), "not in the order of time"),
    (lambda d: d["seals"][0]["changes"][0].update(state="expired"), "state is 'expired'"),
    (lambda d: d["seals"][0]["changes"][0].update(at="2026-11-22"), "at is not a time with its zone"),
    (lambda d: d["seals"][0].update(look=[]), "look: not a table"),
    (lambda d: d["seals"][0]["look"].update(more=1), "more is unknown"),
    (lambda d: d["seals"][0]["look"].update(owner=""), "owner is not a non-empty text"),
    (lambda d: d["seals"][0]["look"].update(drawn_sha256=""), "drawn_sha256 is not 64 lower-case"),
    (lambda d: d["seals"][0]["look"].update(drawn_sha256=7), "drawn_sha256 is not 64 lower-case"),
    (lambda d: d["seals"][0]["look"].pop("valid_until"), "valid_until is missing"),
]


@pytest.mark.parametrize(("spoil", "fault"), FAULTS)
def test_a_fault_refuses_the_whole_list(spoil: Callable[[dict[str, Any]], object], fault: str) -> None:
    content = document()
    spoil(content["documents"])
    with pytest.raises(TrustBundleInvalid) as refused:
        read(content)
    assert fault in str(refused.value)


def test_a_seal_whose_look_is_not_stated_is_read() -> None:
    """A list of before does not name it; a picture that no PDF can show has no digest."""
    content = document()
    content["documents"]["seals"][0].pop("look")
    assert read(content).documents.seals == {SEAL.es_id: replace(SEAL, look=None)}
    content = document()
    content["documents"]["seals"][0]["look"]["drawn_sha256"] = None
    assert SEAL.look is not None
    assert read(content).documents.seals[SEAL.es_id].look == replace(SEAL.look, drawn=None)


def test_a_list_without_the_part_is_refused() -> None:
    content = document()
    content.pop("documents")
    with pytest.raises(TrustBundleInvalid, match="documents is missing"):
        read(content)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(("roots", "intermediates", "crls")), st.data())
def test_no_flipped_bit_makes_another_signature_hold(part: str, data: st.DataObject) -> None:
    """An authority or list with a changed bit is refused, or vouches for nobody it did not vouch for."""
    content = document()["documents"]
    der = bytearray(base64url.decode(content[part][0]))
    position = data.draw(st.integers(0, len(der) * 8 - 1))
    der[position // 8] ^= 1 << position % 8
    whole = document()
    whole["documents"][part] = [base64url.encode(bytes(der))]
    if part == "crls":
        whole["documents"][part].append(content[part][1])
    try:
        trust = read(whole).documents
    except TrustBundleInvalid:
        return
    found = trust.seal_trust().certificates.judge(CA.signer.certificate.der, at=NOW + HOUR)
    if part == "roots" and trust.roots[0].key.kid == CA.root.certificate.key.kid:
        return  # a root is believed for its name, key and term; what else it says is nobody's claim
    assert found.standing is not Standing.TRUSTED


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_flipped_bit_of_the_signed_list_is_believed(data: st.DataObject) -> None:
    token = bytearray(sign_trust_bundle(bundle(), HUB).encode())
    position = data.draw(st.integers(0, len(token) * 8 - 1))
    token[position // 8] ^= 1 << position % 8
    with pytest.raises((CertsError, UnicodeDecodeError)):
        parse_trust_bundle(token.decode(), lambda kid, alg: HUB.verifier())


def test_signers_are_judged_by_it() -> None:
    certificates = TRUST.seal_trust().certificates
    assert certificates.judge(CA.signer.certificate.der, at=NOW).standing is Standing.TRUSTED
    assert certificates.judge(P256.signer.certificate.der, at=NOW).standing is Standing.REVOKED
    assert (
        replace(TRUST, roots=()).seal_trust().certificates.judge(CA.signer.certificate.der, at=NOW).standing
        is Standing.ISSUER_UNKNOWN
    )


def test_a_lost_key_is_revoked_before_any_list_says_so() -> None:
    kid = CA.signer.certificate.key.kid
    lost = replace(TRUST, distrusted={kid: NOW + HOUR})
    certificates = lost.seal_trust().certificates
    assert certificates.judge(CA.signer.certificate.der, at=NOW).standing is Standing.TRUSTED, "before the loss"
    found = certificates.judge(CA.signer.certificate.der, at=NOW + HOUR)
    assert found.standing is Standing.REVOKED
    assert "keyCompromise" in found.detail


def test_seals_on_file_uses_and_time_stamps_come_along() -> None:
    use = bytes(32)
    trust = TRUST.seal_trust({use: NOW})
    assert trust.registry is not None
    assert trust.timestamps is not None
    assert trust.registry.seal(SEAL.es_id) == SEAL
    assert trust.registry.seal("1") is None
    assert trust.registry.used(use) == NOW
    tsa = DevelopmentTsa(CA.tsa, now=lambda: NOW, new_serial=lambda: 7, profile="development")
    token = token_of(tsa.reply(build_request(imprint(SM3_OID, b"octets"), nonce=1)))
    assert trust.timestamps.check(token, b"octets", at=NOW).outcome is Outcome.PASS
