"""Algorithm identifiers and digests of X.509, CMS and RFC 3161, as one table over `certs.crypto.alg`."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives import hashes

from certs.crypto.alg import ALGORITHMS, Alg
from certs.crypto.ecdsa_form import der_to_raw, raw_to_der
from certs.crypto.ports import Signer, Verifier
from certs.errors import InvalidSignature
from certs.pki import der
from certs.pki.der_reader import Fields, Node
from certs.pki.errors import MalformedDer

SHA256: Final = "2.16.840.1.101.3.4.2.1"
SHA512: Final = "2.16.840.1.101.3.4.2.3"
SM3: Final = "1.2.156.10197.1.401"


def _hashed(name: str) -> Callable[[Iterable[bytes]], bytes]:
    def digest(parts: Iterable[bytes]) -> bytes:
        state = hashlib.new(name)
        for part in parts:
            state.update(part)
        return state.digest()

    return digest


def _sm3(parts: Iterable[bytes]) -> bytes:
    state = hashes.Hash(hashes.SM3())
    for part in parts:
        state.update(part)
    return state.finalize()


_DIGESTS: Final[Mapping[str, Callable[[Iterable[bytes]], bytes]]] = MappingProxyType(
    {SHA256: _hashed("sha256"), SHA512: _hashed("sha512"), SM3: _sm3}
)


@dataclass(frozen=True, slots=True)
class Suite:
    """What one signature algorithm is combined with: its identifier, and the digest (RFC 5754, RFC 8419, GM/T 0010)."""

    alg: Alg
    identifier: bytes
    digest_oid: str
    digest_identifier: bytes


def _suite(alg: Alg, digest_oid: str) -> Suite:
    signature = der.sequence(der.oid(ALGORITHMS[alg].signature_oid))
    return Suite(alg, signature, digest_oid, der.sequence(der.oid(digest_oid)))


SUITES: Final[Mapping[Alg, Suite]] = MappingProxyType(
    {Alg.ES256: _suite(Alg.ES256, SHA256), Alg.SM2: _suite(Alg.SM2, SM3), Alg.ED25519: _suite(Alg.ED25519, SHA512)}
)
_BY_OID: Final = MappingProxyType({ALGORITHMS[alg].signature_oid: alg for alg in Alg})


def digest(oid: str, *parts: bytes) -> bytes:
    """The digest named by the identifier over the parts in a row.

    Raises:
        MalformedDer: a digest that is not accepted here (SHA-1, MD5, …).
    """
    function = _DIGESTS.get(oid)
    if function is None:
        raise MalformedDer(f"digest {oid} is not accepted")
    return function(parts)


def digest_of(node: Node) -> str:
    """The identifier inside a digest's AlgorithmIdentifier, parameters absent or NULL; raises MalformedDer."""
    oid = _identifier(node, null_allowed=True)
    if oid not in _DIGESTS:
        raise MalformedDer(f"digest {oid} is not accepted")
    return oid


def signature_alg(node: Node) -> Alg:
    """The algorithm inside a signature's AlgorithmIdentifier; NULL parameters are read for SM2 only.

    Raises:
        MalformedDer: an algorithm that is not accepted here, or with parameters.
    """
    alg = _BY_OID.get(node.children[0].oid() if node.children and node.children[0].tag == der.OID else "")
    if alg is None:
        raise MalformedDer("signature algorithm is not accepted")
    _identifier(node, null_allowed=alg is Alg.SM2)
    return alg


def _identifier(node: Node, *, null_allowed: bool) -> str:
    fields = Fields(node)
    oid = fields.take(der.OID).oid()
    if null_allowed:
        fields.maybe(der.NULL)
    fields.done()
    return oid


def sign(signer: Signer, message: bytes) -> bytes:
    """The signature in the form X.509 and CMS carry: DER for (r, s), bare bytes for Ed25519."""
    raw = signer.sign(message)
    return raw if signer.alg is Alg.ED25519 else raw_to_der(raw)


def verify(verifier: Verifier, alg: Alg, message: bytes, signature: bytes) -> None:
    """Return if the X.509-form signature is over the message.

    Raises:
        InvalidSignature: it is not, it is not strict DER, or the key is for another algorithm.
    """
    if verifier.alg is not alg:
        raise InvalidSignature(f"key is for {verifier.alg.value}, signature says {alg.value}")
    verifier.verify(message, signature if alg is Alg.ED25519 else der_to_raw(signature))


_REMEMBERED: Final = 4096
_GOOD: Final[dict[tuple[str, Alg, bytes], None]] = {}


def verify_issued(verifier: Verifier, alg: Alg, message: bytes, signature: bytes) -> None:
    """`verify` for certificates and revocation lists, which the documents of a batch share.

    What was found good is remembered by key, algorithm and SHA-256 of signature and message, whatever the time it is
    judged for; what was not is checked again.

    Raises:
        InvalidSignature: as `verify`.
    """
    known = (verifier.kid, alg, _imprint(signature, message))
    if known in _GOOD:
        return
    verify(verifier, alg, message, signature)
    if len(_GOOD) >= _REMEMBERED:
        _GOOD.clear()
    _GOOD[known] = None


def _imprint(signature: bytes, message: bytes) -> bytes:
    state = hashlib.sha256(b"%d:%b" % (len(signature), signature))
    state.update(message)
    return state.digest()
