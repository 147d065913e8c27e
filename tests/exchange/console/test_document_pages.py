"""Pages of sealing jobs and originals: what may be done, what is shown, and how files are answered."""

from uuid import UUID

import pytest

from tests.exchange.console.conftest import Visit
from tests.support.console_documents import DONE_JOB, OPEN_JOB, STOPPED_JOB
from tests.support.console_world import HOSTILE, HOUSEHOLD, LICENCE


def test_an_order_is_sent_once_with_its_key(visit: Visit) -> None:
    operator = visit("operator")
    operator.get("/ops/sealing")
    answer = operator.send("/ops/sealing", type="household", key="0123456789")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/ops/sealing/{OPEN_JOB}?note=sealing-ordered"
    (call,) = operator.app.documents.sealing.calls
    assert call[2:] == ("household", "0123456789")
    assert "立即开始" in operator.get(answer.headers["location"]).text


def test_a_job_under_way_looks_again_and_a_finished_one_does_not(visit: Visit) -> None:
    operator = visit("operator")
    text = operator.get(f"/ops/sealing/{OPEN_JOB}").text
    assert f'data-poll="/ops/sealing/{OPEN_JOB}/state" data-state="open:120"' in text
    assert 'http-equiv="refresh"' in text
    assert operator.get(f"/ops/sealing/{OPEN_JOB}/state").json() == {"state": "open:120"}
    for job in (STOPPED_JOB, DONE_JOB):
        assert "data-poll" not in operator.get(f"/ops/sealing/{job}").text


def test_refused_certificates_are_paged_and_tried_again(visit: Visit) -> None:
    operator = visit("operator", "en")
    first = operator.get(f"/ops/sealing/{DONE_JOB}").text
    assert "1.2.156.3005.2.049" in first
    assert "1.2.156.3005.2.050" not in first
    assert HOSTILE not in first, "escaped"
    rest = operator.get(f"/ops/sealing/{DONE_JOB}?after=1.2.156.3005.2.049").text
    assert "1.2.156.3005.2.050" in rest
    assert "More</a>" not in rest
    assert "Try the refused ones again" in rest
    assert operator.send(f"/ops/sealing/{DONE_JOB}/retry").status_code == 303
    assert operator.app.documents.sealing.calls[-1][0] == "again"
    assert "Go on" in operator.get(f"/ops/sealing/{STOPPED_JOB}").text


@pytest.mark.parametrize("who", ["holder", "clerk", "auditor"])
def test_sealing_is_for_operators(visit: Visit, who: str) -> None:
    visitor = visit(who)
    for path in ("/ops/sealing", f"/ops/sealing/{OPEN_JOB}", f"/ops/sealing/{OPEN_JOB}/state"):
        assert visitor.get(path).status_code == 403
    visitor.get("/")
    visitor.get("/verify")
    assert visitor.send("/ops/sealing", type="household", key="0123456789").status_code == 403
    assert visitor.app.documents.sealing.calls == []
    assert visit("operator").get(f"/ops/sealing/{UUID(int=1)}").status_code in {
        400,
        404,
    }  # the API's table of statuses is not here


def test_the_holder_sees_the_picture_and_downloads_the_own_original(visit: Visit) -> None:
    holder = visit("holder", "en")
    page = holder.get(f"/me/certificates/{HOUSEHOLD}").text
    assert f'src="/me/certificates/{HOUSEHOLD}/preview.svg"' in page
    picture = holder.get(f"/me/certificates/{HOUSEHOLD}/preview.svg")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert picture.headers["cache-control"] == "private, no-store"
    assert "sandbox" in picture.headers["content-security-policy"]
    assert "script" not in picture.headers["content-security-policy"]
    for kind in ("ofd", "pdf"):
        assert f'href="/me/certificates/{HOUSEHOLD}/originals/{kind}"' in page
        answer = holder.get(f"/me/certificates/{HOUSEHOLD}/originals/{kind}")
        assert answer.content == b"sealed"
        assert answer.headers["content-disposition"] == f'attachment; filename="household.{kind}"'
        assert answer.headers["cache-control"] == "private, no-store"
        assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert [call[2] for call in holder.app.documents.originals.calls] == ["ofd", "pdf"]


def test_what_is_not_sealed_or_not_held_is_not_offered(visit: Visit) -> None:
    holder = visit("holder", "en")
    assert "has not sealed this certificate yet" in holder.get(f"/me/certificates/{LICENCE}").text
    for path in (f"{LICENCE}/originals/pdf", f"{HOUSEHOLD}/originals/docx", "1.2.3/originals/pdf", "1.2.3/preview.svg"):
        assert holder.get(f"/me/certificates/{path}").status_code in {400, 404}
    for who in ("clerk", "auditor", "operator"):
        assert visit(who).get(f"/me/certificates/{HOUSEHOLD}/originals/pdf").status_code == 403
    stranger = visit(None)
    answer = stranger.get(f"/me/certificates/{HOUSEHOLD}/originals/pdf")
    assert (answer.status_code, answer.headers["location"][:7]) == (303, "/login?")
