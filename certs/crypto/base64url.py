"""Base64url without padding (RFC 4648 §5, RFC 7515 §2), with exactly one spelling per value."""

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Iterable
from typing import Final

from certs.errors import EncodingRefused

_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_FROM_URL: Final = bytes.maketrans(b"-_", b"+/")
_PAD: Final = b"="
_CUT: Final = b"=\n"


def encode(data: bytes) -> str:
    """Unpadded base64url text."""
    return b2a_base64(data).translate(_TO_URL).rstrip(_CUT).decode("ascii")


def encode_each(values: Iterable[bytes]) -> list[str]:
    """`encode` of many values of any size, in a single pass."""
    return encode_lines(values).decode("ascii").splitlines()


def encode_lines(values: Iterable[bytes]) -> bytes:
    """`encode` of many values as ASCII, each closed by a line feed, which the alphabet does not have."""
    return b"".join(map(b2a_base64, values)).translate(_TO_URL, _PAD)


def decode(text: str) -> bytes:
    """The bytes behind canonical base64url.

    Python skips foreign characters and ignores stray low bits, so `QR` and `QQ` would both mean `A`; the value
    is encoded again and must give back the same text.

    Raises:
        EncodingRefused: padding, white space, another alphabet, or stray bits in the last character.
    """
    try:
        given = text.encode("ascii")
        data = a2b_base64(given.translate(_FROM_URL) + b"===")
    except (Error, UnicodeEncodeError) as error:
        raise EncodingRefused("not base64url") from error
    if b2a_base64(data).translate(_TO_URL).rstrip(_CUT) != given:
        raise EncodingRefused("base64url is not canonical")
    return data
