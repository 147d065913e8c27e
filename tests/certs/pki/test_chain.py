"""Paths as of a time: every way a path can fail, each with its own refusal (attack case 59)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest

from certs.crypto.alg import Alg
from certs.crypto.keys import ephemeral_key
from certs.crypto.ports import Signer
from certs.errors import InvalidSignature
from certs.pki import der, errors
from certs.pki import extensions as ext
from certs.pki.algorithms import sign, verify_issued
from certs.pki.chain import Path, Purpose, check_chain
from certs.pki.crl import Crl, Revocation, build_crl
from certs.pki.extensions import KeyUsage
from certs.pki.names import name
from certs.pki.x509 import Certificate, build_certificate, key_identifier, parse_certificate
from tests.certs.pki.world import DAY, NOW, authority, flipped

YEAR = 365 * DAY
CA_USE = ext.key_usage(KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN)
SIGN = ext.key_usage(KeyUsage.DIGITAL_SIGNATURE)
_serials = count(1000)
algorithms = pytest.mark.parametrize("alg", list(Alg), ids=lambda alg: alg.value)


class Party:
    """A key with a certificate from `above`, or from itself."""

    def __init__(
        self,
        title: str,
        above: "Party | None" = None,
        *extensions: bytes,
        start: datetime = NOW - YEAR,
        end: datetime = NOW + YEAR,
        key: Signer | None = None,
        alg: Alg = Alg.ES256,
    ) -> None:
        self.key = key or ephemeral_key(alg)
        subject = name(common_name=title, organisation="测试")
        issuer = above or self
        self.certificate: Certificate = build_certificate(
            signer=issuer.key,
            issuer=above.certificate.subject if above else subject,
            subject=subject,
            key=self.key.verifier(),
            serial=next(_serials),
            not_before=start,
            not_after=end,
            extensions=[
                *extensions,
                ext.subject_key_id(key_identifier(self.key.verifier())),
                ext.authority_key_id(key_identifier(issuer.key.verifier())),
            ],
        )

    def crl(self, *revoked: Revocation, at: datetime = NOW - DAY, days: float = 7, signer: Signer | None = None) -> Crl:
        return build_crl(
            signer=signer or self.key,
            issuer=self.certificate,
            number=1,
            this_update=at,
            next_update=at + timedelta(days=days),
            revoked=revoked,
        )


def ca_flag(path_length: int | None = None) -> bytes:
    return ext.basic_constraints(is_ca=True, path_length=path_length)


ROOT = Party("root", None, ca_flag(), CA_USE)
MIDDLE = Party("middle", ROOT, ca_flag(), CA_USE)
LISTS = (ROOT.crl(), MIDDLE.crl())


def check(
    leaf: Party | Certificate,
    middles: Sequence[Party] = (MIDDLE,),
    roots: Sequence[Party] = (ROOT,),
    *,
    at: datetime = NOW,
    crls: Sequence[Crl] = LISTS,
    purpose: Purpose = Purpose.DOCUMENT,
) -> Path:
    certificate = leaf.certificate if isinstance(leaf, Party) else leaf
    between, above = [party.certificate for party in middles], [party.certificate for party in roots]
    return check_chain(certificate, between, above, at=at, crls=crls, purpose=purpose)


LEAF = Party("leaf", MIDDLE, SIGN)


@algorithms
def test_the_development_set_holds_for_its_purposes_only(alg: Alg) -> None:
    ca = authority(alg)
    arguments = ([ca.issuing.certificate], [ca.root.certificate])
    lists = ca.crls(NOW)
    path = check_chain(ca.signer.certificate, *arguments, at=NOW, crls=lists, purpose=Purpose.DOCUMENT)
    assert path.certificates == (ca.signer.certificate, ca.issuing.certificate, ca.root.certificate)
    assert (path.leaf, path.root) == (ca.signer.certificate, ca.root.certificate)
    check_chain(ca.tsa.certificate, *arguments, at=NOW, crls=lists, purpose=Purpose.TIMESTAMP)
    for leaf, purpose in ((ca.tsa, Purpose.DOCUMENT), (ca.signer, Purpose.TIMESTAMP), (ca.issuing, Purpose.DOCUMENT)):
        with pytest.raises(errors.KeyUsageRefused):
            check_chain(leaf.certificate, *arguments, at=NOW, crls=lists, purpose=purpose)


@pytest.mark.parametrize(
    ("at", "error"),
    [
        (NOW - timedelta(hours=1), None),
        (NOW - YEAR, None),
        (NOW - YEAR - timedelta(seconds=1), errors.CertificateNotYetValid),
        (NOW + YEAR, errors.RevocationUnknown),
        (NOW + YEAR + timedelta(seconds=1), errors.CertificateExpired),
    ],
)
def test_the_time_in_question_decides(at: datetime, error: type[errors.PathRefused] | None) -> None:
    if error is None:
        assert check(LEAF, at=at).at == at
        return
    with pytest.raises(error):
        check(LEAF, at=at)


def test_an_expired_authority_breaks_the_path_in_the_middle() -> None:
    short = Party("short", ROOT, ca_flag(), CA_USE, end=NOW - DAY)
    leaf = Party("leaf", short, SIGN)
    with pytest.raises(errors.CertificateExpired) as caught:
        check(leaf, [short], crls=[ROOT.crl(), short.crl()])
    assert (caught.value.subject, caught.value.not_after) == (short.certificate.subject_text, NOW - DAY)
    check(leaf, [short], crls=[ROOT.crl(), short.crl()], at=NOW - 2 * DAY)


def test_an_expired_root_is_no_anchor() -> None:
    root = Party("old root", None, ca_flag(), CA_USE, end=NOW - DAY)
    with pytest.raises(errors.CertificateExpired):
        check(Party("leaf", root, SIGN), [], [root], crls=[root.crl()])


def test_who_is_no_authority_issues_nothing() -> None:
    for flags in ([], [ext.basic_constraints(is_ca=False)], [CA_USE]):
        middle = Party("plain", ROOT, *flags)
        with pytest.raises(errors.NotAnAuthority):
            check(Party("leaf", middle, SIGN), [middle], crls=[ROOT.crl(), middle.crl()])
    listing = Party("lists only", ROOT, ca_flag(), ext.key_usage(KeyUsage.CRL_SIGN))
    with pytest.raises(errors.KeyUsageRefused, match="may not sign certificates"):
        check(Party("leaf", listing, SIGN), [listing], crls=[ROOT.crl(), listing.crl()])


def test_path_lengths_count_authorities_below_self_issued_ones_aside() -> None:
    for allowed, fits in ((0, False), (1, True), (None, True)):
        top = Party("top", None, ca_flag(allowed), CA_USE)
        middle = Party("middle", top, ca_flag(0), CA_USE)
        leaf = Party("leaf", middle, SIGN)
        lists = [top.crl(), middle.crl()]
        if fits:
            check(leaf, [middle], [top], crls=lists)
            continue
        with pytest.raises(errors.PathTooLong) as caught:
            check(leaf, [middle], [top], crls=lists)
        assert (caught.value.allowed, caught.value.found) == (0, 1)
    top = Party("top", None, ca_flag(0), CA_USE)
    rolled = Party("top", top, ca_flag(0), CA_USE)  # a new key under the same name: self-issued
    check(Party("leaf", rolled, SIGN), [rolled], [top], crls=[top.crl(), rolled.crl()])


def test_purposes_are_enforced_at_leaf_and_authority() -> None:
    stamp = ext.extended_key_usage([ext.TIME_STAMPING], critical=True)
    check(Party("tsa", MIDDLE, SIGN, stamp), purpose=Purpose.TIMESTAMP)
    lax = ext.extended_key_usage([ext.TIME_STAMPING], critical=False)
    both = ext.extended_key_usage([ext.TIME_STAMPING, ext.DOCUMENT_SIGNING], critical=True)
    anything = ext.extended_key_usage([ext.ANY_PURPOSE], critical=True)
    for wrong in ([SIGN], [SIGN, lax], [SIGN, both], [SIGN, anything]):
        with pytest.raises(errors.KeyUsageRefused):
            check(Party("tsa", MIDDLE, *wrong), purpose=Purpose.TIMESTAMP)
    check(Party("any", MIDDLE, SIGN, anything))
    for wrong in ([], [CA_USE], [SIGN, stamp]):
        with pytest.raises(errors.KeyUsageRefused):
            check(Party("leaf", MIDDLE, *wrong))
    stamping = Party("stamping CA", ROOT, ca_flag(), CA_USE, stamp)
    with pytest.raises(errors.KeyUsageRefused, match="authority is not for document"):
        check(Party("leaf", stamping, SIGN), [stamping], crls=[ROOT.crl(), stamping.crl()])


def test_what_is_critical_and_not_understood_is_refused() -> None:
    odd = ext.extension("1.3.6.1.4.1.32473.9", der.null(), critical=True)
    with pytest.raises(errors.CriticalExtensionUnknown) as caught:
        check(Party("leaf", MIDDLE, SIGN, odd))
    assert caught.value.evidence["oids"] == ["1.3.6.1.4.1.32473.9"]
    check(Party("leaf", MIDDLE, SIGN, ext.extension("1.3.6.1.4.1.32473.9", der.null())))
    narrow = Party(
        "narrow", ROOT, ca_flag(), CA_USE, ext.extension(ext.NAME_CONSTRAINTS, der.sequence(), critical=True)
    )
    with pytest.raises(errors.NameConstraintsUnsupported):
        check(Party("leaf", narrow, SIGN), [narrow], crls=[ROOT.crl(), narrow.crl()])


@algorithms
def test_a_forged_certificate_has_no_path(alg: Alg) -> None:
    root = Party("root", None, ca_flag(), CA_USE, alg=alg)
    leaf = Party("leaf", root, SIGN, alg=alg)
    for position in (len(leaf.certificate.signature) - 1, 40):
        forged = replace(leaf.certificate, signature=flipped(leaf.certificate.signature, position))
        with pytest.raises(errors.CertificateForged):
            check(forged, [], [root], crls=[root.crl()])
    for signature in (b"", der.sequence(der.integer(0), der.integer(0)), der.sequence(der.integer(-5), der.integer(7))):
        with pytest.raises(errors.CertificateForged):
            check(replace(leaf.certificate, signature=signature), [], [root], crls=[root.crl()])
    changed = leaf.certificate.der.replace(b"leaf", b"loaf")
    with pytest.raises(errors.CertificateForged):
        check(parse_certificate(changed), [], [root], crls=[root.crl()])


@algorithms
def test_a_signature_found_good_once_lends_nothing_to_any_other(alg: Alg) -> None:
    key, other = ephemeral_key(alg), ephemeral_key(alg)
    message, signature = b"what was issued", sign(key, b"what was issued")
    for _ in range(2):
        verify_issued(key.verifier(), alg, message, signature)
        for tried in (
            (other.verifier(), alg, message, signature),
            (key.verifier(), alg, message + b"!", signature),
            (key.verifier(), alg, message, flipped(signature, 20)),
            (key.verifier(), alg, message[1:], signature + message[:1]),
            (key.verifier(), alg, signature[-1:] + message, signature[:-1]),
            *((key.verifier(), one, message, signature) for one in Alg if one is not alg),
        ):
            with pytest.raises(InvalidSignature):
                verify_issued(*tried)


def test_an_authority_of_the_same_name_and_another_key_is_not_the_authority() -> None:
    double = Party("root", None, ca_flag(), CA_USE)
    with pytest.raises(errors.IssuerUnknown):
        check(LEAF, roots=[double])
    assert errors.IssuerUnknown.undetermined
    bare = build_certificate(  # without key identifiers only the signature tells
        signer=double.key, issuer=ROOT.certificate.subject, subject=LEAF.certificate.subject, key=LEAF.key.verifier(),
        serial=5, not_before=NOW - DAY, not_after=NOW + DAY, extensions=[SIGN],
    )  # fmt: skip
    with pytest.raises(errors.CertificateForged):
        check(bare)


def test_an_algorithm_that_is_not_the_keys_is_refused() -> None:
    with pytest.raises(errors.CertificateForged):
        check(replace(LEAF.certificate, alg=Alg.SM2))


def test_a_root_as_leaf_and_a_self_signed_leaf_are_refused() -> None:
    with pytest.raises(errors.IssuerUnknown):
        check(ROOT, [])
    with pytest.raises(errors.IssuerUnknown):
        check(Party("self", None, SIGN))


def test_a_second_path_is_tried_and_loops_end() -> None:
    other_root = Party("other root", None, ca_flag(), CA_USE)
    cross = Party("middle", other_root, ca_flag(), CA_USE, key=MIDDLE.key, end=NOW - DAY)
    path = check(LEAF, [cross, MIDDLE], [other_root, ROOT], crls=[*LISTS, other_root.crl()])
    assert path.root is ROOT.certificate
    a = Party("a")
    b = Party("b", a, ca_flag(), CA_USE)
    loop = Party("a", b, ca_flag(), CA_USE, key=a.key)
    with pytest.raises(errors.IssuerUnknown):
        check(Party("leaf", b, SIGN), [b, loop, *(Party("a", b, ca_flag(), CA_USE, key=a.key) for _ in range(20))])


def test_revocation_as_of_the_time_in_question() -> None:
    serial = LEAF.certificate.serial
    later = [ROOT.crl(at=NOW + 20 * DAY), MIDDLE.crl(Revocation(serial, NOW + DAY, "superseded"), at=NOW + 20 * DAY)]
    check(LEAF, at=NOW, crls=later)  # revoked afterwards
    with pytest.raises(errors.CertificateRevoked) as caught:
        check(LEAF, at=NOW + DAY, crls=later)
    assert (caught.value.reason, caught.value.revoked_at) == ("superseded", NOW + DAY)
    doubtful = Revocation(serial, NOW + DAY, "keyCompromise", NOW - DAY)
    with pytest.raises(errors.CertificateRevoked) as caught:
        check(LEAF, at=NOW, crls=[ROOT.crl(), MIDDLE.crl(doubtful, at=NOW + 20 * DAY)])
    assert caught.value.revoked_at == NOW - DAY
    gone = Revocation(MIDDLE.certificate.serial, NOW - DAY, "cACompromise")
    with pytest.raises(errors.CertificateRevoked):
        check(LEAF, crls=[ROOT.crl(gone), MIDDLE.crl()])


def test_a_revocation_in_a_stale_list_counts_but_a_hold_does_not_last() -> None:
    serial = LEAF.certificate.serial
    for reason, error in (("keyCompromise", errors.CertificateRevoked), ("certificateHold", errors.RevocationUnknown)):
        stale = MIDDLE.crl(Revocation(serial, NOW - 40 * DAY, reason), at=NOW - 30 * DAY)
        with pytest.raises(error):
            check(LEAF, crls=[ROOT.crl(), stale])
    held = MIDDLE.crl(Revocation(serial, NOW - 2 * DAY, "certificateHold"))
    with pytest.raises(errors.CertificateRevoked):
        check(LEAF, crls=[ROOT.crl(), held])


def test_without_a_good_list_nothing_is_known() -> None:
    assert errors.RevocationUnknown.undetermined
    stranger = ephemeral_key(Alg.ES256)
    too_late = MIDDLE.crl(at=NOW + 2 * YEAR)  # made after the leaf had expired: it may have been dropped
    no_lists = Party("no lists", ROOT, ca_flag(), ext.key_usage(KeyUsage.KEY_CERT_SIGN))
    cases: list[tuple[Party, list[Party], list[Crl]]] = [
        (LEAF, [MIDDLE], []),
        (LEAF, [MIDDLE], [ROOT.crl()]),
        (LEAF, [MIDDLE], [MIDDLE.crl()]),
        (LEAF, [MIDDLE], [ROOT.crl(), MIDDLE.crl(at=NOW - 30 * DAY)]),
        (LEAF, [MIDDLE], [ROOT.crl(), MIDDLE.crl(signer=stranger)]),
        (LEAF, [MIDDLE], [ROOT.crl(), replace(MIDDLE.crl(), critical=frozenset({"2.5.29.27"}))]),
        (LEAF, [MIDDLE], [ROOT.crl(), too_late]),
        (Party("leaf", no_lists, SIGN), [no_lists], [ROOT.crl(), no_lists.crl()]),
    ]
    for leaf, middles, crls in cases:
        with pytest.raises(errors.RevocationUnknown):
            check(leaf, middles, crls=crls)


def test_a_missing_list_hides_no_forgery() -> None:
    forged = replace(LEAF.certificate, signature=flipped(LEAF.certificate.signature, 40))
    with pytest.raises(errors.CertificateForged):
        check(forged, crls=[])
    with pytest.raises(errors.CertificateRevoked):
        check(LEAF, crls=[MIDDLE.crl(Revocation(LEAF.certificate.serial, NOW - 2 * DAY))])
