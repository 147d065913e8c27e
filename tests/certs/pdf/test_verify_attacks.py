"""Attack cases 34 to 40 and 43 on signed PDFs: each is made here, none is accepted, and most are proven wrong.

Long because the attacks are variations on one file and read best beside each other.
"""

import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, FloatObject, NameObject, NumberObject, pdf_name
from pyhanko.sign.fields import MDPPerm

from certs.crypto.strict_json import canonical
from certs.documents.sealing import mark_of, verification_qr
from certs.face import json_face
from certs.layout.fonts import load_fonts
from certs.layout.operations import Page
from certs.layout.pages import page_of
from certs.model import Certificate, Verdict
from certs.pdf.render import Attachment, RenderedPdf, render_pdf
from certs.pdf.signing_dict import entries, extended
from certs.pdf.signing_revisions import read_revisions
from certs.pdf.verify import verify_pdf
from certs.type_catalogue import TypeCatalogue
from tests.certs.documents.world import LATER
from tests.certs.layout.samples import TYPES, certificate_of_type, kind_of
from tests.certs.pdf.judged import (
    CATALOG,
    LEVELS,
    PAGES,
    TRUST,
    URL,
    appended,
    codes,
    hanko_signed,
    hanko_update,
    hub_pdf,
    judge,
    own_update,
    plain_page,
    raw_pdf,
    rewritten,
    rogue_sealed,
    step,
    stream,
    verdict,
    web_page,
)

levels = pytest.mark.parametrize("level", LEVELS)
number: Any = NumberObject  # pyHanko has half its types
real: Any = FloatObject
dictionary: Any = DictionaryObject
FONTS = load_fonts()
OURS = mark_of(kind_of("marriage"), FONTS)


# ---- 34 universal signature forgery, 36 signature wrapping --------------------------------------------------


def signature_place(data: bytes) -> tuple[int, int, int, int]:
    """Start and end of the numbers of /ByteRange, and of the digits of /Contents, of the first signature."""
    ranges = re.search(rb"/ByteRange ?(\[[0-9 ]+\] *)", data)
    value = re.search(rb"/Contents ?<([0-9A-Fa-f]{500,})>", data)
    assert ranges is not None
    assert value is not None
    return *ranges.span(1), *value.span(1)


def with_ranges(data: bytes, text: bytes) -> bytes:
    start, end, _, _ = signature_place(data)
    assert len(text) <= end - start
    return data[:start] + text.ljust(end - start) + data[end:]


@pytest.mark.parametrize("make", [hub_pdf, lambda: hanko_signed(web_page(), certify=True)], ids=["hub", "foreign"])
def test_ranges_that_prove_nothing(make: Callable[[], bytes]) -> None:
    good = make()
    _, _, opening, closing = signature_place(good)
    a, b, c = opening - 1, closing + 1, len(good) - closing - 1
    texts = [
        b"null", b"[]", b"[0 0 0 0]", b"[null null null null]", b"[0 -1 -1 0]", b"[0 %d %d 0]" % (a, b),
        b"[0 %d %d %d]" % (a, a, len(good) - a), b"[0 %d %d %d]" % (b, a, c), b"[0 %d %d %d]" % (a, b, c + 10),
        b"[0 %d %d %d]" % (a, b, c - 10), b"[1 %d %d %d]" % (a, b, c), b"[0 %d]" % len(good),
        b"[0 1 %d %d]" % (b, c), b"[0 %d %d 1]" % (a, b), b"[0 9 9 9 9 9]",
        b"[0 99999999999999999999 9 9]", b"(0 1 2 3)",
    ]  # fmt: skip
    for text in texts:
        case = with_ranges(good, text)
        assert verdict(case) is Verdict.INVALID, text
        assert step(case, 3).code in {"range-refused", "not-reached"}, text  # the last: a number beyond all measure


@pytest.mark.parametrize("make", [hub_pdf, lambda: hanko_signed(web_page())], ids=["hub", "foreign"])
def test_values_that_prove_nothing(make: Callable[[], bytes]) -> None:
    good = make()
    _, _, opening, closing = signature_place(good)
    width = closing - opening
    for value in (b"", b"00", b"30", b"zz", b"3003020101", b"ff" * 40):
        case = good[:opening] + value.ljust(width, b"0") + good[closing:]
        assert verdict(case) is not Verdict.VALID, value
    assert codes(good[:opening] + b"0" * width + good[closing:])[7] == "signature-empty"
    gone = good.replace(b"/Contents<" if b"/Contents<" in good else b"/Contents <", b"/Contemts<", 1)
    assert verdict(gone) is not Verdict.VALID


