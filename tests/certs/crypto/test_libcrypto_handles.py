"""What is allocated in libcrypto is freed on every path, failures leave no trace, and threads may share keys."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from certs.crypto import libcrypto
from certs.crypto.sm2 import USER_ID, Sm2Signer, Sm2Verifier
from certs.errors import InvalidSignature, MalformedKey


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def one_round(signer: Sm2Signer, spki: bytes) -> None:
    """Every success and every refusal once."""
    der = libcrypto.sign(signer._key, b"m", USER_ID)
    verifier = Sm2Verifier.from_spki(spki)
    libcrypto.verify(verifier._key, b"m", der, USER_ID)
    Sm2Signer.from_pkcs8(signer.pkcs8())
    for signature in (der[:-1], b"", der[:-1] + bytes([der[-1] ^ 1])):
        with pytest.raises(InvalidSignature):
            libcrypto.verify(verifier._key, b"m", signature, USER_ID)
    for broken in (spki[:-1], b"", spki[:-1] + bytes([spki[-1] ^ 1])):
        with pytest.raises(MalformedKey):
            libcrypto.read_public(broken)
    with pytest.raises(MalformedKey):
        libcrypto.read_private(b"rubbish")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_memory_stays_flat() -> None:
    signer = Sm2Signer.generate()
    spki = signer.verifier().spki()
    for _ in range(200):
        one_round(signer, spki)
    before = resident_bytes()
    for _ in range(1500):
        one_round(signer, spki)
    assert resident_bytes() - before < 2 * 1024 * 1024


def test_failures_leave_the_error_queue_empty() -> None:
    signer = Sm2Signer.generate()
    one_round(signer, signer.verifier().spki())
    assert libcrypto._library().ERR_peek_error() == 0


def test_threads_share_a_key() -> None:
    signer = Sm2Signer.generate()

    def work(number: int) -> None:
        message = str(number).encode()
        signer.verifier().verify(message, signer.sign(message))

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(work, range(200)))) == 200


def test_nothing_is_opened_at_import() -> None:
    """A computer without libcrypto can still import, and verify with the other algorithms."""
    code = (
        "import ctypes, ctypes.util\n"
        "ctypes.util.find_library = ctypes.CDLL = None\n"
        "import certs.sdjwt, certs.status_list, certs.crypto.keys as keys\n"
        "from certs.crypto.alg import Alg\n"
        "keys.prove_possession(keys.ephemeral_key(Alg.ES256))\n"
        "keys.prove_possession(keys.ephemeral_key(Alg.ED25519))\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=Path(__file__).parents[3])
