"""PKITS 4.1 to 4.4, 4.14 and 4.15: signatures, validity, names, revocation."""

from collections.abc import Callable, Mapping

from certs.crypto.alg import Alg
from certs.crypto.keys import ephemeral_key
from certs.pki import der, errors
from certs.pki import extensions as ext
from certs.pki.algorithms import SUITES
from certs.pki.errors import MalformedCertificate, MalformedDer
from certs.pki.extensions import KeyUsage
from tests.certs.attacks.pkits import (
    CA_FLAG,
    ODD,
    YEAR,
    Case,
    Party,
    Row,
    ca,
    crl,
    leaf,
    named,
    path,
    root,
    spoiled,
)
from tests.certs.pki.world import DAY, NOW

# ---- 4.1 signatures ----------------------------------------------------------------------------------------


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


# ---- 4.2 validity ------------------------------------------------------------------------------------------


def _ca_valid(alg: Alg, start: object, end: object) -> Case:
    one = ca(alg, start=start, end=end)
    return path(alg, leaf(alg, one), one)


def _leaf_valid(alg: Alg, start: object, end: object) -> Case:
    one = ca(alg)
    return path(alg, leaf(alg, one, start=start, end=end), one)


UTC_1950, UTC_1999 = der.tlv(0x17, b"500101120000Z"), der.tlv(0x17, b"990101120000Z")
GENERAL_2002, GENERAL_2050 = der.tlv(0x18, b"20020501120000Z"), der.tlv(0x18, b"20500101120000Z")


# ---- 4.3 names ---------------------------------------------------------------------------------------------


def other_issuer_name(alg: Alg) -> Case:
    one = ca(alg)
    return path(alg, leaf(alg, one, issuer=named("Good CA Root")), one)


def names_in_another_order(alg: Alg) -> Case:
    one = ca(alg)
    parts = [
        der.set_of([der.sequence(der.oid(o), der.utf8(t))]) for o, t in (("2.5.4.3", "Good CA"), ("2.5.4.10", "测试"))
    ]
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


# ---- 4.4 and 4.14, 4.15: revocation ------------------------------------------------------------------------


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


ROWS: Mapping[str, Row] = {
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
        lambda a: _leaf_valid(a, der.tlv(0x17, b"2601011200Z"), NOW + YEAR),
        MalformedDer,
        False,
    ),
    "4.2.c time with a zone": (
        lambda a: _leaf_valid(a, der.tlv(0x17, b"260101120000+0800"), NOW + YEAR),
        MalformedDer,
        False,
    ),
    "4.3.1 other issuer name": (other_issuer_name, errors.IssuerUnknown, False),
    "4.3.2 names in another order": (names_in_another_order, errors.IssuerUnknown, False),
    "4.3.3 more spaces": (lambda a: _spelled(a, der.utf8("Good  CA")), errors.IssuerUnknown, True),
    "4.3.5 other capitals": (lambda a: _spelled(a, der.utf8("GOOD CA")), errors.IssuerUnknown, True),
    "4.3.10 PrintableString for UTF8String": (
        lambda a: _spelled(a, der.printable("Good CA")),
        errors.IssuerUnknown,
        True,
    ),
    "4.3.a empty issuer": (empty_issuer, errors.IssuerUnknown, False),
    "4.4.1 missing list of the CA": (lambda a: _lists(a, lambda r, c, e: (crl(r),)), errors.RevocationUnknown, False),
    "4.4.1b missing list of the root": (
        lambda a: _lists(a, lambda r, c, e: (crl(c),)),
        errors.RevocationUnknown,
        False,
    ),
    "4.4.2 CA revoked": (
        lambda a: _lists(a, lambda r, c, e: (crl(r, (c.serial, "2")), crl(c))),
        errors.CertificateRevoked,
        False,
    ),
    "4.4.3 leaf revoked": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, (e.serial, "1")))),
        errors.CertificateRevoked,
        False,
    ),
    "4.4.4 list with a bad signature": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, signed_by=ephemeral_key(a)))),
        errors.RevocationUnknown,
        False,
    ),
    "4.4.5 list with another issuer name": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, issuer=named("Other")))),
        errors.RevocationUnknown,
        False,
    ),
    "4.4.6 the wrong list": (lambda a: _lists(a, lambda r, c, e: (crl(r), crl(r))), errors.RevocationUnknown, False),
    "4.4.7 two lists, one of another issuer": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, issuer=named("Other")), crl(c))),
        None,
        False,
    ),
    "4.4.8 unknown critical extension of an entry": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, (7, ""), entry_extensions=[ODD]))),
        MalformedCertificate,
        False,
    ),
    "4.4.9 unknown critical extension of the list": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, extensions=[ODD]))),
        errors.RevocationUnknown,
        False,
    ),
    "4.4.10 the same, and the leaf is on it": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, (e.serial, "1"), extensions=[ODD]))),
        errors.RevocationUnknown,
        False,
    ),
    "4.4.11 old list": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, at=NOW - 9 * DAY, until=NOW - 2 * DAY))),
        errors.RevocationUnknown,
        False,
    ),
    "4.4.12 list that ended in 1999": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, at=UTC_1950, until=UTC_1999))),
        errors.RevocationUnknown,
        False,
    ),
    "4.4.13 list that ends in 2050": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, until=GENERAL_2050))),
        None,
        False,
    ),
    "4.4.a list without an end": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, until=None))),
        MalformedDer,
        True,
    ),
    "4.4.14 negative serial number": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, (-1, "1"))), serial=-2),
        MalformedCertificate,
        True,
    ),
    "4.4.15 negative number, revoked": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, (-1, "1"))), serial=-1),
        MalformedCertificate,
        False,
    ),
    "4.4.16 long serial number, another revoked": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, (2**158 + 1, "1"))), serial=2**158),
        None,
        False,
    ),
    "4.4.18 long serial number, revoked": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, (2**158, "1"))), serial=2**158),
        errors.CertificateRevoked,
        False,
    ),
    "4.4.b serial number beyond 20 octets": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c)), serial=2**160),
        MalformedCertificate,
        True,
    ),
    "4.4.c serial number zero": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c)), serial=0),
        MalformedCertificate,
        True,
    ),
    "4.4.19 lists by a second key": (lambda a: crl_key_of_its_own(a, known=True), errors.RevocationUnknown, True),
    "4.4.20 lists by a second key nobody knows": (
        lambda a: crl_key_of_its_own(a, known=False),
        errors.RevocationUnknown,
        False,
    ),
    "4.14.a only some certificates, the leaf among them": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, extensions=[IDP]))),
        errors.RevocationUnknown,
        True,
    ),
    "4.14.22 an indirect list": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, extensions=[INDIRECT]))),
        errors.RevocationUnknown,
        False,
    ),
    "4.15.1 a delta list without its base": (
        lambda a: _lists(a, lambda r, c, e: (crl(r), crl(c, extensions=[DELTA]))),
        errors.RevocationUnknown,
        True,
    ),
}
