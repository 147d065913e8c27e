"""Key identifiers: the JWK thumbprint (RFC 7638) that every kid here is."""

from hashlib import sha256

from certs.crypto import base64url
from certs.crypto.strict_json import canonical
from certs.errors import EncodingRefused, MalformedKey

_COORDINATE_BYTES = 32


def thumbprint(jwk: dict[str, str]) -> str:
    """SHA-256 over the required members in order, base64url; `jwk` holds the required members only."""
    return base64url.encode(sha256(canonical(jwk)).digest())


def coordinate(jwk: dict[str, str], name: str) -> bytes:
    """The 32 bytes of one member of a JWK.

    Raises:
        MalformedKey: absent, not canonical base64url, or of another length (RFC 7518 §6.2.1.2).
    """
    try:
        value = base64url.decode(jwk.get(name, ""))
    except EncodingRefused as error:
        raise MalformedKey(f"JWK member {name!r} is not base64url") from error
    if len(value) != _COORDINATE_BYTES:
        raise MalformedKey(f"JWK member {name!r} has {len(value)} bytes, not {_COORDINATE_BYTES}")
    return value
