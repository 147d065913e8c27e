"""SD-JWT VC (RFC 9901, draft-ietf-oauth-sd-jwt-vc): issue, present and verify credentials of type `dc+sd-jwt`.

The issuer signs digests; the holder decides which disclosures travel; the verifier's policy alone decides what
is demanded. One bad disclosure refuses the whole token.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from certs.crypto.alg import Alg
from certs.crypto.disclosures import (
    DEFAULT_HASH,
    digest,
    digests,
    hash_name,
    make_disclosures,
    parse_disclosure,
    reveal,
    with_ancestors,
)
from certs.crypto.jwk import bare_jwk, verifier_from_jwk
from certs.crypto.jws import MAX_TOKEN_BYTES, parse_jws, sign_jws, sign_with_header, verify_jws, verify_parsed
from certs.crypto.ports import ResolveKey, Signer
from certs.crypto.salts import SaltPool
from certs.crypto.strict_json import dumps, dumps_each, loads_object
from certs.crypto.times import MAX_LEEWAY, check_window, moment, numeric_date
from certs.errors import (
    AudienceMismatch,
    ClaimInvalid,
    ClaimMissing,
    DisclosureMalformed,
    DisclosureNameRefused,
    KeyBindingError,
    KeyBindingMissing,
    KeyBindingUnexpected,
    MalformedKey,
    NonceMismatch,
    SdHashMismatch,
    TokenMalformed,
    TokenTooLarge,
)

TYP: Final = "dc+sd-jwt"
KEY_BINDING_TYP: Final = "kb+jwt"
MAX_DISCLOSURES: Final = 512
MIN_SALT_CHARS: Final = 22  # 128 random bits in base64url, RFC 9901 §9.3
# Claims that verification rests on: withheld, they would turn a refusal into an acceptance (SD-JWT VC §3.2.2.2)
NEVER_DISCLOSABLE: Final = frozenset({"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status", "aud"})
_STRUCTURAL: Final = frozenset({"_sd", "...", "_sd_alg"})
_UNHIDEABLE: Final = NEVER_DISCLOSABLE | _STRUCTURAL
_SIMPLE: Final = frozenset({str, int, bool, type(None)})  # no member and no NaN inside
_MAX_TOKEN_CHARS: Final = 2 * MAX_TOKEN_BYTES


class SdJwt(NamedTuple):
    """An issued credential as the holder keeps it: the signed part and all its disclosures."""

    issuer_jwt: str
    disclosures: tuple[str, ...]

    def __str__(self) -> str:
        return "~".join((self.issuer_jwt, *self.disclosures, ""))

    @classmethod
    def parse(cls, text: str) -> "SdJwt":
        """Take apart what an issuer sent; raises TokenMalformed if it ends in a key binding, TokenTooLarge."""
        issuer_jwt, disclosures, binding = _split(text)
        if binding:
            raise TokenMalformed("an issued credential carries no key binding")
        return cls(issuer_jwt, tuple(disclosures))


@dataclass(frozen=True, slots=True, kw_only=True)
class SdJwtPolicy:
    """What a verifier demands. Nothing here is ever taken from the token.

    `required` claims must be readable after disclosure; `vct` and `issuer` restrict what is accepted; the holder's
    proof must answer `aud` and `nonce` and be younger than `kb_max_age`; `leeway` is at most 60 s.
    """

    require_kb: bool = False
    aud: str | None = None
    nonce: str | None = None
    issuer: str | None = None
    vct: frozenset[str] | None = None
    required: frozenset[str] = frozenset({"iss", "vct"})
    leeway: timedelta = timedelta(seconds=30)
    kb_max_age: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        if self.require_kb and not (self.aud and self.nonce):
            raise ValueError("a policy that demands key binding needs the audience and the nonce")
        if not timedelta(0) <= self.leeway <= MAX_LEEWAY:
            raise ValueError("leeway must be between 0 and 60 seconds")


@dataclass(frozen=True, slots=True)
class KeyBinding:
    """The holder's verified answer: to whom, to which challenge, when, with which key."""

    aud: str
    nonce: str
    issued_at: datetime
    kid: str


@dataclass(frozen=True, slots=True)
class VerifiedSdJwt:
    """A credential that passed every check. `disclosed` names the top-level claims the holder chose to show."""

    claims: dict[str, object]
    disclosed: frozenset[str]
    header: Mapping[str, object]
    kid: str
    alg: Alg
    cnf: dict[str, object] | None
    key_binding: KeyBinding | None


