"""Readers of unsigned bytes as fuzz targets: DER, XML, ZIP, JSON, tokens, PEM, PDF structures, TOML, JPEG."""

import json
from pathlib import Path

from asn1crypto import parser

from certs.crypto import base64url
from certs.crypto.alg import Alg
from certs.crypto.jwk import verifier_from_spki
from certs.crypto.jws import parse_jws, verify_possession
from certs.crypto.strict_json import loads_object, loads_strict
from certs.errors import CertsError
from certs.evidence.archive import decode_archive, encode_archive
from certs.evidence.checkpoint import parse_checkpoint_text
from certs.evidence.entry import decode_entry
from certs.evidence.note import parse_note
from certs.evidence.proof import parse_proof
from certs.evidence.trust import decode_trust
from certs.layout.operations import Box
from certs.layout.photo import read_photo
from certs.ofd.package import read_package
from certs.ofd.reading import read_ofd
from certs.ofd.strict_xml import read_xml
from certs.pdf.signing_dict import entries
from certs.pdf.signing_revisions import read_revisions
from certs.pki import der_reader
from certs.pki.cms_reader import parse_signed_data
from certs.pki.crl import parse_crl
from certs.pki.files import read_pem, write_pem
from certs.pki.timestamp import build_request, imprint, parse_request, token_of
from certs.pki.x509 import parse_certificate
from certs.sdjwt import SdJwt
from certs.seals.seal import read_seal
from certs.seals.signature import read_stamp
from certs.status_list import build, compress, decompress
from certs.type_catalogue import BUILT_IN, parse_type
from tests.certs.attacks import seals
from tests.certs.attacks.artefacts import ARTEFACTS
from tests.certs.evidence.builders import small_log
from tests.certs.ofd.zips import GOOD, Raw
from tests.certs.ofd.zips import build as zip_of
from tests.certs.pdf.sealing import sealed
from tests.certs.pki.world import authority
from tests.fuzz.target import Target, Targets

_XML_WORDS = (
    b'<?xml version="1.0" encoding="UTF-8"?>', b"<!DOCTYPE a [", b"<!ENTITY x SYSTEM 'file:///x'>", b"<![CDATA[",
    b"]]>", b"&#x41;", b"&lt;", b' xmlns:ofd="http://www.ofdspec.org/2016"', b"<ofd:OFD ", b"<!--", b"-->", b"/>",
)  # fmt: skip
_JSON_WORDS = (b'{"', b'":', b"null", b"true", b"1e999", b"-0", b"\\u0000", b"\\ud800", b"NaN", b"[[[[", b"9" * 21)
_DER_WORDS = (
    b"\x30\x80",
    b"\x30\x82",
    b"\x02\x01",
    b"\xa0\x03\x02\x01\x02",
    b"\x05\x00",
    b"\x06\x03\x55\x1d",
    b"\x17\x0d",
)
_FILES = ("certificate-p256", "certificate-sm2", "crl-p256", "crl-sm2", "cms-p256", "timestamp-response")


def _artefacts(*names: str) -> list[bytes]:
    return [ARTEFACTS[name]().data for name in names]


def _der(data: bytes) -> None:
    """What is read is exactly what an encoder would write, and what another reader finds."""
    node = der_reader.read(data)
    assert node.raw == data
    parser.parse(data, strict=True)
    waiting = [node]
    while waiting:
        one = waiting.pop()
        assert not one.children or b"".join(child.raw for child in one.children) == one.content
        waiting += one.children
        if one.tag == 0x06:
            one.oid()


def _json(data: bytes) -> None:
    """Whatever is accepted, the standard library reads as the same value, and there is no second reading."""
    value = loads_strict(data)
    assert json.loads(data) == value


def _package(data: bytes) -> None:
    read_package(data)


def _zip_repaired(data: bytes) -> None:
    """Names and bodies from the input, honestly packed: what a checksum would hide from a fuzzer."""
    fields = data.split(b"\xff\xff")
    raw = [Raw(name[:220], body, method=8, flags=0x800) for name, body in zip(fields[::2], fields[1::2], strict=False)]
    read_ofd(zip_of([*GOOD, *raw] if len(fields) % 2 else raw))


def _token(data: bytes) -> None:
    text = data.decode("latin-1")
    for read in (parse_jws, lambda t: verify_possession(t, "dpop+jwt"), SdJwt.parse, base64url.decode):
        try:
            read(text)
        except CertsError:
            continue


def _type_file(data: bytes) -> None:
    """Refused as TOML or as a type: it is the operator's own file, and still nothing else may happen."""
    parse_type(data.decode("utf-8", "replace"), "fuzz")


