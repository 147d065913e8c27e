"""Attack case 59: certification paths after NIST's PKITS, for P-256 and SM2. Every path that must not hold is refused.

`openssl verify` judges the same files (P-256): whatever we accept it accepts too, and what it refuses we never accept.
Where we refuse more than the standard demands (names in another spelling, name constraints, negative numbers), the row
says so by `stricter`.
"""

import shutil
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from certs.crypto.alg import Alg
from certs.crypto.keys import ephemeral_key
from certs.errors import CertsError
from certs.pki import der, errors
from certs.pki import extensions as ext
from certs.pki.algorithms import SUITES
from certs.pki.chain import Purpose, check_chain
from certs.pki.crl import parse_crl
from certs.pki.errors import MalformedCertificate, MalformedDer
from certs.pki.extensions import KeyUsage
from certs.pki.x509 import parse_certificate
from tests.certs.attacks.pkits import CA_FLAG, CA_USE, LEAF_USE, YEAR, Case, Party, crl, named, party, spoiled
from tests.certs.pki.world import DAY, NOW, openssl, pem_file, seconds

Build = Callable[[Alg], Case]
Refusal = type[CertsError]
PRIVATE = "1.3.6.1.4.1.32473.9"


@cache
def root(alg: Alg) -> Party:
    return party("Trust Anchor", None, CA_FLAG, CA_USE, alg=alg)


def ca(alg: Alg, *extensions: bytes, title: str = "Good CA", above: Party | None = None, **unusual: object) -> Party:
    kinds = extensions or (CA_FLAG, CA_USE)
    return party(title, above or root(alg), *kinds, alg=alg, **unusual)  # type: ignore[arg-type]  # keywords of party


def leaf(alg: Alg, above: Party, *extensions: bytes, **unusual: object) -> Party:
    return party("End Entity", above, *(extensions or (LEAF_USE,)), alg=alg, **unusual)  # type: ignore[arg-type]  # as above


def path(alg: Alg, end: Party, *between: Party, crls: tuple[bytes, ...] | None = None, at: datetime = NOW) -> Case:
    lists = crls if crls is not None else tuple(crl(one) for one in (root(alg), *between))
    return Case(end, between, lists, (root(alg),), at)


# ---- 4.1 signatures -----------------------------------------------------------------------------------------------


def valid(alg: Alg) -> Case:
    one = ca(alg)
    return path(alg, leaf(alg, one), one)


def invalid_ca_signature(alg: Alg) -> Case:
    one = spoiled(ca(alg))
    return path(alg, leaf(alg, one), one)


def invalid_leaf_signature(alg: Alg) -> Case:
    one = ca(alg)
    return path(alg, spoiled(leaf(alg, one)), one)


def other_identifier_inside(alg: Alg) -> Case:
    one = ca(alg)
    return path(alg, leaf(alg, one, inside=SUITES[Alg.ED25519].identifier), one)


def signed_by_a_stranger(alg: Alg) -> Case:
    one = ca(alg)
    return path(alg, leaf(alg, one, signed_by=ephemeral_key(alg)), one)


def signed_by_its_own_key(alg: Alg) -> Case:
    one, key = ca(alg), ephemeral_key(alg)
    return path(alg, leaf(alg, one, key=key, signed_by=key), one)


# ---- 4.2 validity -------------------------------------------------------------------------------------------------


def _ca_valid(alg: Alg, start: object, end: object) -> Case:
    one = ca(alg, start=start, end=end)
    return path(alg, leaf(alg, one), one)


def _leaf_valid(alg: Alg, start: object, end: object) -> Case:
    one = ca(alg)
    return path(alg, leaf(alg, one, start=start, end=end), one)


UTC_1950, UTC_1999 = der.tlv(0x17, b"500101120000Z"), der.tlv(0x17, b"990101120000Z")
GENERAL_2002, GENERAL_2050 = der.tlv(0x18, b"20020501120000Z"), der.tlv(0x18, b"20500101120000Z")


# ---- 4.3 names ----------------------------------------------------------------------------------------------------


def other_issuer_name(alg: Alg) -> Case:
    one = ca(alg)
    return path(alg, leaf(alg, one, issuer=named("Good CA Root")), one)


