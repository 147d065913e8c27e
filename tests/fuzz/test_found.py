"""What fuzzing and mutations found, kept as plain tests: each was an exception, a wrong word, or a second spelling."""

import json

import pytest

from certs.crypto import base64url
from certs.crypto.jwk import verifier_from_spki
from certs.crypto.sm2 import Sm2Signer
from certs.errors import MalformedKey, TypeFileInvalid
from certs.model import FaceKind, Verdict
from certs.ofd.errors import XmlRefused
from certs.ofd.strict_xml import read_xml
from certs.pki import der
from certs.pki.der_reader import read
from certs.pki.errors import MalformedDer
from certs.type_catalogue import parse_type
from certs.verify import verify
from tests.certs.test_verify import city, text
from tests.certs.world import NOW


@pytest.mark.parametrize("typ", [[], {}, None, 7, ["dc+sd-jwt"]])
@pytest.mark.parametrize("face", [FaceKind.JSON, FaceKind.SD_JWT])
def test_a_type_that_is_no_text(typ: object, face: FaceKind) -> None:
    """Was: TypeError out of the verification, for a list as `typ`."""
    world, trust = city()
    head, dot, rest = text(world.signed(), face).partition(".")
    header = {**json.loads(base64url.decode(head)), "typ": typ}
    token = f"{base64url.encode(json.dumps(header).encode())}{dot}{rest}"
    report = verify(token, trust, at=NOW)
    assert report.verdict is Verdict.INVALID
    assert report.deciding.code == "kind-refused"


@pytest.mark.parametrize("data", [b"\0\0", b"\x30\x02\0\0", b"\x30\x04\x30\x02\0\0"])
def test_the_mark_of_an_indefinite_length_is_no_value(data: bytes) -> None:
    """Was: read as a value with tag 0, which DER does not have."""
    with pytest.raises(MalformedDer):
        read(data)


def test_a_key_at_infinity_is_malformed() -> None:
    """Was: "SM2 is not available on this computer", which leaves a document undetermined instead of invalid."""
    algorithm = read(Sm2Signer.generate().verifier().spki()).children[0].raw
    with pytest.raises(MalformedKey):
        verifier_from_spki(der.sequence(algorithm, der.bits(b"\0")))


@pytest.mark.parametrize("content", ["a = " + "[" * 9000, "a = " + "{b=" * 9000, "a = " + "1" * 5000])
def test_a_type_file_beyond_all_measure(content: str) -> None:
    """Was: RecursionError and ValueError out of the TOML reader."""
    with pytest.raises(TypeFileInvalid):
        parse_type(content, "found")


@pytest.mark.parametrize("inside", ["a<!-- -->b", "<!-- -->a", "a<![CDATA[b]]>", "<![CDATA[ab]]>"])
def test_text_in_pieces_has_no_value(inside: str) -> None:
    """Was: joined here, cut at the first piece by other readers (as in CVE-2025-25291)."""
    root = read_xml(f"<a>{inside}</a>".encode())
    with pytest.raises(XmlRefused):
        root.value()
