"""Receipts (回执): the hub's signed promise, at answer time, that an event is in its log."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from certs.crypto.ports import Signer
from certs.crypto.strict_json import canonical
from certs.evidence.receipt import Receipt as Claims
from certs.evidence.receipt import sign_receipt
from exchange.model import Receipt


@dataclass(frozen=True, slots=True)
class Receipts:
    """Signs receipts in the name of the hub."""

    hub: str
    signer: Callable[[], Signer]
    now: Callable[[], datetime]

    def issue(
        self, event_id: UUID, leaf_hash: bytes, question: Mapping[str, object], answer: Mapping[str, object]
    ) -> Receipt:
        """A receipt for a durable event; the hashes are SHA-256 of the canonical JSON of question and answer."""
        claims = Claims(
            issuer=self.hub,
            issued_at=self.now(),
            event_id=event_id,
            leaf_hash=leaf_hash,
            request_hash=sha256(canonical(dict(question))).digest(),
            response_hash=sha256(canonical(dict(answer))).digest(),
        )
        return Receipt(event_id, sign_receipt(claims, self.signer()))
