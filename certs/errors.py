"""Every way a certificate, key, token or list can be refused: one tree, no transport words.

`code` is a stable slug for programs; the first argument says what happened, for people; `evidence` holds the
values a caller may show or log (never key material, never a claim of a person). A subclass that names its
evidence in `__init__` also carries it as attributes.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar


class CertsError(Exception):
    """Something about a certificate or its proof was refused. Next: read `code` and the subclass."""

    code: ClassVar[str] = "certs-error"

    def __init__(self, detail: str = "", **evidence: object) -> None:
        super().__init__(detail or (type(self).__doc__ or "").split("\n", 1)[0])
        self.evidence: Mapping[str, object] = MappingProxyType(evidence)


# ---- keys and algorithms ----


class CryptoError(CertsError):
    """A key, an algorithm or a signature was refused. Next: see the subclass."""

    code = "crypto-error"


class InvalidSignature(CryptoError):
    """The signature does not belong to this message and key. Next: treat the document as forged."""

    code = "signature-invalid"


class AlgorithmUnavailable(CryptoError):
    """This computer cannot run the algorithm. Next: install OpenSSL 3 with SM2 and SM3."""

    code = "alg-unavailable"


class AlgorithmRefused(CryptoError):
    """The algorithm is unknown here or not allowed for this use. Next: sign with one of certs.crypto.alg."""

    code = "alg-refused"


class AlgorithmMismatch(CryptoError):
    """A token names another algorithm than its key has (confusion attack). Next: refuse, never retry."""

    code = "alg-mismatch"

    def __init__(self, *, expected: str, found: str) -> None:
        super().__init__(f"key is for {expected}, token says {found}", expected=expected, found=found)
        self.expected, self.found = expected, found


class MalformedKey(CryptoError):
    """A key is not well formed, not on its curve, or of an unknown type. Next: obtain the key again."""

    code = "key-malformed"


class KeyUnreadable(CryptoError):
    """A private key could not be opened. Next: check the address, the file's rights and the passphrase."""

    code = "key-unreadable"


class UnknownKey(CryptoError):
    """No trusted key carries this identifier. Next: fetch the current trust list, then refuse."""

    code = "key-unknown"

    def __init__(self, kid: str, detail: str = "") -> None:
        super().__init__(detail or f"no trusted key {kid[:64]!r}", kid=kid[:64])
        self.kid = kid


class KeyRoleRefused(UnknownKey):
    """The key is trusted, but not for this role. Next: refuse; a key serves one purpose."""

    code = "key-role-refused"

    def __init__(self, kid: str, *, expected: str, found: str) -> None:
        super().__init__(kid, f"key {kid!r} has role {found!r}, not {expected!r}")
        self.expected, self.found = expected, found


class KeyOutsideWindow(CryptoError):
    """The key was not valid at the time of the evidence. Next: check the time stamp, else refuse."""

    code = "key-outside-window"

    def __init__(self, kid: str, *, at: datetime, not_before: datetime, not_after: datetime) -> None:
        super().__init__(
            f"key {kid!r} valid {not_before.isoformat()} to {not_after.isoformat()}, not at {at.isoformat()}",
            kid=kid,
            at=at,
            not_before=not_before,
            not_after=not_after,
        )
        self.kid, self.at, self.not_before, self.not_after = kid, at, not_before, not_after


# ---- encodings and tokens ----


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


# ---- selective disclosure (RFC 9901) ----


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
    """The holder's proof was refused. Next: see the subclass; ask the holder to present again."""

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


# ---- status lists ----


class StatusListError(CertsError):
    """A status list cannot be used, so the status is *unknown*, never valid. Next: fetch a fresh list."""

    code = "status-list-error"


class StatusListMalformed(StatusListError):
    """The list is not zlib data of whole entries. Next: fetch it again from its publisher."""

    code = "status-list-malformed"


class StatusListTooLarge(StatusListError):
    """The list would inflate beyond the limit (zlib bomb). Next: refuse; report the publisher."""

    code = "status-list-too-large"


class StatusListMismatch(StatusListError):
    """The list is about another address or from another issuer. Next: refuse; it may have been swapped."""

    code = "status-list-mismatch"


class StatusListStale(StatusListError):
    """The list is older than it may be used. Next: fetch a fresh one; until then the status is unknown."""

    code = "status-list-stale"


