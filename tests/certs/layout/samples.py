"""Invented records of all six types, and certificates made from them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from uuid import UUID

import PIL.Image
from hypothesis import strategies as st

from certs.crypto.strict_json import canonical
from certs.errors.layout import GlyphMissing
from certs.issue import decide
from certs.layout.fonts import check_printable
from certs.layout.model import Layout
from certs.model import Certificate, Issuer, SourceRecord, StatusRef
from certs.type_catalogue import CertificateType, load_types
from tests.certs.world import BODIES, DEPARTMENTS

TYPES = load_types()
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)

RECORDS: Mapping[str, Mapping[str, object]] = {
    **BODIES,
    "marriage": {item: value for item, value in BODIES["marriage"].items() if item != "photo_digest"},
    "birth": {
        "birth_no": "T339900001",
        "newborn_name": "测试㛃",
        "sex": "女",
        "born_at": "2026年03月01日08时15分",
        "gestation": "39周",
        "weight": "3250克",
        "length": "50厘米",
        "birthplace": "339900市测试区",
        "facility": "339900市测试妇幼保健院",
        "mother_name": "测试乙",
        "mother_age": 36,
        "mother_nationality": "中国",
        "mother_ethnicity": "汉族",
        "mother_address": "339900市测试路1号",
        "mother_id": "33990019900101002X",
        "father_name": "测试𬭬",
        "father_age": 36,
        "father_nationality": "中国",
        "father_ethnicity": "汉族",
        "father_address": "339900市测试路1号",
        "father_id": "339900199001010011",
        "issuing_institution": "339900市测试妇幼保健院",
        "issued_on": "2026-03-03",
        "state": "有效",
    },
    "food_licence": {
        "operator_name": "339900测试餐饮管理有限公司",
        "uscc": "91339900MA90000111",
        "legal_rep_name": "测试甲",
        "address": "339900市测试路2号",
        "premises": "339900市测试路2号一层101室",
        "business_form": "餐饮服务经营者（中型餐馆）",
        "items": "热食类食品制售；冷食类食品制售（不含冷加工糕点）；自制饮品制售",
        "licence_no": "JY23399000000017",
        "valid_until": "2031-11-20",
        "signatory": "测试丙",
        "authority": "339900市市场监督管理局",
        "issued_on": "2026-11-21",
        "state": "有效",
    },
}
SLUGS = tuple(RECORDS)

ISSUERS = {
    **DEPARTMENTS,
    "birth": ("11339900MB90000660", "339900市卫生健康委员会"),
    "food_licence": DEPARTMENTS["business_licence"],
}


def kind_of(slug: str) -> CertificateType:
    """A built-in type."""
    return TYPES.get(slug)


def certificate_of_type(slug: str, **changed: object) -> Certificate:
    """A certificate of the type; keyword arguments replace items of the record."""
    kind, body = kind_of(slug), {**RECORDS[slug], **changed}
    code, name = ISSUERS[slug]
    uri = f"https://hub.339900.example/issuers/{code}"
    issuer = Issuer(code, name, "地市级", "339900", uri, frozenset({kind.code}))
    digest = sha256(canonical({k: str(v) for k, v in body.items()})).digest()
    run = UUID("00000000-0000-4000-8000-000000000001")
    record = SourceRecord(kind.resource, "k1", body, digest, run, NOW)
    status = StatusRef("https://hub.339900.example/status/1", 7)
    return decide(kind, record, issuer, now=NOW, serial="0123456789ABCDEFGHIJKLMNPQ", status=status)


def layout_of(slug: str) -> Layout:
    """The layout of a built-in type."""
    layout = kind_of(slug).layout
    assert layout is not None
    return layout


def _photo() -> bytes:
    out = BytesIO()
    PIL.Image.linear_gradient("L").resize((60, 42)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


PHOTO = _photo()
PHOTO_DIGEST = sha256(PHOTO).hexdigest()
PHOTOGRAPHED: Mapping[str, Mapping[str, object]] = {"marriage": {"photo_digest": PHOTO_DIGEST}}
"""Per type, what a record says when it comes with `PHOTO`."""

# Han characters of everyday and of names only, Latin, digits and marks: what records are made of.
_NAMES = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=8)
_RARE = st.text("䶮㛃𬭬𬍛㸌㵪·", min_size=1, max_size=3)
_PLACES = st.text("测试市区路街号幢单元室（）、0123456789-ABab ", min_size=1, max_size=40)
_FREE = {
    "household": {"name": _NAMES | _RARE, "address": _PLACES},
    "marriage": {"spouse_a_name": _NAMES, "spouse_b_name": _RARE, "office": _NAMES},
    "business_licence": {"name": _NAMES, "scope": _PLACES, "address": _PLACES, "legal_rep_name": _RARE},
    "real_estate": {"owner_name": _NAMES | _RARE, "location": _PLACES, "use": _NAMES},
    "birth": {"newborn_name": _RARE, "mother_name": _NAMES, "father_name": _NAMES, "birthplace": _PLACES},
    "food_licence": {"operator_name": _NAMES, "items": _PLACES, "premises": _PLACES, "signatory": _NAMES},
}


def certificates() -> st.SearchStrategy[tuple[str, Certificate]]:
    """Certificates of all types with invented free texts."""
    return st.one_of(*(_of_type(slug) for slug in SLUGS))


def _of_type(slug: str) -> st.SearchStrategy[tuple[str, Certificate]]:
    printable = {item: texts.filter(_prints) for item, texts in _FREE[slug].items()}
    return st.fixed_dictionaries(printable).map(lambda changed: (slug, certificate_of_type(slug, **changed)))


def _prints(text: str) -> bool:
    try:
        check_printable({"text": text})
    except GlyphMissing:
        return False
    return bool(text.strip())
