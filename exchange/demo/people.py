"""The fictional city from one seed: `build_world(seed)`.

The values are in `exchange.demo.world`, later events in `exchange.demo.changes`.
"""

from dataclasses import replace
from datetime import date
from random import Random
from typing import Final

from exchange.demo.defects import plant
from exchange.demo.families import AS_OF, FEMALE, IN_FORCE, MALE, Home, Registry, settle
from exchange.demo.holdings import TRADING, convey_homes, firm, found_firms, home
from exchange.demo.ids import certificate_number
from exchange.demo.words import TRADES
from exchange.demo.world import Hero, World

SEED: Final = 339900
HERO_NAME: Final = "张䶮"

_HERO_FIRM: Final = 11
_HERO_HOME: Final = 11


def _hero_family(registry: Registry) -> tuple[str, str, str]:
    """The household of the hero, fixed in every world: first in every book, so her numbers never move."""
    address = "示例市东示区甲一路8号示例花园6幢2单元1203室"
    household = Home(registry.next_household(), address, date(2015, 9, 1))
    hero = registry.enrol(HERO_NAME, FEMALE, date(1988, 3, 15), ethnicity="汉族", relation="户主", home=household)
    husband = registry.enrol("李㛃", MALE, date(1986, 7, 20), ethnicity="汉族", relation="配偶", home=household)
    registry.enrol("李𬭬", MALE, date(2018, 6, 1), ethnicity="汉族", relation="子", home=household)
    marriage = registry.marry(husband, hero, date(2014, 5, 20), IN_FORCE)
    return hero.citizen_id, husband.citizen_id, marriage.marriage_no


def build_world(seed: int = SEED) -> World:
    """The city that belongs to this seed: the same values in every process and on every machine.

    Holds more than 2,000 people, 600 marriages, 260 firms, 680 certificates of real estate, the hero's
    own among them, and the bad rows of `exchange.demo.defects.PLANTED`.
    """
    random = Random(seed)  # noqa: S311 - a reproducible story, not a secret
    registry = Registry(random)
    hero_id, spouse_id, marriage_no = _hero_family(registry)
    settle(registry)
    hero, *others = registry.people
    married = frozenset(
        spouse for m in registry.marriages if m.status == IN_FORCE for spouse in (m.spouse_a_id, m.spouse_b_id)
    )
    her_firm = replace(
        firm(Random(0), _HERO_FIRM, hero),  # noqa: S311 - fixed in every world
        name="示例市䶮光文化创意有限公司",
        scope=TRADES[0][1],
        established_on=date(2019, 3, 12),
        registered_on=date(2019, 3, 12),
        valid_until=None,
        state=TRADING,
    )
    her_home = replace(
        home(Random(0), _HERO_HOME, hero, joint=False),  # noqa: S311 - fixed in every world
        location=hero.address,
        # Before 2020, so that the old system keeps her name with a private-use code point.
        certificate_no=certificate_number(2018, _HERO_HOME),
        registered_on=date(2018, 5, 8),
        term="国有建设用地使用权2012年06月01日起70年",
    )
    return World(
        people=tuple(registry.people),
        marriages=tuple(registry.marriages),
        firms=(her_firm, *found_firms(random, others)),
        properties=(her_home, *convey_homes(random, others, married)),
        spoilt=tuple(plant(random)),
        hero=Hero(
            hero_id,
            hero.name,
            spouse_id,
            hero.household_no,
            marriage_no,
            her_firm.uscc,
            her_home.certificate_no,
        ),
    )


__all__ = ["AS_OF", "HERO_NAME", "SEED", "build_world"]
