"""Whoever holds a department's sealing key can seal any page; none that differs from its data is 有效."""

import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.documents.redrawing import check_ofd_page
from certs.documents.sealing import mark_of, sealed_ofd, sealed_pdf, verification_qr
from certs.layout.ofd_drawing import ofd_drawing
from certs.layout.pages import page_of
from certs.model import Outcome, Verdict
from certs.ofd.certificate import certificate_document, certificate_in
from certs.ofd.reading import read_ofd
from certs.ofd.writer import NAMESPACE, SIGNATURES_PATH, pack, write_parts
from certs.type_catalogue import TypeCatalogue
from tests.certs.documents.world import AT, seals
from tests.certs.layout.samples import TYPES, certificate_of_type, kind_of
from tests.certs.verifier.forging import (
    COVER,
    DOCUMENT,
    FONTS,
    OF_SEALING,
    PAGE,
    URL,
    WHITE,
    Edit,
    Parts,
    added,
    forged,
    honest_page,
    replaced,
    sealed_parts,
)
from tests.certs.verifier.world import codes, judged

END = "</ofd:Layer>"


def text_of(parts: Parts) -> str:
    return parts[PAGE].decode()


def more_text(parts: Parts) -> None:
    """A sentence in the page's own font."""
    font = re.findall(r'Font="(\d+)"', text_of(parts))[0]
    words = (
        f'<ofd:TextObject ID="9001" Boundary="20 20 60 8" Font="{font}" Size="5"><ofd:TextCode X="0" Y="6" '
        'DeltaX="g 3 5">不得转让</ofd:TextCode></ofd:TextObject>'
    )
    replaced(PAGE, END, words + END)(parts)


def white_text(parts: Parts) -> None:
    """Every text that prints in the colour of the names is there and cannot be seen."""
    name = text_of(parts).index("测试甲")
    start = text_of(parts).rindex("<ofd:FillColor", 0, name)
    end = text_of(parts).index("/>", start) + 2
    parts[PAGE] = (text_of(parts)[:start] + WHITE + text_of(parts)[end:]).encode()


def clear_text(parts: Parts) -> None:
    name = text_of(parts).index("测试甲")
    start = text_of(parts).rindex("<ofd:TextObject", 0, name) + len("<ofd:TextObject")
    parts[PAGE] = (text_of(parts)[:start] + ' Alpha="0"' + text_of(parts)[start:]).encode()


def swapped_glyphs(parts: Parts) -> None:
    """Two characters of a name change their shapes: the text stays, the picture is another's."""
    for path in [p for p in parts if "/Font_" in p]:
        font = TTFont(BytesIO(parts[path]), recalcTimestamp=False)
        cmap = font.getBestCmap()
        if ord("甲") not in cmap or ord("乙") not in cmap:
            continue
        one, other, outlines = cmap[ord("甲")], cmap[ord("乙")], font["glyf"].glyphs
        outlines[one], outlines[other] = outlines[other], outlines[one]
        out = BytesIO()
        font.save(out, reorderTables=None)
        assert out.getvalue() != parts[path]
        parts[path] = out.getvalue()
        return
    raise AssertionError("no font has both")


