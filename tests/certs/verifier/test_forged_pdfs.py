"""PDFs sealed with the right key and the right page, in which something beside the page says otherwise."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.crypto.alg import Alg
from certs.crypto.strict_json import canonical
from certs.documents.sealing import REASON
from certs.face import json_face
from certs.layout.fonts import load_fonts
from certs.model import Verdict
from certs.pdf.certificate import attached_files
from certs.pdf.render import Attachment, RenderedPdf, render_pdf
from certs.pdf.render_objects import Objects
from certs.pdf.signing_archive import archive_pdf
from certs.pdf.signing_faces import seal_entries, seal_field, sealed_catalog, sealed_page
from certs.pdf.signing_revisions import read_revisions
from certs.pdf.signing_update import Update, signature_body
from certs.pki.cms import CmsSigner
from certs.pki.errors import PdfShapeRefused
from tests.certs.documents.world import AT, archive, seals, stamp
from tests.certs.layout.samples import certificate_of_type, kind_of
from tests.certs.pdf.judged import rewritten, stream
from tests.certs.pki.world import authority
from tests.certs.verifier.forging import OURS, forged_face, honest_page
from tests.certs.verifier.world import codes, judged

CERTIFICATE, KIND = certificate_of_type("marriage"), kind_of("marriage")
FACE = json_face(CERTIFICATE, KIND)
(DATA,) = attached_files(canonical(FACE))
RESERVE = 8192
Spoil = Callable[[bytes], bytes]


def as_is(body: bytes) -> bytes:
    return body


def drawn(*attached: Attachment, version: str = OURS) -> RenderedPdf:
    return render_pdf(
        honest_page(),
        load_fonts(),
        identifier=str(CERTIFICATE.identifier),
        made_at=CERTIFICATE.issued_at,
        attachments=attached or [DATA],
        version=version,
    )


PLAIN = drawn()


def sealed(made: RenderedPdf = PLAIN, *, field: Spoil = as_is, said: Spoil = as_is) -> bytes:
    """Sealed as the hub does, with another body for the field or the signature's dictionary."""
    last = read_revisions(made.data)[-1]
    update = Update(made.data, last)
    signature, number = update.reserve(), update.reserve()
    update.put(made.catalog, sealed_catalog(last.objects[made.catalog], signature, number))
    update.put(made.page, sealed_page(last.objects[made.page], number))
    look = seals().pdf.appearance.add_to(update)
    box = b" ".join(b"%g" % edge for edge in made.seal)
    update.put(number, field(seal_field(signature, made.page, box, look)))
    update.put(signature, signature_body(said(seal_entries(AT, REASON)), RESERVE))
    signer = CmsSigner(authority(Alg.ES256).signer)
    return update.finish_signed(signature, lambda *parts: signer.detached(*parts, stamp=None), RESERVE)


def sealed_at_all(made: RenderedPdf) -> bytes:
    """Sealed if our own code can do that; what it refuses to touch is judged unsealed."""
    try:
        return sealed(made)
    except PdfShapeRefused:
        return made.data


def changed(old: bytes, new: bytes) -> Spoil:
    def spoil(body: bytes) -> bytes:
        found, count = re.subn(old, lambda _: new, body, count=1)
        assert count == 1
        return found

    return spoil


def test_sealed_by_hand_it_is_as_good_as_by_the_hub() -> None:
    """Guards the tests below."""
    assert codes(judged(sealed())) == {}
    assert judged(sealed()).verdict is Verdict.VALID


FIELDS = {
    "a plus sign": changed(rb"Rect\[", b"Rect[+"),
    "a leading nought": changed(rb"Rect\[", b"Rect[0"),
    "an underscore, which one language reads over": changed(rb"Rect\[(?=\d)", b"Rect[4_"),
    "an exponent, which one reader stops at": changed(rb"Rect\[[\d.]+", b"Rect[4.13858e2"),
    "a state of its own": changed(rb"/AP<</N (?=\d)", b"/AS/On/AP<</N "),
    "states to choose from": changed(rb"/AP<</N (\d+ 0 R)>>", b"/AP<</N<</On 5 0 R/Off 5 0 R>>>>"),
    "another look when pressed": changed(rb"/AP<<", b"/AP<</D 5 0 R"),
    "a rotation": changed(rb"/AP<<", b"/MK<</R 90>>/AP<<"),
    "a layer": changed(rb"/AP<<", b"/OC 5 0 R/AP<<"),
    "a flag that hides it": changed(rb"/F 132", b"/F 134"),
}


@pytest.mark.parametrize("spoil", FIELDS.values(), ids=FIELDS)
def test_the_field_is_written_in_one_way(spoil: Spoil) -> None:
    assert judged(sealed(field=spoil)).verdict is not Verdict.VALID


