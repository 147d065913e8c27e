"""Refused encodings and signed tokens, with the disclosures and holder's proofs of RFC 9901."""

from certs.errors.base import CertsError


class EncodingRefused(CertsError):
    """Bytes are not in the one canonical encoding. Next: refuse; two spellings of one value hide attacks."""

    code = "encoding-invalid"


class JsonRefused(EncodingRefused):
    """JSON with duplicate members, NaN, excessive depth, size or integers. Next: refuse the document."""

    code = "json-refused"


class TokenError(CertsError):
    """A signed token was refused. Next: see the subclass."""

    code = "token-error"


class TokenMalformed(TokenError):
    """The token does not have the shape of its type. Next: ask the sender for an intact token."""

    code = "token-malformed"


class TokenTooLarge(TokenError):
    """The token exceeds the size or count limit. Next: refuse before reading it."""

    code = "token-too-large"


class HeaderRefused(TokenError):
    """A header member is missing or not allowed (crit, jku, x5u, jwk, b64…). Next: refuse the token."""

    code = "header-refused"


class TypeMismatch(TokenError):
    """The token is of another type than this place accepts. Next: refuse the token."""

    code = "typ-mismatch"

    def __init__(self, *, expected: str, found: object) -> None:
        super().__init__(f"expected typ {expected!r}, found {str(found)[:64]!r}", expected=expected)
        self.expected, self.found = expected, found


class TokenExpired(TokenError):
    """The token's time of validity is over. Next: obtain a fresh one."""

    code = "token-expired"


class TokenNotYetValid(TokenError):
    """The token is valid only later, or claims to be made in the future. Next: check both clocks."""

    code = "token-not-yet-valid"


class ClaimInvalid(TokenError):
    """A claim has the wrong type or value. Next: refuse; the name of the claim is in the evidence."""

    code = "claim-invalid"

    def __init__(self, claim: str, detail: str) -> None:
        super().__init__(f"{claim}: {detail}", claim=claim)
        self.claim = claim


class ClaimMissing(ClaimInvalid):
    """A claim that verification rests on is absent or withheld. Next: refuse; it may not be disclosable."""

    code = "claim-missing"

    def __init__(self, claim: str, detail: str = "required but absent") -> None:
        super().__init__(claim, detail)


class DisclosureError(TokenError):
    """A disclosure was refused, and with it the whole token (RFC 9901 §7.1). Next: see the subclass."""

    code = "disclosure-error"


class DisclosureMalformed(DisclosureError):
    """A disclosure is not an array of two or three members with a text salt. Next: refuse the token."""

    code = "disclosure-malformed"


class DisclosureNameRefused(DisclosureError):
    """A disclosure uses a reserved claim name (`_sd`, `...`, `exp`, …). Next: refuse the token."""

    code = "disclosure-name-refused"


class DisclosureOverrides(DisclosureError):
    """A disclosure would replace a claim that is already there. Next: refuse the token."""

    code = "disclosure-overrides"


class DisclosureUnreferenced(DisclosureError):
    """No digest in the signed part asks for this disclosure. Next: refuse; it was smuggled in."""

    code = "disclosure-unreferenced"


class DigestDuplicate(DisclosureError):
    """One digest, or one disclosure, occurs twice. Next: refuse the token."""

    code = "digest-duplicate"


class HashAlgorithmRefused(DisclosureError):
    """`_sd_alg` names an unknown or weak digest. Next: refuse the token."""

    code = "sd-alg-refused"


class KeyBindingError(TokenError):
    """The holder's proof was refused. Next: ask the holder to present again."""

    code = "key-binding-invalid"


class KeyBindingMissing(KeyBindingError):
    """The policy asks for the holder's proof and none came. Next: ask the holder for it."""

    code = "key-binding-missing"


class KeyBindingUnexpected(KeyBindingError):
    """A holder's proof came that this policy cannot check. Next: give audience and nonce."""

    code = "key-binding-unexpected"


class SdHashMismatch(KeyBindingError):
    """Disclosures were added or dropped after the holder signed. Next: refuse the presentation."""

    code = "sd-hash-mismatch"


class NonceMismatch(KeyBindingError):
    """The proof answers another challenge. Next: refuse; it may be a replay."""

    code = "nonce-mismatch"


class AudienceMismatch(KeyBindingError):
    """The proof is addressed to another verifier. Next: refuse; it was relayed."""

    code = "audience-mismatch"
