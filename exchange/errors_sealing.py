"""What can go wrong with keys, their certificates, authorities and sealing; part of the tree of `exchange.errors`."""

from exchange.errors import ExchangeError


class KeyNotFoundError(ExchangeError):
    """No key of the hub has this identifier; `yzt key list --all` shows every key there ever was."""

    code = "key-not-found"

    def __init__(self, kid: str) -> None:
        self.kid = kid
        super().__init__(kid)


class KeyUncertifiedError(ExchangeError):
    """A sealing key has no certificate in its term; have its authority certify it, then `yzt key attach`."""

    code = "key-uncertified"

    def __init__(self, role: str, owner: str) -> None:
        self.role, self.owner = role, owner
        super().__init__(f"{role} {owner}")


class KeyUnfitError(ExchangeError):
    """The key cannot have this role; take one of the algorithm the role signs with."""

    code = "key-unfit"

    def __init__(self, role: str, reason: str) -> None:
        self.role, self.reason = role, reason
        super().__init__(f"{role}: {reason}")


class KeyNeededError(ExchangeError):
    """It is the last key in use of its role; make the next one first (`yzt keygen`), or say --last."""

    code = "key-needed"

    def __init__(self, role: str) -> None:
        self.role = role
        super().__init__(role)


class KeyStillTrustedError(ExchangeError):
    """Only a lost key's certificates are made anew; declare the loss first (`yzt key compromise`)."""

    code = "key-still-trusted"

    def __init__(self, kid: str) -> None:
        self.kid = kid
        super().__init__(kid)


class AuthorityRefusedError(ExchangeError):
    """The certificate or revocation list cannot be believed; obtain it again from its authority by a safe way."""

    code = "authority-refused"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class AuthorityNotFoundError(ExchangeError):
    """No authority and no revocation list has this SHA-256; `yzt authority list` shows them."""

    code = "authority-not-found"

    def __init__(self, sha256: str) -> None:
        self.sha256 = sha256
        super().__init__(sha256)


class DepartmentUnknownError(ExchangeError):
    """The catalogue has no department of this code; import the catalogue first (`yzt catalog import`)."""

    code = "department-unknown"

    def __init__(self, department: str) -> None:
        self.department = department
        super().__init__(department)


class SealUnavailableError(ExchangeError):
    """The issuer cannot seal this type now; what is missing is named. See `yzt seal list` and `yzt key list`."""

    code = "seal-unavailable"

    def __init__(self, owner: str, reason: str) -> None:
        self.owner, self.reason = owner, reason
        super().__init__(f"{owner}: {reason}")


class SealingStoppedError(ExchangeError):
    """Documents cannot be sealed now, none of them; the cause is named. Mend it, then run the sealing job again."""

    code = "sealing-stopped"

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}" if detail else reason)


class SealingJobNotFoundError(ExchangeError):
    """No sealing job has this number; `yzt document jobs` lists them."""

    code = "sealing-job-not-found"


class FaceNotMadeError(ExchangeError):
    """The certificate has no such face yet; documents are sealed by a sealing job (`yzt document seal`)."""

    code = "face-not-made"