SAID = {
    "another handler": changed(rb"/Adobe\.PPKLite", b"/Foreign.Handler"),
    "another type": changed(rb"/Type/Sig/", b"/Type/DocTimeStamp/"),
    "a time without zone": changed(rb"Z\)/Reason", b")/Reason"),
    "a time in words": changed(rb"/M\([^)]*\)", b"/M(yesterday)"),
    "a time elsewhere": changed(rb"/M\([^)]*\)", b"/M 3 0 R"),
    "a reason in another form": changed(rb"/Reason<[^>]*>", b"/Reason(void)"),
    "a reason that is a dictionary": changed(rb"/Reason<[^>]*>", b"/Reason<</A 1>>"),
    "a name": changed(rb"/Reference", b"/Name(somebody else)/Reference"),
    "properties": changed(rb"/Reference", b"/Prop_Build<</App<</Name/X>>>>/Reference"),
    "a certification that allows comments": changed(rb"/P 1/", b"/P 3/"),
}


@pytest.mark.parametrize("spoil", SAID.values(), ids=SAID)
def test_the_signatures_dictionary_is_written_in_one_way(spoil: Spoil) -> None:
    assert judged(sealed(said=spoil)).verdict is not Verdict.VALID


def test_a_reason_that_says_otherwise_is_not_vouched_for() -> None:
    """Readers show it beside the seal."""
    void = b"<FEFF" + "本证照已作废".encode("utf-16-be").hex().upper().encode() + b">"
    report = judged(sealed(said=changed(rb"/Reason<[^>]*>", b"/Reason" + void)))
    assert (report.verdict, codes(report)) == (Verdict.INDETERMINATE, {12: "seal-reason-unusual"})
    assert "本证照已作废" in report.steps[11].zh


PIECES = [b"", b" ", b"0", b"1", b"-", b".", b"\n", b"%", b"#41", b"[", b"<<>>", b"/X 1", b"/AS/On"]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(["field", "said"]), st.floats(0, 1), st.integers(0, 3), st.sampled_from(PIECES))
def test_no_change_of_what_sealing_writes_is_valid(which: str, where: float, cut: int, put: bytes) -> None:
    """Properly signed each time: only the one way of writing it is believed."""
    same: list[bool] = []

    def spoil(body: bytes) -> bytes:
        at = int(where * (len(body) - 3))
        spoilt = body[:at] + put + body[at + cut :]
        same.append(spoilt == body)
        return spoilt

    report = judged(sealed(field=spoil) if which == "field" else sealed(said=spoil))
    assert (report.verdict is Verdict.VALID) == same[0]


ATTACHED: Mapping[str, tuple[Attachment, ...]] = {
    "described otherwise": (replace(DATA, description="本证照已作废"),),
    "of another kind": (replace(DATA, mime="text/html"),),
    "in another role": (replace(DATA, relation="Alternative"),),
    "twice": (DATA, DATA),
    "twice, with other content": (DATA, replace(DATA, data=canonical({**FACE, "ZZBH": "J0"}))),
}


@pytest.mark.parametrize("attached", ATTACHED.values(), ids=ATTACHED)
def test_the_data_is_attached_in_one_way(attached: tuple[Attachment, ...]) -> None:
    report = judged(sealed(drawn(*attached)))
    assert report.verdict is Verdict.INVALID
    assert set(codes(report).values()) <= {"page-altered", "page-contradicts"}


def swapped_names() -> dict[str, Any]:
    """The two spouses' fields under each other's short names: the page is right, the metadata the other way round."""
    own: Any = FACE["YZT"]
    a, b = own["fields"]["spouse_a_name"], own["fields"]["spouse_b_name"]
    fields = {**own["fields"], "spouse_a_name": b, "spouse_b_name": a}
    return {**FACE, a: FACE[b], b: FACE[a], "YZT": {**own, "fields": fields}}


OWN: Any = FACE["YZT"]
FACES: Mapping[str, dict[str, object]] = {
    "a remark": {**FACE, "BZ": "可用于抵押"},
    "a day of issue that differs from the time": {**FACE, "ZZBFRQ": "2001-01-01"},
    "names of the kinds of numbers": {**FACE, "CZZTDMLX": ["护照", "护照"]},
    "a field the type does not have": {
        **FACE,
        "KZ_X": "可抵押",
        "YZT": {**OWN, "fields": {**OWN["fields"], "mortgage": "KZ_X"}},
    },
    "fields under each other's names": swapped_names(),
    "a remark among the fields' names": {**FACE, "YZT": {**OWN, "note": "x"}},
    "a remark about the source": {**FACE, "YZT": {**OWN, "source": {**OWN["source"], "x": "y"}}},
    "more about the status": {**FACE, "status": {"status_list": FACE["status"]["status_list"], "x": 1}},  # type: ignore[index]
}


