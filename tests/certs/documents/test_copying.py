"""Purpose-marked copies as files: sealed, readable, judged by others, and never taken for an original."""

import re
import subprocess
from io import BytesIO
from math import cos, radians, sin
from pathlib import Path

import pikepdf
import PIL.Image
import pypdf
import pytest
import zxingcpp

from certs.copies.errors import CopyTermsRefused
from certs.copies.page import copy_page, watermark
from certs.copies.terms import MAX_TEXT, CopyTerms, copy_in_ofd, terms_in
from certs.crypto.alg import Alg
from certs.documents.copying import copied_ofd, copied_pdf
from certs.documents.model import SealedFile
from certs.errors import CertsError
from certs.layout.fonts import load_fonts
from certs.layout.operations import Code, Page
from certs.layout.pages import page_of
from certs.layout.watermark import ANGLE, SOURCE
from certs.model import Certificate, Verdict
from certs.ofd.certificate import COPY_NAME, JSON_NAME, certificate_in
from certs.ofd.errors import DocumentMalformed
from certs.ofd.reading import read_ofd
from certs.ofd.signing import SIGNATURE_PATH
from certs.ofd.verify import verify_ofd
from certs.ofd.writer import pack
from certs.pdf.signing_check import check_sealed_pdf, judge_seal
from certs.pki.errors import PdfSignatureRefused
from tests.certs.documents.test_copies import terms_of
from tests.certs.documents.world import AT, LATER, seal_trust, seals, trust
from tests.certs.layout.samples import SLUGS, certificate_of_type, kind_of
from tests.certs.ofd.test_judge import class_path, judged
from tests.certs.pdf.test_signing import oracle
from tests.certs.pki.world import authority
from tests.support.components import POPPLER

__all__ = ["class_path"]

FONTS = load_fonts()
URL = "https://hub.339900.example"


def ofd_copy(slug: str = "marriage", terms: CopyTerms | None = None) -> tuple[Certificate, CopyTerms, SealedFile]:
    certificate, terms = certificate_of_type(slug), terms or terms_of(slug)
    made = copied_ofd(certificate, kind_of(slug), terms, seals().ofd, fonts=FONTS, at=AT, public_url=URL)
    return certificate, terms, made


def pdf_copy(slug: str = "marriage", *, stamped: bool = False) -> tuple[Certificate, CopyTerms, SealedFile]:
    certificate, terms = certificate_of_type(slug), terms_of(slug)
    seal = seals(stamped=stamped, archived=stamped).pdf
    return certificate, terms, copied_pdf(certificate, kind_of(slug), terms, seal, fonts=FONTS, at=AT, public_url=URL)


def holds(pdf: bytes) -> bool:
    """True, or a refusal is raised."""
    known = trust(Alg.ES256)
    judged_at = judge_seal(check_sealed_pdf(pdf), at=LATER, roots=known.roots, crls=known.crls)
    return judged_at.path.leaf == authority(Alg.ES256).signer.certificate


def attached(pdf: bytes) -> dict[str, bytes]:
    return {name: bytes(data[0]) for name, data in pypdf.PdfReader(BytesIO(pdf)).attachments.items()}


@pytest.mark.parametrize("slug", SLUGS)
def test_an_ofd_copy_is_sealed_and_gives_back_certificate_and_terms(slug: str) -> None:
    certificate, terms, copy = ofd_copy(slug)
    found = verify_ofd(copy.data, seal_trust(), at=LATER).report
    assert found.verdict is Verdict.VALID
    assert copy_in_ofd(read_ofd(copy.data)) == (certificate, terms)
    custom = found.claims["custom"]
    assert isinstance(custom, dict)
    assert custom["JZJYXQJZSJ"] == terms.valid_until.isoformat()
    assert all(text in custom["JZJZZSY"] for text in (terms.purpose, terms.matter, terms.recipient))
    assert str(found.claims["title"]).endswith("（加注件）")
    assert copy.stamp_digest is not None


@pytest.mark.parametrize("slug", SLUGS)
def test_a_pdf_copy_is_sealed_and_carries_both(slug: str) -> None:
    certificate, terms, copy = pdf_copy(slug)
    assert holds(copy.data)
    files = attached(copy.data)
    assert terms_in(files) == terms
    assert set(files) == {JSON_NAME, COPY_NAME}
    assert str(certificate.identifier).encode() in files[JSON_NAME]


