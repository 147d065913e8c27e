"""The reader of any software's PDF: what it takes, as others read it, and what it refuses."""

from io import BytesIO

import pikepdf
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.pdf.errors import PdfEncrypted, PdfIrregular, PdfNotUnderstood, PdfTooCostly, PdfUnreadable
from certs.pdf.strict_file import StrictFile
from certs.pdf.strict_filters import unpacked
from certs.pdf.strict_values import Budget, Name, Ref, Scanner, Stream, Value
from certs.pdf.verify_content import file_name, pages
from certs.pdf.verify_time import moment
from tests.certs.pdf.judged import appended, hanko_signed, hub_pdf, plain_page, stream, web_page
from tests.certs.pdf.test_verify_foreign import STRUCTURES


def value(text: bytes) -> Value:
    return Scanner(text, 0, len(text), Budget(1000, 0)).value()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"12", 12),
        (b"-7", -7),
        (b"+1.5", 1.5),
        (b".5", 0.5),
        (b"4.", 4.0),
        (b"true", True),
        (b"null", None),
        (b"/Na#6de#20x", Name("Name x")),
        (b"/", Name("")),
        (b"<41 4>", b"A@"),
        (b"(a(b)\\(\\)\\101\\7\\n\\\nc\\q)", b"a(b)()A\x07\ncq"),
        (b"% comment\n 1 0 R", Ref(1, 0)),
        (b"[1 0 R 2 3 0 R 4]", (Ref(1, 0), 2, Ref(3, 0), 4)),
        (b"[1 0 Rx]", None),
        (b"<</A/B/C[<<>>]/D null>>", {"A": Name("B"), "C": ({},)}),
        (b"<</A 1/A 2>>", None),
        (b"<</A>>", None),
        (b"<<1 2>>", None),
        (b"[1", None),
        (b"1]", 1),
        (b"]", None),
        (b"[>>", None),
        (b"(a", None),
        (b"<4x>", None),
        (b"1.2.3", None),
        (b"1e5", None),
        (b"--1", None),
        (b"{", None),
        (b"", None),
    ],
)
def test_values(text: bytes, expected: Value) -> None:
    if expected is None and text != b"null":
        with pytest.raises(PdfIrregular):
            value(text)
    else:
        found = value(text)
        assert found == expected
        assert type(found) is type(expected)


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_strings_come_back_as_pikepdf_reads_them(data: bytes) -> None:
    written = pikepdf.String(data).unparse()
    assert value(written) == data


@pytest.mark.parametrize("make", [*STRUCTURES.values(), hub_pdf], ids=[*STRUCTURES, "hub"])
def test_every_object_is_read_as_pikepdf_reads_it(make: object) -> None:
    data: bytes = make()  # type: ignore[operator]  # all of them are functions without arguments
    file = StrictFile(data)
    with pikepdf.open(BytesIO(data)) as other:
        for number, found in file.content_objects():
            entries = found.entries if isinstance(found, Stream) else found
            theirs = other.get_object(number, 0)
            if isinstance(entries, dict):
                assert {f"/{key}" for key in entries} == set(theirs.keys())
            if isinstance(found, Stream):
                assert found.data == theirs.read_raw_bytes()
        assert len(list(pages(file))) == len(other.pages)
    assert not any(revision.loose for revision in file.revisions)


