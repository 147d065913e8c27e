"""SM3 digest (GB/T 32905-2016)."""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from certs.errors import AlgorithmUnavailable


def sm3(data: bytes) -> bytes:
    """The 32-byte digest.

    Raises:
        AlgorithmUnavailable: this build of the crypto library has no SM3.
    """
    try:
        digest = hashes.Hash(hashes.SM3())
    except UnsupportedAlgorithm as error:
        raise AlgorithmUnavailable("SM3 is not built into the crypto library") from error
    digest.update(data)
    return digest.finalize()
