"""A document sealed under real certificates, and the trust it is judged with."""

from dataclasses import replace
from datetime import timedelta

from certs.crypto.alg import Alg
from certs.crypto.sm3 import sm3
from certs.ofd.signing import VALUE_PATH, Place, Sealing, seal_parts
from certs.ofd.verify import OfdVerification, verify_ofd
from certs.ofd.writer import pack
from certs.pki.der_reader import read
from certs.seals.history import SealChange, SealOnFile, SealState
from certs.seals.model import Picture, SealInfo
from certs.seals.pki_trust import PkiCertificates, PkiTimestamps, PkiTrust
from certs.seals.ports import KnownSeals, SealTrust
from certs.seals.seal import make_test_seal
from tests.certs.ofd.world import document
from tests.certs.pdf.sealing import stamp
from tests.certs.pki.world import NOW, authority
from tests.certs.seals.world import PNG

CA = authority(Alg.SM2)
LATER = NOW + timedelta(hours=1)
INFO = SealInfo(
    maker_id="YZTTEST",
    es_id="33990000000007",
    kind=1,
    name="339900市测试局电子印章（测试）",
    certificates=(CA.signer.certificate.der,),
    digests=(),
    created_at=NOW,
    valid_from=NOW,
    valid_until=NOW + timedelta(days=365),
    picture=Picture("PNG", PNG, 42, 42),
)


def made(info: SealInfo = INFO) -> bytes:
    """A seal by the trusted maker."""
    maker = CA.seal_maker
    return make_test_seal(info, maker_certificate=maker.certificate.der, maker=maker.signer, profile="development")


SEAL = made()
SEAL_INFO = read(SEAL).members(4, 4)[0].raw
WHO = CA.signer
SEALING = Sealing(SEAL, WHO.certificate.der, WHO.signer, NOW, (Place(0, 10, 10),), timestamp=stamp(Alg.SM2))
PARTS = seal_parts(document(), SEALING)
SEALED = pack(PARTS)
STAMP = PARTS[VALUE_PATH]


def trust(seal: bytes = SEAL) -> SealTrust:
    """All that is believed: one root, its lists, one seal on file since it was made, the root's time-stamps."""
    believed = PkiTrust((CA.root.certificate,), (CA.issuing.certificate,), CA.crls(NOW))
    on_file = SealOnFile(INFO.es_id, sm3(seal), (SealChange(SealState.ACTIVE, NOW),))
    return SealTrust(PkiCertificates(believed), KnownSeals({on_file.es_id: on_file}), PkiTimestamps(believed))


TRUST = trust()


def verified(content: bytes, believed: SealTrust = TRUST) -> OfdVerification:
    """The eleven steps an hour after sealing."""
    return verify_ofd(content, believed, at=LATER)


def plain(**changed: object) -> dict[str, bytes]:
    """The parts of a document sealed anew without a time-stamp; keywords replace members of the sealing."""
    return seal_parts(document(), replace(SEALING, timestamp=None, **changed))  # type: ignore[arg-type]  # by name
