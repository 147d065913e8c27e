"""The pages in a real browser: everybody's flow, accessibility, small screens, and no script needed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from exchange.console.app import create_console
from tests.support.browser import (
    DESK,
    PHONE,
    Served,
    accessibility_violations,
    chromium,
    served,
    sideways_scroll,
    watched_page,
)
from tests.support.console_app import MemoryApp, memory_app
from tests.support.console_batches import COLLECTING, ENDED, RUNNING
from tests.support.console_seals import HANDOVER, PROPOSAL, SEAL
from tests.support.console_world import CASE, EVENT, HOUSEHOLD, LICENCE, PASSWORD

pytestmark = pytest.mark.browser

PAGES: dict[str | None, tuple[str, ...]] = {
    None: ("/", "/about", "/status", "/verify", "/login", "/nowhere"),
    "holder": (
        "/me",
        f"/me/certificates/{HOUSEHOLD}",
        f"/me/certificates/{LICENCE}",
        "/me/show",
        "/me/uses",
        "/me/materials",
        f"/me/cases/{CASE}",
    ),
    "clerk": (
        "/desk",
        "/desk/new/339900-2026-000999",
        f"/desk/cases/{CASE}",
        "/desk/materials",
        "/desk/queries",
        "/desk/cases/unknown",
    ),
    "auditor": (
        "/audit",
        f"/audit/events?id={EVENT}",
        "/audit/consistency?old=3&new=9",
        "/desk",
        "/audit/verifications",
        f"/audit/verifications/{ENDED}",
        f"/audit/verifications/{RUNNING}",
        f"/audit/verifications/{COLLECTING}",
        f"/audit/verifications/{ENDED}/results/1",
    ),
    "operator": ("/ops", "/ops/quarantine/psb.household", "/ops/keys", "/ops/log", "/ops/sealing", "/seals/import"),
    "custodian": (
        "/seals",
        f"/seals/{SEAL}",
        f"/seals/{SEAL}/uses",
        f"/seals/{SEAL}/proposals/{PROPOSAL}",
        f"/seals/{SEAL}/proposals/{HANDOVER}",
        f"/seals/{SEAL}/stop/revoke",
    ),
}


# How many lines the longest text inside an element takes.
_LINES = """cell => {
  const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), range = document.createRange();
  let most = 0;
  while (texts.nextNode()) {
    if (!texts.currentNode.data.trim()) continue;
    range.selectNodeContents(texts.currentNode);
    most = Math.max(most, range.getClientRects().length);
  }
  return most;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def app() -> MemoryApp:
    return memory_app("http://127.0.0.1", live=True)


@pytest.fixture
def site(app: MemoryApp) -> Iterator[Served]:
    with served(create_console(app)) as running:
        yield running


@pytest.fixture
def phone(browser: Browser, site: Served) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=site.address, **PHONE)
    yield context
    context.close()


@pytest.fixture
def desk(browser: Browser, site: Served) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=site.address, **DESK)
    yield context
    context.close()


def login(page: Page, name: str, lang: str = "zh") -> None:
    page.goto(f"/lang/{lang}?back=/login")
    page.locator("#username").fill(name)
    page.locator("#password").fill(PASSWORD)
    page.locator("form[action='/login'] button").click()
    page.wait_for_url(re.compile("/(me|desk|audit|ops|seals)$"))


def picture(page: Page, folder: Path, name: str) -> None:
    """Keep a picture for the person who reads a failed run."""
    page.screenshot(path=folder / f"{name}.png", full_page=True)


@pytest.mark.parametrize("who", PAGES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_is_accessible_and_fits(
    browser: Browser, site: Served, tmp_path: Path, who: str | None, lang: str
) -> None:
    context = browser.new_context(base_url=site.address, **PHONE)
    page, complaints = watched_page(context)
    page.goto(f"/lang/{lang}")
    if who:
        login(page, who, lang)
    for number, path in enumerate(PAGES[who]):
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(path)
        picture(page, tmp_path, f"{lang}-{who}-{number}")
        assert accessibility_violations(page) == [], path
        page.set_viewport_size({"width": 320, "height": 640})
        assert sideways_scroll(page) <= 0, f"{path} at 320 px"
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert sideways_scroll(page) <= 0, f"{path} at 200 % text"
    noise = [line for line in complaints if "status of 40" not in line]
    assert noise == []
    context.close()


@pytest.mark.parametrize("who", [None, "holder", "clerk", "auditor", "operator", "custodian"])
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [320, 390])
def test_the_menu_is_one_row_on_a_phone(phone: BrowserContext, who: str | None, lang: str, width: int) -> None:
    page = phone.new_page()
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"/lang/{lang}?back=/verify")
    if who:
        login(page, who, lang)
    entries = page.locator(".menu a")
    boxes = [box for box in (entries.nth(n).bounding_box() for n in range(entries.count())) if box]
    assert len(boxes) == entries.count() > 1
    assert len({box["y"] for box in boxes}) == 1, "one row"
    assert all(box["height"] >= 44 and box["width"] >= 32 for box in boxes), "large enough for a thumb"
    assert all(entries.nth(n).inner_text().strip() for n in range(entries.count()))
    assert sideways_scroll(page) <= 0
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert sideways_scroll(page) <= 0, "large type takes another row and loses nothing"


