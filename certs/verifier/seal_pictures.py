"""Whose seal is it that a PDF shows? The picture as drawn against those on file for who sealed it. Pure.

A PAdES signature says whose key sealed, and nothing about the picture: the holder of one department's key could draw
another's seal. The trust list names for every seal its owner and a digest of its picture as PDFs draw it. In an OFD the
picture is inside the seal that the maker signed and the register knows; there only the owner is asked, because a seal
may list signers of several departments.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from certs.seals.history import SealLook, SealOnFile
from certs.verify_findings import Finding, failed, passed, undetermined

_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Look:
    """What a PDF shows as its seal: digest of the picture as drawn, empty if it cannot be read.

    `times` are when it was sealed, as claimed and as proven, in whole seconds; `reason` is why, as readers show it.
    """

    drawn: bytes
    times: tuple[datetime, ...]
    reason: str = ""


def judge_picture(look: Look, owners: Collection[str], seals: Iterable[SealOnFile]) -> Finding:
    """Whether the picture is that of a seal of the sealing department which was in force when it was put on.

    Args:
        look: what is seen.
        owners: whose key sealed (USCC).
        seals: all seals on file, also those that ended since.
    """
    drawn = look.drawn
    on_file = tuple(seals)
    own = [(seal, seal.look) for seal in on_file if seal.look and seal.look.owner in owners]
    same = [(seal, known) for seal, known in own if known.drawn == drawn]
    if same:
        if any(_in_force(seal, known, look.times) for seal, known in same):
            return passed("seal-picture-good", es_id=same[0][0].es_id)
        return failed("seal-picture-not-in-force", es_id=same[0][0].es_id)
    if not own or any(seal.look is None for seal in on_file):
        return undetermined("seal-picture-unknown")
    others = sorted({seal.look.owner for seal in on_file if seal.look and seal.look.drawn == drawn})
    return failed("seal-picture-of-another", owner=", ".join(others)) if others else failed("seal-picture-differs")


def judge_owner(numbers: Collection[str], owners: Collection[str], seals: Iterable[SealOnFile]) -> Finding | None:
    """A finding if one of an OFD's seals (by number) belongs to somebody else than whose key put it on; else None."""
    looks = (seal.look for seal in seals if seal.es_id in numbers and seal.look)
    others = sorted({look.owner for look in looks} - set(owners)) if owners else []
    return failed("seal-picture-of-another", owner=", ".join(others)) if others else None


def _in_force(seal: SealOnFile, known: SealLook, times: Iterable[datetime]) -> bool:
    return any(known.valid_from - _SECOND < at <= known.valid_until and seal.active_in(at) for at in times)
