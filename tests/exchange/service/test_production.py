"""A hub in production that was a development hub before: what development left on file counts for nothing."""

from dataclasses import replace

import pytest

from certs.pki.dev_ca import refuse_production
from certs.pki.errors import DevelopmentOnly
from exchange.app import App
from exchange.errors import AuthorityRefusedError, SealUnavailableError
from exchange.service.authorities import Authorities
from tests.support.sealing_hub import PSB, enrolled
from tests.support.seals import sm2_authority


def in_production(hub: App) -> Authorities:
    """The same register as a hub of the production profile has it."""
    return replace(hub.documents.authorities, profile="production")


async def test_development_authorities_are_refused_by_name(hub: App) -> None:
    ca, authorities = sm2_authority(hub.now().replace(microsecond=0)), in_production(hub)
    with pytest.raises(AuthorityRefusedError, match="development"):
        await authorities.add_root(ca.root.certificate.der)
    await hub.documents.authorities.add_root(ca.root.certificate.der)
    with pytest.raises(AuthorityRefusedError, match="development"):
        await authorities.add_intermediate(ca.issuing.certificate.der)
    with pytest.raises(DevelopmentOnly):
        refuse_production(authorities.profile)


async def test_development_authorities_on_file_are_believed_by_nobody(hub: App) -> None:
    await enrolled(hub)
    believed = await hub.documents.authorities.pki_trust()
    assert believed.roots
    assert believed.intermediates
    found = await in_production(hub).pki_trust()
    assert (found.roots, found.intermediates, found.crls) == ((), (), ())
    published = await replace(hub.trust, authorities=in_production(hub)).bundle()
    assert published.documents.roots == ()
    assert len(await in_production(hub).list()) == len(await hub.documents.authorities.list()), "still there to remove"


async def test_a_test_seal_on_file_seals_nothing(hub: App) -> None:
    await enrolled(hub)
    type_code = hub.types.get("household").code
    await hub.documents.sealers.for_issuer(PSB, type_code)
    sealers = replace(hub.documents.sealers, authorities=in_production(hub))
    with pytest.raises(SealUnavailableError, match="no seal on file"):
        await sealers.for_issuer(PSB, type_code)
