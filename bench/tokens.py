"""SD-JWT VC against raw P-256 of the library underneath, and the verification of a whole certificate."""

from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bench.rounds import Options, Pairs, Result, rate, side_by_side
from certs.crypto.alg import Alg
from certs.crypto.jws import parse_jws
from certs.crypto.p256 import P256Signer
from certs.crypto.ports import Verifier
from certs.crypto.salts import SaltPool
from certs.model import FaceKind, Verdict
from certs.sdjwt import SdJwt, SdJwtPolicy, issue, parse_and_check
from certs.status_list import build, sign_status_list
from certs.trust import StatusHistory, StatusSnapshot, TrustBundle
from certs.verify import verify
from tests.certs.world import NOW, STATUS_URI, World

CLAIMS = 10
COUNT, FEW = 2000, 20
_HOUR = timedelta(hours=1)
_SALT = SaltPool()
_ECDSA = ec.ECDSA(hashes.SHA256())
_HIDDEN = {f"item_{n}": f"测试内容第{n}项" for n in range(CLAIMS)}
_CLEAR = {
    "iss": "https://hub.339900.example",
    "vct": "https://hub.339900.example/types/household",
    "iat": 1_795_000_000,
}
_ALL, _NAMES = _CLEAR | _HIDDEN, frozenset(_HIDDEN)


def sdjwt_issue(options: Options) -> list[Result]:
    """Issue with ten disclosable claims, each with a fresh salt, against signing the same bytes."""
    count, signer, key = options.rows_or(COUNT, FEW), P256Signer.generate(), ec.generate_private_key(ec.SECP256R1())
    message = parse_jws(_issued(signer).issuer_jwt).signing_input
    pairs = side_by_side(
        rate(lambda: key.sign(message, _ECDSA), count),
        rate(lambda: _issued(signer), count),
        options.rounds_or(9),
    )
    return [
        pairs.result(
            name="sdjwt-issue",
            what=f"issue an SD-JWT VC of {CLAIMS} disclosable claims",
            against="raw P-256 signature of the same bytes",
            unit="1/s",
            bar=0.5,
            detail={"claims": CLAIMS, "signed_bytes": len(message)},
        )
    ]


def sdjwt_verify(options: Options) -> list[Result]:
    """Verify with all ten claims disclosed against verifying the signature of the same bytes."""
    count, signer, key = options.rows_or(COUNT, FEW), P256Signer.generate(), ec.generate_private_key(ec.SECP256R1())
    verifier, token, public = signer.verifier(), str(_issued(signer)), key.public_key()
    message = parse_jws(token.partition("~")[0]).signing_input
    signature = key.sign(message, _ECDSA)
    now, policy = datetime.now(UTC), SdJwtPolicy()

    def resolve(_kid: str, _alg: Alg) -> Verifier:
        return verifier

    pairs = side_by_side(
        rate(lambda: public.verify(signature, message, _ECDSA), count),
        rate(lambda: parse_and_check(token, resolve, now=now, policy=policy), count),
        options.rounds_or(9),
    )
    return [
        pairs.result(
            name="sdjwt-verify",
            what=f"verify an SD-JWT VC with {CLAIMS} claims disclosed",
            against="raw P-256 verification of the same bytes",
            unit="1/s",
            bar=0.5,
            detail={"claims": CLAIMS, "token_bytes": len(token)},
        )
    ]


def certificate_verify(options: Options) -> list[Result]:
    """All ten steps of `certs.verify` on one certificate: status from a signed list, then from a history."""
    count, world = options.rows_or(COUNT, FEW) // 2, World()
    token = world.signed().faces[FaceKind.SD_JWT].decode()
    listed = sign_status_list(
        build(1 << 20, {}),
        world.status_key,
        uri=STATUS_URI,
        now=NOW,
        lifetime=timedelta(hours=12),
        ttl=timedelta(hours=1),
    )
    told = world.trust(histories={STATUS_URI: StatusHistory(STATUS_URI, NOW + _HOUR, ())})
    trusts = {"history": told, "list": world.trust(snapshots=(StatusSnapshot(STATUS_URI, listed, NOW),))}
    return [
        _certificate(name, token, trust, count, options.rounds_or(5)).result(
            name=f"certificate-verify-{name}",
            what=f"verify a certificate in ten steps, status from a {name}",
            against="raw P-256 verification of its signing input",
            unit="1/s",
        )
        for name, trust in trusts.items()
    ]


def _certificate(name: str, token: str, trust: TrustBundle, count: int, rounds: int) -> Pairs:
    report = verify(token, trust, at=NOW)
    if report.verdict is not Verdict.VALID:
        raise RuntimeError(f"{name}: {report.deciding}")
    key = ec.generate_private_key(ec.SECP256R1())
    message = parse_jws(token.partition("~")[0]).signing_input
    signature, public = key.sign(message, _ECDSA), key.public_key()
    return side_by_side(
        rate(lambda: public.verify(signature, message, _ECDSA), count),
        rate(lambda: verify(token, trust, at=NOW), count),
        rounds,
    )


def _issued(signer: P256Signer) -> SdJwt:
    return issue(_ALL, _NAMES, signer, salt=_SALT)
