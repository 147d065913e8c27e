"""Every page in both languages: it says what it must, in the right language, and nothing it must not."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser

import pytest

from tests.exchange.console.conftest import Visit
from tests.support.console_batches import COLLECTING, ENDED, RUNNING
from tests.support.console_copies import CODE, USED, WAITING, WITHDRAWN
from tests.support.console_documents import DONE_JOB, OPEN_JOB, STOPPED_JOB
from tests.support.console_seals import HANDOVER, HOSTILE_SEAL, PROPOSAL, SEAL
from tests.support.console_world import CASE, EVENT, HOLDER_ID, HOLDER_NAME, HOUSEHOLD

PAGES: Mapping[tuple[str | None, str], tuple[str, str]] = {
    (None, "/"): ("一张证照，交一次，处处可用", "Hand in a certificate once"),
    (None, "/about"): ("拒绝亮证不影响办事", "refusing to show a code does not end your matter"),
    (None, "/status"): ("部分服务异常", "Some services do not work"),
    (None, "/verify"): ("不需要登录", "without logging in"),
    (None, "/login"): ("用户名", "User name"),
    ("holder", "/me"): ("我的证照", "My certificates"),
    ("holder", f"/me/certificates/{HOUSEHOLD}"): ("证照标识", "Identifier"),
    ("holder", "/me/show"): ("选择要出示的证照", "Choose what to show"),
    ("holder", "/me/uses"): ("查询被拒绝", "Query refused"),
    ("holder", "/me/copies"): ("原件始终只在您手里", "The original stays with you"),
    ("holder", f"/me/certificates/{HOUSEHOLD}/copy"): ("不必交出原件", "keep the original"),
    ("holder", f"/me/copies/{WAITING}"): ("下载 PDF 文件", "Download the PDF"),
    ("holder", f"/me/copies/{USED}"): ("最近一次核验", "Last checked"),
    ("holder", f"/me/copies/{WITHDRAWN}"): ("您已撤回", "You withdrew it"),
    (None, "/copies"): ("七组，每组四个字符", "Seven groups"),
    (None, f"/copies/{CODE}"): ("这份加注件现在有效", "This copy is good now"),
    ("holder", "/me/materials"): ("等待核对", "Waiting to be checked"),
    ("holder", f"/me/cases/{CASE}"): ("住所使用证明", "Proof of the right to use the premises"),
    ("clerk", "/desk"): ("输入受理号", "Enter a case number"),
    ("clerk", "/desk/new/X-1"): ("新建办件", "New case"),
    ("clerk", f"/desk/cases/{CASE}"): ("还需要", "Still needed"),
    ("clerk", "/desk/materials"): ("与原件一致", "Matches the original"),
    ("clerk", "/desk/queries"): ("我的查询记录", "My queries"),
    ("auditor", "/audit"): ("签名检查点", "Signed checkpoint"),
    ("auditor", f"/audit/events?id={EVENT}"): ("已编入日志树", "In the tree"),
    ("auditor", "/audit/consistency?old=3&new=9"): ("日志一致", "The log is consistent"),
    ("auditor", "/audit/verifications"): ("结果保留一天", "kept for a day"),
    ("auditor", f"/audit/verifications/{ENDED}"): ("下载签名报告", "Download the signed report"),
    ("auditor", f"/audit/verifications/{COLLECTING}"): ("继续添加", "Add more"),
    ("auditor", f"/audit/verifications/{RUNNING}"): ("正在验证", "Verifying"),
    ("auditor", f"/audit/verifications/{ENDED}?after=1"): ("结婚证.pdf", "结婚证.pdf"),
    ("auditor", f"/audit/verifications/{ENDED}/results/1"): ("以数据为准", "the data count"),
    ("auditor", f"/audit/verifications/{ENDED}/results/2"): ("请联系颁发机构", "Contact the issuing authority"),
    ("operator", "/ops"): ("拉取失败", "Last pull failed"),
    ("operator", "/ops/quarantine/psb.household"): ("公民身份号码校验不通过", "Citizen number fails its check"),
    ("operator", "/ops/keys"): ("已到期", "Over"),
    ("operator", "/ops/log"): ("根哈希", "Root hash"),
    ("operator", "/ops/sealing"): ("下达用印任务", "Order sealing"),
    ("operator", f"/ops/sealing/{OPEN_JOB}"): ("每秒80.0本", "80.0 per second"),
    ("operator", f"/ops/sealing/{STOPPED_JOB}"): ("发证机关目前不能为该类型用印", "The issuer cannot seal this type"),
    ("operator", f"/ops/sealing/{DONE_JOB}"): ("有字符无法打印", "A character cannot be printed"),
    ("operator", "/seals"): ("登记印章", "File a seal"),
    ("operator", "/seals/import"): ("核验并登记", "Check and file"),
    ("operator", f"/seals/{SEAL}"): ("等待另一人批准", "Waits for another person"),
    ("custodian", "/seals"): ("印模为SVG格式，不在网页中显示", "A picture of kind SVG is not shown"),
    ("custodian", f"/seals/{SEAL}"): ("查看并批准", "Look and approve"),
    ("custodian", f"/seals/{HOSTILE_SEAL}"): ("注销", "Revoked"),
    ("custodian", f"/seals/{SEAL}/uses"): ("更早的记录", "Older uses"),
    ("custodian", f"/seals/{SEAL}/proposals/{PROPOSAL}"): ("我已核对印章", "I checked the seal"),
    ("custodian", f"/seals/{SEAL}/proposals/{HANDOVER}"): ("接管人", "Who takes custody"),
    ("custodian", f"/seals/{SEAL}/stop/revoke"): ("不可恢复", "for good"),
}
_VOID = {"meta", "link", "input", "img", "br", "hr", "path", "circle"}


class Outline(HTMLParser):
    """Reads a page strictly: tags must nest; ids, headings, labels and languages are collected."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.ids: list[str] = []
        self.headings: list[str] = []
        self.inputs: set[str] = set()
        self.labels: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.bare_chinese: list[str] = []
        self.languages: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.attributes += list(given.items())
        if "id" in given:
            self.ids.append(given["id"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)
        if tag == "label" and "for" in given:
            self.labels.add(given["for"])
        if tag == "input" and given.get("type") not in {"hidden", "checkbox", "radio"}:
            self.inputs.add(given.get("id", "(no id)"))
        if tag not in _VOID:
            self.stack.append(tag)
            self.languages.append(given.get("lang", self.languages[-1] if self.languages else None))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        assert self.stack.pop() == tag, f"</{tag}> closes nothing"
        self.languages.pop()

    def handle_data(self, data: str) -> None:
        if re.search("[\u4e00-\u9fff]", data) and self.languages and self.languages[-1] == "en":
            self.bare_chinese.append(data.strip())


def outline(html: str) -> Outline:
    parser = Outline()
    parser.feed(html)
    assert parser.stack == [], f"never closed: {parser.stack}"
    return parser


@pytest.mark.parametrize(("who", "path"), PAGES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_page(visit: Visit, who: str | None, path: str, lang: str) -> None:
    visitor = visit(who, lang)
    answer = visitor.get(path)
    assert answer.status_code == 200
    assert PAGES[who, path][lang == "en"] in answer.text
    page = outline(answer.text)
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}"' in answer.text
    assert page.headings.count("h1") == 1
    assert page.headings[0] == "h1"
    assert len(page.ids) == len(set(page.ids))
    assert page.inputs <= page.labels
    assert not [text for text in page.bare_chinese if text not in {"中文", "证照"}]


@pytest.mark.parametrize(("who", "path"), PAGES)
def test_nothing_inline(visit: Visit, who: str | None, path: str) -> None:
    html = visit(who).get(path).text
    page = outline(html)
    assert not [name for name, _ in page.attributes if name == "style" or name.startswith("on")]
    assert "<style" not in html
    assert re.findall(r"<script(?! src=)", html) == []
    assert not [v for n, v in page.attributes if n in {"href", "src", "action"} and not v.startswith(("/", "#"))]


@pytest.mark.parametrize(("who", "path"), PAGES)
def test_hostile_names_stay_text(visit: Visit, who: str | None, path: str) -> None:
    html = visit(who).get(path).text
    assert "<script>" not in html
    assert 'alert("x")' not in html


def test_rare_characters_are_in_the_page(visit: Visit) -> None:
    assert HOLDER_NAME in visit("holder").get(f"/me/certificates/{HOUSEHOLD}").text


def test_id_numbers_are_masked_until_asked_for_and_asking_is_a_use(visit: Visit) -> None:
    clerk = visit("clerk")
    assert HOLDER_ID not in clerk.get("/desk").text
    assert HOLDER_ID not in clerk.get(f"/desk/cases/{CASE}").text
    masked = clerk.send(f"/desk/cases/{CASE}/use")
    assert HOLDER_ID not in masked.text
    assert "339***********0028" in masked.text
    full = clerk.send(f"/desk/cases/{CASE}/use", reveal="yes")
    assert HOLDER_ID in full.text
    assert [call[0] for call in clerk.app.world.calls].count("use") == 2


def test_result_shows_source_time_and_three_verdicts(visit: Visit) -> None:
    clerk = visit("clerk")
    clerk.get(f"/desk/cases/{CASE}")
    html = clerk.send(f"/desk/cases/{CASE}/use").text
    outline(html)
    for said in ("示例市公安局", "2026-11-22 07:00:00", "verdict-valid", "verdict-invalid", "verdict-indeterminate"):
        assert said in html
    assert "无法确定" in html
    assert str(EVENT) in html


@pytest.mark.parametrize(("content", "verdict"), [(b"valid", "有效"), (b"invalid", "无效"), (b"?", "无法确定")])
def test_verification_names_verdict_steps_and_next_step(visit: Visit, content: bytes, verdict: str) -> None:
    visitor = visit()
    visitor.get("/verify")
    html = visitor.send("/verify", files={"file": ("a.txt", content)}).text
    outline(html)
    conclusion = html[html.index('id="conclusion"') :]
    assert verdict in conclusion[:600]
    assert "核对签名" in html
    assert ("请向发证机关索取" in html) == (content != b"valid")


def test_large_type_and_language_are_remembered(visit: Visit) -> None:
    visitor = visit()
    visitor.get("/care/on?back=/about")
    assert 'class="care"' in visitor.get("/about").text
    visitor.get("/care/off?back=/about")
    assert 'class="care"' not in visitor.get("/about").text
    assert visitor.get("/lang/xx").status_code == 303
    assert 'lang="zh-CN"' in visitor.get("/about").text[:80]


def test_browser_language_is_used_until_one_is_chosen(visit: Visit) -> None:
    visitor = visit()
    visitor.client.cookies.clear()
    html = visitor.client.get("/about", headers={"Accept-Language": "fr, en;q=0.8"}).text
    assert '<html lang="en"' in html


def test_the_key_page_shows_certificates_losses_and_lists_that_ended(visit: Visit) -> None:
    page = visit("operator").get("/ops/keys").text
    keys = ("市场监督管理局（测试）", "证书至 ", "未发证", "历史密钥", "起失密", "停用")
    lists = ("已于 ", "无撤销列表", "撤销 2 张")
    assert [said for said in (*keys, *lists) if said not in page] == []
