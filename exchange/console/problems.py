"""What went wrong, as a page: the cause and the next step in plain words, with the stable code."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from adapters.errors import AdaptersError
from catalog.errors import CatalogError
from certs.errors import CertsError
from certs.seals.errors import SealActRefused
from certs.seals.refusals import ActRefusal
from exchange.console.words import Words
from exchange.errors import ExchangeError, NotAllowedError
from exchange.service.keys import NoSignerError

DOMAIN_ERRORS = (ExchangeError, CertsError, CatalogError, AdaptersError, NoSignerError)

# Turns an error of ours into the status of the answer; `exchange.main` passes the table the API uses.
StatusOf = Callable[[Exception], int]


class PageError(Exception):
    """A page cannot be shown; `code` names the words for it in the catalogue files. Next: see the subclass."""

    code = "page-error"
    status = 400


class LoginNeeded(PageError):
    """Nobody is logged in, or the session is over. Next: log in; `back` is where to return to."""

    code = "login-needed"
    status = 401

    def __init__(self, back: str) -> None:
        self.back = back
        super().__init__(back)


class WrongRole(PageError):
    """The page belongs to other roles, which `needed` names. Next: go to your own start page."""

    code = "wrong-role"
    status = 403

    def __init__(self, needed: Sequence[str]) -> None:
        self.needed = tuple(needed)
        super().__init__(*needed)


class FormExpired(PageError):
    """The form token is missing or of another session. Next: open the form again and send it once more."""

    code = "form-expired"
    status = 403


class FormIncomplete(PageError):
    """A field of the form is missing or cannot be read. Next: go back and fill it in; `field` says which."""

    code = "form-incomplete"
    status = 422

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(field)


class FileTooLarge(PageError):
    """The upload has more than `most` bytes. Next: make the file smaller, send fewer, or bring the original."""

    code = "file-too-large"
    status = 413

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(most)


@dataclass(frozen=True, slots=True)
class ProblemPage:
    """View model of the error page: `aside` is the technical sentence, in English, where we have no own words."""

    status: int
    code: str
    title: str
    cause: str
    next_step: str
    aside: str | None = None


def plain_status(_: Exception) -> int:
    """The status when no table is given: the request cannot be served as it is."""
    return 400


def describe(error: Exception, words: Words, status: int) -> ProblemPage:
    """The words for an error; those for its kind of status when its code has none of its own."""
    code = str(getattr(error, "code", "page-error"))
    if words.has(f"problem.{code}.title"):
        page = told(code, words, status)
        cause = _cause(error, words)
        return page if cause is None else replace(page, cause=cause)
    doc = inspect.cleandoc(type(error).__doc__ or "").split("\n\n")[0]
    family = told("refused" if status < 500 else "failed", words, status)
    return ProblemPage(status, code, family.title, family.cause, family.next_step, doc or None)


def _cause(error: Exception, words: Words) -> str | None:
    """What is known of this very refusal, better than what its kind alone tells."""
    if isinstance(error, SealActRefused):
        return _sentence(error.reason, words)
    if isinstance(error, NotAllowedError | WrongRole):
        roles = words.t("comma").join(words.t(f"role.{role}") for role in error.needed)
        return words.t(f"problem.{error.code}.cause-roles", roles=roles)
    if isinstance(error, FileTooLarge):
        return words.t("problem.file-too-large.cause-most", megabytes=error.most // 1024**2)
    return None


def _sentence(reason: ActRefusal, words: Words) -> str:
    return reason.zh if words.lang == "zh" else f"{reason.en[0].upper()}{reason.en[1:]}."


def told(code: str, words: Words, status: int) -> ProblemPage:
    """The page for a code that has words."""
    prefix = f"problem.{code}"
    return ProblemPage(
        status,
        code,
        words.t(f"{prefix}.title"),
        words.t(f"{prefix}.cause"),
        words.t(f"{prefix}.next"),
    )
