"""The life of a seal on pages, over the whole hub, by three people in one real browser."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect
from starlette.types import Receive, Scope, Send

from catalog.samples import sample_catalogue
from certs.seals.model import Picture
from exchange.main import create_app
from exchange.model import Principal, Role
from exchange.service.dev_seal_picture import PICTURE_MM, trial_seal_picture
from exchange.wiring import open_app
from tests.support.browser import DESK, PHONE, Served, accessibility_violations, chromium
from tests.support.city import PSB, running_at, settings_in
from tests.support.hub_pages import person, served_hub
from tests.support.hub_site import PASSWORD
from tests.support.seals import OPERATOR, SealMaker, register_keepers

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("seal-pages-hub")]
ID = "33990000000001"


class SealSite:
    """A hub with an operator, three custodians and a seal maker it believes, opened in the server's event loop."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._folder = url, folder
        self._pages: FastAPI | None = None
        self._open = AsyncExitStack()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await self._fill()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self._open.aclose()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            assert self._pages is not None
            await self._pages(scope, receive, send)

    async def _fill(self) -> None:
        app = await self._open.enter_async_context(
            open_app(settings_in(self._folder), initialise=True, database=running_at(self._url))
        )
        await app.catalogue.import_file(sample_catalogue(), source="sample")
        maker = SealMaker(app.now())
        await maker.believed_by(app)
        await register_keepers(app, PSB, "YZ01", "YZ02", "YZ03")
        await app.access.register_person("operator", PASSWORD, OPERATOR)
        await app.access.register_person("auditor", PASSWORD, Principal(Role.AUDITOR, "审计员", officer="AU1"))
        picture = Picture("PNG", trial_seal_picture(), PICTURE_MM, PICTURE_MM)
        seal = maker.seal(maker.info(picture=picture))
        await asyncio.to_thread((self._folder / "seal.esl").write_bytes, seal)
        await app.sequencer.sequence_once()
        self._pages = create_app(app)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("seals")


@pytest.fixture(scope="module")
def site(server_url: str, folder: Path) -> Iterator[Served]:
    with served_hub(server_url, lambda url: SealSite(url, folder)) as running:
        yield running


@pytest.fixture(scope="module")
def browser(site: Served) -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def test_from_file_to_seal_in_use_and_stopped(browser: Browser, site: Served, folder: Path, tmp_path: Path) -> None:
    """Long because it is one story of three people, from beginning to end."""
    operator, complaints = person(browser, site, "operator", DESK)
    operator.goto("/seals/import")
    operator.locator("#file").set_input_files(folder / "seal.esl")
    operator.locator(f"input[name=owner][value='{PSB}']").check()
    for number in ("YZ01", "YZ02"):
        operator.locator(f"input[value='{PSB}/{number}']").check()
    operator.locator("input[name=type]").first.check()
    operator.screenshot(path=tmp_path / "import.png", full_page=True)
    assert accessibility_violations(operator) == []
    operator.locator("main form button").click()
    expect(operator.get_by_role("status")).to_contain_text("等待两名保管人启用")
    expect(operator.locator(".verdict").first).to_have_text("待启用")
    assert operator.locator("img.seal-picture").evaluate("image => image.naturalWidth") > 0

    anna, anna_complaints = person(browser, site, "yz01", PHONE)
    propose(anna, "启用得太早")
    anna.get_by_role("button", name="撤回提议").click()
    expect(anna.get_by_role("status")).to_contain_text("提议已撤回")
    expect(anna.locator("main")).not_to_contain_text("启用得太早")
    propose(anna, "新章启用")
    expect(anna.get_by_role("link", name="查看并批准")).to_have_count(0)
    anna.screenshot(path=tmp_path / "proposed.png", full_page=True)
    assert accessibility_violations(anna) == []

    boris, boris_complaints = person(browser, site, "yz02", PHONE)
    boris.goto("/seals")
    expect(boris.locator("main")).to_contain_text("1 项提议待批准")
    boris.screenshot(path=tmp_path / "list.png", full_page=True)
    assert accessibility_violations(boris) == []
    boris.locator("h2 a").click()
    boris.get_by_role("link", name="查看并批准").click()
    expect(boris.locator("main")).to_contain_text("新章启用")
    boris.locator("input[name=confirm]").check()
    boris.screenshot(path=tmp_path / "approve.png", full_page=True)
    assert accessibility_violations(boris) == []
    boris.get_by_role("button", name="批准").click()
    expect(boris.get_by_role("status")).to_contain_text("已批准并生效")
    expect(boris.locator("main .verdict").first).to_have_text("启用")

    boris.get_by_role("link", name="停用印章").click()
    boris.locator("#reason").fill("遗失介质")
    boris.screenshot(path=tmp_path / "stop.png", full_page=True)
    assert accessibility_violations(boris) == []
    boris.locator("main form button").click()
    expect(boris.locator("main .verdict").first).to_have_text("停用")
    boris.goto(f"/seals/{ID}/uses")
    expect(boris.locator("main")).to_contain_text("还没有用印记录")
    assert accessibility_violations(boris) == []
    assert (complaints, anna_complaints, boris_complaints) == ([], [], [])


def test_an_auditor_reads_what_was_done_with_a_seal(browser: Browser, site: Served, tmp_path: Path) -> None:
    """After the story above: its last state and every act, each leading to its entry in the log."""
    auditor, complaints = person(browser, site, "auditor", PHONE)
    auditor.get_by_role("link", name="印章", exact=True).click()
    auditor.locator("h2 a").click()
    expect(auditor.locator("main .verdict").first).to_have_text("停用")
    expect(auditor.locator("main table")).to_contain_text("遗失介质")
    auditor.screenshot(path=tmp_path / "auditor.png", full_page=True)
    assert accessibility_violations(auditor) == []
    assert auditor.locator("main form, main details").count() == 0
    auditor.locator("main table a").first.click()
    expect(auditor.locator("main")).to_contain_text("seal:suspended")
    assert complaints == []


def propose(custodian: Page, reason: str) -> None:
    """Propose to put the seal into use; nobody else has agreed yet."""
    custodian.goto(f"/seals/{ID}")
    custodian.get_by_text("启用印章", exact=True).click()
    custodian.locator("#reason-activate").fill(reason)
    custodian.locator("details[open] button").click()
    expect(custodian.get_by_role("status")).to_contain_text("等待另一人批准")
