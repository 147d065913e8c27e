"""Verification through the hub: any document, as of any time, with everything the hub knows.

What is recognised is verified by `certs`, the same code an outsider runs offline; here only trust is looked up. Files
of others are read in child processes; the hub's own tokens are not foreign and are verified at once.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from certs.journal.ports import Blobs
from certs.model import VerificationReport
from certs.verifier.lookup import claimed_identifier
from certs.verifier.model import DocumentReport
from certs.verifier.process import Prepared, prepared
from certs.verify import verify
from exchange.model_views import VerificationView
from exchange.service.children import Children
from exchange.service.trust import LIFETIME, Trust
from exchange.service.verification_knowledge import HubKnowledge
from exchange.service.verification_views import document_view
from exchange.uow import Reads


@dataclass(slots=True)
class Verification:
    """Verifies with the hub's own knowledge, up to now. Trust is made ready once for as long as it stays the same."""

    reads: Reads
    blobs: Blobs
    trust: Trust
    now: Callable[[], datetime]
    children: Children
    _ready: tuple[object, Prepared] | None = field(init=False, default=None, repr=False)
    _preparing: asyncio.Lock = field(init=False, default_factory=asyncio.Lock, repr=False)

    async def verify(self, content: bytes, *, at: datetime | None) -> VerificationView:
        """Verify a document as of `at` (None: now), whatever it is; never raises for what is in it."""
        return document_view(await self.report(content, at=at))

    async def report(self, content: bytes, *, at: datetime | None, trust: Prepared | None = None) -> DocumentReport:
        """The report behind `verify`; `trust` is what `believed` gave, for a report that names it.

        Raises:
            VerifierBusyError: too many files wait already.
        """
        moment, believed, known = at or self.now(), trust or await self.believed(), self.knowledge()
        return await self.children.run(lambda: self.children.pool.verify(content, believed, at=moment, known=known))

    async def check(self, token: str, *, at: datetime) -> VerificationReport:
        """Verify a certificate token of the hub's own; decisions are looked up for the identifier it claims."""
        trust = await self.trust.about(claimed_identifier(token))
        return await asyncio.to_thread(verify, token, trust, at=at)

    async def believed(self) -> Prepared:
        """The hub's trust as it is now, dated this minute: the same bytes while nothing changed, for a minute at most.

        So children need not read it again for every file.
        """
        minute = self.now().replace(second=0, microsecond=0)
        wanted = (minute, await self.trust.version())
        async with self._preparing:
            if self._ready is None or self._ready[0] != wanted:
                dated = replace(await self.trust.bundle(), issued_at=minute, expires_at=minute + LIFETIME)
                self._ready = (wanted, await asyncio.to_thread(prepared, dated, self.trust.key_file()))
            return self._ready[1]

    def knowledge(self) -> HubKnowledge:
        """What children may ask, answered by this event loop."""
        return HubKnowledge(asyncio.get_running_loop(), self.reads, self.blobs, self.trust, self.trust.log)
