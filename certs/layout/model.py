"""The layout of a certificate type as data: what stands where on its page, in millimetres and points."""

from dataclasses import dataclass
from enum import StrEnum

from certs.layout.operations import Box, Colour, Ground


class Role(StrEnum):
    """What a text is set in: 黑体 for what the form says, its bold for titles, 楷体 for what is filled in."""

    SANS = "sans"
    BOLD = "bold"
    KAI = "kai"


class Align(StrEnum):
    """Horizontal place of a line in its box; SPREAD is 分散对齐: first and last character touch the edges."""

    START = "start"
    CENTRE = "centre"
    END = "end"
    SPREAD = "spread"


class Show(StrEnum):
    """How a value is written on the page: as it stands, or a date as 2026年11月22日."""

    AS_IS = "as-is"
    ZH_DATE = "zh-date"


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is set. Shrinks from `size` to `smallest` (points) to fit; a text that still does not is refused.

    `leading` is the distance of baselines in em, `tracking` is added between characters (mm), `top` sets the first
    line at the top of the box instead of centring the lines in it.
    """

    role: Role
    size: float
    smallest: float
    align: Align
    leading: float
    tracking: float
    colour: Colour
    top: bool


@dataclass(frozen=True, slots=True)
class FixedText:
    """What the form itself says."""

    text: str
    box: Box
    style: Style


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a value goes. `source` is a face field or one of `CERTIFICATE_SOURCES`; `empty` stands for no value.

    `before` is what is read before the value: its label, and the heading above the row.
    """

    source: str
    box: Box
    style: Style
    show: Show
    empty: str
    before: tuple[FixedText, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Everything on the page of a type, from back to front: ground, fixed texts, values, photo, QR code, seal.

    Compared by identity, so that what all its pages share is laid out once.
    """

    width: float
    height: float
    ground: Ground
    texts: tuple[FixedText, ...]
    slots: tuple[Slot, ...]
    seal: Box
    qr: Box
    photo: Box | None


# What a layout may print besides face fields, with its usual label.
CERTIFICATE_SOURCES = {
    "certificate.identifier": "证照标识",
    "certificate.number": "证照编号",
    "certificate.issuer_name": "颁发机构",
    "certificate.issued_on": "颁发日期",
    "certificate.valid_from": "有效期起始",
    "certificate.valid_until": "有效期截止",
    "certificate.version": "证照版本",
}
