"""Receipts, proofs and evidence bundles through the one entry: the checks of `certs.offline`, in the common report."""

from datetime import datetime
from uuid import UUID

from certs.crypto.jws import parse_jws
from certs.crypto.strict_json import loads_object
from certs.errors import CertsError
from certs.evidence.proof import parse_proof
from certs.model import Outcome
from certs.offline.check_bundle import verify_bundle
from certs.offline.check_log import verify_one_proof
from certs.offline.report import Checklist, Report
from certs.verifier.model import Knowledge


def bundle_report(content: bytes, keys: bytes, *, at: datetime) -> Report:
    """An evidence bundle under the hub's key file."""
    return verify_bundle(content, keys, at=at)


def receipt_report(token: str, keys: bytes, known: Knowledge) -> Report:
    """A receipt is kept when the entry it promises is in the tree."""
    try:
        event = UUID(str(loads_object(parse_jws(token).payload).get("jti")))
    except (CertsError, ValueError):
        return _single("receipt", Outcome.FAIL, "names no event")
    if not known.knows_log:
        return _single("inclusion in the log", Outcome.UNDETERMINED, "the entry is not at hand")
    body = known.entry(event)
    if body is None:
        return _single("inclusion in the log", Outcome.FAIL, "the log has no such event")
    proof = known.proof(event)
    if proof is None:
        return _single("inclusion in the log", Outcome.UNDETERMINED, "not under a published checkpoint yet")
    return verify_one_proof(proof, body, keys, receipt=token)


def proof_report(text: str, keys: bytes, known: Knowledge) -> Report:
    """A proof file is verified against the entry at the place it names."""
    try:
        index = parse_proof(text).index
    except CertsError as error:
        return _single("inclusion in the log", Outcome.FAIL, str(error))
    body = known.entry_at(index)
    if body is None:
        return _single("inclusion in the log", Outcome.UNDETERMINED, "no entry at its place")
    return verify_one_proof(text, body, keys)


def _single(name: str, outcome: Outcome, detail: str) -> Report:
    steps = Checklist()
    steps.add(name, outcome, detail)
    return steps.report("document", "")
