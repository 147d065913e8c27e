"""`python -m certs` in its own process, with the network taken away."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from certs.crypto.keyring import KeyRing, TrustedKey
from certs.evidence.bundle import Bundle, encode_bundle
from certs.evidence.checkpoint import Checkpoint, sign_checkpoint
from certs.evidence.errors import TrustMalformed
from certs.evidence.proof import render_proof
from certs.evidence.trust import TRUST_LIST_ROLE, decode_trust, encode_trust
from certs.model import FaceKind, Outcome, Verdict
from certs.offline.check_bundle import verify_bundle
from certs.offline.check_log import audit_log, verify_one_proof
from certs.offline.report import Report
from certs.status_list import Status, build, sign_status_list
from certs.trust import sign_trust_bundle
from tests.certs.evidence.builders import ORIGIN, START, SmallLog, event_id, mth, path, small_log
from tests.certs.evidence.test_bundle import bundle_of
from tests.certs.world import NOW, STATUS_URI, World, issuer_of, key

LOG = small_log(9)
GOOD = bundle_of(LOG)
ROOT = Path(__file__).parents[3]
# Any attempt to resolve, open or listen ends the process with a code no verdict has.
NO_NETWORK = """
import os, runpy, sys
sys.addaudithook(lambda event, args: os._exit(99) if event.startswith("socket.") else None)
sys.argv[0] = "certs"
runpy.run_module("certs", run_name="__main__")
"""


def certs(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", NO_NETWORK, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def judge(bundle: Bundle, trust: bytes | None = LOG.trust()) -> Report:
    return verify_bundle(encode_bundle(bundle), trust, at=START)


def outcomes(report: Report) -> dict[str, str]:
    return {step.name: step.outcome.value for step in report.steps}


def test_a_genuine_bundle_is_valid_without_network(tmp_path: Path) -> None:
    bundle, trust = tmp_path / "b.zip", tmp_path / "trust.json"
    bundle.write_bytes(encode_bundle(GOOD))
    trust.write_bytes(LOG.trust())
    said = certs("verify-bundle", bundle, "--trust", trust, "--json")
    assert said.returncode == 0, said.stdout + said.stderr
    report = json.loads(said.stdout)
    assert report["verdict"] == "valid"
    assert [step["number"] for step in report["steps"]] == list(range(1, 8))
    embedded = certs("verify-bundle", bundle, "--trust-embedded")
    assert embedded.returncode == 0
    assert "taken from the bundle itself" in embedded.stdout


def test_exit_codes(tmp_path: Path) -> None:
    bundle, trust = tmp_path / "b.zip", tmp_path / "trust.json"
    trust.write_bytes(LOG.trust())
    bundle.write_bytes(b"no archive")
    assert certs("verify-bundle", bundle, "--trust", trust).returncode == 1
    bundle.write_bytes(encode_bundle(replace(GOOD, proofs={})))
    assert certs("verify-bundle", bundle, "--trust", trust).returncode == 2
    assert certs("verify-bundle", bundle).returncode == 3
    assert certs("verify-bundle", bundle, "--trust", trust, "--trust-embedded").returncode == 3
    assert certs("verify-bundle", bundle, "--trust", trust, "--at", "yesterday").returncode == 3
    assert certs().returncode == 3
    assert certs("verify-bundle", tmp_path / "none.zip", "--trust", trust).returncode == 4
    assert certs("audit-log", tmp_path / "none", "--trust", trust).returncode == 4


def test_a_trust_file_without_the_log_key_proves_nothing() -> None:
    """cosign #1816: a verifier that has no log key must not pass."""
    for trust in (encode_trust([], LOG.keys), encode_trust([replace(LOG.log, keys=())], LOG.keys)):
        assert judge(GOOD, trust).verdict is Verdict.INDETERMINATE
    other = encode_trust([replace(LOG.log, origin="other.example")], LOG.keys)
    assert judge(GOOD, other).verdict is Verdict.INDETERMINATE
    assert judge(replace(GOOD, trust=None), None).verdict is Verdict.INDETERMINATE
    assert judge(GOOD, b"{}").verdict is Verdict.INVALID


def test_a_bundle_that_brings_its_own_keys_is_not_believed() -> None:
    forged = bundle_of(small_log(9))
    assert judge(forged).verdict is Verdict.INVALID
    report = judge(forged, None)
    assert report.verdict is Verdict.VALID
    assert "agrees with itself" in report.trust_source


def swapped(values: Mapping[UUID, str]) -> dict[UUID, str]:
    return {**values, event_id(0): values[event_id(3)], event_id(3): values[event_id(0)]}


def other_root(log: SmallLog) -> str:
    """Another history of nine entries, signed by the real key: a log that equivocates."""
    bodies = (*log.bodies[:8], log.bodies[0])
    note = sign_checkpoint(Checkpoint(ORIGIN, 9, mth(bodies)), [log.note_key])
    return render_proof(3, path(3, bodies), note)