def test_wrapped_signatures() -> None:
    """The second stretch is moved back and something injected between (36)."""
    good = hub_pdf()
    start, end, opening, closing = signature_place(good)
    evil = b"\n9 0 obj\n<</Type/Page/Parent 2 0 R>>\nendobj\nxref\n9 1\n0000000000 00000 n \n"
    for injected in (evil, evil + b"<" + good[opening:closing] + b">", b" " * 50, b"00" * 20, b">" + evil + b"<"):
        for at in (closing + 1, closing, opening):
            case = good[:at] + injected + good[at:]
            rest = len(good) - closing - 1
            numbers = b"[0 %d %d %d]" % (opening - 1, closing + 1 + len(injected), rest)
            moved = case[:start] + numbers.ljust(end - start) + case[end:]
            assert verdict(case) is not Verdict.VALID
            assert verdict(moved) is not Verdict.VALID


def test_a_recycled_value_is_of_other_content() -> None:
    """The value of one document in another of the same size (40)."""
    one, other = hub_pdf("marriage"), hub_pdf("household")
    _, _, opening, closing = signature_place(one)
    _, _, at, end = signature_place(other)
    assert codes(other[:at] + one[opening:closing] + other[end:])[7] == "content-changed"
    assert verdict(other[:at] + one[opening:closing] + other[end:]) is Verdict.INVALID
    signed, later = hanko_signed(web_page()), hanko_signed(web_page("<p>x</p>"))
    _, _, a, b = signature_place(signed)
    _, _, c, d = signature_place(later)
    assert codes(later[:c] + signed[a:b] + later[d:])[7] == "content-changed"


# ---- 35 incremental saving, 39 evil annotation and sneaky signature ------------------------------------------


def rotate(writer: Any) -> None:
    writer.root["/Pages"]["/Kids"][0]["/Rotate"] = number(90)
    writer.mark_update(writer.root["/Pages"]["/Kids"].raw_get(0))


def drop_content(writer: Any) -> None:
    del writer.root["/Pages"]["/Kids"][0]["/Contents"]
    writer.mark_update(writer.root["/Pages"]["/Kids"].raw_get(0))


def add_page(writer: Any) -> None:
    page = writer.root["/Pages"]["/Kids"].raw_get(0)
    writer.root["/Pages"]["/Kids"] = ArrayObject([page, page])
    writer.update_container(writer.root["/Pages"])


def annotation(kind: str) -> Callable[[Any], None]:
    def add(writer: Any) -> None:
        page = writer.root["/Pages"]["/Kids"][0]
        box = ArrayObject([real(v) for v in (0, 0, 500, 800)])
        evil = dictionary(
            {pdf_name("/Type"): pdf_name("/Annot"), pdf_name("/Subtype"): pdf_name(kind), pdf_name("/Rect"): box}
        )
        there = list(page["/Annots"]) if "/Annots" in page else []
        page[NameObject("/Annots")] = ArrayObject([*there, writer.add_object(evil)])
        writer.mark_update(writer.root["/Pages"]["/Kids"].raw_get(0))

    return add


def drop_form(writer: Any) -> None:
    del writer.root["/AcroForm"]
    writer.update_root()


def drop_certification(writer: Any) -> None:
    writer.root.pop("/Perms", None)
    writer.root[NameObject("/Lang")] = pdf_name("/x")
    writer.update_root()


def move_seal(writer: Any) -> None:
    field = writer.root["/AcroForm"]["/Fields"][0]
    field["/Rect"] = ArrayObject([real(v) for v in (0, 0, 500, 800)])
    writer.update_container(field)


UPDATES = {
    "rotated": rotate,
    "content removed": drop_content,
    "page repeated": add_page,
    "catalogue changed": drop_certification,
    "seal moved": move_seal,
    **{
        f"annotation {kind}": annotation(f"/{kind}")
        for kind in ("FreeText", "Stamp", "Square", "Redact", "Link", "Widget")
    },
}


@pytest.mark.parametrize("change", UPDATES.values(), ids=UPDATES)
@levels
def test_an_update_by_other_software_is_named_as_a_change(change: Callable[[Any], None], level: str) -> None:
    case = hanko_update(hub_pdf(level=level), change)
    assert case.startswith(hub_pdf(level=level))
    assert verdict(case) is Verdict.INVALID
    assert step(case, 4).code == "modified"
    assert "签署后被修改" in step(case, 4).zh


