"""Verify an evidence bundle from its bytes, trusted keys and a time. No network, no database."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from certs.crypto.jws import parse_jws
from certs.crypto.strict_json import loads_object
from certs.errors import CertsError, KeyDistrusted
from certs.evidence.bundle import MAX_TOKEN_BYTES, MAX_TRUST_LIST_BYTES, Bundle, decode_bundle
from certs.evidence.checkpoint import Checkpoint, LogIdentity, open_checkpoint
from certs.evidence.entry import decode_entry
from certs.evidence.errors import BundleMalformed, EvidenceError, TrustMalformed
from certs.evidence.proof import parse_proof, verify_proof
from certs.evidence.receipt import verify_receipt
from certs.evidence.trust import TRUST_LIST_ROLE, Trust, decode_trust
from certs.model import Outcome, Verdict
from certs.offline.report import Checklist, Report, refusal
from certs.trust import StatusSnapshot, TrustBundle, parse_trust_bundle
from certs.verify import verify

EMBEDDED = "taken from the bundle itself: proves only that the bundle agrees with itself"
GIVEN = "given by the caller"
_NO_KEY = "no trusted key for the log it names"


def verify_bundle(data: bytes, trust: bytes | None, *, at: datetime, subject: str = "bundle") -> Report:
    """Verify a bundle; `trust` None means: use the keys inside it, and say so.

    1. The archive is canonical and its manifest fits.   2. Trusted keys can be read.
    3. The checkpoint is signed by a trusted log.        4. Entries are well formed and named by their ids.
    5. Each entry is proven to be in the trusted log.    6. Receipts promise exactly these entries.
    7. Certificates are valid as of `at`.

    Never raises for bad evidence.
    """
    steps = Checklist()
    source = EMBEDDED if trust is None else GIVEN
    try:
        bundle = decode_bundle(data)
    except BundleMalformed as error:
        steps.add("archive and manifest", Outcome.FAIL, str(error))
        return steps.report(subject, source)
    steps.add("archive and manifest", Outcome.PASS)
    anchors = read_trust(steps, bundle.trust if trust is None else trust)
    if anchors is not None:
        run = _Run(bundle, anchors, at, steps)
        run.checkpoint()
        run.entries()
        run.proofs()
        run.receipts()
        run.certificates()
    return steps.report(subject, source)


def read_trust(steps: Checklist, data: bytes | None) -> Trust | None:
    """Step "trusted keys": None, with the step recorded, when they cannot be used."""
    if data is None:
        steps.add("trusted keys", Outcome.UNDETERMINED, "the bundle carries no trust file")
        return None
    try:
        trust = decode_trust(data)
    except EvidenceError as error:
        steps.add("trusted keys", Outcome.FAIL, str(error))
        return None
    if not any(log.keys for log in trust.logs):
        steps.add("trusted keys", Outcome.UNDETERMINED, "the trust file holds no log key: nothing can be proven")
        return None
    steps.add("trusted keys", Outcome.PASS, *(f"log {log.origin}" for log in trust.logs))
    return trust


def trusted_log(trust: Trust, checkpoint: str) -> LogIdentity | None:
    """The trusted log whose origin a (still unverified) checkpoint names."""
    return trust.log(checkpoint.partition("\n")[0])


@dataclass(slots=True)
class _Run:
    """One verification; `roots` remembers signed roots by origin and size, to notice a split view."""

    bundle: Bundle
    trust: Trust
    at: datetime
    steps: Checklist
    roots: dict[tuple[str, int], bytes] = field(default_factory=dict)

    def checkpoint(self) -> None:
        note = self.bundle.checkpoint
        if note is None:
            self.steps.add("checkpoint", Outcome.NOT_APPLICABLE, "each proof carries its own")
            return
        log = trusted_log(self.trust, note)
        if log is None:
            self.steps.add("checkpoint", Outcome.UNDETERMINED, "no trusted key for the log it names")
            return
        reason = refusal(lambda: self._note_root(open_checkpoint(note, log)))
        self.steps.judge("checkpoint", [reason] if reason else [], [], f"signed by log {log.origin}")

    def entries(self) -> None:
        if not self.bundle.entries:
            outcome = Outcome.NOT_APPLICABLE if self.bundle.certificates else Outcome.UNDETERMINED
            self.steps.add("entries", outcome, "the bundle holds no entry")
            return
        failed = []
        for event_id, body in self.bundle.entries.items():
            try:
                if decode_entry(body).id != event_id:
                    failed.append(f"{event_id}: the file holds another event")
            except EvidenceError as error:
                failed.append(f"{event_id}: {error}")
        self.steps.judge("entries", failed, [], f"{len(self.bundle.entries)} well formed")

    def proofs(self) -> None:
        entries, proofs = self.bundle.entries, self.bundle.proofs
        failed = [f"{event_id}: a proof without its entry" for event_id in proofs.keys() - entries.keys()]
        unproven = [f"{event_id}: no proof, only its receipt" for event_id in entries.keys() - proofs.keys()]
        for event_id in entries.keys() & proofs.keys():
            outcome = self._prove(proofs[event_id], entries[event_id])
            if outcome is not None:
                (unproven if outcome == _NO_KEY else failed).append(f"{event_id}: {outcome}")
        if entries or proofs:
            self.steps.judge("inclusion in the log", failed, unproven, f"{len(entries)} proven")
        else:
            self.steps.add("inclusion in the log", Outcome.NOT_APPLICABLE)

    def receipts(self) -> None:
        entries, receipts = self.bundle.entries, self.bundle.receipts
        failed = [f"{event_id}: a receipt without its entry" for event_id in receipts.keys() - entries.keys()]
        doubtful: list[str] = []
        for event_id in receipts.keys() & entries.keys():
            outcome, reason = promise(receipts[event_id], entries[event_id], self.trust)
            if outcome is not Outcome.PASS:
                (failed if outcome is Outcome.FAIL else doubtful).append(f"{event_id}: {reason}")
        if receipts:
            self.steps.judge("receipts", failed, doubtful, f"{len(receipts)} verified")
        else:
            self.steps.add("receipts", Outcome.NOT_APPLICABLE)

    def certificates(self) -> None:
        if not self.bundle.certificates:
            self.steps.add("certificates", Outcome.NOT_APPLICABLE)
            return
        trust = self._trust_list()
        if isinstance(trust, str):
            self.steps.add("certificates", Outcome.UNDETERMINED, trust)
            return
        failed, doubtful = [], []
        for name, token in self.bundle.certificates.items():
            found = verify(token, trust, at=self.at)
            unfit = [f"{name}: {step.code}: {step.en}" for step in found.steps if step.outcome is Outcome.FAIL]
            unknown = [f"{name}: {step.code}" for step in found.steps if step.outcome is Outcome.UNDETERMINED]
            failed += unfit
            doubtful += unknown if found.verdict is not Verdict.VALID else []
        self.steps.judge("certificates", failed, doubtful, f"{len(self.bundle.certificates)} valid at {self.at}")

    def _prove(self, proof: str, entry: bytes) -> str | None:
        try:
            log = trusted_log(self.trust, parse_proof(proof).checkpoint)
            if log is None:
                return _NO_KEY
            self._note_root(verify_proof(proof, entry, log)[1])
        except EvidenceError as error:
            return str(error)
        return None

    def _note_root(self, checkpoint: Checkpoint) -> None:
        """Two roots signed for one size of one log: the log equivocates, whatever else verifies."""
        known = self.roots.setdefault((checkpoint.origin, checkpoint.size), checkpoint.root)
        if known != checkpoint.root:
            raise BundleMalformed(f"split view: log {checkpoint.origin} signed two roots for {checkpoint.size} entries")

    def _trust_list(self) -> TrustBundle | str:
        """The hub's signed trust list with the bundle's own status lists added, or why there is none."""
        if self.bundle.trust_list is None:
            return "the bundle carries no signed trust list"
        try:
            # judged by the key that was in force when the list was made, which may be long after `at`
            made = made_at(self.bundle.trust_list)
            resolve = self.trust.keys.resolver(at=made, role=TRUST_LIST_ROLE)
            trust = parse_trust_bundle(self.bundle.trust_list, resolve)
            snapshots = tuple(_snapshots(self.bundle.status_lists.values(), self.at))
        except CertsError as error:
            return f"trust list or status list refused: {error}"
        return replace(trust, snapshots=(*trust.snapshots, *snapshots))


def promise(receipt: str, entry: bytes, trust: Trust) -> tuple[Outcome, str]:
    """Whether a receipt promised exactly this entry, and why not; under a lost key nobody can tell any more."""
    try:
        verify_receipt(receipt, entry, trust.keys)
    except KeyDistrusted as error:
        return Outcome.UNDETERMINED, str(error)
    except CertsError as error:
        return Outcome.FAIL, f"{type(error).__name__}: {error}"
    return Outcome.PASS, "verified"


def made_at(trust_list: str) -> datetime:
    """When a signed trust list says it was made, unverified: the time whose keys may have signed it.

    Raises:
        CertsError: it cannot be read, or does not say.
    """
    token = parse_jws(trust_list, max_bytes=MAX_TRUST_LIST_BYTES)
    stated = loads_object(token.payload, MAX_TRUST_LIST_BYTES).get("issued_at")
    try:
        made = datetime.fromisoformat(str(stated))
    except ValueError:
        made = None
    if made is None or made.tzinfo is None:
        raise TrustMalformed("the trust list does not say when it was made")
    return made


def _snapshots(tokens: Iterable[str], fetched_at: datetime) -> Iterable[StatusSnapshot]:
    """Status lists by the address they say they are about; `certs.verify` checks signature, address and age."""
    for token in tokens:
        claims = loads_object(parse_jws(token, max_bytes=MAX_TOKEN_BYTES).payload, MAX_TOKEN_BYTES)
        address = claims.get("sub")
        if not isinstance(address, str):
            raise BundleMalformed("a status list names no address")
        yield StatusSnapshot(address, token, fetched_at)
