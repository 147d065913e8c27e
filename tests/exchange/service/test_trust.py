"""What outsiders verify with: the published trust list and status lists, offline, for any moment."""

from datetime import datetime, timedelta

import pytest

from certs.crypto.keyring import KeyRing
from certs.crypto.ports import ResolveKey
from certs.errors import CertsError
from certs.evidence.trust import TRUST_LIST_ROLE, decode_trust
from certs.model import Outcome, Reason, State, VerificationReport
from certs.trust import TrustBundle, parse_trust_bundle
from certs.verify import verify
from exchange.service.keys import KeyRole, NoSignerError
from exchange.service.trust import KEYS_BLOB, TRUST_BLOB
from tests.support.city import PSB, City


async def published(city: City) -> TrustBundle:
    """The trust list as an outsider reads it: from the published files, with the keys handed out apart."""
    await city.app.trust.publish()
    token, keys = await city.app.trust.blobs.get(TRUST_BLOB), await city.app.trust.blobs.get(KEYS_BLOB)
    assert token is not None
    assert keys is not None
    ring = decode_trust(keys).keys
    return parse_trust_bundle(token.decode(), resolver(ring, city.clock.at))


def resolver(ring: KeyRing, at: datetime) -> ResolveKey:
    return lambda kid, alg: ring.verifier(kid, alg, at=at, role=TRUST_LIST_ROLE)


async def token_of(city: City, kind: str = "household") -> str:
    return (await city.app.certificates.present(await city.identifier(kind), ("name",))).token


def failed(report: VerificationReport) -> list[str]:
    return [step.code for step in report.steps if step.outcome is not Outcome.PASS and step.number != 10]


async def test_a_certificate_verifies_offline_with_what_was_published(city: City) -> None:
    token = await token_of(city)
    report = verify(token, await published(city), at=city.clock.at)
    assert (report.verdict.value, failed(report)) == ("valid", [])
    assert report.claims["face.name"] == city.world.hero.name
    forged = token[: len(token) // 2] + ("A" if token[len(token) // 2] != "A" else "B") + token[len(token) // 2 + 1 :]
    assert verify(forged, await published(city), at=city.clock.at).verdict.value == "invalid"


async def test_a_revocation_holds_from_its_moment_on_and_not_before(city: City) -> None:
    token = await token_of(city)
    city.clock.forward(hours=1)
    before = city.clock.at
    city.clock.forward(hours=1)
    await city.decide(await city.identifier("household"), State.ANNULLED, Reason.OBTAINED_BY_FRAUD)
    after = city.clock()
    trust = await published(city)
    assert verify(token, trust, at=before).verdict.value == "valid"
    late = verify(token, trust, at=after)
    assert late.verdict.value == "invalid"
    assert late.state is State.ANNULLED


async def test_the_hub_itself_knows_of_a_revocation_at_once(city: City) -> None:
    token = await token_of(city)
    await published(city)
    await city.decide(await city.identifier("household"), State.SUSPENDED, Reason.INVESTIGATION)
    view = await city.app.verification.verify(token.encode(), at=None)
    assert (view.verdict, view.state) == ("invalid", State.SUSPENDED)
    await city.decide(await city.identifier("household"), State.VALID, Reason.REINSTATED)
    assert (await city.app.verification.verify(token.encode(), at=None)).verdict == "valid"


async def test_a_stale_publication_says_nothing_about_later(city: City) -> None:
    token, trust = await token_of(city), await published(city)
    assert verify(token, trust, at=city.clock.at + timedelta(days=30)).verdict.value == "indeterminate"


async def test_certificates_outlive_the_keys_that_signed_them(city: City) -> None:
    old_token, old = await token_of(city), city.app.keys.signer(KeyRole.ISSUER, PSB)
    trust_key = city.app.keys.signer(KeyRole.TRUST)
    city.clock.forward(days=1)
    new = await city.app.keys.generate(KeyRole.ISSUER, PSB)
    await city.app.keys.generate(KeyRole.TRUST, city.app.hub.operator)
    await city.app.keys.generate(KeyRole.STATUS, city.app.hub.operator)
    for key in (old, trust_key):
        await city.app.keys.retire(key.kid)
    assert city.app.keys.signer(KeyRole.ISSUER, PSB).kid == new.kid
    with pytest.raises(NoSignerError):
        city.app.keys.signer(KeyRole.ISSUER, PSB, at=city.clock.at - timedelta(hours=12))
    trust = await published(city)
    assert verify(old_token, trust, at=city.clock.at).verdict.value == "valid"
    (view,) = [view for view in await city.app.operations.keys() if (view.role, view.owner) == ("issuer", PSB)]
    assert view.kid == new.kid


async def test_a_trust_list_of_another_key_or_an_edited_one_is_refused(city: City) -> None:
    token = (await city.app.trust.publish()).trust
    ring = decode_trust(city.app.trust.key_file()).keys
    parse_trust_bundle(token, resolver(ring, city.clock.at))
    edited = token[:200] + ("A" if token[200] != "A" else "B") + token[201:]
    with pytest.raises(CertsError):
        parse_trust_bundle(edited, resolver(ring, city.clock.at))
    with pytest.raises(CertsError):
        parse_trust_bundle(token, resolver(KeyRing([k for k in ring if k.role != TRUST_LIST_ROLE]), city.clock.at))
