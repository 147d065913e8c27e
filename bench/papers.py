"""What the benchmarks of documents share: certificates, each different from all before, and a department's seals."""

import math
import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from io import BytesIO

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from certs.crypto.alg import Alg
from certs.crypto.keys import ephemeral_key
from certs.crypto.sm3 import sm3
from certs.crypto.strict_json import canonical
from certs.documents.model import DocumentSeals, OfdSeal, PdfSeal
from certs.documents.sealing import sealed_ofd, sealed_pdf, verification_qr
from certs.face import json_face
from certs.identifiers import random_serial
from certs.layout.fonts import VENDORED, load_fonts
from certs.layout.ofd_drawing import ofd_drawing
from certs.layout.pages import page_of
from certs.model import Certificate
from certs.ofd.certificate import JSON_NAME, certificate_document
from certs.ofd.writer import pack, write_parts
from certs.pdf.render import Attachment, render_pdf
from certs.pdf.signing_appearance import SealAppearance, picture_appearance
from certs.pki.dev_ca import DevelopmentCa, DevelopmentKeys, development_ca
from certs.seals.history import SealChange, SealOnFile, SealState
from certs.seals.model import Picture, SealInfo
from certs.seals.pki_trust import PkiCertificates, PkiTrust
from certs.seals.ports import KnownSeals, SealTrust
from certs.seals.seal import make_test_seal
from certs.type_catalogue import CertificateType
from tests.certs.layout.samples import NOW, SLUGS, certificate_of_type, kind_of

MADE = NOW - timedelta(days=30)
LATER = NOW + timedelta(days=1)
SEAL_MM = 40
_SEAL_PIXELS = 472  # 300 dpi
_RED = (200, 16, 16)
_PHOTO_PIXELS = (413, 295)
# The 3755 everyday characters of GB 2312, level 1: what names and addresses are made of.
_COMMON = b"".join(bytes((row, cell)) for row in range(0xB0, 0xD7) for cell in range(0xA1, 0xFF)).decode("gb2312")
# Per type: which items differ from one certificate to the next, and how long they are.
_FREE = {
    "household": {"name": 3, "address": 20},
    "marriage": {"spouse_a_name": 3, "spouse_b_name": 3, "office": 9},
    "business_licence": {"name": 14, "legal_rep_name": 3, "address": 20, "scope": 40},
    "real_estate": {"owner_name": 3, "location": 20},
    "birth": {"newborn_name": 3, "mother_name": 3, "father_name": 3, "birthplace": 16},
    "food_licence": {"operator_name": 12, "address": 20, "signatory": 3},
}


@dataclass(frozen=True, slots=True)
class Paper:
    """One certificate to print: its type, what its code leads to, its photo if the type shows one."""

    certificate: Certificate
    kind: CertificateType
    qr: str
    photo: bytes | None


class Papers:
    """An endless supply: all six types in turn, other people and places on each; the same ones for the same seed."""

    def __init__(self, seed: int = 339900) -> None:
        self._chance = random.Random(seed)
        self._made = 0
        self._photo = photo()

    def take(self, count: int) -> list[Paper]:
        """The next so many."""
        return [self.one() for _ in range(count)]

    def one(self) -> Paper:
        """The next one."""
        slug = SLUGS[self._made % len(SLUGS)]
        self._made += 1
        texts = {item: "".join(self._chance.choices(_COMMON, k=length)) for item, length in _FREE[slug].items()}
        kind = kind_of(slug)
        if kind.photo is not None:
            texts[kind.photo.item] = sha256(self._photo).hexdigest()
        one = certificate_of_type(slug, **texts)
        identifier = replace(one.identifier, serial=random_serial(self._chance.randbytes))
        certificate = replace(one, identifier=identifier)
        shown = self._photo if kind.photo else None
        return Paper(certificate, kind, verification_qr("https://hub.339900.example", str(identifier)), shown)


@dataclass(frozen=True, slots=True)
class Department:
    """Who seals: what both faces are sealed with, the seal's picture (PNG), and what a verifier believes of it all."""

    seals: DocumentSeals
    picture: bytes
    trust: SealTrust

    def ofd(self, paper: Paper, at: datetime = NOW) -> bytes:
        """The sealed OFD of a certificate, as the hub makes it."""
        return sealed_ofd(
            paper.certificate, paper.kind, self.seals.ofd, fonts=load_fonts(), at=at, qr=paper.qr, photo=paper.photo
        ).data

    def pdf(self, paper: Paper, at: datetime = NOW) -> bytes:
        """The sealed PDF of a certificate (B-B), as the hub makes it."""
        return sealed_pdf(
            paper.certificate, paper.kind, self.seals.pdf, fonts=load_fonts(), at=at, qr=paper.qr, photo=paper.photo
        ).data


