"""SM2 operations of the system libcrypto (OpenSSL 3) through ctypes.

Opened at first use, never at import. Whatever is allocated is freed on every path, and the thread's error queue
is emptied after a failure, because Python's own TLS reads the same queue.
"""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import POINTER, c_char_p, c_int, c_long, c_size_t, c_ubyte, c_ulong, c_void_p
from ctypes.util import find_library
from functools import cache
from typing import Any, Final
from weakref import finalize

from certs.errors import AlgorithmUnavailable, InvalidSignature, MalformedKey

_MINIMUM_VERSION: Final = 0x30000000
_OUT: Final = POINTER(POINTER(c_ubyte))
_FUNCTIONS: Final[dict[str, tuple[Any, list[Any]]]] = {
    "OpenSSL_version_num": (c_ulong, []),
    "ERR_clear_error": (None, []),
    "CRYPTO_free": (None, [c_void_p, c_char_p, c_int]),
    "EVP_sm3": (c_void_p, []),
    "EVP_PKEY_free": (None, [c_void_p]),
    "EVP_PKEY_is_a": (c_int, [c_void_p, c_char_p]),
    "EVP_PKEY_CTX_new": (c_void_p, [c_void_p, c_void_p]),
    "EVP_PKEY_CTX_new_from_name": (c_void_p, [c_void_p, c_char_p, c_char_p]),
    "EVP_PKEY_CTX_free": (None, [c_void_p]),
    "EVP_PKEY_CTX_set1_id": (c_int, [c_void_p, c_char_p, c_int]),
    "EVP_PKEY_keygen_init": (c_int, [c_void_p]),
    "EVP_PKEY_generate": (c_int, [c_void_p, POINTER(c_void_p)]),
    "EVP_MD_CTX_new": (c_void_p, []),
    "EVP_MD_CTX_free": (None, [c_void_p]),
    "EVP_MD_CTX_set_pkey_ctx": (None, [c_void_p, c_void_p]),
    "EVP_DigestSignInit": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p, c_void_p]),
    "EVP_DigestSign": (c_int, [c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t]),
    "EVP_DigestVerifyInit": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p, c_void_p]),
    "EVP_DigestVerify": (c_int, [c_void_p, c_char_p, c_size_t, c_char_p, c_size_t]),
    "EVP_PKEY2PKCS8": (c_void_p, [c_void_p]),
    "PKCS8_PRIV_KEY_INFO_free": (None, [c_void_p]),
    "i2d_PKCS8_PRIV_KEY_INFO": (c_int, [c_void_p, _OUT]),
    "i2d_PUBKEY": (c_int, [c_void_p, _OUT]),
    "d2i_PUBKEY": (c_void_p, [c_void_p, POINTER(c_char_p), c_long]),
    "d2i_AutoPrivateKey": (c_void_p, [c_void_p, POINTER(c_char_p), c_long]),
}


@cache
def _library() -> Any:
    for name in (find_library("crypto"), "libcrypto.so.3", "libcrypto.3.dylib"):
        try:
            library = ctypes.CDLL(name) if name else None
        except OSError:
            continue
        if library is not None and hasattr(library, "OpenSSL_version_num"):
            return _bound(library)
    raise AlgorithmUnavailable("no system libcrypto was found")


def _bound(library: ctypes.CDLL) -> ctypes.CDLL:
    try:
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except AttributeError as error:
        raise AlgorithmUnavailable(f"system libcrypto lacks {name}") from error
    if library.OpenSSL_version_num() < _MINIMUM_VERSION:
        raise AlgorithmUnavailable("system libcrypto is older than OpenSSL 3")
    return library


class Sm2Key:
    """An EVP_PKEY on the SM2 curve, freed with the object; safe to use from several threads."""

    __slots__ = ("__weakref__", "pointer")

    def __init__(self, pointer: int | None) -> None:
        library = _library()
        if not pointer:
            library.ERR_clear_error()
            raise MalformedKey("not an SM2 key")
        self.pointer: Final = pointer
        finalize(self, library.EVP_PKEY_free, pointer)
        if library.EVP_PKEY_is_a(pointer, b"SM2") != 1:
            raise MalformedKey("not an SM2 key")


