"""The acts of the story, in order; each does one thing through the hub's public interface and says what came of it."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from catalog.clocks import CHINA_STANDARD_TIME
from catalog.model import ResourceId
from catalog.samples import sample_catalogue
from exchange.demo.artefacts import Artefacts
from exchange.demo.caller import Caller
from exchange.demo.cast import CLERK, DEPARTMENT_NAMES, HUB, NR
from exchange.demo.changes import change, changed_world, moved, rephotographed, revoked
from exchange.demo.narration import Narration
from exchange.demo.stage import Stage
from exchange.demo.world import Resource
from exchange.service.issuing import BulkReport

TRANSFER = "11339900MB900004X53000715001001"  # 不动产转移登记
FOOD = "11339900MB9000031D3000131015000"  # 食品经营许可
TYPES = ("household", "marriage", "business_licence", "real_estate")
FIELDS = ("name", "address", "household_no")
_NAMES = {
    Resource.HOUSEHOLD: "户籍人口",
    Resource.MARRIAGE: "婚姻登记",
    Resource.LICENCE: "营业执照",
    Resource.REAL_ESTATE: "不动产权",
}
_USES = {
    "record-queried": "查询记录",
    "query-refused": "查询被拒",
    "certificate-presented": "出示证照",
    "certificate-reused": "复用证照",
    "copy-downloaded": "下载加注件",
    "copy-checked": "核验加注件",
}
_HELD = ("mca.marriage", "nr.real_estate", "psb.household")  # what the hero is in as a person
_DELAY = 3.0  # seconds; a pull reads up to a bound that lies the manifests' delay in the past
_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@dataclass(slots=True)
class Memory:
    """What later acts need from earlier ones."""

    artefacts: Artefacts = field(default_factory=Artefacts)
    receipts: dict[str, str] = field(default_factory=dict)
    presented: list[dict[str, Any]] = field(default_factory=list)
    case: str = "NR-2026-000001"


async def pull_everything(stage: Stage, say: Narration, _: Memory) -> None:
    """Every department's system is pulled; planted bad rows are put aside with their reasons, never stored."""
    say.act("归集：四个部门系统，各凭一份清单文件接入", "Pull four different systems, one manifest file each")
    rows = stage.town.counts()
    for resource in Resource:
        with say.working(f"{resource} …"):
            counts = (await stage.app.pulls.run(resource)).counts
        bad = len(stage.world.bad(resource))
        say.check(
            counts.stored + counts.quarantined == rows[resource] and counts.quarantined == bad,
            f"{_NAMES[resource]} {resource}：读取 {counts.read}，入库 {counts.stored}，隔离 {counts.quarantined}",
            f"{counts.read} read, {counts.stored} stored, all {bad} planted bad rows put aside",
        )


async def pull_changes(stage: Stage, say: Narration, _: Memory) -> None:
    """One row in a hundred changes; the second pull touches only those."""
    say.act("变更 1% 后再次归集：只处理变更", "Change one row in a hundred and pull again: only those move")
    stage.world, changes = change(stage.world, seed=1)
    await asyncio.to_thread(stage.town.apply, changes, stage.app.now())
    with say.working("等待数据源时间界限 waiting for the sources' time bound …"):
        await asyncio.sleep(_DELAY)
    for resource in Resource:
        counts = (await stage.app.pulls.run(resource)).counts
        wanted = sum(item.resource is resource for item in changes)
        say.check(
            counts.stored == wanted,
            f"{_NAMES[resource]}：变更 {wanted} 行，入库 {counts.stored} 行",
            f"{wanted} rows changed, {counts.stored} stored",
        )


async def publish_catalogue(stage: Stage, say: Narration, memory: Memory) -> None:
    """The catalogue says what is shared, by whom, on what terms; without a grant nothing is readable."""
    say.act("编目与授权", "Publish the catalogue and the grants")
    done = await stage.app.catalogue.import_file(sample_catalogue(), source="region_339900.toml")
    snapshot = await stage.app.catalogue.snapshot()
    say.check(done.changed, f"{done.entries} 个条目一次导入，要么全部，要么没有", "imported in one unit, all or none")
    counts = len(snapshot.resources), len(snapshot.service_items), len(snapshot.grants)
    say.tell(
        "{} 个数据资源，{} 个政务服务事项，{} 项授权".format(*counts),
        "{} resources, {} service items, {} grants".format(*counts),
    )
    document = await stage.app.catalogue.dcat(base=stage.base, publisher=HUB)
    memory.artefacts.add_json("catalogue.jsonld", document)


