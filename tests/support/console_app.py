"""The in-memory hub as one object: the log, verification, operations, and everything put together."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from certs.type_catalogue import TypeCatalogue, load_types
from exchange.model import (
    Case,
    CaseState,
    Material,
    MaterialState,
    Principal,
    Use,
)
from exchange.model_views import (
    AuthorityView,
    ConsistencyProof,
    HealthCheck,
    HealthReport,
    KeyDirectory,
    KeyView,
    LogEvent,
    LogHead,
    QuarantineRow,
    SourceView,
    StepView,
    VerificationView,
)
from tests.support.console_seals import MemoryDocuments
from tests.support.console_services import (
    MemoryAccess,
    MemoryCases,
    MemoryCatalogue,
    MemoryCertificates,
    MemoryMaterials,
    MemoryPresentations,
    MemoryQueries,
)
from tests.support.console_world import (
    CASE,
    EVENT,
    HOLDER_ID,
    HOSTILE,
    HOUSEHOLD,
    LABELS,
    MCA,
    PSB,
    SAMR,
    START,
    MemoryHub,
    World,
)


@dataclass
class MemoryEvidence:
    world: World

    async def head(self) -> LogHead:
        return LogHead(1024, "ab" * 32, "hub.example/log\n1024\nq6urq6s=\n\n— hub.example/log AAAA\n")

    async def event(self, event_id: UUID) -> LogEvent:
        return LogEvent(event_id, "query:answered", START, 17, "cd" * 32, '{"kind":"query:answered"}')

    async def tlog_proof(self, event_id: UUID) -> str:
        return f"c2sp.org/tlog-proof@v1\n{event_id}\n"

    async def consistency(self, old: int, new: int) -> ConsistencyProof:
        return ConsistencyProof(old, new, "aa" * 32, "bb" * 32, ("cc" * 32, "dd" * 32), verified=old <= new)

    async def export(self, principal: Principal, case_number: str) -> bytes:
        return b"PK\x05\x06" + bytes(18)


@dataclass
class MemoryVerification:
    world: World

    async def verify(self, content: bytes, *, at: datetime | None) -> VerificationView:
        if content.startswith(b"copy-"):
            return a_copy(content.decode(), at or self.world.now())
        verdict = content.decode() if content in (b"valid", b"invalid") else "indeterminate"
        outcome = {"valid": "pass", "invalid": "fail"}.get(verdict, "undetermined")
        steps = (
            StepView(1, "识别格式", "Recognise the form", "pass", "form-known", "SD-JWT VC", "SD-JWT VC"),
            StepView(
                2,
                "核对签名",
                "Check the signature",
                outcome,
                "signature",
                "签名核对结果",
                "Result of the signature",
                "请向发证机关索取",
                "Ask the issuer",
            ),
            StepView(3, "核对状态", "Check the state", "not-applicable", "no-state", "回执没有状态", "No state"),
        )
        claims = {"name": HOSTILE} if verdict == "valid" else {}
        state = "valid" if verdict == "valid" else None
        return VerificationView("certificate", verdict, at or self.world.now(), "yzt-2026", steps, claims, state)


_UNTIL = "到 2026-11-22T01:02:03.500000+00:00 为止，9999-99-99T00:00:00Z 不是时间"


def a_copy(code: str, at: datetime) -> VerificationView:
    """The report of a sealed purpose-marked copy whose step 13 says `code`."""
    good = code == "copy-in-force"
    step = StepView(13, "加注件期限", "Term of the copy", "pass" if good else "fail", code, _UNTIL, _UNTIL)
    claims: dict[str, object] = {
        "identifier": HOUSEHOLD,
        "issued_at": 1_790_000_000,
        "valid_until": None,
        "supersedes": None,
        "copy.purpose": f"核实户籍{HOSTILE}",
        "copy.matter": "个人住房贷款审批",
        "copy.recipient": "示例银行",
        "copy.valid_until": "2026-12-31",
        "copy.made_at": "2026-11-22T01:02:03+00:00",
    }
    verdict = "valid" if good else "invalid"
    return VerificationView("pdf", verdict, at, "yzt-pdf-1", (step,), claims, "valid", "ab" * 32, "cd" * 32, 1234567)


@dataclass
class MemoryOperations:
    world: World

    async def sources(self) -> tuple[SourceView, ...]:
        zh, en = LABELS.names["psb.household"]
        return (
            SourceView(
                "psb.household",
                zh,
                en,
                PSB,
                LABELS.zh(PSB),
                "fresh",
                1_000_000,
                3,
                START,
                START,
                24,
            ),
            SourceView(
                "mca.marriage",
                "婚姻登记",
                "Marriages",
                MCA,
                LABELS.zh(MCA),
                "failed",
                0,
                0,
                error="source-unavailable",
            ),
        )

    async def quarantine(self, resource: str, limit: int) -> tuple[QuarantineRow, ...]:
        return (QuarantineRow(uuid4(), resource, START, "339***********0021", "id18", "citizen_id", {"name": "王*"}),)

    async def key_directory(self) -> KeyDirectory:
        year = timedelta(days=365)
        certified = replace(
            KeyView("b" * 43, "SM2", "seal", SAMR, START + timedelta(days=12), 12),
            certificate="CN=市场监督管理局（测试）, O=测试CA, C=CN",
            certificate_until=START + timedelta(days=12),
        )
        keys = (
            KeyView("a" * 43, "ES256", "log", SAMR, START + timedelta(days=400), 400),
            certified,
            KeyView("d" * 43, "ES256", "seal-pdf", SAMR, START + year, 365),
            KeyView("c" * 43, "EdDSA", "receipt", SAMR, START - timedelta(days=1), 0),
        )
        former = KeyView("e" * 43, "ES256", "issuer", SAMR, START + year, 0, START - year)
        historic = (
            replace(former, retired_at=START - timedelta(days=30)),
            replace(former, kid="f" * 43, retired_at=START, distrusted_at=START - timedelta(days=2)),
        )
        name = "CN=测试根CA, O=测试, C=CN"
        authorities = (
            AuthorityView("0" * 64, "root", name, "SM2", START + 9 * year, "1" * 64, START + timedelta(days=7), 2),
            AuthorityView("2" * 64, "intermediate", name, "ES256", START + year, "3" * 64, START - year, 0),
            AuthorityView("4" * 64, "intermediate", name, "ES256", START + year, "", None, 0),
        )
        return KeyDirectory(keys, historic, authorities)

    async def run(self, principal: Principal, resource: str) -> None:
        self.world.calls.append(("run", resource))

    async def health(self) -> HealthReport:
        checks = (HealthCheck("database", True, "1 ms"), HealthCheck("jobs", False, "no worker for 90 s"))
        return HealthReport(False, checks, START)


@dataclass(frozen=True)
class MemoryApp:
    """Has the shape of `exchange.console.ports.ConsoleApp`."""

    world: World
    types: TypeCatalogue
    hub: MemoryHub
    now: Callable[[], datetime]
    access: MemoryAccess
    catalogue: MemoryCatalogue
    queries: MemoryQueries
    cases: MemoryCases
    materials: MemoryMaterials
    presentations: MemoryPresentations
    certificates: MemoryCertificates
    evidence: MemoryEvidence
    verification: MemoryVerification
    operations: MemoryOperations
    documents: MemoryDocuments


def memory_app(public_url: str = "http://testserver", *, live: bool = False) -> MemoryApp:
    """A hub with one open case of the holder, one upload waiting and two uses on record."""
    world = World(live=live)
    world.cases[CASE] = Case(
        CASE, "change-address", SAMR, HOLDER_ID, "SAMR-007", START - timedelta(days=1), CaseState.OPEN
    )
    waiting = Material(
        EVENT,
        HOLDER_ID,
        "lease",
        CASE,
        f"租赁合同{HOSTILE}.pdf",
        "application/pdf",
        20480,
        "00",
        "blob",
        MaterialState.SUBMITTED,
        "C",
        START,
    )
    world.materials[waiting.id] = (waiting, b"%PDF-1.7 sample")
    world.use("psb.household", Use.RECORD_QUERIED, released=True, fields=("name", "citizen_id"))
    world.use("marriage", Use.QUERY_REFUSED, released=False, fields=())
    return MemoryApp(
        world,
        load_types(),
        MemoryHub(public_url),
        world.now,
        MemoryAccess(world),
        MemoryCatalogue(),
        MemoryQueries(world),
        MemoryCases(world),
        MemoryMaterials(world),
        MemoryPresentations(world),
        MemoryCertificates(world),
        MemoryEvidence(world),
        MemoryVerification(world),
        MemoryOperations(world),
        MemoryDocuments(),
    )
