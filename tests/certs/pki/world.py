"""Development authorities for both algorithms, made once, and a place to hand files to openssl."""

import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from asn1crypto import pem

from certs.crypto.alg import Alg
from certs.crypto.keys import ephemeral_key
from certs.pki.dev_ca import DevelopmentCa, DevelopmentKeys, development_ca

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SM2_ID = ["-vfyopt", "distid:1234567812345678"]


@cache
def authority(alg: Alg) -> DevelopmentCa:
    keys = DevelopmentKeys(*(ephemeral_key(alg) for _ in range(5)))
    return development_ca(keys, now=NOW, profile="development", crl_url="http://ca.example.gov/issuing.crl")


def openssl(*arguments: str | Path, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, check=False, timeout=30)


def pem_file(path: Path, *items: bytes, label: str = "CERTIFICATE") -> Path:
    path.write_bytes(b"".join(pem.armor(label, item) for item in items))
    return path


def seconds(at: datetime) -> str:
    return str(int(at.timestamp()))


def flipped(data: bytes, position: int, bit: int = 0) -> bytes:
    changed = bytearray(data)
    changed[position] ^= 1 << bit
    return bytes(changed)


def joined(parts: Sequence[bytes]) -> bytes:
    return b"".join(parts)