async def query_for_a_case(stage: Stage, say: Narration, memory: Memory) -> None:
    """A clerk's system asks for fields of one person, for one case; beyond the grant it gets nothing."""
    say.act("共享查询：窗口经办人凭办件查询", "A clerk's system queries a shared record for a case")
    hero, clerk = stage.world.hero, stage.caller()
    granted = await stage.cast.systems[NR].authenticate(clerk, CLERK[NR])
    say.check(
        granted.status == 200,
        "部门系统与经办人双重认证，取得访问令牌",
        "private_key_jwt and officer assertion accepted",
    )
    await clerk.post("/api/v1/cases", {"number": memory.case, "service_item": TRANSFER, "subject": hero.citizen_id})
    question = {
        "resource": "psb.household",
        "subject": {"id_type": "citizen_id", "id": hero.citizen_id},
        "fields": list(FIELDS),
        "case_number": memory.case,
        "service_item": TRANSFER,
        "legal_basis": "国令716第七条",
    }
    key = {"idempotency-key": f"demo-{uuid.uuid4()}"}
    answer = await clerk.post("/api/v1/queries", question, **key)
    record = answer.body["answer"]["records"][0]
    say.check(
        set(record["fields"]) == set(FIELDS) and record["fields"]["name"] == hero.name,
        f"{hero.name}（生僻字姓名）：只返回所请求的 {len(FIELDS)} 项",
        f"exactly the {len(FIELDS)} fields asked for: {', '.join(FIELDS)}",
    )
    memory.receipts[answer.body["event_id"]] = answer.body["receipt"]
    again = await clerk.post("/api/v1/queries", question, **key)
    counted = Counter(use["use"] for use in await _uses(stage))
    say.check(
        again.body == answer.body and counted["record-queried"] == 1,
        "同一请求号重发：同一答复，只记一次",
        "the same request id again: same answer, one log entry",
    )
    key = {"idempotency-key": str(uuid.uuid4())}
    wider = await clerk.post("/api/v1/queries", question | {"fields": ["ethnicity"]}, **key)
    say.check(wider.status == 403, f"多要一个字段被拒：{wider.body['title']}", "a field beyond the grant is refused")


async def issue_in_bulk(stage: Stage, say: Narration, _: Memory) -> None:
    """Certificates are made from the pulled records: intent first, then signature, then storage."""
    say.act("批量制证：由归集数据生成四种电子证照", "Issue four kinds of certificates from the pulled records")
    records = {source.resource: source.records for source in await stage.app.operations.sources()}
    twice = 0
    for type_name in TYPES:
        kind = stage.app.types.get(type_name)
        with say.working(kind.zh) as update:
            report = await stage.app.issuing.bulk(type_name, partial(_counted, update, kind.zh))
            twice += (await stage.app.issuing.bulk(type_name)).issued
        say.check(
            report.issued + len(report.refused) == records[kind.resource]
            and all(item.reasons for item in report.refused),
            f"{kind.zh}：签发 {report.issued}，依规则不予签发 {len(report.refused)}",
            f"{kind.en}: {report.issued} issued, {len(report.refused)} refused",
        )
        if report.refused:
            reason, times = Counter(reason for item in report.refused for reason in item.reasons).most_common(1)[0]
            say.tell(f"不予签发最常见的原因（{times} 次）：{reason}", "most frequent reason")
    say.check(twice == 0, "全部再运行一次：签发 0", "all of it again: nothing is issued twice")


def _counted(update: Callable[[str], None], name: str, report: BulkReport) -> None:
    update(f"{name} {report.total} …")


async def present_by_code(stage: Stage, say: Narration, memory: Memory) -> None:
    """The citizen shows a one-time code; the phone names the asking department before anything is released."""
    say.act("亮证：一次性亮证码，先看清对方再同意", "A citizen presents certificates by a one-time code")
    citizen, clerk = await stage.logged_in("applicant"), await stage.logged_in("clerk-nr")
    mine = (await citizen.get("/api/v1/certificates")).body["items"]
    valid = [item["identifier"] for item in mine if item["state"] == "valid"]
    say.tell(f"{stage.world.hero.name} 持有 {len(valid)} 本有效证照", f"holds {len(valid)} valid certificates")
    shown = (await citizen.post("/api/v1/presentations", {"certificates": valid})).body
    claim = {"code": shown["code"], "case_number": memory.case}
    answers = await asyncio.gather(*(clerk.post("/api/v1/presentations/claims", claim) for _ in range(5)))
    say.check(
        [a.status for a in answers].count(200) == 1,
        "同一亮证码五次同时录入：恰有一次成功",
        "the code entered five times at once: exactly one succeeds",
    )
    path = f"/api/v1/presentations/{shown['presentation_id']}"
    early = await clerk.post(f"{path}/collection")
    asked = (await citizen.get(path)).body
    say.check(
        early.status >= 400 and asked["department"] == NR,
        f"手机先显示对方是{asked['department_name']}；同意之前对方取不到任何内容",
        "the phone shows who asks; nothing is released before consent",
    )
    await citizen.post(f"{path}/confirmation")
    memory.presented = (await clerk.post(f"{path}/collection")).body["items"]
    for item in memory.presented:
        kind = stage.app.types.get(item["type"])
        names = [face.zh for face in kind.face if face.item in item["claims"]]
        say.check(
            item["verdict"] == "valid", f"{kind.zh}验证有效，只出示：{'、'.join(names)}", "valid, and nothing else"
        )
        memory.artefacts.add(f"presentations/{item['type']}.sdjwt", item["token"])
    again = await clerk.post(f"{path}/collection")
    say.check(again.status >= 400 and "items" not in again.body, "再次领取被拒", "collecting a second time is refused")