@pytest.mark.parametrize("change", UPDATES.values(), ids=UPDATES)
@pytest.mark.parametrize("allowed", [None, *MDPPerm], ids=str)
def test_the_same_in_files_of_other_software(change: Callable[[Any], None], allowed: MDPPerm | None) -> None:
    """Whatever the certification allows, what is seen is no longer what was signed (39)."""
    good = hanko_signed(web_page(), certify=allowed is not None, allowed=allowed or MDPPerm.NO_CHANGES)
    assert verdict(good) is Verdict.INDETERMINATE
    case = hanko_update(good, change)
    assert verdict(case) is Verdict.INVALID
    assert step(case, 4).code == "modified"


def test_taking_the_form_away_takes_the_signature_away() -> None:
    assert verdict(hanko_update(hub_pdf(), drop_form)) is Verdict.INVALID


@levels
def test_another_signature_after_a_certification_is_a_change(level: str) -> None:
    """Sneaky signature (39): pyHanko itself refuses to sign against P=1, so the seal is hidden from it."""
    good = hub_pdf(level=level)

    def sneak(update: Any) -> None:
        objects = {k: v for revision in read_revisions(good) for k, v in revision.objects.items()}
        root = read_revisions(good)[-1].root
        form = entries(entries(objects[root])[b"/AcroForm"])
        fields = form[b"/Fields"].rstrip(b"]")
        sneaky = update.reserve()
        page = re.search(rb"/P (\d+) 0 R", objects[int(re.findall(rb"(\d+) 0 R", fields)[0])])
        assert page is not None
        update.put(sneaky, b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Sneaky)/P %b 0 R/Rect[0 0 0 0]/F 132>>" % page[1])
        update.put(
            root, extended(objects[root], {b"/AcroForm": b"<</Fields%b %d 0 R]/SigFlags 3>>" % (fields, sneaky)})
        )

    case = own_update(good, sneak)
    assert verdict(case) is Verdict.INVALID
    assert step(case, 4).code == "modified"


def test_our_own_form_with_another_meaning_is_a_change() -> None:
    good = hub_pdf()
    root, objects = read_revisions(good)[1].root, read_revisions(good)[1].objects
    page = next(n for n, body in objects.items() if b"/Type/Page/" in body)
    changes: list[Callable[[Any], object]] = [
        lambda update: update.put(page, extended(objects[page], {b"/Rotate": b"90"})),
        lambda update: update.put(4, b"<</Replaced true>>"),
        lambda update: update.put(root, extended(objects[root], {b"/Lang": b"(en)"})),
    ]
    for change in changes:
        case = own_update(good, change)
        assert verdict(case) is Verdict.INVALID
        assert step(case, 4).code == "modified"
    idle = own_update(good, lambda update: update.add(b"<</Nothing true>>"))
    assert verdict(idle) is not Verdict.VALID  # nothing seen has changed, but it is not what was sealed
    assert verdict(good + b"\n") is not Verdict.VALID
    assert verdict(good + b"%%EOF\n") is Verdict.INVALID


# ---- 37 and 38 shadow documents ------------------------------------------------------------------------------

SHOWN, HIDDEN = b"BT /F1 12 Tf 20 20 Td (100) Tj ET", b"BT /F1 12 Tf 20 20 Td (999) Tj ET"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def prepared(*, overlay: bool = False) -> bytes:
    """A document with a second content that nobody sees yet, or with a picture over its text, and signed as it is."""
    resources = (
        b"/Resources<</Font<</F1 7 0 R>>/XObject<</X 6 0 R>>>>" if overlay else b"/Resources<</Font<</F1 7 0 R>>>>"
    )
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R%b>>" % resources
    form = stream(b"1 1 1 rg 0 0 200 200 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 200 200]")
    content = stream(HIDDEN + b" /X Do" if overlay else SHOWN)
    return raw_pdf([CATALOG % b"", PAGES, page, content, stream(HIDDEN), form, FONT])


def test_what_hides_in_a_signed_document_is_named_before_it_is_used() -> None:
    """An honest signer was given a prepared document (38); nothing was changed yet."""
    signed = hanko_signed(prepared(), certify=True)
    assert verdict(signed) is Verdict.INDETERMINATE
    assert step(signed, 5).code == "content-surprising"
    assert "objects 5, 6" in step(signed, 5).en


