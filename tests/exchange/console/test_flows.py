"""What people do, step by step, without scripts."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from exchange.console.app import create_console
from exchange.model import PresentationState
from tests.exchange.console.conftest import Visit, Visitor
from tests.support.console_world import CASE, EVENT, HOLDER_ID, LICENCE


def clerk_of(holder: Visitor) -> Visitor:
    """Another browser on the same hub, with the clerk logged in."""
    client = TestClient(create_console(holder.app))
    other = Visitor(client, holder.app)
    other.get("/lang/zh")
    return other.login("clerk")


def shown(holder: Visitor) -> tuple[str, str]:
    """Make a code: the presentation's address and the eight digits."""
    holder.get("/me/show")
    path = holder.send("/me/show", certificate=LICENCE).headers["location"]
    holder.get(path)
    return path, next(iter(holder.app.world.codes))


def test_showing_a_certificate(visit: Visit) -> None:
    holder = visit("holder")
    path, code = shown(holder)
    page = holder.get(path)
    assert f"{code[:4]} {code[4:]}" in page.text
    assert code not in path
    picture = holder.get(f"{path}/code.svg")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert picture.content.startswith(b"<?xml")

    clerk = clerk_of(holder)
    clerk.get(f"/desk/cases/{CASE}")
    waiting = clerk.send("/desk/presentations", code=f"{code[:4]} {code[4:]}", case_number=CASE)
    desk_path = waiting.headers["location"]
    assert "等待办事人同意" in clerk.get(desk_path).text

    asked = holder.get(path).text
    for said in ("示例市市场监督管理局", "SAMR-007", "企业住所变更登记", CASE, "营业执照", "名称、统一社会信用代码"):
        assert said in asked
    assert asked.count('class="quiet">') == 2, "agreeing and refusing look alike"
    assert holder.send(f"{path}/confirm").status_code == 303

    assert "接收证照" in clerk.get(desk_path).text
    received = clerk.send(desk_path)
    assert "91339900MA90000012" in received.text
    assert "<script>" not in received.text
    assert clerk.client.get(f"{desk_path}/state").json() == {"state": "collected"}
    assert "亮证完成" in holder.get(path).text
    assert "亮证 · " in holder.get("/me/uses").text


def test_collecting_twice_is_refused_in_words(visit: Visit) -> None:
    holder = visit("holder")
    path, code = shown(holder)
    clerk = clerk_of(holder)
    clerk.get(f"/desk/cases/{CASE}")
    desk_path = clerk.send("/desk/presentations", code=code, case_number=CASE).headers["location"]
    holder.get(path)
    holder.send(f"{path}/confirm")
    clerk.get(desk_path)
    assert clerk.send(desk_path).status_code == 200
    clerk.get("/desk")
    again = clerk.send(desk_path)
    assert again.status_code == 400
    assert "这次亮证已经结束" in again.text
    assert "presentation-over" in again.text


def test_refusing_releases_nothing_and_is_on_record(visit: Visit) -> None:
    holder = visit("holder")
    path, code = shown(holder)
    clerk = clerk_of(holder)
    clerk.get(f"/desk/cases/{CASE}")
    desk_path = clerk.send("/desk/presentations", code=code, case_number=CASE).headers["location"]
    holder.get(path)
    holder.send(f"{path}/refuse")
    assert "办事人已拒绝" in clerk.get(desk_path).text
    assert "接收证照" not in clerk.last
    assert "亮证被拒绝" in holder.get("/me/uses").text


def test_code_is_shown_only_on_the_device_that_asked(visit: Visit) -> None:
    holder = visit("holder")
    path, code = shown(holder)
    other = Visitor(TestClient(create_console(holder.app)), holder.app)
    other.get("/lang/zh")
    other.login("holder")
    assert code[:4] not in other.get(path).text
    assert "亮证码只显示在申请它的设备上" in other.last
    assert other.get(f"{path}/code.svg").status_code == 404


def test_expired_code_offers_a_new_one(visit: Visit) -> None:
    holder = visit("holder")
    path, _ = shown(holder)
    holder.app.world.clock += timedelta(seconds=61)
    assert "亮证码已失效" in holder.get(path).text
    assert holder.client.get(f"{path}/state").json() == {"state": PresentationState.EXPIRED.value}


def test_nothing_is_ticked_and_ended_certificates_are_not_offered(visit: Visit) -> None:
    html = visit("holder").get("/me/show").text
    assert "checked" not in html
    assert html.count('type="checkbox"') == 2


def test_one_box_opens_a_known_case_a_new_case_or_a_claim(visit: Visit) -> None:
    clerk = visit("clerk")
    clerk.get("/desk")
    assert clerk.send("/desk", entry=CASE).headers["location"] == f"/desk/cases/{CASE}"
    assert clerk.send("/desk", entry="新/1?").headers["location"] == "/desk/new/%E6%96%B0%2F1%3F"
    assert 'value="31415926"' in clerk.send("/desk", entry="3141 5926").text


