"""How values look to people: masked numbers, dates, grouped codes, text marked with its language."""

import contextlib
import io
import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

import segno
from markupsafe import Markup, escape

CHINA: Final = timezone(timedelta(hours=8), "CST")
_NUMBER = re.compile(r"^[0-9A-Z]{15,18}$")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:\+00:00|Z)")
_HAN = re.compile("[\u2e80-\u9fff\uf900-\ufaff\ue000-\uf8ff\U00020000-\U0003ffff]")


def masked(value: str) -> str:
    """The first three and last four characters of a number; of anything else the first character only."""
    if _NUMBER.match(value):
        return f"{value[:3]}{'*' * (len(value) - 7)}{value[-4:]}"
    return value[:1] + "*" * max(len(value) - 1, 2)


def moment(at: datetime | None) -> Markup:
    """An instant as China Standard Time inside a `time` element; a dash for None."""
    if at is None:
        return Markup("—")
    local = at.astimezone(CHINA)
    return Markup('<time datetime="{}">{}</time>').format(
        at.astimezone(UTC).isoformat(timespec="seconds"), local.strftime("%Y-%m-%d %H:%M:%S")
    )


def day(value: date | None, otherwise: str) -> str:
    """A day in ISO form, or the words for an open end."""
    return otherwise if value is None else value.isoformat()


def iso_day(at: datetime | None) -> str:
    """The day of an instant in China, as a date field takes it; empty for None."""
    return "" if at is None else at.astimezone(CHINA).date().isoformat()


def number(value: int) -> str:
    """A whole number with a comma after every third digit from the right."""
    return f"{value:,}"


def stated(name: str, value: object, open_end: str) -> object:
    """What a document states, for people: seconds since 1970 as a time, no end in words, no value as a dash."""
    if value is None:
        return open_end if name == "valid_until" else "—"
    if name == "documents" and isinstance(value, int):
        return number(value)
    if name == "issued_at" and isinstance(value, int):
        with contextlib.suppress(ValueError, OverflowError, OSError):  # beyond every calendar: as it stands
            return moment(datetime.fromtimestamp(value, UTC))
    return value


def told(sentence: object, lang: str) -> Markup:
    """A sentence as `marked`, with every instant in it as China Standard Time."""
    parts: list[Markup] = []
    text, begin = str(sentence), 0
    for found in _INSTANT.finditer(text):
        with contextlib.suppress(ValueError, OverflowError):
            at = moment(datetime.fromisoformat(found[0]))
            parts += [marked(text[begin : found.start()], lang), at]
            begin = found.end()
    return Markup("").join([*parts, marked(text[begin:], lang)])


def grouped(code: str) -> str:
    """An eight-digit code in two groups of four, as it is read out."""
    return f"{code[:4]} {code[4:]}"


def marked(text: object, lang: str) -> Markup:
    """Escaped text; Chinese text on an English page carries `lang="zh-CN"` so that it is drawn and spoken right."""
    if lang != "zh" and _HAN.search(str(text)):
        return Markup('<span lang="zh-CN">{}</span>').format(text)
    return escape(text)


def qr_svg(content: str) -> bytes:
    """`content` as a QR code (ISO/IEC 18004, level M) in SVG, with the quiet zone of four modules."""
    out = io.BytesIO()
    segno.make(content, error="m", micro=False).save(out, kind="svg", scale=8, border=4, light="#ffffff")
    return out.getvalue()