async def nothing_to_hand_in(stage: Stage, say: Narration, memory: Memory) -> None:
    """Another department's case resolves from what is there already; asking again is refused and counted."""
    say.act("免证办：另一部门的办件无需提交任何材料", "Another department's case needs nothing handed in")
    clerk = await stage.logged_in("clerk-nr")
    view = (await clerk.post(f"/api/v1/cases/{memory.case}/resolution")).body
    for requirement in view["requirements"]:
        say.check(
            requirement["satisfied"] and requirement["by_kind"] == "certificate",
            f"{requirement['name_zh']}：{requirement['basis']}",
            f"{requirement['id']}: met by a certificate",
        )
    result = (await clerk.post(f"/api/v1/cases/{memory.case}/result")).body
    values, receipts = len(result["values"]), result["receipts"]
    say.check(
        values > 0 and len(receipts) == len(view["requirements"]),
        f"取得 {values} 个字段和 {len(receipts)} 份回执",
        f"{values} fields released, {len(receipts)} receipts kept",
    )
    memory.receipts |= {receipt["event_id"]: receipt["token"] for receipt in receipts}
    memory.artefacts.used_at = stage.app.now().isoformat()


async def demand_again(stage: Stage, say: Narration, memory: Memory) -> None:
    """What is available may not be demanded again; the attempt is refused and counted."""
    say.act("重复索要被拒并计数", "Demanding again what is available is refused and counted")
    clerk = await stage.logged_in("clerk-nr")
    demand = (await clerk.post(f"/api/v1/cases/{memory.case}/demands", {"evidence_type": "marriage_certificate"})).body
    say.check(demand["refused"], demand["sentence_zh"], demand["sentence_en"])
    counted = await stage.app.cases.refused_demands()
    say.check(counted.get(NR) == 1, f"{DEPARTMENT_NAMES[NR]}被拒次数：{counted.get(NR, 0)}", "counted per department")


async def hand_in_once(stage: Stage, say: Narration, _: Memory) -> None:
    """What nobody holds is handed in once, checked by a clerk, and there the next time."""
    say.act("一次提交：材料经窗口核对，下次直接复用", "Paper handed in once is checked, then reused")
    clerk, citizen = await stage.logged_in("clerk-samr"), await stage.logged_in("applicant")
    needed = await _still_needed(stage, clerk, "SAMR-2026-000001")
    say.check(needed == ["health"], "SAMR-2026-000001：尚缺健康证明", "the first case still needs: health certificate")
    form = {"case_number": "SAMR-2026-000001", "evidence_type": "health_certificate"}
    handed_in = await citizen.upload("/api/v1/materials", form, "health.pdf", _PDF)
    until = (stage.app.now() + timedelta(days=365)).isoformat()
    checked = {"accept": True, "reason": "与原件一致", "valid_until": until}
    done = await clerk.post(f"/api/v1/materials/{handed_in.body['id']}/check", checked)
    say.check(
        done.body["trust_level"] == "B",
        "上传一次，窗口与原件核对一致：信任等级 B",
        "uploaded once, compared with the original: trust level B",
    )
    needed = await _still_needed(stage, clerk, "SAMR-2026-000002")
    say.check(needed == [], "SAMR-2026-000002：无需再交", "the next case needs nothing")


async def _still_needed(stage: Stage, clerk: Caller, number: str) -> list[str]:
    """Open a case of the hero's firm (its legal representative acts for it); what it still lacks."""
    await clerk.post("/api/v1/cases", {"number": number, "service_item": FOOD, "subject": stage.world.hero.uscc})
    view = (await clerk.post(f"/api/v1/cases/{number}/resolution")).body
    return [item["id"] for item in view["requirements"] if not item["satisfied"]]


