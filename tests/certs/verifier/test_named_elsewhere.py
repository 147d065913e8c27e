"""Documents that name what is another's: the entry of their status, the name of their issuer."""

from dataclasses import replace

from certs.documents.sealing import sealed_ofd, sealed_pdf, verification_qr
from certs.layout.fonts import load_fonts
from certs.model import Certificate, Reason, State, StatusRef, Verdict
from certs.trust import StatusHistory, StatusNotice
from certs.verifier.documents import verify_document
from certs.verifier.model import DocumentReport, NothingKnown
from certs.verifier.plain import answer, history_of
from tests.certs.documents.world import AT, LATER, seals
from tests.certs.layout.samples import ISSUERS, certificate_of_type, kind_of
from tests.certs.verifier.world import HUB, UNTIL, URL, believed, codes

GENUINE = certificate_of_type("marriage")


class Hub(NothingKnown):
    """Knows the one certificate: it was revoked; answered as a child of the verifier hears it."""

    def decisions(self, identifier: str) -> StatusHistory | None:
        if identifier != str(GENUINE.identifier):
            return None
        place = GENUINE.status
        notice = StatusNotice(place.index, State.REVOKED, Reason.PENALTY, HUB, AT)
        history = StatusHistory(place.uri, UNTIL, (notice,), (identifier, place.index))
        return history_of(answer({"ask": "decisions", "about": identifier}, _Told(history)))  # type: ignore[arg-type]


class _Told(NothingKnown):
    def __init__(self, history: StatusHistory) -> None:
        self._history = history

    def decisions(self, identifier: str) -> StatusHistory | None:
        return self._history


def faces(certificate: Certificate) -> tuple[bytes, bytes]:
    qr, kind = verification_qr(URL, str(certificate.identifier)), kind_of("marriage")
    both, fonts = seals(), load_fonts()
    return (
        sealed_ofd(certificate, kind, both.ofd, fonts=fonts, at=AT, qr=qr).data,
        sealed_pdf(certificate, kind, both.pdf, fonts=fonts, at=AT, qr=qr).data,
    )


def reported(content: bytes) -> DocumentReport:
    return verify_document(content, believed(), at=LATER, known=Hub())


def test_a_revoked_certificate_sealed_anew_with_another_entry_is_a_forgery() -> None:
    for content in faces(GENUINE):
        assert codes(reported(content)) == {12: "status-revoked"}
    place = GENUINE.status
    for other in (StatusRef(place.uri, place.index + 1), StatusRef(place.uri + "x", place.index)):
        for content in faces(replace(GENUINE, status=other)):
            report = reported(content)
            assert (report.verdict, codes(report)) == (Verdict.INVALID, {12: "status-elsewhere"})
            assert report.steps[11].next_zh


def test_an_issuer_that_calls_itself_by_anothers_name_is_not_vouched_for() -> None:
    other = next(name for code, name in ISSUERS.values() if code != GENUINE.issuer_code)
    for content in faces(replace(GENUINE, issuer_name=other)):
        report = verify_document(content, believed(), at=LATER)
        assert (report.verdict, codes(report)) == (Verdict.INDETERMINATE, {12: "issuer-name-of-another"})
        assert other in report.steps[11].zh
    for content in faces(replace(GENUINE, issuer_name="339900市原民政局")):  # renamed since: nobody else's name
        assert verify_document(content, believed(), at=LATER).verdict is Verdict.VALID