def another_outline(parts: Parts) -> None:
    path = max((p for p in parts if "/Font_" in p), key=lambda p: len(parts[p]))
    data = bytearray(parts[path])
    data[len(data) // 2] ^= 1
    parts[path] = bytes(data)


def other_document(parts: Parts) -> None:
    """The page that is right stays in the package; readers are led to another one."""
    for path in [p for p in parts if p.startswith("Doc_0/") and p not in OF_SEALING]:
        parts[path.replace("Doc_0/", "Doc_1/")] = parts[path]
    parts["Doc_1/Pages/Page_0/Content.xml"] = text_of(parts).replace(END, COVER + END).encode()
    replaced("OFD.xml", "Doc_0/Document.xml", "Doc_1/Document.xml")(parts)


SECOND = f'<ofd:Page xmlns:ofd="{NAMESPACE}"><ofd:Content/></ofd:Page>'.encode()
ANNOTATIONS = (
    f'<ofd:Annotations xmlns:ofd="{NAMESPACE}"><ofd:Page PageID="1"><ofd:FileLoc>Annot_0.xml</ofd:FileLoc></ofd:Page>'
    "</ofd:Annotations>"
).encode()
ANNOTATION = (
    f'<ofd:PageAnnot xmlns:ofd="{NAMESPACE}"><ofd:Annot ID="9002" Type="Stamp" Creator="x" LastModDate="2026-11-22">'
    f'<ofd:Appearance Boundary="0 0 90 90">{COVER}</ofd:Appearance></ofd:Annot></ofd:PageAnnot>'
).encode()


def annotated(parts: Parts) -> None:
    replaced(DOCUMENT, "<ofd:Attachments>", "<ofd:Annotations>Annots.xml</ofd:Annotations><ofd:Attachments>")(parts)
    parts["Doc_0/Annots.xml"], parts["Doc_0/Annot_0.xml"] = ANNOTATIONS, ANNOTATION


FORGERIES: dict[str, Edit] = {
    "value covered": replaced(PAGE, END, COVER + END),
    "value covered from below": replaced(
        PAGE, "<ofd:Content>", f'<ofd:Content><ofd:Layer ID="9003">{COVER}</ofd:Layer>'
    ),
    "text added": more_text,
    "text white": white_text,
    "text without colour": clear_text,
    "text moved off the page": replaced(PAGE, 'Y="', 'Y="9'),
    "glyphs exchanged": swapped_glyphs,
    "outline changed": another_outline,
    "page added": added(
        "Doc_0/Pages/Page_1/Content.xml",
        SECOND,
        replaced(DOCUMENT, "</ofd:Pages>", '<ofd:Page ID="9001" BaseLoc="Pages/Page_1/Content.xml"/></ofd:Pages>'),
    ),
    "template added": added(
        "Doc_0/Tpl.xml",
        SECOND.replace(
            b"<ofd:Content/>", f'<ofd:Content><ofd:Layer ID="9002">{COVER}</ofd:Layer></ofd:Content>'.encode()
        ),
        replaced(DOCUMENT, "</ofd:CommonData>", '<ofd:TemplatePage ID="9005" BaseLoc="Tpl.xml"/></ofd:CommonData>'),
    ),
    "annotation added": annotated,
    "page larger": replaced(PAGE, "<ofd:PhysicalBox>0 0 ", "<ofd:PhysicalBox>0 0 1"),
    "font by another name": replaced("Doc_0/PublicRes.xml", 'FontName="', 'FontName="x'),
    "fonts the other way round": replaced(PAGE, 'Font="2"', 'Font="3"'),
    "action added": replaced(
        DOCUMENT,
        "<ofd:Attachments>",
        '<ofd:Actions><ofd:Action Event="DO"><ofd:URI URI="https://x.example"/></ofd:Action></ofd:Actions><ofd:Attachments>',
    ),
    "part nobody names": lambda parts: parts.update({"Doc_0/Res/Image_99.png": b"\x89PNG"}),
    "other document": other_document,
    "other title": replaced("OFD.xml", "<ofd:Title>", "<ofd:Title>x"),
}
forgeries = pytest.mark.parametrize("edit", FORGERIES.values(), ids=FORGERIES)


@pytest.mark.parametrize("copy", [False, True], ids=["original", "copy"])
@pytest.mark.parametrize("version", ["", "7-0123456789abcdef", "unknown words", None])
def test_the_same_page_sealed_by_hand_is_as_good_as_one_by_the_hub(version: str | None, copy: bool) -> None:
    """Guards the tests below. Documents of before the mark, and of another mark, are judged by what is seen."""
    report = judged(forged(copy=copy) if version is None else forged(version=version, copy=copy))
    if version == "unknown words":
        assert (report.verdict, codes(report)) == (Verdict.INDETERMINATE, {12: "page-not-redrawn"})
    else:
        assert (report.verdict, codes(report)) == (Verdict.VALID, {})
        assert report.steps[11].evidence["page"] == "page-redrawn"


@forgeries
@pytest.mark.parametrize("copy", [False, True], ids=["original", "copy"])
def test_a_page_that_differs_though_our_layout_drew_it_is_a_forgery(edit: Edit, copy: bool) -> None:
    report = judged(forged(edit, copy=copy))
    assert report.verdict is Verdict.INVALID
    assert set(codes(report).values()) <= {"page-altered", "page-masked", "page-contradicts", "document-malformed"}


@forgeries
def test_a_page_of_an_unknown_layout_is_left_open(edit: Edit) -> None:
    """The forger may name another layout or none: nothing is proven wrong then, and nothing is said to be right."""
    report = judged(forged(edit, version=""))
    assert report.verdict is not Verdict.VALID
    assert set(codes(report).values()) <= {"page-not-redrawn", "page-unlike-data", "document-malformed"}


def test_what_is_wrong_is_named() -> None:
    for edit, code, named in (
        (FORGERIES["glyphs exchanged"], "page-masked", "Doc_0/Res/Font_"),
        (FORGERIES["text added"], "page-altered", PAGE),
        (FORGERIES["page added"], "page-altered", "Doc_0/Pages/Page_1/Content.xml"),
        (replaced(PAGE, "测试甲", "测试丁"), "page-contradicts", "spouse_a_name"),
    ):
        step = judged(forged(edit)).steps[11]
        assert (step.outcome, step.code) == (Outcome.FAIL, code)
        assert named in step.evidence["detail"]
        assert step.zh
        assert step.next_zh


SEALS: dict[str, Callable[[str], str]] = {
    "moved": lambda text: re.sub(r'Boundary="[\d.]+ [\d.]+', 'Boundary="60 60', text),
    "grown": lambda text: re.sub(r'Boundary="[^"]*"', 'Boundary="0 0 200 200"', text),
    "seen twice": lambda text: re.sub(
        r"<ofd:StampAnnot [^>]*/>", lambda f: f[0] + f[0].replace('ID="1"', 'ID="2"').replace('="1', '="2'), text
    ),
    "cut": lambda text: text.replace("<ofd:StampAnnot ", '<ofd:StampAnnot Clip="0 0 1 1" '),
    "seen again, for readers that look everywhere": lambda text: re.sub(
        r"(<ofd:StampAnnot [^>]*/>)(.*)(</ofd:Signature>)", r"\1\2\1\3", text, flags=re.DOTALL
    ),
    "seen again inside parameters": lambda text: re.sub(
        r"(<ofd:StampAnnot [^>]*/>)", r"<ofd:Parameters>\1</ofd:Parameters>\1", text
    ),
}


@pytest.mark.parametrize("change", SEALS.values(), ids=SEALS)
def test_a_seal_out_of_its_place_is_a_forgery(change: Callable[[str], str]) -> None:
    """Its picture could cover a value."""
    assert judged(forged(signature=change)).verdict is Verdict.INVALID
    assert judged(forged(signature=change, version="")).verdict is not Verdict.VALID


SAID: dict[str, tuple[str, str]] = {
    "another time": (r"(<ofd:SignatureDateTime>)[^<]*", r"\g<1>20200101000000Z"),
    "another maker": (r'Company="[^"]*"', 'Company="公安部"'),
    "parameters": ("</ofd:SignatureDateTime>", "</ofd:SignatureDateTime><ofd:Parameters/>"),
    "words between": ("<ofd:SignedInfo>", "<ofd:SignedInfo>作废"),
    "a remark": ("<ofd:SignedInfo>", "<ofd:SignedInfo><!-- x -->"),
    "an attribute": ("<ofd:References ", '<ofd:References Range="0-9" '),
}


@pytest.mark.parametrize(("old", "new"), SAID.values(), ids=SAID)
def test_the_signature_file_says_nothing_of_its_own(old: str, new: str) -> None:
    """Readers show when it was signed, and by whose software, from there."""
    report = judged(forged(signature=lambda text: re.sub(old, new, text, count=1)))
    assert (report.verdict, codes(report)) == (Verdict.INVALID, {12: "page-altered"})
    assert "Signature.xml" in report.steps[11].evidence["detail"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<ofd:MaxSignId>1", "<ofd:MaxSignId>9"),
        ("</ofd:Signatures>", "<ofd:Foreign>x</ofd:Foreign></ofd:Signatures>"),
        ("</ofd:Signatures>", '<ofd:X><ofd:Signature ID="2" Type="Seal" BaseLoc="/x"/></ofd:X></ofd:Signatures>'),
    ],
)
def test_the_list_of_signatures_names_the_one_and_nothing_else(old: str, new: str) -> None:
    report = judged(forged(replaced(SIGNATURES_PATH, old, new)))
    assert (report.verdict, codes(report)) == (Verdict.INVALID, {12: "page-altered"})


