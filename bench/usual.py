"""The path most Python projects take to a sealed PDF: HTML through WeasyPrint, sealed by pyHanko with its defaults.

Not ours and not improved: a page with the same fields, fonts, code, photo, seal and attached data, as PDF/A-3b, signed
as PAdES B-B with the same P-256 key. WeasyPrint needs Pango from the system.
"""

from base64 import b64encode
from html import escape
from importlib import import_module
from io import BytesIO
from typing import Any

import PIL.Image
import zxingcpp
from asn1crypto import keys, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, SimpleSigner, fields, sign_pdf
from pyhanko_certvalidator.registry import SimpleCertificateStore

from bench.papers import Department, Paper
from certs.crypto.p256 import P256Signer
from certs.crypto.strict_json import canonical
from certs.face import json_face
from certs.layout.fonts import VENDORED
from certs.layout.model import Layout

_STYLE = """
@font-face {{ font-family: Form; src: url({sans}) }}
@font-face {{ font-family: Form; font-weight: bold; src: url({bold}) }}
@font-face {{ font-family: Filled; src: url({kai}) }}
@page {{ size: {width}mm {height}mm; margin: 12mm }}
body {{ font-family: Form, Filled; font-size: 12pt; border: 1mm double #a02020; padding: 6mm }}
h1 {{ text-align: center; color: #a02020 }}
td {{ font-family: Filled, Form; padding: 1mm }}
th {{ text-align: left; padding: 1mm 6mm 1mm 0 }}
img {{ width: 30mm }}
"""


class UsualPath:
    """WeasyPrint and pyHanko, set up once as their manuals say."""

    def __init__(self, department: Department) -> None:
        identity = department.seals.pdf.identity
        key = identity.signer
        assert isinstance(key, P256Signer)
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # the library's own omission
        store.register(x509.Certificate.load(identity.chain[0].der))
        certificate, private = x509.Certificate.load(identity.certificate.der), keys.PrivateKeyInfo.load(key.pkcs8())
        self._signer = SimpleSigner(certificate, private, store)
        self._weasyprint: Any = import_module("weasyprint")  # here, so that the others run on a system without Pango
        self._fonts = import_module("weasyprint.text.fonts").FontConfiguration()
        self._seal = _inline("png", department.picture)

    def __call__(self, paper: Paper) -> bytes:
        """The sealed PDF of a certificate."""
        return self.signed(self.drawn(paper))

    def drawn(self, paper: Paper) -> bytes:
        """The page as PDF/A-3b with the certificate's data attached."""
        layout = paper.kind.layout
        assert layout is not None
        data = canonical(json_face(paper.certificate, paper.kind))
        attached = self._weasyprint.Attachment(string=data, name="certificate.json", relationship="Data")
        page = self._weasyprint.HTML(string=self._html(paper, layout))
        found: bytes = page.write_pdf(pdf_variant="pdf/a-3b", attachments=[attached], font_config=self._fonts)
        return found

    def signed(self, pdf: bytes) -> bytes:
        """PAdES B-B that allows no change."""
        about = PdfSignatureMetadata(
            field_name="Seal",
            reason="电子证照签发",
            subfilter=fields.SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        )
        out: BytesIO = sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), about, self._signer)
        return out.getvalue()

    def _html(self, paper: Paper, layout: Layout) -> str:
        one, face = paper.certificate, paper.certificate.face
        names = {"sans": "NotoSansSC-Regular", "bold": "NotoSansSC-Bold", "kai": "LXGWWenKai-Regular"}
        fonts = {role: (VENDORED / f"{name}.ttf").as_uri() for role, name in names.items()}
        rows = {field.zh: face[field.code] for field in paper.kind.face if field.code in face}
        rows |= {"证照编号": one.number, "电子证照标识": str(one.identifier), "颁发机构": one.issuer_name}
        lines = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in rows.items())
        pictures = [_inline("png", _code(paper.qr)), self._seal]
        pictures += [_inline("jpeg", paper.photo)] if paper.photo else []
        shown = "".join(f'<img alt="" src="{picture}">' for picture in pictures)
        style = _STYLE.format(width=layout.width, height=layout.height, **fonts)
        head = f'<html lang="zh-CN"><head><title>{escape(one.name)}</title><style>{style}</style></head>'
        return f"{head}<body><h1>{escape(one.name)}</h1><table>{lines}</table>{shown}</body></html>"


def _code(text: str) -> bytes:
    modules = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M").to_image(scale=8)
    out = BytesIO()
    PIL.Image.fromarray(modules).save(out, "PNG")
    return out.getvalue()


def _inline(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{b64encode(data).decode()}"
