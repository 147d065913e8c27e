"""A log entry: who did what, when, on whose behalf, in canonical JSON, without personal data.

Members: `v` 1, `id` (UUID), `kind` (`noun:verb-past`), `at` (UTC, microseconds), `hub` (issuer), `department`,
`officer` (staff number), `case` and `subject` (commitments, base64url), `detail` (object). The bytes are the
record: they are hashed, stored and compared as they are, and re-encoding them gives the same bytes.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from uuid import UUID

from certs.crypto import base64url
from certs.crypto.strict_json import canonical, loads_object
from certs.errors import EncodingRefused
from certs.evidence.commitment import commit, event_key
from certs.evidence.errors import EntryMalformed, EntryTooLarge, PersonalDataInEntry
from certs.evidence.merkle import HASH_SIZE, leaf_hash

MAX_BODY_BYTES = 32 * 1024  # half of what a tlog-tiles entry may have
MAX_DEPTH = 8
VERSION = 1
SUBJECT, CASE = "subject", "case"
_MEMBERS = {"v", "id", "kind", "at", "hub", "department", "officer", CASE, SUBJECT, "detail"}
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,40}:[a-z][a-z0-9-]{0,60}")
_NAME = re.compile(r"[\w.:/@-]{1,128}")
_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
# GB 11643 citizen number and mainland mobile number standing alone, not inside a digest or a longer code
_CITIZEN = re.compile(r"(?<![0-9A-Za-z])([1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])[0-3]\d{4}[\dXx])(?![0-9A-Za-z])")
_MOBILE = re.compile(r"(?<![0-9A-Za-z.:_-])(?:\+?86)?1[3-9]\d{9}(?![0-9A-Za-z.:_-])")
# what either of them begins with, and the numbers of departments, matters and grants have only further inside: looked
# for first; the digit stands before its own condition because the search for a class of characters is fast
_LONG_NUMBER = re.compile(r"\d(?<![0-9A-Za-z]\d)\d{10}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class EventFacts:
    """An event before it is committed: `subject` and `case` are still in clear and must never be stored so."""

    id: UUID
    kind: str
    at: datetime
    hub: str
    department: str | None = None
    officer: str | None = None
    case: str | None = None
    subject: str | None = None
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """A parsed log entry. `case` and `subject` are 32-byte commitments; `body` is the exact logged byte string."""

    id: UUID
    kind: str
    at: datetime
    hub: str
    department: str | None
    officer: str | None
    case: bytes | None
    subject: bytes | None
    detail: Mapping[str, object]
    body: bytes

    @property
    def leaf_hash(self) -> bytes:
        """RFC 6962 leaf hash of the body."""
        return leaf_hash(self.body)


def encode_entry(facts: EventFacts, subject_key: bytes | None) -> bytes:
    """Write the entry body; `subject_key` (32 bytes) is needed when there is a subject or a case.

    Raises `EntryMalformed`, `EntryTooLarge`, `PersonalDataInEntry`.
    """
    _refuse_personal_data(facts)
    key = event_key(subject_key, facts.id) if subject_key is not None else None
    document = {
        "v": VERSION,
        "id": str(facts.id),
        "kind": facts.kind,
        "at": _format_time(facts.at),
        "hub": facts.hub,
        "department": facts.department,
        "officer": facts.officer,
        CASE: _commitment(key, CASE, facts.case),
        SUBJECT: _commitment(key, SUBJECT, facts.subject),
        "detail": dict(facts.detail),
    }
    body = canonical(document)
    if len(body) > MAX_BODY_BYTES:
        raise EntryTooLarge(len(body), MAX_BODY_BYTES)
    _check_readable(facts, body)
    return body


def _check_readable(facts: EventFacts, body: bytes) -> None:
    """Refuse what `decode_entry` would: the names and the depth; the rest was written by ourselves a moment ago."""
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH:  # perhaps too deep, perhaps only many
        decode_entry(body)
        return
    _match(_KIND, facts.kind, "kind")
    _match(_NAME, facts.hub, "hub")
    _optional_name(facts.department, "department")
    _optional_name(facts.officer, "officer")


def decode_entry(body: bytes) -> Entry:
    """Read an entry strictly: known members only, canonical bytes only. Raises `EntryMalformed`, `EntryTooLarge`."""
    if len(body) > MAX_BODY_BYTES:
        raise EntryTooLarge(len(body), MAX_BODY_BYTES)
    try:
        document = loads_object(body, max_bytes=MAX_BODY_BYTES, max_depth=MAX_DEPTH)
    except EncodingRefused as error:
        raise EntryMalformed(str(error)) from error
    if document.keys() != _MEMBERS or type(document["v"]) is not int:
        raise EntryMalformed("members are not those of an entry")
    if document["v"] != VERSION:
        raise EntryMalformed("not of version 1")
    if canonical(document) != body:
        raise EntryMalformed("not canonical JSON")
    detail = document["detail"]
    if not isinstance(detail, dict):
        raise EntryMalformed("detail is no object")
    return Entry(
        id=_parse_id(document["id"]),
        kind=_match(_KIND, document["kind"], "kind"),
        at=_parse_time(document["at"]),
        hub=_match(_NAME, document["hub"], "hub"),
        department=_optional_name(document["department"], "department"),
        officer=_optional_name(document["officer"], "officer"),
        case=_parse_commitment(document[CASE], CASE),
        subject=_parse_commitment(document[SUBJECT], SUBJECT),
        detail=MappingProxyType(detail),
        body=body,
    )


def _commitment(key: bytes | None, label: str, value: str | None) -> str | None:
    if value is None:
        return None
    if key is None:
        raise EntryMalformed(f"{label} given without a subject key")
    return base64url.encode(commit(key, label, value))


def _parse_commitment(value: object, label: str) -> bytes | None:
    if value is None:
        return None
    try:
        digest = base64url.decode(value) if isinstance(value, str) else b""
    except EncodingRefused:
        digest = b""
    if len(digest) != HASH_SIZE:
        raise EntryMalformed(f"{label} is not a 32-byte commitment")
    return digest


def _parse_id(value: object) -> UUID:
    try:
        parsed = UUID(value) if isinstance(value, str) else None
    except ValueError:
        parsed = None
    if parsed is None or str(parsed) != value:
        raise EntryMalformed("id is not a canonical UUID")
    return parsed


def _format_time(at: datetime) -> str:
    if at.tzinfo is None:
        raise EntryMalformed("time without zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _parse_time(value: object) -> datetime:
    """The one spelling `_format_time` has, so that a time is written in one way only."""
    try:
        if isinstance(value, str) and _AT.fullmatch(value):
            return datetime.fromisoformat(value)
    except ValueError:  # digits in the right places, and no such day or hour
        pass
    raise EntryMalformed("time is not UTC with microseconds")


def _match(pattern: re.Pattern[str], value: object, label: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise EntryMalformed(f"{label} is not well formed")
    return value


def _optional_name(value: object, label: str) -> str | None:
    return None if value is None else _match(_NAME, value, label)


def _refuse_personal_data(facts: EventFacts) -> None:
    """Last net under the callers' duty: shapes of citizen and mobile numbers never reach the log.

    All texts are searched at once first (a line break ends every number), one by one only to say where.
    """
    texts = _flat(facts.detail)
    texts += [facts.officer or "", facts.department or "", facts.hub]
    joined = "\n".join(texts)
    if not _LONG_NUMBER.search(joined):
        return
    if not _CITIZEN.search(joined) and not _MOBILE.search(joined):
        return
    for where, text in _texts("detail", dict(facts.detail)):
        _check_text(where, text)
    for where, value in (("officer", facts.officer), ("department", facts.department), ("hub", facts.hub)):
        _check_text(where, value or "")


def _flat(value: object) -> list[str]:
    """Every name, text and number inside, as `_texts` finds them."""
    found: list[str] = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, (list, tuple)):
            waiting += item
        elif isinstance(item, int):
            found += [] if isinstance(item, bool) else [str(item)]
        elif isinstance(item, (dict, Mapping)):  # last, and the plain kind first: asking an ABC is slow
            found += map(str, item)
            waiting += item.values()
    return found


def _texts(where: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield where, str(name)
            yield from _texts(f"{where}.{name}", member)
    elif isinstance(value, list | tuple):
        for index, member in enumerate(value):
            yield from _texts(f"{where}[{index}]", member)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield where, str(value)


def _check_text(where: str, text: str) -> None:
    citizen = any(_has_check_character(match) for match in _CITIZEN.findall(text))
    if citizen or _MOBILE.search(text):
        raise PersonalDataInEntry(_CITIZEN.sub("…", where))


def _has_check_character(number: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == number[17].upper()