@pytest.mark.parametrize("face", FACES.values(), ids=FACES)
@pytest.mark.parametrize("kind", ["ofd", "pdf"])
def test_data_that_says_more_than_the_page_is_not_vouched_for(face: dict[str, object], kind: str) -> None:
    """Programs read the attached data and the metadata of an OFD; the page cannot contradict what it does not show."""
    made = forged_face(face) if kind == "ofd" else sealed(drawn(*attached_files(canonical(face))))
    report = judged(made)
    assert report.verdict is Verdict.INDETERMINATE
    assert set(codes(report).values()) == {"page-data-unusual"}


def with_object(body: bytes) -> RenderedPdf:
    """The drawing with one object more, which nothing refers to."""
    only = read_revisions(PLAIN.data)[0]
    objects = Objects()
    for number in sorted(only.objects):
        objects.add(only.objects[number])
    objects.add(body)
    data = objects.file(b"2.0", only.root, b"AB" * 16)
    return replace(PLAIN, data=data, digest=sha256(data).digest(), next_object=PLAIN.next_object + 1)


@pytest.mark.parametrize("body", [stream(b"x", b"/Type/XRef"), stream(b"x", b"/Type/ObjStm/N 1/First 2"), b"null"])
def test_an_object_too_many_is_one_whatever_it_calls_itself(body: bytes) -> None:
    """A reader that repairs files looks for tables among all objects."""
    assert judged(sealed_at_all(with_object(body))).verdict is not Verdict.VALID


PAGE, CATALOG = PLAIN.page, PLAIN.catalog
SPELT: Mapping[str, tuple[int, bytes, bytes]] = {
    "a number for a truth": (CATALOG, rb"/DisplayDocTitle true", b"/DisplayDocTitle 1"),
    "a name in another spelling": (PAGE, rb"/Type/Page/", b"/Type/P#61ge/"),
    "a key in another spelling": (PAGE, rb"/MediaBox", b"/Media#42ox"),
    "a number in another spelling": (PAGE, rb"/MediaBox\[0 0", b"/MediaBox[0 0."),
    "another order": (PAGE, rb"(/Parent 2 0 R)(/MediaBox\[[^\]]*\])", rb"\2\1"),
    "larger units": (PAGE, rb">>$", b"/UserUnit 2>>"),
    "a part of the page": (PAGE, rb">>$", b"/CropBox[0 0 99 99]>>"),
    "a turned page": (PAGE, rb">>$", b"/Rotate 180>>"),
    "contents in another order": (PAGE, rb"/Contents\[(\d+ 0 R) (\d+ 0 R)\]", rb"/Contents[\2 \1]"),
    "a page from elsewhere": (CATALOG, rb">>$", b"/Outlines 5 0 R>>"),
}


@pytest.mark.parametrize("version", [OURS, ""], ids=["by our layout", "by whom nobody knows"])
@pytest.mark.parametrize(("number", "old", "new"), SPELT.values(), ids=SPELT)
def test_the_same_value_in_another_spelling_is_another_page(number: int, old: bytes, new: bytes, version: str) -> None:
    """What one reader takes for the same, the next one does not."""
    made = PLAIN if version else drawn(DATA, version="")
    body = read_revisions(made.data)[0].objects[number]
    spelt, count = re.subn(old, new, body, count=1)
    assert count == 1
    found = judged(sealed_at_all(rewritten(made, {number: spelt}))).verdict
    assert found is Verdict.INVALID if version else found is not Verdict.VALID


def test_words_in_the_metadata_are_compared_also_beside_numbers() -> None:
    """The document's own number differs from file to file; words that look like one do not get through."""
    objects = read_revisions(PLAIN.data)[0].objects
    (number,) = (n for n, body in objects.items() if b"/Type/Metadata" in body)
    head, _, rest = objects[number].partition(b">>stream\n")
    packet = rest.removesuffix(b"\nendstream")
    at = packet.index(b"</rdf:Description>")
    packet = packet[:at] + b"uuid:dead-beef-dead-beef-dead-beef-deadbeef00" + packet[at:]
    body = head[: head.rindex(b"/Length")] + b"/Length %d>>stream\n%b\nendstream" % (len(packet), packet)
    assert judged(sealed(rewritten(PLAIN, {number: body}))).verdict is Verdict.INVALID


@pytest.mark.parametrize("where", ["certificates", "crls"])
def test_whoever_archives_cannot_put_anything_into_the_store(where: str) -> None:
    """It takes no sealing key to add a revision with a time-stamp."""
    kept: Any = {"certificates": archive().certificates, "crls": archive().crls}
    good = archive_pdf(sealed(), **kept, stamp=stamp(Alg.ES256)).data
    assert judged(good).verdict is Verdict.VALID
    kept[where] = (*kept[where], SimpleNamespace(der=b"%PDF-1.7 something else"))
    report = judged(archive_pdf(sealed(), **kept, stamp=stamp(Alg.ES256)).data)
    assert (report.verdict, codes(report)) == (Verdict.INDETERMINATE, {7: "signature-carries-more"})
