"""Two spellings of an (r, s) signature: raw r||s as in JOSE, and the DER sequence of X.509, CMS and GB/T 38540."""

from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from certs.errors import InvalidSignature

_HALF: Final = 32


def raw_to_der(signature: bytes) -> bytes:
    """DER of a 64-byte r||s.

    Raises:
        InvalidSignature: another length.
    """
    if len(signature) != 2 * _HALF:
        raise InvalidSignature(f"signature has {len(signature)} bytes, not {2 * _HALF}")
    return encode_dss_signature(int.from_bytes(signature[:_HALF]), int.from_bytes(signature[_HALF:]))


def der_to_raw(signature: bytes) -> bytes:
    """64-byte r||s of a DER signature.

    Raises:
        InvalidSignature: not strict DER of two integers of at most 32 bytes.
    """
    try:
        r, s = decode_dss_signature(signature)
    except ValueError as error:
        raise InvalidSignature("signature is not DER") from error
    try:
        return r.to_bytes(_HALF) + s.to_bytes(_HALF)
    except OverflowError as error:  # negative, or longer than the curve's order
        raise InvalidSignature("signature numbers are out of range") from error
