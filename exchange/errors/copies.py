"""Purpose-marked copies."""

from exchange.errors.base import ExchangeError


class CopyNotFoundError(ExchangeError):
    """This person made no such copy; look at the list of your copies."""

    code = "copy-not-found"


class CopyGoneError(ExchangeError):
    """The copy is gone: taken, withdrawn, waited too long, or its original ended; make a new one."""

    code = "copy-gone"


class CopyLimitError(ExchangeError):
    """Too many copies were made today; make the next one tomorrow."""

    code = "copy-limit"


class CopyFormatError(ExchangeError):
    """Copies are made as OFD or PDF only; choose one of them."""

    code = "copy-format"


class CopyCodeUnknownError(ExchangeError):
    """No copy has this verification code; read it again from the copy, all seven groups."""

    code = "copy-code-unknown"
