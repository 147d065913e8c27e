"""Verbs for electronic seals (电子印章): import, test, list, show, propose, approve, withdraw, stop, uses.

Whoever acts is named by `--by` and proven by a password, on the terminal or as a line of standard input.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import UUID

import typer

from certs.seals.registry import Act, Handover, UsePolicy
from exchange.app import App
from exchange.cli.session import Exit, acting_as, answer, ask, fail, guarded, with_hub
from exchange.model import Principal, Role
from exchange.model_seals import ProposalView, SealDetail, SealView, UsePage
from exchange.service.seals import SealFile, Wish
from exchange.service.trial_seals import Trial

app = typer.Typer(no_args_is_help=True, help="Electronic seals (电子印章), kept by two custodians each.")
T = TypeVar("T")
_LOCAL = Principal(Role.OPERATOR, "yzt")


class Proposable(StrEnum):
    """What takes two custodians."""

    ACTIVATE = Act.ACTIVATE
    LIFT = Act.LIFT
    SET_POLICY = Act.SET_POLICY
    HAND_OVER = Act.HAND_OVER


class Stop(StrEnum):
    """What takes one."""

    SUSPEND = Act.SUSPEND
    REVOKE = Act.REVOKE


_MAX_BYTES = 4 * 1024 * 1024

_Number = Annotated[str, typer.Argument(help="Number of the seal (esID).")]
_By = Annotated[str, typer.Option(help="User name of whoever acts; asks for the password.")]
_Reason = Annotated[str, typer.Option(help="Why; stays in the register.")]
_Owner = Annotated[str, typer.Option(help="USCC of the department the seal belongs to.")]
_Custodians = Annotated[list[str], typer.Option("--custodian", help="Work number of a custodian; give two or more.")]
_Types = Annotated[list[str], typer.Option("--type", help="Type of certificate it may be put on; repeat for more.")]
_SomeTypes = Annotated[list[str] | None, typer.Option("--type", help="set-policy: a type it may be put on.")]
_Limit = Annotated[int | None, typer.Option(help="Documents a day at most.", min=1)]
_Until = Annotated[datetime | None, typer.Option(help="UTC: no use after this.")]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="Seal of GB/T 38540-2020 as DER (.esl).")],
    *,
    owner: _Owner,
    custodian: _Custodians,
    type_: _Types,
    by: _By,
    daily_limit: _Limit = None,
    until: _Until = None,
) -> None:
    """File a seal made by the State's seal system; two custodians then put it into use."""
    content = guarded(lambda: _read(file))
    asked = SealFile(content, owner, tuple(custodian), UsePolicy(frozenset(type_), daily_limit, _utc(until)))
    filed = _as(by, lambda hub, who: hub.documents.seals.import_seal(who, asked))
    answer(filed, f"{filed.seal.es_id} is on file. Next: two custodians, yzt seal propose {filed.seal.es_id} activate")


@app.command("test")
def trial_seal(
    name: Annotated[str, typer.Argument(help="Name of the seal; 测试 is added.")],
    *,
    owner: _Owner,
    custodian: _Custodians,
    type_: _Types,
    by: _By,
    daily_limit: _Limit = None,
    picture: Annotated[Path | None, typer.Option(help="PNG; default a red ring with 测试.")] = None,
) -> None:
    """Make and file a seal for tests with the development authority; never in production."""
    drawn = guarded(lambda: _read(picture)) if picture else None
    trial = Trial(name, owner, tuple(custodian), UsePolicy(frozenset(type_), daily_limit), drawn)
    filed = _as(by, lambda hub, who: hub.documents.trial_seals.make(who, trial))
    answer(filed, f"{filed.seal.es_id} is on file, a test seal. Next: yzt seal propose {filed.seal.es_id} activate")


@app.command("list")
def list_() -> None:
    """Every seal on file with its state, custody and open proposals."""

    async def work(hub: App) -> tuple[SealView, ...]:
        return await hub.documents.seals.views.list(_LOCAL)

    found = with_hub(work)
    answer(found, "\n".join(map(_line, found)) or "no seals on file")


@app.command()
def show(es_id: _Number) -> None:
    """One seal: custody, signers, rules of use, open proposals, every act on it."""

    async def work(hub: App) -> SealDetail:
        return await hub.documents.seals.views.get(_LOCAL, es_id)

    found = with_hub(work)
    answer(found, "\n".join(_told(found)))


