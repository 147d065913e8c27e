"""The keys of the log while it is being written: a next one comes, both sign for a while, the former one goes.

A process learns of a rotation when it meets a signature it does not know, at the latest when it reads its keys again;
until it has read them again it holds nothing against the log. While two keys are in use checkpoints bear both
signatures, as C2SP signed-note intends (verifiers ignore those they do not know): who has only the former key goes on
verifying, and sees that its holder vouches for the tree the next key signs.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from certs.evidence.checkpoint import LogIdentity
from certs.evidence.findings import LogHealth
from certs.evidence.note import NoteSigner, NoteVerifier, parse_note
from certs.journal.errors import LogUnsound

SIGNERS: Final = 2
"""Signatures of one checkpoint, at most: the newest key's, and that of the one before it."""

T = TypeVar("T")


class LogKeys(Protocol):
    """The keys of one log, as far as this process knows them."""

    def identity(self) -> LogIdentity:
        """Origin and every key that ever signed heads of the log."""
        ...

    def signers(self) -> Sequence[NoteSigner]:
        """What this process signs with now, newest first; may be empty."""
        ...

    def in_use(self) -> Sequence[NoteVerifier]:
        """Keys that may sign, newest first, also those only another process can sign with."""
        ...

    async def learn(self) -> None:
        """Find out which keys there are by now."""
        ...


@dataclass(frozen=True, slots=True)
class FixedKeys:
    """Keys that do not change."""

    log: LogIdentity
    own: tuple[NoteSigner, ...] = ()

    @classmethod
    def of(cls, signer: NoteSigner) -> "FixedKeys":
        """A log with one key, whose name is its origin."""
        return cls(LogIdentity(signer.verifier.name, (signer.verifier,)), (signer,))

    def identity(self) -> LogIdentity:
        """The log."""
        return self.log

    def signers(self) -> Sequence[NoteSigner]:
        """Its own."""
        return self.own

    def in_use(self) -> Sequence[NoteVerifier]:
        """All of them."""
        return self.log.keys

    async def learn(self) -> None:
        """Nothing."""


async def believed(keys: LogKeys, work: Callable[[LogIdentity], Awaitable[T]]) -> T:
    """What `work` gives with the keys known; once more, if it finds the log unsound and there are other keys by now.

    Raises:
        LogUnsound: the log is, whatever keys there are.
    """
    known = keys.identity()
    try:
        return await work(known)
    except LogUnsound:
        await keys.learn()
        if keys.identity() == known:
            raise
    return await work(keys.identity())


async def judged(keys: LogKeys, check: Callable[[LogIdentity], Awaitable[LogHealth]]) -> LogHealth:
    """As `believed`, for a check that lists its findings."""
    known = keys.identity()
    health = await check(known)
    if not health.ok:
        await keys.learn()
        if keys.identity() != known:
            return await check(keys.identity())
    return health


def outdated(checkpoint: str, keys: LogKeys) -> bool:
    """Whether this process has a key in use that is newer than every key in use that signed the checkpoint."""
    own = [signer.verifier for signer in keys.signers()[:1]]
    signed = {(s.name, s.key_id) for s in parse_note(checkpoint).signatures}
    for key in keys.in_use():
        if (key.name, key.key_id) in signed:
            return False
        if key in own:
            return True
    return False