def test_an_algorithm_is_one_word_in_the_table_of_keys(desk: BrowserContext) -> None:
    page, _ = watched_page(desk)
    login(page, "operator")
    page.goto("/ops/keys")
    cells = page.locator("td.whole")
    assert cells.count() >= 3
    for cell in cells.all():
        assert cell.evaluate(_LINES) == 1, cell.inner_text()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("content", [b"copy-in-force", b"copy-withdrawn"])
def test_what_a_copy_is_for_stands_first_and_fits(
    phone: BrowserContext, tmp_path: Path, lang: str, content: bytes
) -> None:
    page, complaints = watched_page(phone)
    page.goto(f"/lang/{lang}?back=/verify")
    page.locator("#file").set_input_files({"name": "a.pdf", "mimeType": "application/pdf", "buffer": content})
    page.locator("main form button").first.click()
    picture(page, tmp_path, f"copy-{lang}")
    expect(page.locator(".banner")).to_contain_text("示例银行")
    assert accessibility_violations(page) == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert sideways_scroll(page) <= 0
    assert complaints == []


def test_desk_pages_are_accessible_on_a_wide_screen(desk: BrowserContext, tmp_path: Path) -> None:
    page, complaints = watched_page(desk)
    login(page, "clerk")
    for number, path in enumerate(PAGES["clerk"][:-1]):
        page.goto(path)
        picture(page, tmp_path, f"desk-{number}")
        assert accessibility_violations(page) == [], path
    assert complaints == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_showing_a_certificate_to_a_clerk(
    phone: BrowserContext, desk: BrowserContext, tmp_path: Path, lang: str
) -> None:
    """Long because it is one visit of two people, from beginning to end."""
    holder, holder_complaints = watched_page(phone)
    clerk, clerk_complaints = watched_page(desk)
    login(holder, "holder", lang)
    login(clerk, "clerk", lang)

    holder.goto("/me/show")
    holder.locator(f"input[value='{LICENCE}']").check()
    holder.locator("main form button").click()
    digits = holder.locator(".digits [aria-hidden]")
    expect(digits).to_have_text(re.compile(r"^\d{4} \d{4}$"))
    assert holder.locator(".showcode img").evaluate("image => image.naturalWidth") > 100
    assert 0 < int(holder.locator("[role=timer]").inner_text()) <= 60
    assert accessibility_violations(holder) == []
    picture(holder, tmp_path, "1-code")

    clerk.locator("#entry").fill(digits.inner_text())
    clerk.locator("#entry").press("Enter")
    clerk.locator(f"input[value='{CASE}']").check()
    picture(clerk, tmp_path, "2-claim")
    assert accessibility_violations(clerk) == []
    clerk.locator("main form button").click()
    expect(clerk.locator("[data-poll]")).to_be_visible()
    picture(clerk, tmp_path, "3-wait")
    assert accessibility_violations(clerk) == []

    expect(holder.locator("#who-asks")).to_contain_text("示例市市场监督管理局")  # the page turned by itself
    refuse, agree = holder.locator(".pair button").all()
    assert refuse.bounding_box()["width"] == agree.bounding_box()["width"]  # type: ignore[index]  # both are drawn
    styles = [
        button.evaluate("b => [getComputedStyle(b).color, getComputedStyle(b).backgroundColor]")
        for button in (refuse, agree)
    ]
    assert styles[0] == styles[1]
    assert accessibility_violations(holder) == []
    picture(holder, tmp_path, "4-consent")
    agree.click()

    collect = clerk.locator("main form button")
    expect(collect).to_be_visible()
    picture(clerk, tmp_path, "5-agreed")
    collect.click()
    expect(clerk.locator("main")).to_contain_text("91339900MA90000012")
    assert accessibility_violations(clerk) == []
    picture(clerk, tmp_path, "6-received")

    expect(holder.locator(".banner")).to_contain_text("对方已经收到" if lang == "zh" else "They received")
    holder.goto("/me/uses")
    picture(holder, tmp_path, "7-uses")
    assert holder_complaints == []
    assert clerk_complaints == []


def test_clerk_reaches_the_result_in_two_actions_by_keyboard(desk: BrowserContext, tmp_path: Path) -> None:
    page, complaints = watched_page(desk)
    login(page, "clerk")
    expect(page.locator("#entry")).to_be_focused()
    page.keyboard.type(CASE)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/desk/cases/{CASE}")
    picture(page, tmp_path, "case")
    page.get_by_role("button", name="获取本件数据").press("Enter")
    expect(page.locator("h1")).to_have_text("取用结果")
    assert page.locator(".verdict-indeterminate").count() == 1
    assert accessibility_violations(page) == []
    picture(page, tmp_path, "result")
    page.get_by_role("button", name="显示完整证件号码").click()
    expect(page.locator("main")).to_contain_text("339900199003070028")
    page.set_viewport_size({"width": 320, "height": 640})
    assert sideways_scroll(page) <= 0
    assert complaints == []


