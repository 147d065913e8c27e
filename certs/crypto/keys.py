"""Private keys by URI. `file:` is an encrypted PKCS#8 PEM file; a key that cannot prove itself is not handed out."""

import os
from pathlib import Path
from secrets import token_bytes
from typing import Final
from urllib.parse import unquote, urlsplit

from asn1crypto.keys import PrivateKeyInfo

from certs.crypto import pkcs8
from certs.crypto.alg import Alg, require_signing
from certs.crypto.backends import BACKENDS, algorithm_of_key
from certs.crypto.ports import Signer
from certs.errors import InvalidSignature, KeyUnreadable

_PROOF_MESSAGE: Final = b"yizhengtong proof of possession"
_MAX_FILE_BYTES: Final = 64 * 1024


def load_signer(uri: str, passphrase: bytes) -> Signer:
    """The signer behind `file:/path/key.pem` (encrypted PKCS#8), after it has proven itself.

    PKCS#8 encryption does not authenticate: a tampered Ed25519 file may open as *another* key. Compare `kid` with
    the trust list before publishing anything; the key ring refuses signatures of a key it does not know.

    Raises:
        KeyUnreadable: another scheme, no such file, a plain key, a wrong passphrase, or a public half that does not
            belong to the private one.
        AlgorithmRefused: a key type outside the table, or one that may no longer sign.
        AlgorithmUnavailable: an SM2 key where libcrypto has no SM2.
        MalformedKey: a key of that type with impossible numbers.
    """
    der = pkcs8.open_sealed(_read(_path(uri)), passphrase)
    alg = _algorithm_inside(der)
    require_signing(alg)
    signer = BACKENDS[alg].from_pkcs8(der)
    prove_possession(signer)
    return signer


def generate_key(alg: Alg, path: str | Path, passphrase: bytes) -> Signer:
    """Make a key, write it encrypted and readable by the owner only, and return its signer.

    Raises:
        KeyUnreadable: the file exists (a key is never overwritten), cannot be written, or the passphrase is empty.
        AlgorithmRefused: the algorithm may no longer sign.
        AlgorithmUnavailable: SM2 where libcrypto has no SM2.
    """
    require_signing(alg)
    signer = BACKENDS[alg].generate()
    prove_possession(signer)
    sealed = pkcs8.seal(signer.pkcs8(), passphrase, salt=token_bytes(16), iv=token_bytes(16))
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor opened exclusively, not a path
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise KeyUnreadable(f"key file cannot be written: {error.strerror}", path=str(path)) from error
    return signer


def ephemeral_key(alg: Alg) -> Signer:
    """A key that lives only in this process: wallets in tests and demonstrations, one-time holder keys.

    Raises:
        AlgorithmUnavailable: SM2 where libcrypto has no SM2.
    """
    require_signing(alg)
    return BACKENDS[alg].generate()


def prove_possession(signer: Signer) -> None:
    """Sign and verify once, so that a mismatched or broken key fails at start and not at a citizen's certificate.

    Raises:
        KeyUnreadable: the signature does not verify under the key's own public half.
    """
    try:
        signer.verifier().verify(_PROOF_MESSAGE, signer.sign(_PROOF_MESSAGE))
    except InvalidSignature as error:
        raise KeyUnreadable("private and public key do not belong together", kid=signer.kid) from error


def _path(uri: str) -> Path:
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or parts.query or parts.fragment:
        raise KeyUnreadable("only file:/path keys are read here", scheme=parts.scheme)
    return Path(unquote(parts.path))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        raise KeyUnreadable(f"key file cannot be read: {error.strerror}", path=str(path)) from error
    if len(data) > _MAX_FILE_BYTES:
        raise KeyUnreadable("key file is too large", path=str(path))
    return data


def _algorithm_inside(der: bytes) -> Alg:
    try:
        algorithm = PrivateKeyInfo.load(der, strict=True)["private_key_algorithm"]
        key_oid, parameters = algorithm["algorithm"].dotted, algorithm["parameters"]
        curve_oid = parameters.chosen.dotted if parameters.native else ""
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        raise KeyUnreadable("wrong passphrase, or not a private key") from error
    return algorithm_of_key(key_oid=key_oid, curve_oid=curve_oid)
