"""The acts of the story, in order; each does one thing through the hub's public interface and says what came of it."""

import asyncio
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from catalog.dcat import export_dcat
from catalog.model import DepartmentCode
from catalog.samples import sample_catalogue
from exchange.demo.artefacts import Artefacts
from exchange.demo.cast import CLERK, HUB, NR
from exchange.demo.changes import change, changed_world, moved, revoked
from exchange.demo.narration import Narration
from exchange.demo.stage import Stage
from exchange.demo.world import Resource

TRANSFER = "11339900MB900004X53000715001001"  # 不动产转移登记
FOOD = "11339900MB9000031D3000131015000"  # 食品经营许可
TYPES = ("household", "marriage", "business_licence", "real_estate")
_DELAY = 3.0  # seconds; a pull reads up to a bound that lies the manifests' delay in the past
_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@dataclass(slots=True)
class Memory:
    """What later acts need from earlier ones."""

    artefacts: Artefacts = field(default_factory=Artefacts)
    receipts: dict[str, str] = field(default_factory=dict)
    presented: list[dict[str, Any]] = field(default_factory=list)
    household_certificate: str = ""
    case: str = "NR-2026-000001"
    case_used_at: str = ""


async def pull_everything(stage: Stage, say: Narration, _: Memory) -> None:
    """Every department's system is pulled; planted bad rows are put aside with their reasons, never stored."""
    say.act(
        "归集：四个部门系统，各凭一份清单文件接入", "Pull four real and different systems, each connected by one file"
    )
    rows = stage.town.counts()
    for resource in Resource:
        counts = (await stage.app.pulls.run(resource)).counts
        bad = len(stage.world.bad(resource))
        say.check(
            counts.stored + counts.quarantined == rows[resource] and counts.quarantined == bad,
            f"{resource}: {counts.read} read, {counts.stored} stored, {counts.quarantined} put aside",
        )


async def pull_changes(stage: Stage, say: Narration, _: Memory) -> None:
    """One row in a hundred changes; the second pull touches only those."""
    say.act("变更 1% 后再次归集", "Change one row in a hundred and pull again")
    stage.world, changes = change(stage.world, seed=1)
    await asyncio.to_thread(stage.town.apply, changes, stage.app.now())
    await asyncio.sleep(_DELAY)
    for resource in Resource:
        counts = (await stage.app.pulls.run(resource)).counts
        wanted = sum(item.resource is resource for item in changes)
        say.check(counts.stored == wanted, f"{resource}: {wanted} rows changed, {counts.stored} stored")


async def publish_catalogue(stage: Stage, say: Narration, memory: Memory) -> None:
    """The catalogue says what is shared, by whom, on what terms; without a grant nothing is readable."""
    say.act("编目与授权", "Publish the catalogue and the grants")
    done = await stage.app.catalogue.import_file(sample_catalogue(), source="region_339900.toml")
    snapshot = await stage.app.catalogue.snapshot()
    say.tell(
        f"{len(snapshot.resources)} resources, {len(snapshot.service_items)} matters, {len(snapshot.grants)} grants"
    )
    say.check(done.changed, f"{done.entries} entries imported in one unit")
    document = export_dcat(
        snapshot,
        base=stage.base,
        publisher=DepartmentCode(HUB),
        title="政务数据目录",
        title_en="Shared government data",
    )
    memory.artefacts.add_json("catalogue.jsonld", document)


async def query_for_a_case(stage: Stage, say: Narration, memory: Memory) -> None:
    """A clerk's system asks for fields of one person, for one case; beyond the grant it gets nothing."""
    say.act("共享查询：窗口经办人凭办件查询", "A clerk queries shared records for a case")
    hero, clerk = stage.world.hero, stage.caller()
    granted = await stage.cast.systems[NR].authenticate(clerk, CLERK[NR])
    say.check(granted.status == 200, "private_key_jwt and officer assertion accepted, access token issued")
    await clerk.post("/api/v1/cases", {"number": memory.case, "service_item": TRANSFER, "subject": hero.citizen_id})
    question = {
        "resource": "psb.household",
        "subject": {"id_type": "citizen_id", "id": hero.citizen_id},
        "fields": ["name", "address", "household_no"],
        "case_number": memory.case,
        "service_item": TRANSFER,
        "legal_basis": "国令716第七条",
    }
    request_id = f"demo-{uuid.uuid4()}"
    answer = await clerk.post("/api/v1/queries", question, **{"idempotency-key": request_id})
    record = answer.body["answer"]["records"][0]
    say.check(
        record["fields"]["name"] == hero.name, f"{', '.join(record['fields'])} of {hero.name}, as of {record['as_of']}"
    )
    memory.receipts[answer.body["event_id"]] = answer.body["receipt"]
    again = await clerk.post("/api/v1/queries", question, **{"idempotency-key": request_id})
    say.check(again.body == answer.body, "the same request id gives the same answer and no second effect")
    wider = await clerk.post(
        "/api/v1/queries", question | {"fields": ["ethnicity"]}, **{"idempotency-key": str(uuid.uuid4())}
    )
    say.check(wider.status == 403, f"a field beyond the grant is refused: {wider.body['title']}")


