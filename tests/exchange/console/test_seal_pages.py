"""What the forms of the seal pages do, and what they refuse."""

import re

import pytest

from certs.seals.registry import Act, Handover, UsePolicy
from exchange.service.seals import SealFile, Wish
from tests.exchange.console.conftest import Visit, Visitor
from tests.support.console_seals import HANDOVER, PROPOSAL, SEAL
from tests.support.console_world import EVENT, PSB

PAGE = f"/seals/{SEAL}"


def done(visitor: Visitor) -> tuple[object, ...]:
    (call,) = visitor.app.documents.seals.calls
    return call


def test_a_custodian_begins_and_ends_at_the_seals(visit: Visit) -> None:
    visitor = visit("custodian")
    assert visitor.get("/").headers["location"] == "/seals"
    menu = visitor.get("/seals").text
    assert "/ops" not in menu
    assert "/seals/import" not in menu


def test_a_proposal_is_approved_only_with_the_box_ticked(visit: Visit) -> None:
    visitor = visit("custodian")
    path = f"{PAGE}/proposals/{PROPOSAL}"
    visitor.get(path)
    assert visitor.send(path, key="0123456789").status_code == 422
    visitor.get(path)
    answer = visitor.send(path, key="0123456789", confirm="yes")
    assert answer.headers["location"] == f"{PAGE}?note=seal-approved"
    assert done(visitor) == ("approve", SEAL, PROPOSAL, "0123456789")


@pytest.mark.parametrize(
    ("lang", "said"), [("zh", "须由提议人以外的另一名保管人批准"), ("en", "Another custodian than")]
)
def test_a_refusal_is_explained_in_the_readers_language(visit: Visit, lang: str, said: str) -> None:
    visitor = visit("custodian", lang)
    visitor.get(PAGE)
    answer = visitor.send(f"{PAGE}/proposals/{HANDOVER}", key="0123456789", confirm="yes")
    assert said in answer.text
    assert "seal-act-refused" in answer.text


def test_every_form_of_a_page_carries_a_key_of_its_own(visit: Visit) -> None:
    keys = re.findall(r'name="key" value="([^"]+)"', visit("custodian").get(PAGE).text)
    assert len(keys) == len(set(keys)) == 3
    again = re.findall(r'name="key" value="([^"]+)"', visit("custodian").get(PAGE).text)
    assert not set(keys) & set(again)


def test_the_form_begins_with_the_rules_in_force(visit: Visit) -> None:
    html = visit("custodian").get(PAGE).text
    assert 'name="daily_limit" inputmode="numeric" maxlength="9" autocomplete="off" value="20"' in html
    assert 'name="until" type="date" value="2026-12-22"' in html


def test_rules_and_handover_are_proposed(visit: Visit) -> None:
    visitor = visit("custodian")
    visitor.get(PAGE)
    visitor.send(f"{PAGE}/proposals", act="hand-over", reason="调离", leaving="YZ01", taking="YZ03", key="k" * 9)
    assert done(visitor) == ("propose", SEAL, Wish(Act.HAND_OVER, "调离", None, Handover("YZ01", "YZ03")), "k" * 9)
    visitor.app.documents.seals.calls.clear()
    visitor.get(PAGE)
    form = {"act": "set-policy", "reason": "扩大", "type": "household", "daily_limit": "5", "until": "2027-01-31"}
    visitor.send(f"{PAGE}/proposals", None, key="k" * 9, **form)
    _, _, wish, _ = done(visitor)
    assert isinstance(wish, Wish)
    assert isinstance(wish.policy, UsePolicy)
    assert wish.policy.types == {"household"}
    assert wish.policy.daily_limit == 5
    assert wish.policy.until is not None
    assert wish.policy.until.isoformat() == "2027-01-31T23:59:59+08:00"


@pytest.mark.parametrize(
    "form",
    [
        {"act": "burn", "reason": "x"},
        {"act": "activate", "reason": ""},
        {"act": "set-policy", "reason": "x"},
        {"act": "set-policy", "reason": "x", "type": "household", "daily_limit": "-1"},
        {"act": "set-policy", "reason": "x", "type": "household", "daily_limit": "٣"},
        {"act": "set-policy", "reason": "x", "type": "household", "until": "9999-12-31"},
        {"act": "set-policy", "reason": "x", "type": "household", "until": "tomorrow"},
        {"act": "hand-over", "reason": "x", "taking": "YZ03"},
    ],
)
def test_forms_out_of_shape_do_nothing(visit: Visit, form: dict[str, str]) -> None:
    visitor = visit("custodian")
    visitor.get(PAGE)
    assert visitor.send(f"{PAGE}/proposals", None, key="k" * 9, **form).status_code == 422
    assert visitor.app.documents.seals.calls == []


