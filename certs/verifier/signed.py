"""Verification reports as data, and signed by the hub: a JWS of type `yzt-verification-report+jws`.

A report names each file by its digests and says what was found, under which rules, as of when, and by which trust list.
It repeats nothing a document says but the certificate's identifier: a report can be filed and forwarded.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import repeat
from typing import Final

from certs.crypto.jws import Jws, parse_jws, sign_jws, verify_parsed
from certs.crypto.ports import Signer
from certs.crypto.strict_json import canonical, loads_object
from certs.crypto.times import moment, numeric_date
from certs.errors import AlgorithmUnavailable, CertsError, KeyDistrusted, UnknownKey
from certs.model import Outcome, StepResult, Verdict, VerificationReport
from certs.trust import TrustBundle
from certs.verifier.kinds import MAX_REPORT_BYTES, REPORT_TYP
from certs.verifier.model import DocumentReport
from certs.verifier.steps import POLICY, step
from certs.verifier.words import READING
from certs.verify_content import LEEWAY
from certs.verify_findings import NOT_REACHED, Finding, failed, passed, undetermined

ROLE_REPORT: Final = "report"
REPORT_POLICY: Final = "yzt-report-1"
FULL: Final = 100
_BRIEF: Final = 100  # characters
MAX_DOCUMENTS: Final = 10_000
_MEMBERS: Final = frozenset({"v", "id", "iss", "iat", "at", "policy", "trust", "counts", "documents"})
_STEP_NAMES: Final = (READING, ("报告密钥", "Report key"), ("签名", "Signature"), ("报告内容", "What the report says"))
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Head:
    """Who reports, when, under which number; the time asked about; the trust list it was judged by (SHA-256, hex)."""

    id: str
    issuer: str
    made_at: datetime
    at: datetime
    trust_digest: str
    trust_issued_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a report; the name is what its bearer called it, or empty."""

    name: str = field(repr=False)
    report: DocumentReport


def report_document(head: Head, items: Sequence[Item]) -> dict[str, object]:
    """The report as plain values. Of more than a hundred files only the steps that decided are kept, and texts are cut:

    ten thousand files of the longest names and sentences stay within `MAX_REPORT_BYTES`.
    """
    counts = {verdict.value: sum(i.report.verdict is verdict for i in items) for verdict in Verdict}
    return {
        "v": 1,
        "id": head.id,
        "iss": head.issuer,
        "iat": int(head.made_at.timestamp()),
        "at": head.at.isoformat(),
        "policy": POLICY,
        "trust": {
            "sha256": head.trust_digest,
            "issued_at": head.trust_issued_at.isoformat() if head.trust_issued_at else None,
        },
        "counts": counts,
        "documents": [_item(item, full=len(items) <= FULL) for item in items],
    }


def brief(item: Item) -> Item:
    """What a report keeps of one of more than `FULL` files: the step that decided, and the identifier."""
    report = item.report
    claims = {name: report.claims[name] for name in ("identifier",) if name in report.claims}
    return Item(item.name, replace(report, steps=_decided(report), claims=claims))


def sign_report(document: Mapping[str, object], signer: Signer) -> str:
    """The report under the hub's report key."""
    return sign_jws(canonical(dict(document)), signer, REPORT_TYP)


def read_report(token: str) -> dict[str, object]:
    """What a signed report says, unverified: for showing what `verify_report` has accepted; raises CertsError."""
    return loads_object(parse_jws(token, max_bytes=MAX_REPORT_BYTES).payload, MAX_REPORT_BYTES)


def _item(item: Item, *, full: bool) -> dict[str, object]:
    report = item.report
    steps = report.steps if full else _decided(report)
    length = None if full else _BRIEF
    name = item.name.encode("utf-8", "backslashreplace").decode()  # a file's name need not be text
    return {
        "name": name[-length:] if length else name,
        "kind": report.kind.value,
        "sha256": report.sha256,
        "sm3": report.sm3,
        "size": report.size,
        "verdict": report.verdict.value,
        "policy": report.policy,
        "state": None if report.state is None else report.state.value,
        "identifier": str(report.claims.get("identifier", ""))[:length],
        "steps": [_step(s, length) for s in steps],
    }


def _decided(report: DocumentReport) -> tuple[StepResult, ...]:
    return () if report.deciding is None else (report.deciding,)


def _step(s: StepResult, length: int | None) -> dict[str, object]:
    return {
        "number": s.number,
        "name_zh": s.name_zh,
        "name_en": s.name_en,
        "outcome": s.outcome.value,
        "code": s.code,
        "zh": s.zh[:length],
        "en": s.en[:length],
        "next_zh": s.next_zh,
        "next_en": s.next_en,
    }


