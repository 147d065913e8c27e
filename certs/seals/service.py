"""The seal register over the database: import, two-person custody, suspension, revocation, use log.

Every act is a unit with its event. Nothing is sealed here: the caller seals outside any transaction and logs the use
in the unit that files the document, which is refused if the seal was stopped meanwhile.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from certs.crypto.sm3 import sm3
from certs.model import day_begins, law_day
from certs.ports import Unit
from certs.seals import repo
from certs.seals.errors import SealActRefused, SealMakingRefused, SealMalformed
from certs.seals.history import SealState
from certs.seals.model import SealInfo
from certs.seals.ports import Certificates, KnownSeals, Standing
from certs.seals.refusals import ActRefusal
from certs.seals.registry import (
    Act,
    Handover,
    Origin,
    Proposal,
    RegisteredSeal,
    UsePolicy,
    approve,
    may_propose,
    may_use,
    may_withdraw,
    require_custodians,
    require_policy,
    stop,
)
from certs.seals.seal import check_maker_signature
from certs.seals.signature import read_v4

_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_EVENTS: Mapping[Act, str] = {
    Act.ACTIVATE: "seal:activated",
    Act.LIFT: "seal:suspension-lifted",
    Act.SET_POLICY: "seal:use-policy-set",
    Act.HAND_OVER: "seal:custody-handed-over",
    Act.SUSPEND: "seal:suspended",
    Act.REVOKE: "seal:revoked",
}


@dataclass(frozen=True, slots=True)
class Registration:
    """A seal to file: its DER, the unit it belongs to (USCC), the account names of its custodians, its rules of use.

    `drawn` is the digest of its picture as PDFs draw it (`SealLook`).
    """

    der: bytes
    owner: str
    custodians: frozenset[str]
    policy: UsePolicy
    drawn: bytes | None


@dataclass(frozen=True, slots=True)
class StampUse:
    """One document a seal was put on: SM3 of the stamp's TBS_Sign (`stamp_digest`), and the certificate identifier."""

    stamp_digest: bytes
    document: str


