"""A key was lost: what it signed is listed, nothing of it is believed, and its certificates are made anew."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from certs import repo as certificates
from certs.crypto.jws import parse_jws
from certs.errors import CertsError
from certs.evidence.entry import Entry
from certs.intents import Intent
from certs.model import FaceKind, FiledFace, Reason, State, Verdict
from certs.trust import parse_trust_bundle
from exchange.demo.world import Resource
from exchange.errors import KeyNotFoundError, KeyStillTrustedError, KeyUncertifiedError
from exchange.model_sealing import JobState
from exchange.service.compromise import Outcome, ReissuedRow
from exchange.service.issuing import Issuing
from exchange.service.keys import KeyRole, NoSignerError
from tests.support.city import PSB, START, City

WHOLE = {"since": START - timedelta(days=1), "until": START + timedelta(days=1)}


async def faces(city: City, kid: str, *, since: datetime, until: datetime) -> list[FiledFace]:
    pages = city.app.documents.compromise.faces(kid, since=since, until=until)
    return [face async for page in pages for face in page]


async def events(city: City, kid: str, *, since: datetime, until: datetime) -> list[Entry]:
    return [entry async for entry in city.app.documents.compromise.events(kid, since=since, until=until)]


def issuer_kid(city: City, owner: str = PSB) -> str:
    return city.app.keys.signer(KeyRole.ISSUER, owner).kid


async def face_of(city: City, identifier: str, kind: FaceKind) -> bytes:
    async with city.app.reads() as conn:
        found = await certificates.face(conn, identifier, kind)
    assert found is not None
    return found


async def verdict(city: City, content: bytes) -> tuple[str, set[str]]:
    """The verdict of the hub, and the codes of the steps that did not pass."""
    report = await city.app.verification.report(content, at=city.clock())
    return report.verdict.value, {step.code for step in report.steps if step.outcome in ("fail", "undetermined")}


def counted(rows: Sequence[ReissuedRow]) -> Counter[Outcome]:
    return Counter(row.outcome for row in rows)


# ---- what a key signed ---------------------------------------------------------------------------------------


async def test_every_face_between_two_instants_is_listed_and_no_other(city: City) -> None:
    kid = issuer_kid(city)
    found = await faces(city, kid, **WHOLE)
    async with city.app.reads() as conn:
        for face in found:
            body = await certificates.face(conn, face.identifier, face.kind)
            assert body is not None
            assert parse_jws(body.decode().partition("~")[0]).kid == kid
    assert {face.identifier[:18] for face in found} == {found[0].identifier[:18]}
    assert Counter(face.kind for face in found) == {FaceKind.JSON: 20, FaceKind.SD_JWT: 20}
    middle = sorted(face.made_at for face in found)[len(found) // 2]
    before = await faces(city, kid, since=WHOLE["since"], until=middle)
    after = await faces(city, kid, since=middle, until=WHOLE["until"])
    assert sorted(before + after, key=lambda f: (f.identifier, f.kind)) == found
    assert await faces(city, issuer_kid(city, city.world.hero.citizen_id[:0] or PSB), since=middle, until=middle) == []
    with pytest.raises(KeyNotFoundError):
        await faces(city, "no-such-key", **WHOLE)


async def test_every_event_of_a_key_is_listed_up_to_the_next_key(city: City) -> None:
    issued = await events(city, issuer_kid(city), **WHOLE)
    assert {entry.kind for entry in issued} == {"certificate:issued"}
    assert {entry.department for entry in issued} == {PSB}
    assert len(issued) == 20
    status = city.app.keys.signer(KeyRole.STATUS).kid
    await city.app.trust.publish()
    city.clock.forward(hours=1)
    await city.app.keys.generate(KeyRole.STATUS, city.app.hub.operator)
    city.clock.forward(minutes=1)
    await city.app.trust.publish()
    assert len(await events(city, status, **WHOLE)) == 1, "the second list bears the next key's signature"
    assert len(await events(city, city.app.keys.signer(KeyRole.STATUS).kid, **WHOLE)) == 1


# ---- an issuer's key -----------------------------------------------------------------------------------------


async def test_after_the_run_the_old_faces_are_not_valid_and_the_new_ones_are(city: City) -> None:
    run, kid, name = city.app.documents.compromise, issuer_kid(city), await city.identifier("household")
    old = await face_of(city, name, FaceKind.SD_JWT)
    assert (await verdict(city, old))[0] == Verdict.VALID
    since = city.clock() - timedelta(hours=2)
    await run.declare(kid, since=since, reason="laptop stolen")
    assert (await verdict(city, old))[0] == Verdict.INDETERMINATE, "nobody can tell it from a forgery"
    new_kid = issuer_kid(city)
    assert new_kid != kid
    done = await run.reissue(kid, since=since)
    assert done.complete
    assert counted(done.rows) == {Outcome.REISSUED: 20}
    assert done.jobs == (), "nothing was sealed"
    said, codes = await verdict(city, old)
    assert said == Verdict.INVALID
    assert "key-distrusted" in codes
    row = next(row for row in done.rows if row.identifier == name)
    new, before = await city.held(kind="household")
    assert str(new.certificate.identifier) == row.successor
    assert (before.state, new.certificate.version) == (State.SUPERSEDED, 2)
    token = await face_of(city, row.successor, FaceKind.SD_JWT)
    assert parse_jws(token.decode().partition("~")[0]).kid == new_kid
    assert (await verdict(city, token))[0] == Verdict.VALID


async def test_the_old_version_ends_as_key_compromised_for_everybody_to_read(city: City) -> None:
    kid, name = issuer_kid(city), await city.identifier("household")
    await city.app.documents.compromise.declare(kid, since=START, reason="lost")
    await city.app.documents.compromise.reissue(kid)
    async with city.app.reads() as conn:
        (change,) = (await certificates.changes(conn, [name]))[name]
    assert (change.to_state, change.reason) == (State.SUPERSEDED, Reason.KEY_COMPROMISED)
    published = (await city.app.trust.publish()).trust
    keys = city.app.keys.ring().resolver(at=city.clock(), role=KeyRole.TRUST)
    trust = parse_trust_bundle(published, keys)
    assert trust.distrusted == {kid: START}
    place = (await city.on_file(name)).certificate.status
    assert [n.reason for n in trust.histories[place.uri].of(place.index)] == [Reason.KEY_COMPROMISED]
    (note,) = await city.entries("key:certificates-reissued")
    assert note.detail == {"kid": kid, "reissued": 20, "refused": 0, "not-in-force": 0}
    (lost,) = await city.entries("key:distrusted")
    assert lost.detail["reason"] == "lost"
    reasons = {entry.detail["reason"] for entry in await city.entries("certificate:superseded")}
    assert reasons == {"key-compromised"}


async def test_a_run_that_was_cut_off_goes_on_and_makes_nothing_twice(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, kid = city.app.documents.compromise, issuer_kid(city)
    monkeypatch.setattr("exchange.service.compromise.CHUNK", 7)
    await run.declare(kid, since=START, reason="lost")
    calls = 0
    whole = Issuing.finish

    async def killed(self: Issuing, intents: Sequence[Intent]) -> object:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt  # after the second chunk was reserved and before it was stored
        return await whole(self, intents)

    monkeypatch.setattr(Issuing, "finish", killed)
    with pytest.raises(KeyboardInterrupt):
        await run.reissue(kid)
    monkeypatch.setattr(Issuing, "finish", whole)
    again = await run.reissue(kid)
    assert counted(again.rows) == {Outcome.REISSUED: 13, Outcome.NOT_IN_FORCE: 7}
    assert counted((await run.reissue(kid)).rows) == {Outcome.NOT_IN_FORCE: 20}
    async with city.app.reads() as conn:
        for row in again.rows:
            on_file = await certificates.by_identifier(conn, row.identifier)
            source = on_file.certificate.source
            versions = [
                item
                for item in await certificates.by_source(conn, source.resource, source.key)
                if item.certificate.type_code == on_file.certificate.type_code
            ]
            assert sorted(item.state for item in versions) == [State.SUPERSEDED, State.VALID]


async def test_what_cannot_be_made_anew_is_named_and_the_others_are_made(city: City) -> None:
    kid, held = issuer_kid(city), await city.identifier("household")
    await city.decide(held, State.SUSPENDED, Reason.INVESTIGATION)
    others = [face.identifier for face in await faces(city, kid, **WHOLE) if face.identifier != held]
    gone = await city.on_file(others[0])
    await city.remove(Resource.HOUSEHOLD, gone.certificate.source.key)
    ended = next(name for name in others if name != others[0])
    await city.decide(ended, State.VOIDED, Reason.ISSUED_BY_MISTAKE)
    await city.app.documents.compromise.declare(kid, since=START, reason="lost")
    done = await city.app.documents.compromise.reissue(kid)
    rows = {row.identifier: row for row in done.rows}
    assert counted(done.rows) == {Outcome.REISSUED: 17, Outcome.REFUSED: 2, Outcome.NOT_IN_FORCE: 1}
    assert not done.complete
    assert "暂扣" in rows[held].reason
    assert "record is gone" in rows[others[0]].reason
    assert rows[ended].outcome is Outcome.NOT_IN_FORCE
    assert (await city.on_file(held)).state is State.SUSPENDED
    await city.decide(held, State.VALID, Reason.REINSTATED)
    again = await city.app.documents.compromise.reissue(kid)
    assert {row.identifier: row.outcome for row in again.rows}[held] is Outcome.REISSUED


async def test_a_certificate_reserved_under_the_lost_key_is_given_up(city: City) -> None:
    """It could never be signed: its date is from before the next key."""
    kid = issuer_kid(city)
    await city.edit(Resource.HOUSEHOLD, city.hero, address="示例市新址1号")
    name = await city.identifier("household")
    kind = city.app.types.get("household")
    request = await city.app.issuing.request(kind, await city.record(Resource.HOUSEHOLD, city.hero))
    await city.app.units.run(lambda unit: city.app.issuing.issuance.supersede(unit, name, request))
    city.clock.forward(minutes=5)
    await city.app.documents.compromise.declare(kid, since=START, reason="lost")
    done = await city.app.documents.compromise.reissue(kid)
    assert counted(done.rows) == {Outcome.REISSUED: 20}
    assert len(await city.entries("certificate:issue-abandoned")) == 1
    new, _ = await city.held(kind="household")
    assert new.certificate.face["address"] == "示例市新址1号"


async def test_only_a_lost_key_is_followed_and_a_loss_is_never_moved_later(city: City) -> None:
    run, kid = city.app.documents.compromise, issuer_kid(city)
    with pytest.raises(KeyStillTrustedError):
        await run.reissue(kid)
    for method in (run.declare("x" * 43, since=START, reason="lost"), run.reissue("x" * 43)):
        with pytest.raises(KeyNotFoundError):
            await method
    await run.declare(kid, since=START, reason="lost")
    await run.declare(kid, since=START + timedelta(minutes=30), reason="found in a drawer")
    assert city.app.keys.distrusted() == {kid: START}
    with pytest.raises(NoSignerError):
        city.app.keys.signer(KeyRole.ISSUER, PSB, at=START)


async def test_a_lost_access_key_lets_nobody_in(city: City) -> None:
    """A retired key's tokens are good until they end; a lost one's were perhaps written by somebody else."""
    kid = city.app.keys.signer(KeyRole.ACCESS).kid
    await city.app.documents.compromise.declare(kid, since=city.clock(), reason="lost")
    assert kid not in {verifier.kid for verifier in city.app.keys.verifiers(KeyRole.ACCESS)}
    assert len(city.app.keys.verifiers(KeyRole.ACCESS)) == 1


# ---- a department's sealing key ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [FaceKind.OFD, FaceKind.PDF])
async def test_a_lost_sealing_key_ends_in_documents_sealed_anew(city: City, kind: FaceKind) -> None:
    app, run = city.app, city.app.documents.compromise
    await app.documents.development.init()
    who = await app.documents.enrolment.enrol(PSB)
    city.clock.forward(minutes=1)
    job = await app.documents.sealing.start("household")
    assert (await app.documents.sealing.run(job.id)).state is JobState.FINISHED
    await app.trust.publish()
    name = await city.identifier("household")
    old = await face_of(city, name, kind)
    assert (await verdict(city, old))[0] == Verdict.VALID
    kid = who.seal_kid if kind is FaceKind.OFD else who.pdf_kid
    assert {face.kind for face in await faces(city, kid, **WHOLE)} == {kind}
    assert {entry.detail["face"] for entry in await events(city, kid, **WHOLE)} == {kind.value}
    city.clock.forward(minutes=1)
    await run.declare(kid, since=START, reason="token lost")
    assert (await verdict(city, old))[0] != Verdict.VALID
    with pytest.raises((NoSignerError, KeyUncertifiedError)):
        await run.reissue(kid)
    assert len(await city.held(kind="household")) == 1, "nothing was touched"
    await app.documents.enrolment.enrol(PSB)
    city.clock.forward(minutes=1)
    done = await run.reissue(kid)
    assert done.complete, done.jobs
    assert counted(done.rows) == {Outcome.REISSUED: 20}
    assert [job.sealed for job in done.jobs] == [20]
    row = next(row for row in done.rows if row.identifier == name)
    assert (await verdict(city, await face_of(city, row.successor, kind)))[0] == Verdict.VALID
    said, codes = await verdict(city, old)
    assert said == Verdict.INVALID, codes
    assert counted((await run.reissue(kid)).rows) == {Outcome.NOT_IN_FORCE: 20}


async def test_a_face_that_cannot_be_signed_does_not_stop_the_others(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, kid, bad = city.app.documents.compromise, issuer_kid(city), await city.identifier("household")
    await run.declare(kid, since=START, reason="lost")
    whole = Issuing.finish

    async def refusing(self: Issuing, intents: Sequence[Intent]) -> object:
        if any(intent.predecessor == bad for intent in intents):
            raise CertsError("the token is gone")
        return await whole(self, intents)

    monkeypatch.setattr(Issuing, "finish", refusing)
    done = await run.reissue(kid)
    assert counted(done.rows) == {Outcome.REISSUED: 19, Outcome.REFUSED: 1}
    (row,) = [row for row in done.rows if row.outcome is Outcome.REFUSED]
    assert row == replace(row, identifier=bad, reason="the token is gone", successor="")
