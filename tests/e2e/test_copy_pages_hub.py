"""A copy of a certificate from wish to check, over the whole hub, by a holder and a stranger in one real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from certs.ofd.certificate import COPY_NAME
from exchange.app import App
from tests.support.browser import (
    DESK,
    PHONE,
    Served,
    accessibility_violations,
    chromium,
    sideways_scroll,
    watched_page,
)
from tests.support.hub_pages import person, served_hub
from tests.support.hub_site import HOLDER, HOLDER_NAME, PSB, HubSite

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("copy-pages-hub")]


async def _ready_to_seal(app: App) -> None:
    await app.documents.development.init()
    await app.documents.enrolment.enrol(PSB)


@pytest.fixture(scope="module")
def site(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_hub(server_url, lambda url: HubSite(url, tmp_path_factory.mktemp("hub"), _ready_to_seal)) as running:
        yield running


@pytest.fixture(scope="module")
def browser(site: Served) -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def looked_at(page: Page, path: Path) -> None:
    """A picture for people to look at, and what a machine can say about it."""
    page.screenshot(path=path, full_page=True)
    assert accessibility_violations(page) == []
    assert sideways_scroll(page) == 0


def test_from_wish_to_check(browser: Browser, site: Served, tmp_path: Path) -> None:
    """Long because it is one visit of two people, from beginning to end."""
    holder, complaints = person(browser, site, "holder", PHONE)
    holder.locator(".cert a").click()
    holder.get_by_role("link", name="制作加注件").click()
    holder.locator("#recipient").fill("示例银行股份有限公司示例支行")
    holder.locator("#matter").fill("个人住房贷款审批")
    holder.locator("#purpose").fill("核实家庭人口")
    looked_at(holder, tmp_path / "1-form.png")
    holder.locator("#purpose").evaluate("field => field.value = '贷款' + String.fromCodePoint(0x202e)")
    holder.get_by_role("button", name="制作", exact=True).click()
    expect(holder.get_by_role("alert")).to_contain_text("看不见的字符")
    looked_at(holder, tmp_path / "2-refused.png")
    holder.locator("#purpose").fill("核实家庭人口")
    holder.get_by_role("button", name="制作", exact=True).click()
    expect(holder.get_by_role("status")).to_contain_text("加注件已制作")
    looked_at(holder, tmp_path / "3-made.png")
    with holder.expect_download() as coming:
        holder.get_by_role("button", name="下载 PDF 文件").click()
    file = tmp_path / "copy.pdf"
    coming.value.save_as(file)
    assert COPY_NAME.encode("utf-16-be").hex().upper().encode() in file.read_bytes()
    holder.get_by_role("button", name="下载 PDF 文件").click()
    expect(holder.locator("h1")).to_contain_text("不能再下载")
    holder.goto("/me/copies")
    expect(holder.locator(".card .verdict").first).to_have_text("有效")
    looked_at(holder, tmp_path / "4-mine.png")
    holder.locator("main .card a").first.click()
    code = holder.locator("dd.code").inner_text()

    bank, bank_complaints = watched_page(browser.new_context(base_url=site.address, **DESK))
    bank.goto("/lang/zh?back=/copies")
    looked_at(bank, tmp_path / "5-enter.png")
    bank.locator("#code").fill(code.lower().replace("-", " "))
    bank.get_by_role("button", name="核验").click()
    expect(bank.locator("#standing")).to_contain_text("有效")
    expect(bank.locator("main")).to_contain_text("示例银行股份有限公司示例支行")
    for secret in (HOLDER, HOLDER_NAME):
        assert secret not in bank.content()
    looked_at(bank, tmp_path / "6-check.png")
    bank.locator("#file").set_input_files(file)
    bank.get_by_role("button", name="核对").click()
    expect(bank.locator("#conclusion")).to_contain_text("有效")
    expect(bank.locator("main")).to_contain_text("一个字节都没有改动")
    looked_at(bank, tmp_path / "7-same.png")
    file.write_bytes(file.read_bytes() + b"\n")
    bank.locator("#file").set_input_files(file)
    bank.get_by_role("button", name="核对").click()
    expect(bank.locator("#conclusion")).to_contain_text("无效")
    looked_at(bank, tmp_path / "8-other.png")

    holder.get_by_role("button", name="撤回", exact=True).click()
    expect(holder.locator("main .verdict").first).to_have_text("已撤回")
    holder.goto("/lang/en?back=" + f"/copies/{code}")
    expect(holder.locator("#standing")).to_contain_text("Withdrawn")
    looked_at(holder, tmp_path / "9-withdrawn-en.png")
    holder.goto("/me/uses")
    expect(holder.locator(".use h2").first).to_contain_text("示例银行")
    expect(holder.locator("main")).to_contain_text(re.compile("Copy (downloaded|checked)"))
    looked_at(holder, tmp_path / "10-uses-en.png")
    wrong = bank.goto("/copies/0000-0000-0000-0000-0000-0000-0000")
    assert wrong is not None
    assert wrong.status == 404
    expect(bank.locator("h1")).to_contain_text("没有这个验证码")
    assert [c for c in complaints if "410" not in c and "422" not in c] == []
    assert [c for c in bank_complaints if "404" not in c] == []
