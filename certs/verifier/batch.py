"""Many documents at once: as many at a time as the pool has children, in order, with memory for a few at a time."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from certs.verifier.model import DocumentReport, Knowledge, NothingKnown
from certs.verifier.process import Pool, Prepared

_AHEAD: Final = 4
_NOTHING: Final = NothingKnown()


@dataclass(frozen=True, slots=True)
class Document:
    """A file of a batch: what its bearer calls it, and how to read it when its turn comes (may raise OSError)."""

    name: str = field(repr=False)
    load: Callable[[], bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Done:
    """Result of one file: its report, or why it could not be read at all."""

    name: str = field(repr=False)
    report: DocumentReport | None
    unreadable: OSError | None = None


def verify_all(
    pool: Pool, documents: Iterable[Document | Done], trust: Prepared, *, at: datetime, known: Knowledge = _NOTHING
) -> Generator[Done, None, None]:
    """Verify every document in order; what is done already passes through. Raises nothing for what is in them."""

    def one(document: Document | Done) -> Done:
        if isinstance(document, Done):
            return document
        try:
            content = document.load()
        except OSError as error:
            return Done(document.name, None, error)
        return Done(document.name, pool.verify(content, trust, at=at, known=known))

    waiting: deque[Future[Done]] = deque()
    with ThreadPoolExecutor(pool.size, thread_name_prefix="verify") as threads:
        for document in documents:
            waiting.append(threads.submit(one, document))
            if len(waiting) >= _AHEAD * pool.size:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
