"""What is fuzzed: a function from bytes that may end in one of our own refusals, and in nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from certs.errors import AlgorithmUnavailable, CertsError

MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Target:
    """A reader under attack.

    Attributes:
        read: takes any bytes; returns, or raises `CertsError`. Everything else is a find.
        seeds: genuine inputs, made by the code that makes the real ones.
        words: byte strings worth inserting.
        max_bytes: longest input tried.
    """

    read: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]]
    words: tuple[bytes, ...] = ()
    max_bytes: int = field(default=MAX_BYTES)


def survives(target: Target, data: bytes) -> bool:
    """Whether the input was accepted; an exception that is no refusal of ours goes on to the caller.

    "The algorithm is not available here" is none either: no input may talk a verifier into saying so.
    """
    try:
        target.read(data)
    except AlgorithmUnavailable:
        raise
    except CertsError:
        return False
    return True


class BelievedForgeryError(AssertionError):
    """Changed bytes were believed, and say something else than the genuine ones."""


Targets = Mapping[str, Callable[[], Target]]