async def issue_in_bulk(stage: Stage, say: Narration, memory: Memory) -> None:
    """Certificates are made from the pulled records: intent first, then signature, then storage."""
    say.act("批量制证：户口簿、结婚证、营业执照、不动产权证书", "Issue certificates in bulk from the pulled records")
    for type_name in TYPES:
        report = await stage.app.issuing.bulk(type_name)
        again = await stage.app.issuing.bulk(type_name)
        kind = stage.app.types.get(type_name)
        say.check(
            report.issued > 0 and again.issued == 0,
            f"{kind.zh} {kind.en}: {report.issued} issued, {len(report.refused)} refused with reasons; again: 0",
        )
    held = await stage.app.certificates.held(stage.world.hero.citizen_id)
    for item in held:
        slug = stage.app.types.get(item.certificate.type_code).slug
        await memory.artefacts.add_certificate(stage, slug, str(item.certificate.identifier))
    say.tell(f"{stage.world.hero.name} holds {len(held)} certificates")


async def present_by_code(stage: Stage, say: Narration, memory: Memory) -> None:
    """The citizen shows a one-time code; the phone names the asking department before anything is released."""
    say.act("亮证：一次性亮证码，先见单位后同意", "One citizen presents by one-time code")
    citizen, clerk = await stage.logged_in("applicant"), await stage.logged_in("clerk-nr")
    mine = (await citizen.get("/api/v1/certificates")).body["items"]
    valid = {item["type_id"]: item["identifier"] for item in mine if item["state"] == "valid"}
    memory.household_certificate = valid["household"]
    shown = (await citizen.post("/api/v1/presentations", {"certificates": list(valid.values())})).body
    claims = [
        clerk.post("/api/v1/presentations/claims", {"code": shown["code"], "case_number": memory.case})
        for _ in range(5)
    ]
    answers = await asyncio.gather(*claims)
    say.check([a.status for a in answers].count(200) == 1, "five clerks enter the code at once: exactly one succeeds")
    path = f"/api/v1/presentations/{shown['presentation_id']}"
    asked = (await citizen.get(path)).body
    say.check(
        asked["department"] == NR,
        f"the phone shows who asks: {asked['department_name']}, {len(asked['requested'])} certificates",
    )
    await citizen.post(f"{path}/confirmation")
    collected = await clerk.post(f"{path}/collection")
    memory.presented = collected.body["items"]
    for item in memory.presented:
        say.check(item["verdict"] == "valid", f"{item['type']}: {', '.join(item['claims'])}")
        memory.artefacts.add(f"presentations/{item['type']}.sdjwt", item["token"])
    again = await clerk.post(f"{path}/collection")
    say.check(again.status >= 400 and "items" not in again.body, "collecting a second time is refused")


async def nothing_to_hand_in(stage: Stage, say: Narration, memory: Memory) -> None:
    """Another department's case resolves from what is there already; asking again is refused and counted."""
    say.act("免证办：第二个部门的办件无需提交材料", "The second department's case resolves with nothing to hand in")
    clerk = await stage.logged_in("clerk-nr")
    view = (await clerk.post(f"/api/v1/cases/{memory.case}/resolution")).body
    for requirement in view["requirements"]:
        say.check(
            requirement["satisfied"], f"{requirement['name_zh']}: {requirement['by_kind']} ({requirement['basis']})"
        )
    result = (await clerk.post(f"/api/v1/cases/{memory.case}/result")).body
    say.tell(f"{len(result['values'])} fields released, {len(result['receipts'])} receipts")
    memory.receipts |= {receipt["event_id"]: receipt["token"] for receipt in result["receipts"]}
    memory.case_used_at = stage.app.now().isoformat()
    say.act("重复索要被拒并计数", "Demanding again what is available is refused and counted")
    demand = (await clerk.post(f"/api/v1/cases/{memory.case}/demands", {"evidence_type": "marriage_certificate"})).body
    say.check(demand["refused"], demand["sentence_zh"])
    counted = await stage.app.cases.refused_demands()
    say.check(counted.get(NR) == 1, f"refused demands of this department: {counted.get(NR, 0)}")


