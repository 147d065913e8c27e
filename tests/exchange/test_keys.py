"""The hub's keys: encrypted on disk, one role each, rotated without breaking what they signed."""

from datetime import timedelta

import pytest

from certs.crypto.alg import Alg
from certs.errors import CryptoError
from exchange.app import App
from exchange.service.key_opening import KeyOpener
from exchange.service.keys import LIFETIME, HubKeys, KeyRole, NoSignerError
from exchange.wiring import HUB_ROLES

OPERATOR = "11339900MB90000585"


async def test_every_role_of_the_hub_signs_and_its_private_half_is_encrypted(hub: App) -> None:
    for role in HUB_ROLES:
        signer = hub.keys.signer(role)
        signer.verifier().verify(b"m", signer.sign(b"m"))
    files = list(hub.keys.directory.iterdir())
    assert len(files) == len(HUB_ROLES)
    for path in files:
        assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
        assert path.stat().st_mode & 0o077 == 0
    assert "only-for-tests" not in repr(hub.keys)
    with pytest.raises(NoSignerError):
        hub.keys.signer(KeyRole.ISSUER)


async def test_a_rotation_signs_with_the_new_key_and_verifies_with_both(hub: App) -> None:
    old = hub.keys.signer(KeyRole.RECEIPT)
    new = await hub.keys.generate(KeyRole.RECEIPT, OPERATOR)
    assert hub.keys.signer(KeyRole.RECEIPT).kid == new.kid, "also when both were made in one second"
    await hub.keys.retire(old.kid)
    assert hub.keys.signer(KeyRole.RECEIPT).kid == new.kid
    now = hub.now()
    before = next(row.not_before for row in hub.keys.rows if row.kid == old.kid)
    ring = hub.keys.ring()
    ring.verifier(old.kid, old.alg, at=before, role=KeyRole.RECEIPT)
    with pytest.raises(CryptoError):
        ring.verifier(old.kid, old.alg, at=now + timedelta(seconds=1), role=KeyRole.RECEIPT)
    with pytest.raises(CryptoError):
        ring.verifier(new.kid, new.alg, at=now, role=KeyRole.ISSUER)
    shown = {view.kid for view in hub.keys.views()}
    assert new.kid in shown
    assert old.kid not in shown


async def test_another_process_learns_of_a_rotation_when_it_reads_again(hub: App) -> None:
    units, keys = hub.units, hub.keys
    other = HubKeys(units, hub.reads, keys.directory, keys.open_key, hub.now)
    await other.reload()
    new = await keys.generate(KeyRole.ISSUER, OPERATOR, alg=Alg.SM2)
    with pytest.raises(NoSignerError):
        other.signer(KeyRole.ISSUER)
    await other.reload()
    assert other.signer(KeyRole.ISSUER, OPERATOR).kid == new.kid
    assert other.signer(KeyRole.ISSUER, OPERATOR).alg is Alg.SM2
    with pytest.raises(NoSignerError):
        other.signer(KeyRole.ISSUER, "11339900MB9000015P")


async def test_a_key_past_its_term_signs_nothing_and_health_says_so(hub: App) -> None:
    late = HubKeys(hub.units, hub.reads, hub.keys.directory, hub.keys.open_key, lambda: hub.now() + LIFETIME * 2)
    await late.reload()
    with pytest.raises(NoSignerError):
        late.signer(KeyRole.RECEIPT)
    assert {view.days_left for view in late.views()} == {0}


async def test_a_wrong_passphrase_opens_nothing(hub: App) -> None:
    other = HubKeys(hub.units, hub.reads, hub.keys.directory, KeyOpener(b"not the passphrase at all"), hub.now)
    with pytest.raises(CryptoError):
        await other.reload()