def test_a_code_that_leads_elsewhere_is_a_forgery() -> None:
    identifier = str(certificate_of_type("marriage").identifier)
    for qr in ("https://x.example/", f"https://x.example/verify#{identifier}", f"{URL}/verify#1.2.3"):
        report = judged(forged(page=honest_page(qr=qr)))
        assert (report.verdict, codes(report)) == (Verdict.INVALID, {12: "page-altered"})
        seal, kind = seals().pdf, kind_of("marriage")
        pdf = sealed_pdf(certificate_of_type("marriage"), kind, seal, fonts=FONTS, at=AT, qr=qr).data
        assert codes(judged(pdf)) == {12: "page-code-elsewhere"}
    assert judged(forged(page=honest_page(qr=identifier))).verdict is Verdict.VALID


def test_a_page_of_an_earlier_layout_is_open_until_that_layout_is_given() -> None:
    certificate, kind = certificate_of_type("marriage"), kind_of("marriage")
    assert kind.layout is not None
    slots = tuple(replace(s, style=replace(s.style, size=s.style.size - 1)) for s in kind.layout.slots)
    older = replace(kind, layout=replace(kind.layout, slots=slots))
    qr = verification_qr(URL, str(certificate.identifier))
    data = sealed_ofd(certificate, older, seals().ofd, fonts=FONTS, at=AT, qr=qr).data
    report = judged(data)
    assert (report.verdict, codes(report)) == (Verdict.INDETERMINATE, {12: "page-not-redrawn"})
    file = read_ofd(data)
    assert file.version == mark_of(older, FONTS) != mark_of(kind, FONTS)
    of_that_time = TypeCatalogue([older if t.code == kind.code else t for t in TYPES])
    assert check_ofd_page(file, certificate_in(file), None, of_that_time).code == "page-redrawn"
    none = TypeCatalogue([t for t in TYPES if t.code != kind.code])
    assert check_ofd_page(file, certificate_in(file), None, none).code == "page-not-redrawn"