async def source_changes(stage: Stage, say: Narration, memory: Memory) -> None:
    """The household moves, a couple brings a new photo, a licence is revoked: the certificates follow by themselves."""
    say.act("数据变更，证照随之更新", "Source records change; the certificates built on them follow")
    hero = stage.world.hero
    old_token = next(item["token"] for item in memory.presented if item["type"] == "household")
    firm = next(f for f in stage.world.firms if f.uscc != hero.uscc and f.state == "存续")
    couple = next(m for m in stage.world.marriages if m.marriage_no == hero.marriage_no)
    changes = (
        *moved(stage.world, hero.household_no, "示例市新桥路1号"),
        *rephotographed(couple),
        *revoked(firm),
    )
    stage.world = changed_world(stage.world, changes)
    await asyncio.to_thread(stage.town.apply, changes, stage.app.now())
    with say.working("等待数据源时间界限 waiting for the sources' time bound …"):
        await asyncio.sleep(_DELAY)
        for resource in (Resource.HOUSEHOLD, Resource.MARRIAGE, Resource.LICENCE):
            await stage.app.pulls.run(resource)
    citizen = await stage.logged_in("applicant")
    mine = (await citizen.get("/api/v1/certificates")).body["items"]
    versions = {item["version"]: item for item in mine if item["type_id"] == "household"}
    say.check(
        {number: item["state"] for number, item in versions.items()} == {1: "superseded", 2: "valid"},
        "迁居：户口簿第 1 版已变更，第 2 版有效",
        "moved house: version 1 superseded, version 2 valid",
    )
    married = {item["version"]: item for item in mine if item["type_id"] == "marriage"}
    say.check(
        {number: item["state"] for number, item in married.items()} == {1: "superseded", 2: "valid"},
        "换照片：结婚证第 1 版已变更，第 2 版有效",
        "a new photo: version 1 superseded, version 2 valid",
    )
    await _sealed_anew(stage, say)
    await memory.artefacts.add_certificate(stage, "household-2", versions[2]["identifier"])
    await memory.artefacts.add_certificate(stage, "marriage-2", married[2]["identifier"])
    names = {f"certificates/{name}-2.{suffix}" for name in ("household", "marriage") for suffix in ("ofd", "pdf")}
    say.check(
        names <= memory.artefacts.files.keys(),
        "户口簿、结婚证第 2 版自动用印：OFD 与 PDF",
        "both second versions got their sealed documents by themselves",
    )
    report = await stage.app.verification.check(old_token, at=stage.app.now())
    say.check(report.verdict == "invalid", f"出示旧版：{report.deciding.zh}", report.deciding.en)
    licence = (await stage.app.certificates.held(firm.uscc))[0]
    say.check(
        licence.state == "revoked",
        f"{firm.name}：营业执照已{licence.state.zh}",
        "licence revoked at the source, so its certificate is revoked",
    )


async def _sealed_anew(stage: Stage, say: Narration) -> None:
    """Look now instead of at the worker's next round, and wait for whoever seals."""
    with say.working("随变更用印 sealing what followed …"):
        await stage.app.documents.upkeep.follow()
        for job in await stage.app.documents.sealing.newest(len(TYPES)):
            await stage.app.documents.sealing.run(job.id)


async def citizen_looks(stage: Stage, say: Narration, _: Memory) -> None:
    """Every use is in the citizen's log, with department, purpose and fields."""
    say.act("用证记录：谁、何时、为何、哪些字段", "The citizen sees who used what, when, and what for")
    uses = await _uses(stage)
    latest = {(use["use"], use["what"]): use for use in reversed(uses)}
    snapshot = await stage.app.catalogue.snapshot()
    names = {str(item.code): item.name_zh for item in snapshot.service_items.values()}
    words = {item.code: item.name_zh for name in _HELD for item in snapshot.resources[ResourceId(name)].items}
    for use in latest.values():
        at = datetime.fromisoformat(use["at"]).astimezone(CHINA_STANDARD_TIME)
        fields = "、".join(words.get(name, name) for name in use["fields"]) if use["released"] else "未提供"
        purpose = names.get(use["purpose"], use["purpose"])
        who = DEPARTMENT_NAMES.get(use["department"], use["recipient"])  # a copy is for whom the citizen named
        say.tell(f"{at:%H:%M:%S}  {_USES[use['use']]}  {who}  {purpose}  {fields}")
    say.check(
        set(_USES) <= {use["use"] for use in uses},
        f"共 {len(uses)} 条，被拒的查询也在其中",
        f"{len(uses)} entries, the refused query among them",
    )


async def _uses(stage: Stage) -> list[dict[str, Any]]:
    """The hero's record of uses, newest first, as the hero's phone gets it."""
    citizen = await stage.logged_in("applicant")
    return list((await citizen.get("/api/v1/certificates/uses")).body["items"])
