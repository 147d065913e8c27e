"""Who may do what: one line per act, refused by default."""

from exchange.errors import NotAllowedError
from exchange.model import Case, Principal, Role

_ALL_SEALS = (Role.OPERATOR, Role.AUDITOR)


def applicant(principal: Principal) -> str:
    """The applicant's subject code.

    Raises:
        NotAllowedError: the principal is not an applicant.
    """
    if principal.role is not Role.APPLICANT or principal.subject is None:
        raise NotAllowedError(Role.APPLICANT)
    return principal.subject


def acts_for(principal: Principal, case: Case) -> bool:
    """Whether an applicant may act in a case: his own, or that of a firm whose legal representative he is."""
    own = {case.subject, case.people.get("legal_representative", case.subject)}
    return principal.role is Role.APPLICANT and principal.subject in own


def officer(principal: Principal) -> tuple[str, str]:
    """Department (USCC) and work number of the clerk.

    Raises:
        NotAllowedError: the principal is not a clerk of a department.
    """
    if principal.role is not Role.CLERK or principal.department is None or principal.officer is None:
        raise NotAllowedError(Role.CLERK)
    return principal.department, principal.officer


def custodian(principal: Principal) -> tuple[str, str]:
    """Department (USCC) and work number of a seal custodian.

    Raises:
        NotAllowedError: the principal is no custodian of a department.
    """
    if principal.role is not Role.CUSTODIAN or principal.department is None or principal.officer is None:
        raise NotAllowedError(Role.CUSTODIAN)
    return principal.department, principal.officer


def seals_seen(principal: Principal) -> str | None:
    """The department whose seals this person may see; None for an operator or an auditor, who see all.

    Raises:
        NotAllowedError: none of them, or a custodian without a department.
    """
    if principal.role in _ALL_SEALS:
        return None
    if principal.role is not Role.CUSTODIAN:
        raise NotAllowedError(Role.CUSTODIAN, *_ALL_SEALS)
    return custodian(principal)[0]


def require(principal: Principal, role: Role) -> None:
    """Let only this role pass.

    Raises:
        NotAllowedError: the principal has another role.
    """
    if principal.role is not role:
        raise NotAllowedError(role)