def test_an_unsealed_page_is_not_called_redrawn() -> None:
    """The parts are right and the seal is nowhere to be seen."""
    certificate, kind = certificate_of_type("marriage"), kind_of("marriage")
    drawing = ofd_drawing(
        page_of(certificate, kind, FONTS, qr=verification_qr(URL, str(certificate.identifier))), FONTS
    )
    document = certificate_document(certificate, kind, drawing, version=mark_of(kind, FONTS))
    file = read_ofd(pack(write_parts(document)))
    assert check_ofd_page(file, certificate, None, TYPES).outcome is Outcome.FAIL


PARTS = sealed_parts()
SEEN = sorted(PARTS.keys() - OF_SEALING)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_change_of_any_part_is_valid_however_well_it_is_sealed(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(SEEN))
    body = PARTS[path]
    start = data.draw(st.integers(0, len(body) - 1))
    end = data.draw(st.sampled_from([start, start + 1, start + 2, min(len(body), start + 40)]))
    put = data.draw(
        st.binary(max_size=3) | st.sampled_from([b" ", b"0", b"<ofd:X/>", body[start:end] * 2, COVER.encode()])
    )
    changed = body[:start] + put + body[end:]
    version = data.draw(st.sampled_from(["", None]))
    if changed == body:
        return
    edit: Edit = lambda parts: parts.update({path: changed})  # noqa: E731 - one use, one line
    if version is None:
        assert judged(forged(edit)).verdict is not Verdict.VALID
    elif path != "OFD.xml":  # whose bytes differ without the mark
        assert judged(forged(edit, version="")).verdict is not Verdict.VALID
