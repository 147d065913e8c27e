"""Private keys that never leave a token: PKCS#11 (OASIS v2.40), named by URI (RFC 7512). P-256 only.

The token signs digests (CKM_ECDSA), so the digest is made here; the port stays "messages, never digests". SM2 has no
mechanism in the standard (vendors have their own), so it is refused rather than guessed.
"""

from hashlib import sha256
from threading import Lock
from typing import Final, Protocol, cast
from urllib.parse import parse_qs, unquote, urlsplit

import pkcs11
from pkcs11 import Mechanism, ObjectClass
from pkcs11.util.ec import encode_ec_public_key

from certs.crypto.alg import Alg
from certs.crypto.backends import PublicKey
from certs.crypto.jwk import verifier_from_spki
from certs.crypto.keys import load_signer, prove_possession
from certs.crypto.ports import Signer
from certs.errors import AlgorithmRefused, KeyUnreadable

_SCHEME: Final = "pkcs11:"
_PATH_NAMES: Final = frozenset({"token", "object"})


class KeyHandle(Protocol):
    """A private key on a token, as the PKCS#11 library hands it out."""

    def sign(self, data: bytes, *, mechanism: Mechanism) -> bytes:
        """The bare signature of the mechanism."""


class TokenSigner:
    """A P-256 key on a token, with one open session; several threads may share it."""

    alg: Final = Alg.ES256

    def __init__(self, key: KeyHandle, verifier: PublicKey) -> None:
        self._key, self._verifier, self._lock = key, verifier, Lock()
        self.kid: Final = verifier.kid

    def sign(self, message: bytes) -> bytes:
        """Raw r||s over SHA-256 of the message; raises KeyUnreadable if the token is gone or refuses."""
        digest = sha256(message).digest()
        try:
            with self._lock:  # a PKCS#11 session does one thing at a time
                signature: bytes = self._key.sign(digest, mechanism=Mechanism.ECDSA)
        except pkcs11.PKCS11Error as error:
            raise KeyUnreadable(f"the token did not sign: {type(error).__name__}", kid=self.kid) from error
        return signature

    def verifier(self) -> PublicKey:
        """The public key."""
        return self._verifier

    def __repr__(self) -> str:
        return f"TokenSigner(kid={self.kid!r}, alg={self.alg.value!r})"


def open_signer(uri: str, secret: bytes) -> Signer:
    """The signer behind `file:` (secret: passphrase) or `pkcs11:` (secret: PIN), after it has proven itself.

    Raises:
        KeyUnreadable, AlgorithmRefused, MalformedKey, AlgorithmUnavailable: see `certs.crypto.keys.load_signer` and
            `load_token_signer`.
    """
    return load_token_signer(uri, secret) if uri.startswith(_SCHEME) else load_signer(uri, secret)


def load_token_signer(uri: str, pin: bytes) -> TokenSigner:
    """The signer behind `pkcs11:token=…;object=…?module-path=…`, after it has proven itself.

    Raises:
        KeyUnreadable: another form of URI, no such module, token or key, a wrong PIN, or the two halves of the key
            do not belong together.
        AlgorithmRefused: the key is not on P-256.
        MalformedKey: the public half is no point on it.
    """
    token_label, object_label, module = _parts(uri)
    try:
        session = _session(pkcs11.lib(module).get_token(token_label=token_label), pin)
        private = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=object_label)
        public = session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=object_label)
        spki = encode_ec_public_key(cast(pkcs11.PublicKey, public))
    except (pkcs11.PKCS11Error, RuntimeError, ValueError, KeyError, AttributeError) as error:
        raise KeyUnreadable(f"the token's key cannot be used: {type(error).__name__}", uri=uri) from error
    verifier = verifier_from_spki(spki)
    if verifier.alg is not Alg.ES256:
        raise AlgorithmRefused(f"a token's key must be on P-256, not for {verifier.alg.value}")
    signer = TokenSigner(cast(KeyHandle, private), verifier)
    prove_possession(signer)
    return signer


def _session(token: pkcs11.Token, pin: bytes) -> pkcs11.Session:
    """PKCS#11 logs in a process, not a session: a second key of the same token finds the door open."""
    try:
        return token.open(user_pin=pin.decode())
    except pkcs11.UserAlreadyLoggedIn:
        return token.open()


def _parts(uri: str) -> tuple[str, str, str]:
    """Token label, object label, path of the module. Nothing else may be said: a PIN in a URI ends in logs."""
    split = urlsplit(uri)
    pairs = [part.partition("=") for part in split.path.split(";")]
    named = {name: unquote(value) for name, _, value in pairs}
    query = parse_qs(split.query)
    if (
        f"{split.scheme}:" != _SCHEME
        or set(named) != _PATH_NAMES
        or len(pairs) != len(named)
        or set(query) != {"module-path"}
        or len(query["module-path"]) != 1
    ):
        raise KeyUnreadable("a token's key is named pkcs11:token=…;object=…?module-path=…")
    return named["token"], named["object"], query["module-path"][0]
