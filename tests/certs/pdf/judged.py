"""Sealed certificates as the hub makes them, files of other software signed by pyHanko, and the verdict on any file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from io import BytesIO
from itertools import count
from typing import Any

import weasyprint
from asn1crypto import x509 as x509_oracle
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers, timestamps
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from certs.copies.terms import CopyTerms, code_of
from certs.crypto.alg import Alg
from certs.documents.copying import copied_pdf
from certs.documents.sealing import sealed_pdf, verification_qr
from certs.layout.fonts import load_fonts
from certs.model import Outcome, StepResult, Verdict
from certs.pdf.render import RenderedPdf
from certs.pdf.render_objects import Objects
from certs.pdf.signing import seal_pdf
from certs.pdf.signing_revisions import read_revisions
from certs.pdf.signing_update import Update
from certs.pdf.verify import PdfVerification, verify_pdf
from certs.pki.algorithms import sign
from certs.pki.cms import CmsSigner
from certs.pki.dev_tsa import DevelopmentTsa
from certs.seals.pki_trust import PkiTrust
from tests.certs.documents.world import AT, LATER, seals, trust
from tests.certs.layout.samples import PHOTO, PHOTOGRAPHED, certificate_of_type, kind_of, layout_of
from tests.certs.pki.world import NOW, authority

_store: Any = SimpleCertificateStore  # pyHanko has half its types
URL = "https://hub.339900.example"
LEVELS = ("B-B", "B-T", "B-LTA")
TRUST = trust(Alg.ES256)
TERMS = CopyTerms(
    certificate_of_type("marriage").identifier,
    "办理贷款",
    "购房资格核验",
    "339900市测试银行",
    date(2026, 12, 1),
    code_of(bytes(range(18))),
    AT,
)


@cache
def hub_pdf(slug: str = "marriage", level: str = "B-B", alg: Alg = Alg.ES256) -> bytes:
    """The everyday face of a certificate, as issued."""
    certificate = certificate_of_type(slug, **PHOTOGRAPHED.get(slug, {}))
    seal = seals(stamped=level != "B-B", archived=level == "B-LTA").pdf
    if alg is not Alg.ES256:
        seal = replace(seal, identity=authority(alg).signer)
    return sealed_pdf(
        certificate,
        kind_of(slug),
        seal,
        fonts=load_fonts(),
        at=AT,
        qr=verification_qr(URL, str(certificate.identifier)),
        photo=PHOTO if layout_of(slug).photo else None,
    ).data


@cache
def copy_pdf() -> bytes:
    """A purpose-marked copy."""
    certificate = certificate_of_type("marriage")
    made = copied_pdf(certificate, kind_of("marriage"), TERMS, seals().pdf, fonts=load_fonts(), at=AT, public_url=URL)
    return made.data


def judge(data: bytes, known: PkiTrust = TRUST, *, at: datetime = LATER) -> PdfVerification:
    """The verification, after looking at what every verification must be."""
    found = verify_pdf(data, known, at=at)
    assert [step.number for step in found.report.steps] == list(range(1, 12))
    assert all(step.zh and step.en and step.name_zh and step.name_en for step in found.report.steps)
    needs_help = (Outcome.FAIL, Outcome.UNDETERMINED)
    assert all(step.next_zh and step.next_en for step in found.report.steps if step.outcome in needs_help)
    return found


def verdict(data: bytes, known: PkiTrust = TRUST, *, at: datetime = LATER) -> Verdict:
    return judge(data, known, at=at).report.verdict


def step(data: bytes, number: int, known: PkiTrust = TRUST, *, at: datetime = LATER) -> StepResult:
    return judge(data, known, at=at).report.steps[number - 1]


def codes(data: bytes) -> dict[int, str]:
    """Code by step."""
    return {s.number: s.code for s in judge(data).report.steps}


def own_update(good: bytes, change: Callable[[Update], object]) -> bytes:
    """A further revision in our own writer's form, so that only its meaning is wrong."""
    update = Update(good, read_revisions(good)[-1])
    change(update)
    return update.finish()


