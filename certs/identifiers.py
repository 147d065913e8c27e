"""The identifier of an e-certificate (电子证照标识, GB/T 36904-2018).

Written ``1.2.156.3005.2.<type 21>.<issuer 18>.<serial>.<version 3>.<check>``; the check character is
ISO/IEC 7064 MOD 37,36 over the four middle parts without dots. It finds reading errors; it proves nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from stdnum.cn import uscc
from stdnum.iso7064 import mod_37_36

from certs.errors import IdentifierInvalid, IdentifierRootObsolete

ROOT = "1.2.156.3005.2"
OBSOLETE_ROOT = "1.2.156.3003.2"
SERIAL_LENGTH = 20
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

# Parts are plain ASCII: str.isdigit() would let full-width digits through.
_TYPE = re.compile(r"[0-9A-Z]{18}[0-9]{3}", re.ASCII)
_ISSUER = re.compile(r"[0-9A-Z]{18}", re.ASCII)
_SERIAL = re.compile(r"[0-9A-Z]{1,64}", re.ASCII)
_VERSION = re.compile(r"[0-9]{3}", re.ASCII)
_REGION = re.compile(r"[0-9]{6}", re.ASCII)

# A byte below 252 (= 7 * 36) maps to each of 36 characters with equal chance.
_UNBIASED = 252

RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Identifier:
    """One version of one certificate. `issuer` is a USCC, or in old imports a six-digit region code."""

    type_code: str
    issuer: str
    serial: str
    version: int

    @property
    def version_text(self) -> str:
        """The three-digit version, `001` for the first."""
        return f"{self.version:03d}"

    @property
    def check(self) -> str:
        """The check character."""
        return _check(f"{self.type_code}{self.issuer}{self.serial}{self.version_text}")

    def __str__(self) -> str:
        return f"{ROOT}.{self.type_code}.{self.issuer}.{self.serial}.{self.version_text}.{self.check}"


@lru_cache(maxsize=4096)
def _check(text: str) -> str:
    # An identifier is written several times while its certificate is made.
    return str(mod_37_36.calc_check_digit(text))


def compose(type_code: str, issuer: str, serial: str, version: int = 1) -> Identifier:
    """A new identifier of a certificate this hub makes.

    Raises:
        IdentifierInvalid: a part has the wrong form, or type authority or issuer is no valid USCC (GB 32100).
    """
    identifier = Identifier(type_code, issuer, serial, version)
    text = f"{type_code}.{issuer}.{serial}.{version}"
    if not 1 <= version <= 999:
        raise IdentifierInvalid(text, "the version is 001 to 999")
    if not _SERIAL.fullmatch(serial):
        raise IdentifierInvalid(text, "the serial is 1 to 64 of 0-9 A-Z")
    if not is_type_code(type_code):
        raise IdentifierInvalid(text, "the type code is the USCC of the defining authority and three digits")
    if not is_uscc(issuer):
        raise IdentifierInvalid(text, "the issuer is not a valid USCC")
    return identifier


def parse(text: str) -> Identifier:
    """Read an identifier, with or without its root, and check it.

    A six-digit region code as issuer occurs in real documents and is accepted here; `compose` never makes one.

    Raises:
        IdentifierRootObsolete: it begins with the root of old software (1.2.156.3003.2).
        IdentifierInvalid: any other fault, named in `reason`.
    """
    if text.startswith(OBSOLETE_ROOT + "."):
        raise IdentifierRootObsolete(text, f"root {OBSOLETE_ROOT} is obsolete; certificates are under {ROOT}")
    parts = text.removeprefix(ROOT + ".").split(".")
    if len(parts) != 5:
        raise IdentifierInvalid(text, "not the root and five parts separated by dots")
    type_code, issuer, serial, version, check = parts
    _check_form(text, type_code, issuer, serial, version)
    identifier = Identifier(type_code, issuer, serial, int(version))
    if identifier.check != check:
        raise IdentifierInvalid(text, "the check character does not match")
    return identifier


def _check_form(text: str, type_code: str, issuer: str, serial: str, version: str) -> None:
    if not _TYPE.fullmatch(type_code):
        raise IdentifierInvalid(text, "the type code is 18 characters and three digits")
    if not (_ISSUER.fullmatch(issuer) or _REGION.fullmatch(issuer)):
        raise IdentifierInvalid(text, "the issuer is neither a USCC nor a region code")
    if not _SERIAL.fullmatch(serial):
        raise IdentifierInvalid(text, "the serial is 1 to 64 of 0-9 A-Z")
    if not _VERSION.fullmatch(version) or version == "000":
        raise IdentifierInvalid(text, "the version is 001 to 999")


def next_version(identifier: Identifier, *, given_up: int = 0) -> Identifier:
    """The identifier of the certificate that replaces this one: same serial, version + 1.

    `given_up` is the highest version that was reserved after this one and abandoned: it is never used again.

    Raises:
        IdentifierInvalid: version 999 has no successor.
    """
    last = max(identifier.version, given_up)
    if last >= 999:
        raise IdentifierInvalid(str(identifier), "version 999 is the last")
    return replace(identifier, version=last + 1)


def random_serial(random_bytes: RandomBytes) -> str:
    """A serial of 20 characters (103 bits) that nobody can guess from another one.

    Args:
        random_bytes: n -> n unpredictable bytes (`secrets.token_bytes`).
    """
    drawn = ""
    while len(drawn) < SERIAL_LENGTH:
        drawn += "".join(ALPHABET[b % 36] for b in random_bytes(SERIAL_LENGTH) if b < _UNBIASED)
    return drawn[:SERIAL_LENGTH]


@lru_cache(maxsize=1024)
def is_uscc(text: str) -> bool:
    """Whether the text is a unified social credit code (统一社会信用代码, GB 32100) with a right check digit."""
    # stdnum strips spaces and dashes and lifts lower case; an identifier part must be the code itself.
    return bool(_ISSUER.fullmatch(text)) and bool(uscc.is_valid(text))


def is_type_code(text: str) -> bool:
    """Whether the text is a type code (证照类型代码): USCC of the defining authority and three digits."""
    return bool(_TYPE.fullmatch(text)) and is_uscc(text[:18])