STRANGER = small_log(9)
ATTACKS = {
    "proofs swapped": replace(GOOD, proofs=swapped(GOOD.proofs)),
    "receipts swapped": replace(GOOD, receipts=swapped(GOOD.receipts)),
    "entry edited": replace(GOOD, entries={**GOOD.entries, event_id(3): LOG.bodies[3].replace(b'"n":3', b'"n":4')}),
    "entry under another id": replace(GOOD, entries={**GOOD.entries, event_id(3): LOG.bodies[4]}),
    "no JSON": replace(GOOD, entries={**GOOD.entries, event_id(3): b"{"}),
    "foreign proof": replace(GOOD, proofs={**GOOD.proofs, event_id(3): STRANGER.proof(3)}),
    "foreign receipt": replace(GOOD, receipts={**GOOD.receipts, event_id(3): STRANGER.receipt(3)}),
    "foreign checkpoint": replace(GOOD, checkpoint=STRANGER.checkpoint),
    "checkpoint edited": replace(GOOD, checkpoint=LOG.checkpoint.replace("\n9\n", "\n8\n")),
    "unrelated real receipt": replace(GOOD, receipts={**GOOD.receipts, event_id(5): LOG.receipt(5)}),
    "unrelated real proof": replace(GOOD, proofs={**GOOD.proofs, event_id(5): LOG.proof(5)}),
    "split view": replace(GOOD, proofs={**GOOD.proofs, event_id(3): other_root(LOG)}),
    "receipt is no token": replace(GOOD, receipts={**GOOD.receipts, event_id(3): "a.b.c"}),
    "proof is no proof": replace(GOOD, proofs={**GOOD.proofs, event_id(3): "x"}),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_forged_bundles_are_invalid(attack: str) -> None:
    report = judge(ATTACKS[attack])
    assert report.verdict is Verdict.INVALID, report.to_text()
    assert report.exit_code == 1


def test_what_is_missing_leaves_it_undetermined() -> None:
    fewer = {k: v for k, v in GOOD.proofs.items() if k != event_id(3)}
    assert outcomes(judge(replace(GOOD, proofs=fewer)))["inclusion in the log"] == "undetermined"
    assert judge(replace(GOOD, proofs=fewer)).verdict is Verdict.INDETERMINATE
    assert judge(Bundle(checkpoint=LOG.checkpoint)).verdict is Verdict.INDETERMINATE
    assert judge(replace(GOOD, receipts={}, checkpoint=None)).verdict is Verdict.VALID


# ---- certificates in the bundle


def city_bundle(status: Status, *, list_at: timedelta = timedelta(0)) -> tuple[Bundle, bytes]:
    world, hub_key = World(), key()
    owner = TrustedKey(world.issuer_key.verifier(), world.since, world.until, "issuer", issuer_of("household").code)
    trust = replace(world.trust(), keys=KeyRing([owner, world.status_trust()]))
    hub = TrustedKey(hub_key.verifier(), world.since, world.until, TRUST_LIST_ROLE, "hub")
    listed = sign_status_list(
        build(64, {7: status}),
        world.status_key,
        uri=STATUS_URI,
        now=NOW + list_at,
        lifetime=timedelta(hours=12),
        ttl=timedelta(minutes=1),
    )
    bundle = Bundle(
        certificates={"household": world.signed().faces[FaceKind.SD_JWT].decode()},
        status_lists={"one": listed},
        trust_list=sign_trust_bundle(trust, hub_key),
    )
    return bundle, encode_trust([LOG.log], [hub])


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(Status.VALID, Verdict.VALID), (Status.INVALID, Verdict.INVALID), (Status.SUSPENDED, Verdict.INVALID)],
)
def test_certificates_are_judged_with_the_bundled_status(status: Status, verdict: Verdict) -> None:
    bundle, trust = city_bundle(status)
    report = verify_bundle(encode_bundle(bundle), trust, at=NOW)
    assert report.verdict is verdict, report.to_text()


def test_certificates_without_usable_status_or_trust_list_are_undetermined() -> None:
    bundle, trust = city_bundle(Status.VALID)
    for lacking in (
        replace(bundle, status_lists={}),
        replace(bundle, trust_list=None),
        replace(bundle, trust_list="a.b.c"),
    ):
        assert verify_bundle(encode_bundle(lacking), trust, at=NOW).verdict is Verdict.INDETERMINATE
    assert verify_bundle(encode_bundle(bundle), trust, at=NOW + timedelta(days=2)).verdict is Verdict.INDETERMINATE
    assert verify_bundle(encode_bundle(bundle), LOG.trust(), at=NOW).verdict is Verdict.INDETERMINATE
    stale, anchors = city_bundle(Status.VALID, list_at=timedelta(days=-3))
    assert verify_bundle(encode_bundle(stale), anchors, at=NOW).verdict is Verdict.INDETERMINATE


