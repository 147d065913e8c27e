"""Base64url without padding (RFC 4648 §5, RFC 7515 §2), with exactly one spelling per value."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

from certs.errors import EncodingRefused


def encode(data: bytes) -> str:
    """Unpadded base64url text."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes behind canonical base64url.

    Python skips foreign characters and ignores stray low bits, so `QR` and `QQ` would both mean `A`; the value
    is encoded again and must give back the same text.

    Raises:
        EncodingRefused: padding, white space, another alphabet, or stray bits in the last character.
    """
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Error, ValueError) as error:
        raise EncodingRefused("not base64url") from error
    if encode(data) != text:
        raise EncodingRefused("base64url is not canonical")
    return data
