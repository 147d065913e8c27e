"""Nonsense under a good signature: the input is signed by a rightful key first, so that it reaches what lies behind.

A verifier that meets such bytes may call them valid or not; it may not fall over. Nothing here is a forgery.
"""

from collections.abc import Callable
from functools import cache

from certs.crypto import base64url
from certs.crypto.alg import Alg
from certs.crypto.disclosures import digest
from certs.crypto.jws import parse_jws, sign_jws
from certs.crypto.keys import ephemeral_key
from certs.crypto.ports import Signer
from certs.crypto.strict_json import dumps
from certs.errors import CertsError
from certs.evidence.checkpoint import open_checkpoint
from certs.evidence.note import sign_note
from certs.evidence.receipt import RECEIPT_TYPE, verify_receipt
from certs.face import JSON_FACE_TYP, SD_JWT_TYP
from certs.model import FaceKind
from certs.ofd.certificate import certificate_in
from certs.ofd.findings import STEPS as OFD_STEPS
from certs.ofd.reading import read_ofd
from certs.ofd.signing import SIGNATURE_PATH
from certs.ofd.writer import pack
from certs.pki import der
from certs.pki.algorithms import SUITES, sign
from certs.pki.chain import Purpose, check_chain
from certs.pki.cms import TST_INFO, CmsSigner
from certs.pki.crl import parse_crl
from certs.pki.der_reader import read
from certs.pki.errors import PathRefused
from certs.pki.revocation import require_not_revoked
from certs.pki.timestamp import check_timestamp
from certs.pki.x509 import parse_certificate
from certs.sdjwt import SdJwtPolicy, parse_and_check
from certs.seals.model import SM2_WITH_SM3
from certs.seals.seal import read_seal
from certs.status_list import build, compress, verify_status_list
from certs.trust import TYP, TrustBundle, parse_trust_bundle
from certs.verify import verify
from tests.certs.attacks import seals
from tests.certs.attacks.artefacts import ARTEFACTS, CONTENT
from tests.certs.evidence.builders import SmallLog, small_log
from tests.certs.ofd.resealing import PARTS, WORLD, resealed
from tests.certs.pki.world import NOW, authority
from tests.certs.test_verify import city, text
from tests.certs.world import NOW as ISSUED
from tests.certs.world import STATUS_URI, World
from tests.fuzz.target import Target, Targets

CA = authority(Alg.ES256)
ROOTS, BETWEEN, LISTS = [CA.root.certificate], [CA.issuing.certificate], CA.crls(NOW)
PATHS = sorted(path for path in PARTS if path.endswith((".xml", ".json", ".dat", ".esl")))
STEPS = 10
_JSON_WORDS = (b'"exp":', b'"status":', b'"_sd":[', b"null", b"1e308", b"-1", b'{"...":"', b'"sub":', b"true", b"[[")
_DER_WORDS = (b"\x30\x00", b"\x02\x01\xff", b"\x01\x01\xff", b"\x06\x03\x55\x1d", b"\xa3\x00", b"\x18\x0f")
_XML_WORDS = (
    b"<ofd:Reference FileRef=",
    b"<ofd:StampAnnot ",
    b"<ofd:BaseLoc>",
    b"../",
    b"</ofd:",
    b"<![CDATA[",
    b"&#0;",
)


def _resealed(data: bytes) -> None:
    """First byte: which part is replaced by the rest. Digests and stamp are made again."""
    path, body = PATHS[data[0] % len(PATHS)] if data else PATHS[0], data[1:]
    if path == SIGNATURE_PATH:
        content = pack(resealed(PARTS, edit=lambda _: body.decode("utf-8", "replace")))
    else:
        content = pack(resealed({**PARTS, path: body}))
    report = WORLD.verify(content).report
    assert len(report.steps) == OFD_STEPS
    certificate_in(read_ofd(content))


def _ofd_seeds() -> list[bytes]:
    return [bytes([n]) + PARTS[path] for n, path in enumerate(PATHS)]


def _issued(data: bytes) -> None:
    """A TBSCertificate signed by the issuing authority, as leaf and as an authority above a leaf."""
    suite = SUITES[Alg.ES256]
    made = parse_certificate(der.sequence(data, suite.identifier, der.bits(sign(CA.issuing.signer, data))))
    for leaf, between in ((made, BETWEEN), (CA.signer.certificate, [made])):
        try:
            check_chain(leaf, between, ROOTS, at=NOW, crls=LISTS, purpose=Purpose.DOCUMENT)
        except PathRefused:
            continue


def _listed(data: bytes) -> None:
    suite = SUITES[Alg.ES256]
    made = parse_crl(der.sequence(data, suite.identifier, der.bits(sign(CA.issuing.signer, data))))
    require_not_revoked(CA.signer.certificate, CA.issuing.certificate, NOW, [made])


def _stamped(data: bytes) -> None:
    token = CmsSigner(CA.tsa).enveloping(TST_INFO, data)
    check_timestamp(token, CONTENT, at=NOW, roots=ROOTS, crls=LISTS)


def _stamped_seeds() -> list[bytes]:
    node = read(ARTEFACTS["timestamp-p256"]().data)
    return [node.children[1].only().children[2].children[1].only().content]


