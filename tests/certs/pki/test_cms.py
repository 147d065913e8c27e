"""SignedData as written here: read by openssl and asn1crypto, and no changed byte of it accepted."""

from functools import cache
from pathlib import Path

import pytest
from asn1crypto import cms as oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.crypto.alg import ALGORITHMS, Alg
from certs.errors import CertsError, InvalidSignature
from certs.pki import der, errors
from certs.pki.cms import CONTENT_TYPE, DATA, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V2, TST_INFO, CmsSigner
from certs.pki.cms_reader import SignedData, check_signed_data, parse_signed_data
from certs.pki.der_reader import read
from certs.pki.identity import Identity
from tests.certs.pki.world import DAY, NOW, SM2_ID, authority, flipped, openssl, pem_file, seconds

CONTENT = "电子证照".encode() * 50
algorithms = pytest.mark.parametrize("alg", list(Alg), ids=lambda alg: alg.value)


@cache
def signed(alg: Alg) -> bytes:
    return CmsSigner(authority(alg).signer).detached(CONTENT[:100], CONTENT[100:])


def rebuilt(data: bytes, path: tuple[int, ...], replacement: bytes) -> bytes:
    """The value with the member at `path` replaced and every length around it corrected."""
    node = read(data)
    if not path:
        return replacement
    parts = [child.raw for child in node.children]
    parts[path[0]] = rebuilt(parts[path[0]], path[1:], replacement)
    return der.tlv(node.tag, b"".join(parts))


def at(data: bytes, *path: int) -> bytes:
    node = read(data)
    for step in path:
        node = node.children[step]
    return node.raw


INFO = (1, 0)  # ContentInfo -> [0] -> SignedData: version, digests, encapsulated, certificates, signers
SIGNER = (*INFO, 4, 0)  # version, sid, digest, attributes, algorithm, signature


@algorithms
def test_what_is_signed_verifies_and_names_its_signer(alg: Alg) -> None:
    parsed = parse_signed_data(signed(alg))
    assert check_signed_data(parsed, CONTENT) == authority(alg).signer.certificate
    assert parsed.content_type == DATA
    assert set(parsed.certificates) == {authority(alg).signer.certificate, authority(alg).issuing.certificate}
    with pytest.raises(errors.ContentChanged):
        check_signed_data(parsed, CONTENT + b".")
    with pytest.raises(errors.CmsRefused):
        check_signed_data(parsed, CONTENT, content_type=TST_INFO)


def test_openssl_verifies_detached_p256_with_its_signing_certificate(tmp_path: Path) -> None:
    ca = authority(Alg.ES256)
    (tmp_path / "cms").write_bytes(signed(Alg.ES256))
    command: list[str | Path] = [
        "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", tmp_path / "cms",
        "-CAfile", pem_file(tmp_path / "root.pem", ca.root.certificate.der),
        "-purpose", "any", "-attime", seconds(NOW + DAY), "-out", tmp_path / "out", "-content",
    ]  # fmt: skip
    (tmp_path / "content").write_bytes(CONTENT)
    result = openssl(*command, tmp_path / "content")
    assert result.returncode == 0, result.stderr
    (tmp_path / "changed").write_bytes(flipped(CONTENT, 9))
    assert openssl(*command, tmp_path / "changed").returncode != 0


def test_openssl_verifies_the_sm2_signature_over_the_attributes(tmp_path: Path) -> None:
    parsed = parse_signed_data(signed(Alg.SM2))
    (tmp_path / "message").write_bytes(parsed.signed_bytes)
    (tmp_path / "signature").write_bytes(parsed.signature)
    key = pem_file(tmp_path / "k.pem", authority(Alg.SM2).signer.certificate.key.spki(), label="PUBLIC KEY")
    result = openssl(
        "dgst", "-sm3", "-verify", key, "-sigopt", SM2_ID[1], "-signature", tmp_path / "signature", tmp_path / "message"
    )
    assert result.returncode == 0, result.stderr


