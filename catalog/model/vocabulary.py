"""The closed lists of the catalogue: every value that may stand in an entry, with its Chinese term.

The English value is what is stored, sent and compared; `label_zh` gives the words of the law for people.
Lists follow 政务信息资源目录编制指南 (发改高技术〔2017〕1272号), 国令809 and GB/T 39046-2020.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NewType, Self

DepartmentCode = NewType("DepartmentCode", str)
"""统一社会信用代码 of a department, 18 characters (GB 32100)."""
ResourceId = NewType("ResourceId", str)
"""Name of a resource inside the city, `department.subject`, for example `psb.household`."""
ItemCode = NewType("ItemCode", str)
"""Code of a data item, snake_case; it is the key of the value in a record body."""
GrantId = NewType("GrantId", str)
ServiceItemCode = NewType("ServiceItemCode", str)
"""实施编码 of a 政务服务事项 (GB/T 39554.1), 31 characters, or a free code where the city says so."""
RequirementId = NewType("RequirementId", str)
EvidenceTypeId = NewType("EvidenceTypeId", str)
Region = NewType("Region", str)
"""行政区划代码, 6 digits (GB/T 2260); `000000` is the whole country."""

NATIONWIDE = Region("000000")


class SharingClass(StrEnum):
    """共享属性, 国令809 Art. 14."""

    UNCONDITIONAL = "unconditional"
    CONDITIONAL = "conditional"
    WITHHELD = "withheld"


class ShareMode(StrEnum):
    """共享方式, 国令809 Art. 22."""

    INTERFACE = "interface"
    BATCH = "batch"
    FILE = "file"


class ResourceFormat(StrEnum):
    """信息资源格式, 编制指南."""

    FILE = "file"
    SPREADSHEET = "spreadsheet"
    DATABASE = "database"
    IMAGE = "image"
    STREAM = "stream"
    STRUCTURED = "structured"
    SERVICE = "service"


class UpdateCycle(StrEnum):
    """更新周期, 编制指南."""

    REALTIME = "realtime"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


class DataType(StrEnum):
    """数据类型 of an item, 编制指南. What is shared of an image is the SHA-256 of its file, never the picture."""

    TEXT = "text"
    NUMBER = "number"
    CURRENCY = "currency"
    DATE = "date"
    DATETIME = "datetime"
    BOOLEAN = "boolean"
    BINARY = "binary"
    IMAGE = "image"


class Sensitivity(StrEnum):
    """How much harm a leak of the item does; the last two are personal information (个人信息保护法 Art. 4, 28)."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"


class ResourceState(StrEnum):
    """State of a catalogue entry."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class GrantState(StrEnum):
    """State of a grant. `EXPIRED` may be stored by a sweeper; the clock decides without it as well."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    EXPIRED = "expired"


class ServiceObject(StrEnum):
    """服务对象, GB/T 39046-2020; the value is the standard's code."""

    PERSON = "1"
    ENTERPRISE = "2"
    INSTITUTION = "3"
    SOCIAL_ORGANISATION = "4"
    GOVERNMENT_BODY = "5"
    OTHER = "6"


class SubjectRole(StrEnum):
    """Whose evidence a requirement asks for."""

    APPLICANT = "applicant"
    SPOUSE = "spouse"
    LEGAL_REPRESENTATIVE = "legal_representative"
    ORGANISATION = "organisation"


class TrustLevel(StrEnum):
    """可信等级 of a material, 国办函〔2016〕108号.

    A made by a government body; B original seen and checked by a window; C uploaded by the applicant, original
    still to be compared; D the applicant's own statement.
    """

    A = "A"
    B = "B"
    C = "C"
    D = "D"

    def meets(self, minimum: Self) -> bool:
        """Tell whether this level is at least as trustworthy as `minimum` (A is the best)."""
        return self.value <= minimum.value


class Several(StrEnum):
    """What two or more equally usable pieces of one evidence type mean.

    `REFUSE`: the person has not been identified, nobody may be picked (two household records for one citizen).
    `CHOOSE`: all are genuine and the applicant says which one the case is about (two flats).
    """

    REFUSE = "refuse"
    CHOOSE = "choose"


GRADES: tuple[str, ...] = ("一般数据", "重要数据", "核心数据")
"""数据分级, 数据安全法 Art. 21."""

SECRET_MARKS: tuple[str, ...] = ("绝密", "机密", "秘密")
"""State and work secrets are no 政务数据 (国令809 Art. 3); `工作秘密` is caught by the last word."""

_LABELS_ZH: Mapping[type[StrEnum], Mapping[str, str]] = MappingProxyType(
    {
        SharingClass: {"unconditional": "无条件共享", "conditional": "有条件共享", "withheld": "不予共享"},
        ShareMode: {"interface": "服务接口", "batch": "批量交换", "file": "文件下载"},
        ResourceFormat: {
            "file": "电子文件",
            "spreadsheet": "电子表格",
            "database": "数据库",
            "image": "图形图像",
            "stream": "流媒体",
            "structured": "自描述格式",
            "service": "服务接口",
        },
        UpdateCycle: {
            "realtime": "实时",
            "daily": "每日",
            "weekly": "每周",
            "monthly": "每月",
            "quarterly": "每季度",
            "yearly": "每年",
        },
        DataType: {
            "text": "字符",
            "number": "数值",
            "currency": "货币",
            "date": "日期",
            "datetime": "日期时间",
            "boolean": "逻辑",
            "binary": "二进制",
            "image": "图像",
        },
        Sensitivity: {"public": "公开", "internal": "内部", "personal": "个人信息", "sensitive": "敏感个人信息"},
        ResourceState: {"draft": "草稿", "published": "已发布", "withdrawn": "已撤销"},
        GrantState: {"active": "生效", "suspended": "暂停", "revoked": "终止", "expired": "到期"},
        ServiceObject: {
            "1": "自然人",
            "2": "企业法人",
            "3": "事业法人",
            "4": "社会组织法人",
            "5": "行政机关",
            "6": "其他组织",
        },
        SubjectRole: {
            "applicant": "申请人",
            "spouse": "配偶",
            "legal_representative": "法定代表人",
            "organisation": "组织",
        },
    }
)


def label_zh(value: StrEnum) -> str:
    """Chinese term of a value of one of the closed lists; the value itself where the law uses it as it is (A-D)."""
    return _LABELS_ZH.get(type(value), {}).get(value.value, value.value)
