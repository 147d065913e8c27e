"""JSON Web Signature, compact form (RFC 7515), read the strict way (RFC 8725).

A header never decides anything: it names a key we already trust, and the key decides the algorithm.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from certs.crypto import base64url
from certs.crypto.alg import ALGORITHMS, Alg, algorithm, require_signing
from certs.crypto.jwk import verifier_from_jwk
from certs.crypto.ports import ResolveKey, Signer, Verifier
from certs.crypto.strict_json import dumps, loads_object
from certs.errors import (
    AlgorithmMismatch,
    HeaderRefused,
    TokenMalformed,
    TokenTooLarge,
    TypeMismatch,
)

MAX_TOKEN_BYTES: Final = 256 * 1024
_MAX_HEADER_CHARS: Final = 8 * 1024
_MAX_KID_CHARS: Final = 256
_HEADER_DEPTH: Final = 4
# crit and b64 change how a token is read, zip and enc belong to encryption, the others bring their own key.
# x5c (demanded by HAIP) is tolerated and never read: the kid alone finds the key.
_REFUSED_MEMBERS: Final = frozenset({"crit", "b64", "zip", "enc", "jku", "jwk", "x5u"})


class Jws(NamedTuple):
    """A parsed token. Nothing in it is to be believed until `verify_parsed` or `verify_jws` returned."""

    header: Mapping[str, object]
    alg: Alg
    payload: bytes
    signing_input: bytes
    signature: bytes

    @property
    def kid(self) -> str:
        """The key identifier of the header; raises HeaderRefused if it has none."""
        kid = self.header.get("kid")
        if not isinstance(kid, str) or not 0 < len(kid) <= _MAX_KID_CHARS:
            raise HeaderRefused("header has no usable kid")
        return kid


def sign_jws(payload: bytes, signer: Signer, typ: str, extra: Mapping[str, object] | None = None) -> str:
    """A compact token with alg, kid and typ, and any other header members in `extra`.

    Raises:
        HeaderRefused: `extra` holds a member that readers here refuse, or one set by this function.
        AlgorithmRefused: the signer's algorithm may no longer sign.
    """
    require_signing(signer.alg)
    if not extra:
        return _sign(payload, signer, _encoded_own_header(signer.alg, signer.kid, typ))
    header = _own_header(signer.alg, signer.kid, typ)
    if extra.keys() & (_REFUSED_MEMBERS | header.keys()):
        raise HeaderRefused(f"header member not allowed: {sorted(extra)}")
    return sign_with_header(payload, signer, header | dict(extra))


def sign_with_header(payload: bytes, signer: Signer, header: Mapping[str, object]) -> str:
    """A compact token with exactly this header. Only for proofs that must carry their own key; else `sign_jws`."""
    return _sign(payload, signer, base64url.encode(dumps(dict(header))))


def _sign(payload: bytes, signer: Signer, header: str) -> str:
    signing_input = f"{header}.{base64url.encode(payload)}"
    return f"{signing_input}.{base64url.encode(signer.sign(signing_input.encode('ascii')))}"


def _own_header(alg: Alg, kid: str, typ: str) -> dict[str, object]:
    return {"alg": alg.value, "kid": kid, "typ": typ}


@lru_cache(maxsize=64)  # a hub signs with a handful of keys, and each of its headers says the same every time
def _encoded_own_header(alg: Alg, kid: str, typ: str) -> str:
    return base64url.encode(dumps(_own_header(alg, kid, typ)))


def parse_jws(token: str, *, max_bytes: int = MAX_TOKEN_BYTES, allow: frozenset[str] = frozenset()) -> Jws:
    """Take a token apart without believing it.

    `allow` admits otherwise refused header members for protocols that define them, for instance `jwk` in a proof
    of possession; they are parsed and still never trusted here.

    Raises:
        TokenTooLarge: longer than `max_bytes`.
        TokenMalformed: not three parts, or a signature of the wrong length.
        EncodingRefused: non-canonical base64url, or a header that is not strict JSON (JsonRefused).
        AlgorithmRefused: `none`, unknown, absent, or withdrawn.
        HeaderRefused: a member that is not allowed, or of the wrong type.
    """
    if len(token) > max_bytes:
        raise TokenTooLarge(f"token exceeds {max_bytes} bytes", size=len(token))
    parts = token.split(".", 3)
    if len(parts) != 3 or not token.isascii():
        raise TokenMalformed("token does not have three parts")
    if len(parts[0]) > _MAX_HEADER_CHARS:
        raise TokenTooLarge("token header is too large", size=len(parts[0]))
    header = loads_object(base64url.decode(parts[0]), max_depth=_HEADER_DEPTH)
    alg = algorithm(header.get("alg"))
    if refused := (_REFUSED_MEMBERS - allow) & header.keys():
        raise HeaderRefused(f"header member not allowed: {sorted(refused)}")
    signature = base64url.decode(parts[2])
    if len(signature) != ALGORITHMS[alg].signature_bytes:
        raise TokenMalformed("signature has the wrong length for its algorithm")
    return Jws(
        header=MappingProxyType(header),
        alg=alg,
        payload=base64url.decode(parts[1]),
        signing_input=token[: -len(parts[2]) - 1].encode("ascii"),
        signature=signature,
    )


def verify_parsed(jws: Jws, verifier: Verifier, typ: str) -> None:
    """Check the type, that key and header agree on the algorithm, then the signature.

    Raises:
        TypeMismatch: another `typ` (compared exactly, with or without `application/`, RFC 8725 §3.11).
        AlgorithmMismatch: the key is for another algorithm.
        InvalidSignature: forged or damaged.
    """
    found = jws.header.get("typ")
    if not isinstance(found, str) or found.removeprefix("application/") != typ:
        raise TypeMismatch(expected=typ, found=found)
    if verifier.alg is not jws.alg:
        raise AlgorithmMismatch(expected=verifier.alg.value, found=jws.alg.value)
    verifier.verify(jws.signing_input, jws.signature)


def verify_jws(token: str, resolve_key: ResolveKey, typ: str, *, max_bytes: int = MAX_TOKEN_BYTES) -> Jws:
    """Parse, find the key the header names among the trusted ones, and verify.

    Raises:
        Everything `parse_jws` and `verify_parsed` raise, and UnknownKey, KeyOutsideWindow or AlgorithmMismatch of
        the resolver.
    """
    jws = parse_jws(token, max_bytes=max_bytes)
    verify_parsed(jws, resolve_key(jws.kid, jws.alg), typ)
    return jws


def verify_possession(token: str, typ: str) -> tuple[Jws, Verifier]:
    """Verify a proof that carries its own public key (`jwk` header: DPoP, OpenID4VCI key proof).

    The result proves that the sender holds the private half of that key, and nothing about who the sender is.

    Raises:
        HeaderRefused: no `jwk`.
        Everything `parse_jws` and `verify_parsed` raise, and MalformedKey.
    """
    jws = parse_jws(token, allow=frozenset({"jwk"}))
    jwk = jws.header.get("jwk")
    if not isinstance(jwk, dict):
        raise HeaderRefused("proof carries no jwk")
    verifier = verifier_from_jwk(jwk)
    verify_parsed(jws, verifier, typ)
    return jws, verifier
