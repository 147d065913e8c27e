"""Which public keys are trusted, for what, and when. The trust decision of every verification is made here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from certs.crypto.alg import Alg, algorithm
from certs.crypto.ports import ResolveKey, Verifier
from certs.errors import AlgorithmMismatch, KeyDistrusted, KeyOutsideWindow, KeyRoleRefused, MalformedKey, UnknownKey


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key with the role (`issuer`, `status`, `log`, `seal`, …), owner and time it is trusted for.

    `owner` is whom signatures speak for: an issuer address or a department code. Both ends of the window count.
    `distrusted_at`: its owner lost it then (失密). Whoever has it writes any date, so it proves nothing at any time.
    """

    verifier: Verifier
    not_before: datetime
    not_after: datetime
    role: str
    owner: str
    distrusted_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.not_before.tzinfo is None or self.not_after.tzinfo is None:
            raise MalformedKey("validity of a trusted key needs a time zone")
        if self.not_after < self.not_before:
            raise MalformedKey("validity of a trusted key ends before it begins")


class KeyRing:
    """An immutable set of trusted keys. Retired keys stay, so that old evidence verifies at its own time."""

    def __init__(self, keys: Iterable[TrustedKey]) -> None:
        self._keys: dict[str, tuple[TrustedKey, ...]] = {}
        for key in keys:
            self._keys[key.verifier.kid] = (*self._keys.get(key.verifier.kid, ()), key)

    def __iter__(self) -> Iterator[TrustedKey]:
        return (key for entries in self._keys.values() for key in entries)

    def __len__(self) -> int:
        return sum(len(entries) for entries in self._keys.values())

    def trusted(self, kid: str, alg: Alg, *, at: datetime, role: str) -> TrustedKey:
        """The entry for this identifier, checked in order: known, algorithm, role, window.

        `at` is the time of the evidence (a proven time stamp, else now), not the time of asking.

        Raises:
            UnknownKey: no such key.
            AlgorithmMismatch: the key is for another algorithm (confusion attack).
            AlgorithmRefused: policy has withdrawn the algorithm.
            KeyRoleRefused: trusted for another role; a kind of UnknownKey.
            KeyOutsideWindow: not valid at that time.
            KeyDistrusted: its owner lost it.
        """
        entries = self._keys.get(kid)
        if not entries:
            raise UnknownKey(kid)
        if entries[0].verifier.alg is not alg:
            raise AlgorithmMismatch(expected=entries[0].verifier.alg.value, found=alg.value)
        algorithm(alg.value)
        in_role = [entry for entry in entries if entry.role == role]
        if not in_role:
            raise KeyRoleRefused(kid, expected=role, found=entries[0].role)
        for entry in in_role:
            if entry.not_before <= at <= entry.not_after:
                if entry.distrusted_at is not None:
                    raise KeyDistrusted(kid, since=entry.distrusted_at)
                return entry
        last = in_role[-1]
        raise KeyOutsideWindow(kid, at=at, not_before=last.not_before, not_after=last.not_after)

    def verifier(self, kid: str, alg: Alg, *, at: datetime, role: str) -> Verifier:
        """The verifier of `trusted`, with the same refusals."""
        return self.trusted(kid, alg, at=at, role=role).verifier

    def resolver(self, *, at: datetime, role: str) -> ResolveKey:
        """`verifier` with time and role fixed, in the form token verification asks for."""
        return lambda kid, alg: self.verifier(kid, alg, at=at, role=role)

    def with_key(self, key: TrustedKey) -> "KeyRing":
        """A ring that also trusts this key."""
        return KeyRing([*self, key])
