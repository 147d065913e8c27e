"""The terms of a purpose-marked copy (加注件): for what, by whom and until when it may be used; and the way back.

A copy carries its terms three times: drawn over the page for people, as metadata under the names of GB/T 36903 (JZJ…)
and as copy.json. All are sealed with the rest, so that no mark can be taken off without breaking the seal. A copy is
never an original: it proves what the certificate said, to the one it was made for, until its last day.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from certs.copies.errors import CopyTermsRefused
from certs.crypto.strict_json import canonical, loads_object
from certs.errors import CertsError, IdentifierInvalid
from certs.face_values import ValueRefused, is_citizen_id, printed
from certs.identifiers import Identifier, parse
from certs.model import LAW_ZONE, Certificate, law_day
from certs.ofd.certificate import COPY_NAME, CopyMarks, certificate_in
from certs.ofd.document import Attached
from certs.ofd.errors import DocumentMalformed
from certs.ofd.reading import OfdFile
from certs.strict_table import StrictTable
from certs.type_catalogue import Format
from certs.verify_findings import Finding, failed, passed
from certs.verify_words import Words

DEFAULT_DAYS: Final = 30
MAX_DAYS: Final = 180  # how long a copy may be good at most; counted from the day it is made
MAX_TEXT: Final = 40  # characters of purpose, matter and recipient each: what the page has room for
MAX_JSON_BYTES: Final = 4096
LEEWAY: Final = timedelta(seconds=60)

# Crockford's base 32: no I, L, O, U, so that a code read from paper is typed right. 28 digits are 140 bits.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS: Final = str.maketrans("ILO", "110", "- \u2010\u2011\u2013\uff0d")
_CODE: Final = re.compile(rf"[{_ALPHABET}]{{4}}(-[{_ALPHABET}]{{4}}){{6}}", re.ASCII)
_DIGITS: Final = 28
_MAX_TYPED: Final = 100
_ID_NUMBER: Final = re.compile(r"(?=([0-9]{17}[0-9Xx]))", re.ASCII)
_KIND: Final = "purpose-marked-copy"
_MAKER: Final = "持证主体"

WORDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "copy-in-force": Words(
            "加注件：仅供{recipient}办理“{matter}”（{purpose}）使用，{until}前有效（含当日）。",
            "A purpose-marked copy: only for {recipient}, for {matter} ({purpose}), good until {until}.",
        ),
        "copy-over": Words(
            "过了用途期限：该加注件只在 {until} 前（含当日）有效。",
            "Its term is over: this copy was good until {until} only.",
            "请持证主体重新制作加注件。",
            "Ask the holder to make a new copy.",
        ),
        "copy-withdrawn": Words(
            "持证主体已于 {withdrawn} 收回该加注件。",
            "The holder withdrew this copy at {withdrawn}.",
            "请持证主体重新制作加注件。",
            "Ask the holder to make a new copy.",
        ),
        "copy-not-yet-made": Words(
            "验证时点早于加注件制作时间 {made}。",
            "Made only at {made}.",
            "请核对验证时点。",
            "Check the time.",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class CopyTerms:
    """What a copy is for. `valid_until` is its last day (China), inclusive.

    Attributes:
        original: the certificate it is a copy of (电子证照标识).
        purpose: 用途, matter: 事项, recipient: 使用单位; one line of plain text each.
        code: the verification code (验证码) in groups, see `code_of`.
        made_at: whole seconds, UTC.
    """

    original: Identifier
    purpose: str
    matter: str
    recipient: str
    valid_until: date
    code: str
    made_at: datetime


def check_terms(terms: CopyTerms) -> None:
    """Whether a copy may be made on these terms; whether they can be printed is found out when it is drawn.

    Raises:
        CopyTermsRefused: a text is empty, too long, not plain or holds a citizen's number; the last day lies before
            the day of making or more than `MAX_DAYS` after it; code or time are not in their one form.
    """
    for where, text in (("purpose", terms.purpose), ("matter", terms.matter), ("recipient", terms.recipient)):
        _check_text(where, text)
    made_on = law_day(terms.made_at)
    if not made_on <= terms.valid_until <= made_on + timedelta(days=MAX_DAYS):
        raise CopyTermsRefused("valid_until", "not-in-term")
    if not _CODE.fullmatch(terms.code):
        raise CopyTermsRefused("code", "not-plain")
    if terms.made_at.microsecond or terms.made_at.utcoffset() != timedelta():
        raise CopyTermsRefused("made_at", "not-plain")


def code_of(random_bytes: bytes) -> str:
    """A verification code of 140 bits from 18 random bytes: seven groups of four."""
    value = int.from_bytes(random_bytes, "big")
    if len(random_bytes) * 8 < _DIGITS * 5:
        raise ValueError("too little randomness")
    return _grouped("".join(_ALPHABET[value >> 5 * i & 31] for i in range(_DIGITS)))


def read_code(text: str) -> str | None:
    """A typed code in its one form: case, spaces, dashes and look-alikes do not matter; None if it is none."""
    digits = text.upper().translate(_READ_AS) if len(text) <= _MAX_TYPED else ""
    if len(digits) != _DIGITS or not set(digits) <= set(_ALPHABET):
        return None
    return _grouped(digits)


def copy_marks(terms: CopyTerms) -> CopyMarks:
    """What an OFD copy has besides the certificate: metadata and copy.json."""
    made = terms.made_at.astimezone(LAW_ZONE)
    return CopyMarks(
        number=terms.code,
        custom={
            "JZJZZSJ": made.isoformat(),
            "JZJZZZ": _MAKER,
            "JZJZZSY": f"{terms.recipient}；{terms.matter}；{terms.purpose}",
            "JZJYXQJZSJ": terms.valid_until.isoformat(),
        },
        terms=Attached(COPY_NAME, "JSON", terms_json(terms), terms.made_at),
    )


def terms_json(terms: CopyTerms) -> bytes:
    """The terms as attached: canonical JSON, one spelling for one meaning."""
    return canonical(
        {
            "v": 1,
            "kind": _KIND,
            "original": str(terms.original),
            "purpose": terms.purpose,
            "matter": terms.matter,
            "recipient": terms.recipient,
            "valid_until": terms.valid_until.isoformat(),
            "code": terms.code,
            "made_at": terms.made_at.isoformat(),
        }
    )


def terms_in(attachments: Mapping[str, bytes]) -> CopyTerms | None:
    """The terms among the attachments of a read file, OFD or PDF; None when it is no copy.

    Raises:
        DocumentMalformed: what is attached as copy.json is not what this module writes.
    """
    data = attachments.get(COPY_NAME)
    if data is None:
        return None
    try:
        terms = _read(data)
        check_terms(terms)
    except (CertsError, ValueError, OverflowError) as error:  # a time at the end of all years
        raise DocumentMalformed(f"{COPY_NAME}: {error}") from error
    if terms_json(terms) != data:
        raise DocumentMalformed(f"{COPY_NAME} is not in its one form")
    return terms


def copy_in_ofd(file: OfdFile) -> tuple[Certificate, CopyTerms]:
    """The certificate and the terms a read OFD copy carries, with metadata and attachments telling the same.

    Raises:
        DocumentMalformed: it is no copy, or its parts disagree.
    """
    terms = terms_in(file.attachments)
    if terms is None:
        raise DocumentMalformed(f"no {COPY_NAME} is attached")
    certificate = certificate_in(file, copy_marks(terms))
    require_same(certificate, terms)
    return certificate, terms


def require_same(certificate: Certificate, terms: CopyTerms) -> None:
    """The terms must speak of the certificate that is attached beside them; raises DocumentMalformed."""
    if terms.original != certificate.identifier:
        raise DocumentMalformed("the copy's terms name another certificate")


def code_digest(code: str) -> bytes:
    """SHA-256 of a verification code: what a trust list names a withdrawn copy by, telling nothing to others."""
    return hashlib.sha256(code.encode()).digest()


def judge_copy(terms: CopyTerms, *, at: datetime, withdrawn_at: datetime | None = None) -> Finding:
    """Whether the copy is good at this instant, by its own terms and its holder's will; codes are in `WORDS`."""
    evidence = {
        "purpose": terms.purpose,
        "matter": terms.matter,
        "recipient": terms.recipient,
        "until": terms.valid_until.isoformat(),
        "made": terms.made_at.isoformat(),
    }
    if terms.made_at > at + LEEWAY:
        return failed("copy-not-yet-made", **evidence)
    if withdrawn_at is not None and withdrawn_at <= at:
        return failed("copy-withdrawn", withdrawn=withdrawn_at.isoformat(), **evidence)
    if law_day(at) > terms.valid_until:
        return failed("copy-over", **evidence)
    return passed("copy-in-force", **evidence)


