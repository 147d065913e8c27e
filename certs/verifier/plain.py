"""Reports, questions and answers as plain JSON values, for the wire between a verifier and its child."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast
from uuid import UUID

from certs.model import Outcome, Reason, State, StepResult, Verdict
from certs.trust import StatusHistory, StatusNotice
from certs.verifier.kinds import DocumentKind
from certs.verifier.model import DocumentReport, Knowledge

Plain = Mapping[str, object]


def plain_report(report: DocumentReport) -> dict[str, object]:
    """The report as JSON values."""
    return {
        "kind": report.kind.value,
        "verdict": report.verdict.value,
        "at": report.at.isoformat(),
        "policy": report.policy,
        "sha256": report.sha256,
        "sm3": report.sm3,
        "size": report.size,
        "claims": dict(report.claims),
        "state": None if report.state is None else report.state.value,
        "steps": [
            {
                "number": s.number,
                "name_zh": s.name_zh,
                "name_en": s.name_en,
                "outcome": s.outcome.value,
                "code": s.code,
                "zh": s.zh,
                "en": s.en,
                "next_zh": s.next_zh,
                "next_en": s.next_en,
                "evidence": dict(s.evidence),
            }
            for s in report.steps
        ],
    }


def report_of(plain: Plain) -> DocumentReport:
    """The report again; raises LookupError, TypeError, ValueError for anything else."""
    claims, steps, state = plain["claims"], plain["steps"], plain["state"]
    if not isinstance(claims, dict) or not isinstance(steps, list):
        raise TypeError("not a report")
    return DocumentReport(
        kind=DocumentKind(str(plain["kind"])),
        verdict=Verdict(str(plain["verdict"])),
        at=datetime.fromisoformat(str(plain["at"])),
        policy=str(plain["policy"]),
        steps=tuple(_step(cast("Plain", s)) for s in steps),
        sha256=str(plain["sha256"]),
        sm3=str(plain["sm3"]),
        size=int(str(plain["size"])),
        claims=claims,
        state=None if state is None else State(str(state)),
    )


def _step(s: Plain) -> StepResult:
    evidence = s["evidence"]
    if not isinstance(evidence, dict):
        raise TypeError("not a step")
    return StepResult(
        number=int(str(s["number"])),
        name_zh=str(s["name_zh"]),
        name_en=str(s["name_en"]),
        outcome=Outcome(str(s["outcome"])),
        code=str(s["code"]),
        zh=str(s["zh"]),
        en=str(s["en"]),
        next_zh=str(s["next_zh"]),
        next_en=str(s["next_en"]),
        evidence={str(k): str(v) for k, v in evidence.items()},
    )


def answer(question: Plain, known: Knowledge) -> object:
    """The answer to a child's question as JSON values; raises LookupError, ValueError for what is no question."""
    asked = str(question["about"])
    match question["ask"]:
        case "decisions":
            history = known.decisions(asked[:200])
            return None if history is None else _plain_history(history)
        case "withdrawn":
            return _time(known.withdrawn(asked[:200]))
        case "used":
            return _time(known.used(bytes.fromhex(asked)))
        case "entry":
            return _text(known.entry(UUID(asked)))
        case "entry-at":
            return _text(known.entry_at(int(asked)))
        case "proof":
            return known.proof(UUID(asked))
        case _:
            raise LookupError("not a question")


def _time(found: datetime | None) -> str | None:
    return None if found is None else found.isoformat()


def _text(body: bytes | None) -> str | None:
    return None if body is None else body.decode("utf-8")


def _plain_history(history: StatusHistory) -> dict[str, object]:
    return {
        "uri": history.uri,
        "until": history.complete_until.isoformat(),
        "about": history.about,
        "notices": [[n.index, n.state, n.reason, n.authority, n.effective_at.isoformat()] for n in history.notices],
    }


def history_of(plain: Plain) -> StatusHistory:
    """A history from an answer of the parent."""
    notices = cast("list[list[str]]", plain["notices"])
    about = cast("list[str] | None", plain["about"])
    return StatusHistory(
        str(plain["uri"]),
        datetime.fromisoformat(str(plain["until"])),
        tuple(
            StatusNotice(int(index), State(state), Reason(reason), authority, datetime.fromisoformat(at))
            for index, state, reason, authority, at in notices
        ),
        None if about is None else (str(about[0]), int(about[1])),
    )