@app.command()
def propose(
    es_id: _Number,
    act: Annotated[Proposable, typer.Argument(help="What takes two custodians.")],
    *,
    by: _By,
    reason: _Reason,
    type_: _SomeTypes = None,
    daily_limit: _Limit = None,
    until: _Until = None,
    leaving: Annotated[str | None, typer.Option(help="hand-over: work number of who leaves.")] = None,
    taking: Annotated[str | None, typer.Option(help="hand-over: work number of who takes custody.")] = None,
) -> None:
    """A custodian proposes what takes two; another approves within 24 hours."""
    policy = UsePolicy(frozenset(type_ or ()), daily_limit, _utc(until)) if act is Proposable.SET_POLICY else None
    if policy is None and (type_ or daily_limit or until):
        fail("--type, --daily-limit and --until belong to set-policy", Exit.USAGE)
    handover = Handover(leaving or "", taking or "") if leaving or taking else None
    wish = Wish(Act(act), reason, policy, handover)
    made = _as(by, lambda hub, who: hub.documents.seals.propose(who, es_id, wish))
    answer(made, f"proposed until {made.expires_at.isoformat()}. Next: yzt seal approve {es_id} {made.id}")


@app.command()
def approve(es_id: _Number, proposal: UUID, by: _By) -> None:
    """Another custodian (a handover: who takes custody) agrees, and it is done."""
    done = _as(by, lambda hub, who: hub.documents.seals.approve(who, es_id, proposal), publish=True)
    answer(done, _line(done.seal))


@app.command()
def withdraw(es_id: _Number, proposal: UUID, by: _By) -> None:
    """Who proposed takes the proposal back before anybody approved it."""
    done = _as(by, lambda hub, who: hub.documents.seals.withdraw(who, es_id, proposal))
    answer(done, f"withdrawn. {_line(done.seal)}")


@app.command()
def stop(
    es_id: _Number,
    act: Annotated[Stop, typer.Argument(help="suspend can be lifted by two; revoke is for good.")],
    by: _By,
    reason: _Reason,
) -> None:
    """One custodian suspends or revokes a seal, at once."""
    done = _as(by, lambda hub, who: hub.documents.seals.stop(who, es_id, Act(act), reason=reason), publish=True)
    answer(done, _line(done.seal))


@app.command()
def uses(es_id: _Number, limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=10_000)] = 50) -> None:
    """What a seal was put on, newest first."""

    async def work(hub: App) -> UsePage:
        return await hub.documents.seals.views.uses(_LOCAL, es_id, limit=limit)

    page = with_hub(work)
    lines = [f"{row.used_at.isoformat()}  {row.type_code}  {row.document}" for row in page.rows]
    if page.following:
        lines.append(f"… and more: --limit {min(limit * 2, 10_000)}")
    answer(page.rows, "\n".join(lines) or "not used yet")


def _as(username: str, act: Callable[[App, Principal], Awaitable[T]], *, publish: bool = False) -> T:
    """Do something in the name of an account whose password is given now; `publish` tells verifiers at once."""
    password = ask(f"Password of {username}", hidden=True)

    async def work(hub: App) -> T:
        done = await act(hub, await acting_as(hub, username, password))
        if publish:
            await hub.trust.publish()
        return done

    return with_hub(work)


def _read(path: Path) -> bytes:
    """The file; of one that is too large only so much that it is seen to be."""
    with path.open("rb") as file:
        return file.read(_MAX_BYTES + 1)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None


def _line(seal: SealView) -> str:
    keepers = ", ".join(one.number if one.active else f"{one.number} (stopped)" for one in seal.custodians)
    waiting = f" · {seal.waiting} waiting" if seal.waiting else ""
    term = f"{seal.valid_from:%Y-%m-%d} – {seal.valid_until:%Y-%m-%d}"
    return f"{seal.es_id}  {seal.state.zh} {seal.state}  {seal.name}  {seal.owner}  {term}  kept by {keepers}{waiting}"


def _told(found: SealDetail) -> list[str]:
    seal, policy = found.seal, found.seal.policy
    limit = f"{policy.daily_limit} a day ({seal.used_today} today)" if policy.daily_limit else "any number"
    until = f", until {policy.until.isoformat()}" if policy.until else ""
    lines = [
        _line(seal),
        f"  {seal.origin}, made by {found.maker}, SM3 {seal.digest}",
        f"  picture {seal.picture.kind} {seal.picture.width} × {seal.picture.height} mm",
        f"  may be put on {', '.join(sorted(policy.types)) or 'nothing'}; {limit}{until}",
    ]
    lines += [f"  signer {signer.subject}" for signer in found.signers]
    lines += [_waiting(one) for one in found.proposals]
    lines += [
        f"  {c.at.isoformat()} {c.state.zh} {c.state} by {c.done_by}"
        + (f", proposed by {c.proposed_by}" if c.proposed_by else "")
        + (f": {c.reason}" if c.reason else "")
        for c in found.changes
    ]
    return lines


def _waiting(one: ProposalView) -> str:
    hands = f" {one.leaving} → {one.taking}" if one.taking else ""
    until = one.expires_at.isoformat()
    return f"  waiting: {one.act}{hands} by {one.proposed_by}, until {until}: {one.reason}  ({one.id})"
