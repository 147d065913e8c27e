"""An OFD document before it is written: a drawing, what it says about itself, and the data attached."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from certs.ofd.page import Drawing


@dataclass(frozen=True, slots=True)
class About:
    """DocInfo (GB/T 33190-2016 §7.4). `custom` maps GB/T 36903 short names (ZZBS, ZZMC, …) to text (CustomDatas).

    `version` is the creator's (CreatorVersion): the mark of the layout that drew the pages (`certs.layout.revision`).
    """

    doc_id: str
    title: str
    author: str
    created_on: date
    custom: Mapping[str, str] = field(repr=False)
    subject: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file attached to the document: `name` with extension, `format` such as XML or JSON."""

    name: str
    format: str
    data: bytes = field(repr=False)
    created_at: datetime
    visible: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """Everything one OFD file holds, but its seals."""

    about: About
    drawing: Drawing
    attachments: tuple[Attached, ...] = ()
