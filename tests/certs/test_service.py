"""Issuing over a real PostgreSQL: two units, crashes between them, races, decisions.

Long because one life of a certificate is followed from intent to end with the same rig.
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from certs import repo, tables
from certs.bulk import BulkIssuance, resolve_abandoned
from certs.crypto.ports import Signer
from certs.decisions import StatusLists, change_status
from certs.errors import (
    CertificateExists,
    CertificateNotFound,
    IntentAbandoned,
    IntentMismatch,
    IssuanceInProgress,
    IssueRefused,
    KeyUnreadable,
    TransitionRefused,
)
from certs.intents import Intent, IssueRequest, Refused
from certs.model import Certificate, FaceKind, MadeFace, OnFile, Reason, SignedCertificate, State, StatusChange, Verdict
from certs.ports import Unit
from certs.status_list import Status, verify_status_list
from certs.trust import StatusSnapshot
from certs.verify import verify
from tests.certs.conftest import Hub
from tests.certs.world import NOW, SLUGS, STATUS_BASE, TYPES, issuance, issuer_of, request_of

AUTHORITY = "11339900MB9000015P"


async def reserve(hub: Hub, request: IssueRequest) -> Intent | OnFile:
    return await hub.units.run(lambda unit: hub.issuance.reserve(unit, request))


async def store(hub: Hub, intent: Intent, signed: SignedCertificate) -> OnFile:
    return await hub.units.run(lambda unit: hub.issuance.store(unit, intent, signed))


async def issue(hub: Hub, request: IssueRequest) -> OnFile:
    intent = await reserve(hub, request)
    assert isinstance(intent, Intent)
    return await store(hub, intent, hub.bulk.signing.sign(intent))


async def intended(hub: Hub, slug: str = "household", key: str = "k1") -> Intent:
    intent = await reserve(hub, request_of(slug, key))
    assert isinstance(intent, Intent)
    return intent


def decision(identifier: str, to: State, reason: Reason, **changed: object) -> StatusChange:
    base = StatusChange(identifier, to, reason, "依法处理", AUTHORITY, NOW)
    return replace(base, **changed)  # type: ignore[arg-type]  # members by name


async def decide(hub: Hub, change: StatusChange) -> State:
    return await hub.units.run(lambda unit: change_status(unit, change))


async def count(hub: Hub, table: sa.Table) -> int:
    async with hub.reads() as conn:
        return int((await conn.execute(sa.select(sa.func.count()).select_from(table))).scalar_one())


async def find(hub: Hub, identifier: str) -> OnFile:
    async with hub.reads() as conn:
        return await repo.by_identifier(conn, identifier)


async def test_issue_find_and_verify(hub: Hub) -> None:
    for slug in ("household", "marriage", "business_licence", "real_estate"):
        made = await issue(hub, request_of(slug))
        certificate = made.certificate
        async with hub.reads() as conn:
            assert await repo.by_identifier(conn, str(certificate.identifier)) == made
            assert await repo.by_source(conn, certificate.source.resource, "k1") == (made,)
            for holder in certificate.holders:
                assert made in await repo.by_holder(conn, holder.code, certificate.type_code)
            faces = await repo.faces(conn, str(certificate.identifier))
        assert set(faces) == {FaceKind.JSON, FaceKind.SD_JWT}
    assert hub.journal.kinds() == ["certificate:issue-intended", "certificate:issued"] * 4
    async with hub.reads() as conn:
        # Spouse, owner and the firm's own licence: each holder finds what is his.
        mine = await repo.by_holder(conn, "339900199001010011")
        assert {f.certificate.name for f in mine} == {"结婚证", "不动产权证书"}
        assert await repo.by_holder(conn, "nobody") == ()
        with pytest.raises(CertificateNotFound):
            await repo.by_identifier(conn, "x")


async def test_a_further_face_is_filed_once_and_never_replaced(hub: Hub) -> None:
    one, two = [str((await issue(hub, request_of("household", key))).certificate.identifier) for key in ("k1", "k2")]

    async def attach(*made: MadeFace) -> frozenset[tuple[str, FaceKind]]:
        return await hub.units.run(lambda unit: hub.issuance.attach_faces(unit, made))

    assert await attach() == frozenset()
    assert await attach(MadeFace(one, FaceKind.PDF, b"%PDF-1", "K1")) == {(one, FaceKind.PDF)}
    again = MadeFace(one, FaceKind.PDF, b"%PDF-2", "K2")
    added = await attach(again, MadeFace(one, FaceKind.OFD, b"PK", "K2"), MadeFace(two, FaceKind.OFD, b"PK", "K2"))
    assert added == {(one, FaceKind.OFD), (two, FaceKind.OFD)}
    async with hub.reads() as conn:
        assert (await repo.faces(conn, one))[FaceKind.PDF] == await repo.face(conn, one, FaceKind.PDF) == b"%PDF-1"
        assert (await repo.filed_faces(conn, [two]))[two] == {FaceKind.JSON, FaceKind.SD_JWT, FaceKind.OFD}
    assert hub.journal.kinds().count("certificate:face-added") == 3
    with pytest.raises(CertificateNotFound):
        await attach(replace(again, identifier="x"), MadeFace(two, FaceKind.PDF, b"%PDF", "K1"))
    async with hub.reads() as conn:
        assert await repo.face(conn, two, FaceKind.PDF) is None


async def test_what_a_key_signed_in_a_time_is_one_question(hub: Hub) -> None:
    made = [await issue(hub, request_of(slug)) for slug in SLUGS]
    kid = hub.bulk.signing.signer_for(made[0].certificate).kid
    async with hub.reads() as conn:
        until, day = NOW + timedelta(seconds=1), timedelta(days=1)
        found = await repo.signed_by(conn, kid, since=NOW, until=until, limit=100)
        own = {str(m.certificate.identifier) for m in made if hub.bulk.signing.signer_for(m.certificate).kid == kid}
        assert [(f.identifier, f.kind) for f in found] == sorted(
            (identifier, kind) for identifier in own for kind in (FaceKind.JSON, FaceKind.SD_JWT)
        )
        first = await repo.signed_by(conn, kid, since=NOW, until=until, limit=1)
        last = (first[0].identifier, first[0].kind.value)
        rest = await repo.signed_by(conn, kid, since=NOW, until=until, after=last, limit=100)
        assert first + rest == found
        assert await repo.signed_by(conn, kid, since=NOW + day, until=NOW + 2 * day, limit=9) == ()
        assert await repo.signed_by(conn, "other", since=NOW, until=until, limit=9) == ()


async def test_events_hold_no_personal_data(hub: Hub) -> None:
    made = await issue(hub, request_of("marriage", "J339900-2019-000001"))
    await decide(hub, decision(str(made.certificate.identifier), State.REVOKED, Reason.PENALTY))
    for event in hub.journal.attempted:
        detail = str(event.detail)
        for secret in ("339900199001010011", "测试甲", "J339900-2019-000001", "依法处理"):
            assert secret not in detail
        assert made.certificate.source.digest.hex() not in detail, "a digest of a short record can be guessed"
    assert hub.journal.attempted[-1].subject == "339900199001010011"


async def test_the_same_record_is_issued_once(hub: Hub) -> None:
    made = await issue(hub, request_of("household"))
    assert await reserve(hub, request_of("household")) == made
    assert await count(hub, tables.intent) == 1
    assert hub.journal.kinds().count("certificate:issued") == 1
    with pytest.raises(CertificateExists):
        await reserve(hub, request_of("household", address="339900市新路"))


async def test_a_crash_after_reserve_and_a_retry_give_the_same_certificate(hub: Hub) -> None:
    first = await intended(hub)
    again = await intended(hub)
    assert again == first
    with pytest.raises(IssuanceInProgress):
        await reserve(hub, request_of("household", address="339900市新路"))
    made = await store(hub, again, hub.bulk.signing.sign(again))
    assert str(made.certificate.identifier) == first.identifier


async def test_a_crash_after_signing_loses_nothing_and_releases_nothing(hub: Hub) -> None:
    intent = await intended(hub)
    lost = hub.bulk.signing.sign(intent)  # the process dies here; the bytes are gone
    async with hub.reads() as conn:
        with pytest.raises(CertificateNotFound):
            await repo.by_identifier(conn, intent.identifier)
    made = await store(hub, intent, hub.bulk.signing.sign(intent))
    assert made.certificate == lost.certificate


class Crash(Exception):
    """The process dies."""


async def test_a_crash_inside_either_unit_leaves_nothing(hub: Hub) -> None:
    async def dying_reserve(unit: Unit) -> None:
        await hub.issuance.reserve(unit, request_of("household"))
        raise Crash

    with pytest.raises(Crash):
        await hub.units.run(dying_reserve)
    assert await count(hub, tables.intent) == 0
    intent = await intended(hub)
    signed = hub.bulk.signing.sign(intent)

    async def dying_store(unit: Unit) -> None:
        await hub.issuance.store(unit, intent, signed)
        raise Crash

    with pytest.raises(Crash):
        await hub.units.run(dying_store)
    for table in (tables.certificate, tables.face, tables.holder):
        assert await count(hub, table) == 0
    await store(hub, intent, signed)


async def test_a_crash_after_store_is_seen_by_the_retry(hub: Hub) -> None:
    intent = await intended(hub)
    signed = hub.bulk.signing.sign(intent)
    made = await store(hub, intent, signed)
    again = await store(hub, intent, hub.bulk.signing.sign(intent))
    assert again == made
    assert hub.journal.kinds().count("certificate:issued") == 1
    async with hub.reads() as conn:
        assert await repo.faces(conn, intent.identifier) == signed.faces, "the first signature stays"


async def test_double_issue_in_parallel_gives_one(hub: Hub) -> None:
    async def whole() -> OnFile:
        found = await reserve(hub, request_of("household"))
        return found if isinstance(found, OnFile) else await store(hub, found, hub.bulk.signing.sign(found))

    results = await asyncio.gather(*(whole() for _ in range(12)))
    assert len({str(r.certificate.identifier) for r in results}) == 1
    assert await count(hub, tables.certificate) == 1
    assert hub.journal.kinds().count("certificate:issued") == 1


async def test_parallel_batches_in_opposite_order_do_not_deadlock(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange.uow._ATTEMPTS", 1)  # a retry would hide a deadlock
    requests = [request_of("household", f"k{n}") for n in range(60)]
    bulks = [hub.bulk.run(order) for order in (requests, requests[::-1], requests, requests[::-1])]
    outcomes = await asyncio.gather(*bulks)
    assert await count(hub, tables.certificate) == 60
    assert hub.journal.kinds().count("certificate:issued") == 60
    assert not [r for o in outcomes for r in o.refused]


async def test_parallel_issuances_do_not_queue_on_one_list(hub: Hub) -> None:
    await issue(hub, request_of("household", "first"))  # there is a list to queue on
    entered = asyncio.Barrier(3)

    async def slow(unit: Unit, key: str) -> None:
        await hub.issuance.reserve(unit, request_of("household", key))
        await asyncio.wait_for(entered.wait(), 20)  # all three hold their reservation at once

    async def one(key: str) -> None:
        await hub.units.run(lambda unit: slow(unit, key))

    await asyncio.gather(*map(one, "abc"))
    async with hub.reads() as conn:
        assert len(await repo.status_lists(conn)) == 3


async def test_a_full_list_is_followed_by_another_and_no_index_twice(hub: Hub) -> None:
    small = replace(hub.bulk, issuance=issuance(list_size=4), chunk=3)
    await small.run(request_of("household", f"k{n}") for n in range(10))
    async with hub.reads() as conn:
        rows = (
            await conn.execute(sa.select(tables.certificate.c.status_list, tables.certificate.c.status_index))
        ).all()
    assert len(set(rows)) == 10
    assert max(r.status_index for r in rows) < 4


async def test_what_is_stored_must_be_what_was_journalled(hub: Hub) -> None:
    intent, other = await intended(hub), await intended(hub, key="k2")
    signed = hub.bulk.signing.sign(other)
    with pytest.raises(IntentMismatch):
        await store(hub, intent, signed)
    with pytest.raises(IntentMismatch):
        await store(hub, intent, replace(hub.bulk.signing.sign(intent), faces=signed.faces))
    assert await count(hub, tables.certificate) == 0


async def test_refused_rows_leave_nothing_behind(hub: Hub) -> None:
    with pytest.raises(IssueRefused):
        await reserve(hub, request_of("household", name=None))
    for table in (tables.intent, tables.status_list):
        assert await count(hub, table) == 0


# ---- sweeping ------------------------------------------------------------------------------------------------


async def sweep(hub: Hub, *, old: timedelta, bulk: BulkIssuance | None = None) -> tuple[Sequence[str], Sequence[str]]:
    async with hub.reads() as conn:
        intents = await repo.stale_intents(conn, NOW + timedelta(seconds=1), 100)
    found = await resolve_abandoned(bulk or hub.bulk, intents, give_up_before=NOW - old)
    return found.stored, found.abandoned


async def test_the_sweep_finishes_what_a_crash_left(hub: Hub) -> None:
    intent = await intended(hub)
    assert await sweep(hub, old=timedelta(hours=1)) == ((intent.identifier,), ())
    assert (await find(hub, intent.identifier)).state is State.VALID
    assert await sweep(hub, old=timedelta(hours=1)) == ((), ())


def away(_: Certificate) -> Signer:
    raise KeyUnreadable("the key store is down")


async def test_the_sweep_gives_up_what_cannot_be_signed_for_too_long_and_never_reuses_it(hub: Hub) -> None:
    intent = await intended(hub)
    late = hub.bulk.signing.sign(intent)
    broken = replace(hub.bulk, signing=replace(hub.bulk.signing, signer_for=away))
    assert await sweep(hub, old=timedelta(hours=-1), bulk=broken) == ((), (intent.identifier,))
    with pytest.raises(IntentAbandoned):
        await store(hub, intent, late)
    fresh = await intended(hub)
    assert fresh.identifier != intent.identifier
    assert fresh.status_index != intent.status_index
    await store(hub, fresh, hub.bulk.signing.sign(fresh))
    assert hub.journal.kinds().count("certificate:issue-abandoned") == 1
    with pytest.raises(CertificateNotFound):
        await decide(hub, decision(intent.identifier, State.REVOKED, Reason.PENALTY))
    async with hub.reads() as conn:
        assert (intent.status_index, State.VOIDED) in await repo.states_not_valid(conn, intent.status_list)


async def test_the_sweep_leaves_intents_open_while_the_key_is_away(hub: Hub) -> None:
    intent = await intended(hub)
    broken = replace(hub.bulk, signing=replace(hub.bulk.signing, signer_for=away))
    assert await sweep(hub, old=timedelta(hours=1), bulk=broken) == ((), ())
    assert await sweep(hub, old=timedelta(hours=1)) == ((intent.identifier,), ())


async def test_sweep_and_slow_signer_together_issue_once(hub: Hub) -> None:
    intents = [await intended(hub, key=f"k{n}") for n in range(8)]

    async def finish(intent: Intent) -> OnFile | None:
        try:
            return await store(hub, intent, hub.bulk.signing.sign(intent))
        except IntentAbandoned:
            return None

    async def give_up(intent: Intent) -> Sequence[Intent]:
        return await hub.units.run(lambda unit: hub.issuance.abandon(unit, [intent], "too-old"))

    for intent in intents:
        made, dropped = await asyncio.gather(finish(intent), give_up(intent))
        assert (made is None) != (not dropped)


# ---- decisions -----------------------------------------------------------------------------------------------


async def test_decisions_follow_the_table_and_are_logged(hub: Hub) -> None:
    name = str((await issue(hub, request_of("household"))).certificate.identifier)
    assert await decide(hub, decision(name, State.SUSPENDED, Reason.INVESTIGATION)) is State.SUSPENDED
    later = NOW + timedelta(0)
    assert await decide(hub, decision(name, State.REVOKED, Reason.PENALTY, effective_at=later)) is State.REVOKED
    assert (await find(hub, name)).state is State.REVOKED
    for to, reason in [(State.VALID, Reason.REINSTATED), (State.SUPERSEDED, Reason.SOURCE_CHANGED)]:
        with pytest.raises(TransitionRefused):
            await decide(hub, decision(name, to, reason))
    assert hub.journal.kinds()[-2:] == ["certificate:status-changed"] * 2
    assert hub.journal.attempted[-1].detail["from"] == "suspended"
    with pytest.raises(CertificateNotFound):
        await decide(hub, decision("1.2.156.3005.2.x", State.REVOKED, Reason.PENALTY))


async def test_a_decision_in_the_future_or_against_a_later_one_is_refused(hub: Hub) -> None:
    name = str((await issue(hub, request_of("household"))).certificate.identifier)
    with pytest.raises(TransitionRefused, match="future"):
        await decide(hub, decision(name, State.REVOKED, Reason.PENALTY, effective_at=NOW + timedelta(seconds=1)))
    with pytest.raises(TransitionRefused, match="next version only"):
        await decide(hub, decision(name, State.SUPERSEDED, Reason.SOURCE_CHANGED))
    await decide(hub, decision(name, State.SUSPENDED, Reason.INVESTIGATION))
    early = NOW - timedelta(hours=1)
    with pytest.raises(TransitionRefused, match="later stands against it"):
        await decide(hub, decision(name, State.VALID, Reason.REINSTATED, effective_at=early))


async def test_a_revocation_before_the_issue_wins(hub: Hub) -> None:
    intent = await intended(hub)
    signed = hub.bulk.signing.sign(intent)
    await decide(hub, decision(intent.identifier, State.REVOKED, Reason.PENALTY))
    made = await store(hub, intent, signed)
    assert made.state is State.REVOKED
    assert (await find(hub, intent.identifier)).state is State.REVOKED
    assert await reserve(hub, request_of("household")) == made, "re-issuing does not undo it"


async def test_revocation_and_issue_at_the_same_time(hub: Hub) -> None:
    for n in range(20):
        intent = await intended(hub, key=f"k{n}")
        signed = hub.bulk.signing.sign(intent)
        await asyncio.gather(
            store(hub, intent, signed), decide(hub, decision(intent.identifier, State.REVOKED, Reason.PENALTY))
        )
        assert (await find(hub, intent.identifier)).state is State.REVOKED


# ---- next versions -------------------------------------------------------------------------------------------


async def supersede(hub: Hub, name: str, request: IssueRequest) -> Intent | OnFile:
    return await hub.units.run(lambda unit: hub.issuance.supersede(unit, name, request))


async def test_a_changed_record_gives_the_next_version(hub: Hub) -> None:
    old = await issue(hub, request_of("household"))
    name = str(old.certificate.identifier)
    changed = request_of("household", address="339900市新路1号")
    intent = await supersede(hub, name, changed)
    assert isinstance(intent, Intent)
    assert (await find(hub, name)).state is State.VALID, "the old one holds until the new one is stored"
    new = await store(hub, intent, hub.bulk.signing.sign(intent))
    assert new.certificate.version == 2
    assert new.certificate.supersedes == old.certificate.identifier
    assert new.certificate.identifier.serial == old.certificate.identifier.serial
    assert (await find(hub, name)).state is State.SUPERSEDED
    assert hub.journal.kinds()[-2:] == ["certificate:superseded", "certificate:issued"]
    assert await supersede(hub, str(new.certificate.identifier), changed) == new
    with pytest.raises(TransitionRefused):
        await supersede(hub, name, request_of("household", address="339900市新路2号"))
    async with hub.reads() as conn:
        versions = await repo.by_source(conn, "psb.household", "k1")
        told = await repo.changes(conn, [name])
    assert [f.certificate.version for f in versions] == [2, 1]
    assert [c.to_state for c in told[name]] == [State.SUPERSEDED]


async def test_two_successors_in_parallel_give_one(hub: Hub) -> None:
    old = await issue(hub, request_of("household"))
    changed = request_of("household", address="339900市新路1号")
    found = await asyncio.gather(*(supersede(hub, str(old.certificate.identifier), changed) for _ in range(6)))
    assert len({f.identifier for f in found if isinstance(f, Intent)}) == 1


async def test_a_revocation_while_the_next_version_is_signed_wins(hub: Hub) -> None:
    old = await issue(hub, request_of("household"))
    name = str(old.certificate.identifier)
    intent = await supersede(hub, name, request_of("household", address="339900市新路1号"))
    assert isinstance(intent, Intent)
    signed = hub.bulk.signing.sign(intent)
    await decide(hub, decision(name, State.REVOKED, Reason.PENALTY))
    with pytest.raises(TransitionRefused):
        await store(hub, intent, signed)
    assert await sweep(hub, old=timedelta(hours=1)) == ((), (intent.identifier,))
    assert (await find(hub, name)).state is State.REVOKED


async def test_suspension_cannot_be_evaded_by_a_new_version(hub: Hub) -> None:
    old = await issue(hub, request_of("household"))
    name = str(old.certificate.identifier)
    await decide(hub, decision(name, State.SUSPENDED, Reason.INVESTIGATION))
    with pytest.raises(TransitionRefused):
        await supersede(hub, name, request_of("household", address="339900市新路1号"))


async def test_a_misprint_is_made_anew_from_the_same_record(hub: Hub) -> None:
    old = await issue(hub, request_of("household"))
    name = str(old.certificate.identifier)
    await decide(hub, decision(name, State.VOIDED, Reason.ISSUED_BY_MISTAKE))
    intent = await supersede(hub, name, request_of("household"))
    assert isinstance(intent, Intent)
    new = await store(hub, intent, hub.bulk.signing.sign(intent))
    assert new.state is State.VALID
    assert (await find(hub, name)).state is State.VOIDED


# ---- status lists --------------------------------------------------------------------------------------------


async def test_published_lists_say_what_is_stored(hub: Hub) -> None:
    made = [await issue(hub, request_of("household", f"k{n}")) for n in range(3)]
    names = [str(m.certificate.identifier) for m in made]
    await decide(hub, decision(names[1], State.REVOKED, Reason.PENALTY))
    await decide(hub, decision(names[2], State.SUSPENDED, Reason.INVESTIGATION))
    lists = StatusLists(STATUS_BASE)
    async with hub.reads() as conn:
        published = await lists.publish(conn, hub.world.status_key, NOW)
        histories = {lists.uri(i): await lists.history(conn, i, NOW) for i in published}
        faces = [(await repo.faces(conn, n))[FaceKind.SD_JWT].decode() for n in names]
    ((list_id, token),) = published.items()
    read = verify_status_list(token, lambda kid, alg: hub.world.status_key.verifier(), uri=lists.uri(list_id), now=NOW)
    assert read.size == 1 << 20
    indexes = [m.certificate.status.index for m in made]
    assert [read.lookup(i, at=NOW) for i in indexes] == [Status.VALID, Status.INVALID, Status.SUSPENDED]
    trust = hub.world.trust(snapshots=(StatusSnapshot(lists.uri(list_id), token, NOW),), histories=histories)
    reports = [verify(face, trust, at=NOW) for face in faces]
    assert [r.verdict for r in reports] == [Verdict.VALID, Verdict.INVALID, Verdict.INVALID]
    assert [r.state for r in reports] == [State.VALID, State.REVOKED, State.SUSPENDED]


# ---- bulk ----------------------------------------------------------------------------------------------------


def many(n: int, start: int = 0) -> list[IssueRequest]:
    return [request_of("household", f"b{i:06d}", household_no=f"3399{i:08d}") for i in range(start, start + n)]


async def test_bulk_of_five_thousand(hub: Hub) -> None:
    requests = many(5_000)
    requests[17] = request_of("household", "bad", name=None)
    outcome = await hub.bulk.run(requests)
    assert (outcome.issued, outcome.existing, len(outcome.refused)) == (4_999, 0, 1)
    assert isinstance(outcome.refused[0], Refused)
    assert outcome.refused[0].request.record.key == "bad"
    assert hub.journal.kinds().count("certificate:issued") == 4_999
    assert await count(hub, tables.certificate) == 4_999
    again = await hub.bulk.run(requests)
    assert (again.issued, again.existing, len(again.refused)) == (0, 4_999, 1)


async def test_bulk_resumes_after_a_crash_between_its_units(hub: Hub) -> None:
    requests = many(1_200)
    calls = 0

    def dying(_: Certificate) -> Signer:
        nonlocal calls
        calls += 1
        if calls > 700:
            raise Crash
        return hub.world.issuer_key

    with pytest.raises(Crash):
        await replace(hub.bulk, signing=replace(hub.bulk.signing, signer_for=dying)).run(requests)
    assert await count(hub, tables.certificate) == 500
    assert await count(hub, tables.intent) == 1_000
    outcome = await hub.bulk.run(requests)
    assert (outcome.issued, outcome.existing) == (700, 500)
    assert await count(hub, tables.intent) == 1_200, "open intents are joined, not replaced"
    assert hub.journal.kinds().count("certificate:issued") == 1_200


async def test_one_record_asked_twice_in_a_chunk(hub: Hub) -> None:
    twice = [*many(1), *many(1), request_of("household", "b000000", address="339900市新路")]
    outcome = await hub.bulk.run(twice)
    assert outcome.issued == 1
    assert [type(r.error) for r in outcome.refused] == [IssuanceInProgress]


async def test_the_database_itself_refuses_a_second_certificate(hub: Hub) -> None:
    made = await issue(hub, request_of("household"))
    async with hub.engine.connect() as conn:
        row = dict((await conn.execute(sa.select(tables.certificate))).mappings().one())
        with pytest.raises(IntegrityError):
            await conn.execute(tables.certificate.insert(), [{**row, "identifier": "x"}])
    assert made.certificate.issuer_code == issuer_of("household").code
    assert TYPES.get(made.certificate.type_code).slug == "household"


@pytest.mark.slow
async def test_killed_at_any_point_nothing_is_lost_or_made_twice(hub: Hub) -> None:
    """F-01: SIGKILL while issuing, again and again; then one run and one sweep settle everything."""
    url = hub.engine.url.render_as_string(hide_password=False)
    rows, interrupted = 400, 0
    for round_number in range(8):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.certs.killed_issuer", url, str(rows), stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        assert await process.stdout.readline() == b"started\n"
        await asyncio.sleep(0.03 + 0.017 * round_number)
        if process.returncode is None:
            process.kill()
        interrupted += await process.wait() != 0
        async with hub.reads() as conn:
            stored = set((await conn.execute(sa.select(tables.certificate.c.identifier))).scalars())
            faced = (await conn.execute(sa.select(tables.face.c.identifier))).scalars().all()
            kept = (
                await conn.execute(sa.select(tables.intent.c.identifier).where(tables.intent.c.outcome == "stored"))
            ).scalars()
            assert stored == set(faced) == set(kept), (
                "a certificate is there with its faces and its intent, or not at all"
            )
            assert len(faced) == 2 * len(stored)
    assert interrupted >= 4
    before = await count(hub, tables.intent)
    await hub.bulk.run(request_of("household", f"k{n}") for n in range(rows))
    assert await count(hub, tables.certificate) == rows
    assert await count(hub, tables.intent) == rows, "identifiers reserved before a crash are the ones used"
    assert before <= rows
    assert await sweep(hub, old=timedelta(hours=1)) == ((), ())
