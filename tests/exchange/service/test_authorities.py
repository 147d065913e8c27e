"""Authorities and revocation lists on file: what is refused, what is recorded, what reaches verifiers."""

from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256

import pytest

from certs.errors import CertsError
from certs.evidence.entry import decode_entry
from certs.evidence.trust import decode_trust
from certs.journal import repo as journal
from certs.pki.crl import Revocation
from certs.pki.errors import MalformedDer
from certs.seals.ports import Standing
from certs.trust import parse_trust_bundle
from exchange.app import App
from exchange.errors import AuthorityNotFoundError, AuthorityRefusedError
from exchange.service.keys import KeyRole
from tests.support.seals import sm2_authority

WEEK = timedelta(days=7)


async def events(hub: App, kind: str) -> list[Mapping[str, object]]:
    async with hub.reads() as conn:
        rows = [*await journal.rows(conn, 0, 10_000)]
        waiting = await journal.take_waiting(conn, 10_000)
    entries = [decode_entry(row.body) for row in [*rows, *waiting]]
    return [entry.detail for entry in entries if entry.kind == kind]


async def test_an_authority_with_its_lists_reaches_verifiers_by_the_trust_list(hub: App) -> None:
    ca, authorities = sm2_authority(hub.now().replace(microsecond=0)), hub.documents.authorities
    assert await authorities.add_root(ca.root.certificate.der)
    assert await authorities.add_intermediate(ca.issuing.certificate.der)
    lists = ca.crls(hub.now().replace(microsecond=0), [Revocation(ca.tsa.certificate.serial, hub.now())])
    for crl in lists:
        assert await authorities.add_crl(crl.der)
    published = (await hub.trust.publish()).trust
    trust = parse_trust_bundle(published, hub.keys.ring().resolver(at=hub.now(), role=KeyRole.TRUST))
    assert trust.documents.roots == (ca.root.certificate,)
    assert trust.documents.intermediates == (ca.issuing.certificate,)
    assert {crl.der for crl in trust.documents.crls} == {crl.der for crl in lists}
    judge = trust.documents.seal_trust().certificates.judge
    assert judge(ca.signer.certificate.der, at=hub.now()).standing is Standing.TRUSTED
    kinds = [str(item["kind"]) for item in await events(hub, "authority:added")]
    assert sorted(kinds) == ["intermediate", "root"]
    digests = {item["sha256"] for item in await events(hub, "revocation-list:added")}
    assert digests == {sha256(crl.der).hexdigest() for crl in lists}


async def test_what_is_on_file_already_is_said_and_recorded_once(hub: App) -> None:
    ca, authorities = sm2_authority(hub.now()), hub.documents.authorities
    for _ in range(2):
        await authorities.add_root(ca.root.certificate.der)
    assert not await authorities.add_root(ca.root.certificate.der)
    crl = ca.crls(hub.now().replace(microsecond=0))[0]
    assert await authorities.add_crl(crl.der)
    assert not await authorities.add_crl(crl.der)
    assert len(await events(hub, "authority:added")) == 1
    assert len(await events(hub, "revocation-list:added")) == 1


async def test_what_cannot_be_believed_is_refused_and_leaves_nothing(hub: App) -> None:
    ca, other, authorities = sm2_authority(hub.now()), sm2_authority(hub.now()), hub.documents.authorities
    now = hub.now().replace(microsecond=0)
    with pytest.raises(AuthorityRefusedError, match="signed by itself"):
        await authorities.add_root(ca.issuing.certificate.der)
    with pytest.raises(AuthorityRefusedError, match="may not sign certificates"):
        await authorities.add_root(ca.signer.certificate.der)
    with pytest.raises(AuthorityRefusedError, match="no authority on file signed it"):
        await authorities.add_intermediate(ca.issuing.certificate.der)
    with pytest.raises(AuthorityRefusedError, match="no authority on file signed this list"):
        await authorities.add_crl(ca.crls(now)[0].der)
    await authorities.add_root(ca.root.certificate.der)
    with pytest.raises(AuthorityRefusedError, match="no authority on file signed this list"):
        await authorities.add_crl(other.crls(now)[0].der)  # the same name, another key
    with pytest.raises(AuthorityRefusedError, match="to come"):
        await authorities.add_crl(ca.crls(now + timedelta(hours=1))[0].der)
    forged = bytearray(ca.issuing.certificate.der)
    forged[-1] ^= 1
    with pytest.raises((AuthorityRefusedError, CertsError)):
        await authorities.add_intermediate(bytes(forged))
    with pytest.raises(MalformedDer):
        await authorities.add_root(b"\x30\x03abc")
    assert [view.subject for view in await authorities.list()] == [ca.root.certificate.subject_text]
    assert (await authorities.pki_trust()).crls == ()


async def test_a_removed_authority_is_believed_no_longer(hub: App) -> None:
    ca, authorities = sm2_authority(hub.now()), hub.documents.authorities
    await authorities.add_root(ca.root.certificate.der)
    (view,) = await authorities.list()
    await authorities.remove(view.sha256)
    assert (await authorities.pki_trust()).roots == ()
    assert [item["sha256"] for item in await events(hub, "authority:removed")] == [view.sha256]
    for unknown in (view.sha256, "nonsense"):
        with pytest.raises(AuthorityNotFoundError):
            await authorities.remove(unknown)


async def test_the_list_shows_the_newest_revocation_list_and_an_older_one_may_come_later(hub: App) -> None:
    now = hub.now().replace(microsecond=0)
    ca, authorities = sm2_authority(now - 2 * WEEK), hub.documents.authorities
    await authorities.add_root(ca.root.certificate.der)
    newest = ca.crls(now)[0]
    await authorities.add_crl(newest.der)
    await authorities.add_crl(ca.crls(now - 2 * WEEK)[0].der)
    (view,) = await authorities.list()
    assert view.list_until == newest.next_update
    assert len((await authorities.pki_trust()).crls) == 2


async def test_a_lost_key_is_named_in_the_trust_list_and_in_the_key_file(hub: App) -> None:
    """The trust list named nobody before, whoever was lost; the key file vouched for them."""
    receipt = hub.keys.signer(KeyRole.RECEIPT)
    await hub.keys.generate(KeyRole.RECEIPT, hub.hub.operator)
    since = hub.now() - timedelta(hours=1)
    await hub.keys.distrust(receipt.kid, since, "left in a taxi")
    bundle = await hub.trust.bundle()
    assert bundle.distrusted == {receipt.kid: since}
    marked = {key.verifier.kid: key.distrusted_at for key in decode_trust(hub.trust.key_file()).keys}
    assert marked[receipt.kid] == since.replace(microsecond=0)
    assert [kid for kid, lost in marked.items() if lost] == [receipt.kid]
    assert len(marked) == len(hub.keys.rows)


async def test_a_lost_key_of_the_log_is_not_handed_out(hub: App) -> None:
    lost = hub.keys.signer(KeyRole.LOG)
    assert len(decode_trust(hub.trust.key_file()).logs[0].keys) == 1
    await hub.keys.distrust(lost.kid, hub.now(), "copied")
    assert decode_trust(hub.trust.key_file()).logs[0].keys == ()
    await hub.keys.generate(KeyRole.LOG, hub.hub.operator)
    assert len(decode_trust(hub.trust.key_file()).logs[0].keys) == 1, "the next one, before the log signs with it"
