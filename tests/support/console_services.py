"""The services of the in-memory hub: real states and refusals over `tests.support.console_world`."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from exchange.console.ports import Choices
from exchange.errors import CaseNotFoundError, CodeNotAcceptedError, LoginRefusedError, PresentationOverError
from exchange.model import (
    Case,
    CaseState,
    Material,
    MaterialState,
    Presentation,
    PresentationState,
    PresentedCertificate,
    Principal,
    Receipt,
    ShowCode,
    Use,
    UseRecord,
)
from exchange.model_views import (
    AlternativeView,
    CaseResult,
    CaseView,
    CertificateView,
    DemandOutcome,
    EvidenceView,
    FieldValue,
    Labels,
    RequirementView,
    ServiceItemView,
)
from tests.support.console_world import (
    CERTIFICATES,
    EVENT,
    HOLDER_ID,
    HOLDER_NAME,
    HOSTILE,
    LABELS,
    LICENCE,
    MCA,
    PASSWORD,
    PEOPLE,
    PSB,
    SAMR,
    START,
    World,
)


@dataclass
class MemoryAccess:
    world: World

    async def login(self, username: str, password: str, *, address: str) -> tuple[Principal, str]:
        if username not in PEOPLE or password != PASSWORD:
            raise LoginRefusedError
        token = f"session-{username}-{len(self.world.sessions)}"
        self.world.sessions[token] = PEOPLE[username]
        self.world.calls.append(("login", username, address))
        return PEOPLE[username], token

    async def session(self, token: str) -> Principal | None:
        return self.world.sessions.get(token)

    async def logout(self, token: str) -> None:
        self.world.sessions.pop(token, None)


class MemoryCatalogue:
    async def labels(self) -> Labels:
        return LABELS

    async def service_items(self, principal: Principal) -> tuple[ServiceItemView, ...]:
        zh, en = LABELS.names["change-address"]
        return (ServiceItemView("change-address", zh, en),)


@dataclass
class MemoryQueries:
    world: World

    async def recent(self, principal: Principal, limit: int) -> tuple[UseRecord, ...]:
        return tuple(self.world.uses[:limit])


LEASE = EvidenceView("lease", *LABELS.names["lease"])
REQUIREMENTS = (
    RequirementView(
        "identity",
        "经办人身份",
        "Identity of the applicant",
        satisfied=True,
        basis="《市场主体登记管理条例》第十六条",
        by_kind="record",
        by_reference="psb.household",
        alternatives=(
            AlternativeView((EvidenceView("household", *LABELS.names["household"], available_as="record"),)),
        ),
    ),
    RequirementView(
        "licence",
        "营业执照",
        "Business licence",
        satisfied=True,
        basis="《市场主体登记管理条例》第二十四条",
        by_kind="certificate",
        by_reference=LICENCE,
    ),
    RequirementView(
        "premises",
        "住所使用权",
        "Right to use the premises",
        satisfied=False,
        law="《公司法》第八条",
        reasons=("not-found",),
        alternatives=(
            AlternativeView((LEASE,)),
            AlternativeView(
                (
                    EvidenceView(
                        "title",
                        "不动产权证书",
                        "Real estate title",
                        choices=("示(2020)第1号", "示(2021)第2号"),
                        as_material=False,
                    ),
                )
            ),
        ),
    ),
)


@dataclass
class MemoryCases:
    world: World

    async def open(self, principal: Principal, *, number: str, service_item: str, subject: str) -> Case:
        case = Case(number, service_item, SAMR, subject, "SAMR-007", self.world.now(), CaseState.OPEN)
        self.world.cases[number] = case
        return case

    async def get(self, principal: Principal, number: str) -> Case:
        if number not in self.world.cases:
            raise CaseNotFoundError
        return self.world.cases[number]

    async def list(self, principal: Principal, limit: int) -> tuple[Case, ...]:
        found = self.world.cases.values()
        return tuple(c for c in found if principal.subject in (None, c.subject))[:limit]

    async def resolve(self, principal: Principal, number: str, choices: Choices) -> CaseView:
        return CaseView(await self.get(principal, number), *LABELS.names["change-address"], requirements=REQUIREMENTS)

    async def demand(self, principal: Principal, number: str, evidence_type: str) -> DemandOutcome:
        refused = evidence_type == "household"
        return DemandOutcome(
            refused=refused,
            evidence_type=evidence_type,
            available_as="record" if refused else None,
            sentence_zh="该材料可以通过共享数据取得，依据条例第十九条不得要求提交。" if refused else "已记录。",
            sentence_en="It is available as a shared record; Article 19 forbids asking for it."
            if refused
            else "Recorded.",
            receipt=Receipt(EVENT, "token"),
        )

    async def use(self, principal: Principal, number: str, choices: Choices) -> CaseResult:
        case = await self.get(principal, number)
        self.world.calls.append(("use", number, dict(choices)))
        self.world.use("psb.household", Use.RECORD_QUERIED, released=True, fields=("name", "citizen_id"))
        source, as_of = LABELS.zh(PSB), START - timedelta(hours=3)
        values = (
            FieldValue("姓名", "Name", HOLDER_NAME, source, as_of, "valid", "第十六条", group="psb.household"),
            FieldValue(
                "公民身份号码",
                "Citizen identity number",
                HOLDER_ID,
                source,
                as_of,
                "valid",
                "第十六条",
                sensitive=True,
                group="psb.household",
            ),
            FieldValue("名称", "Name", HOSTILE, LABELS.zh(SAMR), None, "indeterminate", "", group="business_licence"),
            FieldValue("字号", "Number", "示例", LABELS.zh(MCA), as_of, "invalid", "", group="marriage"),
        )
        return CaseResult(case, values, (Receipt(EVENT, "token"),))

    async def close(self, principal: Principal, number: str) -> Case:
        closed = replace(await self.get(principal, number), state=CaseState.CLOSED)
        self.world.cases[number] = closed
        return closed


@dataclass
class MemoryMaterials:
    world: World

    async def submit(
        self, principal: Principal, *, case_number: str, evidence_type: str, filename: str, content: bytes
    ) -> Material:
        material = Material(
            uuid4(),
            principal.subject or "",
            evidence_type,
            case_number,
            filename,
            "application/pdf",
            len(content),
            "00",
            "blob",
            MaterialState.SUBMITTED,
            "C",
            self.world.now(),
        )
        self.world.materials[material.id] = (material, content)
        return material

    async def check(
        self,
        principal: Principal,
        material_id: UUID,
        *,
        accept: bool,
        reason: str,
        valid_until: datetime | None,
    ) -> Material:
        material, content = self.world.materials[material_id]
        state = MaterialState.ACCEPTED if accept else MaterialState.REJECTED
        checked = replace(material, state=state, valid_until=valid_until)
        self.world.materials[material_id] = (checked, content)
        self.world.calls.append(("check", accept, reason, valid_until))
        return checked

    async def waiting(self, principal: Principal) -> tuple[Material, ...]:
        found = (m for m, _ in self.world.materials.values())
        return tuple(m for m in found if m.state is MaterialState.SUBMITTED)

    async def mine(self, principal: Principal) -> tuple[Material, ...]:
        return tuple(m for m, _ in self.world.materials.values() if m.subject == principal.subject)

    async def content(self, principal: Principal, material_id: UUID) -> tuple[Material, bytes]:
        return self.world.materials[material_id]


@dataclass
class MemoryPresentations:
    world: World

    async def offer(self, principal: Principal, certificates: tuple[str, ...]) -> ShowCode:
        presentation_id, ends = uuid4(), self.world.now() + timedelta(seconds=60)
        code = f"{31415926 + len(self.world.codes):08d}"
        self.world.codes[code] = presentation_id
        self.world.presentations[presentation_id] = Presentation(
            presentation_id, principal.subject or "", certificates, PresentationState.SHOWN, ends
        )
        return ShowCode(presentation_id, code, ends)

    async def claim(self, principal: Principal, *, code: str, case_number: str) -> Presentation:
        if code not in self.world.codes:
            raise CodeNotAcceptedError
        return self._move(
            self.world.codes.pop(code),
            PresentationState.SHOWN,
            PresentationState.CLAIMED,
            department=principal.department,
            department_name=LABELS.zh(principal.department or ""),
            officer=principal.officer,
            case_number=case_number,
            service_item="change-address",
            purpose="change-address",
            requested={LICENCE: ("name", "uscc")},
        )

    async def confirm(self, principal: Principal, presentation_id: UUID) -> Presentation:
        return self._move(presentation_id, PresentationState.CLAIMED, PresentationState.CONFIRMED)

    async def refuse(self, principal: Principal, presentation_id: UUID) -> Presentation:
        self.world.use(LICENCE, Use.PRESENTATION_REFUSED, released=False, fields=("name", "uscc"))
        return self._move(presentation_id, PresentationState.CLAIMED, PresentationState.REFUSED)

    async def collect(self, principal: Principal, presentation_id: UUID) -> tuple[PresentedCertificate, ...]:
        self._move(presentation_id, PresentationState.CONFIRMED, PresentationState.COLLECTED)
        self.world.use(LICENCE, Use.CERTIFICATE_PRESENTED, released=True, fields=("name", "uscc"))
        claims = {"name": HOSTILE, "uscc": "91339900MA90000012"}
        return (
            PresentedCertificate(LICENCE, "business_licence", "token", claims, "valid", {}, LABELS.zh(SAMR), START),
        )

    async def status(self, principal: Principal, presentation_id: UUID) -> Presentation:
        found = self.world.presentations[presentation_id]
        waiting = found.state in (PresentationState.SHOWN, PresentationState.CLAIMED)
        if waiting and self.world.now() >= found.expires_at:
            found = replace(found, state=PresentationState.EXPIRED)
            self.world.presentations[presentation_id] = found
        return found

    def _move(
        self, presentation_id: UUID, before: PresentationState, after: PresentationState, **named: object
    ) -> Presentation:
        found = self.world.presentations[presentation_id]
        if found.state is not before:
            raise PresentationOverError(found.state)
        moved = replace(found, state=after, **named)  # type: ignore[arg-type]  # keywords are checked by replace
        self.world.presentations[presentation_id] = moved
        return moved


@dataclass
class MemoryCertificates:
    world: World

    async def mine(self, principal: Principal) -> tuple[CertificateView, ...]:
        return CERTIFICATES if principal.subject == HOLDER_ID else ()

    async def by_identifier(self, principal: Principal, identifier: str) -> CertificateView:
        return next(c for c in CERTIFICATES if c.identifier == identifier)

    async def uses(self, principal: Principal) -> tuple[UseRecord, ...]:
        return tuple(self.world.uses) if principal.subject == HOLDER_ID else ()
