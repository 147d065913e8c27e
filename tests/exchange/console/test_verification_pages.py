"""The auditor's pages for verifying many documents."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from tests.exchange.console.conftest import Visit
from tests.support.console_batches import COLLECTING, ENDED, RUNNING
from tests.support.console_world import HOLDER_ID

HOME = "/audit/verifications"


def test_files_go_in_and_lead_to_their_own_page(visit: Visit) -> None:
    auditor = visit("auditor")
    auditor.get(HOME)
    files = [("file", ("一.ofd", b"1")), ("file", ("二.pdf", b"2"))]
    data = {"token": auditor.token, "at": "2026-11-22T08:00:00"}
    answer = auditor.client.post(HOME, data=data, files=files, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HOME}/{RUNNING}")
    assert auditor.app.documents.intake.calls == [
        ("submit", [("一.ofd", b"1"), ("二.pdf", b"2")], datetime(2026, 11, 22, 0, 0, tzinfo=UTC))
    ]


def test_more_files_may_follow_and_are_verified_together(visit: Visit) -> None:
    """Nothing of it needs a script: three forms, one after another."""
    auditor = visit("auditor")
    assert 'name="more"' in auditor.get(HOME).text
    sent = auditor.send(HOME, files={"file": ("一.ofd", b"1")}, more="1")
    assert sent.headers["location"] == f"{HOME}/{COLLECTING}"
    answer = auditor.get(f"{HOME}/{COLLECTING}")
    for text in ("正在收集文件", "2000", "10000", f'action="{HOME}/{COLLECTING}/start"'):
        assert text in answer.text
    assert 'http-equiv="refresh"' not in answer.text, "what is chosen in the form must not be lost"
    assert "data-poll" not in answer.text
    assert auditor.send(f"{HOME}/{COLLECTING}/files", files={"file": ("二.ofd", b"2")}).status_code == 303
    assert auditor.send(f"{HOME}/{COLLECTING}/start").status_code == 303
    assert auditor.app.documents.intake.calls == [
        ("open", [("一.ofd", b"1")], None),
        ("add", COLLECTING, [("二.ofd", b"2")]),
        ("start", COLLECTING),
    ]


def test_what_is_collected_can_be_given_up(visit: Visit) -> None:
    auditor = visit("auditor")
    auditor.get(f"{HOME}/{COLLECTING}")
    assert auditor.send(f"{HOME}/{COLLECTING}/discard").headers["location"] == HOME
    assert auditor.app.documents.intake.calls == [("discard", COLLECTING)]


def test_what_collects_no_more_is_refused_before_files_are_read(visit: Visit) -> None:
    auditor = visit("auditor", lang="en")
    for id_, words in (
        (RUNNING, "This verification has started already"),
        (UUID(int=1), "There is no such verification"),
    ):
        auditor.get(HOME)
        assert words in auditor.send(f"{HOME}/{id_}/files", files={"file": ("a", b"1")}).text
    assert auditor.app.documents.intake.calls == []


@pytest.mark.parametrize("name", ["clerk", "holder", "operator", None])
def test_who_is_no_auditor_adds_and_starts_nothing(visit: Visit, name: str | None) -> None:
    somebody = visit(name)
    for path, files in ((f"{HOME}/{COLLECTING}/files", {"file": ("a", b"1")}), (f"{HOME}/{COLLECTING}/discard", None)):
        somebody.get("/verify")
        answer = somebody.send(path, files=files)
        assert answer.status_code == 403 if name else answer.headers["location"].startswith("/login")
    assert somebody.app.documents.intake.calls == []


@pytest.mark.parametrize("at", ["yesterday", "0001-01-01T00:00", "9999-99-99"])
def test_a_time_that_is_none_is_asked_for_again(visit: Visit, at: str) -> None:
    auditor = visit("auditor")
    auditor.get(HOME)
    assert auditor.send(HOME, files={"file": ("a", b"1")}, at=at).status_code == 422


def test_without_a_file_there_is_nothing_to_verify(visit: Visit) -> None:
    auditor = visit("auditor")
    auditor.get(HOME)
    assert auditor.send(HOME, files={"other": ("a", b"1")}).status_code == 422
    assert auditor.app.documents.intake.calls == []


def test_who_is_no_auditor_cannot_upload_or_look(visit: Visit) -> None:
    for name in ("clerk", "holder", "operator"):
        somebody = visit(name)
        for path in (HOME, f"{HOME}/{ENDED}", f"{HOME}/{ENDED}/report.jws"):
            assert somebody.get(path).status_code == 403
    nobody = visit()
    assert nobody.get(HOME).headers["location"].startswith("/login")


def test_a_page_that_waits_looks_again_and_one_that_ended_does_not(visit: Visit) -> None:
    auditor = visit("auditor")
    running = auditor.get(f"{HOME}/{RUNNING}").text
    assert f'data-poll="{HOME}/{RUNNING}/state"' in running
    assert 'http-equiv="refresh"' in running
    assert auditor.get(f"{HOME}/{RUNNING}/state").json() == {"state": "running:1"}
    ended = auditor.get(f"{HOME}/{ENDED}").text
    assert "data-poll" not in ended
    assert 'http-equiv="refresh"' not in ended


def test_one_result_shows_steps_evidence_and_the_signed_data(visit: Visit) -> None:
    html = visit("auditor", lang="en").get(f"{HOME}/{ENDED}/results/2").text
    for text in ("Revoked.", "status-revoked", "Contact the issuing authority.", "Evidence", "Holders", "ab" * 32):
        assert text in html
    assert HOLDER_ID not in html, "numbers of persons are masked"
    assert "<script>alert" not in html


@pytest.mark.parametrize("path", [f"{HOME}/{UUID(int=1)}", f"{HOME}/{ENDED}/results/9", f"{HOME}/nothing"])
def test_what_is_not_there_is_not_found(visit: Visit, path: str) -> None:
    assert visit("auditor").get(path).status_code in {400, 404}  # which of them, is the API's table to say


def test_results_are_chosen_by_verdict_and_an_unknown_one_is_refused(visit: Visit) -> None:
    auditor = visit("auditor")
    found = auditor.get(f"{HOME}/{ENDED}?verdict=invalid").text
    assert "结婚证.pdf" in found
    assert f"{HOME}/{ENDED}/results/1" not in found
    assert auditor.get(f"{HOME}/{ENDED}?verdict=maybe").status_code == 422


def test_reports_come_as_files(visit: Visit) -> None:
    auditor = visit("auditor")
    for name, kind in (("report.jws", "application/yzt-verification-report+jws"), ("report.html", "text/html")):
        answer = auditor.get(f"{HOME}/{ENDED}/{name}")
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["content-disposition"].startswith("attachment")


def test_anybody_verifies_as_of_a_time_and_takes_the_report_along(visit: Visit) -> None:
    visitor = visit()
    visitor.get("/verify")
    past = visitor.send("/verify", files={"file": ("a.txt", b"valid")}, at="2025-06-01T08:00")
    assert 'datetime="2025-06-01T00:00:00+00:00"' in past.text
    page = visitor.send("/verify", files={"file": ("a.txt", b"valid")}, at="2025-06-01T08:00", form="html")
    assert page.headers["content-disposition"] == 'attachment; filename="verification-report.html"'
    assert "a.txt 5 2025-06-01T08:00:00+08:00" in page.text
    visitor.get("/verify")
    signed = visitor.send("/verify", files={"file": ("a.txt", b"valid")}, form="jws")
    assert signed.headers["content-type"] == "application/yzt-verification-report+jws"
    assert signed.text == "e30.e30.AA"


@pytest.mark.parametrize("at", ["yesterday", "9999-99-99"])
def test_a_time_that_is_none_is_not_taken_for_now(visit: Visit, at: str) -> None:
    visitor = visit()
    visitor.get("/verify")
    assert visitor.send("/verify", files={"file": ("a.txt", b"valid")}, at=at).status_code == 422