def generate() -> Sm2Key:
    """A new random key pair; raises AlgorithmUnavailable if libcrypto was built without SM2."""
    library = _library()
    with _owned(library.EVP_PKEY_CTX_new_from_name(None, b"SM2", None), library.EVP_PKEY_CTX_free) as context:
        pointer = c_void_p()
        _require(library.EVP_PKEY_keygen_init(context))
        _require(library.EVP_PKEY_generate(context, ctypes.byref(pointer)))
        return Sm2Key(pointer.value)


def read_public(spki: bytes) -> Sm2Key:
    """A public key from DER SubjectPublicKeyInfo; raises MalformedKey (also for a point off the curve)."""
    return Sm2Key(_library().d2i_PUBKEY(None, ctypes.byref(c_char_p(spki)), len(spki)))


def read_private(pkcs8: bytes) -> Sm2Key:
    """A private key from unencrypted DER PrivateKeyInfo; raises MalformedKey."""
    return Sm2Key(_library().d2i_AutoPrivateKey(None, ctypes.byref(c_char_p(pkcs8)), len(pkcs8)))


def write_public(key: Sm2Key) -> bytes:
    """DER SubjectPublicKeyInfo."""
    return _der(_library().i2d_PUBKEY, key.pointer)


def write_private(key: Sm2Key) -> bytes:
    """Unencrypted DER PrivateKeyInfo."""
    library = _library()
    with _owned(library.EVP_PKEY2PKCS8(key.pointer), library.PKCS8_PRIV_KEY_INFO_free) as info:
        return _der(library.i2d_PKCS8_PRIV_KEY_INFO, info)


def sign(key: Sm2Key, message: bytes, user_id: bytes) -> bytes:
    """DER signature over SM3(Z_A || message), GB/T 32918.2 §6."""
    library = _library()
    with _message_context(library, key, user_id) as context:
        _require(library.EVP_DigestSignInit(context, None, library.EVP_sm3(), None, key.pointer))
        size = c_size_t()
        _require(library.EVP_DigestSign(context, None, ctypes.byref(size), message, len(message)))
        signature = ctypes.create_string_buffer(size.value)
        _require(library.EVP_DigestSign(context, signature, ctypes.byref(size), message, len(message)))
        return signature.raw[: size.value]


def verify(key: Sm2Key, message: bytes, signature: bytes, user_id: bytes) -> None:
    """Raise InvalidSignature unless the DER signature is over this message, GB/T 32918.2 §7."""
    library = _library()
    with _message_context(library, key, user_id) as context:
        _require(library.EVP_DigestVerifyInit(context, None, library.EVP_sm3(), None, key.pointer))
        if library.EVP_DigestVerify(context, signature, len(signature), message, len(message)) != 1:
            library.ERR_clear_error()
            raise InvalidSignature


@contextmanager
def _message_context(library: Any, key: Sm2Key, user_id: bytes) -> Iterator[int]:
    """A digest context that hashes the signer's identity first: the id must be set before the init call."""
    with (
        _owned(library.EVP_PKEY_CTX_new(key.pointer, None), library.EVP_PKEY_CTX_free) as key_context,
        _owned(library.EVP_MD_CTX_new(), library.EVP_MD_CTX_free) as context,
    ):
        _require(library.EVP_PKEY_CTX_set1_id(key_context, user_id, len(user_id)))
        library.EVP_MD_CTX_set_pkey_ctx(context, key_context)
        yield context


@contextmanager
def _owned(pointer: int | None, free: Callable[[int], None]) -> Iterator[int]:
    if not pointer:
        _require(0)
        return
    try:
        yield pointer
    finally:
        free(pointer)


def _require(result: int) -> None:
    if result != 1:
        _library().ERR_clear_error()
        raise AlgorithmUnavailable("libcrypto refused an SM2 operation; is it built with SM2 and SM3?")


def _der(encode: Any, pointer: int) -> bytes:
    output = POINTER(c_ubyte)()
    size = encode(pointer, ctypes.byref(output))
    _require(int(size > 0))
    try:
        return ctypes.string_at(output, size)
    finally:
        _library().CRYPTO_free(ctypes.cast(output, c_void_p), None, 0)
