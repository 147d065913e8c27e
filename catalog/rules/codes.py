"""Code checks at input: 统一社会信用代码, 行政区划代码, 事项实施编码."""

import re
from enum import StrEnum

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

_REGION = re.compile(r"[0-9]{6}", re.ASCII)
_IMPLEMENTATION_TAIL = re.compile(r"[1-7][0-9]{12}", re.ASCII)
_ITEM_KINDS = frozenset({*(f"{kind:02}" for kind in range(11)), "20"})


class ItemCodeRule(StrEnum):
    """How service item codes are built: the national standard, or free codes of an older city list."""

    GBT_39554 = "GB/T 39554.1"
    FREE = "free"


def uscc_problem(code: str) -> str | None:
    """Say why `code` is no 统一社会信用代码 (GB 32100, 18 characters, check digit), or `None`."""
    try:
        canonical = uscc.validate(code)
    except ValidationError as error:
        return f"`{code}` is no 统一社会信用代码: {error}"
    return None if canonical == code else f"write `{canonical}`, without spaces or small letters"


def region_problem(code: str) -> str | None:
    """Say why `code` is no 行政区划代码 (6 digits, GB/T 2260), or `None`."""
    return None if _REGION.fullmatch(code) else f"`{code}` is no 6-digit region code"


def service_item_code_problem(code: str, department: str, rule: ItemCodeRule) -> str | None:
    """Say why `code` is no 实施编码 of `department`, or `None`.

    GB/T 39554.1: USCC of the carrying-out body (18) + level 1-7 (1) + basic code (12) whose third and fourth digit
    are the kind of item (00-10, 20).
    """
    if rule is ItemCodeRule.FREE:
        return None if code.strip() == code and code else "the code is empty or padded with spaces"
    if len(code) != 31:
        return f"an 实施编码 has 31 characters, this one {len(code)}"
    if code[:18] != department:
        return f"the first 18 characters are not the department's code {department}"
    if not _IMPLEMENTATION_TAIL.fullmatch(code[18:]):
        return "after the department come the level (1-7) and 12 digits"
    return None if code[21:23] in _ITEM_KINDS else f"`{code[21:23]}` is no kind of item (00-10, 20)"