@dataclass(frozen=True, slots=True)
class SealRegister:
    """Keeps seals. `certificates` judges seal makers; `profile` is the hub's profile."""

    certificates: Certificates
    profile: str

    async def import_seal(self, unit: Unit, registration: Registration, *, by: str) -> RegisteredSeal:
        """File a seal made by the State's seal system; it waits for activation. Event `seal:imported`.

        Raises:
            MalformedDer, SealMalformed, SealVersionUnsupported, SealAlgorithmRefused, InvalidSignature: unfit.
            SealActRefused: its maker's certificate is not trusted, its term is over, or fewer than two custodians.
            SealExists: its number or its bytes are on file.
        """
        return await self._register(unit, registration, Origin.IMPORTED, by)

    async def register_test_seal(self, unit: Unit, registration: Registration, *, by: str) -> RegisteredSeal:
        """File a seal made here for tests (`make_test_seal`). Event `seal:made-for-test`; raises as `import_seal`.

        Raises:
            SealMakingRefused: the profile is `production`, or the seal's name lacks the label 测试.
        """
        if self.profile == "production" or "测试" not in read_v4(registration.der).info.name:
            raise SealMakingRefused
        return await self._register(unit, registration, Origin.MADE_FOR_TEST, by)

    async def propose(
        self,
        unit: Unit,
        es_id: str,
        act: Act,
        *,
        by: str,
        reason: str,
        policy: UsePolicy | None = None,
        handover: Handover | None = None,
        gone: frozenset[str] = frozenset(),
    ) -> Proposal:
        """One custodian proposes what takes two. Event `seal:act-proposed`.

        Raises:
            SealNotFound: no such seal.
            SealActRefused: see `registry.may_propose`.
        """
        seal = await repo.seal_by_id(unit.conn, es_id, lock=True)
        may_propose(seal, act, by=by, now=unit.now, policy=policy, handover=handover, gone=gone)
        proposal = Proposal(unit.new_id(), es_id, act, policy, reason, by, unit.now, handover)
        await repo.add_proposal(unit.conn, proposal)
        detail = {"es_id": es_id, "act": act.value, "proposal": str(proposal.id)}
        unit.record("seal:act-proposed", detail, department=seal.owner, officer=by)
        return proposal

    async def approve(self, unit: Unit, proposal_id: UUID, *, by: str) -> RegisteredSeal:
        """Another custodian (a handover: who takes custody) agrees, and it is done. Event of the act.

        Raises:
            SealNotFound: no such proposal, or it is done or withdrawn.
            SealActRefused: see `registry.approve`.
        """
        proposal = await repo.open_proposal(unit.conn, proposal_id)
        before = await repo.seal_by_id(unit.conn, proposal.es_id, lock=True)
        after = approve(before, proposal, by=by, now=unit.now)
        await repo.mark_approved(unit.conn, proposal_id, by=by, now=unit.now)
        return await self._change(
            unit, before, after, act=proposal.act, reason=proposal.reason, by=by, proposed_by=proposal.proposed_by
        )

    async def withdraw(self, unit: Unit, proposal_id: UUID, *, by: str) -> None:
        """Who proposed takes it back; nothing changed meanwhile. Event `seal:act-withdrawn`.

        Raises:
            SealNotFound: no such proposal, or it is done or withdrawn.
            SealActRefused: see `registry.may_withdraw`.
        """
        proposal = await repo.open_proposal(unit.conn, proposal_id)
        may_withdraw(proposal, by=by, now=unit.now)
        seal = await repo.seal_by_id(unit.conn, proposal.es_id)
        await repo.mark_withdrawn(unit.conn, proposal_id, now=unit.now)
        detail = {"es_id": seal.es_id, "act": proposal.act.value, "proposal": str(proposal_id)}
        unit.record("seal:act-withdrawn", detail, department=seal.owner, officer=by)

    async def stop(self, unit: Unit, es_id: str, act: Act, *, by: str, reason: str) -> RegisteredSeal:
        """One custodian suspends or revokes the seal, at once. Events `seal:suspended`, `seal:revoked`.

        Raises:
            SealNotFound: no such seal.
            SealActRefused: see `registry.stop`.
        """
        before = await repo.seal_by_id(unit.conn, es_id, lock=True)
        after = stop(before, act, by=by, now=unit.now)
        return await self._change(unit, before, after, act=act, reason=reason, by=by)

    async def log_uses(self, unit: Unit, es_id: str, type_code: str, uses: Sequence[StampUse]) -> int:
        """Log the documents of one type a seal was put on, in the unit that files them. Event `seal:used`.

        Idempotent per stamp; returns how many were new. Serialises with `stop`: a seal stopped before this unit
        refuses it, and the documents are not released.

        Raises:
            SealNotFound: no such seal.
            SealUseRefused: see `registry.may_use`.
        """
        seal = await repo.seal_by_id(unit.conn, es_id, lock=True)
        known = await repo.uses(unit.conn, [u.stamp_digest for u in uses])
        fresh = {u.stamp_digest: u for u in uses if u.stamp_digest not in known}
        if not fresh:
            return 0
        today = await repo.uses_since(unit.conn, es_id, day_begins(law_day(unit.now)))
        may_use(seal, type_code, documents=len(fresh), used_today=today, now=unit.now)
        detail = {"es_id": es_id, "type": type_code, "documents": len(fresh)}
        event = unit.record("seal:used", detail, department=seal.owner)
        about = {"es_id": es_id, "type_code": type_code, "used_at": unit.now, "event_id": event}
        rows = [{"stamp_digest": u.stamp_digest, "document": u.document, **about} for u in fresh.values()]
        return await repo.add_uses(unit.conn, rows)

    async def _register(self, unit: Unit, asked: Registration, origin: Origin, by: str) -> RegisteredSeal:
        require_custodians(asked.custodians)
        require_policy(asked.policy, unit.now)
        seal = self._judged(asked, origin, unit.now)
        await repo.add_seal(unit.conn, seal, asked.der, unit.now, drawn=asked.drawn)
        kind = "seal:imported" if origin is Origin.IMPORTED else "seal:made-for-test"
        event = unit.record(kind, {"es_id": seal.es_id, "sm3": seal.digest.hex()}, department=asked.owner, officer=by)
        await repo.add_change(
            unit.conn,
            seal.es_id,
            seal.state,
            id=unit.new_id(),
            reason=origin.value,
            done_by=by,
            proposed_by=None,
            at=unit.now,
            event_id=event,
        )
        return seal

    def _judged(self, asked: Registration, origin: Origin, now: datetime) -> RegisteredSeal:
        seal = read_v4(asked.der)
        check_maker_signature(seal, self.certificates.verifier(seal.maker_certificate))
        found = self.certificates.judge(seal.maker_certificate, at=now)
        if found.standing is not Standing.TRUSTED:
            raise SealActRefused("import", ActRefusal.MAKER_UNTRUSTED, f"{found.standing.value} {found.detail}".strip())
        info = seal.info
        _require_showable(info)
        if now > info.valid_until:
            raise SealActRefused("import", ActRefusal.TERM_OVER, info.valid_until.isoformat())
        return RegisteredSeal(
            es_id=info.es_id,
            digest=sm3(seal.der),
            name=info.name,
            owner=asked.owner,
            maker_id=info.maker_id,
            origin=origin,
            custodians=asked.custodians,
            policy=asked.policy,
            state=SealState.REGISTERED,
            valid_from=info.valid_from,
            valid_until=info.valid_until,
        )

    async def _change(
        self,
        unit: Unit,
        before: RegisteredSeal,
        after: RegisteredSeal,
        *,
        act: Act,
        reason: str,
        by: str,
        proposed_by: str | None = None,
    ) -> RegisteredSeal:
        await repo.save_seal(unit.conn, after)
        detail = {"es_id": after.es_id, "from": before.state.value, "to": after.state.value}
        event = unit.record(_EVENTS[act], detail, department=after.owner, officer=by)
        await repo.add_change(
            unit.conn,
            after.es_id,
            after.state,
            id=unit.new_id(),
            reason=reason,
            done_by=by,
            proposed_by=proposed_by,
            at=unit.now,
            event_id=event,
        )
        return after