def _sealed(data: bytes) -> None:
    """An SES_SealInfo signed by the trusted maker, then judged as the seal of a document."""
    maker = seals.CA.seal_maker
    seal = der.sequence(
        data,
        der.octets(maker.certificate.der),
        der.oid(SM2_WITH_SM3),
        der.bits(sign(maker.signer, data)),
    )
    read_seal(seal)
    seals.verified(pack(seals.plain(seal=seal)), seals.trust(seal))


@cache
def _city() -> tuple[World, TrustBundle]:
    return city()


def _face(typ: str) -> Callable[[bytes], None]:
    """The claims of a certificate, signed by its authority; JSON and SD-JWT differ by type and tilde."""

    def judge(data: bytes) -> None:
        world, trust = _city()
        token = sign_jws(data, world.issuer_key, typ)
        report = verify(token if typ == JSON_FACE_TYP else f"{token}~", trust, at=ISSUED)
        assert len(report.steps) == STEPS

    return judge


def _claims(kind: FaceKind) -> list[bytes]:
    world, _ = _city()
    token = text(world.signed(), kind)
    return [parse_jws(token.split("~")[0]).payload]


def _disclosed(data: bytes) -> None:
    """Payload and disclosures, separated by FF: digests are whatever the input says."""
    payload, *rest = data.split(b"\xff")
    key = ephemeral()
    parts = [sign_jws(payload, key, SD_JWT_TYP), *map(base64url.encode, rest), ""]
    policy = SdJwtPolicy()
    parse_and_check("~".join(parts), lambda kid, alg: key.verifier(), now=ISSUED, policy=policy)


def _disclosed_seeds() -> list[bytes]:
    hidden = [b'["saltsaltsaltsaltsaltsa","name","x"]', b'["saltsaltsaltsaltsaltsb",1]']
    digests = [digest(base64url.encode(one)) for one in hidden]
    clear = {"iss": "https://a", "vct": "x", "_sd": digests[:1], "_sd_alg": "sha-256", "list": [{"...": digests[1]}]}
    return [b"\xff".join([dumps(clear), *hidden])]


def _status(data: bytes) -> None:
    """First half: any JSON as status list. Second: any stream as the list in a proper token."""
    key, head = ephemeral(), {"sub": STATUS_URI, "iat": int(ISSUED.timestamp()), "ttl": 60}
    whole = {**head, "status_list": {"bits": 2, "lst": base64url.encode(data)}}
    for payload in (data, dumps(whole)):
        token = sign_jws(payload, key, "statuslist+jwt")
        try:
            found = verify_status_list(token, lambda kid, alg: key.verifier(), uri=STATUS_URI, now=ISSUED)
        except CertsError:
            continue
        found.lookup(3, at=ISSUED)


def _status_seeds() -> list[bytes]:
    return [parse_jws(ARTEFACTS["status-list"]().data.decode()).payload, compress(build(64, {}))]


def _trust(data: bytes) -> None:
    key = ephemeral()
    parse_trust_bundle(sign_jws(data, key, TYP), lambda kid, alg: key.verifier())


def _trust_seeds() -> list[bytes]:
    return [parse_jws(ARTEFACTS["trust-list"]().data.decode()).payload]


def _receipt(data: bytes) -> None:
    log = _log()
    verify_receipt(sign_jws(data, log.receipt_key, RECEIPT_TYPE), log.bodies[3], log.keys)


def _checkpoint(data: bytes) -> None:
    log = _log()
    open_checkpoint(sign_note(data.decode("utf-8", "replace"), [log.note_key]), log.log)


@cache
def ephemeral() -> Signer:
    """One key for all tokens of this process."""
    return ephemeral_key(Alg.ES256)


@cache
def _log() -> SmallLog:
    return small_log(9)


RIGHTFUL: Targets = {
    "sealed-part": lambda: Target(_resealed, _ofd_seeds, _XML_WORDS, 16384),
    "signed-seal": lambda: Target(_sealed, lambda: [seals.SEAL_INFO], _DER_WORDS, 4096),
    "signed-certificate": lambda: Target(_issued, _certificates, _DER_WORDS, 4096),
    "signed-crl": lambda: Target(_listed, lambda: [parse_crl(ARTEFACTS["crl-p256"]().data).tbs], _DER_WORDS, 4096),
    "signed-time": lambda: Target(_stamped, _stamped_seeds, _DER_WORDS, 1024),
    "signed-json-face": lambda: Target(_face(JSON_FACE_TYP), lambda: _claims(FaceKind.JSON), _JSON_WORDS, 8192),
    "signed-sd-jwt-face": lambda: Target(_face(SD_JWT_TYP), lambda: _claims(FaceKind.SD_JWT), _JSON_WORDS, 8192),
    "signed-disclosures": lambda: Target(_disclosed, _disclosed_seeds, _JSON_WORDS, 4096),
    "signed-status": lambda: Target(_status, _status_seeds, _JSON_WORDS, 4096),
    "signed-trust": lambda: Target(_trust, _trust_seeds, _JSON_WORDS, 16384),
    "signed-receipt": lambda: Target(_receipt, lambda: [parse_jws(_log().receipt(3)).payload], _JSON_WORDS, 2048),
    "signed-checkpoint": lambda: Target(
        _checkpoint, lambda: [_log().checkpoint.partition("\n\n")[0].encode() + b"\n"], (b"\n", b"="), 2048
    ),
}


def _certificates() -> list[bytes]:
    return [CA.signer.certificate.tbs, CA.issuing.certificate.tbs, CA.tsa.certificate.tbs]
