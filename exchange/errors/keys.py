"""The hub's keys, their certificates, and the authorities behind them."""

from exchange.errors.base import ExchangeError


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
