"""The pages of purpose-marked copies: made with what was filled in, fetched once, checked without a log-in."""

from datetime import date

import pytest

from certs.model import FaceKind
from exchange.model_copies import CopyWish
from tests.exchange.console.conftest import Visit
from tests.exchange.console.test_pages import outline
from tests.support.console_copies import CODE, USED, WAITING
from tests.support.console_world import HOUSEHOLD

FORM = f"/me/certificates/{HOUSEHOLD}/copy"
FILLED = {
    "purpose": "核实婚姻状况",
    "matter": "个人住房贷款审批",
    "recipient": "示例银行",
    "valid_until": "2026-12-01",
    "format": "ofd",
    "key": "k" * 32,
}


def test_a_copy_is_made_as_it_was_filled_in(visit: Visit) -> None:
    holder = visit("holder")
    assert f'href="{FORM}"' in holder.get(f"/me/certificates/{HOUSEHOLD}").text
    holder.get(FORM)
    answer = holder.send(FORM, None, **FILLED)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/me/copies/{WAITING}?note=copy-made")
    wish = CopyWish(HOUSEHOLD, FaceKind.OFD, "核实婚姻状况", "个人住房贷款审批", "示例银行", date(2026, 12, 1))
    assert holder.app.documents.copies.calls == [("make", wish, "k" * 32)]


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"purpose": ""}, "用途：请填写。"), ({"valid_until": "2029-01-01"}, "最后一天：日期太早或太晚")],
)
def test_what_is_wrong_is_said_at_the_form_and_nothing_filled_in_is_lost(
    visit: Visit, changed: dict[str, str], said: str
) -> None:
    holder = visit("holder")
    holder.get(FORM)
    answer = holder.send(FORM, None, **{**FILLED, **changed})
    assert answer.status_code in {400, 422}
    outline(answer.text)
    assert said in answer.text
    assert 'value="示例银行"' in answer.text
    assert answer.text.count('aria-invalid="true"') == 1


@pytest.mark.parametrize("changed", [{"valid_until": "tomorrow"}, {"format": "png"}])
def test_a_form_nobody_was_given_is_refused(visit: Visit, changed: dict[str, str]) -> None:
    holder = visit("holder")
    holder.get(FORM)
    assert holder.send(FORM, None, **{**FILLED, **changed}).status_code == 422
    assert holder.app.documents.copies.calls == []


def test_the_file_is_kept_not_shown_and_given_once(visit: Visit) -> None:
    holder = visit("holder")
    holder.get(f"/me/copies/{WAITING}")
    answer = holder.send(f"/me/copies/{WAITING}/download")
    assert answer.content == b"%PDF-2.0"
    assert answer.headers["content-disposition"] == 'attachment; filename="copy-7K2M-9QXD.pdf"'
    assert answer.headers["cache-control"] == "private, no-store"
    holder.get(f"/me/copies/{WAITING}")
    assert "/download" not in holder.last
    assert "不能再下载" in holder.send(f"/me/copies/{WAITING}/download").text


def test_a_copy_is_withdrawn_from_its_page(visit: Visit) -> None:
    holder = visit("holder")
    holder.get(f"/me/copies/{USED}")
    assert holder.send(f"/me/copies/{USED}/withdrawal").status_code == 303
    assert "您已撤回" in holder.get(f"/me/copies/{USED}").text
    assert "/withdrawal" not in holder.last


def test_a_typed_code_leads_to_its_page(visit: Visit) -> None:
    visitor = visit()
    answer = visitor.get(f"/copies?code={CODE.lower().replace('-', '%20')}")
    assert answer.status_code == 303
    assert "示例银行" in visitor.get(answer.headers["location"]).text


@pytest.mark.parametrize("code", ["x", CODE[:-1] + "5", "..%2f..", "%E5%8F%B7"])
def test_a_wrong_code_says_what_to_do(visit: Visit, code: str) -> None:
    answer = visit().get(f"/copies/{code}")
    assert answer.status_code in {400, 404}


@pytest.mark.parametrize(("content", "said"), [(b"valid", "一个字节都没有改动"), (b"other", "不能采信")])
def test_a_file_is_compared_without_a_log_in(visit: Visit, content: bytes, said: str) -> None:
    visitor = visit()
    visitor.get(f"/copies/{CODE}")
    answer = visitor.send(f"/copies/{CODE}", files={"file": ("a.pdf", content)})
    outline(answer.text)
    assert said in answer.text
