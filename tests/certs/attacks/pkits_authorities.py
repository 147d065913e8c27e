"""PKITS 4.5 to 4.13 and 4.16: authorities, path lengths, uses, policies, constraints, private extensions."""

from collections.abc import Mapping

from certs.crypto.alg import Alg
from certs.pki import der, errors
from certs.pki import extensions as ext
from certs.pki.errors import MalformedCertificate, MalformedDer
from certs.pki.extensions import KeyUsage
from tests.certs.attacks.pkits import (
    CA_FLAG,
    CA_USE,
    LEAF_USE,
    ODD,
    PRIVATE,
    Case,
    Party,
    Row,
    ca,
    crl,
    leaf,
    named,
    party,
    path,
    root,
)

# ---- 4.5, 4.6 authorities ----------------------------------------------------------------------------------


def self_issued_rollover(alg: Alg) -> Case:
    old = ca(alg)
    new = party(old.subject, old, CA_FLAG, CA_USE, alg=alg)
    return path(alg, leaf(alg, new), old, new, crls=(crl(root(alg)), crl(old), crl(new)))


def _issuer(alg: Alg, *extensions: bytes, **unusual: object) -> Case:
    one = ca(alg, *extensions, **unusual)  # type: ignore[arg-type]  # keywords of ca
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


# ---- 4.7 to 4.16: use, policies, constraints, private extensions -------------------------------------------


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


ROWS: Mapping[str, Row] = {
    "4.5.1 a new key under the old name": (self_issued_rollover, None, False),
    "4.6.1 no basic constraints": (lambda a: _issuer(a, CA_USE), errors.NotAnAuthority, False),
    "4.6.2 CA false, critical": (
        lambda a: _issuer(a, ext.basic_constraints(is_ca=False), CA_USE),
        errors.NotAnAuthority,
        False,
    ),
    "4.6.3 CA false, not critical": (
        lambda a: _issuer(a, ext.extension(ext.BASIC_CONSTRAINTS, der.sequence()), CA_USE),
        errors.NotAnAuthority,
        False,
    ),
    "4.6.4 CA true, not critical": (
        lambda a: _issuer(a, ext.extension(ext.BASIC_CONSTRAINTS, der.sequence(der.boolean(True))), CA_USE),
        None,
        False,
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
        lambda a: _issuer(a, ext.basic_constraints(is_ca=True, path_length=-1), CA_USE),
        MalformedDer,
        False,
    ),
    "4.6.d version 1 as authority": (lambda a: _issuer(a, version=0), MalformedDer, False),
    "4.7.1 key usage without certificate signing, critical": (
        lambda a: _issuer(a, CA_FLAG, ext.key_usage(KeyUsage.CRL_SIGN)),
        errors.KeyUsageRefused,
        False,
    ),
    "4.7.2 the same, not critical": (
        lambda a: _issuer(a, CA_FLAG, ext.extension(ext.KEY_USAGE, der.named_bits([KeyUsage.CRL_SIGN]))),
        errors.KeyUsageRefused,
        False,
    ),
    "4.7.3 key usage not critical": (
        lambda a: _issuer(
            a, CA_FLAG, ext.extension(ext.KEY_USAGE, der.named_bits([KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN]))
        ),
        None,
        False,
    ),
    "4.7.4 key usage without list signing": (
        lambda a: _issuer(a, CA_FLAG, ext.key_usage(KeyUsage.KEY_CERT_SIGN)),
        errors.RevocationUnknown,
        False,
    ),
    "4.7.a leaf without signature use": (
        lambda a: _leaf_with(a, ext.extension(ext.KEY_USAGE, der.named_bits([2]), critical=True)),
        errors.KeyUsageRefused,
        True,
    ),
    "4.7.b leaf for servers": (lambda a: _leaf_with(a, LEAF_USE, WRONG_USE), errors.KeyUsageRefused, True),
    "4.7.c leaf for time-stamps": (lambda a: _leaf_with(a, LEAF_USE, STAMPING), errors.KeyUsageRefused, True),
    "4.7.d authority for servers": (lambda a: _issuer(a, CA_FLAG, CA_USE, WRONG_USE), errors.KeyUsageRefused, True),
    "4.8.1 policies, not critical": (
        lambda a: _leaf_with(a, LEAF_USE, ext.extension("2.5.29.32", POLICIES)),
        None,
        False,
    ),
    "4.8.a policies, critical": (
        lambda a: _leaf_with(a, LEAF_USE, ext.extension("2.5.29.32", POLICIES, critical=True)),
        errors.CriticalExtensionUnknown,
        True,
    ),
    "4.9.3 a policy is required": (
        lambda a: _issuer(a, CA_FLAG, CA_USE, POLICY_CONSTRAINTS),
        errors.CriticalExtensionUnknown,
        False,
    ),
    "4.12.1 any policy is inhibited": (
        lambda a: _issuer(a, CA_FLAG, CA_USE, INHIBIT),
        errors.CriticalExtensionUnknown,
        True,
    ),
    "4.13.1 names inside the constraint": (
        lambda a: _issuer(a, CA_FLAG, CA_USE, constraints("End Entity")),
        errors.NameConstraintsUnsupported,
        True,
    ),
    "4.13.2 names outside the constraint": (
        lambda a: _issuer(a, CA_FLAG, CA_USE, constraints("Other")),
        errors.NameConstraintsUnsupported,
        False,
    ),
    "4.16.1 unknown extension, not critical": (
        lambda a: _leaf_with(a, LEAF_USE, ext.extension(PRIVATE, der.null())),
        None,
        False,
    ),
    "4.16.2 unknown extension, critical": (
        lambda a: _leaf_with(a, LEAF_USE, ODD),
        errors.CriticalExtensionUnknown,
        False,
    ),
    "4.16.a unknown extension of the authority, critical": (
        lambda a: _issuer(a, CA_FLAG, CA_USE, ODD),
        errors.CriticalExtensionUnknown,
        False,
    ),
    "4.16.b one extension twice": (lambda a: _leaf_with(a, LEAF_USE, LEAF_USE), MalformedCertificate, False),
    "4.16.c key usage without any bit": (
        lambda a: _leaf_with(a, ext.extension(ext.KEY_USAGE, der.named_bits([]), critical=True)),
        MalformedCertificate,
        False,
    ),
}
