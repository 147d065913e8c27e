"""One Idempotency-Key has one effect, whichever of the two ways its answer is kept."""

import asyncio
from os import urandom
from uuid import UUID, uuid4

import pytest

from exchange.errors import RequestReusedError
from exchange.model import Principal, Role
from exchange.sealing import Sealer
from exchange.service.repeats import Repeats, scope_of
from exchange.uow import Unit, reads_on
from tests.exchange.rig import CITIZEN, NR, OFFICER, Rig, asker, question

REQUEST = {"act": "test"}


class Act:
    """An act that counts how often it was done."""

    def __init__(self) -> None:
        self.done = 0

    async def __call__(self, unit: Unit) -> str:
        self.done += 1
        unit.record("catalog:imported", {"source": "test"})
        return f"made {self.done}"


@pytest.fixture
def repeats(rig: Rig) -> Repeats:
    return Repeats(rig.units, reads_on(rig.engine), Sealer(urandom(32), urandom))


async def test_of_twins_one_acts_and_all_get_its_answer(repeats: Repeats) -> None:
    act, key = Act(), uuid4().hex
    assert await repeats.given(asker(), key, REQUEST) is None
    found = await asyncio.gather(*(repeats.once(asker(), key, REQUEST, act) for _ in range(6)))
    assert found == [found[0]] * 6
    assert await repeats.given(asker(), key, REQUEST) == found[0]
    with pytest.raises(RequestReusedError):
        await repeats.once(asker(), key, {"act": "another"}, act)
    assert await repeats.once(asker(client="other-system"), key, {"act": "another"}, act) != found[0]


async def test_what_was_refused_leaves_no_key_behind(repeats: Repeats) -> None:
    key = uuid4().hex

    async def refused(unit: Unit) -> str:
        raise LookupError

    with pytest.raises(LookupError):
        await repeats.once(asker(), key, REQUEST, refused)
    assert await repeats.once(asker(), key, REQUEST, Act()) == "made 1"


async def test_a_key_ends_after_its_day(rig: Rig, repeats: Repeats) -> None:
    act, key = Act(), uuid4().hex
    await repeats.once(asker(), key, REQUEST, act)
    rig.clock.forward(hours=23, minutes=59)
    assert await repeats.once(asker(), key, REQUEST, act) == "made 1"
    rig.clock.forward(minutes=1)
    assert await repeats.once(asker(), key, REQUEST, act) == "made 2"


async def test_queries_and_other_acts_of_one_asker_share_their_keys(rig: Rig, repeats: Repeats) -> None:
    act, first, second = Act(), uuid4().hex, uuid4().hex
    await rig.queries.answer(asker(), question(request_id=first))
    with pytest.raises(RequestReusedError):
        await repeats.once(asker(), first, REQUEST, act)
    assert act.done == 0
    await repeats.once(asker(), second, REQUEST, act)
    with pytest.raises(RequestReusedError):
        await rig.queries.answer(asker(), question(request_id=second))


def test_nobody_has_the_keys_of_another() -> None:
    people = [
        asker(),
        asker(client="other-system"),
        asker(client=None),
        asker(client=None, officer="NR0002"),
        Principal(Role.CUSTODIAN, "保管人", department=NR, officer=OFFICER),
        Principal(Role.APPLICANT, "办事人", subject=CITIZEN),
        Principal(Role.OPERATOR, "运维", account=UUID(int=1)),
        Principal(Role.OPERATOR, "运维", account=UUID(int=2)),
    ]
    assert len({scope_of(one) for one in people}) == len(people)