def test_a_stamped_pdf_copy_is_b_t_and_not_kept_for_good() -> None:
    check = check_sealed_pdf(pdf_copy(stamped=True)[2].data)
    assert (len(check.signed.timestamps), check.stamps) == (1, ())


def test_a_copy_is_refused_where_an_original_is_asked_for() -> None:
    with pytest.raises(DocumentMalformed, match="加注件"):
        certificate_in(read_ofd(ofd_copy()[2].data))


def test_taking_off_or_changing_the_marks_breaks_the_seal() -> None:
    parts = dict(read_ofd(ofd_copy()[2].data).parts)
    terms_path = next(p for p, body in parts.items() if b"purpose-marked-copy" in body)
    page_path = next(p for p in parts if p.endswith("Content.xml"))
    without = re.sub(rb'<ofd:TextObject[^>]*Alpha="56".*?</ofd:TextObject>', b"", parts[page_path])
    assert len(without) < len(parts[page_path])
    entry = parts["OFD.xml"]
    edits: dict[str, dict[str, bytes | None]] = {
        "watermark stripped": {page_path: without},
        "another purpose": {terms_path: parts[terms_path].replace("申请住房贷款".encode(), "办理抵押登记".encode())},
        "longer term": {terms_path: parts[terms_path].replace(b"2026-12-22", b"2027-12-22")},
        "metadata": {"OFD.xml": entry.replace(b"2026-12-22", b"2027-12-22")},
        "attachment gone": {terms_path: None},
    }
    for what, edit in edits.items():
        changed = {p: b for p in parts if (b := edit.get(p, parts[p])) is not None}
        assert changed != parts, what
        assert verify_ofd(pack(changed), seal_trust(), at=LATER).report.verdict is Verdict.INVALID, what


def test_the_marks_of_one_copy_do_not_fit_another() -> None:
    one = read_ofd(ofd_copy()[2].data).parts
    other = read_ofd(ofd_copy(terms=terms_of(purpose="入学报名", matter="义务教育入学"))[2].data).parts
    swapped = {**other, **{p: b for p, b in one.items() if "Signs" in p}}
    report = verify_ofd(pack(swapped), seal_trust(), at=LATER).report
    assert report.verdict is Verdict.INVALID
    assert SIGNATURE_PATH in one


def test_terms_and_certificate_must_speak_of_the_same_certificate() -> None:
    certificate = certificate_of_type("marriage")
    with pytest.raises(DocumentMalformed, match="another certificate"):
        copied_ofd(certificate, kind_of("marriage"), terms_of("birth"), seals().ofd, fonts=FONTS, at=AT, public_url=URL)


def test_a_pdf_copy_cannot_be_edited() -> None:
    data = pdf_copy()[2].data
    with pikepdf.open(BytesIO(data)) as pdf:
        del pdf.Root.Names
        out = BytesIO()
        pdf.save(out)
    with pytest.raises(CertsError):
        holds(out.getvalue())
    for at in range(0, len(data), 997):
        broken = data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]
        with pytest.raises(CertsError):
            holds(broken)
    with pytest.raises(PdfSignatureRefused):
        check_sealed_pdf(check_sealed_pdf(data).drawn)


def page_for(slug: str, terms: CopyTerms) -> Page:
    return copy_page(certificate_of_type(slug), kind_of(slug), terms, fonts=FONTS, public_url=URL)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_page_says_the_terms_in_clear_and_keeps_the_certificate_as_it_was(slug: str) -> None:
    terms = terms_of(slug)
    page = page_for(slug, terms)
    plain = page_of(certificate_of_type(slug), kind_of(slug), FONTS, qr=f"{URL}/copies/{terms.code}")
    assert page.marks[: len(plain.marks)] == plain.marks
    assert (page.width, page.seal) == (plain.width, plain.seal)
    assert page.said["copy.code"] == terms.code
    for source in ("copy.recipient", "copy.matter", "copy.purpose", "copy.valid_until", "copy.code"):
        runs = [run for run in page.runs() if run.source == source]
        assert "".join(run.text for run in runs) == page.said[source]
        assert all(plain.height < run.y < page.height and run.x + sum(run.advances) < page.width for run in runs)
    (code,) = (mark for mark in page.marks if isinstance(mark, Code))
    assert code.text == f"{URL}/copies/{terms.code}"