def _require_showable(info: SealInfo) -> None:
    """A number goes into addresses and log lines, a name is read by people: no control or direction characters."""
    if not _NUMBER.fullmatch(info.es_id):
        raise SealMalformed("esID has characters no seal's number has")
    if any(unicodedata.category(char) in _UNSHOWN for char in info.name):
        raise SealMalformed("the name holds characters that are not shown")


async def may_seal(conn: AsyncConnection, es_id: str, type_code: str, *, documents: int, now: datetime) -> bytes:
    """The seal's DER if it may be used now: asked before sealing, so that nothing is sealed in vain.

    Raises:
        SealNotFound, SealUseRefused: as `SealRegister.log_uses`, which asks again when the use is logged.
    """
    seal = await repo.seal_by_id(conn, es_id)
    today = await repo.uses_since(conn, es_id, day_begins(law_day(now)))
    may_use(seal, type_code, documents=documents, used_today=today, now=now)
    return await repo.seal_bytes(conn, es_id)


async def known_seals(
    conn: AsyncConnection, *, es_ids: Sequence[str] | None = None, stamp_digests: Sequence[bytes] = ()
) -> KnownSeals:
    """The register as plain values for a verifier: all seals or some, and the uses of these stamps."""
    return KnownSeals(await repo.histories(conn, es_ids), await repo.uses(conn, stamp_digests))