SHADOWS: dict[str, tuple[bool, dict[int, bytes]]] = {
    "hide: the picture over the text is emptied": (
        True,
        {6: stream(b"", b"/Type/XObject/Subtype/Form/BBox[0 0 200 200]")},
    ),
    "hide: the picture over the text is made small": (
        True,
        {6: stream(b"1 1 1 rg 0 0 200 200 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 1 1]")},
    ),
    "replace: another font": (False, {7: FONT.replace(b"Helvetica", b"Symbol")}),
    "replace: another encoding": (False, {7: FONT.replace(b">>", b"/Encoding<</Differences[49/nine]>>>>")}),
    "hide and replace: the other content": (
        False,
        {3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 5 0 R/Resources<</Font<</F1 7 0 R>>>>>>"},
    ),
    "hide and replace: the content itself": (False, {4: stream(HIDDEN)}),
    "hide and replace: another tree of pages": (False, {2: b"<</Type/Pages/Kids[6 0 R]/Count 1>>"}),
}


@pytest.mark.parametrize(("overlay", "change"), SHADOWS.values(), ids=SHADOWS)
@pytest.mark.parametrize("certify", [True, False])
def test_shadow_documents(overlay: bool, change: dict[int, bytes], certify: bool) -> None:
    """Case 37."""
    signed = hanko_signed(prepared(overlay=overlay), certify=certify)
    assert step(signed, 7).code == "signature-good"
    case = appended(signed, change)
    assert verdict(case) is Verdict.INVALID
    assert codes(case)[1] == "file-irregular" or codes(case)[4] == "modified"


def test_a_form_value_shown_over_the_signed_one() -> None:
    """Replace by a text field whose appearance changes (37)."""
    field = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(sum)/V(100)/Rect[0 0 99 20]/P 3 0 R/AP<</N 6 0 R>>>>"
    look = stream(SHOWN, b"/Type/XObject/Subtype/Form/BBox[0 0 99 20]")
    base = plain_page(field, look, catalog=b"/AcroForm<</Fields[5 0 R]>>", page=b"/Annots[5 0 R]")
    signed = hanko_signed(base)
    assert step(signed, 5).code == "content-surprising"
    changed = {6: stream(HIDDEN, b"/Type/XObject/Subtype/Form/BBox[0 0 99 20]")}
    assert step(appended(signed, changed), 4).code == "modified"
    assert step(appended(signed, {5: field.replace(b"100", b"999")}), 4).code == "modified"


# ---- 40 tables and numbers -----------------------------------------------------------------------------------


def test_objects_that_come_later_where_none_was() -> None:
    """What the signed revision refers to without having it; freed numbers used again (40)."""
    base = plain_page(page=b"/Rotate 9 0 R")
    signed = hanko_signed(base)
    size = int(signed[signed.rindex(b"/Size ") + 6 :].split(b"/")[0].split(b"\n")[0].split(b" ")[0])
    assert size > 5
    missing = hanko_signed(plain_page(page=b"/Thumb 90 0 R"))
    assert step(appended(missing, {90: stream(b"x")}), 4).code == "modified"
    for freed in (3, 4):
        gone = appended(signed, {}, freed=[freed])
        assert verdict(gone) is Verdict.INVALID
        again = appended(gone, {freed: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"})
        assert verdict(again) is Verdict.INVALID
    assert step(appended(signed, {}, freed=[4]), 4).code == "modified"


def test_hybrid_tables_are_irregular() -> None:
    """A table for one kind of readers, a stream for the other (40)."""
    signed = hanko_signed(plain_page())
    for case in (
        appended(signed, {}, trailer=b"/XRefStm 15"),
        appended(hub_pdf(), {50: b"<<>>"}, trailer=b"/XRefStm 15"),
        hanko_signed(plain_page()).replace(b"/Root", b"/XRefStm 15/Root", 1),
    ):
        assert verdict(case) is Verdict.INVALID
        assert codes(case)[1] == "file-irregular"


def test_a_table_that_points_elsewhere_is_irregular() -> None:
    """The same number twice in the signed part, and a later table that lists the other one (37, 40)."""
    base = plain_page(b"<<>>")
    twice = base.replace(b"xref\n0 6", b"4 0 obj\n" + stream(HIDDEN) + b"\nendobj\nxref\n0 6")
    start = base.index(b"xref\n0 6")
    twice = twice.replace(b"startxref\n%d" % start, b"startxref\n%d" % (len(twice) - len(base) + start))
    signed = hanko_signed(twice)
    assert "belong to no object" in step(signed, 5).en
    end = len(signed)
    previous = int(signed[signed.rindex(b"startxref") + 9 :].split()[0])
    size = int(signed[signed.rindex(b"/Size ") + 6 :].split(b"\n")[0].split(b"/")[0].split(b">")[0])
    case = signed + b"xref\n4 1\n%010d 00000 n \ntrailer\n<</Size %d/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        start,
        size,
        previous,
        end,
    )
    assert verdict(case) is Verdict.INVALID
    assert codes(case)[1] == "file-irregular"


def test_pages_in_a_circle_are_irregular() -> None:
    circles = (
        [b"<</Type/Pages/Kids[2 0 R]/Count 1>>"],
        [b"<</Type/Pages/Kids[5 0 R]/Count 1>>", b"<</Type/Pages/Kids[2 0 R]/Count 1>>"],
        [b"<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>"],
    )
    base = hanko_signed(plain_page(b"<<>>"))
    for tree, *more in circles:
        case = appended(base, {2: tree, **({5: more[0]} if more else {})})
        assert verdict(case) is Verdict.INVALID
        assert codes(case)[5] == "pages-irregular"


# ---- 43 the page does not say what the data says -------------------------------------------------------------


def drawn(page: Page, data: Certificate, **more: Any) -> RenderedPdf:
    face = Attachment(
        "certificate.json", "application/json", "电子证照数据", canonical(json_face(data, kind_of("marriage")))
    )
    return render_pdf(page, FONTS, identifier=str(data.identifier), made_at=data.issued_at, attachments=[face], **more)


def honest() -> tuple[Certificate, Page]:
    certificate = certificate_of_type("marriage")
    qr = verification_qr(URL, str(certificate.identifier))
    return certificate, page_of(certificate, kind_of("marriage"), FONTS, qr=qr)


def objects_of(rendered: RenderedPdf) -> dict[int, bytes]:
    return read_revisions(rendered.data)[0].objects


def packed(body: bytes) -> bytes:
    data = body[body.index(b"stream\n") + 7 : -len(b"\nendstream")]
    return zlib.decompress(data)


def repacked(body: bytes, data: bytes) -> bytes:
    head = body[: body.index(b"/Length ")]
    small = zlib.compress(data)
    return b"%b/Length %d>>stream\n%b\nendstream" % (head, len(small), small)


def test_a_page_sealed_by_hand_is_as_good_as_one_by_the_hub() -> None:
    """Guards the tests below: without a change the same way gives a valid file, also written or packed anew."""
    certificate, page = honest()
    made = drawn(page, certificate)
    assert verdict(rogue_sealed(made)) is Verdict.VALID
    anew = {n: repacked(b, packed(b)) for n, b in objects_of(made).items() if b"/FlateDecode" in b}
    assert anew
    assert rewritten(made, anew).data != made.data
    assert verdict(rogue_sealed(rewritten(made, anew))) is Verdict.VALID  # another zlib


def test_a_page_of_another_persons_data_is_proven_wrong() -> None:
    certificate, page = honest()
    other = certificate_of_type("marriage", spouse_a_name="测试丁")
    for shown, data in ((page, other), (page_of(other, kind_of("marriage"), FONTS), certificate)):
        found = judge(rogue_sealed(drawn(shown, data, version=OURS)))
        assert found.report.verdict is Verdict.INVALID
        assert found.report.deciding.code == "page-contradicts"
        assert "spouse_a_name" in found.report.deciding.en


def test_a_page_that_no_known_layout_drew_is_not_proven_wrong() -> None:
    """A layout of another day may lack a value rightly; the file says which layout drew it, or says nothing."""
    certificate, page = honest()
    other = certificate_of_type("marriage", spouse_a_name="测试丁")
    for version in ("", "7-0123456789abcdef", "no mark at all"):
        found = judge(rogue_sealed(drawn(page, other, version=version)))
        assert found.report.verdict is Verdict.INDETERMINATE
        assert found.report.deciding.code == "page-unlike-data"
        assert "spouse_a_name" in found.report.deciding.en
    for version in ("7-0123456789abcdef", OURS):
        assert verdict(rogue_sealed(drawn(page, certificate, version=version))) is Verdict.VALID


def test_masked_glyphs_are_proven_wrong() -> None:
    """The picture shows one character, the text says another (43)."""
    certificate, page = honest()
    made = drawn(page, certificate)
    bodies = objects_of(made)
    maps = [n for n, body in bodies.items() if b"/FlateDecode" in body and b"beginbfchar" in packed(body)]
    assert maps
    for n in maps:
        lines = packed(bodies[n])
        (first, a), (second, b) = re.findall(rb"<([0-9A-F]{4})><([0-9A-F]{4,8})>\n", lines)[:2]
        swapped = lines.replace(b"<%b><%b>\n" % (first, a), b"<%b><%b>\n" % (first, b))
        swapped = swapped.replace(b"<%b><%b>\n" % (second, b), b"<%b><%b>\n" % (second, a))
        found = judge(rogue_sealed(rewritten(made, {n: repacked(bodies[n], swapped)})))
        assert found.report.verdict is Verdict.INVALID
        assert found.report.deciding.code == "page-masked"


def test_exchanged_outlines_are_proven_wrong() -> None:
    """The font program draws other shapes under the same codes (43)."""
    certificate, page = honest()
    made = drawn(page, certificate)
    bodies = objects_of(made)
    programs = [n for n, body in bodies.items() if b"/Length1" in body]
    assert programs
    for n in programs:
        program = bytearray(packed(bodies[n]))
        count = int.from_bytes(program[4:6])
        tables = {bytes(program[12 + 16 * i : 16 + 16 * i]): 12 + 16 * i for i in range(count)}
        glyf = int.from_bytes(program[tables[b"glyf"] + 8 : tables[b"glyf"] + 12])
        length = int.from_bytes(program[tables[b"glyf"] + 12 : tables[b"glyf"] + 16])
        middle = glyf + length // 2
        program[middle : middle + 8] = bytes(b ^ 0x5A for b in program[middle : middle + 8])
        found = judge(rogue_sealed(rewritten(made, {n: repacked(bodies[n], bytes(program))})))
        assert found.report.verdict is Verdict.INVALID
        assert found.report.deciding.code == "page-masked"


@pytest.mark.parametrize(
    ("version", "expected", "code"),
    [("", Verdict.INDETERMINATE, "page-not-redrawn"), (OURS, Verdict.INVALID, "page-altered")],
    ids=["by whom nobody knows", "by our layout"],
)
def test_hidden_or_added_marks(version: str, expected: Verdict, code: str) -> None:
    certificate, page = honest()
    made = drawn(page, certificate, version=version)
    bodies = objects_of(made)
    contents = re.search(rb"/Contents\[(\d+) 0 R (\d+) 0 R\]", bodies[made.page])
    assert contents is not None
    marks = int(contents[2])
    for extra in (b"\n1 1 1 rg 0 0 595 842 re f", b"\nBT 3 Tr /F0 9 Tf [<0001>] TJ ET", b"\n0 0 1 rg 9 9 9 9 re f"):
        found = judge(rogue_sealed(rewritten(made, {marks: repacked(bodies[marks], packed(bodies[marks]) + extra)})))
        assert found.report.verdict is expected
        assert found.report.deciding.code == code


def test_a_seal_out_of_its_place_leaves_the_page_open() -> None:
    certificate, page = honest()
    moved = replace(drawn(page, certificate), seal=(0.0, 0.0, 595.0, 842.0))
    assert step(rogue_sealed(moved), 11).code == "page-not-redrawn"
    assert verdict(rogue_sealed(moved)) is Verdict.INDETERMINATE
    ours = replace(drawn(page, certificate, version=OURS), seal=moved.seal)
    assert step(rogue_sealed(ours), 11).code == "page-altered"
    assert verdict(rogue_sealed(ours)) is Verdict.INVALID


def test_a_page_of_another_template_is_open_until_that_template_is_given() -> None:
    """Years later the layout has changed: who still has the old one can decide, nobody guesses."""
    certificate, _ = honest()
    kind = kind_of("marriage")
    assert kind.layout is not None
    seal = replace(kind.layout.seal, x=kind.layout.seal.x - 1)
    slots = tuple(replace(s, style=replace(s.style, size=s.style.size - 1)) for s in kind.layout.slots)
    older = replace(kind, layout=replace(kind.layout, seal=seal, slots=slots))
    data = rogue_sealed(drawn(page_of(certificate, older, FONTS), certificate))
    assert step(data, 11).code == "page-not-redrawn"
    assert verdict(data) is Verdict.INDETERMINATE
    of_that_time = TypeCatalogue([older if t.code == kind.code else t for t in TYPES])
    assert verify_pdf(data, TRUST, at=LATER, types=of_that_time).report.verdict is Verdict.VALID
    none = TypeCatalogue([t for t in TYPES if t.code != kind.code])
    assert verify_pdf(hub_pdf(), TRUST, at=LATER, types=none).report.deciding.code == "page-not-redrawn"
