"""Attempts in parallel on a real database with a bounded pool: of any number exactly one wins."""

import asyncio
from collections import Counter
from collections.abc import Awaitable

from certs.model import Reason, State
from exchange.errors import CodeNotAcceptedError, ExchangeError, PresentationOverError, TooManyMissesError
from exchange.model import Presentation, PresentationState, Principal, ShowCode
from tests.support.city import City


async def attempt(work: Awaitable[object]) -> object:
    """The result, or the refusal."""
    try:
        return await work
    except ExchangeError as error:
        return error


def tally(results: list[object]) -> Counter[str]:
    return Counter(type(result).__name__ for result in results)


async def shown(city: City, *kinds: str) -> ShowCode:
    offered = tuple([await city.identifier(kind) for kind in kinds or ("household",)])
    return await city.app.presentations.offer(city.citizen(), offered)


async def test_one_of_a_thousand_parallel_claims_of_a_code_wins(city: City) -> None:
    number, code = await city.case(), await shown(city)
    clerks = [city.clerk(officer=f"NR{n:04}") for n in range(100)]

    def claim(clerk: Principal) -> Awaitable[object]:
        return attempt(city.app.presentations.claim(clerk, code=code.code, case_number=number))

    results = await asyncio.gather(*(claim(clerk) for clerk in clerks for _ in range(10)))
    assert tally(results) == {"Presentation": 1, "CodeNotAcceptedError": 999}
    assert len(await city.entries("presentation:claimed")) == 1
    assert len(await city.entries("presentation:code-missed")) == 999


async def test_guesses_made_in_parallel_are_all_counted_before_the_next_is_judged(city: City) -> None:
    number = await city.case()
    guesses = [f"{n:08}" for n in range(100)]
    results = await asyncio.gather(
        *(attempt(city.app.presentations.claim(city.clerk(), code=code, case_number=number)) for code in guesses)
    )
    assert tally(results) == {CodeNotAcceptedError.__name__: 20, TooManyMissesError.__name__: 80}


async def test_many_codes_are_claimed_at_once_with_few_connections(city: City) -> None:
    number = await city.case()
    codes = [await shown(city) for _ in range(60)]
    claims = [city.app.presentations.claim(city.clerk(), code=code.code, case_number=number) for code in codes]
    taken = await asyncio.wait_for(asyncio.gather(*claims), 20)
    await asyncio.gather(*(city.app.presentations.confirm(city.citizen(), item.id) for item in taken))
    collected = await asyncio.gather(*(city.app.presentations.collect(city.clerk(), item.id) for item in taken))
    assert {item.verdict for released in collected for item in released} == {"valid"}


async def test_of_confirming_refusing_and_expiring_one_wins(city: City) -> None:
    number = await city.case()
    ends: Counter[str] = Counter()
    for _ in range(12):
        code = await shown(city)
        taken = await city.app.presentations.claim(city.clerk(), code=code.code, case_number=number)
        city.clock.at = taken.expires_at  # the last microseconds: every reading of the clock is one later
        city.clock.forward(microseconds=-8)
        acts = [city.app.presentations.confirm, city.app.presentations.refuse] * 3
        results = await asyncio.gather(
            *(attempt(act(city.citizen(), taken.id)) for act in acts), attempt(city.app.presentations.expire())
        )
        await city.app.presentations.expire()
        state = (await city.app.presentations.status(city.citizen(), taken.id)).state
        won = [r for r in results[:-1] if not isinstance(r, ExchangeError)]
        assert len(won) <= 1
        assert all(isinstance(r, PresentationOverError) for r in results[:-1] if isinstance(r, ExchangeError))
        moves = [
            entry.kind
            for entry in await city.entries()
            if entry.kind in {"presentation:refused", "presentation:confirmed", "presentation:expired"}
            and entry.detail["presentation"] == str(taken.id)
        ]
        final = {
            PresentationState.REFUSED: ["presentation:refused"],
            PresentationState.EXPIRED: ["presentation:expired"],
        }
        # a confirmed one that nobody collected in time ends as expired as well
        assert moves == final[state] or set(moves) == {"presentation:confirmed", "presentation:expired"}
        ends[state] += 1
    assert ends.total() == 12


async def test_collecting_in_parallel_releases_once(city: City) -> None:
    number, code = await city.case(), await shown(city)
    taken = await city.app.presentations.claim(city.clerk(), code=code.code, case_number=number)
    await city.app.presentations.confirm(city.citizen(), taken.id)
    collects = (attempt(city.app.presentations.collect(city.clerk(), taken.id)) for _ in range(50))
    results = await asyncio.gather(*collects)
    assert tally(results) == {"tuple": 1, "PresentationOverError": 49}
    assert len(await city.app.certificates.uses(city.citizen())) == 1


async def test_no_collection_that_starts_after_a_revocation_was_acknowledged_says_valid(city: City) -> None:
    """F-28: for every history, a `valid` answer must have been asked for before the revocation returned."""
    number = await city.case()
    holders = [item for item in city.world.people[:20] if await city.held(item.citizen_id, "household")]
    for rank, holder in enumerate(holders[:8]):
        case = await city.case(holder.citizen_id, number=f"{number}-{rank}")
        identifier = await city.identifier("household", holder.citizen_id)
        me = city.citizen(holder.citizen_id)
        taken = []
        for _ in range(6):
            code = await city.app.presentations.offer(me, (identifier,))
            claim = await city.app.presentations.claim(city.clerk(), code=code.code, case_number=case)
            taken.append(await city.app.presentations.confirm(me, claim.id))
        acknowledged = asyncio.Event()

        async def revoke(identifier: str, acknowledged: asyncio.Event, pause: float) -> None:
            await asyncio.sleep(pause)
            await city.decide(identifier, State.ANNULLED, Reason.OBTAINED_BY_FRAUD)
            acknowledged.set()

        async def collect(item: Presentation, acknowledged: asyncio.Event, pause: float) -> tuple[bool, str]:
            await asyncio.sleep(pause)
            late = acknowledged.is_set()
            (released,) = await city.app.presentations.collect(city.clerk(), item.id)
            return late, released.verdict

        revoking = asyncio.create_task(revoke(identifier, acknowledged, 0.004 * (rank % 4)))
        histories = await asyncio.gather(*(collect(item, acknowledged, n * 0.006) for n, item in enumerate(taken)))
        await revoking
        assert all(verdict == "invalid" for late, verdict in histories if late)
