"""Where documents are sealed: off the event loop, in child processes when there is much to do.

Children are started afresh (no inherited sockets, locks or database connections), open the keys they need by URI, and
end by themselves when their parent is gone. What is sent to them is made and read by this module alone.
"""

import asyncio
import io
import os
import pickle
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import get_context, parent_process
from random import SystemRandom
from threading import Thread
from types import MappingProxyType, TracebackType
from typing import Any, Final, Self

from adapters.errors import AdaptersError
from certs.crypto.ports import Signer
from certs.documents.batch import Batch, RowOutcome, seal_batch
from certs.errors import CertsError, KeyUnreadable
from certs.layout.fonts import FontStack, load_fonts
from certs.layout.pages import stated_photo
from certs.model import Certificate
from certs.pki import crl as crls
from certs.pki import x509
from certs.pki.identity import Identity
from exchange.errors import SealingStoppedError
from exchange.service.key_opening import KeyOpener

NO_PHOTOS: Final[Mapping[str, bytes]] = MappingProxyType({})
# Below this many rows a child's start takes longer than its work.
WORTH_A_PROCESS: Final = 64
_SLICES: Final = 4
# Certificates a child has in hand at once when each waits for an authority; so many connections it may open.
_WAITING: Final = 8


@dataclass(frozen=True, slots=True)
class KeyStore:
    """Where keys are: key id -> URI, and what opens them. Goes to children over a pipe, nowhere else."""

    uris: Mapping[str, str]
    open_key: KeyOpener = field(repr=False)


class SealingPool:
    """Seals batches: in one thread of this process, or in `processes` children when that is more than one."""

    def __init__(self, keys: KeyStore, *, processes: int, fonts: FontStack) -> None:
        self._keys, self._processes, self._fonts = keys, processes, fonts
        self._children: ProcessPoolExecutor | None = None

    async def __aenter__(self) -> Self:
        """Start nothing yet: children come with the first batch."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for nobody: what is still at work is thrown away, since nothing of it was filed."""
        if self._children is not None:
            await asyncio.to_thread(self._children.shutdown, wait=True, cancel_futures=True)

    async def seal(
        self, batch: Batch, certificates: Sequence[Certificate], photos: Mapping[str, bytes] = NO_PHOTOS
    ) -> list[RowOutcome]:
        """The outcome of every certificate, in their order; `photos` has the photos they state by SHA-256 (hex).

        Raises:
            SealingStoppedError: nothing of the batch can be sealed now: key, seal or time stamps fail, a child died.
        """
        if self._processes <= 1:
            return _joined([await asyncio.to_thread(_seal, batch, certificates, photos, self._fonts)])
        packed, loop = pack(batch), asyncio.get_running_loop()
        size = max(1, -(-len(certificates) // (self._processes * _SLICES)))
        slices = [certificates[start : start + size] for start in range(0, len(certificates), size)]
        work = [
            loop.run_in_executor(self._started(), _seal_slice, packed, part, _shown(batch, part, photos))
            for part in slices
        ]
        try:
            return _joined(await asyncio.gather(*work))
        except BrokenProcessPool as error:
            raise SealingStoppedError("process-lost", "a sealing process ended before its work was done") from error

    def _started(self) -> ProcessPoolExecutor:
        if self._children is None:
            self._children = ProcessPoolExecutor(
                self._processes, mp_context=get_context("spawn"), initializer=_begin, initargs=(self._keys,)
            )
        return self._children


@dataclass(frozen=True, slots=True)
class _Failed:
    """Why nothing of a batch can be sealed; errors themselves do not all travel between processes."""

    reason: str
    detail: str


def _joined(slices: Sequence[list[RowOutcome] | _Failed]) -> list[RowOutcome]:
    outcomes: list[RowOutcome] = []
    for done in slices:
        if isinstance(done, _Failed):
            raise SealingStoppedError(done.reason, done.detail)
        outcomes += done
    return outcomes


def _shown(batch: Batch, certificates: Sequence[Certificate], photos: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The photos of these certificates only."""
    stated = {stated_photo(certificate, batch.kind) for certificate in certificates}
    return {digest: photos[digest] for digest in stated & photos.keys()}


def _seal(
    batch: Batch, certificates: Sequence[Certificate], photos: Mapping[str, bytes], fonts: FontStack
) -> list[RowOutcome] | _Failed:
    try:
        return seal_batch(batch, certificates, photos, fonts)
    except CertsError as error:
        return _Failed(error.code, str(error))
    except AdaptersError as error:
        return _Failed("time-stamp-failed", str(error))


# ---- in the child --------------------------------------------------------------------------------------------


_store: list[KeyStore] = []


def _begin(keys: KeyStore) -> None:
    _store[:] = [keys]
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that was killed says nothing; its end of the pipe closes."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _seal_slice(
    packed: bytes, certificates: Sequence[Certificate], photos: Mapping[str, bytes]
) -> list[RowOutcome] | _Failed:
    try:
        batch = _unpack(packed)
    except CertsError as error:  # a key that cannot be opened
        return _Failed(error.code, str(error))
    if batch.seals.ofd.stamp is None and batch.seals.pdf.stamp is None:
        return _seal(batch, certificates, photos, load_fonts())
    return _seal_waiting(batch, certificates, photos, load_fonts())


def _seal_waiting(
    batch: Batch, certificates: Sequence[Certificate], photos: Mapping[str, bytes], fonts: FontStack
) -> list[RowOutcome] | _Failed:
    """While one certificate waits for its time-stamps, others are drawn; the first failure ends them all."""
    with ThreadPoolExecutor(_WAITING) as threads:
        work = [threads.submit(_seal, batch, [certificate], photos, fonts) for certificate in certificates]
        try:
            return _until_failed(work)
        finally:
            threads.shutdown(wait=True, cancel_futures=True)


def _until_failed(work: Sequence["Future[list[RowOutcome] | _Failed]"]) -> list[RowOutcome] | _Failed:
    outcomes: list[RowOutcome] = []
    for one in work:
        done = one.result()
        if isinstance(done, _Failed):
            return done
        outcomes += done
    return outcomes


@lru_cache(4)
def _unpack(packed: bytes) -> Batch:
    batch = pickle.loads(packed)  # noqa: S301 - written by `pack` in the process that started this one
    assert isinstance(batch, Batch)
    return batch


@lru_cache(64)
def _opened(kid: str) -> Signer:
    (keys,) = _store
    if kid not in keys.uris:
        raise KeyUnreadable("the key was made after this job began; run the job again")
    return keys.open_key(keys.uris[kid])


def _identity(kid: str, certificate: x509.Certificate, chain: tuple[x509.Certificate, ...]) -> Identity:
    return Identity(_opened(kid), certificate, chain)


# ---- between them --------------------------------------------------------------------------------------------


class _Packer(pickle.Pickler):
    """Private keys stay: a child opens its own by id. Certificates and lists travel as DER."""

    def reducer_override(self, value: object) -> Any:
        match value:
            case Identity():
                return _identity, (value.signer.kid, value.certificate, value.chain)
            case x509.Certificate():
                return x509.parse_certificate, (value.der,)
            case crls.Crl():
                return crls.parse_crl, (value.der,)
            case SystemRandom():
                return SystemRandom, ()
        return NotImplemented


def pack(batch: Batch) -> bytes:
    """The batch for a child of this process."""
    out = io.BytesIO()
    _Packer(out, pickle.HIGHEST_PROTOCOL).dump(batch)
    return out.getvalue()