def test_new_case(visit: Visit) -> None:
    clerk = visit("clerk")
    clerk.get("/desk/new/N-9")
    answer = clerk.send("/desk/new/N-9", service_item="change-address", subject=HOLDER_ID.lower())
    assert answer.headers["location"] == "/desk/cases/N-9?note=case-opened"
    assert "办件已建立" in clerk.get(answer.headers["location"]).text
    assert clerk.app.world.cases["N-9"].subject == HOLDER_ID


def test_demand_for_what_is_available_is_refused(visit: Visit) -> None:
    clerk = visit("clerk")
    clerk.get(f"/desk/cases/{CASE}")
    refused = clerk.send(f"/desk/cases/{CASE}/demand", evidence_type="household")
    assert "不能再要求办事人提交" in refused.text
    assert "第十九条" in refused.text
    recorded = clerk.send(f"/desk/cases/{CASE}/demand", evidence_type="lease")
    assert "已记录：需要办事人提交" in recorded.text


def test_choice_between_several_travels_to_the_use(visit: Visit) -> None:
    clerk = visit("clerk")
    key = "choose:premises:title"
    assert f'name="{key}"' in clerk.get(f"/desk/cases/{CASE}").text
    clerk.get(f"/desk/cases/{CASE}?{key}=A")
    assert f'name="{key}" value="A"' in clerk.last
    clerk.send(f"/desk/cases/{CASE}/use", None, **{key: "A"})
    assert ("use", CASE, {("premises", "title"): "A"}) in clerk.app.world.calls


def test_paper_handed_in_downloaded_and_accepted(visit: Visit) -> None:
    holder = visit("holder")
    holder.get(f"/me/cases/{CASE}")
    assert "不动产权证书" not in holder.last.split("</ul>")[-1], "what is no paper is not asked for as a file"
    sent = holder.send(f"/me/cases/{CASE}", files={"file": ("合同.pdf", b"%PDF-1.7 x")}, evidence_type="lease")
    assert sent.headers["location"] == "/me/materials?note=material-submitted"
    material = next(m for m, _ in holder.app.world.materials.values() if m.id != EVENT)
    clerk = clerk_of(holder)
    file = clerk.client.get(f"/desk/materials/{material.id}")
    assert file.content == b"%PDF-1.7 x"
    assert file.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E5%90%88")
    assert file.headers["content-type"] == "application/octet-stream"
    clerk.get("/desk/materials")
    clerk.send(f"/desk/materials/{material.id}", decision="accept", valid_until="2027-03-31")
    end = datetime(2027, 3, 31, 16, tzinfo=UTC)
    assert clerk.app.world.calls[-1] == ("check", True, "", end)


def test_rejecting_a_paper_needs_a_reason(visit: Visit) -> None:
    clerk = visit("clerk")
    clerk.get("/desk/materials")
    assert clerk.send(f"/desk/materials/{EVENT}", decision="reject").status_code == 422
    clerk.get("/desk/materials")
    assert clerk.send(f"/desk/materials/{EVENT}", decision="reject", reason="页缺失").status_code == 303


def test_closing_a_case(visit: Visit) -> None:
    clerk = visit("clerk")
    clerk.get(f"/desk/cases/{CASE}")
    assert clerk.send(f"/desk/cases/{CASE}/close").headers["location"] == "/desk?note=case-closed"
    assert "已办结" in clerk.get("/desk").text


def test_auditor_downloads_proof_and_bundle(visit: Visit) -> None:
    auditor = visit("auditor")
    proof = auditor.client.get(f"/audit/events/{EVENT}/proof")
    assert proof.text.startswith("c2sp.org/tlog-proof@v1")
    assert proof.headers["content-disposition"] == f'attachment; filename="{EVENT}.tlog-proof"'
    auditor.get("/audit")
    bundle = auditor.send("/audit/export", case_number=CASE)
    assert bundle.content.startswith(b"PK")
    assert bundle.headers["content-type"] == "application/zip"


def test_operator_starts_a_pull(visit: Visit) -> None:
    operator = visit("operator")
    operator.get("/ops")
    assert operator.send("/ops/sources/psb.household/run").headers["location"] == "/ops?note=run-started"
    assert ("run", "psb.household") in operator.app.world.calls


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("auditor", "/audit/events?id=nonsense", 422),
        ("auditor", "/audit/consistency?old=-1&new=2", 422),
        ("auditor", "/audit/consistency?old=²&new=2", 422),
        ("holder", "/me/show/not-an-id", 404),
        ("holder", f"/me/show/{UUID(int=1)}", 500),
        ("clerk", "/desk/cases/unknown", 400),
        (None, "/nowhere", 404),
    ],
)
def test_dead_ends_have_a_way_out(visit: Visit, who: str | None, path: str, status: int) -> None:
    answer = visit(who, raising=False).get(path)
    assert answer.status_code == status
    assert "下一步" in answer.text
    assert "问题代码" in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