async def hand_in_once(stage: Stage, say: Narration, _: Memory) -> None:
    """What nobody holds is handed in once, checked by a clerk, and there the next time."""
    say.act("一次提交：材料由窗口核对后下次复用", "A material is handed in once, checked, and reused")
    clerk, citizen = await stage.logged_in("clerk-samr"), await stage.logged_in("applicant")
    subject = stage.world.hero.uscc  # the firm applies; its legal representative acts for it
    for number, needs in (("SAMR-2026-000001", True), ("SAMR-2026-000002", False)):
        await clerk.post("/api/v1/cases", {"number": number, "service_item": FOOD, "subject": subject})
        view = (await clerk.post(f"/api/v1/cases/{number}/resolution")).body
        open_ones = [item["id"] for item in view["requirements"] if not item["satisfied"]]
        say.check(
            open_ones == (["health"] if needs else []), f"{number}: still needed: {', '.join(open_ones) or 'nothing'}"
        )
        if needs:
            form = {"case_number": number, "evidence_type": "health_certificate"}
            handed_in = await citizen.upload("/api/v1/materials", form, "health.pdf", _PDF)
            until = (stage.app.now() + timedelta(days=365)).isoformat()
            checked = {"accept": True, "reason": "与原件一致", "valid_until": until}
            done = await clerk.post(f"/api/v1/materials/{handed_in.body['id']}/check", checked)
            say.check(
                done.body["trust_level"] == "B", "uploaded once, compared with the original by the clerk: level B"
            )


async def source_changes(stage: Stage, say: Narration, memory: Memory) -> None:
    """The household moves and a licence is revoked at the source: the certificates follow by themselves."""
    say.act("数据变更，证照随之更新", "A source record changes and the certificates built on it follow")
    hero = stage.world.hero
    old_token = next(item["token"] for item in memory.presented if item["type"] == "household")
    firm = next(f for f in stage.world.firms if f.uscc != hero.uscc and f.state == "存续")
    changes = (*moved(stage.world, hero.household_no, "示例市新桥路1号"), *revoked(firm))
    stage.world = changed_world(stage.world, changes)
    await asyncio.to_thread(stage.town.apply, changes, stage.app.now())
    await asyncio.sleep(_DELAY)
    for resource in (Resource.HOUSEHOLD, Resource.LICENCE):
        await stage.app.pulls.run(resource)
    citizen = await stage.logged_in("applicant")
    mine = (await citizen.get("/api/v1/certificates")).body["items"]
    states = {item["version"]: item["state"] for item in mine if item["type_id"] == "household"}
    say.check(states == {1: "superseded", 2: "valid"}, f"户口簿: version 1 {states.get(1)}, version 2 {states.get(2)}")
    report = await stage.app.verification.check(old_token, at=stage.app.now())
    say.check(report.verdict == "invalid", f"the old one no longer verifies: {report.deciding.zh}")
    licence = (await stage.app.certificates.held(firm.uscc))[0]
    say.check(licence.state == "revoked", f"营业执照 of {firm.name}: {licence.state.zh}")


async def citizen_looks(stage: Stage, say: Narration, _: Memory) -> None:
    """Every use is in the citizen's log, with department, purpose and fields."""
    say.act("用证记录：谁、何时、为何、哪些字段", "The citizen sees who used what")
    citizen = await stage.logged_in("applicant")
    uses = (await citizen.get("/api/v1/certificates/uses")).body["items"]
    for use in uses[:6]:
        say.tell(f"{use['at'][:19]}  {use['use']}  {use['department']}  {', '.join(use['fields'][:4])}")
    kinds = {use["use"] for use in uses}
    wanted = {"record-queried", "query-refused", "certificate-presented", "certificate-reused"}
    say.check(wanted <= kinds, f"{len(uses)} uses, refused ones included")
