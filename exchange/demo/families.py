"""Households of the city: couples with children and elders, divorced parents, people living alone."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from exchange.demo.ids import citizen_id, marriage_number
from exchange.demo.words import (
    CITY,
    DISTRICTS,
    ESTATES,
    ETHNICITIES,
    GIVEN,
    MARRIAGE_OFFICES,
    RARE,
    REASSIGNED,
    STREETS,
    SURNAMES,
)
from exchange.demo.world import Marriage, Person

AS_OF: Final = date(2026, 11, 1)
"""The day the city is described at: nobody is born and nothing is registered later."""

COUPLES: Final = 560
DIVORCED: Final = 60
SINGLES: Final = 130

MALE: Final = "男"
FEMALE: Final = "女"
IN_FORCE: Final = "有效"
DIVORCE: Final = "已离婚"

_YEAR: Final = timedelta(days=365)
_RARE_SHARE: Final = 0.14
_OLD_NAMES: Final = tuple(REASSIGNED)


@dataclass(slots=True)
class Registry:
    """The offices' running numbers and the books filled so far."""

    random: Random
    people: list[Person] = field(default_factory=list)
    marriages: list[Marriage] = field(default_factory=list)
    _sequence: Counter[tuple[date, str]] = field(default_factory=Counter)
    _households: int = 0

    def next_household(self) -> str:
        """A new 户号."""
        self._households += 1
        return f"{3399}{self._households:06d}"

    def next_citizen_id(self, born: date, sex: str) -> str:
        """A number nobody has: the sequence of a birthday counts men and women apart."""
        self._sequence[born, sex] += 1
        rank = self._sequence[born, sex]
        return citizen_id(born, 2 * rank - 1 if sex == MALE else 2 * rank)

    def enrol(self, name: str, sex: str, born: date, *, ethnicity: str, relation: str, home: "Home") -> Person:
        """Write one resident into the household register."""
        since = max(home.since, born + timedelta(days=30)) if born < AS_OF - _YEAR else born
        person = Person(
            self.next_citizen_id(born, sex),
            name,
            sex,
            ethnicity,
            born,
            home.address,
            home.number,
            relation,
            min(since, AS_OF),
        )
        self.people.append(person)
        return person

    def marry(self, husband: Person, wife: Person, on: date, status: str) -> Marriage:
        """Register a marriage between two residents."""
        record = Marriage(
            marriage_number(on.year, len(self.marriages) + 1),
            on,
            husband.citizen_id,
            husband.name,
            wife.citizen_id,
            wife.name,
            self.random.choice(MARRIAGE_OFFICES),
            status,
        )
        self.marriages.append(record)
        return record


@dataclass(frozen=True, slots=True)
class Home:
    """Where a household lives and since when."""

    number: str
    address: str
    since: date


def street_address(random: Random) -> str:
    """An address in invented streets."""
    return (
        f"{CITY}{random.choice(DISTRICTS)}{random.choice(STREETS)}{random.randint(1, 260)}号"
        f"{random.choice(ESTATES)}{random.randint(1, 28)}幢{random.randint(1, 3)}单元"
        f"{random.randint(1, 18)}{random.randint(1, 4):02d}室"
    )


def given_name(random: Random) -> str:
    """One or two characters, one of them rare in about a seventh of all names."""
    drawn = [random.choice(GIVEN) for _ in range(random.choice((1, 2, 2)))]
    if random.random() < _RARE_SHARE:
        drawn[-1] = random.choice(RARE + _OLD_NAMES)
    return "".join(drawn)


def full_name(random: Random, surname: str = "") -> str:
    """A family name (drawn unless given) and a given name."""
    return (surname or random.choice(SURNAMES)) + given_name(random)


def day_between(random: Random, first: date, last: date) -> date:
    """A day in the closed interval; `first` when the interval is empty."""
    return first + timedelta(days=random.randint(0, max((last - first).days, 0)))


def _home(registry: Registry) -> Home:
    since = day_between(registry.random, date(1998, 1, 1), date(2024, 12, 31))
    return Home(registry.next_household(), street_address(registry.random), since)


