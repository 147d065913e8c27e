"""From a record's value to printed text on a certificate's face, or the reason why not. Pure."""

import re
import unicodedata
from datetime import date
from decimal import Decimal

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from certs.identifiers import is_uscc
from certs.type_catalogue import Format

MAX_TEXT = 4000

_CITIZEN_ID = re.compile(r"[0-9]{17}[0-9X]", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

# Control, format (bidi overrides, zero-width joiners) and surrogate characters make a text read otherwise than it
# is; private-use characters look different on every computer. Unassigned ones (Cn) stay: a Han character younger
# than the Unicode tables of this Python is still somebody's name. Whether a font prints it, `certs.issue` asks.
_REFUSED_CATEGORIES = {"Cc": "a control", "Cf": "an invisible", "Cs": "a broken", "Co": "a private-use"}


class ValueRefused(ValueError):
    """The value cannot stand on a certificate; the text says why without repeating the value."""


def printed(value: object, form: Format) -> str:
    """The text of a face field; "" for a missing value.

    Raises:
        ValueRefused: wrong form, failed check digit, or characters that do not print.
    """
    text = _as_text(value)
    if text and form is not Format.TEXT:
        _CHECKS[form](text)
    return text


def parse_day(text: str) -> date:
    """A date written YYYY-MM-DD.

    Raises:
        ValueRefused: another spelling or no such day.
    """
    try:
        if _ISO_DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueRefused("is not a date YYYY-MM-DD")


def is_citizen_id(text: str) -> bool:
    """Whether the text is a citizen ID number (公民身份号码, GB 11643): form, birth date and check digit.

    The region is not looked up: codes are withdrawn and numbers are kept for life.
    """
    if not _CITIZEN_ID.fullmatch(text):
        return False
    try:
        ric.get_birth_date(text)
    except ValidationError:
        return False
    return bool(ric.calc_check_digit(text) == text[-1])


def holder_code_type(text: str, code_types: tuple[str, ...]) -> str:
    """The GB/T 36903 App. A code of a holder's number, among those the type allows.

    Raises:
        ValueRefused: it is valid as none of them.
    """
    for code_type in code_types:
        if (is_citizen_id if code_type == "111" else is_uscc)(text):
            return code_type
    raise ValueRefused("is not a valid holder code (check digit)")


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        raise ValueRefused("is true or false, not text or number")
    if isinstance(value, int | Decimal):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    if isinstance(value, float):
        return _plain(value)
    if not isinstance(value, str):
        raise ValueRefused("is not text or number")
    return _clean(value.strip())


def _plain(value: float) -> str:
    # repr gives the shortest digits that mean this number; printing must not turn 89.6 into 89.59999999999999.
    number = Decimal(repr(value))
    if not number.is_finite():
        raise ValueRefused("is not a finite number")
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _clean(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise ValueRefused(f"is longer than {MAX_TEXT} characters")
    for char in text:
        if (kind := _REFUSED_CATEGORIES.get(unicodedata.category(char))) is not None:
            raise ValueRefused(f"holds {kind} character U+{ord(char):04X}")
    return text


def _check_number(text: str) -> None:
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text, re.ASCII):
        raise ValueRefused("is not a number")


def _check_citizen_id(text: str) -> None:
    if not is_citizen_id(text):
        raise ValueRefused("is not a valid citizen ID number")


def _check_uscc(text: str) -> None:
    if not is_uscc(text):
        raise ValueRefused("is not a valid unified social credit code")


def _check_photo(text: str) -> None:
    if not _SHA256.fullmatch(text):
        raise ValueRefused("is not the SHA-256 of a photo")


def _check_holder_code(text: str) -> None:
    holder_code_type(text, ("111", "001"))


_CHECKS = {
    Format.DATE: parse_day,
    Format.NUMBER: _check_number,
    Format.CITIZEN_ID: _check_citizen_id,
    Format.USCC: _check_uscc,
    Format.HOLDER_CODE: _check_holder_code,
    Format.PHOTO: _check_photo,
}