def _check_text(where: str, text: str) -> None:
    if not text.strip():
        raise CopyTermsRefused(where, "empty")
    if len(text) > MAX_TEXT:
        raise CopyTermsRefused(where, "too-long")
    try:
        plain = printed(text, Format.TEXT)
    except ValueRefused as error:
        raise CopyTermsRefused(where, "not-plain") from error
    if plain != text or " ".join(text.split()) != text:
        raise CopyTermsRefused(where, "not-plain")
    # whoever has the code reads these texts without a log-in
    if any(is_citizen_id(number.upper()) for number in _ID_NUMBER.findall(text)):
        raise CopyTermsRefused(where, "personal")


def _read(data: bytes) -> CopyTerms:
    faults: list[str] = []
    t = StrictTable(loads_object(data, MAX_JSON_BYTES), "copy", faults)
    t.choice("kind", frozenset({_KIND}))
    if t.number("v") != 1:
        t.fault("v is not 1")
    texts = {name: t.text(name) for name in ("original", "purpose", "matter", "recipient", "valid_until", "code")}
    made_at = t.instant("made_at")
    t.finish()
    if faults:
        raise ValueError("; ".join(faults))
    return CopyTerms(
        original=_identifier(texts["original"]),
        purpose=texts["purpose"],
        matter=texts["matter"],
        recipient=texts["recipient"],
        valid_until=date.fromisoformat(texts["valid_until"]),
        code=texts["code"],
        made_at=made_at.astimezone(UTC),
    )


def _identifier(text: str) -> Identifier:
    found = parse(text)
    if str(found) != text:
        raise IdentifierInvalid(text, "not in its one form")
    return found


def _grouped(digits: str) -> str:
    return "-".join(digits[i : i + 4] for i in range(0, _DIGITS, 4))
