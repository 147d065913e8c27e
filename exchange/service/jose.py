"""PyJWT over the hub's own keys: it checks the JOSE envelope and the signature, our keys do the arithmetic.

PyJWT's clock is not used: times are checked by the caller, at the time it was given.
"""

from typing import NoReturn

from jwt import InvalidAlgorithmError, PyJWS, PyJWTError
from jwt.algorithms import Algorithm

from certs.crypto.alg import Alg
from certs.crypto.ports import Verifier
from certs.errors import AlgorithmMismatch, CertsError, InvalidSignature


class _OurKeys(Algorithm):
    """An algorithm of PyJWT that verifies with a `Verifier`, so that SM2 is one like the others."""

    def prepare_key(self, key: Verifier) -> Verifier:
        """Keys come prepared."""
        return key

    def verify(self, msg: bytes, key: Verifier, sig: bytes) -> bool:
        """Whether the signature is over the message."""
        try:
            key.verify(msg, sig)
        except CertsError:
            return False
        return True

    def sign(self, msg: bytes, key: Verifier) -> NoReturn:
        """Nothing is signed here: a `Verifier` cannot."""
        raise NotImplementedError("a verifier does not sign")

    @staticmethod
    def to_jwk(key_obj: Verifier, as_dict: bool = False) -> NoReturn:
        """Refused: keys are converted by `certs.crypto.jwk`."""
        raise NotImplementedError("use certs.crypto.jwk")

    @staticmethod
    def from_jwk(jwk: str | dict[str, object]) -> NoReturn:
        """Refused: keys are converted by `certs.crypto.jwk`."""
        raise NotImplementedError("use certs.crypto.jwk")


def _envelope() -> PyJWS:
    """A verifier that knows our three algorithms and none of PyJWT's own (no `none`, no HMAC)."""
    jws = PyJWS(algorithms=[])
    for alg in Alg:
        jws.register_algorithm(alg.value, _OurKeys())
    return jws


def verify_signature(token: str, key: Verifier) -> None:
    """Return if the compact JWS is signed by this key with its own algorithm.

    Raises:
        AlgorithmMismatch: the header names another algorithm than the key's.
        InvalidSignature: anything else PyJWT refuses.
    """
    try:
        _envelope().decode_complete(token, key=key, algorithms=[key.alg.value])  # type: ignore[arg-type]  # see _OurKeys
    except InvalidAlgorithmError as error:
        raise AlgorithmMismatch(expected=key.alg.value, found="another") from error
    except PyJWTError as error:
        raise InvalidSignature(str(error)) from error
