"""Sealed documents of a real hub: verified by the hub, and by an outsider with what the hub publishes."""

from datetime import timedelta
from pathlib import Path

import pytest

from certs.evidence.trust import TRUST_LIST_ROLE, decode_trust
from certs.model import FaceKind, Outcome, Reason, State, Verdict
from certs.trust import parse_trust_bundle
from certs.verifier.documents import Believed, verify_document
from tests.support.city import City
from tests.support.command import YZT, run
from tests.support.copies import built_town, handed_out, town

__all__ = ["built_town", "town"]


@pytest.mark.parametrize("kind", [FaceKind.OFD, FaceKind.PDF])
async def test_what_the_hub_sealed_is_valid_to_everybody(town: City, tmp_path: Path, kind: FaceKind) -> None:
    _, file = await handed_out(town, format=kind)
    view = await town.app.verification.verify(file.data, at=None)
    assert view.verdict == "valid", [s for s in view.steps if s.outcome not in {"pass", "not-applicable"}]
    assert view.kind == kind.value
    assert view.claims["copy.purpose"] == "申请住房贷款"
    now = town.clock()
    published = await town.app.trust.publish()
    resolve = decode_trust(published.keys).keys.resolver(at=now, role=TRUST_LIST_ROLE)
    believed = Believed(parse_trust_bundle(published.trust, resolve), published.keys)
    offline = verify_document(file.data, believed, at=now)
    assert offline.verdict is Verdict.VALID, offline.deciding
    (tmp_path / "copy").write_bytes(file.data)
    (tmp_path / "keys.json").write_bytes(published.keys)
    (tmp_path / "list.jws").write_text(published.trust)
    trust = ("--trust", tmp_path / "keys.json", "--trust", tmp_path / "list.jws")
    done = run([YZT, "verify", tmp_path / "copy", *trust, "--at", f"{now:%Y-%m-%dT%H:%M:%S}"])
    assert done.code == 0, done.said


async def test_a_revoked_certificate_ends_every_copy_but_not_its_past(town: City) -> None:
    _, file = await handed_out(town)
    before = town.clock()
    town.clock.forward(hours=1)
    await town.decide(await town.identifier("household"), State.REVOKED, Reason.PENALTY)
    town.clock.forward(minutes=1)
    now = await town.app.verification.verify(file.data, at=None)
    assert (now.verdict, now.state) == ("invalid", "revoked")
    assert [s.code for s in now.steps if s.outcome == Outcome.FAIL] == ["status-revoked"]
    assert (await town.app.verification.verify(file.data, at=before)).verdict == "valid"
    assert (await town.app.verification.verify(file.data, at=before - timedelta(days=1))).verdict != "valid"


async def test_children_end_with_the_hub(town: City) -> None:
    await town.app.verification.verify(b"text", at=None)
    pool = town.app.verification.children.pool
    assert pool.pids()
    town.app.verification.children.close()
    assert not pool.pids()
