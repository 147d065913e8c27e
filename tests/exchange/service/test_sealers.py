"""An issuer seals only with what verifiers would accept now: seal, certificates, lists, time-stamps."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from certs.crypto.alg import Alg
from certs.model import Outcome
from certs.pki.algorithms import SHA256, SM3
from certs.pki.dev_ca import DevelopmentKeys, development_ca
from certs.pki.dev_tsa import DevelopmentTsa
from certs.pki.errors import PathRefused, TimestampRefused
from certs.pki.timestamp import check_timestamp
from certs.seals.errors import SealUseRefused
from certs.seals.registry import Act
from certs.seals.seal import lists_signer
from certs.seals.signature import read_v4
from certs.crypto.keys import ephemeral_key
from exchange.app import App
from exchange.errors import KeyUncertifiedError, SealUnavailableError
from exchange.model import Principal, Role
from exchange.service.keys import KeyRole, NoSignerError
from exchange.service.sealers import Sealers
from tests.support.sealing_hub import PSB, enrolled, with_departments

HOUSEHOLD = "11339900MB9000015P001"


def household(hub: App) -> str:
    return hub.types.get("household").code


async def test_an_enrolled_department_seals_with_its_seal_and_both_keys(hub: App) -> None:
    (who,) = await enrolled(hub)
    found = await hub.documents.sealers.for_issuer(PSB, household(hub))
    assert found.ofd.identity.signer.kid == who.seal_kid
    assert found.pdf.identity.signer.kid == who.pdf_kid
    seal = read_v4(found.ofd.seal_der)
    assert seal.info.es_id == who.es_id
    assert "测试" in seal.info.name
    assert lists_signer(seal.info, found.ofd.identity.certificate.der)
    assert found.ofd.stamp is None
    assert found.pdf.stamp is None
    assert found.pdf.appearance.image


async def test_enrolling_again_changes_nothing(hub: App) -> None:
    (first,) = await enrolled(hub)
    again = await hub.documents.enrolment.enrol(PSB)
    assert again == replace(first, accounts=())
    assert len(first.accounts) == 2
