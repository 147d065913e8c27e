"""The holder's certificate as a picture and as originals, and the operator's sealing jobs, in one real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from certs.layout.fonts import load_fonts
from certs.ofd.certificate import certificate_in
from certs.ofd.reading import read_ofd
from certs.pdf.certificate import certificate_in_pdf
from tests.e2e.test_pages_hub import browser, site
from tests.support.browser import DESK, PHONE, Served, accessibility_violations
from tests.support.hub_pages import person
from tests.support.hub_site import HOLDER_NAME

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("documents-hub")]


@pytest.mark.parametrize("device", [PHONE, DESK], ids=["phone", "desk"])
def test_the_holder_sees_the_certificate_and_downloads_the_originals(
    browser: Browser, site: Served, tmp_path: Path, device: dict[str, object]
) -> None:
    holder, complaints = person(browser, site, "holder", dict(device))
    holder.locator(".cert a").click()
    picture = holder.locator("img.preview")
    expect(picture).not_to_be_visible()  # numbers are masked on the page until the holder asks
    holder.locator("details.look summary").click()
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    shown = picture.bounding_box()
    assert shown is not None
    assert shown["width"] > 250
    picture.screenshot(path=tmp_path / "preview.png")
    for kind in ("ofd", "pdf"):
        with holder.expect_download() as started:
            holder.locator(f"a[href$='/originals/{kind}']").click()
        assert started.value.suggested_filename == f"household.{kind}"
        content = Path(started.value.path()).read_bytes()
        certificate = certificate_in(read_ofd(content)) if kind == "ofd" else certificate_in_pdf(content)
        assert certificate.face["name"] == HOLDER_NAME
    holder.screenshot(path=tmp_path / "certificate.png", full_page=True)
    assert accessibility_violations(holder) == []
    assert complaints == []


def test_the_picture_draws_itself_with_its_own_fonts_also_alone(browser: Browser, site: Served) -> None:
    """Opened as a page of its own it is under its own policy: fonts and style inside, nothing else."""
    holder, complaints = person(browser, site, "holder", DESK)
    holder.locator(".cert a").click()
    address = holder.locator("img.preview").get_attribute("src")
    assert address is not None
    holder.goto(address)
    fonts = holder.evaluate("Array.from(document.fonts).map(font => font.status)")
    assert fonts
    assert "error" not in fonts
    assert complaints == []
    assert load_fonts().font_for("䶮", next(iter(load_fonts().roles))) is not None


def test_the_operator_orders_sealing_and_sees_progress_and_rate(browser: Browser, site: Served, tmp_path: Path) -> None:
    operator, complaints = person(browser, site, "operator", PHONE)
    operator.goto("/ops/sealing")
    expect(operator.locator("main")).to_contain_text("1 / 1")
    operator.locator("#type").select_option("household")
    operator.get_by_role("button", name="用印", exact=True).click()
    operator.wait_for_url(re.compile("/ops/sealing/[0-9a-f-]{36}"))
    expect(operator.locator("main")).to_contain_text("已完成")
    expect(operator.locator("main")).to_contain_text("每秒")
    operator.screenshot(path=tmp_path / "job.png", full_page=True)
    assert accessibility_violations(operator) == []
    operator.goto("/ops/sealing")
    assert accessibility_violations(operator) == []
    assert complaints == []


__all__ = ["browser", "site"]
