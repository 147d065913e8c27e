"""Every refusal of the catalogue. Evidence travels as attributes; nothing here knows about transports."""

from collections.abc import Sequence
from datetime import date

from catalog.findings import Finding


class CatalogError(Exception):
    """The catalogue refused something; the subclass says what and what to do next."""

    code = "catalog-error"


class CatalogueInvalidError(CatalogError):
    """Entries break rules; every finding is listed at once. Correct all of them and submit again."""

    code = "catalogue-invalid"

    def __init__(self, findings: Sequence[Finding], source: str = "") -> None:
        self.findings = tuple(findings)
        self.source = source
        super().__init__("\n".join(f"{source}:{f}" if source else str(f) for f in self.findings))


class UnknownEntryError(CatalogError):
    """No entry has this id. Look it up in the catalogue; ids are case-sensitive."""

    code = "unknown-entry"

    def __init__(self, kind: str, entry_id: str) -> None:
        self.kind = kind
        self.entry_id = entry_id
        super().__init__(f"{kind} {entry_id} is not in the catalogue")


class EntryExistsError(CatalogError):
    """The id is taken by an entry with other content. Choose another id, or revoke the old entry first."""

    code = "entry-exists"

    def __init__(self, kind: str, entry_id: str) -> None:
        self.kind = kind
        self.entry_id = entry_id
        super().__init__(f"{kind} {entry_id} exists with other terms")


class BreakingChangeError(CatalogError):
    """The new version takes something away from consumers (国令809 Art. 27).

    Negotiate with them, file it with the 主管部门, then publish with the change accepted.
    """

    code = "breaking-change"

    def __init__(self, resource: str, changes: Sequence[str]) -> None:
        self.resource = resource
        self.changes = tuple(changes)
        super().__init__(f"{resource}: {'; '.join(self.changes)}")


class ResourceInUseError(CatalogError):
    """Running grants still depend on what would go away (国令809 Art. 27). Revoke these grants first."""

    code = "resource-in-use"

    def __init__(self, resource: str, grants: Sequence[str]) -> None:
        self.resource = resource
        self.grants = tuple(grants)
        super().__init__(f"{resource} is used by {', '.join(self.grants)}")


class GrantStateError(CatalogError):
    """The grant's present state does not allow this step. Read its state; a revoked grant is granted anew."""

    code = "grant-state"

    def __init__(self, grant: str, state: str, step: str) -> None:
        self.grant = grant
        self.state = state
        self.step = step
        super().__init__(f"{grant} is {state}: cannot {step}")


class ReasonMissingError(CatalogError):
    """A suspension, revocation or withdrawal needs its reason (国令809 Art. 27). State it."""

    code = "reason-missing"

    def __init__(self, step: str) -> None:
        self.step = step
        super().__init__(f"{step} needs a reason")


class CalendarMissingError(CatalogError):
    """The working-day calendar does not cover this date. Add the year's holiday notice to the calendar file."""

    code = "calendar-missing"

    def __init__(self, day: date) -> None:
        self.day = day
        super().__init__(f"no calendar for {day.year}")


class LongerTermError(CatalogError):
    """Statutory terms may be shortened, never lengthened (国令809 Art. 23). Configure a smaller number."""

    code = "longer-term"

    def __init__(self, clock: str, days: int, statutory: int) -> None:
        self.clock = clock
        self.days = days
        self.statutory = statutory
        super().__init__(f"{clock}: {days} working days is outside 1 to {statutory}")
