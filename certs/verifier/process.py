"""Foreign files are read in child processes: `Pool` keeps some, gives each file to one, and replaces what misbehaves.

A child is started by exec (never forked from a process with threads), with an empty environment, two pipes and nothing
else. It limits itself (`certs.verifier.confine`); the parent's clock and kill stand behind that. Whatever happens to a
child, the file in question gets a report, and it is never 有效. What a child reports is held against the file as it is
here: it can speak of no other file and no other time, and not fill the memory of its parent.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from queue import LifoQueue
from threading import Lock
from typing import Final, TypeVar

import orjson

import certs
from certs.errors import CertsError
from certs.ofd.package import MAX_ENTRIES, MAX_TOTAL
from certs.trust import TrustBundle, trust_document
from certs.verifier.confine import Limits
from certs.verifier.kinds import recognise
from certs.verifier.model import MAX_BYTES, DocumentReport, Knowledge, NothingKnown
from certs.verifier.plain import answer, report_of
from certs.verifier.steps import digests, ended
from certs.verifier.wire import Wire, WireLate, WireLost
from certs.verify_findings import failed, undetermined

_STARTING: Final = 60.0
_QUESTIONS: Final = 500
_MAX_REPORT: Final = 16 * 1024 * 1024
_NOTHING: Final = NothingKnown()
T = TypeVar("T")


class ArchiveRefused(CertsError):
    """A ZIP of documents is not in the one form every reader reads alike, or beyond the limits. Next: pack it again."""

    code = "archive-irregular"


@dataclass(frozen=True, slots=True)
class Prepared:
    """Trust as children get it: trust list (JSON) and key file, either may be empty; `digest` names the list (hex)."""

    document: bytes = field(default=b"", repr=False)
    keys: bytes = field(default=b"", repr=False)
    digest: str = ""


def prepared(trust: TrustBundle | None, keys: bytes | None) -> Prepared:
    """Trust made ready once for any number of files."""
    document = b"" if trust is None else trust_document(trust)
    return Prepared(document, keys or b"", sha256(document).hexdigest() if document else "")


class _NotStarted(Exception):
    """No child came up: that is this computer's fault, not the file's."""


class _OutOfMemory(Exception):
    """The child said so and ended."""


class _Process:
    """One child."""

    def __init__(self, limits: Limits, module: str, monotonic: Callable[[], float]) -> None:
        root = str(Path(certs.__file__).resolve().parent.parent)
        search = os.pathsep.join(dict.fromkeys([root, *(p for p in sys.path if p)]))
        self._limits, self._monotonic = limits, monotonic
        self._child = subprocess.Popen(  # noqa: S603 - our own interpreter and module, nothing of the file
            [sys.executable, "-s", "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            close_fds=True,
            cwd="/",
            env={"PYTHONPATH": search, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "MALLOC_ARENA_MAX": "1"},
        )
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        for pipe in (self._child.stdin, self._child.stdout):
            os.set_blocking(pipe.fileno(), False)
        self._wire = Wire(self._child.stdout.fileno(), self._child.stdin.fileno(), monotonic)
        self._given = Prepared()
        self.tasks = 0
        self._patience(_STARTING)
        try:
            self._wire.send(b"L", orjson.dumps(asdict(limits)))
            self._expect_ready()
        except (WireLost, WireLate):
            self.end()
            raise

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    def verify(self, content: bytes, trust: Prepared, *, at: datetime, known: Knowledge) -> DocumentReport:
        """Verify one file. Raises WireLost, WireLate, _OutOfMemory: the child is of no use any more."""
        self._give(trust)
        self.tasks += 1
        self._patience(self._limits.wall_seconds)
        self._wire.send(b"V", orjson.dumps({"at": at.isoformat(), "knows_log": known.knows_log}))
        self._wire.send(b"C", content)
        self._wire.most = _MAX_REPORT
        for _ in range(_QUESTIONS):
            kind, data = self._receive()
            if kind == b"R":
                return _report(data, content, at)
            if kind != b"Q":
                break
            began = self._monotonic()
            said = _answer(data, known)
            self._wire.deadline += self._monotonic() - began  # what we took to answer is not the file's time
            self._wire.send(b"A", said)
        raise WireLost("no report")

    def unpack(self, content: bytes) -> list[tuple[str, bytes]]:
        """The files of an archive. Raises ArchiveRefused, and as `verify`."""
        self.tasks += 1
        self._patience(self._limits.wall_seconds)
        self._wire.send(b"U", content)
        files: list[tuple[str, bytes]] = []
        left = MAX_TOTAL
        while True:
            self._wire.most = left
            kind, data = self._receive()
            if kind == b"E":
                return files
            if kind == b"X":
                raise ArchiveRefused(data.decode("utf-8", "replace")[:200])
            body = self._receive()
            left -= len(body[1])
            if (kind, body[0]) != (b"N", b"F") or len(files) == MAX_ENTRIES or left < 0:
                raise WireLost("no file, or more than an archive may hold")
            files.append((data.decode("utf-8", "replace"), body[1]))

    def kill(self) -> None:
        """Stop it now, whatever it does."""
        self._child.kill()

    def end(self) -> None:
        """Kill it and wait until it is gone."""
        self.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._child.wait()

    def _give(self, trust: Prepared) -> None:
        """Trusted and possibly large: read without the limits of a file."""
        if trust.document != self._given.document or trust.keys != self._given.keys:
            self._patience(_STARTING)
            for kind, data in ((b"T", trust.document), (b"K", trust.keys)):
                self._wire.send(kind, data)
                self._expect_ready()
            self._given = trust

    def _expect_ready(self) -> None:
        if self._wire.receive()[0] != b"S":
            raise WireLost("not ready")

    def _receive(self) -> tuple[bytes, bytes]:
        kind, data = self._wire.receive()
        if kind == b"M":
            raise _OutOfMemory
        return kind, data

    def _patience(self, seconds: float) -> None:
        self._wire.deadline = self._monotonic() + seconds


class Pool:
    """Children for reading foreign files; safe to use from several threads, of which as many as `size` are served.

    Children start when first needed. `module` is what they run; `monotonic` gives seconds of a clock that never goes
    back. Close it when done: no child outlives that.
    """

    def __init__(
        self,
        *,
        size: int,
        monotonic: Callable[[], float],
        limits: Limits | None = None,
        module: str = "certs.verifier.child",
    ) -> None:
        self.size = size
        self._limits, self._module, self._monotonic = limits or Limits(), module, monotonic
        # the one that worked last is warm, the others may stay unstarted
        self._free: LifoQueue[_Process | None] = LifoQueue()
        self._all: set[_Process] = set()
        self._lock, self._closed = Lock(), False
        for _ in range(size):
            self._free.put(None)

    def verify(self, content: bytes, trust: Prepared, *, at: datetime, known: Knowledge = _NOTHING) -> DocumentReport:
        """Verify one document (`certs.verifier.documents`) in a child; waits for a free one.

        Raises:
            ValueError: `at` has no time zone. Whatever `known` raises.
        """
        if at.tzinfo is None:
            raise ValueError("at needs a time zone")
        if not content:
            return ended(recognise(content), content, failed("file-empty"), at=at)
        if len(content) > MAX_BYTES:
            return ended(recognise(content), content, undetermined("file-too-large", limit=str(MAX_BYTES)), at=at)
        try:
            return self._with_child(lambda child: child.verify(content, trust, at=at, known=known))
        except (WireLost, WireLate, _OutOfMemory, _NotStarted) as error:
            finding = undetermined(_code(error), seconds=f"{self._limits.wall_seconds:g}")
            return ended(recognise(content), content, finding, at=at)

    def unpack(self, content: bytes) -> list[tuple[str, bytes]]:
        """The files in a ZIP of documents, by name.

        Raises:
            ArchiveRefused: irregular, too many files, too large, a bomb; or its reading was stopped.
        """
        if len(content) > MAX_BYTES:
            raise ArchiveRefused(f"over {MAX_BYTES} bytes")
        try:
            return self._with_child(lambda child: child.unpack(content))
        except (WireLost, WireLate, _OutOfMemory, _NotStarted) as error:
            raise ArchiveRefused(_code(error)) from error

    def pids(self) -> frozenset[int]:
        """Process ids of the children there are now."""
        with self._lock:
            return frozenset(child.pid for child in self._all)

    def close(self) -> None:
        """End every child; whatever still runs in one is reported as crashed."""
        with self._lock:
            self._closed = True
            for child in self._all:
                child.kill()
        for _ in range(self.size):  # a thread that was using a child gives its place back first
            child_or_none = self._free.get()
            if child_or_none is not None:
                self._drop(child_or_none)
        for _ in range(self.size):
            self._free.put(None)

    def _with_child(self, work: Callable[[_Process], T]) -> T:
        """Do it with a free child, started if need be; one that misbehaved or did its share is replaced."""
        child = self._free.get()
        keep = False
        try:
            child = child or self._start()
            try:
                done = work(child)
            except ArchiveRefused:
                keep = True
                raise
            keep = child.tasks < self._limits.tasks
            return done
        finally:
            if child is not None and not keep:
                self._drop(child)
            self._free.put(child if keep else None)

    def _start(self) -> _Process:
        self._require_open()
        try:
            child = _Process(self._limits, self._module, self._monotonic)
        except (OSError, WireLost, WireLate) as error:
            raise _NotStarted from error
        with self._lock:
            self._all.add(child)
        self._require_open(child)
        return child

    def _require_open(self, child: _Process | None = None) -> None:
        """Raises WireLost once the pool is closed; a child that came to be meanwhile is ended."""
        if self._closed:
            if child is not None:
                self._drop(child)
            raise WireLost("closed")

    def _drop(self, child: _Process) -> None:
        with self._lock:
            self._all.discard(child)
        child.end()


def _report(data: bytes, content: bytes, at: datetime) -> DocumentReport:
    try:
        report = report_of(orjson.loads(data))
    except (LookupError, TypeError, ValueError) as error:
        raise WireLost("no report") from error
    said = (report.kind, report.at, report.size, report.sha256, report.sm3)
    if said != (recognise(content), at, len(content), *digests(content)):
        raise WireLost("a report on another file or time")
    return report


def _answer(data: bytes, known: Knowledge) -> bytes:
    """The answer to a question; one that cannot be read is a child gone wrong."""
    try:
        question = orjson.loads(data)
        about, ask = question["about"], question["ask"]
    except (LookupError, TypeError, ValueError) as error:
        raise WireLost("no question") from error
    try:
        return orjson.dumps(answer({"ask": ask, "about": about}, known))
    except (LookupError, ValueError) as error:
        raise WireLost("no question") from error


def _code(error: Exception) -> str:
    if isinstance(error, WireLate):
        return "parser-timeout"
    if isinstance(error, _NotStarted):
        return "parser-unavailable"
    return "parser-memory" if isinstance(error, _OutOfMemory) else "parser-crashed"
