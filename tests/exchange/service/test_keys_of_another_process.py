"""What another process did to a key holds in this one: a loss is believed, a rotation breaks nothing on the way."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from certs.crypto.ports import Signer
from certs.errors import CertsError
from exchange import worker
from exchange.app import App
from exchange.service.key_opening import KeyOpener
from exchange.service.keys import HubKeys, KeyRole, NoSignerError
from exchange.worker import attend

OPERATOR = "11339900MB90000585"


def another(hub: App) -> HubKeys:
    """The keys as another process has them."""
    return HubKeys(hub.units, hub.reads, hub.keys.directory, hub.keys.open_key, hub.now)


async def test_a_process_that_publishes_later_does_not_take_a_loss_back(hub: App) -> None:
    other = another(hub)
    await other.reload()
    lost = other.signer(KeyRole.RECEIPT).kid
    await other.generate(KeyRole.RECEIPT, OPERATOR)
    await other.distrust(lost, hub.now() - timedelta(days=1), "stolen")
    await hub.trust.publish()
    assert lost in (await hub.trust.bundle()).distrusted
    assert hub.keys.signer(KeyRole.RECEIPT).kid != lost


async def test_a_serving_process_learns_of_a_loss_by_itself(hub: App) -> None:
    other, stop = another(hub), asyncio.Event()
    await other.reload()
    lost = other.signer(KeyRole.ACCESS).kid
    await other.generate(KeyRole.ACCESS, OPERATOR)
    attending = asyncio.create_task(attend(hub, stop))
    await other.distrust(lost, hub.now(), "stolen")
    async with asyncio.timeout(worker.HOUSEKEEPING_SECONDS + 3):
        while hub.keys.signer(KeyRole.ACCESS).kid == lost:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.02)
    stop.set()
    await attending


async def test_while_a_new_key_is_opened_the_one_before_it_signs(hub: App) -> None:
    keys = another(hub)
    await keys.reload()
    old = keys.signer(KeyRole.RECEIPT).kid
    new = await hub.keys.generate(KeyRole.RECEIPT, OPERATOR)
    begun, looked = Event(), Event()

    class Slow(KeyOpener):
        """Opens a key after the test looked."""

        def __call__(self, uri: str) -> Signer:
            """Wait for the test, however long by any clock."""
            begun.set()
            looked.wait()
            return KeyOpener.__call__(self, uri)

    keys.open_key = Slow(hub.keys.open_key.passphrase)
    opening = asyncio.create_task(keys.reload())
    await asyncio.to_thread(begun.wait)
    try:
        assert keys.signer(KeyRole.RECEIPT).kid == old
        assert not opening.done()
    finally:
        looked.set()
        await opening
    assert keys.signer(KeyRole.RECEIPT).kid == new.kid


async def test_a_key_only_another_machine_can_open_does_not_hide_a_loss(hub: App) -> None:
    keys = another(hub)
    await keys.reload()
    lost = keys.signer(KeyRole.RECEIPT).kid
    new = await hub.keys.generate(KeyRole.RECEIPT, OPERATOR)
    await hub.keys.distrust(lost, hub.now(), "stolen")
    keys.open_key = replace(hub.keys.open_key, passphrase=b"another machine's passphrase")
    with pytest.raises(CertsError):
        await keys.reload()
    assert lost in keys.distrusted()
    with pytest.raises(NoSignerError):
        keys.signer(KeyRole.RECEIPT)
    assert new.kid in {verifier.kid for verifier in keys.verifiers(KeyRole.RECEIPT)}