def _evidence(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for read in (parse_note, parse_proof, parse_checkpoint_text):
        try:
            read(text)
        except CertsError:
            continue
    for read_bytes in (decode_trust, decode_entry):
        try:
            read_bytes(data)
        except CertsError:
            continue


def _archive(data: bytes) -> None:
    assert encode_archive(decode_archive(data)) == data


def _photo(data: bytes) -> None:
    image = read_photo(data, Box(0, 0, 26, 32))
    assert image.columns * image.rows <= 4000 * 4000


def _named() -> list[bytes]:
    return [b"\xff\xff".join(x for path, body in seals.PARTS.items() for x in (path.encode(), body))]


def photo() -> bytes:
    """The smallest baseline JPEG frame: grey, 26 by 32 pixels."""
    segments = (b"\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0", b"\xdb\x00\x43\x00" + bytes(range(1, 65)))
    frame = b"\xc0\x00\x0b\x08\x00\x20\x00\x1a\x01\x01\x11\x00"
    scan = b"\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x55" * 40
    return b"\xff\xd8" + b"".join(b"\xff" + s for s in (*segments, frame, scan)) + b"\xff\xd9"


def _type_files() -> list[bytes]:
    return [path.read_bytes() for path in sorted(Path(BUILT_IN).glob("*.toml"))]


def _evidence_files() -> list[bytes]:
    log = small_log(9)
    return [log.checkpoint.encode(), log.proof(3).encode(), log.trust(), log.bodies[2]]


def _keys() -> list[bytes]:
    return [authority(alg).signer.certificate.key.spki() for alg in (Alg.ES256, Alg.SM2, Alg.ED25519)]


READERS: Targets = {
    "der": lambda: Target(_der, lambda: _artefacts(*_FILES, "seal", "ses-stamp"), _DER_WORDS, 8192),
    "x509": lambda: Target(
        parse_certificate, lambda: _artefacts("certificate-p256", "certificate-sm2"), _DER_WORDS, 4096
    ),
    "spki": lambda: Target(verifier_from_spki, _keys, _DER_WORDS, 256),
    "crl": lambda: Target(parse_crl, lambda: _artefacts("crl-p256", "crl-sm2"), _DER_WORDS, 4096),
    "cms": lambda: Target(
        parse_signed_data, lambda: _artefacts("cms-p256", "cms-sm2", "timestamp-p256"), _DER_WORDS, 4096
    ),
    "timestamp-request": lambda: Target(
        parse_request, lambda: [build_request(imprint("2.16.840.1.101.3.4.2.1", b"x"), nonce=7)], _DER_WORDS, 512
    ),
    "timestamp-answer": lambda: Target(token_of, lambda: _artefacts("timestamp-response"), _DER_WORDS, 4096),
    "pem": lambda: Target(
        read_pem,
        lambda: [write_pem([authority(Alg.ES256).signer.certificate])],
        (b"-----BEGIN CERTIFICATE-----",),
        4096,
    ),
    "seal-structure": lambda: Target(read_seal, lambda: _artefacts("seal"), _DER_WORDS, 4096),
    "stamp-structure": lambda: Target(read_stamp, lambda: _artefacts("ses-stamp"), _DER_WORDS, 8192),
    "ofd-package": lambda: Target(
        _package, lambda: [seals.SEALED, zip_of(GOOD)], (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06")
    ),
    "ofd-names": lambda: Target(_zip_repaired, _named, _XML_WORDS, 16384),
    "ofd-xml": lambda: Target(
        read_xml, lambda: [b for p, b in seals.PARTS.items() if p.endswith(".xml")], _XML_WORDS, 16384
    ),
    "pdf-revisions": lambda: Target(
        read_revisions,
        lambda: [sealed(Alg.ES256).data, *_artefacts("pdf-archived")],
        (b"xref\n", b"trailer\n"),
        128 * 1024,
    ),
    "pdf-dictionary": lambda: Target(
        entries,
        lambda: [b"<</Type/Sig/M(D:2026)/ByteRange[0 1 2 3]/Contents<00ff>/P 3 0 R>>"],
        (b"<<", b">>", b"\\(", b"[["),
        4096,
    ),
    "strict-json": lambda: Target(
        _json, lambda: [b'{"a":[1,2.5,null,true,"\xe4\xb8\xad\\n"],"b":{"c":-1}}'], _JSON_WORDS, 8192
    ),
    "json-object": lambda: Target(loads_object, lambda: [b'{"a":1}'], _JSON_WORDS, 8192),
    "tokens": lambda: Target(_token, lambda: _artefacts("sd-jwt", "receipt", "json-face"), (b".", b"~", b"eyJ"), 8192),
    "status-stream": lambda: Target(
        lambda data: decompress(data, 1 << 20), lambda: [compress(build(4096, {}))], (), 4096
    ),
    "type-file": lambda: Target(_type_file, _type_files, (b"[layout]\n", b"[[face]]\n", b"page = [210, 297]\n"), 32768),
    "photo": lambda: Target(_photo, lambda: [photo()], (b"\xff\xc0", b"\xff\xd9", b"\xff\xda"), 4096),
    "evidence-files": lambda: Target(_evidence, _evidence_files, _JSON_WORDS, 8192),
    "evidence-archive": lambda: Target(_archive, lambda: _artefacts("evidence-bundle"), (b"PK\x03\x04",), 16384),
}