def names_in_another_order(alg: Alg) -> Case:
    one = ca(alg)
    parts = [der.set_of([der.sequence(der.oid(o), der.utf8(t))]) for o, t in (("2.5.4.3", "Good CA"), ("2.5.4.10", "测试"))]
    return path(alg, leaf(alg, one, issuer=der.sequence(*parts)), one)


def _spelled(alg: Alg, common: bytes) -> Case:
    """The issuer's name as another system might write it: equal by RFC 5280 §7.1, other bytes."""
    one = ca(alg)
    parts = [("2.5.4.6", der.printable("CN")), ("2.5.4.10", der.utf8("测试")), ("2.5.4.3", common)]
    spelled = der.sequence(*(der.set_of([der.sequence(der.oid(o), v)]) for o, v in parts))
    return path(alg, leaf(alg, one, issuer=spelled, key_ids=False), one)


def empty_issuer(alg: Alg) -> Case:
    one = ca(alg)
    return path(alg, leaf(alg, one, issuer=der.sequence(), key_ids=False), one)


# ---- 4.4 and 4.14, 4.15: revocation ---------------------------------------------------------------------------------


def _lists(alg: Alg, make: Callable[[Party, Party, Party], tuple[bytes, ...]], **unusual: object) -> Case:
    """`make` gets root, CA and leaf."""
    one = ca(alg)
    end = leaf(alg, one, **unusual)
    return path(alg, end, one, crls=make(root(alg), one, end))


def crl_key_of_its_own(alg: Alg, *, known: bool) -> Case:
    """PKITS 4.4.19: the CA signs lists with a second key. Without that key's certificate nothing is known."""
    one = ca(alg, CA_FLAG, ext.key_usage(KeyUsage.KEY_CERT_SIGN))
    second = ca(alg, ext.key_usage(KeyUsage.CRL_SIGN), title="Good CA")
    end = leaf(alg, one)
    between = (one, second) if known else (one,)
    return path(alg, end, *between, crls=(crl(root(alg)), crl(second)))


IDP = ext.extension("2.5.29.28", der.sequence(der.tlv(0x81, b"\xff")), critical=True)  # only user certificates
INDIRECT = ext.extension("2.5.29.28", der.sequence(der.tlv(0x84, b"\xff")), critical=True)
DELTA = ext.extension("2.5.29.27", der.integer(1), critical=True)
ODD = ext.extension(PRIVATE, der.null(), critical=True)
GOOD_NAME = named("Good CA")


# ---- 4.5, 4.6 authorities -----------------------------------------------------------------------------------------


def self_issued_rollover(alg: Alg) -> Case:
    old = ca(alg)
    new = party(old.subject, old, CA_FLAG, CA_USE, alg=alg)
    return path(alg, leaf(alg, new), old, new, crls=(crl(root(alg)), crl(old), crl(new)))


def _issuer(alg: Alg, *extensions: bytes, **unusual: object) -> Case:
    one = ca(alg, *extensions, **unusual)
    return path(alg, leaf(alg, one), one)


def _lengths(alg: Alg, *lengths: int | None) -> Case:
    """One authority below the other with these path lengths, then a leaf."""
    parties = list[Party]()
    for n, length in enumerate(lengths):
        flag = ext.basic_constraints(is_ca=True, path_length=length)
        parties.append(ca(alg, flag, CA_USE, title=f"CA {n}", above=parties[-1] if parties else None))
    return path(alg, leaf(alg, parties[-1]), *parties)


def authority_beyond_its_length(alg: Alg) -> Case:
    """The last certificate is an authority's, used as signer's."""
    one = ca(alg, ext.basic_constraints(is_ca=True, path_length=0), CA_USE)
    return path(alg, leaf(alg, one, CA_FLAG, LEAF_USE), one)


def self_issued_does_not_count(alg: Alg) -> Case:
    one = ca(alg, ext.basic_constraints(is_ca=True, path_length=0), CA_USE)
    again = party(one.subject, one, ext.basic_constraints(is_ca=True, path_length=0), CA_USE, alg=alg)
    return path(alg, leaf(alg, again), one, again)


def too_long_by_far(alg: Alg) -> Case:
    parties = list[Party]()
    for n in range(12):
        parties.append(ca(alg, title=f"CA {n}", above=parties[-1] if parties else None))
    return path(alg, leaf(alg, parties[-1]), *parties)