@algorithms
def test_another_reader_finds_the_same_members(alg: Alg) -> None:
    theirs = oracle.ContentInfo.load(signed(alg), strict=True)["content"]
    info = theirs["signer_infos"][0]
    assert theirs["encap_content_info"]["content"].native is None
    assert info["signature_algorithm"]["algorithm"].dotted == ALGORITHMS[alg].signature_oid
    attributes = {item["type"].dotted: item["values"] for item in info["signed_attrs"]}
    assert set(attributes) == {CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V2}
    parsed = parse_signed_data(signed(alg))
    assert info["sid"].chosen["serial_number"].native == parsed.serial
    assert attributes[MESSAGE_DIGEST][0].dump() == parsed.attributes[MESSAGE_DIGEST]


@pytest.mark.parametrize("alg", [Alg.ES256, Alg.SM2], ids=lambda alg: alg.value)
def test_no_flipped_bit_is_accepted(alg: Alg) -> None:
    """Every byte, one bit each: refused with a typed error, or not part of what is said (a second certificate)."""
    good = signed(alg)
    reference = parse_signed_data(good)
    for position in range(len(good)):
        try:
            parsed = parse_signed_data(flipped(good, position, position % 8))
            check_signed_data(parsed, CONTENT)
        except CertsError:
            continue
        assert said(parsed) == said(reference), position


def said(parsed: SignedData) -> tuple[object, ...]:
    return parsed.signed_bytes, parsed.issuer, parsed.serial, parsed.alg, parsed.digest_oid, parsed.content_type


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_cut_swapped_and_repeated_bytes_are_refused(data: st.DataObject) -> None:
    good = signed(Alg.ES256)
    first, second = sorted((data.draw(st.integers(0, len(good))), data.draw(st.integers(0, len(good)))))
    shape = data.draw(st.sampled_from(["cut", "repeat", "insert", "append"]))
    changed = {
        "cut": good[:first] + good[second:],
        "repeat": good[:second] + good[first:],
        "insert": good[:first] + data.draw(st.binary(min_size=1, max_size=5)) + good[first:],
        "append": good + data.draw(st.binary(min_size=1, max_size=5)),
    }[shape]
    if changed == good:
        return
    with pytest.raises(CertsError):
        check_signed_data(parse_signed_data(changed), CONTENT)


def test_other_spellings_of_the_same_value_are_refused() -> None:
    good = signed(Alg.ES256)
    signature = at(good, *SIGNER, 5)
    attributes = read(at(good, *SIGNER, 3))
    unsorted = der.tlv(0xA0, b"".join(child.raw for child in reversed(attributes.children)))
    certificates = read(at(good, *INFO, 3))
    spellings = [
        good + b"\0",
        b"\x30\x80" + good[4:] + b"\0\0",
        rebuilt(good, (*SIGNER, 3), unsorted),
        rebuilt(good, (*INFO, 3), der.tlv(0xA0, b"".join(child.raw for child in reversed(certificates.children)))),
        rebuilt(good, (*INFO, 0), b"\x02\x02\x00\x01"),
        rebuilt(good, (*SIGNER, 5), b"\x24\x80" + signature + b"\0\0"),
    ]
    for spelling in spellings:
        with pytest.raises((errors.MalformedDer, errors.CmsMalformed)):
            parse_signed_data(spelling)


@pytest.mark.parametrize("alg", [Alg.ES256, Alg.SM2], ids=lambda alg: alg.value)
def test_impossible_signature_numbers_are_invalid(alg: Alg) -> None:
    """Negative, zero, at and beyond the order, padded, trailing (attack case 56)."""
    good = signed(alg)
    order = {
        Alg.ES256: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        Alg.SM2: 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
    }[alg]
    numbers = read(read(at(good, *SIGNER, 5)).content).children
    r, s = (number.integer() for number in numbers)
    forms = [
        der.sequence(der.integer(-r), der.integer(s)),
        der.sequence(der.integer(0), der.integer(0)),
        der.sequence(der.integer(0), der.integer(s)),
        der.sequence(der.integer(r), der.integer(order)),
        der.sequence(der.integer(r), der.integer(s + order)),
        der.sequence(der.integer(r), der.integer(s), der.integer(1)),
        der.sequence(der.integer(r), der.integer(s)) + b"\0",
        der.sequence(der.tlv(2, b"\0\0" + r.to_bytes(32)), der.integer(s)),
        b"",
        b"\0" * 64,
    ]
    for form in forms:
        parsed = parse_signed_data(rebuilt(good, (*SIGNER, 5), der.octets(form)))
        with pytest.raises(InvalidSignature):
            check_signed_data(parsed, CONTENT)