def issue(
    claims: Mapping[str, object],
    disclosable: AbstractSet[str],
    signer: Signer,
    *,
    salt: Callable[[], str],
    header: Mapping[str, object] | None = None,
    holder: Mapping[str, str] | None = None,
    decoys: int = 0,
) -> SdJwt:
    """Sign `claims`, each top-level claim of `disclosable` behind a digest of its own.

    `salt` gives at least 128 fresh random bits as base64url text per call. `holder` is the wallet's public JWK and
    becomes `cnf`. `decoys` digests without a disclosure hide how many claims there are. Digests are sorted, so
    their order tells nothing.

    Raises:
        DisclosureNameRefused: a claim that verification rests on was to be hidden, or a name is reserved.
        ClaimMissing: no `vct`, or a disclosable claim that is not there.
        DisclosureMalformed: a salt is short or repeats.
        MalformedKey: `holder` is not a public key.
        HeaderRefused, AlgorithmRefused: as `certs.crypto.jws.sign_jws`.
    """
    payload = dict(claims)
    _check_issuable(payload, disclosable)
    count = len(disclosable) + decoys
    salts = salt.take(count) if isinstance(salt, SaltPool) else _checked([salt() for _ in range(count)])
    hidden = [name for name in claims if name in disclosable]
    disclosures, keys = make_disclosures(salts[: len(hidden)], hidden, map(payload.pop, hidden))
    if holder is not None:
        payload["cnf"] = {"jwk": bare_jwk(holder)}
    if salts:
        payload["_sd"] = sorted(keys + digests(salts[len(disclosures) :]) if decoys else keys)
        payload["_sd_alg"] = DEFAULT_HASH
    (written,) = dumps_each((payload,))  # nothing came in since `_check_issuable` looked but digests and a key
    return SdJwt(sign_jws(written, signer, TYP, header), tuple(disclosures))


def present(
    sdjwt: SdJwt,
    disclose: AbstractSet[str],
    kb: Signer | None = None,
    *,
    aud: str = "",
    nonce: str = "",
    now: datetime | None = None,
) -> str:
    """The token a verifier receives: the chosen claims by name, and with `kb` the holder's proof for aud and nonce.

    A nested claim brings along the disclosures it is nested in.

    Raises:
        ClaimMissing: a name that no disclosure has.
        KeyBindingError: `kb` without audience, nonce and time.
    """
    available = [parse_disclosure(encoded) for encoded in sdjwt.disclosures]
    chosen = [disclosure for disclosure in available if disclosure.name in disclose]
    if absent := disclose - {disclosure.name for disclosure in chosen}:
        raise ClaimMissing(min(absent), "the credential has no such disclosure")
    sd_alg = hash_name(loads_object(parse_jws(sdjwt.issuer_jwt).payload))
    token = str(SdJwt(sdjwt.issuer_jwt, tuple(with_ancestors(chosen, available, sd_alg))))
    if kb is None:
        return token
    if not aud or not nonce or now is None:
        raise KeyBindingError("key binding needs an audience, a nonce and a time")
    proof = {"iat": int(now.timestamp()), "aud": aud, "nonce": nonce, "sd_hash": digest(token, sd_alg)}
    return token + sign_with_header(dumps(proof), kb, {"alg": kb.alg.value, "typ": KEY_BINDING_TYP})


def parse_and_check(token: str, resolve_key: ResolveKey, *, now: datetime, policy: SdJwtPolicy) -> VerifiedSdJwt:
    """Verify a credential or presentation at the time `now`.

    1. Size and shape. 2. Issuer's signature by a trusted key, and type. 3. Disclosures, all of them in place.
    4. Claims that verification rests on: undisguised, present, of the right value. 5. Times. 6. The holder's proof.
    Whether the nonce was used before, and what the status list says, is for the caller to ask.

    Raises:
        TokenError: any subclass; see `certs.errors`.
        EncodingRefused: a part is not canonical.
        CryptoError: the key is unknown, unfit or out of its time, or the signature is wrong.
    """
    issuer_jwt, disclosures, binding = _split(token)
    jws = verify_jws(issuer_jwt, resolve_key, TYP)
    signed = loads_object(jws.payload)
    claims = reveal(signed, disclosures)
    # withheld or shown, whole or in part: what verification rests on reads the same before and after disclosure
    if hidden := [name for name in NEVER_DISCLOSABLE if claims.get(name) != signed.get(name)]:
        raise DisclosureNameRefused(f"claims may not be disclosable: {sorted(hidden)}")
    _check_claims(claims, policy)
    check_window(claims, now=now, leeway=policy.leeway)
    cnf = _confirmation(claims)
    sd_hash = digest(token[: len(token) - len(binding)], hash_name(signed))
    key_binding = _check_binding(binding, sd_hash, cnf, now=now, policy=policy)
    disclosed = frozenset(claims.keys() - signed.keys())
    return VerifiedSdJwt(claims, disclosed, jws.header, jws.kid, jws.alg, cnf, key_binding)