def leaf_as_issuer(alg: Alg) -> Case:
    """The classic: anybody with a certificate issues one for anybody (CVE-2002-0862)."""
    one = ca(alg)
    middle = party("Somebody", one, ext.basic_constraints(is_ca=False), LEAF_USE, alg=alg)
    return path(alg, leaf(alg, middle), one, middle)


# ---- 4.7 to 4.16: use, policies, constraints, private extensions ------------------------------------------------------


def _leaf_with(alg: Alg, *extensions: bytes) -> Case:
    one = ca(alg)
    return path(alg, leaf(alg, one, *extensions), one)


def permitted(title: str) -> bytes:
    """NameConstraints that permit one directory name."""
    subtree = der.sequence(der.tlv(0xA4, named(title)))
    return der.sequence(der.tlv(0xA0, subtree))


def constraints(title: str, *, critical: bool = True) -> bytes:
    return ext.extension(ext.NAME_CONSTRAINTS, permitted(title), critical=critical)


POLICIES = der.sequence(der.sequence(der.oid("2.16.840.1.101.3.2.1.48.1")))
POLICY_CONSTRAINTS = ext.extension("2.5.29.36", der.sequence(der.tlv(0x80, b"\0")), critical=True)
INHIBIT = ext.extension("2.5.29.54", der.integer(0), critical=True)
WRONG_USE = ext.extended_key_usage(["1.3.6.1.5.5.7.3.1"], critical=True)
STAMPING = ext.extended_key_usage([ext.TIME_STAMPING], critical=True)

