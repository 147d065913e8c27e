"""The report for people fits a telephone and a sheet of paper, however long the names and identifiers in it are."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from certs.verifier.readable import readable
from certs.verifier.signed import Head, Item, report_document
from tests.certs.documents.world import LATER
from tests.certs.verifier.world import HUB, REPORT_KEY, judged, ofd, pdf
from tests.support.browser import accessibility_violations, chromium, sideways_scroll, watched_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LONG_NAME = f"{'certificate' * 22}.pdf"
A4_WITHIN_MARGINS = 680  # CSS pixels: 210 mm less 2 × 15 mm


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.mark.parametrize(("width", "medium"), [(320, "screen"), (1280, "screen"), (A4_WITHIN_MARGINS, "print")])
def test_no_name_and_no_number_runs_over_the_edge(browser: Browser, width: int, medium: str) -> None:
    items = [Item("结婚证.ofd", judged(ofd())), Item(LONG_NAME, judged(pdf()[:-1]))]
    report = report_document(Head("r" * 120, HUB, LATER, LATER, "ab" * 32, LATER), items)
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
    page, complaints = watched_page(context)
    page.emulate_media(media="print" if medium == "print" else "screen")
    page.set_content(readable(report, signed_by=REPORT_KEY.kid))
    assert sideways_scroll(page) <= 0
    cut = "() => [...document.querySelectorAll('td,th,dd,dt,h2')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
    assert page.evaluate(cut) == 0
    assert accessibility_violations(page) == []
    assert complaints == []
    context.close()