# ---- verification --------------------------------------------------------------------------------------------


def verify_report(content: bytes, trust: TrustBundle, *, at: datetime) -> VerificationReport:
    """Verify a signed report: that the hub made it, not that the documents are good; `claims` says what it found.

    1. The token can be read.  2. The key is the hub's report key of that time.  3. The signature.  4. The content.
    """
    run = _Run(content.decode("ascii", "replace").strip(), trust, at)
    steps = tuple(step(n, _STEP_NAMES[n - 1], finding) for n, finding in enumerate(run.findings(), 1))
    outcomes = {s.outcome for s in steps}
    verdict = Verdict.VALID if outcomes == {Outcome.PASS} else Verdict.INDETERMINATE
    verdict = Verdict.INVALID if Outcome.FAIL in outcomes else verdict
    return VerificationReport(verdict=verdict, at=at, policy=REPORT_POLICY, steps=steps, claims=run.claims)


class _Run:
    """One verification; each method is one step and may rely on the steps before it."""

    def __init__(self, token: str, trust: TrustBundle, at: datetime) -> None:
        self._token, self._trust, self._at = token, trust, at
        self._jws: Jws
        self._said: dict[str, object] = {}
        self.claims: dict[str, object] = {}

    def findings(self) -> Iterator[Finding]:
        """Of all four steps; nothing is examined after one that is not passed."""
        checks: tuple[Callable[[], Finding], ...] = (self.read, self.key, self.signature, self.content)
        for number, check in enumerate(checks, 1):
            finding = check()
            yield finding
            if finding.outcome is not Outcome.PASS:
                yield from repeat(NOT_REACHED, len(checks) - number)
                return

    def read(self) -> Finding:
        """Step 1."""
        try:
            self._jws = parse_jws(self._token, max_bytes=MAX_REPORT_BYTES)
            self._said = loads_object(self._jws.payload, MAX_REPORT_BYTES)
            made = numeric_date(self._said, "iat")
        except CertsError as error:
            return failed("report-malformed", detail=str(error))
        if made is None:
            return failed("report-malformed", detail="it does not say when it was made")
        self._made = moment(made)
        return passed("parsed")

    def key(self) -> Finding:
        """Step 2."""
        if self._at > self._trust.expires_at:
            return undetermined("trust-stale", until=self._trust.expires_at.isoformat())
        try:
            found = self._trust.keys.trusted(self._jws.kid, self._jws.alg, at=self._made, role=ROLE_REPORT)
            if (since := self._trust.lost_since(self._jws.kid, self._at)) is not None:
                raise KeyDistrusted(self._jws.kid, since=since)
        except KeyDistrusted as error:
            return undetermined("key-distrusted", since=error.since.isoformat(), kid=error.kid)
        except UnknownKey as error:
            known = any(k.verifier.kid == error.kid for k in self._trust.keys)
            return failed("report-key-refused") if known else undetermined("key-unknown", kid=error.kid)
        except CertsError:
            return failed("report-key-refused")
        if found.owner != self._said.get("iss"):
            return failed("report-key-refused")
        self._verifier = found.verifier
        return passed("report-key-good", owner=found.owner, kid=found.verifier.kid)

    def signature(self) -> Finding:
        """Step 3."""
        try:
            verify_parsed(self._jws, self._verifier, REPORT_TYP)
        except AlgorithmUnavailable:
            return undetermined("alg-unavailable")
        except CertsError as error:
            return failed("signature-invalid", detail=str(error))
        return passed("signature-good")

    def content(self) -> Finding:
        """Step 4."""
        said = self._said
        documents = said.get("documents")
        if self._made > self._at + LEEWAY:
            return failed("not-yet-issued", issued=self._made.isoformat())
        if said.keys() != _MEMBERS or said["v"] != 1 or not isinstance(documents, list):
            return failed("report-malformed", detail="members")
        if not all(isinstance(d, dict) and {"sha256", "verdict"} <= d.keys() for d in documents):
            return failed("report-malformed", detail="documents")
        trust = said["trust"]
        self.claims = {
            "report": str(said["id"]),
            "issued_at": said["iat"],
            "as_of": str(said["at"]),
            "trust_list": str(trust.get("sha256")) if isinstance(trust, dict) else "",
            "documents": len(documents),
            **{f"document.{n}": f"{d['verdict']} sha256:{d['sha256']}" for n, d in enumerate(documents[:_SHOWN], 1)},
        }
        return passed("report-good", count=str(len(documents)), at=str(said["at"]))
