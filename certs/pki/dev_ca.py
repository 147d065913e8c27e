"""A certification authority for development and integration: root, issuing authority and three leaves.

Everything it makes says 开发测试 DEVELOPMENT ONLY in its names. A real seal needs a certificate of a licensed
authority (电子签名法, 商用密码管理条例), so the production profile is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from certs.crypto.alg import Alg
from certs.crypto.jwk import spki
from certs.crypto.ports import Signer, Verifier
from certs.pki import extensions as ext
from certs.pki.crl import Crl, Revocation, build_crl
from certs.pki.errors import DevelopmentOnly
from certs.pki.extensions import KeyUsage
from certs.pki.identity import Identity
from certs.pki.names import name
from certs.pki.x509 import Certificate, build_certificate, key_identifier

PRODUCTION: Final = "production"
LABEL: Final = "一证通开发测试 DEVELOPMENT ONLY"
_BACKDATED: Final = timedelta(minutes=5)
_ROOT_LIFE: Final = timedelta(days=3650)
_ISSUING_LIFE: Final = timedelta(days=1825)
_LEAF_LIFE: Final = timedelta(days=730)
_CRL_LIFE: Final = timedelta(days=7)
_AUTHORITY: Final = ext.key_usage(KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN)
_SIGNATURE: Final = ext.key_usage(KeyUsage.DIGITAL_SIGNATURE, KeyUsage.NON_REPUDIATION)


@dataclass(frozen=True, slots=True)
class DevelopmentKeys:
    """The five keys of a set, all of one algorithm."""

    root: Signer
    issuing: Signer
    seal_maker: Signer
    signer: Signer
    tsa: Signer


@dataclass(frozen=True, slots=True)
class DevelopmentCa:
    """A complete set: 制章人 `seal_maker`, 签章人 `signer`, time-stamp authority `tsa`."""

    root: Identity
    issuing: Identity
    seal_maker: Identity
    signer: Identity
    tsa: Identity

    @property
    def alg(self) -> Alg:
        """The algorithm of all keys."""
        return self.root.signer.alg

    def crls(self, now: datetime, revoked: Sequence[Revocation] = (), number: int = 1) -> tuple[Crl, Crl]:
        """Lists of the root and of the issuing authority, good for a week; `revoked` are leaves."""
        ends = now + _CRL_LIFE
        root, issuing = self.root, self.issuing
        return (
            build_crl(signer=root.signer, issuer=root.certificate, number=number, this_update=now, next_update=ends),
            build_crl(
                signer=issuing.signer,
                issuer=issuing.certificate,
                number=number,
                this_update=now,
                next_update=ends,
                revoked=revoked,
            ),
        )


def refuse_production(profile: str) -> None:
    """Raises DevelopmentOnly when `profile` is production."""
    if profile == PRODUCTION:
        raise DevelopmentOnly("a development authority does not work in the production profile", profile=profile)


def is_development(certificate: Certificate) -> bool:
    """Whether a development authority made it: its own name or its maker's says so."""
    return LABEL in certificate.subject_text or LABEL in certificate.issuer_text


def development_ca(
    keys: DevelopmentKeys, *, now: datetime, profile: str, crl_url: str = "", signer_name: str = "测试签章单位"
) -> DevelopmentCa:
    """The set of certificates for these keys, valid from five minutes before `now` (whole seconds).

    Raises:
        DevelopmentOnly: `profile` is "production".
    """
    refuse_production(profile)
    start = now.replace(microsecond=0) - _BACKDATED
    root = _authority(keys.root, None, "根CA Root", start=start, life=_ROOT_LIFE, path_length=1)
    issuing = _authority(keys.issuing, root, "签发CA Issuing", start=start, life=_ISSUING_LIFE, path_length=0)
    points = [ext.crl_points([crl_url])] if crl_url else []
    document = [_SIGNATURE, ext.extended_key_usage([ext.DOCUMENT_SIGNING], critical=False), *points]
    stamping = [
        ext.key_usage(KeyUsage.DIGITAL_SIGNATURE),
        ext.extended_key_usage([ext.TIME_STAMPING], critical=True),
        *points,
    ]
    return DevelopmentCa(
        root=root,
        issuing=issuing,
        seal_maker=issue_leaf(issuing, keys.seal_maker, "测试制章单位", start=start, extensions=document),
        signer=issue_leaf(issuing, keys.signer, signer_name, start=start, extensions=document),
        tsa=issue_leaf(issuing, keys.tsa, "测试时间戳 TSA", start=start, extensions=stamping),
    )


def issue_leaf(
    issuing: Identity,
    key: Signer,
    common_name: str,
    *,
    start: datetime,
    extensions: Sequence[bytes],
    life: timedelta = _LEAF_LIFE,
) -> Identity:
    """A leaf of the development authority with these extensions (DER) beside the usual ones."""
    certificate = build_certificate(
        signer=issuing.signer,
        issuer=issuing.certificate.subject,
        subject=name(common_name=common_name, organisation=LABEL),
        key=key.verifier(),
        serial=_serial(key.verifier(), common_name, start),
        not_before=start,
        not_after=start + life,
        extensions=[ext.basic_constraints(is_ca=False), *_key_ids(key, issuing.signer), *extensions],
    )
    return Identity(key, certificate, (issuing.certificate,))


def _authority(
    key: Signer, above: Identity | None, role: str, *, start: datetime, life: timedelta, path_length: int
) -> Identity:
    subject = name(common_name=f"{role} {key.alg.value}", organisation=LABEL)
    certificate = build_certificate(
        signer=above.signer if above else key,
        issuer=above.certificate.subject if above else subject,
        subject=subject,
        key=key.verifier(),
        serial=_serial(key.verifier(), role, start),
        not_before=start,
        not_after=start + life,
        extensions=[
            ext.basic_constraints(is_ca=True, path_length=path_length),
            _AUTHORITY,
            *_key_ids(key, above.signer if above else key),
        ],
    )
    return Identity(key, certificate)


def _key_ids(key: Signer, issuer: Signer) -> tuple[bytes, bytes]:
    return (
        ext.subject_key_id(key_identifier(key.verifier())),
        ext.authority_key_id(key_identifier(issuer.verifier())),
    )


def _serial(key: Verifier, role: str, start: datetime) -> int:
    """Positive, 127 bits, the same for the same key, role and time: this function draws no randomness."""
    digest = sha256(spki(key) + f"{role} {start.isoformat()}".encode()).digest()
    return int.from_bytes(digest[:16]) >> 1 | 1