# id and title -> how it is built, what refuses it (None: it holds), whether the standard would have let it pass
ROWS: dict[str, tuple[Build, Refusal | None, bool]] = {
    "4.1.1 valid signatures": (valid, None, False),
    "4.1.2 invalid CA signature": (invalid_ca_signature, errors.CertificateForged, False),
    "4.1.3 invalid leaf signature": (invalid_leaf_signature, errors.CertificateForged, False),
    "4.1.a algorithm inside and outside differ": (other_identifier_inside, MalformedCertificate, False),
    "4.1.b signed by a stranger": (signed_by_a_stranger, errors.CertificateForged, False),
    "4.1.c signed by its own key": (signed_by_its_own_key, errors.CertificateForged, False),
    "4.2.1 CA not yet valid": (lambda a: _ca_valid(a, NOW + DAY, NOW + YEAR), errors.CertificateNotYetValid, False),
    "4.2.2 leaf not yet valid": (lambda a: _leaf_valid(a, NOW + DAY, NOW + YEAR), errors.CertificateNotYetValid, False),
    "4.2.3 UTCTime of 1950": (lambda a: _leaf_valid(a, UTC_1950, NOW + YEAR), None, False),
    "4.2.4 GeneralizedTime before 2050": (lambda a: _leaf_valid(a, GENERAL_2002, NOW + YEAR), None, False),
    "4.2.5 CA expired": (lambda a: _ca_valid(a, NOW - YEAR, NOW - DAY), errors.CertificateExpired, False),
    "4.2.6 leaf expired": (lambda a: _leaf_valid(a, NOW - YEAR, NOW - DAY), errors.CertificateExpired, False),
    "4.2.7 leaf expired in 1999": (lambda a: _leaf_valid(a, UTC_1950, UTC_1999), errors.CertificateExpired, False),
    "4.2.8 GeneralizedTime of 2050": (lambda a: _leaf_valid(a, NOW - YEAR, GENERAL_2050), None, False),
    "4.2.a ends before it begins": (lambda a: _leaf_valid(a, NOW, NOW - DAY), MalformedCertificate, False),
    "4.2.b time without seconds": (
        lambda a: _leaf_valid(a, der.tlv(0x17, b"2601011200Z"), NOW + YEAR), MalformedDer, False,
    ),
    "4.2.c time with a zone": (
        lambda a: _leaf_valid(a, der.tlv(0x17, b"260101120000+0800"), NOW + YEAR), MalformedDer, False,
    ),
    "4.3.1 other issuer name": (other_issuer_name, errors.IssuerUnknown, False),
    "4.3.2 names in another order": (names_in_another_order, errors.IssuerUnknown, False),
    "4.3.3 more spaces": (lambda a: _spelled(a, der.utf8("Good  CA")), errors.IssuerUnknown, True),
    "4.3.5 other capitals": (lambda a: _spelled(a, der.utf8("GOOD CA")), errors.IssuerUnknown, True),
    "4.3.10 PrintableString for UTF8String": (lambda a: _spelled(a, der.printable("Good CA")), errors.IssuerUnknown, True),
    "4.3.a empty issuer": (empty_issuer, errors.IssuerUnknown, False),
    "4.4.1 missing list of the CA": (lambda a: _lists(a, lambda r, c, e: (crl(r),)), errors.RevocationUnknown, False),
    "4.4.1b missing list of the root": (lambda a: _lists(a, lambda r, c, e: (crl(c),)), errors.RevocationUnknown, False),
    "4.4.2 CA revoked": (
        lambda a: _lists(a, lambda r, c, e: (crl(r, (c.serial, "2")), crl(c))), errors.CertificateRevoked, False,
    ),
    "4.4.3 leaf revoked": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, (e.serial, "1")))), errors.CertificateRevoked, False,
    ),
    "4.4.4 list with a bad signature": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, signed_by=ephemeral_key(a)))), errors.RevocationUnknown, False,
    ),
    "4.4.5 list with another issuer name": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, issuer=named("Other")))), errors.RevocationUnknown, False,
    ),
    "4.4.6 the wrong list": (lambda a: _lists(a, lambda r, c, e: (crl(r), crl(r))), errors.RevocationUnknown, False),
    "4.4.7 two lists, one of another issuer": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, issuer=named("Other")), crl(c))), None, False,
    ),
    "4.4.8 unknown critical extension of an entry": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, (7, ""), entry_extensions=[ODD]))), MalformedCertificate, False,
    ),
    "4.4.9 unknown critical extension of the list": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, extensions=[ODD]))), errors.RevocationUnknown, False,
    ),
    "4.4.10 the same, and the leaf is on it": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, (e.serial, "1"), extensions=[ODD]))),
        errors.RevocationUnknown, False,
    ),
    "4.4.11 old list": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, at=NOW - 9 * DAY, until=NOW - 2 * DAY))),
        errors.RevocationUnknown, False,
    ),
    "4.4.12 list that ended in 1999": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, at=UTC_1950, until=UTC_1999))), errors.RevocationUnknown, False,
    ),
    "4.4.13 list that ends in 2050": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, until=GENERAL_2050))), None, False,
    ),
    "4.4.a list without an end": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, until=None))), MalformedDer, True,
    ),
    "4.4.14 negative serial number": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, (-1, "1"))), serial=-2), MalformedCertificate, True,
    ),
    "4.4.15 negative number, revoked": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, (-1, "1"))), serial=-1), MalformedCertificate, False,
    ),
    "4.4.16 long serial number, another revoked": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, (2**158 + 1, "1"))), serial=2**158), None, False,
    ),
    "4.4.18 long serial number, revoked": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, (2**158, "1"))), serial=2**158),
        errors.CertificateRevoked, False,
    ),
    "4.4.b serial number beyond 20 octets": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c)), serial=2**160), MalformedCertificate, True,
    ),
    "4.4.c serial number zero": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c)), serial=0), MalformedCertificate, True,
    ),
    "4.4.19 lists by a second key": (lambda a: crl_key_of_its_own(a, known=True), errors.RevocationUnknown, True),
    "4.4.20 lists by a second key nobody knows": (
        lambda a: crl_key_of_its_own(a, known=False), errors.RevocationUnknown, False,
    ),
    "4.5.1 a new key under the old name": (self_issued_rollover, None, False),
    "4.6.1 no basic constraints": (lambda a: _issuer(a, CA_USE), errors.NotAnAuthority, False),
    "4.6.2 CA false, critical": (
        lambda a: _issuer(a, ext.basic_constraints(is_ca=False), CA_USE), errors.NotAnAuthority, False,
    ),
    "4.6.3 CA false, not critical": (
        lambda a: _issuer(a, ext.extension(ext.BASIC_CONSTRAINTS, der.sequence()), CA_USE), errors.NotAnAuthority, False,
    ),
    "4.6.4 CA true, not critical": (
        lambda a: _issuer(a, ext.extension(ext.BASIC_CONSTRAINTS, der.sequence(der.boolean(True))), CA_USE), None, False,
    ),
    "4.6.5 path length 0, one below": (lambda a: _lengths(a, 0, None), errors.PathTooLong, False),
    "4.6.6 path length 0, an authority as leaf": (authority_beyond_its_length, errors.KeyUsageRefused, True),
    "4.6.7 path length 0": (lambda a: _lengths(a, 0), None, False),
    "4.6.9 path lengths 6, 0, 0": (lambda a: _lengths(a, 6, 0, 0), errors.PathTooLong, False),
    "4.6.11 path lengths 6, 1, 1, 0": (lambda a: _lengths(a, 6, 1, 1, 0), errors.PathTooLong, False),
    "4.6.13 path lengths 6, 4, 1, 0": (lambda a: _lengths(a, 6, 4, 1, 0), None, False),
    "4.6.15 self-issued ones do not count": (self_issued_does_not_count, None, False),
    "4.6.a a path of twelve": (too_long_by_far, errors.IssuerUnknown, True),
    "4.6.b a leaf that issues": (leaf_as_issuer, errors.NotAnAuthority, False),
    "4.6.c path length below zero": (
        lambda a: _issuer(a, ext.basic_constraints(is_ca=True, path_length=-1), CA_USE), MalformedDer, False,
    ),
    "4.6.d version 1 as authority": (lambda a: _issuer(a, version=0), MalformedDer, False),
    "4.7.1 key usage without certificate signing, critical": (
        lambda a: _issuer(a, CA_FLAG, ext.key_usage(KeyUsage.CRL_SIGN)), errors.KeyUsageRefused, False,
    ),
    "4.7.2 the same, not critical": (
        lambda a: _issuer(a, CA_FLAG, ext.extension(ext.KEY_USAGE, der.named_bits([KeyUsage.CRL_SIGN]))),
        errors.KeyUsageRefused, False,
    ),
    "4.7.3 key usage not critical": (
        lambda a: _issuer(
            a, CA_FLAG, ext.extension(ext.KEY_USAGE, der.named_bits([KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN]))
        ), None, False,
    ),
    "4.7.4 key usage without list signing": (
        lambda a: _issuer(a, CA_FLAG, ext.key_usage(KeyUsage.KEY_CERT_SIGN)), errors.RevocationUnknown, False,
    ),
    "4.7.a leaf without signature use": (
        lambda a: _leaf_with(a, ext.extension(ext.KEY_USAGE, der.named_bits([2]), critical=True)),
        errors.KeyUsageRefused, True,
    ),
    "4.7.b leaf for servers": (lambda a: _leaf_with(a, LEAF_USE, WRONG_USE), errors.KeyUsageRefused, True),
    "4.7.c leaf for time-stamps": (lambda a: _leaf_with(a, LEAF_USE, STAMPING), errors.KeyUsageRefused, True),
    "4.7.d authority for servers": (lambda a: _issuer(a, CA_FLAG, CA_USE, WRONG_USE), errors.KeyUsageRefused, True),
    "4.8.1 policies, not critical": (lambda a: _leaf_with(a, LEAF_USE, ext.extension("2.5.29.32", POLICIES)), None, False),
    "4.8.a policies, critical": (
        lambda a: _leaf_with(a, LEAF_USE, ext.extension("2.5.29.32", POLICIES, critical=True)),
        errors.CriticalExtensionUnknown, True,
    ),
    "4.9.3 a policy is required": (
        lambda a: _issuer(a, CA_FLAG, CA_USE, POLICY_CONSTRAINTS), errors.CriticalExtensionUnknown, False,
    ),
    "4.12.1 any policy is inhibited": (lambda a: _issuer(a, CA_FLAG, CA_USE, INHIBIT), errors.CriticalExtensionUnknown, True),
    "4.13.1 names inside the constraint": (
        lambda a: _issuer(a, CA_FLAG, CA_USE, constraints("End Entity")), errors.NameConstraintsUnsupported, True,
    ),
    "4.13.2 names outside the constraint": (
        lambda a: _issuer(a, CA_FLAG, CA_USE, constraints("Other")), errors.NameConstraintsUnsupported, False,
    ),
    "4.14.a only some certificates, the leaf among them": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, extensions=[IDP]))), errors.RevocationUnknown, True,
    ),
    "4.14.22 an indirect list": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, extensions=[INDIRECT]))), errors.RevocationUnknown, False,
    ),
    "4.15.1 a delta list without its base": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, extensions=[DELTA]))), errors.RevocationUnknown, True,
    ),
    "4.16.1 unknown extension, not critical": (
        lambda a: _leaf_with(a, LEAF_USE, ext.extension(PRIVATE, der.null())), None, False,
    ),
    "4.16.2 unknown extension, critical": (lambda a: _leaf_with(a, LEAF_USE, ODD), errors.CriticalExtensionUnknown, False),
    "4.16.a unknown extension of the authority, critical": (
        lambda a: _issuer(a, CA_FLAG, CA_USE, ODD), errors.CriticalExtensionUnknown, False,
    ),
    "4.16.b one extension twice": (lambda a: _leaf_with(a, LEAF_USE, LEAF_USE), MalformedCertificate, False),
    "4.16.c key usage without any bit": (
        lambda a: _leaf_with(a, ext.extension(ext.KEY_USAGE, der.named_bits([]), critical=True)), MalformedCertificate, False,
    ),
}  # fmt: skip
algorithms = pytest.mark.parametrize("alg", [Alg.ES256, Alg.SM2], ids=lambda alg: alg.value)


