"""Firms and real estate of the city, each tied to a resident."""

from datetime import date
from random import Random
from typing import Final

from exchange.demo.families import AS_OF, age, day_between, street_address
from exchange.demo.ids import certificate_number, unit_number, uscc
from exchange.demo.words import CITY, FIRM_KINDS, GIVEN, LICENSING_OFFICES, RARE, TRADES
from exchange.demo.world import Firm, Person, Property

FIRMS: Final = 260
HOMES: Final = 680

TRADING: Final = "存续"
REVOKED: Final = "吊销"
VALID: Final = "有效"
CANCELLED: Final = "注销"

FIRST_FIRM: Final = 101
"""Serial numbers below are kept for fixtures."""


def grown_up(person: Person) -> date:
    """The first day of the year after the one in which a resident turned 18."""
    return date(person.birth_date.year + 19, 1, 1)


def firm_name(random: Random, trade: str) -> str:
    """An invented trade name; one in eight holds a rare character."""
    last = random.choice(RARE if random.random() < 0.125 else GIVEN)
    return f"{CITY}{random.choice(GIVEN)}{last}{trade}有限公司"


def firm(random: Random, serial: int, legal_rep: Person) -> Firm:
    """One licence issued to a firm this resident represents."""
    trade, scope = random.choice(TRADES)
    founded = day_between(random, max(date(2005, 1, 4), grown_up(legal_rep)), date(2026, 6, 30))
    until = founded.replace(year=founded.year + 20, day=min(founded.day, 28)) if random.random() < 0.4 else None
    changed = day_between(random, founded, AS_OF) if random.random() < 0.3 else founded
    return Firm(
        uscc(serial),
        firm_name(random, trade),
        random.choice(FIRM_KINDS),
        legal_rep.name,
        legal_rep.citizen_id,
        f"{random.choice((10, 50, 100, 200, 500, 1000))}万元人民币",
        founded,
        until,
        street_address(random),
        scope,
        random.choice(LICENSING_OFFICES),
        changed,
        TRADING if random.random() < 0.97 else REVOKED,
    )


def home(random: Random, serial: int, owner: Person, joint: bool) -> Property:
    """One certificate of a flat this resident owns."""
    registered = day_between(random, max(date(2016, 3, 1), grown_up(owner)), AS_OF)
    granted = registered.replace(year=registered.year - random.randint(1, 12), day=1)
    return Property(
        certificate_number(registered.year, serial),
        unit_number(serial // 40 + 1, serial % 40 + 1, serial % 97 + 1),
        owner.name,
        owner.citizen_id,
        "共同共有" if joint else "单独所有",
        owner.address if random.random() < 0.7 else street_address(random),
        "国有建设用地使用权/房屋所有权",
        random.choice(("出让/市场化商品房", "出让/市场化商品房", "划拨/房改房")),
        "城镇住宅用地/成套住宅",
        f"{random.randint(4200, 21000) / 100:.2f}".rstrip("0").rstrip("."),
        f"国有建设用地使用权{granted:%Y年%m月%d日}起70年",
        registered,
        VALID,
    )


def adults(people: list[Person], years: int = 18) -> list[Person]:
    """Residents of at least this age on the day of the description."""
    return [person for person in people if age(person, AS_OF) >= years]


def found_firms(random: Random, people: list[Person]) -> list[Firm]:
    """The city's firms; a resident represents at most one."""
    chosen = random.sample(adults(people, 23), FIRMS)
    return [firm(random, FIRST_FIRM + rank, person) for rank, person in enumerate(chosen)]


def convey_homes(random: Random, people: list[Person], married: frozenset[str]) -> list[Property]:
    """The city's certificates of real estate; some residents own two."""
    chosen = random.choices(adults(people, 23), k=HOMES)
    return [
        home(random, rank, person, person.citizen_id in married and random.random() < 0.5)
        for rank, person in enumerate(chosen, start=101)
    ]
