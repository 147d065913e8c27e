"""Outcomes of queries as bytes: what a receipt is given for, and what is kept for the same request. PURE.

A receipt's `request_hash` is SHA-256 of the canonical JSON (sorted members, compact UTF-8) of the question with
the members of `QueryRequest`; its `response_hash` the same of the answer without the receipt. A party that holds
question and answer computes both again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from catalog.rules import rate_window
from certs.crypto.strict_json import canonical
from exchange.errors import GrantRateExceededError, QueryRefusedError, SubjectUnavailableError
from exchange.model import QueryAnswer, QueryRequest, Receipt, RecordAnswer
from exchange.policy import CONCEALED, SENTENCES, Reason, ReasonCode


@dataclass(frozen=True, slots=True)
class Released:
    """Records that leave, minimised already, and the grant they leave under with its ceiling (`Grant.rate`)."""

    records: tuple[RecordAnswer, ...]
    grant: str
    rate: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Reasons nothing leaves; `grant` is the one whose ceiling was reached, where that is the reason."""

    reasons: tuple[Reason, ...]
    grant: str | None = None


Outcome = Released | Refused


def question_digest(request: QueryRequest) -> bytes:
    """SHA-256 of the canonical question: the same request id may come again with this only."""
    members = {name: getattr(request, name) for name in QueryRequest.__slots__}
    return sha256(canonical(members | {"fields": list(request.fields)})).digest()


def answer_members(outcome: Outcome, at: datetime) -> dict[str, object]:
    """The answer without its receipt, as JSON values."""
    if isinstance(outcome, Refused):
        reasons = [{"code": reason.code.value, "names": list(reason.names)} for reason in outcome.reasons]
        return {"answered_at": timestamp(at), "refused": reasons}
    return {
        "answered_at": timestamp(at),
        "grant": outcome.grant,
        "records": [record_members(record) for record in outcome.records],
    }


def record_members(record: RecordAnswer) -> dict[str, object]:
    """One released record as JSON values."""
    return {
        "resource": record.resource,
        "fields": dict(record.fields),
        "source_department": record.source_department,
        "as_of": timestamp(record.as_of),
        "pulled_at": timestamp(record.pulled_at),
        "run_id": str(record.run_id),
        "digest": record.digest,
    }


def timestamp(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def keepsake(members: Mapping[str, object], receipt: Receipt) -> bytes:
    """What is given, and kept (sealed) to give the same request the same outcome again."""
    return orjson.dumps({"answer": members, "event_id": str(receipt.event_id), "receipt": receipt.token})


def reopened(kept: bytes, now: datetime) -> QueryAnswer:
    """The answer behind a keepsake, asked for again `now`.

    Raises:
        QueryRefusedError, SubjectUnavailableError: the outcome was a refusal.
    """
    stored: dict[str, Any] = orjson.loads(kept)
    members, receipt = stored["answer"], Receipt(UUID(stored["event_id"]), stored["receipt"])
    if "refused" in members:
        reasons = tuple(Reason(ReasonCode(one["code"]), tuple(one["names"])) for one in members["refused"])
        raise refusal(reasons, receipt.event_id, at=datetime.fromisoformat(members["answered_at"]), now=now)
    return QueryAnswer(
        records=tuple(_record(record) for record in members["records"]),
        grant=members["grant"],
        answered_at=datetime.fromisoformat(members["answered_at"]),
        receipt=receipt,
        given=kept,
    )


def refusal(
    reasons: tuple[Reason, ...], event_id: UUID, *, at: datetime, now: datetime
) -> QueryRefusedError | SubjectUnavailableError:
    """The error for these reasons, decided at `at` and told `now`.

    Reasons that would tell who exists, or who has a case where, stay in the log.
    """
    shown = [(one.code.value, *SENTENCES[one.code], one.names) for one in reasons if one.code not in CONCEALED]
    if not shown:
        return SubjectUnavailableError(event_id)
    if reasons[0].code is ReasonCode.RATE_EXCEEDED:
        return GrantRateExceededError(event_id, shown, wait=rate_window(at)[1] - now)
    return QueryRefusedError(event_id, shown)


def _record(members: dict[str, Any]) -> RecordAnswer:
    return RecordAnswer(
        resource=members["resource"],
        fields=members["fields"],
        source_department=members["source_department"],
        as_of=datetime.fromisoformat(members["as_of"]),
        pulled_at=datetime.fromisoformat(members["pulled_at"]),
        run_id=UUID(members["run_id"]),
        digest=members["digest"],
    )