def test_attachments_and_revisions_are_those_pypdf_finds() -> None:
    data = hub_pdf(level="B-LTA")
    file = StrictFile(data)
    assert len(file.revisions) == 3
    assert file.revisions[-1].end == len(data)
    reader = pypdf.PdfReader(BytesIO(data))
    assert file.catalog().keys() == {key[1:] for key in reader.trailer["/Root"]}  # type: ignore[attr-defined]
    assert list(reader.attachments) == ["certificate.json"]


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda good: good + b"x", PdfIrregular),
        (lambda good: b"x" + good, PdfIrregular),
        (lambda good: good.replace(b"%PDF-1.7", b"%PDF-3.7"), PdfIrregular),
        (lambda good: good.replace(b"4 0 obj", b"4 1 obj"), PdfIrregular),
        (lambda good: good.replace(b"4 0 obj", b"8 0 obj"), PdfIrregular),
        (lambda good: good.replace(b"/Length 14", b"/Length 13"), PdfIrregular),
        (lambda good: good.replace(b"/Length 14", b"/Lengte 14"), PdfIrregular),
        (lambda good: good.replace(b"endobj\n4", b"endobx\n4"), PdfIrregular),
        (lambda good: good.replace(b"0000000000 65535 f \n", b"0000000000 65535 x \n"), PdfIrregular),
        (lambda good: good.replace(b"/Root", b"/Encrypt 4 0 R/Root"), PdfEncrypted),
        (lambda good: good.replace(b"/Root", b"/XRefStm 9/Root"), PdfIrregular),
        (lambda good: good.replace(b"/Root", b"/Prev 99999/Root"), PdfNotUnderstood),
        (lambda good: good.replace(b"/Root", b"/Prev 9/Root"), PdfIrregular),
        (lambda good: good.replace(b"/Root", b"/Prev(9)/Root"), PdfIrregular),
        (lambda good: good.replace(b"/Size 5", b"/Size 4"), PdfIrregular),
        (lambda good: good.replace(b"/Catalog", b"/Linearized 1/Catalog"), PdfNotUnderstood),
    ],
)
def test_what_is_refused(spoil: object, error: type[PdfUnreadable]) -> None:
    good = plain_page()
    StrictFile(good)
    spoilt: bytes = spoil(good)  # type: ignore[operator]  # all of them are functions of bytes
    assert spoilt != good
    with pytest.raises(error):
        list(StrictFile(spoilt).content_objects())


def test_freed_objects_are_gone_and_other_generations_are_others() -> None:
    file = StrictFile(appended(plain_page(b"(x)", page=b"/X 5 1 R/Y 5 0 R"), {}, freed=[4]))
    (_, page), *_ = pages(file)
    assert file.get(page["Contents"]) is None
    assert file.get(page["X"]) is None
    assert file.get(page["Y"]) == b"x"
    assert file.get(Ref(4, 0), 0) is not None


def test_bytes_that_belong_to_nothing_are_found() -> None:
    good = plain_page()
    at = good.index(b"xref\n0")
    hidden = good[:at] + b"hidden\n" + good[at:].replace(b"startxref\n%d" % at, b"startxref\n%d" % (at + 7))
    (revision,) = StrictFile(hidden).revisions
    assert [hidden[a:b] for a, b in revision.loose] == [b"hidden\n"]


def test_unpacking_is_limited() -> None:
    import zlib

    packed = Stream({"Filter": Name("FlateDecode")}, zlib.compress(bytes(1000)))
    assert unpacked(packed, Budget(0, 1000)) == bytes(1000)
    with pytest.raises(PdfTooCostly):
        unpacked(packed, Budget(0, 999))
    with pytest.raises(PdfIrregular):
        unpacked(Stream(packed.entries, packed.data[:-3]), Budget(0, 1000))
    with pytest.raises(PdfIrregular):
        unpacked(Stream(packed.entries, packed.data + b"more"), Budget(0, 1000))
    for entries in ({"Filter": Name("LZWDecode")}, {"F": b"x"}, {"Filter": (Name("FlateDecode"), Name("FlateDecode"))}):
        with pytest.raises(PdfNotUnderstood):
            unpacked(Stream(entries, packed.data), Budget(0, 1000))  # type: ignore[arg-type]  # values are values
    with pytest.raises(PdfTooCostly):
        StrictFile(plain_page(stream(bytes(33 * 1024 * 1024))))


def test_a_signed_file_has_a_revision_more() -> None:
    assert len(StrictFile(hanko_signed(web_page())).revisions) == 2


def test_texts_and_dates() -> None:
    assert file_name(b"\xfe\xff\x8b\xc1") == "证"
    assert file_name(b"\xef\xbb\xbf\xe8\xaf\x81") == "证"
    assert file_name(b"a\xe9") == "aé"
    assert file_name(None) == ""
    at = moment(b"D:20261122170000+08'00'")
    assert at is not None
    assert at.isoformat() == "2026-11-22T09:00:00+00:00"
    assert moment(b"D:20261122090000Z") == at == moment(b"20261122090000")
    for wrong in (b"", b"D:2026", b"D:20261322090000Z", b"D:20261122090000+99'00'", b"D:00010101000000+23'00'"):
        assert moment(wrong) is None
