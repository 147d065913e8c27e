"""The child process: `python -m certs.verifier.child`. It speaks `certs.verifier.wire` on its two pipes.

Frames from the parent: L limits (once, first) · T trust list, K key file (answered S) · V time and C content (answered
by any number of Q questions, each answered A, then R report) · U content of an archive (answered N name and F file for
each, then E; or X and why not). Out of memory, it says M and ends.
"""

import encodings.ascii
import encodings.latin_1
import encodings.utf_16_be
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import orjson

from certs.crypto.sm2 import Sm2Signer
from certs.errors import CertsError
from certs.ofd.package import read_package
from certs.trust import StatusHistory, TrustBundle, read_trust_document
from certs.verifier.confine import Confined, Limits
from certs.verifier.documents import Believed, verify_document
from certs.verifier.kinds import recognise
from certs.verifier.plain import history_of, plain_report
from certs.verifier.sealed import get_ready
from certs.verifier.steps import ended
from certs.verifier.wire import Wire, WireLost
from certs.verify_findings import undetermined

# what the standard library would import only when first needed, which is too late in here
_LOADED: Final = (encodings.ascii, encodings.latin_1, encodings.utf_16_be)


@dataclass(frozen=True, slots=True)
class _Asking:
    """`Knowledge` that asks the parent."""

    wire: Wire
    knows_log: bool

    def decisions(self, identifier: str) -> StatusHistory | None:
        """Every decision about a certificate."""
        found = self._ask("decisions", identifier)
        return history_of(found) if isinstance(found, dict) else None

    def withdrawn(self, code: str) -> datetime | None:
        """When a copy was withdrawn."""
        return self._time("withdrawn", code)

    def used(self, stamp_digest: bytes) -> datetime | None:
        """When the use was logged."""
        return self._time("used", stamp_digest.hex())

    def entry(self, event: UUID) -> bytes | None:
        """A log entry."""
        return self._bytes("entry", str(event))

    def entry_at(self, index: int) -> bytes | None:
        """The log entry at a place."""
        return self._bytes("entry-at", str(index))

    def proof(self, event: UUID) -> str | None:
        """A proof."""
        found = self._ask("proof", str(event))
        return None if found is None else str(found)

    def _time(self, ask: str, about: str) -> datetime | None:
        found = self._ask(ask, about)
        return None if found is None else datetime.fromisoformat(str(found))

    def _bytes(self, ask: str, about: str) -> bytes | None:
        found = self._ask(ask, about)
        return None if found is None else str(found).encode()

    def _ask(self, ask: str, about: str) -> object:
        self.wire.send(b"Q", orjson.dumps({"ask": ask, "about": about}))
        kind, data = self.wire.receive()
        if kind != b"A":
            raise WireLost("no answer")
        return orjson.loads(data)


@dataclass(slots=True)
class Child:
    """The loop of a child."""

    wire: Wire
    confined: Confined
    trust: TrustBundle | None = None
    keys: bytes | None = None

    def serve(self) -> None:
        """Do one task after another until the parent closes."""
        tasks = {b"T": self._trust, b"K": self._keys, b"V": self._verify, b"U": self._unpack}
        while True:
            kind, data = self.wire.receive()
            tasks[kind](data)

    def _trust(self, data: bytes) -> None:
        self.confined.lift()
        self.trust = read_trust_document(data) if data else None
        self.wire.send(b"S")

    def _keys(self, data: bytes) -> None:
        self.keys = data or None
        self.wire.send(b"S")

    def _verify(self, data: bytes) -> None:
        asked = orjson.loads(data)
        at = datetime.fromisoformat(asked["at"])
        self.confined.begin()
        _, content = self.wire.receive()
        known = _Asking(self.wire, bool(asked["knows_log"]))
        try:
            report = verify_document(content, Believed(self.trust, self.keys), at=at, known=known)
        except (MemoryError, WireLost):
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours on a foreign file is an outcome, not an end
            detail = type(error).__name__
            report = ended(recognise(content), content, undetermined("parser-failed", detail=detail), at=at)
        self.wire.send(b"R", orjson.dumps(plain_report(report)))

    def _unpack(self, content: bytes) -> None:
        self.confined.begin()
        try:
            files = read_package(content)
        except CertsError as error:
            self.wire.send(b"X", str(error).encode())
            return
        for name, body in files.items():
            self.wire.send(b"N", name.encode())
            self.wire.send(b"F", body)
        self.wire.send(b"E")


def serve() -> None:
    """Run as a child on standard input and output."""
    wire = Wire(os.dup(0), os.dup(1))
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):  # whatever prints or reads in here reaches nobody
        os.dup2(nothing, standard)
    os.close(nothing)
    with suppress(WireLost):
        _, data = wire.receive()
        with suppress(CertsError):  # without SM2 the steps that need it say so
            Sm2Signer.generate().verifier()
        datetime.strptime("2026", "%Y").replace(tzinfo=UTC)
        get_ready()
        child = Child(wire, Confined(Limits(**orjson.loads(data))))
        wire.send(b"S")
        try:
            child.serve()
        except MemoryError:
            wire.send(b"M")


if __name__ == "__main__":
    serve()
    sys.exit(0)
