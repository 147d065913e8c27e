"""Trust is kept in memory, and what another process added or stopped counts with the next verification all the same."""

from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import event, text

from certs.pki.crl import Crl, build_crl
from certs.pki.dev_ca import DevelopmentCa
from certs.seals.history import SealState
from certs.seals.registry import Act
from exchange.app import App
from exchange.service.keys import KeyRole
from exchange.wiring import open_app
from tests.support.city import PSB, City, running_at
from tests.support.copies import built_town, handed_out, town
from tests.support.seals import keeper, sm2_authority

__all__ = ["built_town", "town"]


@pytest.fixture
async def other(town: City) -> AsyncIterator[App]:
    """The app of another process on the same database."""
    async with open_app(town.settings, now=town.clock, database=running_at(town.url)) as app:
        yield app


@pytest.fixture
def read(town: City) -> list[str]:
    """Tables whose octets this process reads: a name each time."""
    names: list[str] = []

    @event.listens_for(town.app.units.engine.sync_engine, "before_cursor_execute")
    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        names.extend(
            name
            for name in ("exchange_authority.der", "exchange_revocation_list.der", "seal_seal.digest")
            if name in statement
        )

    return names


def root_list(ca: DevelopmentCa, day: int) -> Crl:
    """The list of the `day`th day of this authority, good for a week."""
    began = ca.root.certificate.not_before + timedelta(days=day)
    ends = began + timedelta(days=7)
    return build_crl(
        signer=ca.root.signer, issuer=ca.root.certificate, number=day + 1, this_update=began, next_update=ends
    )


async def test_nothing_is_read_again_while_nothing_changed(town: City, read: list[str]) -> None:
    first = await town.app.verification.believed()
    read.clear()
    town.clock.forward(minutes=2)
    second = await town.app.verification.believed()
    assert read == []
    assert (first.digest != second.digest, first.keys) == (True, second.keys), "dated anew, and nothing else"
    assert await town.app.verification.believed() is second
    await town.app.documents.authorities.pki_trust()
    await town.app.trust.bundle()
    assert read == []


async def test_an_authority_another_process_added_or_removed_counts_at_once(town: City, other: App) -> None:
    ours, theirs = town.app.documents.authorities, other.documents.authorities
    ca = sm2_authority(town.clock().replace(microsecond=0))
    before, digest = await ours.pki_trust(), (await town.app.verification.believed()).digest
    await theirs.add_root(ca.root.certificate.der)
    assert ca.root.certificate in (await ours.pki_trust()).roots
    added = (await town.app.verification.believed()).digest
    assert added != digest
    await theirs.add_crl(root_list(ca, 0).der)
    assert root_list(ca, 0).this_update in {crl.this_update for crl in (await ours.pki_trust()).crls}
    assert (await town.app.verification.believed()).digest != added
    view = next(view for view in await theirs.list() if view.sha256 == sha256(ca.root.certificate.der).hexdigest())
    for digest_on_file in (view.list_sha256, view.sha256):
        await theirs.remove(digest_on_file)
    assert await ours.pki_trust() == before
    assert (await town.app.verification.believed()).digest == digest, "the same minute, the same trust"


async def test_a_seal_another_process_stopped_is_known_to_be_stopped(town: City, other: App) -> None:
    _, file = await handed_out(town)
    assert (await town.app.verification.verify(file.data, at=None)).verdict == "valid"
    async with town.app.reads() as conn:
        wanted = text("SELECT es_id, custodians[1] FROM seal_seal WHERE owner = :owner")
        es_id, number = (await conn.execute(wanted, {"owner": PSB})).one()
    before = await town.app.verification.believed()
    town.clock.forward(seconds=1)
    await other.documents.seals.stop(keeper(PSB, number), es_id, Act.REVOKE, reason="测试")
    held = (await town.app.trust.bundle()).documents.seals[es_id]
    assert held.changes[-1].state is SealState.REVOKED
    after = await town.app.verification.believed()
    assert [each.document.count(b'"revoked"') for each in (before, after)] == [0, 1]


async def test_a_key_another_process_lost_is_named_once_it_is_learned(town: City, other: App) -> None:
    before = await town.app.verification.believed()
    lost = other.keys.signer(KeyRole.RECEIPT).kid
    await other.keys.distrust(lost, town.clock(), "stolen")
    await town.app.keys.reload()
    after = await town.app.verification.believed()
    assert [each.document.count(b'"distrusted_at":"') for each in (before, after)] == [0, 1]


async def test_daily_lists_are_all_on_file_and_the_needed_ones_are_believed(town: City) -> None:
    authorities = town.app.documents.authorities
    ca = sm2_authority((town.clock() - timedelta(days=60)).replace(microsecond=0))
    await authorities.add_root(ca.root.certificate.der)
    before = {crl.der for crl in (await authorities.pki_trust()).crls}
    for day in range(30):
        await authorities.add_crl(root_list(ca, day).der)
    believed = [crl for crl in (await authorities.pki_trust()).crls if crl.der not in before]
    assert len(believed) == 6
    assert max(crl.this_update for crl in believed) == root_list(ca, 29).this_update
    for day in range(36):
        at = ca.root.certificate.not_before + timedelta(days=day)
        assert any(crl.this_update <= at < crl.next_update for crl in believed), day
