"""A time-stamp authority for development (RFC 3161 §2): SHA-256 with P-256, SM3 with SM2, whichever its key is."""

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from typing import Final

from certs.errors import CertsError
from certs.pki import der
from certs.pki.algorithms import SUITES
from certs.pki.cms import TST_INFO, CmsSigner
from certs.pki.dev_ca import refuse_production
from certs.pki.identity import Identity
from certs.pki.timestamp import TimestampRequest, parse_request

POLICY: Final = "1.3.6.1.4.1.32473.1.1"  # below the enterprise number for documentation (RFC 5612)
_BAD_ALGORITHM: Final = 0
_BAD_REQUEST: Final = 2
_BAD_FORMAT: Final = 5
_NO_TIME: Final = 14
_BAD_POLICY: Final = 15


class DevelopmentTsa:
    """Answers requests with tokens. Its clock never runs back: rather no stamp than a wrong one.

    Args:
        identity: a leaf for time-stamping alone.
        now: aware UTC.
        new_serial: positive, never the same twice.
        profile: "production" is refused (DevelopmentOnly).
    """

    def __init__(
        self, identity: Identity, *, now: Callable[[], datetime], new_serial: Callable[[], int], profile: str
    ) -> None:
        refuse_production(profile)
        self._cms, self._now, self._new_serial = CmsSigner(identity), now, new_serial
        self._digest_oid = SUITES[identity.signer.alg].digest_oid
        self._certificate = identity.certificate
        self._last, self._reading = datetime.min.replace(tzinfo=UTC), Lock()

    def reply(self, request: bytes) -> bytes:
        """TimeStampResp; whatever is wrong with the request or the clock is said in it, nothing is raised."""
        try:
            asked = parse_request(request)
        except CertsError:
            return _rejection(_BAD_FORMAT)
        if asked.imprint.digest_oid != self._digest_oid:
            return _rejection(_BAD_ALGORITHM)
        if asked.policy not in (None, POLICY):
            return _rejection(_BAD_POLICY)
        if not asked.wants_certificate:  # RFC 3161 §2.4.1 forbids to put it in then; a token without it proves little
            return _rejection(_BAD_REQUEST)
        at = self._time()
        if at is None:
            return _rejection(_NO_TIME)
        return der.sequence(der.sequence(der.integer(0)), self._token(asked, at))

    def _time(self) -> datetime | None:
        """One request at a time: another's later reading must not make the clock seem to run back."""
        with self._reading:
            at = self._now().replace(microsecond=0)
            if at < self._last or not self._certificate.not_before <= at <= self._certificate.not_after:
                return None
            self._last = at
            return at

    def _token(self, asked: TimestampRequest, at: datetime) -> bytes:
        parts = [
            der.integer(1),
            der.oid(POLICY),
            asked.imprint.der(),
            der.integer(self._new_serial()),
            der.generalized_time(at),
            der.sequence(der.integer(1)),  # accuracy: the second it is cut to
        ]
        if asked.nonce is not None:
            parts.append(der.integer(asked.nonce))
        return self._cms.enveloping(TST_INFO, der.sequence(*parts))


def _rejection(failure: int) -> bytes:
    return der.sequence(der.sequence(der.integer(2), der.named_bits([failure])))
