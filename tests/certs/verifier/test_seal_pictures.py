"""The seal that a PDF shows is compared with those on file for whoever's key sealed it."""

import zlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from certs.documents.copying import copied_pdf
from certs.documents.sealing import sealed_pdf, verification_qr
from certs.layout.fonts import load_fonts
from certs.model import Outcome, Verdict
from certs.pdf.signing_appearance import NOTHING, Drawn, SealAppearance, drawn_appearance, picture_appearance
from certs.pdf.signing_check import read_sealed_pdf
from certs.pdf.signing_picture import picture_digest
from certs.seals.history import SealChange, SealLook, SealOnFile, SealState
from certs.seals.model import Picture
from certs.seals.seal import read_seal
from certs.trust_documents import DocumentTrust
from certs.verifier.documents import Believed
from certs.verifier.model import DocumentReport
from tests.certs.documents.test_copies import terms_of
from tests.certs.documents.world import AT, ES_ID, LATER, seal_der, seals
from tests.certs.layout.samples import ISSUERS, certificate_of_type, kind_of
from tests.certs.pki.world import NOW
from tests.certs.seals.world import PNG
from tests.certs.verifier.world import URL, believed, codes, judged, ofd, pdf

OWNER = ISSUERS["marriage"][0]
OTHER = "11339900MB9000077Q"
OWN = seals().pdf.appearance
SECOND, YEAR = timedelta(seconds=1), timedelta(days=365)
RED = picture_appearance(2, 2, b"\xff\0\0" * 4, b"\xff\x80\x80\xff")
RING = drawn_appearance(b"1 0 0 RG 4 w 50 50 40 40 re S", 100, 100)


def sealed(look: SealAppearance, *, copy: bool = False, at: datetime = AT, stamped: bool = False) -> bytes:
    """Drawn by the hub, sealed with the right key, with this picture."""
    certificate, kind = certificate_of_type("marriage"), kind_of("marriage")
    seal = replace(seals(stamped=stamped).pdf, appearance=look)
    if copy:
        terms = terms_of("marriage")
        return copied_pdf(certificate, kind, terms, seal, fonts=load_fonts(), at=at, public_url=URL).data
    qr = verification_qr(URL, str(certificate.identifier))
    return sealed_pdf(certificate, kind, seal, fonts=load_fonts(), at=at, qr=qr).data


def on_file(
    number: str, look: SealAppearance | None, *changes: tuple[SealState, datetime], owner: str = OWNER
) -> SealOnFile:
    states = tuple(SealChange(*change) for change in changes or [(SealState.ACTIVE, NOW)])
    return SealOnFile(
        number, number.encode().rjust(32), states, SealLook(owner, look.digest() if look else None, NOW, NOW + YEAR)
    )


def trusting(*known: SealOnFile) -> Believed:
    trust = believed()
    assert trust.trust is not None
    documents: DocumentTrust = replace(trust.trust.documents, seals={seal.es_id: seal for seal in known})
    return believed(documents=documents)


def outcome(report: DocumentReport) -> tuple[Verdict, dict[int, str]]:
    return report.verdict, codes(report)


@pytest.mark.parametrize("copy", [False, True], ids=["original", "copy"])
def test_the_picture_of_another_unit_is_a_forgery(copy: bool) -> None:
    """Whoever holds a department's key can draw any picture; the signature says nothing about it."""
    report = judged(sealed(RED, copy=copy), trusting(on_file("1", OWN), on_file("2", RED, owner=OTHER)))
    assert outcome(report) == (Verdict.INVALID, {12: "seal-picture-of-another"})
    step = report.steps[11]
    assert step.evidence["owner"] == OTHER
    assert OTHER in step.zh
    assert step.next_zh
    assert step.next_en


@pytest.mark.parametrize(
    "look", [NOTHING, RED, RING, replace(OWN, width=0.5), replace(OWN, operators=b"/I0 Do /I0 Do")]
)
def test_a_picture_that_is_on_file_for_nobody_is_a_forgery(look: SealAppearance) -> None:
    assert outcome(judged(sealed(look))) == (Verdict.INVALID, {12: "seal-picture-differs"})


def test_more_objects_than_the_picture_are_no_picture() -> None:
    """Nothing refers to what is added, but a reader that repairs files could."""

    class More(SealAppearance):
        def add_to(self, update):  # type: ignore[no-untyped-def]  # as its base
            update.add(b"<</Type/XObject>>")
            return super().add_to(update)

    report = judged(sealed(More(OWN.operators, OWN.width, OWN.height, OWN.image, OWN.mask)))
    assert report.verdict is Verdict.INVALID
    assert codes(report)[12] == "seal-picture-differs"


def test_a_list_that_knows_no_pictures_leaves_it_open() -> None:
    """One of before, or of a hub that knows the unit by its key alone."""
    for known in ((replace(on_file("1", OWN), look=None),), (on_file("2", RED, owner=OTHER),), ()):
        report = judged(pdf(), trusting(*known))
        assert outcome(report) == (Verdict.INDETERMINATE, {12: "seal-picture-unknown"})
        assert (report.steps[11].outcome, bool(report.steps[11].next_zh)) == (Outcome.UNDETERMINED, True)
    unlike = trusting(on_file("1", RED), replace(on_file("2", OWN), look=None))
    assert outcome(judged(pdf(), unlike)) == (Verdict.INDETERMINATE, {12: "seal-picture-unknown"})


