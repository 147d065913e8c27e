"""Copies as their makers and as the people at counters see them. Pure."""

from datetime import datetime
from uuid import UUID

from certs.copies.page import copy_address
from certs.copies.terms import CopyTerms
from certs.documents.model import SealedFile
from certs.model import OnFile, State, law_day
from certs.type_catalogue import CertificateType
from exchange.model_copies import Copy, CopyCheck, CopyState, CopyView


def state_of(copy: Copy, original: OnFile | None, now: datetime) -> CopyState:
    """How a copy stands. The holder's word counts before the calendar, the calendar before the original's end."""
    if copy.withdrawn_at is not None:
        return CopyState.WITHDRAWN
    if copy.downloaded_at is None:
        waits = copy.drop_at is not None and copy.drop_at > now
        return CopyState.WAITING if waits else CopyState.LAPSED
    if law_day(now) > copy.valid_until:
        return CopyState.EXPIRED
    if original is None or original.state_at(now) is not State.VALID:
        return CopyState.ORIGINAL_ENDED
    return CopyState.IN_FORCE


def copy_of(id_: UUID, subject: str, terms: CopyTerms, made: SealedFile) -> Copy:
    """What is filed of a copy that was just sealed."""
    return Copy(
        id=id_,
        subject=subject,
        identifier=str(terms.original),
        type_code=terms.original.type_code,
        format=made.kind,
        purpose=terms.purpose,
        matter=terms.matter,
        recipient=terms.recipient,
        valid_until=terms.valid_until,
        code=terms.code,
        made_at=terms.made_at,
        digest=made.digest,
        kid=made.kid,
    )


def copy_view(
    copy: Copy, original: OnFile | None, kind: CertificateType, *, now: datetime, public_url: str
) -> CopyView:
    """The copy for its maker."""
    return CopyView(
        id=copy.id,
        identifier=copy.identifier,
        type_id=kind.slug,
        name_zh=kind.zh,
        name_en=kind.en,
        format=copy.format.value,
        purpose=copy.purpose,
        matter=copy.matter,
        recipient=copy.recipient,
        valid_until=copy.valid_until,
        code=copy.code,
        address=copy_address(public_url, copy.code),
        state=state_of(copy, original, now).value,
        made_at=copy.made_at,
        drop_at=copy.drop_at,
        downloaded_at=copy.downloaded_at,
        withdrawn_at=copy.withdrawn_at,
        checked_at=copy.checked_at,
    )


def checked(copy: Copy, original: OnFile | None, kind: CertificateType, now: datetime) -> CopyCheck:
    """The copy for whoever was given it: nobody's name or number."""
    return CopyCheck(
        name_zh=kind.zh,
        name_en=kind.en,
        issuer_name=original.certificate.issuer_name if original else "",
        format=copy.format.value,
        purpose=copy.purpose,
        matter=copy.matter,
        recipient=copy.recipient,
        made_at=copy.made_at,
        valid_until=copy.valid_until,
        state=state_of(copy, original, now).value,
        digest=copy.digest.hex(),
        checked_at=now,
    )