def _ethnicity(random: Random) -> str:
    return "汉族" if random.random() < 0.9 else random.choice(tuple(ETHNICITIES))


def _children(registry: Registry, parents: tuple[Person, str], wed: date, home: Home, until: date) -> None:
    parent, surname = parents
    born = day_between(registry.random, wed + _YEAR, wed + 4 * _YEAR)
    for _ in range(registry.random.choice((0, 1, 1, 1, 2, 2))):
        if born >= until:
            return
        sex = registry.random.choice((MALE, FEMALE))
        name = full_name(registry.random, surname)
        registry.enrol(name, sex, born, ethnicity=parent.ethnicity, relation="子" if sex == MALE else "女", home=home)
        born = day_between(registry.random, born + 2 * _YEAR, born + 6 * _YEAR)


def _spouses(registry: Registry, homes: tuple[Home, Home], relations: tuple[str, str]) -> tuple[Person, Person]:
    random = registry.random
    born = day_between(random, date(1950, 1, 1), date(1999, 12, 31))
    people = []
    for sex, home, relation in zip((MALE, FEMALE), homes, relations, strict=True):
        shifted = day_between(random, born - 2 * _YEAR, born + 2 * _YEAR)
        people.append(
            registry.enrol(full_name(random), sex, shifted, ethnicity=_ethnicity(random), relation=relation, home=home)
        )
    return people[0], people[1]


def _surname(person: Person) -> str:
    return next((s for s in SURNAMES if len(s) > 1 and person.name.startswith(s)), person.name[0])


def _couple(registry: Registry) -> None:
    random = registry.random
    home = _home(registry)
    heads = ("户主", "配偶") if random.random() < 0.7 else ("配偶", "户主")
    husband, wife = _spouses(registry, (home, home), heads)
    elder = max(husband.birth_date, wife.birth_date)
    wed = day_between(random, elder + 23 * _YEAR, min(elder + 32 * _YEAR, AS_OF))
    registry.marry(husband, wife, wed, IN_FORCE)
    surname = _surname(husband if random.random() < 0.85 else wife)
    _children(registry, (husband, surname), wed, home, AS_OF)
    if random.random() < 0.35:
        _elder(registry, husband if heads[0] == "户主" else wife, home)


def _elder(registry: Registry, head: Person, home: Home) -> None:
    random = registry.random
    born = day_between(random, head.birth_date - 32 * _YEAR, head.birth_date - 24 * _YEAR)
    if born < date(1930, 1, 1):
        return
    sex = random.choice((MALE, FEMALE))
    name = full_name(random, _surname(head) if sex == MALE else "")
    relation = "父亲" if sex == MALE else "母亲"
    registry.enrol(name, sex, born, ethnicity=head.ethnicity, relation=relation, home=home)


def _divorced(registry: Registry) -> None:
    random = registry.random
    homes = (_home(registry), _home(registry))
    husband, wife = _spouses(registry, homes, ("户主", "户主"))
    elder = max(husband.birth_date, wife.birth_date)
    wed = day_between(random, elder + 23 * _YEAR, min(elder + 26 * _YEAR, AS_OF))
    registry.marry(husband, wife, wed, DIVORCE)
    parent, home = random.choice(((husband, homes[0]), (wife, homes[1])))
    _children(registry, (parent, _surname(husband)), wed, home, min(wed + 8 * _YEAR, AS_OF))


def _single(registry: Registry) -> None:
    random = registry.random
    born = day_between(random, date(1960, 1, 1), date(2006, 12, 31))
    sex = random.choice((MALE, FEMALE))
    registry.enrol(full_name(random), sex, born, ethnicity=_ethnicity(random), relation="户主", home=_home(registry))


def settle(registry: Registry) -> None:
    """Fill the registry with the city's households."""
    for _ in range(COUPLES):
        _couple(registry)
    for _ in range(DIVORCED):
        _divorced(registry)
    for _ in range(SINGLES):
        _single(registry)


def age(person: Person, on: date) -> int:
    """Completed years of life on a day."""
    birthday_passed = (on.month, on.day) >= (person.birth_date.month, person.birth_date.day)
    return on.year - person.birth_date.year - (0 if birthday_passed else 1)