class StatusIndexOutOfRange(StatusListError):
    """The certificate points outside the list. Next: refuse; the status is unknown."""

    code = "status-index-out-of-range"

    def __init__(self, index: int, size: int) -> None:
        super().__init__(f"index {index} in a list of {size} entries", index=index, size=size)
        self.index, self.size = index, size


# ---- certificate identifiers and types -----------------------------------------------------------------------


class IdentifierInvalid(CertsError):
    """A certificate identifier (电子证照标识, GB/T 36904) is not well formed. Next: read it again on the document."""

    code = "identifier-invalid"

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"{text[:96]!r}: {reason}", reason=reason)
        self.text, self.reason = text[:96], reason


class IdentifierRootObsolete(IdentifierInvalid):
    """The identifier has the root of old software. Next: ask the issuer for the identifier under 1.2.156.3005.2."""

    code = "identifier-root-obsolete"


class TypeFileInvalid(CertsError):
    """A certificate type file is wrong; every fault is listed. Next: correct the file and load again."""

    code = "certificate-type-invalid"

    def __init__(self, source: str, faults: tuple[str, ...]) -> None:
        super().__init__(f"{source}: " + "; ".join(faults), source=source, faults=faults)
        self.source, self.faults = source, faults


class TypeUnknown(CertsError):
    """No certificate type (电子证照类型) has this code or short name. Next: add its file to the type catalogue."""

    code = "certificate-type-unknown"

    def __init__(self, name: str) -> None:
        super().__init__(f"no certificate type {name[:64]!r}", name=name[:64])
        self.name = name[:64]


# ---- issuing -------------------------------------------------------------------------------------------------


class IssueRefused(CertsError):
    """The record cannot become this certificate; every reason is listed. Next: correct the source record."""

    code = "issue-refused"

    def __init__(self, type_code: str, reasons: tuple[str, ...]) -> None:
        super().__init__("; ".join(reasons), type_code=type_code, reasons=reasons)
        self.type_code, self.reasons = type_code, reasons


class IssuerNotEntitled(CertsError):
    """This authority may not issue this type. Next: the authority that defines the type must name it as issuer."""

    code = "issuer-not-entitled"

    def __init__(self, issuer: str, type_code: str) -> None:
        super().__init__(f"{issuer} may not issue {type_code}", issuer=issuer, type_code=type_code)
        self.issuer, self.type_code = issuer, type_code


class TicketAlreadyRedeemed(CertsError):
    """A ticket signs once. Next: prepare again; a second signature needs a second decision."""

    code = "ticket-redeemed"


class CertificateExists(CertsError):
    """The source record has a certificate made from other content. Next: supersede it (变更) instead of issuing."""

    code = "certificate-exists"

    def __init__(self, identifier: str) -> None:
        super().__init__(f"{identifier} exists", identifier=identifier)
        self.identifier = identifier


class IssuanceInProgress(CertsError):
    """Another issuance of this record with other content is under way. Next: wait for it, then supersede."""

    code = "issuance-in-progress"


class IntentAbandoned(CertsError):
    """The intent was given up before the signature came. Next: discard the signature and issue anew."""

    code = "intent-abandoned"


class IntentMismatch(CertsError):
    """What was signed is not what was journalled. Next: discard it; check who changed the certificate between."""

    code = "intent-mismatch"


class CertificateNotFound(CertsError):
    """No certificate has this identifier. Next: check the identifier's check character."""

    code = "certificate-not-found"

    def __init__(self, identifier: str) -> None:
        super().__init__(f"no certificate {identifier[:96]!r}", identifier=identifier[:96])
        self.identifier = identifier[:96]


class TransitionRefused(CertsError):
    """The certificate's state does not allow this change. Next: the reason is named; ask the issuing authority."""

    code = "transition-refused"

    def __init__(self, state: str, target: str, why: str) -> None:
        super().__init__(f"{state} -> {target}: {why}", state=state, target=target)
        self.state, self.target, self.why = state, target, why


class FaceInvalid(CertsError):
    """A face of a certificate (照面) lacks or garbles what every face states. Next: refuse the document."""

    code = "face-invalid"


class TrustBundleInvalid(CertsError):
    """The trust list cannot be read. Next: fetch it again from the hub; until then nothing is verified."""

    code = "trust-bundle-invalid"
