"""The fictional city: its people, marriages, firms and homes, as frozen values.

Everything follows from one seed through `random.Random`; no order of a set or of hashes takes part, so two
processes build the same city. No person, firm or address is real: the region 339900 was never allocated.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Resource(StrEnum):
    """What the four departments share."""

    HOUSEHOLD = "psb.household"
    MARRIAGE = "mca.marriage"
    LICENCE = "samr.business_licence"
    REAL_ESTATE = "nr.real_estate"


class Defect(StrEnum):
    """A kind of bad row that lives in a department's system and must never reach the hub's store."""

    CHECK_DIGIT = "check-digit"
    DATE = "date"
    ENCODING = "encoding"
    BLANK_NAME = "blank-name"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class Person:
    """户籍人口: one resident. Field names are the item codes of `psb.household`."""

    citizen_id: str
    name: str
    sex: str
    ethnicity: str
    birth_date: date
    address: str
    household_no: str
    relation: str
    registered_on: date


@dataclass(frozen=True, slots=True)
class Marriage:
    """婚姻登记: one registered marriage, in force (有效) or ended (已离婚); `photo` counts the couple's photos."""

    marriage_no: str
    registered_on: date
    spouse_a_id: str
    spouse_a_name: str
    spouse_b_id: str
    spouse_b_name: str
    office: str
    status: str
    photo: int = 1


@dataclass(frozen=True, slots=True)
class Firm:
    """营业执照: one firm and its legal representative; `valid_until` None means 长期."""

    uscc: str
    name: str
    entity_type: str
    legal_rep_name: str
    legal_rep_id: str
    registered_capital: str
    established_on: date
    valid_until: date | None
    address: str
    scope: str
    authority: str
    registered_on: date
    state: str


@dataclass(frozen=True, slots=True)
class Property:
    """不动产权: one certificate of real estate; `area` in square metres, decimal text without trailing zeros."""

    certificate_no: str
    unit_no: str
    owner_name: str
    owner_id: str
    co_ownership: str
    location: str
    right_type: str
    right_nature: str
    use: str
    area: str
    term: str
    registered_on: date
    state: str


RESOURCE_OF: Final[Mapping[type, Resource]] = MappingProxyType(
    {
        Person: Resource.HOUSEHOLD,
        Marriage: Resource.MARRIAGE,
        Firm: Resource.LICENCE,
        Property: Resource.REAL_ESTATE,
    }
)

Record = Person | Marriage | Firm | Property


def key_of(record: Record) -> str:
    """The key of a record inside its resource: its first field."""
    return str(getattr(record, fields(record)[0].name))


def body_of(record: Record) -> dict[str, str | float | None]:
    """The record as the hub must store it: item code to text, dates in ISO 8601, areas as numbers, unknown as None.

    Without the digest of a photo: whoever takes the photo in adds it.
    """
    return {name: _stored(name, value) for name, value in asdict(record).items() if name != "photo"}


def _stored(name: str, value: str | date | None) -> str | float | None:
    if name == "area" and isinstance(value, str):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A bad row planted on purpose: `record` is sound; the department writes it with this defect."""

    defect: Defect
    record: Record


@dataclass(frozen=True, slots=True)
class Hero:
    """The citizen the demo follows, with the keys of everything that is hers."""

    citizen_id: str
    name: str
    spouse_id: str
    household_no: str
    marriage_no: str
    uscc: str
    certificate_no: str


@dataclass(frozen=True, slots=True)
class World:
    """The whole city at one moment, each part in a fixed order."""

    people: tuple[Person, ...]
    marriages: tuple[Marriage, ...]
    firms: tuple[Firm, ...]
    properties: tuple[Property, ...]
    spoilt: tuple[Spoilt, ...]
    hero: Hero

    def records(self, resource: Resource) -> tuple[Record, ...]:
        """The sound records of one resource."""
        found: Mapping[Resource, tuple[Record, ...]] = {
            Resource.HOUSEHOLD: self.people,
            Resource.MARRIAGE: self.marriages,
            Resource.LICENCE: self.firms,
            Resource.REAL_ESTATE: self.properties,
        }
        return found[resource]

    def bad(self, resource: Resource) -> tuple[Spoilt, ...]:
        """The planted bad rows of one resource."""
        return tuple(item for item in self.spoilt if RESOURCE_OF[type(item.record)] is resource)

    def person(self, citizen_id: str) -> Person:
        """The resident with this number; raises KeyError when nobody has it."""
        for person in self.people:
            if person.citizen_id == citizen_id:
                return person
        raise KeyError(citizen_id)