def plain_ofd(paper: Paper) -> bytes:
    """The same page written as OFD, with the same data attached, without a seal."""
    fonts = load_fonts()
    drawing = ofd_drawing(page_of(paper.certificate, paper.kind, fonts, qr=paper.qr, photo=paper.photo), fonts)
    return pack(write_parts(certificate_document(paper.certificate, paper.kind, drawing)))


def plain_pdf(paper: Paper) -> bytes:
    """The same page drawn as PDF/A, with the same data attached, without a seal."""
    fonts, one = load_fonts(), paper.certificate
    page = page_of(one, paper.kind, fonts, qr=paper.qr, photo=paper.photo)
    data = Attachment(JSON_NAME, "application/json", "电子证照数据", canonical(json_face(one, paper.kind)))
    identifier = str(one.identifier)
    return render_pdf(page, fonts, identifier=identifier, made_at=one.issued_at, attachments=[data]).data


class SealPicture:
    """The usual round red seal, drawn at 300 dpi."""

    @cached_property
    def image(self) -> PIL.Image.Image:
        """With an opacity of its own, as seals have it."""
        size, centre = _SEAL_PIXELS, _SEAL_PIXELS / 2
        image = PIL.Image.new("RGBA", (size, size), (*_RED, 0))
        draw = PIL.ImageDraw.Draw(image)
        draw.ellipse((4, 4, size - 5, size - 5), outline=(*_RED, 255), width=14)
        turns = [math.radians(144 * i - 90) for i in range(5)]
        star = [(centre + 70 * math.cos(t), centre + 70 * math.sin(t)) for t in turns]
        draw.polygon(star, fill=(*_RED, 255))
        font = PIL.ImageFont.truetype(str(VENDORED / "NotoSansSC-Bold.ttf"), 44)
        for i, char in enumerate("339900市测试局电子印章测试"):
            turn = math.radians(-150 + 22 * i)
            at = (centre + 175 * math.sin(turn), centre - 175 * math.cos(turn))
            draw.text(at, char, font=font, fill=(*_RED, 255), anchor="mm")
        return image

    @cached_property
    def png(self) -> bytes:
        """As it stands in the seal."""
        out = BytesIO()
        self.image.save(out, "PNG", optimize=True)
        return out.getvalue()

    def appearance(self) -> SealAppearance:
        """As it stands in a PDF."""
        rgb, alpha = self.image.convert("RGB").tobytes(), self.image.getchannel("A").tobytes()
        return picture_appearance(_SEAL_PIXELS, _SEAL_PIXELS, rgb, alpha)


def department() -> Department:
    """A department with a seal in use, under development authorities whose lists are current."""
    picture, sm2, p256 = SealPicture(), _authority(Alg.SM2), _authority(Alg.ES256)
    info = SealInfo(
        maker_id="YZTTEST",
        es_id="33990000000001",
        kind=1,
        name="339900市测试局电子印章（测试）",
        certificates=(sm2.signer.certificate.der,),
        digests=(),
        created_at=MADE,
        valid_from=MADE,
        valid_until=NOW + timedelta(days=600),
        picture=Picture("PNG", picture.png, SEAL_MM, SEAL_MM),
    )
    maker = sm2.seal_maker
    seal = make_test_seal(info, maker_certificate=maker.certificate.der, maker=maker.signer, profile="embedded")
    on_file = SealOnFile(info.es_id, sm3(seal), (SealChange(SealState.ACTIVE, MADE),))
    believed = PkiTrust((sm2.root.certificate,), (sm2.issuing.certificate,), sm2.crls(NOW))
    return Department(
        DocumentSeals(OfdSeal(seal, sm2.signer), PdfSeal(p256.signer, appearance=picture.appearance())),
        picture.png,
        SealTrust(PkiCertificates(believed), KnownSeals({on_file.es_id: on_file})),
    )


def _authority(alg: Alg) -> DevelopmentCa:
    keys = DevelopmentKeys(*(ephemeral_key(alg) for _ in range(5)))
    return development_ca(keys, now=MADE, profile="embedded")


def photo() -> bytes:
    """A JPEG as large as a portrait of 35 x 25 mm at 300 dpi usually is."""
    grain = PIL.Image.effect_noise((_PHOTO_PIXELS[1], _PHOTO_PIXELS[0]), 14).convert("RGB")
    out = BytesIO()
    grain.save(out, "JPEG", quality=70)
    return out.getvalue()
