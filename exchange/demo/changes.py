"""What happens in the city later: moves, divorces, renamed and revoked firms, conveyed homes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from random import Random
from typing import Final, TypeVar

from exchange.demo.families import DIVORCE, IN_FORCE, street_address
from exchange.demo.holdings import CANCELLED, REVOKED, TRADING, VALID, adults, firm_name
from exchange.demo.ids import certificate_number
from exchange.demo.words import TRADES
from exchange.demo.world import RESOURCE_OF, Firm, Marriage, Person, Property, Record, Resource, World, key_of

LATER: Final = date(2026, 11, 20)
"""The day the later events happen on unless the caller names another."""

_NEW_TITLES: Final = 500_000
_Row = TypeVar("_Row", bound=Record)


class Event(StrEnum):
    """Why a row changed."""

    MOVED = "address-changed"
    DIVORCED = "divorced"
    REPHOTOGRAPHED = "photo-changed"
    RENAMED = "firm-renamed"
    REVOKED = "licence-revoked"
    CANCELLED = "title-cancelled"
    CONVEYED = "title-conveyed"


@dataclass(frozen=True, slots=True)
class Change:
    """One row of one department that is new (`before` is None) or differs; `after` is the whole row."""

    event: Event
    before: Record | None
    after: Record

    @property
    def resource(self) -> Resource:
        """The resource the row belongs to."""
        return RESOURCE_OF[type(self.after)]

    @property
    def key(self) -> str:
        """The key of the row inside its resource."""
        return key_of(self.after)


def moved(world: World, household_no: str, address: str) -> tuple[Change, ...]:
    """A household moves: one change per resident in it."""
    return tuple(
        Change(Event.MOVED, person, replace(person, address=address))
        for person in world.people
        if person.household_no == household_no
    )


def divorced(marriage: Marriage) -> tuple[Change, ...]:
    """A marriage ends: the register keeps the row and marks it 已离婚."""
    return (Change(Event.DIVORCED, marriage, replace(marriage, status=DIVORCE)),)


def rephotographed(marriage: Marriage) -> tuple[Change, ...]:
    """A couple brings a new photo, as for a certificate issued anew (补领)."""
    return (Change(Event.REPHOTOGRAPHED, marriage, replace(marriage, photo=marriage.photo + 1)),)


def renamed(firm: Firm, name: str, on: date) -> tuple[Change, ...]:
    """A firm takes another name; the licence is registered anew on that day."""
    return (Change(Event.RENAMED, firm, replace(firm, name=name, registered_on=on)),)


def revoked(firm: Firm) -> tuple[Change, ...]:
    """The market supervision office revokes (吊销) a licence."""
    return (Change(Event.REVOKED, firm, replace(firm, state=REVOKED)),)


def conveyed(title: Property, buyer: Person, serial: int, on: date) -> tuple[Change, ...]:
    """A home is sold: the old certificate is cancelled and a new one is issued to the buyer."""
    new = replace(
        title,
        certificate_no=certificate_number(on.year, serial),
        owner_id=buyer.citizen_id,
        owner_name=buyer.name,
        co_ownership="单独所有",
        registered_on=on,
    )
    return (
        Change(Event.CANCELLED, title, replace(title, state=CANCELLED)),
        Change(Event.CONVEYED, None, new),
    )


def _merged(rows: Sequence[_Row], changed: Sequence[_Row]) -> tuple[_Row, ...]:
    by_key: dict[str, _Row] = {key_of(row): row for row in changed}
    kept: list[_Row] = [by_key.pop(key_of(row), row) for row in rows]
    return (*kept, *by_key.values())


def changed_world(world: World, changes: Sequence[Change]) -> World:
    """The city after these changes: changed rows in place, new rows at the end."""
    rows = [change.after for change in changes]
    return replace(
        world,
        people=_merged(world.people, [row for row in rows if isinstance(row, Person)]),
        marriages=_merged(world.marriages, [row for row in rows if isinstance(row, Marriage)]),
        firms=_merged(world.firms, [row for row in rows if isinstance(row, Firm)]),
        properties=_merged(world.properties, [row for row in rows if isinstance(row, Property)]),
    )


def _moves(world: World, random: Random, wanted: int) -> Iterator[Change]:
    numbers = sorted({person.household_no for person in world.people} - {world.hero.household_no})
    sizes: dict[str, int] = {}
    for person in world.people:
        sizes[person.household_no] = sizes.get(person.household_no, 0) + 1
    random.shuffle(numbers)
    for number in numbers:
        if wanted >= sizes[number]:
            wanted -= sizes[number]
            yield from moved(world, number, street_address(random))


def _divorces(world: World, random: Random, wanted: int) -> Iterator[Change]:
    couples = [m for m in world.marriages if m.status == IN_FORCE and m.marriage_no != world.hero.marriage_no]
    for marriage in random.sample(couples, min(wanted, len(couples))):
        yield from divorced(marriage)


def _photos(world: World, random: Random, but: frozenset[str]) -> Iterator[Change]:
    """One couple brings a new photo; not the hero's, nor one of these."""
    couples = [m for m in world.marriages if m.status == IN_FORCE and m.marriage_no not in but]
    yield from rephotographed(random.choice(couples))


def _firm_changes(world: World, random: Random, wanted: int, on: date) -> Iterator[Change]:
    trading = [f for f in world.firms if f.state == TRADING and f.uscc != world.hero.uscc]
    for rank, firm in enumerate(random.sample(trading, min(wanted, len(trading)))):
        if rank % 2:
            yield from revoked(firm)
        else:
            yield from renamed(firm, firm_name(random, random.choice(TRADES)[0]), on)


def _conveyances(world: World, random: Random, wanted: int, on: date) -> Iterator[Change]:
    titles = [p for p in world.properties if p.state == VALID and p.certificate_no != world.hero.certificate_no]
    buyers = adults([p for p in world.people if p.citizen_id != world.hero.citizen_id], 23)
    first = _NEW_TITLES + len(world.properties)
    for rank, title in enumerate(random.sample(titles, min(wanted, len(titles)))):
        others = [buyer for buyer in buyers if buyer.citizen_id != title.owner_id]
        yield from conveyed(title, random.choice(others), first + rank, on)


def change(world: World, seed: int, share: float = 0.01, on: date = LATER) -> tuple[World, tuple[Change, ...]]:
    """Let `share` of every department's rows (at least one) change on the day `on`.

    Returns the changed city and the changes in a fixed order. Nothing of the hero's changes, and the planted
    bad rows stay. A conveyance touches two rows, the cancelled title and the new one.
    """
    random = Random(seed)  # noqa: S311 - a reproducible story, not a secret

    def wanted(count: int) -> int:
        return max(1, round(count * share))

    moves = tuple(_moves(world, random, wanted(len(world.people))))
    divorces = tuple(_divorces(world, random, wanted(len(world.marriages))))
    ended = frozenset((world.hero.marriage_no, *(change.key for change in divorces)))
    changes = (
        *moves,
        *divorces,
        *_firm_changes(world, random, max(2, wanted(len(world.firms))), on),
        *_conveyances(world, random, max(1, wanted(len(world.properties)) // 2), on),
        *_photos(world, random, ended),
    )
    return changed_world(world, changes), changes
