"""An issuer seals only with what verifiers would accept now: seal, certificates, lists, time-stamps."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapters.errors import TsaUnreachableError
from adapters.tsa.client import TsaClient
from certs.crypto.alg import Alg
from certs.crypto.keys import ephemeral_key
from certs.errors import CertsError
from certs.pki.algorithms import SHA256, SM3
from certs.pki.cms import Stamp
from certs.pki.dev_ca import DevelopmentKeys, development_ca
from certs.pki.dev_tsa import DevelopmentTsa
from certs.pki.errors import DevelopmentOnly, PathRefused, TimestampRefused, TimestampRejected
from certs.pki.timestamp import open_token
from certs.seals.errors import SealUseRefused
from certs.seals.registry import Act
from certs.seals.seal import lists_signer
from certs.seals.signature import read_v4
from exchange.app import App
from exchange.errors import DepartmentUnknownError, KeyUncertifiedError, SealUnavailableError
from exchange.model import Principal, Role
from exchange.service.keys import KeyRole, NoSignerError
from exchange.service.sealers import Sealers
from tests.support.sealing_hub import PSB, enrolled, with_departments

MCA = "11339900MB9000023J"
Ask = Callable[[bytes], bytes]


def household(hub: App) -> str:
    return hub.types.get("household").code


def stamping_with(hub: App, ask: Ask, *, now: Callable[[], datetime] | None = None) -> Sealers:
    return replace(hub.documents.sealers, ask_tsa=ask, now=now or hub.now)


async def tsa_of(hub: App) -> Ask:
    return await hub.documents.development.timestamper(iter(range(1, 1000)).__next__)


def stamp_of(stamp: Stamp | None) -> Stamp:
    assert stamp is not None
    return stamp


# ---- ready to seal -------------------------------------------------------------------------------------------


async def test_an_enrolled_department_seals_with_its_seal_and_both_keys(hub: App) -> None:
    (who,) = await enrolled(hub)
    found = await hub.documents.sealers.for_issuer(PSB, household(hub))
    assert found.ofd.identity.signer.kid == who.seal_kid
    assert found.pdf.identity.signer.kid == who.pdf_kid
    seal = read_v4(found.ofd.seal_der)
    assert seal.info.es_id == who.es_id
    assert "测试" in seal.info.name
    assert lists_signer(seal.info, found.ofd.identity.certificate.der)
    assert (found.ofd.stamp, found.pdf.stamp, found.pdf.archive) == (None, None, None)
    assert found.pdf.appearance.image


async def test_enrolling_again_changes_nothing(hub: App) -> None:
    (first,) = await enrolled(hub)
    again = await hub.documents.enrolment.enrol(PSB)
    assert again == replace(first, accounts=())
    assert len({account.password for account in first.accounts}) == 2
    for account in first.accounts:
        who, _ = await hub.access.login(account.username, account.password, address="127.0.0.1")
        assert (who.role, who.department) == (Role.CUSTODIAN, PSB)


async def test_nobody_is_enrolled_whom_the_catalogue_does_not_know(hub: App) -> None:
    await hub.documents.development.init()
    with pytest.raises(DepartmentUnknownError):
        await hub.documents.enrolment.enrol(PSB)
    assert not [row for row in hub.keys.rows if row.owner == PSB]


# ---- not ready -----------------------------------------------------------------------------------------------


async def test_without_seal_key_or_certificate_nothing_is_sealed(hub: App) -> None:
    sealers = hub.documents.sealers
    with pytest.raises(SealUnavailableError, match="no seal on file"):
        await sealers.for_issuer(PSB, household(hub))
    (who,) = await enrolled(hub)
    with pytest.raises(SealUseRefused, match="do not name type"):
        await sealers.for_issuer(PSB, "11100000000013338W999")
    with pytest.raises(SealUnavailableError, match="no seal on file"):
        await sealers.for_issuer(MCA, household(hub))
    await hub.keys.retire(who.pdf_kid)
    with pytest.raises(NoSignerError):
        await sealers.for_issuer(PSB, household(hub))
    await hub.keys.generate(KeyRole.SEAL_PDF, PSB)
    with pytest.raises(KeyUncertifiedError):
        await sealers.for_issuer(PSB, household(hub))


async def test_a_suspended_seal_seals_nothing(hub: App) -> None:
    (who,) = await enrolled(hub)
    keeper = Principal(Role.CUSTODIAN, "保管人", department=PSB, officer=who.custodians[0])
    await hub.documents.seals.stop(keeper, who.es_id, Act.SUSPEND, reason="遗失")
    with pytest.raises(SealUseRefused, match="停用"):
        await hub.documents.sealers.for_issuer(PSB, household(hub))


async def test_a_new_key_that_no_seal_lists_leaves_the_old_one_sealing(hub: App) -> None:
    (who,) = await enrolled(hub)
    made = await hub.keys.generate(KeyRole.SEAL, PSB)
    before = await hub.documents.sealers.for_issuer(PSB, household(hub))
    assert before.ofd.identity.signer.kid == who.seal_kid, "the new one is not certified"
    await hub.documents.development.certify(made, "测试")
    still = await hub.documents.sealers.for_issuer(PSB, household(hub))
    assert still.ofd.identity.signer.kid == who.seal_kid, "the seal does not list the new one"
    await hub.keys.retire(who.seal_kid)
    with pytest.raises(SealUnavailableError, match="lists no certificate"):
        await hub.documents.sealers.for_issuer(PSB, household(hub))
    (again,) = (await hub.documents.enrolment.enrol(PSB),)
    assert again.seal_kid == made.kid
    assert again.es_id != who.es_id
    now = await hub.documents.sealers.for_issuer(PSB, household(hub))
    assert now.ofd.identity.signer.kid == made.kid


@pytest.mark.parametrize("key", ["seal_kid", "pdf_kid"])
async def test_a_revoked_certificate_seals_nothing(hub: App, key: str) -> None:
    (who,) = await enrolled(hub)
    await hub.documents.development.revoke(getattr(who, key), "keyCompromise")
    with pytest.raises(SealUnavailableError, match="revoked"):
        await hub.documents.sealers.for_issuer(PSB, household(hub))


async def test_a_revocation_list_that_ended_leaves_nobody_sealing(hub: App) -> None:
    await enrolled(hub)
    later = hub.now() + timedelta(days=8)
    with pytest.raises(SealUnavailableError, match="revocation-unknown"):
        await replace(hub.documents.sealers, now=lambda: later).for_issuer(PSB, household(hub))
    await _init_later(hub, lambda: hub.now() + timedelta(days=5))
    await replace(hub.documents.sealers, now=lambda: later).for_issuer(PSB, household(hub))


async def _init_later(hub: App, now: Callable[[], datetime]) -> None:
    """`dev-ca init` some days later, on a hub whose clock says so."""
    units = replace(hub.units, now=now)
    authorities = replace(hub.documents.authorities, units=units)
    await replace(hub.documents.development, now=now, authorities=authorities).init()


# ---- time-stamps ---------------------------------------------------------------------------------------------


async def test_both_faces_are_stamped_each_with_its_digest(hub: App) -> None:
    await enrolled(hub)
    found = await stamping_with(hub, await tsa_of(hub)).for_issuer(PSB, household(hub))
    for stamp, digest in ((found.ofd.stamp, SM3), (found.pdf.stamp, SHA256)):
        token = open_token(stamp_of(stamp)(b"value"), b"value")
        assert token.imprint.digest_oid == digest
    archive = found.pdf.archive
    assert archive is not None
    names = " ".join(certificate.subject_text for certificate in archive.certificates)
    assert "TSA" in names
    assert "SM2" not in names, "what no path needs is not put into every document"
    assert len(archive.crls) == 2


def lying(hub: App, alg: Alg, at: Callable[[], datetime]) -> Ask:
    """An authority of the same names that nobody believes."""
    keys = DevelopmentKeys(*(ephemeral_key(alg) for _ in range(5)))
    stranger = development_ca(keys, now=hub.now(), profile="embedded")
    return DevelopmentTsa(stranger.tsa, now=at, new_serial=lambda: 1, profile="embedded").reply


async def test_an_authority_nobody_vouches_for_stamps_nothing(hub: App) -> None:
    await enrolled(hub)
    with pytest.raises(PathRefused):
        await stamping_with(hub, lying(hub, Alg.ES256, hub.now)).for_issuer(PSB, household(hub))


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_an_authority_whose_clock_is_wrong_stamps_nothing(hub: App, minutes: int) -> None:
    await enrolled(hub)
    development = replace(hub.documents.development, now=lambda: hub.now() + timedelta(minutes=minutes))
    ask = await development.timestamper(iter(range(1, 99)).__next__)
    with pytest.raises((TimestampRefused, PathRefused, TimestampRejected)):
        await stamping_with(hub, ask).for_issuer(PSB, household(hub))


async def test_an_authority_that_is_not_there_stamps_nothing(hub: App) -> None:
    await enrolled(hub)
    with pytest.raises(TsaUnreachableError):
        await stamping_with(hub, TsaClient("http://127.0.0.1:1/", 2)).for_issuer(PSB, household(hub))


async def test_an_answer_to_another_request_is_refused(hub: App) -> None:
    await enrolled(hub)
    good = await tsa_of(hub)
    answers: list[bytes] = []

    def replaying(request: bytes) -> bytes:
        answers.append(good(request))
        return answers[0]

    found = await stamping_with(hub, replaying).for_issuer(PSB, household(hub))
    with pytest.raises(TimestampRefused):
        stamp_of(found.pdf.stamp)(b"another value")


async def test_garbage_from_the_authority_is_a_typed_refusal(hub: App) -> None:
    await enrolled(hub)
    answers = [b"", b"\x30\x00", b"<html>", bytes(5000)]
    sealers = stamping_with(hub, lambda _: answers.pop())
    while answers:
        with pytest.raises(CertsError):
            await sealers.for_issuer(PSB, household(hub))


async def test_production_refuses_everything_of_development(hub: App) -> None:
    await with_departments(hub)
    production = replace(hub.documents.development, profile="production")
    with pytest.raises(DevelopmentOnly):
        await production.init()
    with pytest.raises(DevelopmentOnly):
        await production.timestamper(lambda: 1)
    with pytest.raises(DevelopmentOnly):
        await replace(hub.documents.enrolment, authority=production).enrol(PSB)
    assert await hub.documents.authorities.list() == ()
    assert not (hub.keys.directory / "development-ca").exists()
