"""Private keys at rest: PKCS#8 EncryptedPrivateKeyInfo in PEM, PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC.

One form for every algorithm (RFC 5958, RFC 8018), readable by `openssl pkey`. The plain key never touches a file.
"""

from typing import Any, Final

from asn1crypto import pem
from asn1crypto.algos import EncryptionAlgorithm, Pbkdf2Salt
from asn1crypto.keys import EncryptedPrivateKeyInfo
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from certs.errors import KeyUnreadable

ITERATIONS: Final = 600_000  # OWASP password storage, PBKDF2-HMAC-SHA256
_MAX_ITERATIONS: Final = 10_000_000
_LABEL: Final = "ENCRYPTED PRIVATE KEY"
_PRFS: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def seal(private_key_info: bytes, passphrase: bytes, *, salt: bytes, iv: bytes) -> bytes:
    """The key as encrypted PEM; `salt` and `iv` are 16 fresh random bytes each.

    Raises:
        KeyUnreadable: the passphrase is empty.
    """
    if not passphrase:
        raise KeyUnreadable("a private key needs a passphrase")
    encryptor = Cipher(AES(_derive("sha256", passphrase, salt, ITERATIONS, 32)), CBC(iv)).encryptor()
    padder = padding.PKCS7(128).padder()
    padded = padder.update(private_key_info) + padder.finalize()
    info = EncryptedPrivateKeyInfo(
        {
            "encryption_algorithm": _pbes2(salt, iv),
            "encrypted_data": encryptor.update(padded) + encryptor.finalize(),
        }
    )
    armored: bytes = pem.armor(_LABEL, info.dump())
    return armored


def open_sealed(encrypted_pem: bytes, passphrase: bytes) -> bytes:
    """The DER PrivateKeyInfo inside encrypted PEM.

    Raises:
        KeyUnreadable: another file, a plain key, an unknown or weak encryption, or a wrong passphrase.
    """
    algorithm, data = _parse(encrypted_pem)
    try:
        prf, rounds = algorithm.kdf_hmac, algorithm.kdf_iterations
        if algorithm.kdf != "pbkdf2" or algorithm.encryption_cipher != "aes" or prf not in _PRFS:
            raise KeyUnreadable("key file is not PBES2 with PBKDF2-SHA-2 and AES-CBC")
        if not 1 <= rounds <= _MAX_ITERATIONS:
            raise KeyUnreadable("key file asks for an absurd number of rounds")
        key = _derive(prf, passphrase, algorithm.kdf_salt, rounds, algorithm.key_length)
        decryptor = Cipher(AES(key), CBC(algorithm.encryption_iv)).decryptor()
        unpadder = padding.PKCS7(128).unpadder()
        plain: bytes = unpadder.update(decryptor.update(data) + decryptor.finalize())
        return plain + unpadder.finalize()
    except (ValueError, TypeError, LookupError) as error:
        raise KeyUnreadable("wrong passphrase, or the key file is damaged") from error


def _parse(encrypted_pem: bytes) -> tuple[Any, bytes]:
    try:
        label, _, der = pem.unarmor(encrypted_pem)
        if label != _LABEL:
            raise KeyUnreadable(f"key file holds {label!r}; only encrypted PKCS#8 is read")
        info = EncryptedPrivateKeyInfo.load(der, strict=True)
        return info["encryption_algorithm"], info["encrypted_data"].native
    except (ValueError, TypeError, LookupError) as error:
        raise KeyUnreadable("key file is not encrypted PKCS#8") from error


def _pbes2(salt: bytes, iv: bytes) -> EncryptionAlgorithm:
    return EncryptionAlgorithm(
        {
            "algorithm": "pbes2",
            "parameters": {
                "key_derivation_func": {
                    "algorithm": "pbkdf2",
                    "parameters": {
                        "salt": Pbkdf2Salt(name="specified", value=salt),
                        "iteration_count": ITERATIONS,
                        "prf": {"algorithm": "sha256"},
                    },
                },
                "encryption_scheme": {"algorithm": "aes256_cbc", "parameters": iv},
            },
        }
    )


def _derive(prf: str, passphrase: bytes, salt: bytes, rounds: int, length: int) -> bytes:
    return PBKDF2HMAC(algorithm=_PRFS[prf], length=length, salt=salt, iterations=rounds).derive(passphrase)
