"""Attack case 59: certification paths after NIST's PKITS, for P-256 and SM2. Every path that must not hold is refused.

`openssl verify` judges the same files (P-256): whatever we accept it accepts too, and what it refuses we never accept.
Where we refuse more than the standard demands (names in another spelling, name constraints, negative numbers), the row
says so by `stricter`.
"""

from pathlib import Path

import pytest

from certs.crypto.alg import Alg
from certs.pki import errors
from certs.pki.chain import Purpose, check_chain
from certs.pki.crl import parse_crl
from certs.pki.x509 import parse_certificate
from tests.certs.attacks import pkits_authorities, pkits_paths
from tests.certs.attacks.pkits import CA_FLAG, CA_USE, Case, party, root
from tests.certs.pki.world import openssl, pem_file, seconds
from tests.support.components import OPENSSL

ROWS = {**pkits_paths.ROWS, **pkits_authorities.ROWS}
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


@pytest.mark.needs(OPENSSL)
@pytest.mark.parametrize("row", ROWS)
def test_59_an_independent_judge_accepts_at_least_what_we_accept(row: str, tmp_path: Path) -> None:
    build, refusal, stricter = ROWS[row]
    case = build(Alg.ES256)
    strict = (
        [] if row.startswith("4.6.4") else ["-x509_strict"]
    )  # where openssl demands more than RFC 5280's reader must
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
    case = pkits_paths.valid(Alg.ES256)
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
