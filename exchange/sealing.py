"""Bytes at rest, sealed: AES-256-GCM under a key derived per purpose from the hub's data key."""

from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
_KEY_BYTES = 32


class SealBrokenError(ValueError):
    """The bytes were not sealed with this key for this context, or were changed since."""


def derive(data_key: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose (RFC 5869 HKDF-SHA256), so that no key serves two."""
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=f"yizhengtong/{purpose}".encode()).derive(data_key)


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals and opens bytes; the context (an id) is bound in, so that sealed bytes cannot be moved elsewhere."""

    key: bytes = field(repr=False)
    random_bytes: Callable[[int], bytes]
    _cipher: AESGCM = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Set the cipher up once: it costs more than sealing an answer."""
        object.__setattr__(self, "_cipher", AESGCM(self.key))

    def seal(self, data: bytes, context: str) -> bytes:
        """Nonce and ciphertext of `data`."""
        nonce = self.random_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, data, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """The bytes sealed under this context.

        Raises:
            SealBrokenError: other key, other context, or changed bytes.
        """
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBrokenError(context) from error
