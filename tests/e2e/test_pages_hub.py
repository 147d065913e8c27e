"""The pages over the whole hub: real database, real certificates, real evidence, one real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import DESK, PHONE, Served, accessibility_violations, chromium, watched_page
from tests.support.hub_pages import person, served_hub
from tests.support.hub_site import CASE, HOLDER, HOLDER_NAME, REPLACEMENT, HubSite

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages-hub")]


@pytest.fixture(scope="module")
def site(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_hub(server_url, lambda url: HubSite(url, tmp_path_factory.mktemp("hub"))) as running:
        yield running


@pytest.fixture(scope="module")
def browser(site: Served) -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def test_case_showing_and_record_of_uses(browser: Browser, site: Served, tmp_path: Path) -> None:
    """Long because it is one visit of two people, from beginning to end."""
    holder, holder_complaints = person(browser, site, "holder", PHONE)
    clerk, clerk_complaints = person(browser, site, "clerk", DESK)
    expect(holder.locator(".cert")).to_have_count(1)
    expect(holder.locator(".cert .verdict")).to_have_text("有效")
    holder.locator(".cert a").click()
    expect(holder.locator("main")).to_contain_text(HOLDER_NAME)
    assert HOLDER not in holder.content(), "the number is masked"

    clerk.locator("#entry").fill(CASE)
    clerk.locator("#entry").press("Enter")
    clerk.locator(f"input[value='{REPLACEMENT}']").check()
    clerk.locator("#subject").fill(HOLDER)
    clerk.locator("main form button").click()
    expect(clerk.get_by_role("status")).to_contain_text("办件已建立")
    clerk.screenshot(path=tmp_path / "case.png", full_page=True)
    assert accessibility_violations(clerk) == []
    clerk.get_by_role("button", name=re.compile("要求提交")).first.click()
    expect(clerk.locator("h1")).to_contain_text("不能再要求办事人提交")
    clerk.goto(f"/desk/cases/{CASE}")
    clerk.get_by_role("button", name="获取本件数据").click()
    expect(clerk.locator("main")).to_contain_text(HOLDER_NAME)
    expect(clerk.locator(".verdict-valid").first).to_be_visible()
    clerk.screenshot(path=tmp_path / "result.png", full_page=True)
    assert accessibility_violations(clerk) == []

    holder.goto("/me/show")
    holder.locator("input[type=checkbox]").check()
    holder.locator("main form button").click()
    code = holder.locator(".digits [aria-hidden]").inner_text()
    clerk.goto(f"/desk/cases/{CASE}")
    clerk.locator("#code").fill(code)
    clerk.get_by_role("button", name="请求查看").click()
    expect(holder.locator("#who-asks")).to_contain_text("民政局")
    expect(holder.locator(".asked")).to_contain_text("户口簿：姓名")
    holder.screenshot(path=tmp_path / "consent.png", full_page=True)
    assert accessibility_violations(holder) == []
    holder.get_by_role("button", name="同意", exact=True).click()
    clerk.get_by_role("button", name="接收证照").click()
    expect(clerk.locator("h1")).to_have_text("收到的证照")
    expect(clerk.locator("main .verdict")).to_have_text("有效")
    expect(clerk.locator("main")).to_contain_text("户口簿")
    expect(clerk.locator("main dt", has_text="姓名")).to_have_count(1)
    clerk.screenshot(path=tmp_path / "received.png", full_page=True)

    holder.goto("/me/uses")
    expect(holder.locator(".use").first).to_contain_text("亮证 · 户口簿")
    expect(holder.locator(".use").first).to_contain_text("姓名")
    holder.screenshot(path=tmp_path / "uses.png", full_page=True)
    assert holder.locator(".use").count() >= 2
    assert accessibility_violations(holder) == []
    assert holder_complaints == []
    assert clerk_complaints == []


def test_the_applicant_sees_what_a_case_still_needs(browser: Browser, site: Served, tmp_path: Path) -> None:
    clerk, _ = person(browser, site, "clerk", DESK)
    clerk.goto("/desk/new/MCA-2026-0011")
    clerk.locator(f"input[value='{REPLACEMENT}']").check()
    clerk.locator("#subject").fill(HOLDER)
    clerk.locator("main form button").click()
    holder, complaints = person(browser, site, "holder", PHONE)
    holder.goto("/me/materials")
    holder.get_by_role("link", name=re.compile("MCA-2026-0011")).click()
    expect(holder.locator("main")).to_contain_text("MCA-2026-0011")
    expect(holder.locator("ul.checks li").first).to_be_visible()
    holder.screenshot(path=tmp_path / "bring.png", full_page=True)
    assert accessibility_violations(holder) == []
    assert complaints == []


def test_wrong_number_and_wrong_code_are_explained(browser: Browser, site: Served) -> None:
    clerk, _ = person(browser, site, "clerk", DESK)
    clerk.goto("/desk/new/MCA-2026-0404")
    clerk.locator(f"input[value='{REPLACEMENT}']").check()
    clerk.locator("#subject").fill(HOLDER[:-1] + ("1" if HOLDER[-1] != "1" else "2"))
    clerk.locator("main form button").click()
    expect(clerk.locator("h1")).to_contain_text("证件号码不对")
    expect(clerk.locator("main")).to_contain_text("下一步")


@pytest.mark.parametrize(
    ("who", "paths"),
    [
        ("auditor", ("/audit",)),
        ("operator", ("/ops", "/ops/keys", "/ops/log")),
    ],
)
def test_oversight_pages(browser: Browser, site: Served, who: str, paths: tuple[str, ...], tmp_path: Path) -> None:
    page, complaints = person(browser, site, who, DESK)
    for number, path in enumerate(paths):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200
        page.screenshot(path=tmp_path / f"{number}.png", full_page=True)
        assert accessibility_violations(page) == []
    assert complaints == []


def test_pages_keep_their_own_policy_inside_the_hub(browser: Browser, site: Served) -> None:
    page, _ = watched_page(browser.new_context(base_url=site.address))
    answer = page.goto("/nowhere")
    assert answer is not None
    assert answer.status == 404
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert answer.headers["cache-control"] == "no-store"
    expect(page.locator("h1")).to_contain_text("There is no such page")
