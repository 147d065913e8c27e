"""The token endpoint and access tokens: RFC 7523, 8725, 9068 and the attacks of them (B2 rows 1-14)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Coroutine
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from exchange.errors import (
    AccessError,
    ClientRefusedError,
    OfficerRefusedError,
    TokenRefusedError,
    TokenRequestError,
)
from tests.exchange.rig import CLIENT, NR, OFFICER, PSB, URL, Rig, jwk_of


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def assemble(header: object, payload: object, signature: bytes = b"\0" * 64) -> str:
    texts = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in (header, payload)]
    return ".".join([*map(b64, texts), b64(signature)])


async def test_a_token_names_client_department_and_officer(rig: Rig) -> None:
    token = await rig.token()
    public = jwt.PyJWK(rig.hub_signer.verifier().jwk(), "ES256")
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    claims = jwt.decode(token, public, ["ES256"], audience=f"{URL}/api/v1", issuer=URL, options=options)
    assert jwt.get_unverified_header(token)["typ"] == "at+jwt"
    assert (claims["client_id"], claims["department"], claims["act"]) == (CLIENT, NR, {"sub": OFFICER})
    assert claims["exp"] - claims["iat"] <= 600
    principal = await rig.access.authenticate(token)
    assert (principal.department, principal.officer, principal.client) == (NR, OFFICER, CLIENT)
    assert principal.name == "测试员"


async def test_an_issued_token_is_an_event(rig: Rig) -> None:
    before = await rig.scalar("SELECT count(*) FROM log_entry")
    await rig.token()
    assert await rig.scalar("SELECT count(*) FROM log_entry") == before + 1


async def test_a_replayed_assertion_is_refused_and_logged(rig: Rig) -> None:
    form = rig.form()
    await rig.access.issue_token(form)
    before = await rig.scalar("SELECT count(*) FROM log_entry")
    with pytest.raises(ClientRefusedError, match="replayed"):
        await rig.access.issue_token(form)
    fresh_client = rig.form(officer_assertion=form["officer_assertion"])
    with pytest.raises(OfficerRefusedError, match="replayed"):
        await rig.access.issue_token(fresh_client)
    assert await rig.scalar("SELECT count(*) FROM log_entry") == before + 2


async def test_a_refused_officer_does_not_use_up_the_client_assertion(rig: Rig) -> None:
    form = rig.form(officer_assertion="x.y.z")
    with pytest.raises(OfficerRefusedError):
        await rig.access.issue_token(form)
    good = form | {"officer_assertion": rig.signed(rig.claims(OFFICER), "officer+jwt")}
    assert (await rig.access.issue_token(good)).access_token


async def test_swept_replay_ids_are_those_of_expired_tokens_only(rig: Rig) -> None:
    form = rig.form()
    await rig.access.issue_token(form)
    rig.clock.forward(seconds=119)
    await rig.token()
    with pytest.raises(ClientRefusedError, match="replayed"):
        await rig.access.issue_token(form)
    rig.clock.forward(seconds=60)
    await rig.token()
    with pytest.raises(ClientRefusedError, match=r"replayed|expired"):
        await rig.access.issue_token(form)


async def refuses(name: object, error: type[AccessError], attempt: Coroutine[Any, Any, object]) -> None:
    try:
        await attempt
    except error:
        return
    pytest.fail(f"{name} was accepted")


CLAIM_ATTACKS: dict[str, dict[str, object]] = {
    "other audience": {"aud": "https://elsewhere.example/oauth/token"},
    "audience list with a stranger": {"aud": [f"{URL}/oauth/token", "https://elsewhere.example"]},
    "no audience": {"aud": None},
    "no exp": {"exp": None},
    "exp as text": {"exp": "1795334400"},
    "exp as float": {"exp": 1795334400.5},
    "exp as bool": {"exp": True},
    "exp huge": {"exp": 10**18},
    "exp negative": {"exp": -1},
    "expired": {"exp": 1795334400 - 600, "iat": 1795334400 - 700},
    "too long a life": {"exp": 1795334400 + 3600},
    "issued in the future": {"iat": 1795334400 + 120, "exp": 1795334400 + 200},
    "not valid yet": {"nbf": 1795334400 + 120},
    "nbf as text": {"nbf": "soon"},
    "no jti": {"jti": None},
    "jti as number": {"jti": 7},
    "jti of 10 kB": {"jti": "x" * 10_000},
    "about another client": {"sub": "psb-system"},
    "no subject": {"sub": None},
}


async def test_claims_of_a_client_assertion_must_be_right(rig: Rig) -> None:
    assert int(rig.clock().timestamp()) == 1795334400
    for name, changed in CLAIM_ATTACKS.items():
        await refuses(name, ClientRefusedError, rig.access.issue_token(rig.form(client_assertion=_raw(rig, changed))))
    assert await rig.scalar("SELECT count(*) FROM exchange_jti") == 0
    assert (await rig.access.issue_token(rig.form(client_assertion=_raw(rig, {})))).access_token


def _raw(rig: Rig, changed: dict[str, object]) -> str:
    """Signed without the other library's own checks of what it signs."""
    return resigned(rig, {"alg": "ES256", "typ": "JWT", "kid": rig.kid()}, rig.claims(CLIENT, **changed))