def test_stopping_takes_a_reason_and_is_one_of_two(visit: Visit) -> None:
    visitor = visit("custodian")
    visitor.get(f"{PAGE}/stop/suspend")
    visitor.send(f"{PAGE}/stop/suspend", reason="调查", key="k" * 9)
    assert done(visitor) == ("stop", SEAL, Act.SUSPEND, "调查", "k" * 9)
    assert visitor.get(f"{PAGE}/stop/activate").status_code == 422


def test_a_seal_is_filed_for_the_department_of_its_custodians(visit: Visit) -> None:
    visitor = visit("operator")
    visitor.get("/seals/import")
    form = {"owner": PSB, "custodian": f"{PSB}/YZ01", "type": "household", "key": "k" * 9}
    visitor.send("/seals/import", files={"file": ("a.esl", b"DER")}, **form)
    assert done(visitor) == (
        "import",
        SealFile(b"DER", PSB, ("YZ01",), UsePolicy(frozenset({"household"}))),
        "k" * 9,
    )
    visitor.get("/seals/import")
    other = form | {"custodian": "11339900MB9000023J/YZ01"}
    assert visitor.send("/seals/import", files={"file": ("a.esl", b"DER")}, **other).status_code == 422


def test_the_picture_runs_nothing_even_as_a_page(visit: Visit) -> None:
    answer = visit("custodian").get(f"{PAGE}/picture")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-security-policy"].endswith("sandbox")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_who_proposed_takes_it_back(visit: Visit) -> None:
    visitor = visit("custodian")
    page = visitor.get(PAGE).text
    assert f"{PAGE}/proposals/{HANDOVER}/withdrawal" in page
    assert f"{PAGE}/proposals/{PROPOSAL}/withdrawal" not in page
    answer = visitor.send(f"{PAGE}/proposals/{HANDOVER}/withdrawal", key="0123456789")
    assert answer.headers["location"] == f"{PAGE}?note=seal-withdrawn"
    assert done(visitor) == ("withdraw", SEAL, HANDOVER, "0123456789")
    visitor.get(f"{PAGE}/proposals/{HANDOVER}")
    others = visitor.send(f"{PAGE}/proposals/{PROPOSAL}/withdrawal", key="0123456789")
    assert "只有提议人可以撤回提议" in others.text


def test_auditors_read_seals_and_do_nothing_with_them(visit: Visit) -> None:
    auditor = visit("auditor")
    assert 'href="/seals" aria-current="page"' in auditor.get("/seals").text
    for path in (PAGE, f"{PAGE}/picture", f"{PAGE}/uses"):
        assert auditor.get(path).status_code == 200
    page = auditor.get(PAGE).text
    assert f'<a href="/audit/events?id={EVENT}">' in page
    assert f'<a href="/audit/events?id={EVENT}">' in auditor.get(f"{PAGE}/uses").text
    assert "/audit/events" not in visit("custodian").get(PAGE).text
    assert 'name="act"' not in page
    assert "/stop/" not in page
    for path in ("proposals", f"proposals/{PROPOSAL}", f"proposals/{HANDOVER}/withdrawal", "stop/revoke"):
        assert auditor.client.post(f"{PAGE}/{path}", data={"token": auditor.token}).status_code == 403
    assert auditor.get("/seals/import").status_code == 403
    assert auditor.app.documents.seals.calls == []


@pytest.mark.parametrize(
    ("lang", "said"), [("zh", "印章保管人、平台运维、审计员"), ("en", "Seal custodian, Operator, Auditor")]
)
def test_who_may_not_is_told_who_may(visit: Visit, lang: str, said: str) -> None:
    assert said in visit("clerk", lang).get("/seals").text


@pytest.mark.parametrize("who", ["holder", "clerk"])
def test_other_roles_have_no_seal_pages(visit: Visit, who: str) -> None:
    visitor = visit(who)
    for path in ("/seals", PAGE, f"{PAGE}/picture", f"{PAGE}/uses", f"{PAGE}/proposals/{PROPOSAL}", "/seals/import"):
        assert visitor.get(path).status_code == 403


def test_operators_do_not_act_and_custodians_do_not_file(visit: Visit) -> None:
    operator = visit("operator")
    operator.get(PAGE)
    for path in (f"{PAGE}/proposals", f"{PAGE}/proposals/{PROPOSAL}", f"{PAGE}/stop/revoke"):
        assert operator.client.post(path, data={"token": operator.token}).status_code == 403
    assert visit("custodian").get("/seals/import").status_code == 403
    assert operator.app.documents.seals.calls == []


@pytest.mark.parametrize("before", ["x", "2026-01-01~", "2026-01-01T00:00:00~00000000-0000-0000-0000-000000000001"])
def test_pages_of_uses_begin_at_a_place_or_nowhere(visit: Visit, before: str) -> None:
    visitor = visit("custodian")
    assert visitor.get(f"{PAGE}/uses?before={before}").status_code == 422
    older = re.search(r'href="([^"]+\?before=[^"]+)"', visitor.get(f"{PAGE}/uses").text)
    assert older is not None
    assert "更早" not in visitor.get(older[1]).text
