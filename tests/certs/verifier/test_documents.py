"""Every face through the one entry: good, old, wrong, changed. Whatever is wrong or unknown is never 有效."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import certs.documents.redrawing
import certs.pdf.verify_unlike
import certs.verifier.content
import certs.verifier.documents
import certs.verifier.process
import certs.verifier.seal_pictures
import certs.verifier.sealed
import certs.verifier.signed
import certs.verify_content
from certs.copies.terms import code_digest
from certs.crypto.keyring import KeyRing
from certs.model import FaceKind, Outcome, Reason, State, Verdict
from certs.ofd.package import read_package
from certs.seals.ports import SealTrust
from certs.trust_documents import DocumentTrust
from certs.verifier.documents import Believed, verify_document
from certs.verifier.kinds import DocumentKind, recognise
from certs.verifier.model import DocumentReport
from certs.verifier.words import WORDS
from tests.certs.documents.test_copies import terms_of
from tests.certs.documents.world import AT, LATER
from tests.certs.layout.samples import ISSUERS, SLUGS
from tests.certs.verifier.forging import PAGE, forged, replaced
from tests.certs.verifier.world import believed, codes, copies, judged, ofd, pdf
from tests.certs.world import World

SEALED: dict[str, Callable[[], bytes]] = {
    "ofd": ofd,
    "ofd-stamped": lambda: ofd(stamped=True),
    "pdf": pdf,
    "pdf-stamped": lambda: pdf(stamped=True),
    "copy-ofd": lambda: copies()[0],
    "copy-pdf": lambda: copies()[1],
}
faces = pytest.mark.parametrize("face", SEALED)


def same_parts(changed: bytes, content: bytes) -> bool:
    """Whether only such bytes of a ZIP were changed that no part of the document depends on, such as a file date."""
    return changed.startswith(b"PK") and read_package(changed) == read_package(content)


def trusting() -> Believed:
    trust = believed().trust
    assert trust is not None
    return Believed(trust)


def with_keys(keep: Callable[[str, str], bool]) -> Believed:
    """The trust with only the keys of these (role, owner)."""
    trust = trusting().trust
    assert trust is not None
    return Believed(replace(trust, keys=KeyRing(k for k in trust.keys if keep(k.role, k.owner))))


@faces
def test_a_good_document_of_every_face_is_valid_and_says_what_was_signed(face: str) -> None:
    report = judged(SEALED[face]())
    assert (report.verdict, codes(report)) == (Verdict.VALID, {})
    assert report.kind is (DocumentKind.PDF if "pdf" in face else DocumentKind.OFD)
    assert report.steps[11].code == "content-good"
    assert report.claims["issuer_code"] == ISSUERS["marriage"][0]
    assert report.claims["face.spouse_a_name"] == "测试甲"
    assert report.state is State.VALID
    assert [s.number for s in report.steps] == list(range(1, len(report.steps) + 1))
    assert ("copy.purpose" in report.claims) is face.startswith("copy")


@pytest.mark.parametrize("slug", SLUGS)
def test_both_faces_of_every_type_say_the_same(slug: str) -> None:
    both = judged(ofd(slug)), judged(pdf(slug))
    assert [r.verdict for r in both] == [Verdict.VALID, Verdict.VALID], [codes(r) for r in both]
    assert both[0].claims == both[1].claims


@faces
def test_before_and_after_a_revocation(face: str) -> None:
    revoked_at = LATER + timedelta(days=1)
    trust = believed((State.REVOKED, Reason.PENALTY, revoked_at))
    before, after = (
        judged(SEALED[face](), trust, at=revoked_at + d) for d in (timedelta(hours=-1), timedelta(hours=1))
    )
    assert before.verdict is Verdict.VALID
    assert (after.verdict, codes(after)) == (Verdict.INVALID, {12: "status-revoked"})
    assert after.state is State.REVOKED


@faces
def test_a_superseded_version_says_so(face: str) -> None:
    report = judged(SEALED[face](), believed((State.SUPERSEDED, Reason.SOURCE_CHANGED, AT)))
    assert (report.verdict, codes(report)) == (Verdict.INVALID, {12: "status-superseded"})


@faces
def test_before_it_was_sealed_it_was_not_valid(face: str) -> None:
    assert judged(SEALED[face](), at=AT - timedelta(days=2)).verdict is not Verdict.VALID


@faces
def test_the_seal_of_another_department_on_this_certificate_is_a_forgery(face: str) -> None:
    issuer = ISSUERS["marriage"][0]
    report = judged(SEALED[face](), with_keys(lambda _, owner: owner != issuer))
    assert (report.verdict, codes(report)) == (Verdict.INVALID, {12: "sealer-not-issuer"})


@faces
def test_a_key_nobody_knows_leaves_it_open(face: str) -> None:
    report = judged(SEALED[face](), with_keys(lambda role, _: role not in {"seal", "seal-pdf"}))
    assert (report.verdict, codes(report)) == (Verdict.INDETERMINATE, {12: "sealer-unknown"})


@faces
def test_a_key_of_another_role_is_no_sealing_key(face: str) -> None:
    role = "seal" if "pdf" in face else "seal-pdf"
    assert judged(SEALED[face](), with_keys(lambda r, _: r == role)).verdict is Verdict.INDETERMINATE


@faces
def test_what_the_trust_list_does_not_know_leaves_it_open(face: str) -> None:
    trust = trusting().trust
    assert trust is not None
    for poorer in (
        replace(trust, documents=DocumentTrust()),
        replace(trust, issuers={}),
        replace(trust, types={}),
        replace(trust, histories={}),
        replace(trust, expires_at=LATER - timedelta(minutes=1)),
    ):
        assert judged(SEALED[face](), Believed(poorer)).verdict is Verdict.INDETERMINATE
    nothing = verify_document(SEALED[face](), Believed(), at=LATER)
    assert (nothing.verdict, nothing.steps[0].code) == (Verdict.INDETERMINATE, "trust-missing")


@faces
def test_an_issuer_without_the_right_then(face: str) -> None:
    trust = trusting().trust
    assert trust is not None
    issuers = {code: replace(i, entitlements=()) for code, i in trust.issuers.items()}
    report = judged(SEALED[face](), Believed(replace(trust, issuers=issuers)))
    assert codes(report) == {12: "issuer-not-entitled"}


@pytest.mark.parametrize("number", [0, 1])
def test_a_copy_ends_with_its_term_and_before_the_certificate(number: int) -> None:
    late = judged(copies()[number], at=AT + timedelta(days=170))
    assert late.verdict is Verdict.INVALID
    assert 13 in codes(late)
    assert codes(late)[13] == "copy-over"


@pytest.mark.parametrize("number", [0, 1])
def test_a_copy_ends_when_its_holder_withdrew_it_and_not_before(number: int) -> None:
    withdrawn_at = LATER + timedelta(hours=1)
    trust = believed(withdrawn_copies={code_digest(terms_of("marriage").code): withdrawn_at})
    before, after = (judged(copies()[number], trust, at=withdrawn_at + timedelta(minutes=m)) for m in (-1, 0))
    assert before.verdict is Verdict.VALID
    assert (after.verdict, codes(after)) == (Verdict.INVALID, {13: "copy-withdrawn"})
    other = believed(withdrawn_copies={code_digest("another"): LATER})
    assert judged(copies()[number], other).verdict is Verdict.VALID


# ---- changed files ---------------------------------------------------------------------------------------------


@faces
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_change_of_a_byte_leaves_it_valid(face: str, data: st.DataObject) -> None:
    content = SEALED[face]()
    place = data.draw(st.integers(0, len(content) - 1))
    changed = content[:place] + bytes([content[place] ^ data.draw(st.integers(1, 255))]) + content[place + 1 :]
    assert judged(changed).verdict is not Verdict.VALID or same_parts(changed, content)


@faces
def test_nothing_cut_off_put_before_behind_or_in_leaves_it_valid(face: str) -> None:
    content, random = SEALED[face](), Random(3)
    for _ in range(25):
        place = random.randrange(len(content))
        for changed in (
            content[:place],
            content[place:] or b"x",
            content[:place] + b"\0" + content[place:],
            content + content[place:],
            content[place : place + 9] + content,
        ):
            if changed != content:
                assert judged(changed).verdict is not Verdict.VALID or same_parts(changed, content)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | st.sampled_from([b"PK", b"%PDF-", b"c2sp.org/tlog-proof@v1", b"e30.e30."]).flatmap(
    lambda head: st.binary(max_size=200).map(lambda tail: head + tail)
))  # fmt: skip
def test_anything_at_all_gets_a_report_and_never_a_yes(content: bytes) -> None:
    report = verify_document(content, Believed(trusting().trust, b"{}"), at=LATER)
    assert report.verdict is not Verdict.VALID
    assert report.size == len(content)
    assert report.deciding is not None
    assert report.deciding.zh
    assert report.deciding.en
    assert report.deciding.next_zh


# ---- kinds and words -------------------------------------------------------------------------------------------


def test_kinds_are_told_apart_by_what_is_in_front() -> None:
    world = World()
    made = world.signed().faces
    assert recognise(made[FaceKind.SD_JWT]) is DocumentKind.CERTIFICATE
    assert recognise(made[FaceKind.JSON] + b"\n") is DocumentKind.CERTIFICATE
    assert recognise(ofd()) is DocumentKind.OFD
    assert recognise(ofd()[:5000]) is not DocumentKind.BUNDLE
    assert recognise(b"junk\n" + pdf()) is DocumentKind.PDF
    assert recognise(b"\x89PNG\r\n") is DocumentKind.UNKNOWN
    assert recognise(b"") is DocumentKind.UNKNOWN
    assert recognise(pdf() + ofd()) is DocumentKind.PDF
    assert judged(pdf() + ofd()).verdict is not Verdict.VALID
    assert judged(ofd() + pdf()).verdict is not Verdict.VALID


def test_a_time_without_a_zone_is_the_callers_error() -> None:
    with pytest.raises(ValueError, match="time zone"):
        verify_document(b"x", Believed(), at=LATER.replace(tzinfo=None))


def test_every_code_has_words_in_both_languages() -> None:
    modules = (
        certs.documents.redrawing, certs.verifier.content, certs.verifier.documents, certs.verifier.process,
        certs.verifier.sealed, certs.verifier.seal_pictures, certs.pdf.verify_unlike,
        certs.verifier.signed, certs.verify_content,
    )  # fmt: skip
    source = "".join(Path(m.__file__ or "").read_text(encoding="utf-8") for m in modules)
    used = set(re.findall(r'(?:passed|failed|undetermined)\(\s*"([a-z-]+)"', source))
    used |= set(re.findall(r'"(parser-[a-z]+)"', source))
    assert used - set(WORDS) == set()
    assert {code for code in WORDS if code.startswith(("parser-", "sealer-", "report-", "file-"))} - used == {
        "parser-failed"  # of the child
    }
    assert all(w.zh and w.en and bool(w.next_zh) == bool(w.next_en) for w in WORDS.values())


def test_outcomes_and_verdict_agree_in_every_report() -> None:
    reports: list[DocumentReport] = [judged(make()) for make in SEALED.values()]
    reports += [judged(make()[:-1]) for make in SEALED.values()]
    for report in reports:
        outcomes = {s.outcome for s in report.steps}
        assert (report.verdict is Verdict.INVALID) == (Outcome.FAIL in outcomes)
        assert report.verdict is not Verdict.VALID or Outcome.UNDETERMINED not in outcomes


def ofd_showing(name: str) -> bytes:
    """A document of the issuer whose page says another name than the data that is attached to it."""
    return forged(replaced(PAGE, "测试甲", name))


def test_a_page_that_does_not_show_what_the_data_states_is_never_valid() -> None:
    report = judged(ofd_showing("某某某"))
    assert (report.verdict, codes(report)) == (Verdict.INVALID, {12: "page-contradicts"})
    assert "spouse_a_name" in report.steps[11].evidence["detail"]
    revoked = believed((State.REVOKED, Reason.PENALTY, AT))
    assert codes(judged(ofd_showing("某某某"), revoked)) == {12: "status-revoked"}


class _Contended(list[tuple[DocumentTrust, SealTrust]]):
    """What is remembered of the newest trust list, with another thread that always comes in between."""

    def __setitem__(self, key: object, value: object) -> None:
        nobody = DocumentTrust()
        super().__setitem__(slice(None), [(nobody, nobody.seal_trust())])


def test_a_thread_that_judges_by_another_trust_list_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certs.verifier.sealed, "_kept", _Contended())
    assert judged(ofd()).verdict is Verdict.VALID