def _split(token: str) -> tuple[str, list[str], str]:
    if len(token) > _MAX_TOKEN_CHARS or token.count("~") > MAX_DISCLOSURES + 1:
        raise TokenTooLarge(f"more than {MAX_DISCLOSURES} disclosures or {_MAX_TOKEN_CHARS} characters")
    issuer_jwt, *disclosures = token.split("~")
    if not disclosures:
        raise TokenMalformed("an SD-JWT ends its signed part with '~'")
    binding = disclosures.pop()
    return issuer_jwt, disclosures, binding


def _checked(salts: list[str]) -> list[str]:
    """Salts of a source that does not itself warrant them."""
    if len(set(salts)) != len(salts) or min(map(len, salts), default=MIN_SALT_CHARS) < MIN_SALT_CHARS:
        raise DisclosureMalformed("salts must be fresh and of at least 128 bits")
    return salts


def _check_issuable(claims: dict[str, object], disclosable: AbstractSet[str]) -> None:
    if not _UNHIDEABLE.isdisjoint(disclosable):
        raise DisclosureNameRefused(f"claims may not be disclosable: {sorted(disclosable & _UNHIDEABLE)}")
    if not claims.keys() >= disclosable:
        raise ClaimMissing(min(disclosable - claims.keys()), "to be disclosable, but not among the claims")
    if not isinstance(claims.get("vct"), str):
        raise ClaimMissing("vct")
    if "cnf" in claims:
        raise ClaimInvalid("cnf", "is set from `holder`")
    if _SIMPLE.issuperset(map(type, claims.values())):
        reserved = not _STRUCTURAL.isdisjoint(claims)
    else:
        dumps(claims)  # refuses what has no JSON form, before it is searched
        reserved = _has_structural_name(claims)
    if reserved:
        raise DisclosureNameRefused("claims use a name that SD-JWT reserves")


def _has_structural_name(value: object) -> bool:
    if isinstance(value, Mapping):
        return not _STRUCTURAL.isdisjoint(value) or any(map(_has_structural_name, value.values()))
    return isinstance(value, list | tuple) and any(map(_has_structural_name, value))


def _check_claims(claims: Mapping[str, object], policy: SdJwtPolicy) -> None:
    if absent := policy.required - claims.keys():
        raise ClaimMissing(min(absent))
    for name in ("iss", "vct"):
        if not isinstance(claims.get(name, ""), str):
            raise ClaimInvalid(name, "not text")
    if policy.issuer is not None and claims.get("iss") != policy.issuer:
        raise ClaimInvalid("iss", "another issuer than asked for")
    if "aud" in claims and claims["aud"] != policy.aud:
        raise AudienceMismatch("the credential is meant for another verifier")
    if policy.vct is not None and claims.get("vct") not in policy.vct:
        raise ClaimInvalid("vct", "another credential type than asked for")


def _confirmation(claims: Mapping[str, object]) -> dict[str, object] | None:
    cnf = claims.get("cnf")
    if cnf is None:
        return None
    if not isinstance(cnf, dict):
        raise ClaimInvalid("cnf", "not an object")
    return cnf


def _check_binding(
    binding: str, sd_hash: str, cnf: dict[str, object] | None, *, now: datetime, policy: SdJwtPolicy
) -> KeyBinding | None:
    if not binding:
        if policy.require_kb:
            raise KeyBindingMissing
        return None
    if policy.aud is None or policy.nonce is None:
        raise KeyBindingUnexpected
    jwk = cnf.get("jwk") if cnf else None
    if not isinstance(jwk, dict):
        raise ClaimMissing("cnf", "the credential is bound to no key")
    try:
        verifier = verifier_from_jwk(jwk)
    except MalformedKey as error:
        raise ClaimInvalid("cnf", "not a public key") from error
    jws = parse_jws(binding)
    verify_parsed(jws, verifier, KEY_BINDING_TYP)
    proof = loads_object(jws.payload)
    _check_answer(proof, sd_hash, policy)
    issued_at = _check_age(proof, now, policy)
    return KeyBinding(policy.aud, policy.nonce, issued_at, verifier.kid)


def _check_answer(proof: Mapping[str, object], sd_hash: str, policy: SdJwtPolicy) -> None:
    if proof.get("aud") != policy.aud:
        raise AudienceMismatch
    if proof.get("nonce") != policy.nonce:
        raise NonceMismatch
    if proof.get("sd_hash") != sd_hash:
        raise SdHashMismatch


def _check_age(proof: Mapping[str, object], now: datetime, policy: SdJwtPolicy) -> datetime:
    check_window(proof, now=now, leeway=policy.leeway)
    issued = numeric_date(proof, "iat")
    if issued is None:
        raise ClaimMissing("iat", "the holder's proof has no time")
    if now - moment(issued) > policy.kb_max_age + policy.leeway:
        raise KeyBindingError("the holder's proof is too old", iat=issued)
    return moment(issued)
