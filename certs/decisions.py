"""Decisions about a certificate after its issue, and the status lists that publish them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from certs import repo, status_list
from certs.crypto.ports import Signer
from certs.errors import CertificateNotFound, TransitionRefused
from certs.lifecycle import settle, status_value, transition
from certs.model import State, StatusChange
from certs.ports import Unit
from certs.trust import StatusHistory, StatusNotice


async def change_status(unit: Unit, change: StatusChange) -> State:
    """File a decision, event `certificate:status-changed`, and return the state it leads to.

    The certificate need not be stored yet: a decision between reservation and issue waits for it and then holds.
    `reason_text` stays in the hub; only the reason code is logged and published.

    Raises:
        CertificateNotFound: the identifier was never reserved, or its issue was abandoned.
        TransitionRefused: the table of `certs.lifecycle` forbids it, it lies in the future, or a decision that took
            effect later already stands against it.
    """
    locked = await repo.lock_intents(unit.conn, [], [change.identifier])
    intent = locked.get(change.identifier)
    if intent is None or intent.outcome == "abandoned":
        raise CertificateNotFound(change.identifier)
    earlier = (await repo.changes(unit.conn, [change.identifier])).get(change.identifier, [])
    before = settle(earlier)
    _check(change, before, earlier, unit.now)
    certificate = intent.certificate()
    event_id = unit.record(
        "certificate:status-changed",
        {
            "identifier": change.identifier,
            "type": intent.type_code,
            "from": before.value,
            "to": change.to_state.value,
            "reason": change.reason.value,
            "authority": change.authority,
            "effective_at": change.effective_at.astimezone(UTC).isoformat(),
        },
        subject=certificate.holders[0].code,
        department=certificate.issuer_code,
    )
    await repo.insert_change(unit.conn, change, change_id=unit.new_id(), before=before, now=unit.now, event_id=event_id)
    await repo.set_state(unit.conn, change.identifier, change.to_state)
    return change.to_state


def _check(change: StatusChange, before: State, earlier: Sequence[StatusChange], now: datetime) -> None:
    if change.to_state is State.SUPERSEDED:
        raise TransitionRefused(before, change.to_state, "已变更 comes with the next version only")
    transition(before, change.to_state, change.reason)
    if change.effective_at > now:
        raise TransitionRefused(before, change.to_state, "it takes effect in the future; decide it then")
    if settle([*earlier, change]) is not change.to_state:
        raise TransitionRefused(before, change.to_state, "a decision that took effect later stands against it")


@dataclass(frozen=True, slots=True)
class StatusLists:
    """Publishes the states. `base` is the address given to `Issuance` as `status_base`."""

    base: str
    lifetime: timedelta = timedelta(hours=24)
    ttl: timedelta = timedelta(minutes=1)
    issuer: str | None = None

    async def publish(self, conn: AsyncConnection, signer: Signer, now: datetime) -> dict[UUID, str]:
        """List id -> signed Token Status List (`statuslist+jwt`) of every list, as the states are now."""
        return {
            list_id: await self.publish_one(conn, list_id, size, signer, now)
            for list_id, size in await repo.status_lists(conn)
        }

    async def publish_one(self, conn: AsyncConnection, list_id: UUID, size: int, signer: Signer, now: datetime) -> str:
        """The signed token of one list of `size` entries."""
        states = await repo.states_not_valid(conn, list_id)
        entries = status_list.build(size, {i: status_list.Status(status_value(state)) for i, state in states})
        return status_list.sign_status_list(
            entries,
            signer,
            uri=self.uri(list_id),
            now=now,
            lifetime=self.lifetime,
            ttl=self.ttl,
            issuer=self.issuer,
        )

    async def history(self, conn: AsyncConnection, list_id: UUID, now: datetime) -> StatusHistory:
        """Every decision about every entry up to now: what an as-of verification years later reads."""
        notices = await repo.list_changes(conn, list_id)
        return StatusHistory(
            uri=self.uri(list_id),
            complete_until=now,
            notices=tuple(
                StatusNotice(index, c.to_state, c.reason, c.authority, c.effective_at) for index, c in notices
            ),
        )

    def uri(self, list_id: UUID) -> str:
        """The address of a list."""
        return f"{self.base}/{list_id}"
