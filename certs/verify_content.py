"""What a certificate says against what is registered: identifier, type, right to issue, term, status. Pure.

The same five checks serve every face: a token runs them as steps of its own, a sealed document as its last step.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from certs.errors import CertsError
from certs.identifiers import Identifier, parse
from certs.model import State, law_day
from certs.status_evidence import status_of
from certs.trust import TrustBundle
from certs.verify_findings import NOT_REACHED, Finding, failed, passed, undetermined

LEEWAY: Final = timedelta(seconds=60)


class Content:
    """One certificate's claims (`certs.face.claims_of`) under examination.

    `read_claims` gives the claims or raises a CertsError; `issuer` is the USCC the document names as its issuer.
    `state` is the state as far as it is known once `term` and `status` have run. `claims` stays empty, and every later
    check is not reached, when the claims or the identifier cannot be read.
    """

    def __init__(
        self,
        read_claims: Callable[[], Mapping[str, object]],
        trust: TrustBundle,
        *,
        issuer: str,
        issued_at: datetime,
        at: datetime,
    ) -> None:
        self._read, self._trust = read_claims, trust
        self._issuer, self._issued_at, self._at = issuer, issued_at, at
        self._identifier: Identifier
        self.claims: dict[str, object] = {}
        self.state: State | None = None

    def checks(self) -> tuple[Callable[[], Finding], ...]:
        """The five checks in their order."""
        return self.identifier, self.type, self.entitlement, self.term, self.status

    def identifier(self) -> Finding:
        """Check character (GB/T 36904), and agreement with the content."""
        try:
            claims = dict(self._read())
            self._identifier = parse(str(claims["identifier"]))
            if claims["supersedes"] is not None:
                parse(str(claims["supersedes"]))
        except CertsError as error:
            return failed("identifier-invalid", detail=str(error))
        self.claims = claims
        if self._identifier.issuer != self._issuer:
            return failed("identifier-invalid", detail="issuer differs from the identifier's")
        return passed("identifier-good", identifier=str(self._identifier))

    def type(self) -> Finding:
        """The type is known by this name."""
        if not self.claims:
            return NOT_REACHED
        code = self._identifier.type_code
        name = self._trust.types.get(code)
        if name is None:
            return undetermined("type-unknown", type=code)
        if self.claims["name"] != name.zh:
            return failed("identifier-invalid", detail="name differs from the type's")
        return passed("type-known", type=code, name=name.zh)

    def entitlement(self) -> Finding:
        """The issuer was entitled to the type when it issued."""
        if not self.claims:
            return NOT_REACHED
        issuer = self._trust.issuers.get(self._issuer)
        if issuer is None:
            return undetermined("issuer-unknown", issuer=self._issuer)
        if issuer.uri != self.claims["issuer_uri"]:
            return failed("key-not-issuers", owner=issuer.uri)
        if not any(e.covers(self._identifier.type_code, self._issued_at) for e in issuer.entitlements):
            return failed("issuer-not-entitled", issuer=issuer.name)
        stated = self.claims["issuer_name"]
        if stated != issuer.name and any(stated == other.name for other in self._trust.issuers.values()):
            # nothing proven: names pass from one authority to another when they are reorganised
            return undetermined("issuer-name-of-another", stated=str(stated), issuer=issuer.name)
        return passed("issuer-entitled", issuer=issuer.name)

    def term(self) -> Finding:
        """Days of the law in China; the last valid day counts to its end."""
        if not self.claims:
            return NOT_REACHED
        since, until = str(self.claims["valid_from"]), self.claims["valid_until"]
        if self._issued_at > self._at + LEEWAY:
            return failed("not-yet-issued", issued=self._issued_at.isoformat())
        today = law_day(self._at).isoformat()
        if today < since:
            return failed("not-yet-valid", since=since)
        if until is not None and today > str(until):
            self.state = State.EXPIRED
            return failed("expired", until=str(until))
        return passed("in-term", until=str(until or "长期"))

    def status(self) -> Finding:
        """What the status lists and histories say of it."""
        if not self.claims:
            return NOT_REACHED
        place = str(self.claims["status_uri"]), _index(self.claims["status_index"])
        registered = self._trust.registered_place(str(self._identifier))
        if registered is not None and registered != place:
            return failed("status-elsewhere")
        found = status_of(*place, self._trust, at=self._at)
        if found.state is not None and (found.state is not State.VALID or self.state is None):
            self.state = found.state
        return Finding(found.outcome, found.code, found.evidence)


def _index(value: object) -> int:
    assert isinstance(value, int), "claims_of has read it as a number"
    return value
