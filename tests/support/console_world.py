"""A small hub in memory with the shape the pages ask for: real states and refusals, no database.

The pages are tested against it without start-up cost; the end-to-end tests run them over the real services.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from exchange.model import (
    Case,
    Material,
    Presentation,
    Principal,
    Role,
    Use,
    UseRecord,
)
from exchange.model_views import (
    CertificateView,
    FaceField,
    Labels,
)

HOLDER_ID = "339900199003070028"
HOLDER_NAME = "欧阳䶮𫄷"
HOSTILE = '<script>alert("x")</script>"\'&示例商贸'
PASSWORD = "correct horse battery"
PSB, MCA, SAMR = "11339900MB9000015P", "11339900MB9000023J", "11339900MB9000031D"
LICENCE, MARRIAGE, HOUSEHOLD = "licence-01", "marriage-01", "household-01"
EVENT = UUID("0190a0c0-0000-7000-8000-000000000001")
CASE = "339900-2026-000123"
START = datetime(2026, 11, 22, 2, 0, 0, tzinfo=UTC)

PEOPLE = {
    "holder": Principal(Role.APPLICANT, HOLDER_NAME, subject=HOLDER_ID),
    "other": Principal(Role.APPLICANT, "王某", subject="339900198501010019"),
    "clerk": Principal(Role.CLERK, "周窗口", department=SAMR, officer="SAMR-007"),
    "auditor": Principal(Role.AUDITOR, "审计员甲"),
    "operator": Principal(Role.OPERATOR, "运维乙"),
    "custodian": Principal(Role.CUSTODIAN, "保管人甲", department=PSB, officer="YZ01"),
}
LABELS = Labels(
    {
        PSB: ("示例市公安局", "Public Security Bureau of Shili"),
        MCA: ("示例市民政局", "Civil Affairs Bureau of Shili"),
        SAMR: ("示例市市场监督管理局", "Market Regulation Bureau of Shili"),
        "change-address": ("企业住所变更登记", "Change of a firm's address"),
        "household": ("户口簿", "Household register"),
        "marriage": ("结婚证", "Marriage certificate"),
        "business_licence": ("营业执照", "Business licence"),
        "lease": ("住所使用证明", "Proof of the right to use the premises"),
        LICENCE: ("营业执照", "Business licence"),
        "uscc": ("统一社会信用代码", "Unified social credit code"),
        "name": ("名称", "Name"),
        "psb.household": ("户籍人口", "Household registration"),
        "citizen_id": ("公民身份号码", "Citizen identity number"),
    }
)


@dataclass(frozen=True, slots=True)
class MemoryHub:
    public_url: str


@dataclass
class World:
    """Everything the in-memory services share; `calls` remembers what was asked of them."""

    clock: datetime = START
    live: bool = False
    ahead: float = 0
    sessions: dict[str, Principal] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    materials: dict[UUID, tuple[Material, bytes]] = field(default_factory=dict)
    presentations: dict[UUID, Presentation] = field(default_factory=dict)
    codes: dict[str, UUID] = field(default_factory=dict)
    uses: list[UseRecord] = field(default_factory=list)
    calls: list[tuple[object, ...]] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead) if self.live else self.clock

    def use(self, what: str, kind: Use, *, released: bool, fields: tuple[str, ...]) -> None:
        self.uses.insert(
            0,
            UseRecord(uuid4(), self.now(), kind, SAMR, "SAMR-007", "change-address", CASE, what, fields, released),
        )


def certificate(identifier: str, type_id: str, state: str, *face: FaceField) -> CertificateView:
    zh, en = LABELS.names[type_id]
    issuer = {"household": PSB, "marriage": MCA}.get(type_id, SAMR)
    until = date(2046, 5, 1) if type_id == "business_licence" else None
    return CertificateView(
        identifier, type_id, zh, en, state, LABELS.zh(issuer), START - timedelta(days=90), until, 1, face
    )


CERTIFICATES = (
    certificate(
        HOUSEHOLD,
        "household",
        "valid",
        FaceField("姓名", "Name", HOLDER_NAME),
        FaceField("公民身份号码", "Citizen identity number", HOLDER_ID, sensitive=True),
        FaceField("住址", "Address", "示例市东示区甲一路1号示例花园"),
    ),
    certificate(
        LICENCE,
        "business_licence",
        "valid",
        FaceField("名称", "Name", HOSTILE),
        FaceField("统一社会信用代码", "Unified social credit code", "91339900MA90000012"),
    ),
    certificate(MARRIAGE, "marriage", "suspended", FaceField("字号", "Number", "J339900-2020-000017")),
)
