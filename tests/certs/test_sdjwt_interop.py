"""SD-JWT against two independent implementations, both ways: `sd-jwt` (reference) and `openvc-core`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwcrypto.jwk import JWK  # type: ignore[import-untyped] # ships no types; only in this exam
from openvc.keys import P256SigningKey
from openvc.proof.sd_jwt import SdJwtVcProofSuite
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

from certs.crypto.keyring import KeyRing, TrustedKey
from certs.crypto.p256 import P256Signer
from certs.crypto.salts import SaltPool
from certs.errors import CertsError, DisclosureUnreferenced, TokenExpired
from certs.sdjwt import SdJwt, SdJwtPolicy, issue, parse_and_check, present

ISSUER_KEY, HOLDER_KEY = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
ISSUER, HOLDER = P256Signer(ISSUER_KEY), P256Signer(HOLDER_KEY)
FACE: dict[str, Any] = {"name": "张三", "address": {"city": "示例市"}, "no": 12, "tags": ["a", "b"]}
AUD, NONCE = "https://counter.example", "n-1"
BOUND = SdJwtPolicy(require_kb=True, aud=AUD, nonce=NONCE)


@pytest.fixture
def now() -> datetime:
    """The other implementations read the real clock."""
    return datetime.now(UTC).replace(microsecond=0)


def base(now: datetime, lifetime: int = 3600) -> dict[str, Any]:
    seconds = int(now.timestamp())
    return {"iss": "https://hub.example", "vct": "urn:test", "iat": seconds, "exp": seconds + lifetime}


def check(token: str, now: datetime, policy: SdJwtPolicy = BOUND) -> dict[str, object]:
    ring = KeyRing([TrustedKey(ISSUER.verifier(), now - timedelta(1), now + timedelta(1), "issuer", "hub")])
    return parse_and_check(token, ring.resolver(at=now, role="issuer"), now=now, policy=policy).claims


def ours(now: datetime, decoys: int = 0) -> SdJwt:
    claims = {**base(now), **FACE}
    return issue(claims, FACE.keys(), ISSUER, salt=SaltPool(), holder=HOLDER.verifier().jwk(), decoys=decoys)


def reference(now: datetime, lifetime: int = 3600) -> str:
    """A credential by the reference issuer with flat, nested and array disclosures."""
    claims: dict[Any, Any] = base(now, lifetime)
    claims |= {SDObj("name"): "张三", "no": 12, "tags": [SDObj("a"), "b"]}
    claims[SDObj("address")] = {SDObj("city"): "示例市", "code": "339900"}
    header = {"kid": ISSUER.kid, "typ": "dc+sd-jwt"}
    issuer = SDJWTIssuer(
        claims, JWK.from_pyca(ISSUER_KEY), JWK.from_pyca(HOLDER_KEY), "ES256", True, extra_header_parameters=header
    )
    issuance: str = issuer.sd_jwt_issuance
    return issuance


@pytest.mark.parametrize("decoys", [0, 3])
def test_the_reference_verifies_what_we_issue_and_present(now: datetime, decoys: int) -> None:
    token = present(ours(now, decoys), {"name", "tags"}, HOLDER, aud=AUD, nonce=NONCE, now=now)
    verifier = SDJWTVerifier(token, lambda *_: JWK.from_pyca(ISSUER_KEY.public_key()), AUD, NONCE)
    payload = verifier.get_verified_payload()
    assert (payload["name"], payload["tags"]) == ("张三", ["a", "b"])
    assert not {"address", "no"} & payload.keys()


def test_we_verify_what_the_reference_issues_and_presents(now: datetime) -> None:
    holder = SDJWTHolder(reference(now))
    chosen = {"name": True, "address": {"city": True}, "tags": [True]}
    holder.create_presentation(chosen, NONCE, AUD, JWK.from_pyca(HOLDER_KEY))
    claims = check(holder.sd_jwt_presentation, now)
    assert claims["address"] == {"city": "示例市", "code": "339900"}
    assert (claims["name"], claims["no"], claims["tags"]) == ("张三", 12, ["a", "b"])


def test_our_holder_presents_what_the_reference_issued(now: datetime) -> None:
    token = present(SdJwt.parse(reference(now)), {"city"}, HOLDER, aud=AUD, nonce=NONCE, now=now)
    assert check(token, now)["address"] == {"city": "示例市", "code": "339900"}
    verifier = SDJWTVerifier(token, lambda *_: JWK.from_pyca(ISSUER_KEY.public_key()), AUD, NONCE)
    assert verifier.get_verified_payload()["address"]["city"] == "示例市"


def test_the_reference_presents_what_we_issued(now: datetime) -> None:
    holder = SDJWTHolder(str(ours(now)))
    holder.create_presentation({"no": True}, NONCE, AUD, JWK.from_pyca(HOLDER_KEY))
    assert check(holder.sd_jwt_presentation, now)["no"] == 12


def test_holes_of_the_reference_are_closed_here(now: datetime) -> None:
    """It accepts an expired token and a disclosure nobody asked for."""
    expired = reference(now - timedelta(hours=2))
    unreferenced = reference(now) + "WyJzIiwicm9sZSIsImFkbWluIl0~"
    for token, refusal in ((expired, TokenExpired), (unreferenced, DisclosureUnreferenced)):
        SDJWTVerifier(token, lambda *_: JWK.from_pyca(ISSUER_KEY.public_key())).get_verified_payload()
        with pytest.raises(refusal):
            check(token, now, SdJwtPolicy())


def test_openvc_verifies_what_we_issue_and_present(now: datetime) -> None:
    token = present(ours(now, 2), {"name", "address"}, HOLDER, aud=AUD, nonce=NONCE, now=now)
    result = SdJwtVcProofSuite().verify(
        token,
        public_key_jwk=ISSUER.verifier().jwk(),
        audience=AUD,
        nonce=NONCE,
        require_key_binding=True,
        expected_vct="urn:test",
    )
    assert result.claims["name"] == "张三"
    assert result.claims["address"] == {"city": "示例市"}
    assert "no" not in result.claims


def test_we_verify_what_openvc_issues_and_presents(now: datetime) -> None:
    suite = SdJwtVcProofSuite()
    credential = suite.issue(
        {**base(now), **FACE},
        signing_key=P256SigningKey(ISSUER_KEY, ISSUER.kid),
        disclosable=list(FACE),
        holder_jwk=HOLDER.verifier().jwk(),
        decoys=2,
    )
    token = suite.create_presentation(
        credential, holder_key=P256SigningKey(HOLDER_KEY, HOLDER.kid), audience=AUD, nonce=NONCE
    )
    assert check(token, now + timedelta(seconds=1)).items() >= FACE.items()
    with pytest.raises(CertsError):
        check(token, now, SdJwtPolicy(require_kb=True, aud=AUD, nonce="n-2"))
    mine = present(SdJwt.parse(credential), {"no"}, HOLDER, aud=AUD, nonce=NONCE, now=now)
    assert check(mine, now)["no"] == 12
