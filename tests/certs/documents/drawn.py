"""Certificates drawn by lot, the same ones every time: all six types, names with rare characters, any dates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from io import BytesIO
from random import Random
from uuid import UUID

import PIL.Image
from stdnum.cn import ric

from certs.crypto.strict_json import canonical
from certs.issue import Ticket, prepare
from certs.layout.fonts import load_fonts
from certs.model import Issuer, SourceRecord, StatusRef
from tests.certs.layout.samples import ISSUERS, NOW, RECORDS, SLUGS, kind_of

SEED = 339900
RARE = "䶮㛃𬭬𬍛㸌㵪·"
_PLACE = "测试市区路街号幢单元室（）、0123456789-ABab"
_SERIAL = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Lot:
    """A certificate about to be signed, the key of its record and the photo it states."""

    slug: str
    ticket: Ticket
    record_key: str
    photo: bytes | None


def drawn(number: int) -> Lot:
    """The certificate of this number."""
    random = Random(f"{SEED}/{number}")
    slug, key = SLUGS[number % len(SLUGS)], f"record-{number}"
    kind, body = kind_of(slug), {**RECORDS[slug], **_changes(slug, random)}
    photo = random.choice((None, *_photos())) if kind.photo else None
    if photo:
        body["photo_digest"] = sha256(photo).hexdigest()
    code, name = ISSUERS[slug]
    issuer = Issuer(
        code, name, "地市级", "339900", f"https://hub.339900.example/issuers/{code}", frozenset({kind.code})
    )
    digest = sha256(canonical({k: str(v) for k, v in body.items()})).digest()
    record = SourceRecord(kind.resource, key, body, digest, UUID(int=number), NOW)
    serial = "".join(random.choices(_SERIAL, k=26))
    status = StatusRef("https://hub.339900.example/status/1", number)
    return Lot(slug, prepare(kind, record, issuer, now=NOW, serial=serial, status=status), key, photo)


@cache
def _photos() -> tuple[bytes, ...]:
    """In colour and in grey, broad and high."""
    sizes = (("RGB", (200, 30, 90), (413, 295)), ("RGB", (30, 90, 200), (90, 120)), ("L", 90, (120, 84)))
    files = []
    for mode, colour, size in sizes:
        out = BytesIO()
        PIL.Image.new(mode, size, colour).save(out, "JPEG")
        files.append(out.getvalue())
    return tuple(files)


@cache
def _common() -> str:
    """Han characters of the basic block that print."""
    printable = load_fonts().printable
    return "".join(c for c in map(chr, range(0x4E00, 0x9FA6)) if c in printable)


def _name(random: Random) -> str:
    rare = random.random() < 0.3
    letters = random.choices(_common(), k=random.randint(1, 6)) + (
        random.choices(RARE, k=random.randint(1, 2)) if rare else []
    )
    random.shuffle(letters)
    return "".join(letters)


def _place(random: Random) -> str:
    return "示" + "".join(random.choices(_PLACE, k=random.randint(1, 38)))


def _day(random: Random, first: int, last: int) -> str:
    days = (date(last, 12, 31) - date(first, 1, 1)).days
    return (date(first, 1, 1) + timedelta(days=random.randint(0, days))).isoformat()


def _citizen(random: Random) -> str:
    head = "339900" + _day(random, 1940, 2007).replace("-", "") + f"{random.randint(1, 998):03d}"
    return head + ric.calc_check_digit(head + "0")


def _firm(random: Random) -> str:
    return RECORDS["business_licence"]["uscc"] if random.random() < 0.5 else RECORDS["food_licence"]["uscc"]  # type: ignore[return-value]  # texts


def _changes(slug: str, random: Random) -> Mapping[str, object]:
    match slug:
        case "household":
            return {
                "citizen_id": _citizen(random), "name": _name(random), "sex": random.choice("男女"),
                "address": _place(random), "birth_date": _day(random, 1940, 2020),
                "household_no": str(random.randint(10**11, 10**12 - 1)), "registered_on": _day(random, 2000, 2026),
            }  # fmt: skip
        case "marriage":
            return {
                "marriage_no": f"J339900-{random.randint(1990, 2026)}-{random.randint(0, 999999):06d}",
                "spouse_a_id": _citizen(random), "spouse_a_name": _name(random), "spouse_b_id": _citizen(random),
                "spouse_b_name": _name(random), "registered_on": _day(random, 1990, 2025),
            }  # fmt: skip
        case "business_licence":
            return {
                "name": _name(random) + "测试有限公司", "legal_rep_name": _name(random), "address": _place(random),
                "scope": _place(random), "registered_capital": round(random.uniform(1, 99999), random.randint(0, 4)),
                "established_on": _day(random, 1990, 2025), "registered_on": _day(random, 2020, 2026),
                "valid_until": random.choice([None, _day(random, 2027, 2060)]), "legal_rep_id": _citizen(random),
            }  # fmt: skip
        case "real_estate":
            return {
                "owner_name": _name(random), "owner_id": _citizen(random), "location": _place(random),
                "area": f"{random.randint(10, 999)}.{random.randint(0, 99):02d}平方米",
                "certificate_no": f"339900(2021)不动产权第{random.randint(0, 9999999):07d}号",
                "term": random.choice([None, "国有建设用地使用权至2071年03月01日止"]),
                "registered_on": _day(random, 2000, 2026),
            }  # fmt: skip
        case "birth":
            return {
                "birth_no": f"T{random.randint(0, 999999999):09d}", "newborn_name": _name(random),
                "mother_name": _name(random), "father_name": _name(random), "mother_id": _citizen(random),
                "father_id": _citizen(random), "mother_address": _place(random), "issued_on": _day(random, 2000, 2026),
            }  # fmt: skip
        case _:
            return {
                "operator_name": _name(random) + "餐饮店", "legal_rep_name": _name(random), "premises": _place(random),
                "items": _place(random), "licence_no": f"JY{random.randint(10**13, 10**14 - 1)}",
                "issued_on": _day(random, 2022, 2026), "valid_until": _day(random, 2027, 2031),
            }  # fmt: skip