@pytest.mark.parametrize("slug", SLUGS)
def test_every_line_of_the_watermark_stands_whole_on_the_page(slug: str) -> None:
    terms = terms_of(slug)
    page = page_for(slug, terms)
    inked, whole = set(), set()
    for run in (run for run in page.runs() if run.source == SOURCE):
        length = sum(run.advances)
        points = [
            (run.x + length * i / 100 * cos(radians(ANGLE)), run.y + length * i / 100 * sin(radians(ANGLE)))
            for i in range(101)
        ]
        inked |= {(x // 35, y // 35) for x, y in points}
        if all(0 <= x <= page.width and 0 <= y <= page.height for x, y in points):
            whole.add(run.text)
    assert {(i, j) for i in range(int(page.width // 35)) for j in range(int(page.height // 35))} <= inked
    assert whole >= set(watermark(terms).split("\n"))


@pytest.mark.parametrize("slug", SLUGS)
def test_the_longest_terms_fit_every_page(slug: str) -> None:
    widest = "龍" * MAX_TEXT
    page_for(slug, terms_of(slug, purpose=widest, matter=widest, recipient=widest))


def test_terms_that_cannot_be_printed_or_are_too_long_are_refused() -> None:
    for where in ("purpose", "matter", "recipient"):
        with pytest.raises(CopyTermsRefused, match=f"{where}: not-printable"):
            page_for("marriage", terms_of(**{where: "贷款\U00031350"}))
    with pytest.raises(CopyTermsRefused):
        page_for("marriage", terms_of(purpose="贷" * (MAX_TEXT + 1)))


def test_the_text_of_a_pdf_copy_is_found() -> None:
    _, terms, copy = pdf_copy()
    text = "".join(pypdf.PdfReader(BytesIO(copy.data)).pages[0].extract_text().split())
    for line in (*watermark(terms).split("\n"), terms.code, terms.recipient, "2026年12月22日（含当日）"):
        assert "".join(line.split()) in text


@pytest.mark.needs(POPPLER)
@pytest.mark.parametrize("slug", SLUGS)
def test_a_phone_reads_the_code_under_the_watermark(slug: str, tmp_path: Path) -> None:
    _, terms, copy = pdf_copy(slug)
    (tmp_path / "a.pdf").write_bytes(copy.data)
    command = ["pdftoppm", "-r", "150", "-png", "-singlefile", "a.pdf", "a"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    with PIL.Image.open(tmp_path / "a.png") as image:
        assert [b.text for b in zxingcpp.read_barcodes(image)] == [f"{URL}/copies/{terms.code}"]


def test_pyhanko_judges_a_pdf_copy_valid() -> None:
    found = oracle(pdf_copy(stamped=True)[2].data)
    assert found.bottom_line
    assert found.trusted
    assert found.intact


def test_ofdrw_judges_a_copy_valid_and_refuses_one_without_its_marks(class_path: str, tmp_path: Path) -> None:
    copy = ofd_copy()[2].data
    parts = read_ofd(copy).parts
    page = next(p for p in parts if p.endswith("Content.xml"))
    bare = re.sub(rb'<ofd:TextObject[^>]*Alpha="56".*?</ofd:TextObject>', b"", parts[page])
    said = judged(class_path, tmp_path, {"copy.ofd": copy, "bare.ofd": pack({**parts, page: bare})})
    assert said["copy.ofd"].startswith("VALID 1 ")
    assert all(line in said["copy.ofd"] for line in watermark(terms_of()).split("\n"))
    assert said["bare.ofd"].startswith("INVALID")


def test_a_copy_is_another_document_than_the_original_and_than_the_next_copy() -> None:
    one = read_ofd(ofd_copy()[2].data)
    other = read_ofd(ofd_copy(terms=terms_of(code="-".join(["0000"] * 7)))[2].data)
    ids = {id_ for f in (one, other) for id_ in re.findall(rb"<ofd:DocID>(\w+)<", f.parts["OFD.xml"])}
    assert len(ids) == 2
