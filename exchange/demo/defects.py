"""Bad rows that live in the departments' systems. Their exact numbers are known, so a pull can be judged."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from random import Random
from types import MappingProxyType
from typing import Final

from exchange.demo.families import IN_FORCE, MALE, full_name, street_address
from exchange.demo.holdings import firm, home
from exchange.demo.ids import citizen_id, marriage_number
from exchange.demo.world import Defect, Person, Record, Resource, Spoilt
from exchange.demo.world import Marriage as MarriageRecord

PLANTED: Final[Mapping[Resource, Mapping[Defect, int]]] = MappingProxyType(
    {
        # A UTF-8 database and JSON cannot hold broken bytes, so only the other two have broken encodings.
        Resource.HOUSEHOLD: {Defect.CHECK_DIGIT: 7, Defect.DATE: 5, Defect.BLANK_NAME: 4},
        Resource.MARRIAGE: {Defect.CHECK_DIGIT: 3, Defect.DATE: 2, Defect.BLANK_NAME: 2, Defect.PICTURE: 1},
        Resource.LICENCE: {Defect.CHECK_DIGIT: 3, Defect.DATE: 2, Defect.BLANK_NAME: 2, Defect.ENCODING: 2},
        Resource.REAL_ESTATE: {Defect.CHECK_DIGIT: 4, Defect.DATE: 3, Defect.BLANK_NAME: 2, Defect.ENCODING: 3},
    }
)
"""Resource to kind of defect to number of planted rows. They come on top of the sound rows."""

_FIRST_SERIAL: Final = 90001
_BORN: Final = date(1971, 2, 3)


def _stranger(random: Random, rank: int) -> Person:
    """Somebody no other book mentions; the sequence numbers from 601 up are used by nobody else."""
    return Person(
        citizen_id(_BORN, 601 + 2 * rank),
        full_name(random),
        MALE,
        "汉族",
        _BORN,
        street_address(random),
        f"3399{_FIRST_SERIAL + rank:06d}",
        "户主",
        date(2001, 5, 8),
    )


def _record(random: Random, resource: Resource, rank: int) -> Record:
    stranger = _stranger(random, rank)
    if resource is Resource.HOUSEHOLD:
        return stranger
    if resource is Resource.LICENCE:
        return firm(random, _FIRST_SERIAL + rank, stranger)
    if resource is Resource.REAL_ESTATE:
        return replace(home(random, _FIRST_SERIAL + rank, stranger, joint=False), location=stranger.address)
    return _marriage(random, rank, stranger)


def _marriage(random: Random, rank: int, husband: Person) -> MarriageRecord:
    wife = citizen_id(_BORN, 600 + 2 * rank)
    number = marriage_number(1999, _FIRST_SERIAL + rank)
    office = "示例市东示区民政局婚姻登记处"
    return MarriageRecord(
        number, date(1999, 6, 1), husband.citizen_id, husband.name, wife, full_name(random), office, IN_FORCE
    )


def plant(random: Random) -> Iterator[Spoilt]:
    """Every planted bad row, in the order of `PLANTED`."""
    rank = 0
    for resource, kinds in PLANTED.items():
        for defect, count in kinds.items():
            for _ in range(count):
                yield Spoilt(defect, _record(random, resource, rank))
                rank += 1
