"""Drawn certificates and sealed ones for the tests of sealing."""

from datetime import datetime, timedelta
from functools import cache
from itertools import count

from certs.crypto.alg import Alg
from certs.layout.fonts import load_fonts
from certs.layout.place import place
from certs.pdf.render import Attachment, RenderedPdf, render_pdf
from certs.pdf.render_xmp import Part
from certs.pdf.signing import SealedPdf, seal_pdf
from certs.pdf.signing_appearance import SealAppearance, drawn_appearance
from certs.pki.algorithms import SUITES
from certs.pki.cms import CmsSigner, Stamp
from certs.pki.dev_tsa import DevelopmentTsa
from certs.pki.stamping import stamping
from tests.certs.layout.samples import certificate_of_type, layout_of
from tests.certs.pki.world import NOW, authority

LATER = NOW + timedelta(hours=1)
RING = drawn_appearance(b"0.8 0 0 RG 6 w 8 8 84 84 re S", 100, 100)


@cache
def drawn(slug: str = "marriage", part: Part = Part.A4F) -> RenderedPdf:
    fonts = load_fonts()
    page = place(certificate_of_type(slug), layout_of(slug), fonts)
    data = Attachment("certificate.json", "application/json", "证照数据", b'{"no": 1}')
    return render_pdf(page, fonts, identifier="1.2.156.3005.2.0", made_at=NOW, attachments=[data], part=part)


@cache
def cms(alg: Alg) -> CmsSigner:
    return CmsSigner(authority(alg).signer)


def stamp(alg: Alg, at: datetime = NOW) -> Stamp:
    serials = count(1)
    tsa = DevelopmentTsa(authority(alg).tsa, now=lambda: at, new_serial=lambda: next(serials), profile="development")
    nonces = count(10**15)
    return stamping(tsa.reply, digest_oid=SUITES[alg].digest_oid, new_nonce=lambda: next(nonces))


@cache
def sealed(alg: Alg = Alg.ES256, *, stamped: bool = False, look: SealAppearance = RING) -> SealedPdf:
    made = stamp(alg) if stamped else None
    return seal_pdf(drawn(), cms(alg), at=NOW, reason="电子证照签发", appearance=look, stamp=made)