def hanko_update(good: bytes, change: Callable[[Any], object]) -> bytes:
    """A further revision by pyHanko."""
    writer: Any = IncrementalPdfFileWriter(BytesIO(good))
    change(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


class HankoSigner(signers.Signer):
    """pyHanko's CMS and PDF code over our development key."""

    def __init__(self) -> None:
        identity = authority(Alg.ES256).signer
        store: Any = _store()
        store.register_multiple(x509_oracle.Certificate.load(c.der) for c in identity.chain)
        self._identity = identity
        super().__init__(
            signing_cert=x509_oracle.Certificate.load(identity.certificate.der),
            cert_registry=store,
            embed_roots=False,
        )

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        assert digest_algorithm == "sha256"
        return bytes(72) if dry_run else sign(self._identity.signer, data)


class HankoStamper(timestamps.TimeStamper):
    """Our development time-stamp authority for pyHanko."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # pyHanko has half its types
        serials = count(1)
        self._tsa = DevelopmentTsa(
            authority(Alg.ES256).tsa, now=lambda: AT, new_serial=lambda: next(serials), profile="development"
        )

    async def async_request_tsa_response(self, req: Any) -> Any:
        from asn1crypto import tsp

        return tsp.TimeStampResp.load(self._tsa.reply(req.dump()))


class HankoPdfSigner(signers.PdfSigner):
    """pyHanko takes the computer's time as that of signing; here it is the world's."""

    def init_signing_session(self, *args: Any, **kwargs: Any) -> Any:
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = AT
        return session


def hanko_signed(
    data: bytes,
    *,
    certify: bool = False,
    stamped: bool = False,
    field: str = "Signature1",
    allowed: MDPPerm = MDPPerm.NO_CHANGES,
    archived: bool = False,
    subfilter: SigSeedSubFilter = SigSeedSubFilter.PADES,
) -> bytes:
    """The file signed by pyHanko, under the same authority as the hub's seals."""
    more: dict[str, Any] = {}
    if archived:
        from asn1crypto import crl as crl_oracle

        more = {
            "embed_validation_info": True,
            "use_pades_lta": True,
            "validation_context": ValidationContext(
                trust_roots=[x509_oracle.Certificate.load(authority(Alg.ES256).root.certificate.der)],
                other_certs=[x509_oracle.Certificate.load(authority(Alg.ES256).issuing.certificate.der)],
                crls=[crl_oracle.CertificateList.load(item.der) for item in authority(Alg.ES256).crls(NOW)],
                allow_fetching=False,
                moment=AT,
            ),
        }
    signer = HankoPdfSigner(
        signers.PdfSignatureMetadata(
            field_name=field,
            md_algorithm="sha256",
            certify=certify,
            docmdp_permissions=allowed,
            subfilter=subfilter,
            **more,
        ),
        signer=HankoSigner(),
        timestamper=HankoStamper() if stamped or archived else None,
    )
    out: BytesIO = signer.sign_pdf(IncrementalPdfFileWriter(BytesIO(data)), existing_fields_only=False)
    return out.getvalue()


@cache
def web_page(extra: str = "") -> bytes:
    """A page by WeasyPrint: another renderer, other fonts, its own structure."""
    made: bytes = weasyprint.HTML(string=f"<h1>通知</h1><p>测试内容 Test</p>{extra}").write_pdf()
    return made


def rogue_sealed(rendered: Any, **more: Any) -> bytes:
    """What a sealer with a trusted key could do by hand: seal a drawing that is not the data's."""
    return seal_pdf(rendered, CmsSigner(authority(Alg.ES256).signer), at=AT, reason="x", **more).data


def raw_pdf(objects: Sequence[bytes], *, trailer: bytes = b"", size: int | None = None) -> bytes:
    """A file of one revision with these objects, numbered from 1; the first is the catalogue."""
    out, table = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), bytearray(b"0000000000 65535 f \n")
    for number, body in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    count = len(objects) + 1
    head = b"xref\n0 %d\n%btrailer\n<</Size %d/Root 1 0 R%b>>\n" % (count, bytes(table), size or count, trailer)
    return bytes(out) + head + b"startxref\n%d\n%%%%EOF\n" % len(out)


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """The body of a stream."""
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (entries, len(data), data)


CATALOG = b"<</Type/Catalog/Pages 2 0 R%b>>"
PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<<>>%b>>"


def plain_page(*more: bytes, catalog: bytes = b"", page: bytes = b"", content: bytes = b"0 0 50 50 re f") -> bytes:
    """A page by no known software, with more objects from number 5 on."""
    return raw_pdf([CATALOG % catalog, PAGES, PAGE % page, stream(content), *more])


def appended(data: bytes, objects: Mapping[int, bytes], *, freed: Sequence[int] = (), trailer: bytes = b"") -> bytes:
    """An incremental update by hand: these objects, these numbers freed."""
    previous = int(data[data.rindex(b"startxref") + 9 :].split()[0])
    size = max([*objects, *freed, int(data[data.rindex(b"/Size ") + 6 :].split(b"/")[0].split(b">")[0]) - 1]) + 1
    out, lines = bytearray(data), {}
    for number, body in objects.items():
        lines[number] = b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    lines |= dict.fromkeys(freed, b"0000000000 00001 f \n")
    xref = len(out)
    out += b"xref\n" + b"".join(b"%d 1\n%b" % (number, lines[number]) for number in sorted(lines))
    out += b"trailer\n<</Size %d/Root 1 0 R/Prev %d%b>>\nstartxref\n%d\n%%%%EOF\n" % (size, previous, trailer, xref)
    return bytes(out)


def rewritten(rendered: RenderedPdf, changed: Mapping[int, bytes]) -> RenderedPdf:
    """The drawing with other bodies for some objects, in the renderer's own form: what only a rogue hub could seal."""
    only = read_revisions(rendered.data)[0]
    objects = Objects()
    for number in sorted(only.objects):
        objects.add(changed.get(number, only.objects[number]))
    data = objects.file(b"2.0", only.root, b"AB" * 16)
    return replace(rendered, data=data, digest=sha256(data).digest())
