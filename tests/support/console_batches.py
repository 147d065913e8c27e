"""Verifications of many documents for the in-memory hub: one collected, one running, one ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from certs.model import Verdict
from exchange.errors import BatchNotFoundError, BatchStartedError
from exchange.model import Principal
from exchange.model_verifications import BatchState, BatchView, ResultPage, ResultView
from exchange.model_views import StepView, VerificationView
from exchange.service.reports import SignedReport
from exchange.service.verification_uploads import Upload
from tests.support.console_world import HOLDER_ID, HOSTILE, START

ENDED, RUNNING, COLLECTING = UUID(int=8_001), UUID(int=8_002), UUID(int=8_003)
_COUNTS: Mapping[str, int] = {"valid": 1, "invalid": 1, "indeterminate": 0}


def _report(verdict: str) -> VerificationView:
    outcome = {"valid": "pass", "invalid": "fail"}[verdict]
    step = StepView(
        12,
        "登记信息核对",
        "Against what is registered",
        outcome,
        "status-revoked",
        "证照已被吊销。",
        "Revoked.",
        "请联系颁发机构。",
        "Contact the issuing authority.",
        {"detail": f"evidence{HOSTILE}"},
    )
    claims: dict[str, object] = {
        "identifier": "1.2.156.3005.2.11339900MB9000015P001.11339900MB9000015P.0123456789.001.X",
        "holders": [{"name": f"测试甲{HOSTILE}", "code": HOLDER_ID, "code_type": "111"}],
        "face.name": "测试甲",
        "source": {"resource": "psb.household", "key": HOLDER_ID},
    }
    return VerificationView(
        "ofd", verdict, START, "yzt-ofd-1+yzt-content-1", (step,), claims, "valid", "ab" * 32, "cd" * 32, 65451
    )


RESULTS = (
    ResultView(1, f"证照{HOSTILE}.ofd", _report("valid")),
    ResultView(2, "结婚证.pdf", _report("invalid"), "status-revoked"),
)


@dataclass
class MemoryIntake:
    """Takes files and remembers what it was asked."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)

    async def submit(self, principal: Principal, files: Sequence[Upload], *, at: datetime | None) -> BatchView:
        self.calls.append(("submit", [(f.name, await f.read()) for f in files], at))
        return _batch(RUNNING)

    async def open(self, principal: Principal, files: Sequence[Upload], *, at: datetime | None) -> BatchView:
        self.calls.append(("open", [(f.name, await f.read()) for f in files], at))
        return _batch(COLLECTING)

    async def expect(self, principal: Principal, id_: UUID) -> object:
        if id_ not in {ENDED, RUNNING, COLLECTING}:
            raise BatchNotFoundError
        if id_ != COLLECTING:
            raise BatchStartedError
        return id_

    async def add(self, principal: Principal, id_: UUID, files: Sequence[Upload]) -> BatchView:
        self.calls.append(("add", id_, [(f.name, await f.read()) for f in files]))
        return _batch(id_)

    async def start(self, principal: Principal, id_: UUID) -> BatchView:
        self.calls.append(("start", id_))
        return _batch(RUNNING)

    async def discard(self, principal: Principal, id_: UUID) -> None:
        self.calls.append(("discard", id_))


@dataclass
class MemoryBatches:
    """One being collected, one running, one ended."""

    async def mine(self, principal: Principal, limit: int = 20) -> tuple[BatchView, ...]:
        return _batch(COLLECTING), _batch(RUNNING), _batch(ENDED)

    async def status(self, principal: Principal, id_: UUID) -> BatchView:
        if id_ not in {ENDED, RUNNING, COLLECTING}:
            raise BatchNotFoundError
        return _batch(id_)

    async def results(
        self, principal: Principal, id_: UUID, *, after: int = 0, limit: int = 50, verdict: Verdict | None = None
    ) -> ResultPage:
        found = [r for r in RESULTS if r.number > after and verdict in (None, r.report.verdict)]
        return ResultPage(tuple(found[:1]), found[0].number if len(found) > 1 else None)

    async def result(self, principal: Principal, id_: UUID, number: int) -> ResultView:
        if not 1 <= number <= len(RESULTS):
            raise BatchNotFoundError
        return RESULTS[number - 1]


class MemoryReports:
    """Reports that say what they are about."""

    async def single(self, name: str, content: bytes, *, at: datetime | None) -> SignedReport:
        when = "now" if at is None else at.isoformat()
        return SignedReport("e30.e30.AA", f"<!DOCTYPE html><title>{name} {len(content)} {when}</title>")

    async def of_batch(self, principal: Principal, id_: UUID) -> SignedReport:
        return SignedReport("e30.e30.AA", "<!DOCTYPE html><title>report</title>")


def _batch(id_: UUID) -> BatchView:
    if id_ == COLLECTING:
        none = dict.fromkeys(_COUNTS, 0)
        return BatchView(
            id_, BatchState.COLLECTING, START, START, 2000, 2000, 0, none, None, START + timedelta(hours=2)
        )
    ended = id_ == ENDED
    state, finished = (BatchState.DONE, START) if ended else (BatchState.RUNNING, None)
    counts = _COUNTS if ended else {**_COUNTS, "invalid": 0}
    return BatchView(id_, state, START, START, 2, 2, sum(counts.values()), counts, finished, START + timedelta(1))