def test_a_second_certificate_of_the_same_key_is_not_the_signers() -> None:
    """Substitution: same issuer, serial number and key, other contents. Only signing-certificate-v2 tells."""
    ca = authority(Alg.ES256)
    good = signed(Alg.ES256)
    twin = ca.signer.certificate.der[:-1] + bytes((ca.signer.certificate.der[-1] ^ 1,))
    swapped = rebuilt(good, (*INFO, 3), der.set_of([twin, ca.issuing.certificate.der], 0xA0))
    with pytest.raises(errors.SignerMismatch, match="binds another"):
        check_signed_data(parse_signed_data(swapped), CONTENT)
    without = rebuilt(good, (*INFO, 3), der.set_of([ca.issuing.certificate.der], 0xA0))
    with pytest.raises(errors.SignerMismatch, match="0 certificates"):
        check_signed_data(parse_signed_data(without), CONTENT)


def test_incomplete_or_contradicting_signed_data_is_malformed() -> None:
    good = signed(Alg.ES256)
    attributes = read(at(good, *SIGNER, 3)).children
    ess = next(child.raw for child in attributes if child.children[0].oid() == SIGNING_CERTIFICATE_V2)
    signer = at(good, *SIGNER)
    cases = [
        rebuilt(good, (*SIGNER, 3), der.set_of([child.raw for child in attributes if child.raw != ess], 0xA0)),
        rebuilt(good, (*SIGNER, 3), der.set_of([*(child.raw for child in attributes), ess], 0xA0)),
        rebuilt(good, (*SIGNER, 2), der.sequence(der.oid("2.16.840.1.101.3.4.2.3"))),
        rebuilt(good, (*INFO, 4), der.set_of([signer, signer])),
        rebuilt(good, (*INFO, 4), der.set_of([])),
        rebuilt(good, (*INFO, 0), der.integer(3)),
        rebuilt(good, (*SIGNER, 0), der.integer(3)),
        rebuilt(good, (*INFO, 3), der.tlv(0xA0, b"")),
        rebuilt(good, (0,), der.oid(DATA)),
    ]
    for case in cases:
        with pytest.raises((errors.CmsMalformed, errors.MalformedDer)):
            parse_signed_data(case)
    weak = rebuilt(good, (*SIGNER, 2), der.sequence(der.oid("1.3.14.3.2.26")))
    with pytest.raises(errors.MalformedDer, match="not accepted"):
        parse_signed_data(weak)


def test_suites_are_not_mixed() -> None:
    """A P-256 signature made with SM3 attributes is no signature of ours, whatever it verifies with elsewhere."""
    ca = authority(Alg.ES256)
    sm2 = parse_signed_data(signed(Alg.SM2))
    crossed = Identity(ca.signer.signer, authority(Alg.SM2).signer.certificate)  # another key's certificate
    parsed = parse_signed_data(CmsSigner(crossed).detached(CONTENT))
    with pytest.raises(InvalidSignature):
        check_signed_data(parsed, CONTENT)
    assert sm2.digest_oid != parsed.digest_oid


@settings(max_examples=300, deadline=None)
@given(junk=st.recursive(st.binary(max_size=20), lambda inner: st.lists(inner, max_size=4).map(
    lambda parts: der.sequence(*parts)), max_leaves=12))  # fmt: skip
def test_structured_junk_is_refused_with_a_typed_error(junk: bytes) -> None:
    with pytest.raises(CertsError):
        parse_signed_data(junk)
