"""Certificate types (电子证照类型, GB/T 36902) as data: one TOML file per type; adding a type is adding a file."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from certs.errors import TypeFileInvalid, TypeUnknown
from certs.identifiers import is_type_code
from certs.layout.load import read_layout
from certs.layout.load_draft import FieldWords
from certs.layout.model import Layout
from certs.model import HolderKind
from certs.strict_table import StrictTable

MAX_TYPE_CHARS = 256 * 1024
BUILT_IN = Path(__file__).parent / "types"

_SHORT_NAME = re.compile(r"KZ_[A-Z0-9]+", re.ASCII)
_FIELD_CODE = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_LEVELS = frozenset({"国家级", "省级", "地市级", "区县级", "乡镇级", "其他"})

# Claims of the SD-JWT VC face that are no face fields; a field of this name would be taken for one of them.
RESERVED_CLAIMS = frozenset(
    {"iss", "sub", "aud", "iat", "nbf", "exp", "jti", "vct", "vct#integrity", "status", "cnf"}
    | {"certificate", "certificate_number", "certificate_holders", "certificate_source"}
)

# Which GB/T 36903 App. A codes name a person, and which an organisation.
HOLDER_CODE_TYPES = {"111": HolderKind.NATURAL, "001": HolderKind.LEGAL}


class Format(StrEnum):
    """How a face field is checked and printed.

    PHOTO states a picture by its SHA-256 (hex of the bytes of the file); the page shows the picture itself.
    """

    TEXT = "text"
    DATE = "date"
    NUMBER = "number"
    CITIZEN_ID = "citizen_id"
    USCC = "uscc"
    HOLDER_CODE = "holder_code"
    PHOTO = "photo"


class ValidityRule(StrEnum):
    """有效期限范围: 长期 (open-ended), 按证载 (the record says) or a number of years from the first day."""

    OPEN_ENDED = "open-ended"
    AS_STATED = "as-stated"
    YEARS = "years"


@dataclass(frozen=True, slots=True)
class FaceField:
    """A field of the face (照面信息项): `code` for programs, `short` for GB/T 36903 metadata (`KZ_…`).

    `item` is the record item it is printed from; `disclosable` lets the holder withhold it.
    """

    code: str
    short: str
    zh: str
    en: str
    item: str
    format: Format = Format.TEXT
    required: bool = True
    sensitive: bool = False
    disclosable: bool = True


@dataclass(frozen=True, slots=True)
class HolderField:
    """Which record items name one holder, and which GB/T 36903 App. A codes his code may be of."""

    code_item: str
    name_item: str
    code_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Validity:
    """Which record items date the certificate. `until_item` empty in an as-stated record means 长期."""

    rule: ValidityRule
    from_item: str
    until_item: str = ""
    years: int = 0


@dataclass(frozen=True, slots=True)
class CertificateType:
    """A certificate type. `in_force` (item, accepted values) says which records may become a certificate.

    `layout` says how its visible faces look; without one it has none.
    """

    code: str
    slug: str
    zh: str
    en: str
    fixture: bool
    authority_name: str
    authority_level: str
    holder_kinds: frozenset[HolderKind]
    validity: Validity
    resource: str
    number_item: str
    in_force: tuple[str, frozenset[str]] | None
    holders: tuple[HolderField, ...]
    face: tuple[FaceField, ...]
    layout: Layout | None = None

    @property
    def photo(self) -> FaceField | None:
        """The field that states which photo the page shows, if the type has one."""
        return next((f for f in self.face if f.format is Format.PHOTO), None)

    @property
    def authority_code(self) -> str:
        """USCC of the defining authority (证照定义机构代码)."""
        return self.code[:18]

    @property
    def vct(self) -> str:
        """The SD-JWT VC type name."""
        return vct_of(self.code)


def vct_of(type_code: str) -> str:
    """The SD-JWT VC type name of a type code."""
    return f"urn:yizhengtong:certificate:{type_code}"


class TypeCatalogue:
    """The types in force, by code and by short name."""

    def __init__(self, types: Iterable[CertificateType]) -> None:
        self._types = tuple(types)
        faults = _collisions(self._types)
        if faults:
            raise TypeFileInvalid("type catalogue", tuple(faults))
        self._by_name: Mapping[str, CertificateType] = {t.code: t for t in self._types} | {
            t.slug: t for t in self._types
        }

    def __iter__(self) -> Iterator[CertificateType]:
        return iter(self._types)

    def get(self, name: str) -> CertificateType:
        """The type with this code or slug.

        Raises:
            TypeUnknown: there is none.
        """
        found = self._by_name.get(name)
        if found is None:
            raise TypeUnknown(name)
        return found

    def of_resource(self, resource: str) -> tuple[CertificateType, ...]:
        """The types made from records of this catalogue resource."""
        return tuple(t for t in self._types if t.resource == resource)


def _collisions(types: tuple[CertificateType, ...]) -> list[str]:
    names = [n for t in types for n in (t.code, t.slug)]
    return [f"{n} is used by two types" for n in sorted({n for n in names if names.count(n) > 1})]


def load_types(directory: Path = BUILT_IN) -> TypeCatalogue:
    """Read every `*.toml` of a directory.

    Raises:
        TypeFileInvalid: one or more files have faults; all of them are listed.
    """
    types: list[CertificateType] = []
    faults: list[str] = []
    for path in sorted(directory.glob("*.toml")):
        try:
            types.append(parse_type(path.read_text(encoding="utf-8"), path.name))
        except TypeFileInvalid as error:
            faults += error.faults
    if faults:
        raise TypeFileInvalid(str(directory.name), tuple(faults))
    return TypeCatalogue(types)


def parse_type(text: str, source: str) -> CertificateType:
    """Read one type file.

    Raises:
        TypeFileInvalid: it has faults; all of them are listed.
    """
    if len(text) > MAX_TYPE_CHARS:
        raise TypeFileInvalid(source, (f"{source}: more than {MAX_TYPE_CHARS} characters",))
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also numbers of thousands of digits, and brackets without end
        raise TypeFileInvalid(source, (f"{source}: not TOML: {error}",)) from error
    faults: list[str] = []
    layout = data.pop("layout", None)
    parsed = _type(StrictTable(data, source, faults))
    if not faults:
        faults += [f"{source}: {fault}" for fault in _contradictions(parsed)]
    if layout is not None:
        printed = [f for f in parsed.face if f.format is not Format.PHOTO]
        words = {f.code: FieldWords(f.zh, f.format is Format.DATE) for f in printed}
        drawn = read_layout(layout, f"{source}.layout", faults, words)
        parsed = replace(parsed, layout=drawn)
        if not faults and (drawn.photo is None) != (parsed.photo is None):
            faults.append(f"{source}: a face field of format photo and a place for it on the page come together")
    if faults:
        raise TypeFileInvalid(source, tuple(faults))
    return parsed


def _type(t: StrictTable) -> CertificateType:
    code = t.text("code")
    if code and not is_type_code(code):
        t.fault(f"code {code!r} is not a valid USCC and three digits")
    authority, source = t.table("authority"), t.table("source")
    parsed = CertificateType(
        code=code,
        slug=t.text("slug"),
        zh=t.text("zh"),
        en=t.text("en"),
        fixture=t.flag("fixture", default=False),
        authority_name=authority.text("name"),
        authority_level=authority.choice("level", _LEVELS),
        holder_kinds=frozenset(HolderKind(k) for k in _kinds(t)),
        validity=_validity(t.table("validity")),
        resource=source.text("resource"),
        number_item=source.text("number"),
        in_force=_in_force(source),
        holders=tuple(_holder(h) for h in t.tables("holders")),
        face=tuple(_field(f) for f in t.tables("face")),
    )
    for table in (authority, source, t):
        table.finish()
    return parsed


def _kinds(t: StrictTable) -> list[str]:
    known = {k.value for k in HolderKind}
    kinds = t.texts("holder_kinds")
    for unknown in set(kinds) - known:
        t.fault(f"holder_kinds: {unknown!r} is not one of {', '.join(sorted(known))}")
    return [k for k in kinds if k in known]


def _in_force(source: StrictTable) -> tuple[str, frozenset[str]] | None:
    item, values = source.text("in_force_item", ""), source.texts("in_force_values", ())
    if bool(item) != bool(values):
        source.fault("in_force_item and in_force_values come together")
    return (item, frozenset(values)) if item else None


def _validity(t: StrictTable) -> Validity:
    rule = t.choice("rule", frozenset(ValidityRule)) or ValidityRule.OPEN_ENDED
    years = t.take("years", 0)
    if not isinstance(years, int) or isinstance(years, bool) or years < 0:
        t.fault("years is not a whole number")
        years = 0
    until = t.text("until", "")
    if (rule == ValidityRule.YEARS) != bool(years):
        t.fault("years goes with rule years, and only with it")
    if (rule == ValidityRule.AS_STATED) != bool(until):
        t.fault("until goes with rule as-stated, and only with it")
    first = t.text("from")
    t.finish()
    known = rule if rule in set(ValidityRule) else ValidityRule.OPEN_ENDED
    return Validity(ValidityRule(known), first, until, years)


def _holder(t: StrictTable) -> HolderField:
    code_types = t.texts("code_types")
    for unknown in set(code_types) - set(HOLDER_CODE_TYPES):
        t.fault(f"code_types: {unknown!r} is not one of {', '.join(HOLDER_CODE_TYPES)}")
    holder = HolderField(t.text("code_item"), t.text("name_item"), code_types)
    t.finish()
    return holder


def _field(t: StrictTable) -> FaceField:
    code = t.text("code")
    if code and not _FIELD_CODE.fullmatch(code):
        t.fault(f"code {code!r} is not snake_case")
    if code in RESERVED_CLAIMS:
        t.fault(f"code {code!r} is reserved")
    short = t.text("short")
    if short and not _SHORT_NAME.fullmatch(short):
        t.fault(f"short {short!r} is not KZ_ and capitals")
    form = t.choice("format", frozenset(Format), Format.TEXT)
    field = FaceField(
        code=code,
        short=short,
        zh=t.text("zh"),
        en=t.text("en"),
        item=t.text("item", code or "?"),
        format=Format(form) if form in set(Format) else Format.TEXT,
        required=t.flag("required", default=True),
        sensitive=t.flag("sensitive", default=False),
        disclosable=t.flag("disclosable", default=True),
    )
    t.finish()
    return field


def _contradictions(t: CertificateType) -> Iterable[str]:
    """What no single table shows: names used twice, and holders or fields at odds with each other."""
    for what, names in (("code", [f.code for f in t.face]), ("short", [f.short for f in t.face])):
        for name in sorted({n for n in names if names.count(n) > 1}):
            yield f"face {what} {name!r} occurs twice"
    if sum(f.format is Format.PHOTO for f in t.face) > 1:
        yield "more than one face field is a photo"
    for f in t.face:
        if f.sensitive and not f.disclosable:
            yield f"face {f.code!r} is sensitive and could not be withheld"
    for h in t.holders:
        if not {HOLDER_CODE_TYPES[c] for c in h.code_types} <= t.holder_kinds:
            yield f"holder {h.code_item!r} is of a kind outside holder_kinds"