def test_refused_demand_says_why(desk: BrowserContext, tmp_path: Path) -> None:
    page, complaints = watched_page(desk)
    login(page, "clerk")
    page.goto(f"/desk/cases/{CASE}")
    page.get_by_role("button", name=re.compile("要求提交.*户口簿")).click()
    expect(page.locator("h1")).to_contain_text("不能再要求办事人提交")
    assert accessibility_violations(page) == []
    picture(page, tmp_path, "demand")
    assert complaints == []


@pytest.mark.parametrize("content", ["valid", "invalid", "other"])
def test_verification_without_log_in(phone: BrowserContext, tmp_path: Path, content: str) -> None:
    page, complaints = watched_page(phone)
    page.goto("/lang/zh?back=/verify")
    page.locator("#file").set_input_files({"name": "receipt.txt", "mimeType": "text/plain", "buffer": content.encode()})
    page.get_by_role("button", name="开始验证").click()
    expect(page.locator(".steps li")).to_have_count(3)
    assert accessibility_violations(page) == []
    picture(page, tmp_path, content)
    page.set_viewport_size({"width": 320, "height": 640})
    assert sideways_scroll(page) <= 0
    assert complaints == []


def test_paper_from_the_phone_to_the_counter(phone: BrowserContext, desk: BrowserContext) -> None:
    holder, complaints = watched_page(phone)
    login(holder, "holder")
    holder.goto(f"/me/cases/{CASE}")
    holder.locator("input[type=file]").set_input_files(
        {"name": "租赁合同.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 new"}
    )
    holder.get_by_role("button", name="提交材料").click()
    expect(holder.get_by_role("status")).to_contain_text("材料已提交")
    clerk, _ = watched_page(desk)
    login(clerk, "clerk")
    clerk.goto("/desk/materials")
    with clerk.expect_download() as download:
        clerk.get_by_role("link", name="租赁合同.pdf", exact=True).click()
    assert Path(download.value.path()).read_bytes() == b"%PDF-1.7 new"
    clerk.locator("li.card", has_text="租赁合同.pdf").last.get_by_role("button", name="与原件一致").click()
    expect(clerk.get_by_role("status")).to_contain_text("已核对通过")
    assert complaints == []


def test_keyboard_reaches_the_content_first(desk: BrowserContext) -> None:
    page, _ = watched_page(desk)
    page.goto("/")
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.get_attribute("href") == "#main"
    assert focused.evaluate("link => link.getBoundingClientRect().top") >= 0, "the skip link shows itself"
    outline = focused.evaluate("link => getComputedStyle(link).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_large_type_is_larger_and_fits(phone: BrowserContext, tmp_path: Path) -> None:
    page, complaints = watched_page(phone)
    login(page, "holder")
    size = "() => parseFloat(getComputedStyle(document.querySelector('main p, main dd, main strong')).fontSize)"
    before = page.evaluate(size)
    page.get_by_role("link", name="关怀版").click()
    assert page.evaluate(size) >= 1.35 * before
    picture(page, tmp_path, "care")
    page.set_viewport_size({"width": 320, "height": 640})
    assert sideways_scroll(page) <= 0
    assert accessibility_violations(page) == []
    assert complaints == []


def test_showing_works_without_scripts(browser: Browser, site: Served, app: MemoryApp) -> None:
    context = browser.new_context(base_url=site.address, java_script_enabled=False, **PHONE)
    page = context.new_page()
    login(page, "holder")
    page.goto("/me/show")
    page.locator(f"input[value='{LICENCE}']").check()
    page.locator("main form button").click()
    expect(page.locator(".digits [aria-hidden]")).to_be_visible()
    page.get_by_role("link", name="刷新状态").click()
    expect(page.locator(".digits [aria-hidden]")).to_be_visible()
    page.get_by_role("button", name="退出登录").click()
    assert app.world.sessions == {}
    context.close()


def test_countdown_ends_in_an_expired_page(phone: BrowserContext, app: MemoryApp) -> None:
    page, complaints = watched_page(phone)
    login(page, "holder")
    page.goto("/me/show")
    page.locator(f"input[value='{LICENCE}']").check()
    page.clock.install()
    page.locator("main form button").click()
    expect(page.locator("[role=timer]")).to_be_visible()
    app.world.ahead = 61
    page.clock.run_for(62_000)
    expect(page.locator("h1")).to_have_text("亮证码已失效")
    assert complaints == []


def test_policy_stops_injected_scripts(phone: BrowserContext) -> None:
    page, complaints = watched_page(phone)
    page.goto("/")
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.hurt = 1';"
        " document.body.append(s); }"
    )
    assert page.evaluate("window.hurt") is None
    assert any("Content Security Policy" in line for line in complaints)