def judge(case: Case) -> None:
    """The path as our verification sees it: everything comes as bytes."""
    check_chain(
        parse_certificate(case.leaf.der),
        [parse_certificate(one.der) for one in case.between],
        [parse_certificate(one.der) for one in case.roots],
        at=case.at,
        crls=[parse_crl(one) for one in case.crls],
        purpose=Purpose.DOCUMENT,
    )


@algorithms
@pytest.mark.parametrize("row", ROWS)
def test_59_paths(row: str, alg: Alg) -> None:
    build, refusal, _ = ROWS[row]
    if refusal is None:
        judge(build(alg))
        return
    with pytest.raises(refusal) as caught:
        judge(build(alg))
    assert type(caught.value) is refusal


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command")
@pytest.mark.parametrize("row", ROWS)
def test_59_an_independent_judge_accepts_at_least_what_we_accept(row: str, tmp_path: Path) -> None:
    build, refusal, stricter = ROWS[row]
    case = build(Alg.ES256)
    strict = [] if row.startswith("4.6.4") else ["-x509_strict"]  # where openssl demands more than RFC 5280's reader must
    command: list[str | Path] = [
        "verify", *strict, "-crl_check_all", "-explicit_policy" if row.startswith("4.9") else "-policy_check",
        "-attime", seconds(case.at),
        "-CAfile", pem_file(tmp_path / "roots.pem", *(one.der for one in case.roots)),
        "-CRLfile", pem_file(tmp_path / "crls.pem", *case.crls, label="X509 CRL"),
    ]  # fmt: skip
    if case.between:
        command += ["-untrusted", pem_file(tmp_path / "between.pem", *(one.der for one in case.between))]
    done = openssl(*command, pem_file(tmp_path / "leaf.pem", case.leaf.der))
    accepted = done.returncode == 0
    if refusal is None:
        assert accepted, done.stderr.decode()
    elif not stricter:
        assert not accepted, "openssl accepts what we refuse: is the row built wrong?"


def test_59_no_root_no_path() -> None:
    """Nothing inside a document ever becomes an anchor."""
    case = valid(Alg.ES256)
    brought_along = (*case.between, root(Alg.ES256))
    for roots in ((), (party("Trust Anchor", None, CA_FLAG, CA_USE),)):
        with pytest.raises(errors.IssuerUnknown):
            judge(Case(case.leaf, brought_along, case.crls, roots))


def test_59_what_is_undetermined_says_so() -> None:
    """A missing list or an unknown issuer is no proof of forgery: the verdict is 无法确定, never 有效."""
    for row, (build, refusal, _) in ROWS.items():
        if refusal is None or not issubclass(refusal, errors.PathRefused):
            continue
        unknown = refusal in (errors.IssuerUnknown, errors.RevocationUnknown)
        with pytest.raises(errors.PathRefused) as caught:
            judge(build(Alg.ES256))
        assert caught.value.undetermined is unknown, row
