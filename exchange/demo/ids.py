"""Numbers with check digits for invented people and firms of the unallocated region 339900."""

from datetime import date
from typing import Final

REGION: Final = "339900"

_PERSON_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_PERSON_CHECKS: Final = "10X98765432"
_ORG_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORG_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def citizen_id(born: date, sequence: int) -> str:
    """The 18-character 公民身份号码 of GB 11643; an odd `sequence` (1..999) marks a man, an even one a woman."""
    body = f"{REGION}{born:%Y%m%d}{sequence:03d}"
    total = sum(weight * int(digit) for weight, digit in zip(_PERSON_WEIGHTS, body, strict=True))
    return body + _PERSON_CHECKS[total % 11]


def organisation_code(body: str) -> str:
    """`body` (8 characters) with the check character of GB 11714 appended: 9 characters."""
    total = sum(w * _ORG_ALPHABET.index(c) for w, c in zip(_ORG_WEIGHTS, body, strict=True))
    return body + "0123456789X0"[11 - total % 11]


def uscc(serial: int) -> str:
    """The 统一社会信用代码 (GB 32100) of the enterprise with this serial number, both check characters right."""
    body = f"91{REGION}" + organisation_code(f"MA9{serial:05d}")
    total = sum(pow(3, place, 31) * _USCC_ALPHABET.index(c) for place, c in enumerate(body))
    return body + _USCC_ALPHABET[-total % 31]


def marriage_number(year: int, serial: int) -> str:
    """The 结婚证字号: J, the region, the year, a running number of six digits."""
    return f"J{REGION}-{year}-{serial:06d}"


def unit_number(block: int, building: int, flat: int) -> str:
    """The 28-character 不动产单元号: cadastral zone, block of land, building and flat."""
    return f"{REGION}001{block % 1000:03d}GB{block:05d}F{building:04d}{flat:04d}"


def certificate_number(year: int, serial: int) -> str:
    """The 不动产权证书 number as printed on the certificate of the fictional city."""
    return f"示({year})示例市不动产权第{serial:07d}号"


def with_wrong_check(number: str) -> str:
    """The same number with another last digit, as a typing mistake leaves it."""
    return number[:-1] + ("1" if number[-1] != "1" else "2")