# ---- one proof, and the whole log


def test_verify_proof_command(tmp_path: Path) -> None:
    for name, content in {
        "e": LOG.bodies[3],
        "other": LOG.bodies[4],
        "p": LOG.proof(3).encode(),
        "r": LOG.receipt(3).encode(),
        "t": LOG.trust(),
    }.items():
        (tmp_path / name).write_bytes(content)
    trust = ("--trust", tmp_path / "t")
    assert certs("verify-proof", tmp_path / "p", tmp_path / "e", *trust, "--receipt", tmp_path / "r").returncode == 0
    assert certs("verify-proof", tmp_path / "p", tmp_path / "other", *trust).returncode == 1
    assert certs("verify-proof", tmp_path / "e", tmp_path / "e", *trust).returncode == 1
    assert certs("verify-proof", tmp_path / "p", tmp_path / "e").returncode == 3


def written(log: SmallLog, directory: Path) -> Path:
    for name, data in log.tiles().items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(data)
    return directory


def test_audit_log_command(tmp_path: Path) -> None:
    log = small_log(700)
    tiles, trust, earlier = written(log, tmp_path / "tiles"), tmp_path / "t", tmp_path / "earlier"
    trust.write_bytes(log.trust())
    earlier.write_text(log.signed(300))
    said = certs("audit-log", tiles, "--trust", trust, "--earlier", earlier, "--json")
    assert said.returncode == 0, said.stdout + said.stderr
    rewritten = sign_checkpoint(Checkpoint(ORIGIN, 300, bytes(32)), [log.note_key])
    for note in (rewritten, small_log(300).checkpoint, "x"):
        assert audit_log(tiles, log.trust(), earlier=note).verdict is Verdict.INVALID
    larger = sign_checkpoint(Checkpoint(ORIGIN, 701, bytes(32)), [log.note_key])
    assert audit_log(tiles, log.trust(), earlier=larger).verdict is Verdict.INVALID, "a truncated tail"


def test_any_changed_file_of_a_log_is_found_and_the_entry_named(tmp_path: Path) -> None:
    log = small_log(700)
    tiles = written(log, tmp_path)
    for name, data in log.tiles().items():
        for at in (0, len(data) // 2, len(data) - 1):
            changed = bytearray(data)
            changed[at] ^= 4
            (tiles / name).write_bytes(changed)
            assert audit_log(tiles, log.trust()).verdict is not Verdict.VALID, name
        (tiles / name).unlink()
        assert audit_log(tiles, log.trust()).verdict is not Verdict.VALID, name
        (tiles / name).write_bytes(data)
    bundle = tiles / "tile/entries/001"
    bundle.write_bytes(bundle.read_bytes().replace(b'"n":300', b'"n":301'))
    report = audit_log(tiles, log.trust())
    assert report.verdict is Verdict.INVALID
    assert "entry 300" in report.steps[-1].details[0]


def test_a_backdated_entry_is_found(tmp_path: Path) -> None:
    log = small_log(9)
    late = replace(log, bodies=(*log.bodies, log.bodies[0].replace(b"T08:00:00.000000Z", b"T07:00:00.000000Z")))
    report = audit_log(written(late, tmp_path), late.trust())
    assert report.verdict is Verdict.INVALID
    assert "after entries of" in report.to_text()


def test_a_lost_key_says_so_in_the_trust_file_and_its_receipts_prove_nothing() -> None:
    lost = replace(LOG.trusted_receipt_key, distrusted_at=START + timedelta(hours=1))
    trust = encode_trust([LOG.log], [lost])
    assert [key.distrusted_at for key in decode_trust(trust).keys] == [START + timedelta(hours=1)]
    report = judge(GOOD, trust)
    assert report.verdict is Verdict.INDETERMINATE
    (step,) = [step for step in report.steps if step.outcome is Outcome.UNDETERMINED]
    assert step.name == "receipts"
    assert "distrusted since" in step.details[0]
    one = verify_one_proof(LOG.proof(0), LOG.bodies[0], trust, receipt=LOG.receipt(0))
    assert one.verdict is Verdict.INDETERMINATE
    assert verify_one_proof(LOG.proof(0), LOG.bodies[0], trust).verdict is Verdict.VALID, "the log's proof stands alone"


def test_a_mark_of_loss_cannot_be_smuggled_in_another_form() -> None:
    good = encode_trust([LOG.log], [replace(LOG.trusted_receipt_key, distrusted_at=START)])
    for spoilt in (
        good.replace(b'"distrusted_at":"', b'"distrusted_at":"x'),
        good.replace(b"distrusted_at", b"lost_at"),
    ):
        with pytest.raises(TrustMalformed):
            decode_trust(spoilt)
