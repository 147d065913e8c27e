"""The register on a real database: every act with its event, two persons, the use log, and races."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from certs.crypto.sm3 import sm3
from certs.errors import InvalidSignature
from certs.model import Verdict
from certs.ofd.signing import VALUE_PATH
from certs.ofd.verify import verify_ofd
from certs.ofd.writer import pack
from certs.pki.errors import MalformedDer
from certs.seals import repo, tables
from certs.seals.errors import (
    SealActRefused,
    SealExists,
    SealMakingRefused,
    SealMalformed,
    SealNotFound,
    SealUseRefused,
)
from certs.seals.history import SealState
from certs.seals.model import Stamp
from certs.seals.ports import SealTrust
from certs.seals.registry import Act, Handover, RegisteredSeal, UsePolicy
from certs.seals.seal import make_test_seal
from certs.seals.service import Registration, SealRegister, StampUse, known_seals, may_seal
from certs.seals.signature import read_stamp, stamp_digest
from exchange.uow import LogGate, Units, watch_writes
from tests.certs.ofd.world import OfdWorld
from tests.certs.seals.world import NOW
from tests.certs.world import ListJournal

OWNER = "11339900MB9000031D"
ID = "33990000000001"
POLICY = UsePolicy(frozenset({"T1"}), 100)
DRAWN = bytes(range(32))


@dataclass
class Office:
    """The register of one test with a clock to set."""

    engine: AsyncEngine
    world: OfdWorld = field(default_factory=OfdWorld)
    journal: ListJournal = field(default_factory=ListJournal)
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.register = SealRegister(self.world.certificates, "embedded")
        self.units = Units(self.engine, self.journal, LogGate(), lambda: self.now, uuid4)

    def asked(self, der: bytes | None = None, custodians: tuple[str, ...] = ("anna", "boris")) -> Registration:
        return Registration(der or self.world.seal, OWNER, frozenset(custodians), POLICY, DRAWN)

    async def imported(self) -> RegisteredSeal:
        return await self.units.run(lambda u: self.register.import_seal(u, self.asked(), by="clerk"))

    async def two(self, act: Act, policy: UsePolicy | None = None) -> RegisteredSeal:
        one = await self.units.run(lambda u: self.register.propose(u, ID, act, by="anna", reason="测试", policy=policy))
        return await self.units.run(lambda u: self.register.approve(u, one.id, by="boris"))

    async def stop(self, act: Act) -> RegisteredSeal:
        return await self.units.run(lambda u: self.register.stop(u, ID, act, by="anna", reason="调查"))

    async def use(self, *digests: bytes, kind: str = "T1") -> int:
        uses = [StampUse(d, "1.2.3") for d in digests]
        return await self.units.run(lambda u: self.register.log_uses(u, ID, kind, uses))


@pytest.fixture
async def office(engine: AsyncEngine) -> Office:
    watch_writes(engine)
    async with engine.begin() as conn:
        await conn.run_sync(tables.metadata.create_all)
    return Office(engine)


async def test_the_life_of_a_seal_with_an_event_for_every_act(office: Office) -> None:
    seal = await office.imported()
    assert (seal.state, seal.digest, seal.owner) == (SealState.REGISTERED, sm3(office.world.seal), OWNER)
    assert (await office.two(Act.ACTIVATE)).state is SealState.ACTIVE
    office.now += timedelta(hours=1)
    assert (await office.stop(Act.SUSPEND)).state is SealState.SUSPENDED
    office.now += timedelta(hours=1)
    assert (await office.two(Act.LIFT)).state is SealState.ACTIVE
    assert (await office.two(Act.SET_POLICY, UsePolicy(frozenset({"T2"})))).policy == UsePolicy(frozenset({"T2"}))
    assert await office.use(b"1" * 32, kind="T2") == 1
    assert (await office.stop(Act.REVOKE)).state is SealState.REVOKED
    assert office.journal.kinds() == [
        "seal:imported",
        "seal:act-proposed",
        "seal:activated",
        "seal:suspended",
        "seal:act-proposed",
        "seal:suspension-lifted",
        "seal:act-proposed",
        "seal:use-policy-set",
        "seal:used",
        "seal:revoked",
    ]
    assert not any("anna" in str(e.detail) or "boris" in str(e.detail) for e in office.journal.attempted)
    async with office.engine.connect() as conn:
        history = (await known_seals(conn)).seals[ID]
        assert [r.es_id for r in await repo.seals(conn, OWNER)] == [ID]
        assert await repo.seals(conn, "11339900MB9000015P") == ()
    assert history.state_at(NOW + timedelta(minutes=90)) is SealState.SUSPENDED
    assert history.state_at(NOW - timedelta(days=1)) is None
    assert history.look is not None
    assert (history.look.owner, history.look.drawn) == (OWNER, DRAWN)


async def test_what_the_register_knows_decides_verification(office: Office) -> None:
    """From import to verdict: sealed, logged, revoked, and still upheld by the log of its use."""
    await office.imported()
    await office.two(Act.ACTIVATE)
    async with office.engine.connect() as conn:
        seal = await may_seal(conn, ID, "T1", documents=1, now=NOW)
        with pytest.raises(SealUseRefused):
            await may_seal(conn, ID, "T9", documents=1, now=NOW)
        with pytest.raises(SealNotFound):
            await may_seal(conn, "0", "T1", documents=1, now=NOW)
    office.now += timedelta(minutes=1)
    parts = office.world.parts(seal=seal, at=office.now)
    stamp = read_stamp(parts[VALUE_PATH])
    assert isinstance(stamp, Stamp)
    assert await office.use(stamp_digest(stamp)) == 1
    office.now += timedelta(minutes=1)
    await office.stop(Act.REVOKE)

    async def verdict(*digests: bytes) -> Verdict:
        async with office.engine.connect() as conn:
            known = await known_seals(conn, es_ids=[ID], stamp_digests=digests)
        found = verify_ofd(pack(parts), SealTrust(office.world.certificates, known), at=office.now)
        return found.report.verdict

    assert await verdict(stamp_digest(stamp)) is Verdict.VALID
    assert await verdict() is Verdict.INDETERMINATE


async def test_only_genuine_seals_are_filed(office: Office) -> None:
    seals = office.world.seals
    forged = make_test_seal(
        seals.info(), maker_certificate=seals.maker.certificate, maker=seals.stranger.signer, profile="embedded"
    )
    past = seals.seal(seals.info(valid_from=NOW - timedelta(days=9), valid_until=NOW - timedelta(days=1)))
    for der, refusal in (
        (b"\x30\x00", MalformedDer),
        (office.world.seal + b"\0", MalformedDer),
        (forged, InvalidSignature),
        (past, SealActRefused),
    ):
        with pytest.raises(refusal):
            await office.units.run(lambda u, d=der: office.register.import_seal(u, office.asked(d), by="clerk"))  # type: ignore[misc]
    with pytest.raises(SealActRefused):
        await office.units.run(lambda u: office.register.import_seal(u, office.asked(None, ("anna",)), by="c"))
    office.world.certificates.known = {}
    with pytest.raises(SealActRefused):
        await office.imported()
    async with office.engine.connect() as conn:
        assert await repo.seals(conn) == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"es_id": "../../etc"},
        {"es_id": "1 2"},
        {"es_id": "1\n2"},
        {"es_id": "<script>"},
        {"es_id": "9" * 65},
        {"name": "测试\u202e章印"},
        {"name": "测试\x00章"},
    ],
)
async def test_numbers_and_names_that_deceive_are_not_filed(office: Office, changed: dict[str, str]) -> None:
    seal = office.world.seals.seal(office.world.seals.info(**changed))
    with pytest.raises(SealMalformed):
        await office.units.run(lambda u: office.register.import_seal(u, office.asked(seal), by="clerk"))


async def test_custody_passes_to_who_takes_it_and_a_former_custodian_has_no_say(office: Office) -> None:
    await office.imported()
    register, run = office.register, office.units.run
    waiting = await run(lambda u: register.propose(u, ID, Act.ACTIVATE, by="anna", reason="启用"))
    hands = Handover("anna", "dora")
    office.now += timedelta(seconds=1)
    one = await run(lambda u: register.propose(u, ID, Act.HAND_OVER, by="anna", reason="调离", handover=hands))
    async with office.engine.connect() as conn:
        assert (await repo.open_proposals(conn, ID))[1] == one
    with pytest.raises(SealActRefused):
        await run(lambda u: register.approve(u, one.id, by="boris"))
    after = await run(lambda u: register.approve(u, one.id, by="dora"))
    assert after.custodians == {"boris", "dora"}
    async with office.engine.connect() as conn:
        assert (await repo.seal_by_id(conn, ID)).custodians == {"boris", "dora"}
        assert (await repo.changes(conn, ID))[0].done_by == "dora"
    with pytest.raises(SealActRefused):  # what she proposed while she was one
        await run(lambda u: register.approve(u, waiting.id, by="boris"))
    with pytest.raises(SealActRefused):
        await run(lambda u: register.stop(u, ID, Act.REVOKE, by="anna", reason="报复"))
    assert office.journal.kinds()[-1] == "seal:custody-handed-over"


async def test_parallel_approvals_have_one_effect(office: Office) -> None:
    await office.imported()
    one = await office.units.run(lambda u: office.register.propose(u, ID, Act.ACTIVATE, by="anna", reason=""))
    tried = await asyncio.gather(
        *(office.units.run(lambda u: office.register.approve(u, one.id, by="boris")) for _ in range(8)),
        return_exceptions=True,
    )
    assert sum(isinstance(t, RegisteredSeal) for t in tried) == 1
    assert sum(isinstance(t, SealNotFound) for t in tried) == 7
    assert office.journal.kinds().count("seal:activated") == 1


async def test_the_log_of_uses_is_read_page_by_page(office: Office) -> None:
    await office.imported()
    await office.two(Act.ACTIVATE)
    digests = [sm3(str(i).encode()) for i in range(25)]
    for start in (0, 10, 20):
        await office.use(*digests[start : start + 10])
        office.now += timedelta(seconds=1)
    seen: list[bytes] = []
    before = None
    async with office.engine.connect() as conn:
        while page := await repo.use_log(conn, ID, 7, before):
            seen += [row.stamp_digest for row in page]
            before = (page[-1].used_at, page[-1].stamp_digest[:16])
    assert len(seen) == 25
    assert set(seen[:5]) == set(digests[20:])
    assert set(seen) == set(digests)


async def test_rules_of_use_keep_their_end(office: Office) -> None:
    await office.imported()
    await office.two(Act.ACTIVATE)
    ends = office.now + timedelta(days=30)
    assert (await office.two(Act.SET_POLICY, UsePolicy(frozenset({"T1"}), None, ends))).policy.until == ends
    async with office.engine.connect() as conn:
        assert (await repo.seal_by_id(conn, ID)).policy.until == ends
        await may_seal(conn, ID, "T1", documents=1, now=ends)
        with pytest.raises(SealUseRefused, match="ended"):
            await may_seal(conn, ID, "T1", documents=1, now=ends + timedelta(seconds=1))


async def test_a_number_is_filed_once(office: Office) -> None:
    await office.imported()
    other = office.world.seals.seal(office.world.seals.info(name="339900市另一印章（测试）"))
    for der in (office.world.seal, other):
        with pytest.raises(SealExists):
            await office.units.run(lambda u, d=der: office.register.import_seal(u, office.asked(d), by="clerk"))  # type: ignore[misc]


async def test_test_seals_are_labelled_and_stay_out_of_production(office: Office) -> None:
    filed = await office.units.run(lambda u: office.register.register_test_seal(u, office.asked(), by="clerk"))
    assert filed.origin.value == "made-for-test"
    assert office.journal.kinds() == ["seal:made-for-test"]
    register = SealRegister(office.world.certificates, "production")
    with pytest.raises(SealMakingRefused):
        await office.units.run(lambda u: register.register_test_seal(u, office.asked(), by="clerk"))


async def test_one_person_never_does_what_takes_two(office: Office) -> None:
    await office.imported()
    register, run = office.register, office.units.run
    one = await run(lambda u: register.propose(u, ID, Act.ACTIVATE, by="anna", reason=""))
    for by in ("anna", "clerk"):
        with pytest.raises(SealActRefused):
            await run(lambda u, b=by: register.approve(u, one.id, by=b))  # type: ignore[misc]
    with pytest.raises(SealUseRefused):
        await office.use(b"1" * 32)
    async with office.engine.connect() as conn:
        assert [p.id for p in await repo.open_proposals(conn, ID)] == [one.id]
    await run(lambda u: register.approve(u, one.id, by="boris"))
    with pytest.raises(SealNotFound):
        await run(lambda u: register.approve(u, one.id, by="boris"))
    with pytest.raises(SealNotFound):
        await run(lambda u: register.propose(u, "0", Act.LIFT, by="anna", reason=""))


async def test_the_database_itself_refuses_one_person_as_two(office: Office) -> None:
    await office.imported()
    one = await office.units.run(lambda u: office.register.propose(u, ID, Act.ACTIVATE, by="anna", reason=""))
    for statement in (
        f"UPDATE seal_proposal SET approved_by = proposed_by, approved_at = now() WHERE id = '{one.id}'",
        "UPDATE seal_seal SET custodians = ARRAY['anna']",
    ):
        with pytest.raises(IntegrityError):
            async with office.engine.begin() as conn:
                await conn.execute(text(statement))


async def test_uses_are_logged_once_and_up_to_the_limit_even_in_a_crowd(office: Office) -> None:
    await office.imported()
    await office.two(Act.ACTIVATE)
    digests = [sm3(str(i).encode()) for i in range(120)]
    tried = await asyncio.gather(*(office.use(*digests[i : i + 10]) for i in range(0, 120, 10)), return_exceptions=True)
    assert sum(t for t in tried if isinstance(t, int)) == 100
    assert sum(isinstance(t, SealUseRefused) for t in tried) == 2
    done = next(i for i, t in enumerate(tried) if isinstance(t, int))
    assert await office.use(*digests[done * 10 : done * 10 + 10]) == 0
    office.now += timedelta(days=1)
    assert await office.use(b"tomorrow" * 4) == 1


async def test_a_stopped_seal_releases_nothing_more(office: Office) -> None:
    await office.imported()
    await office.two(Act.ACTIVATE)
    await office.stop(Act.SUSPEND)
    before = len(office.journal.attempted)
    with pytest.raises(SealUseRefused, match="停用"):
        await office.use(b"1" * 32)
    assert len(office.journal.attempted) == before
