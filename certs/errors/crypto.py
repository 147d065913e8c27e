"""Refused keys, algorithms and signatures."""

from datetime import datetime

from certs.errors.base import CertsError


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


class KeyDistrusted(CryptoError):
    """The key's owner lost it, so its signatures prove nothing by themselves. Next: ask for a new document."""

    code = "key-distrusted"

    def __init__(self, kid: str, *, since: datetime) -> None:
        super().__init__(f"key {kid!r} is distrusted since {since.isoformat()}", kid=kid, since=since)
        self.kid, self.since = kid, since
