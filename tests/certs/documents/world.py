"""Seals under the development authorities, for the documents of all types."""

from datetime import datetime, timedelta
from functools import cache
from itertools import count

from certs.crypto.alg import Alg
from certs.crypto.sm3 import sm3
from certs.documents.model import Archive, DocumentSeals, OfdSeal, PdfSeal
from certs.pdf.signing_picture import seal_appearance
from certs.pki.algorithms import SUITES
from certs.pki.cms import Stamp
from certs.pki.dev_tsa import DevelopmentTsa
from certs.pki.stamping import stamping
from certs.seals.history import SealChange, SealOnFile, SealState
from certs.seals.model import Picture, SealInfo
from certs.seals.pki_trust import PkiCertificates, PkiTimestamps, PkiTrust
from certs.seals.ports import KnownSeals, SealTrust
from certs.seals.seal import make_test_seal
from tests.certs.pki.world import NOW, authority
from tests.certs.seals.world import PNG

ES_ID = "33990000000009"
AT = NOW + timedelta(minutes=1)
LATER = NOW + timedelta(hours=1)


@cache
def seal_der() -> bytes:
    """A seal of 42 mm for the signer of the SM2 authority."""
    ca = authority(Alg.SM2)
    info = SealInfo(
        maker_id="YZTTEST",
        es_id=ES_ID,
        kind=1,
        name="339900市测试局电子印章（测试）",
        certificates=(ca.signer.certificate.der,),
        digests=(),
        created_at=NOW,
        valid_from=NOW,
        valid_until=NOW + timedelta(days=700),
        picture=Picture("PNG", PNG, 42, 42),
    )
    maker = ca.seal_maker
    return make_test_seal(info, maker_certificate=maker.certificate.der, maker=maker.signer, profile="development")


def stamp(alg: Alg, at: datetime = AT) -> Stamp:
    """The development time-stamp authority, in this process."""
    serials, nonces = count(1), count(10**15)
    tsa = DevelopmentTsa(authority(alg).tsa, now=lambda: at, new_serial=lambda: next(serials), profile="development")
    return stamping(tsa.reply, digest_oid=SUITES[alg].digest_oid, new_nonce=lambda: next(nonces))


def trust(alg: Alg) -> PkiTrust:
    """The root, the issuing authority and fresh lists."""
    ca = authority(alg)
    return PkiTrust((ca.root.certificate,), (ca.issuing.certificate,), ca.crls(NOW))


def archive() -> Archive:
    """What keeps a PDF provable for good."""
    known = trust(Alg.ES256)
    return Archive((*known.intermediates, *known.roots), known.crls)


def seals(*, stamped: bool = False, archived: bool = False) -> DocumentSeals:
    """What both faces are sealed with."""
    return DocumentSeals(
        OfdSeal(seal_der(), authority(Alg.SM2).signer, stamp(Alg.SM2) if stamped else None),
        PdfSeal(
            authority(Alg.ES256).signer,
            stamp(Alg.ES256) if stamped else None,
            appearance=seal_appearance(Picture("PNG", PNG, 42, 42)),
            archive=archive() if archived else None,
        ),
    )


def seal_trust() -> SealTrust:
    """Believes the development authority, the seal on file and in use."""
    known = trust(Alg.SM2)
    on_file = SealOnFile(ES_ID, sm3(seal_der()), (SealChange(SealState.ACTIVE, NOW),))
    return SealTrust(PkiCertificates(known), KnownSeals({ES_ID: on_file}), PkiTimestamps(known))
