"""The hub's keys of role `log` as `certs.journal` wants them: always those of this moment."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from certs.crypto import base64url
from certs.errors import CertsError
from certs.evidence.checkpoint import LogIdentity
from certs.evidence.note import NoteSigner, NoteVerifier
from certs.journal.keys import SIGNERS
from exchange.repo.keys import KeyRow
from exchange.service.keys import HubKeys, KeyRole, in_use

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HubLogKeys:
    """`certs.journal.keys.LogKeys` over the key table; `keys` is read again every few seconds, and by `learn`."""

    keys: HubKeys
    origin: str

    def identity(self) -> LogIdentity:
        """Every key the log ever had: its heads and files bear the last key's signature until the next one signs."""
        return LogIdentity(self.origin, tuple(map(self._verifier, self._rows())))

    def signers(self) -> Sequence[NoteSigner]:
        """The newest key that can be opened here, and the one before it while that is not retired."""
        return [NoteSigner.of(self.origin, key) for key in islice(self.keys.signers(KeyRole.LOG), SIGNERS)]

    def in_use(self) -> Sequence[NoteVerifier]:
        """Neither retired nor lost."""
        return [self._verifier(row) for row in self._rows() if in_use(row)]

    async def learn(self) -> None:
        """Read the key table again; a key that cannot be opened here verifies all the same."""
        try:
            await self.keys.reload()
        except CertsError as error:
            _log.warning("a key cannot be opened here: %s", error)

    def _rows(self) -> Sequence[KeyRow]:
        return [row for row in self.keys.rows if row.role == KeyRole.LOG]

    def _verifier(self, row: KeyRow) -> NoteVerifier:
        return NoteVerifier(self.origin, base64url.decode(row.jwk["x"]))