def resigned(rig: Rig, header: object, payload: object) -> str:
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signing_input = f"{b64(head)}.{b64(body)}"
    signature = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256).sign(signing_input.encode(), rig.key)
    return f"{signing_input}.{b64(signature)}"


def _hmac_with(rig: Rig, secret: bytes) -> str:
    signing_input = f"{b64(json.dumps({'alg': 'HS256', 'typ': 'JWT', 'kid': rig.kid()}).encode())}."
    signing_input += b64(json.dumps(rig.claims()).encode())
    return f"{signing_input}.{b64(hmac.digest(secret, signing_input.encode(), 'sha256'))}"


def _spki(rig: Rig, encoding: Encoding) -> bytes:
    return rig.key.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


def _duplicate_sub(rig: Rig) -> bytes:
    return json.dumps(rig.claims()).encode()[:-1] + b', "sub": "psb-system"}'


def _good_header(rig: Rig, **more: object) -> dict[str, object]:
    return {"alg": "ES256", "typ": "JWT", "kid": rig.kid(), **more}


def _stray_bits(token: str) -> str:
    """64 bytes end in a character with four unused bits: another character that decodes to the same bytes."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) + 1]


def _swapped(rig: Rig) -> str:
    one, other = rig.signed(rig.claims()).split("."), rig.signed(rig.claims()).split(".")
    return ".".join([one[0], other[1], one[2]])


SHAPE_ATTACKS: dict[str, Callable[[Rig], str]] = {
    "alg none": lambda rig: assemble(_good_header(rig, alg="none"), rig.claims(), b""),
    "alg None": lambda rig: assemble(_good_header(rig, alg="None"), rig.claims(), b""),
    "alg nOnE with signature": lambda rig: resigned(rig, _good_header(rig, alg="nOnE"), rig.claims()),
    "alg missing": lambda rig: resigned(rig, {"typ": "JWT", "kid": rig.kid()}, rig.claims()),
    "alg array": lambda rig: resigned(rig, _good_header(rig, alg=["ES256"]), rig.claims()),
    "alg lower case": lambda rig: resigned(rig, _good_header(rig, alg="es256"), rig.claims()),
    "HS256 with the PEM": lambda rig: _hmac_with(rig, _spki(rig, Encoding.PEM)),
    "HS256 with the DER": lambda rig: _hmac_with(rig, _spki(rig, Encoding.DER)),
    "HS256 with the JWK": lambda rig: _hmac_with(rig, json.dumps(jwk_of(rig.key)).encode()),
    "EdDSA label on an EC key": lambda rig: resigned(rig, _good_header(rig, alg="EdDSA"), rig.claims()),
    "SM2 label on an EC key": lambda rig: resigned(rig, _good_header(rig, alg="SM2"), rig.claims()),
    "kid is a path": lambda rig: resigned(rig, _good_header(rig, kid="../../dev/null"), rig.claims()),
    "kid is SQL": lambda rig: resigned(rig, _good_header(rig, kid="' OR 1=1 --"), rig.claims()),
    "kid is a URL": lambda rig: resigned(rig, _good_header(rig, kid="http://127.0.0.1:1/k"), rig.claims()),
    "kid of 10 kB": lambda rig: resigned(rig, _good_header(rig, kid="k" * 10_000), rig.claims()),
    "kid is a number": lambda rig: resigned(rig, _good_header(rig, kid=1), rig.claims()),
    "no kid": lambda rig: resigned(rig, {"alg": "ES256", "typ": "JWT"}, rig.claims()),
    "jku": lambda rig: resigned(rig, _good_header(rig, jku="http://127.0.0.1:1/"), rig.claims()),
    "x5u": lambda rig: resigned(rig, _good_header(rig, x5u="http://127.0.0.1:1/"), rig.claims()),
    "embedded jwk": lambda rig: resigned(rig, _good_header(rig, jwk=jwk_of(rig.key)), rig.claims()),
    "crit": lambda rig: resigned(rig, _good_header(rig, crit=["exp"]), rig.claims()),
    "no typ": lambda rig: resigned(rig, {"alg": "ES256", "kid": rig.kid()}, rig.claims()),
    "typ of an access token": lambda rig: resigned(rig, _good_header(rig, typ="at+jwt"), rig.claims()),
    "typ of an officer assertion": lambda rig: resigned(rig, _good_header(rig, typ="officer+jwt"), rig.claims()),
    "sub twice": lambda rig: resigned(rig, _good_header(rig), _duplicate_sub(rig)),
    "NaN": lambda rig: resigned(rig, _good_header(rig), json.dumps(rig.claims(nbf=float("nan"))).encode()),
    "claims are a list": lambda rig: resigned(rig, _good_header(rig), []),
    "padded base64": lambda rig: rig.signed(rig.claims()) + "=",
    "white space": lambda rig: rig.signed(rig.claims()).replace(".", ".\n", 1),
    "stray bits": lambda rig: _stray_bits(rig.signed(rig.claims())),
    "four parts": lambda rig: rig.signed(rig.claims()) + ".x",
    "two parts": lambda rig: rig.signed(rig.claims()).rpartition(".")[0],
    "encrypted": lambda rig: "a.b.c.d.e",
    "300 kB": lambda rig: "a" * 300_000,
    "not ASCII": lambda rig: "令.牌.！",
    "nesting bomb": lambda rig: assemble(_good_header(rig), b"[" * 9_000),
    "signature cut": lambda rig: rig.signed(rig.claims())[:-4],
    "payload of another": _swapped,
}


async def test_forged_and_confused_assertions_are_refused(rig: Rig) -> None:
    for name, make in SHAPE_ATTACKS.items():
        await refuses(name, ClientRefusedError, rig.access.issue_token(rig.form(client_assertion=make(rig))))
    assert await rig.scalar("SELECT count(*) FROM exchange_jti") == 0


async def test_an_unknown_client_leaves_no_event(rig: Rig) -> None:
    before = await rig.scalar("SELECT count(*) FROM log_entry")
    assertion = rig.signed(rig.claims("nobody", iss="nobody"))
    with pytest.raises(ClientRefusedError):
        await rig.access.issue_token(rig.form(client_assertion=assertion))
    assert await rig.scalar("SELECT count(*) FROM log_entry") == before


async def test_another_clients_key_does_not_speak_for_this_client(rig: Rig) -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    await rig.access.register_client("psb-system", department=PSB, jwks={"keys": [jwk_of(stranger)]})
    forged = jwt.encode(rig.claims(), stranger, "ES256", {"kid": jwk_of(stranger)["kid"]})
    with pytest.raises(ClientRefusedError):
        await rig.access.issue_token(rig.form(client_assertion=forged))


OFFICER_ATTACKS: dict[str, Callable[[Rig], str]] = {
    "nobody": lambda rig: rig.signed(rig.claims("NR9999"), "officer+jwt"),
    "wrong typ": lambda rig: rig.signed(rig.claims(OFFICER)),
    "issuer is another": lambda rig: rig.signed(rig.claims(OFFICER, iss="psb-system"), "officer+jwt"),
    "other audience": lambda rig: rig.signed(rig.claims(OFFICER, aud="https://elsewhere.example"), "officer+jwt"),
    "client assertion reused": lambda rig: rig.signed(rig.claims(CLIENT)),
    "stranger's key": lambda rig: jwt.encode(
        rig.claims(OFFICER), ec.generate_private_key(ec.SECP256R1()), "ES256", {"kid": rig.kid(), "typ": "officer+jwt"}
    ),
}


async def test_officer_assertions_must_name_an_active_officer(rig: Rig) -> None:
    for name, make in OFFICER_ATTACKS.items():
        await refuses(name, OfficerRefusedError, rig.access.issue_token(rig.form(officer_assertion=make(rig))))


REQUEST_ATTACKS = (
    {"grant_type": "authorization_code"},
    {"client_assertion_type": "urn:other"},
    {"client_assertion": ""},
    {"officer_assertion": ""},
    {"scope": "admin"},
)


async def test_other_requests_are_not_offered(rig: Rig) -> None:
    for changed in REQUEST_ATTACKS:
        await refuses(changed, TokenRequestError, rig.access.issue_token(rig.form(**changed)))


async def test_deactivation_ends_tokens_at_once_even_remembered_ones(rig: Rig) -> None:
    token = await rig.token()
    await rig.access.authenticate(token)
    assert await rig.access.deactivate_officer(NR, OFFICER)
    with pytest.raises(TokenRefusedError):
        await rig.access.authenticate(token)
    with pytest.raises(OfficerRefusedError):
        await rig.token()
    await rig.access.register_officer(OFFICER, department=NR, name="测试员")
    token = await rig.token()
    await rig.access.authenticate(token)
    await rig.run("UPDATE exchange_client SET active = false")  # another process did it
    with pytest.raises(TokenRefusedError):
        await rig.access.authenticate(token)
    with pytest.raises(ClientRefusedError):
        await rig.token()


async def test_a_remembered_token_dies_at_its_exp(rig: Rig) -> None:
    token = await rig.token()
    assert rig.access.verify(token).officer == OFFICER
    rig.clock.forward(seconds=599)
    assert rig.access.verify(token).officer == OFFICER
    rig.clock.forward(seconds=1)
    with pytest.raises(TokenRefusedError):
        rig.access.verify(token)


def _hub_token(rig: Rig, typ: str = "at+jwt", **changed: object) -> str:
    now = int(rig.clock().timestamp())
    claims: dict[str, object] = {
        "iss": URL,
        "sub": CLIENT,
        "client_id": CLIENT,
        "aud": f"{URL}/api/v1",
        "iat": now,
        "exp": now + 60,
        "jti": "1",
        "department": NR,
        "act": {"sub": OFFICER},
    }
    claims |= changed
    header = {"alg": "ES256", "typ": typ, "kid": rig.hub_signer.kid}
    signing_input = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{signing_input}.{b64(rig.hub_signer.sign(signing_input.encode()))}"


def test_the_forger_can_make_a_good_token(rig: Rig) -> None:
    assert rig.access.verify(_hub_token(rig)).department == NR


TOKEN_ATTACKS: tuple[dict[str, Any], ...] = (
    {"typ": "JWT"},
    {"typ": "yzt-receipt+jwt"},
    {"typ": "dc+sd-jwt"},
    {"iss": "https://elsewhere.example"},
    {"aud": "https://elsewhere.example/api/v1"},
    {"aud": URL},
    {"act": OFFICER},
    {"act": {}},
    {"exp": "soon"},
    {"department": None},
)


async def test_other_tokens_of_the_hub_are_no_access_tokens(rig: Rig) -> None:
    for changed in TOKEN_ATTACKS:
        with pytest.raises(TokenRefusedError):
            pytest.fail(f"{changed} speaks for {rig.access.verify(_hub_token(rig, **changed))}")


async def test_a_departments_assertion_is_no_access_token(rig: Rig) -> None:
    with pytest.raises(AccessError):
        rig.access.verify(rig.signed(rig.claims(aud=f"{URL}/api/v1"), "at+jwt"))


async def test_nothing_is_remembered_of_what_was_refused(rig: Rig) -> None:
    digest = hashlib.sha256(b"x.y.z").digest()
    with pytest.raises(TokenRefusedError):
        rig.access.verify("x.y.z")
    assert digest not in rig.access._tokens._verified