def test_a_picture_that_was_replaced_stays_good_for_what_it_was_put_on() -> None:
    ended = LATER - timedelta(minutes=10)
    for state in (SealState.REVOKED, SealState.SUSPENDED):
        old = on_file("1", OWN, (SealState.ACTIVE, NOW), (state, ended))
        trust = trusting(old, on_file("2", RED, (SealState.ACTIVE, ended)))
        for stamped in (False, True):
            report = judged(sealed(OWN, stamped=stamped), trust)
            assert outcome(report) == (Verdict.VALID, {})
            assert report.steps[11].evidence["picture"] == "seal-picture-good"
        late = sealed(OWN, at=ended + timedelta(minutes=5))
        assert outcome(judged(late, trust)) == (Verdict.INVALID, {12: "seal-picture-not-in-force"})
        assert outcome(judged(sealed(RED, at=ended + timedelta(minutes=5)), trust)) == (Verdict.VALID, {})
    early = sealed(RED)
    assert outcome(judged(early, trust)) == (Verdict.INVALID, {12: "seal-picture-not-in-force"})


def test_a_seal_serves_from_the_second_of_its_activation_to_the_end_of_its_term() -> None:
    """The claimed time has whole seconds."""
    same_second = trusting(on_file("1", OWN, (SealState.ACTIVE, AT + timedelta(milliseconds=900))))
    assert outcome(judged(pdf(), same_second)) == (Verdict.VALID, {})
    for since, until in ((AT + SECOND, AT + YEAR), (NOW, AT - SECOND)):
        known = on_file("1", OWN)
        assert known.look is not None
        outside = replace(known, look=replace(known.look, valid_from=since, valid_until=until))
        assert codes(judged(pdf(), trusting(outside))) == {12: "seal-picture-not-in-force"}


def test_the_registered_seal_gives_the_digest_that_the_file_has() -> None:
    seal = read_seal(seal_der())
    drawn = picture_digest(seal.info.picture)  # type: ignore[union-attr]  # of version 4
    assert drawn == read_sealed_pdf(pdf()).look.digest() == OWN.digest()
    assert picture_digest(Picture("PNG", PNG[:-20], 42, 42)) is None
    assert picture_digest(Picture("GIF", b"GIF89a", 42, 42)) == NOTHING.digest()


def test_a_seal_that_lists_signers_of_two_units_is_put_on_by_its_owner_alone() -> None:
    seal = believed().trust.documents.seals[ES_ID]  # type: ignore[union-attr]  # it has one
    assert seal.look is not None
    of_another = trusting(replace(seal, look=replace(seal.look, owner=OTHER)))
    assert outcome(judged(ofd(), of_another)) == (Verdict.INVALID, {12: "seal-picture-of-another"})
    assert outcome(judged(ofd(), trusting(replace(seal, look=None)))) == (Verdict.VALID, {})


def bodies(look: SealAppearance, level: int) -> tuple[bytes, ...]:
    """As a computer with another zlib writes them, from object 40 on."""

    class At40:
        def __init__(self) -> None:
            self.made: list[bytes] = []

        def add(self, body: bytes) -> int:
            head, separator, rest = body.partition(b">>stream\n")
            data = rest.removesuffix(b"\nendstream")
            if b"FlateDecode" in head:
                data = zlib.compress(zlib.decompress(data), level)
                head = head[: head.rindex(b"/Length")] + b"/Length %d" % len(data)
            self.made.append(head + separator + data + b"\nendstream")
            return 39 + len(self.made)

    file = At40()
    look.add_to(file)
    return tuple(file.made)


def test_packing_and_numbers_do_not_matter_and_all_else_does() -> None:
    assert bodies(RED, 0) != bodies(RED, 9)
    assert {Drawn(40, bodies(RED, level)).digest() for level in (0, 1, 9)} == {RED.digest()}
    assert Drawn(41, bodies(RED, 9)).digest() != RED.digest()
    mask, image, form = bodies(RED, 9)
    others: Iterable[tuple[bytes, ...]] = (
        (mask, image, form, form),
        (image, mask, form),
        (mask, image.replace(b"/Width 2", b"/Width 1"), form),
        (mask, image.replace(b"40 0 R", b"39 0 R"), form),
        (mask, image, form.replace(b"/Form", b"/Form/Matrix[2 0 0 2 0 0]")),
        bodies(picture_appearance(2, 2, b"\xff\0\1" * 4, b"\xff\x80\x80\xff"), 9),
    )
    assert RED.digest() not in {Drawn(40, other).digest() for other in others}


def test_damaged_pictures_and_bombs_are_refused() -> None:
    mask, image, form = bodies(RED, 9)
    head, separator, _ = image.partition(b">>stream\n")
    bomb = zlib.compress(bytes(65 * 1024 * 1024), 9)
    good = zlib.compress(b"\xff\0\0" * 4)
    for data in (bomb, good[:-3], good + b"x", b"", b"\0\0\0"):
        with pytest.raises(ValueError, match="picture"):
            Drawn(40, (mask, head + separator + data + b"\nendstream", form)).digest()
