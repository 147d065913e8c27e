"""What the pages about seals offer and what their forms mean."""

from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import UUID

from certs.seals.history import SealState
from certs.seals.registry import Act
from exchange.console.problems import FormIncomplete
from exchange.console.text import CHINA
from exchange.model import Principal
from exchange.model_seals import CustodianView, SealDetail

_YEARS = range(2000, 9001)
_OFFERED = {
    SealState.REGISTERED: (Act.ACTIVATE, Act.SET_POLICY, Act.HAND_OVER, Act.REVOKE),
    SealState.ACTIVE: (Act.SET_POLICY, Act.HAND_OVER, Act.SUSPEND, Act.REVOKE),
    SealState.SUSPENDED: (Act.LIFT, Act.SET_POLICY, Act.HAND_OVER, Act.REVOKE),
    SealState.EXPIRED: (Act.REVOKE,),
    SealState.REVOKED: (),
}


def acts_of(found: SealDetail) -> tuple[Act, ...]:
    """The acts a custodian of the seal may begin in its state; none for other readers."""
    return _OFFERED[found.seal.state] if found.mine else ()


def may_leave(found: SealDetail, reader: Principal) -> tuple[CustodianView, ...]:
    """Whose custody the reader may propose to end: the own, and of those who may not act any more."""
    return tuple(one for one in found.seal.custodians if one.number == reader.officer or not one.active)


def last_second(text: str) -> datetime | None:
    """The last second of an ISO day in China, None for an empty text.

    Raises:
        FormIncomplete: anything else.
    """
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=CHINA)
    except ValueError:
        raise FormIncomplete("until") from None
    if day.year not in _YEARS:
        raise FormIncomplete("until")
    return day + timedelta(days=1, seconds=-1)


def page_address(at: tuple[datetime, UUID] | None) -> str:
    """Where a page of the log of uses begins, for its address."""
    return quote(f"{at[0].isoformat()}~{at[1]}", safe="") if at else ""


def position(text: str) -> tuple[datetime, UUID] | None:
    """What `page_address` wrote; None for an empty text.

    Raises:
        FormIncomplete: anything else.
    """
    if not text:
        return None
    moment, _, id_ = text.partition("~")
    try:
        at, after = datetime.fromisoformat(moment), UUID(id_)
    except ValueError:
        raise FormIncomplete("before") from None
    if at.tzinfo is None or at.year not in _YEARS:
        raise FormIncomplete("before")
    return at, after
