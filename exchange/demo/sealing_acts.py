"""The acts about sealed documents: the departments' seals, both faces in bulk, a forgery, a purpose-marked copy."""

import uuid
from collections.abc import Callable
from functools import partial

from exchange.demo.acts import TYPES, Memory
from exchange.demo.cast import DEPARTMENT_NAMES, ISSUER_ALGORITHM
from exchange.demo.narration import Narration
from exchange.demo.stage import Stage
from exchange.model_sealing import SealingJob

BANK = "示例银行东示区支行"
PURPOSE = "办理住房贷款"


async def take_seals_into_use(stage: Stage, say: Narration, _: Memory) -> None:
    """Every department gets certified sealing keys and a test seal that two persons let into use."""
    say.act("电子印章：双人保管，测试章启用", "Electronic seals: kept by two persons, taken into use")
    for department in ISSUER_ALGORITHM:
        done = await stage.app.documents.enrolment.enrol(department)
        say.check(
            len(set(done.custodians)) > 1,
            f"{DEPARTMENT_NAMES[department]}：印章 {done.es_id}，保管人 {' 与 '.join(done.custodians)}",
            "one proposed, the other approved",
        )


async def seal_documents(stage: Stage, say: Narration, memory: Memory) -> None:
    """Every certificate gets its legal face (OFD) and its everyday face (PDF); a second run seals nothing."""
    say.act("批量用印：国标版式文件 OFD 与 PDF/A", "Seal OFD (GB/T 33190, GB/T 38540) and PDF/A (PAdES) in bulk")
    again = 0
    for type_name in TYPES:
        kind = stage.app.types.get(type_name)
        with say.working(kind.zh) as update:
            job = await _sealed(stage, type_name, partial(_counted, update, kind.zh))
            again += (await _sealed(stage, type_name)).sealed
        say.check(
            job.sealed == job.total > 0 and job.refused == 0,
            f"{kind.zh}：{job.sealed} 本各一份 OFD 和 PDF，每秒 {job.rate:.0f} 本",
            f"{kind.en}: {job.sealed} sealed, {job.rate:.0f} a second, {job.refused} refused",
        )
    say.check(again == 0, "全部再运行一次：用印 0", "all of it again: nothing is sealed twice")
    await memory.artefacts.add_certificates(stage)
    for suffix in ("ofd", "pdf"):
        document = memory.artefacts.files[f"certificates/real_estate.{suffix}"]
        good = await stage.app.verification.report(document, at=None)
        say.check(
            good.verdict == "valid",
            f"不动产权证书 {suffix.upper()}：{len(good.steps)} 步核验，{good.verdict.zh}",
            f"{len(good.steps)} steps, {good.verdict}",
        )
        spoilt = bytearray(document)
        spoilt[len(spoilt) // 2] ^= 1
        forged = await stage.app.verification.report(bytes(spoilt), at=None)
        why = forged.deciding
        say.check(
            forged.verdict == "invalid" and why is not None,
            f"改动一个比特：{forged.verdict.zh}。{why.zh if why else ''}",
            f"one bit flipped. {why.en if why else ''}",
        )

    await _photo_on_page(stage, say, memory)


async def _photo_on_page(stage: Stage, say: Narration, memory: Memory) -> None:
    """The couple's photo came with the register's row; the data states its digest, and the pages show it."""
    found = memory.artefacts.files["certificates/marriage.pdf"]
    report = await stage.app.verification.report(found, at=None)
    digest = str(report.claims["face.photo_digest"])
    photo = await stage.app.documents.originals.photos.find(digest)
    ofd = memory.artefacts.files["certificates/marriage.ofd"]
    other = await stage.app.verification.report(ofd, at=None)
    say.check(
        photo is not None and photo in found and report.verdict == other.verdict == "valid",
        f"结婚证照片：数据载明摘要 {digest[:12]}…，OFD 与 PDF 版面照片与之相符",
        "the photo on both pages is the one the data states",
    )


async def _sealed(stage: Stage, type_name: str, progress: Callable[[SealingJob], None] = lambda _: None) -> SealingJob:
    sealing = stage.app.documents.sealing
    job = await sealing.start(type_name)
    return await sealing.run(job.id, progress)


def _counted(update: Callable[[str], None], name: str, job: SealingJob) -> None:
    update(f"{name} {job.done}/{job.total} · {job.rate:.0f}/s …")


async def copy_for_a_purpose(stage: Stage, say: Narration, memory: Memory) -> None:
    """A copy for one purpose: marked across the page, downloaded once, checked by its code; the original stays."""
    say.act("加注件：限定用途、一次下载、可凭码核验", "A purpose-marked copy: one purpose, one download")
    citizen = await stage.logged_in("applicant")
    mine = (await citizen.get("/api/v1/certificates")).body["items"]
    title = next(item for item in mine if item["type_id"] == "real_estate" and item["state"] == "valid")
    wish = {"format": "pdf", "purpose": PURPOSE, "matter": "个人住房贷款", "recipient": BANK}
    key = {"idempotency-key": str(uuid.uuid4())}
    made = (await citizen.post(f"/api/v1/certificates/{title['identifier']}/copies", wish, **key)).body
    path = f"/api/v1/certificates/copies/{made['id']}/download"
    first, second = await citizen.post(path), await citizen.post(path)
    say.check(
        first.status == 200 and second.status >= 400,
        f"供{BANK}{PURPOSE}用，下载一次；再次下载被拒",
        "downloaded once; the second time is refused",
    )
    memory.artefacts.add("copies/real_estate.pdf", first.body)
    found = (await stage.caller().get(f"/api/v1/copies/{made['code']}")).body
    say.check(
        found["state"] == "in-force" and stage.world.hero.name not in str(found),
        f"凭核验码查询：{found['purpose']}，至 {found['valid_until']}；不显示个人信息",
        "anybody with the code sees what it is for, and nobody's data",
    )
    report = await stage.app.verification.report(first.body, at=None)
    say.check(report.verdict == "valid", f"加注件自身已用印：{report.verdict.zh}", "the copy is sealed itself")
