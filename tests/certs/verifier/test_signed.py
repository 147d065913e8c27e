"""Signed reports: they say what was found, for which file, and only the hub's report key makes them good."""

import os
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from certs.crypto.alg import Alg
from certs.crypto.jws import sign_jws
from certs.crypto.keys import ephemeral_key
from certs.crypto.sm3 import sm3
from certs.crypto.strict_json import canonical
from certs.model import Verdict
from certs.verifier.kinds import MAX_REPORT_BYTES, REPORT_TYP, DocumentKind, recognise
from certs.verifier.readable import plain, readable
from certs.verifier.signed import FULL, Head, Item, read_report, report_document, sign_report
from certs.verifier.steps import ended
from certs.verify_findings import failed
from tests.certs.documents.world import LATER
from tests.certs.pki.world import authority
from tests.certs.verifier.world import HUB, REPORT_KEY, believed, codes, judged, ofd, pdf

HEAD = Head("r-1", HUB, LATER, LATER, "ab" * 32, LATER)
HOSTILE = "<script>alert(1)</script>.pdf"


def document(count: int = 2) -> dict[str, object]:
    good, bad = judged(ofd()), judged(pdf()[:-1])
    return report_document(HEAD, [Item(HOSTILE, bad), *[Item("结婚证.ofd", good)] * (count - 1)])


def test_a_signed_report_is_recognised_and_good() -> None:
    token = sign_report(document(), REPORT_KEY)
    report = judged(token.encode())
    assert (report.kind, report.verdict, codes(report)) == (DocumentKind.REPORT, Verdict.VALID, {})
    assert report.claims["documents"] == 2
    assert str(report.claims["document.2"]).startswith("valid sha256:")
    said = read_report(token)
    items = said["documents"]
    assert isinstance(items, list)
    assert items[1]["sha256"] == judged(ofd()).sha256
    assert items[1]["sm3"] == sm3(ofd()).hex()
    assert items[1]["verdict"] == "valid"
    assert len(items[1]["steps"]) == 12
    assert said["counts"] == {"valid": 1, "invalid": 1, "indeterminate": 0}
    assert said["trust"] == {"sha256": "ab" * 32, "issued_at": LATER.isoformat()}
    assert "测试甲" not in str(said), "a report repeats nothing of what the document says"


def test_another_key_another_role_another_hub_and_a_changed_report_are_refused() -> None:
    good = document()
    assert judged(sign_report(good, ephemeral_key(Alg.ES256)).encode()).verdict is Verdict.INDETERMINATE
    sealer = authority(Alg.ES256).signer.signer
    assert codes(judged(sign_report(good, sealer).encode())) == {2: "report-key-refused"}
    assert codes(judged(sign_report({**good, "iss": "11339900MB9000015P"}, REPORT_KEY).encode())) == {
        2: "report-key-refused"
    }
    head, body, signature = sign_report(good, REPORT_KEY).split(".")
    other = sign_report({**good, "counts": {"valid": 2}}, REPORT_KEY).split(".")[1]
    assert codes(judged(f"{head}.{other}.{signature}".encode())) == {3: "signature-invalid"}
    assert judged(f"{head}.{body}.{'A' * len(signature)}".encode()).verdict is Verdict.INVALID


@pytest.mark.parametrize("changed", [{"v": 2}, {"documents": {}}, {"documents": [1]}, {"more": 1}, {"iat": "now"}])
def test_a_report_of_another_form_is_refused_though_it_is_signed(changed: dict[str, object]) -> None:
    token = sign_jws(canonical({**document(), **changed}), REPORT_KEY, REPORT_TYP)
    assert recognise(token.encode()) is DocumentKind.REPORT
    assert judged(token.encode()).verdict is Verdict.INVALID


def test_a_report_needs_a_current_trust_list() -> None:
    token = sign_report(document(), REPORT_KEY).encode()
    assert codes(judged(token, believed(expires_at=LATER - timedelta(1)))) == {2: "trust-stale"}


def test_a_report_under_a_lost_key_proves_nothing_from_then_on() -> None:
    token = sign_report(document(), REPORT_KEY).encode()
    lost = believed(distrusted={REPORT_KEY.kid: LATER})
    assert codes(judged(token, lost)) == {2: "key-distrusted"}
    assert judged(token, lost, at=LATER - timedelta(seconds=30)).verdict is Verdict.VALID


def test_a_report_from_after_the_time_in_question_did_not_exist_then() -> None:
    token = sign_report(document(), REPORT_KEY).encode()
    assert judged(token, at=LATER - timedelta(seconds=60)).verdict is Verdict.VALID
    assert codes(judged(token, at=LATER - timedelta(seconds=61))) == {4: "not-yet-issued"}


def test_a_name_no_text_can_hold_is_written_all_the_same() -> None:
    item = Item(os.fsdecode(b"\xff.pdf"), judged(b"text"))
    token = sign_report(report_document(HEAD, [item]), REPORT_KEY)
    assert judged(token.encode()).verdict is Verdict.VALID


def test_of_many_files_only_what_decided_is_kept() -> None:
    said = document(FULL + 1)
    items = said["documents"]
    assert isinstance(items, list)
    assert {len(item["steps"]) for item in items} == {0, 1}
    token = sign_report(said, REPORT_KEY)
    assert judged(token.encode()).verdict is Verdict.VALID


def test_ten_thousand_files_of_the_longest_names_and_sentences_fit_a_report_that_can_be_read() -> None:
    finding = failed("malformed", detail="卷" * 900)
    bad = ended(DocumentKind.UNKNOWN, b"", finding, at=LATER)
    said = report_document(HEAD, [Item("𠮷" * 195 + ".ofd", replace(bad, claims={"identifier": "卷" * 900}))] * 10_000)
    token = sign_report(said, REPORT_KEY)
    assert len(token) <= MAX_REPORT_BYTES
    report = judged(token.encode())
    assert (report.kind, report.verdict, report.claims["documents"]) == (DocumentKind.REPORT, Verdict.VALID, 10_000)
    assert str(read_report(token)["documents"]).count(".ofd") == 10_000, "what is cut of a name is its beginning"


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)


def test_the_page_for_people_is_made_from_the_same_and_runs_nothing() -> None:
    page = readable(document(), signed_by=REPORT_KEY.kid)
    parser = _Page()
    parser.feed(page)
    assert parser.tags.isdisjoint({"script", "a", "img", "iframe", "object", "link", "form"})
    assert "&lt;script&gt;" in page
    assert REPORT_KEY.kid in page
    for text in ("有效 Valid", "无效 Invalid", judged(ofd()).sha256, "ab" * 32, "结婚证.ofd", "登记信息核对"):
        assert text in page
    assert "✗ 无效 Invalid" in plain(document())
