"""What the verifier says beyond the words of each face: the last step of sealed documents, refusals, signed reports."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from certs.copies.terms import WORDS as COPY_WORDS
from certs.pdf.words import WORDS as PDF_WORDS
from certs.verify_words import WORDS as CONTENT_WORDS
from certs.verify_words import Words

_INTACT = ("请重新取得完整文件。", "Obtain the intact file again.")
_FORGED = ("不予采信，并向颁发机构核实。", "Do not rely on it; ask the issuing authority.")
_REFRESH = ("请更新信任列表后重新验证。", "Fetch the current trust list and verify again.")
_HOSTILE = (
    "不予采信；如属误判，请向颁发机构重新取得文件。",
    "Do not rely on it; obtain the file from its issuer again.",
)

_FORGED_REPORT: Final = ("不予采信，请重新验证原文件。", "Do not rely on it; verify the documents themselves again.")

READING: Final = ("解析文件", "Read the document")
CONTENT: Final = ("登记信息核对", "Against what is registered")
COPY: Final = ("加注用途与期限", "Purpose and term of the copy")

PAGE_CODES: Final = frozenset(
    {
        "page-altered",
        "page-contradicts",
        "page-data-unusual",
        "page-masked",
        "page-not-redrawn",
        "page-redrawn",
        "page-unlike-data",
    }
    | {"page-photo-missing", "page-photo-unlike", "page-photo-unstated"}
)

OWN_WORDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        # against what is registered
        "content-good": Words(
            "所载证照 {identifier} 与登记信息一致，状态有效。",
            "The certificate {identifier} it carries is as registered, and in force.",
        ),
        "content-missing": Words(
            "文件没有附带证照数据，无法与登记信息核对。",
            "No certificate data is attached that could be compared with what is registered.",
            "请提供原始电子证照文件。",
            "Ask for the original certificate file.",
        ),
        "content-disagrees": Words(
            "所附证照数据不成立：{detail}。", "The attached certificate data does not hold: {detail}.", *_FORGED
        ),
        **{code: PDF_WORDS[code] for code in PDF_WORDS if code in PAGE_CODES},
        "page-code-elsewhere": Words(
            "版面上的二维码不指向颁发机构所在平台：{detail}。",
            "The QR code on the page does not lead to the issuing authority's hub: {detail}.",
            "不要打开该地址；在平台的核验页面输入证照标识。",
            "Do not open that address; enter the identifier on the hub's own page.",
        ),
        "sealer-unknown": Words(
            "信任列表不知道签章密钥属于哪个机构。", "The trust list does not say whose key sealed it.", *_REFRESH
        ),
        "sealer-not-issuer": Words(
            "签章单位（{owner}）不是证照所称的颁发机构。",
            "Sealed by {owner}, which is not the authority the certificate names.",
            *_FORGED,
        ),
        "seal-reason-unusual": Words(
            "印章旁的签章说明不是平台所写：{detail}。",
            "The reason stated beside the seal is not one a hub writes: {detail}.",
            "不要采信该说明，并向颁发机构核实。",
            "Do not rely on that statement; ask the issuing authority.",
        ),
        "seal-picture-good": Words(
            "印章图片与登记的印章（编号 {es_id}）一致。", "The seal that is seen is the one on file (number {es_id})."
        ),
        "seal-picture-unknown": Words(
            "信任列表不知道签章单位的印章是什么样，未能核对印章图片。",
            "The trust list does not say what the sealing unit's seal looks like; its picture was compared with none.",
            *_REFRESH,
        ),
        "seal-picture-differs": Words(
            "版面上的印章图片不是签章单位登记的印章。",
            "The seal that is seen is none of those on file for the unit that sealed.",
            *_FORGED,
        ),
        "seal-picture-of-another": Words(
            "版面上的印章图片属于另一单位（{owner}），签章的却不是该单位。",
            "The seal that is seen belongs to another unit ({owner}), which did not seal this.",
            *_FORGED,
        ),
        "seal-picture-not-in-force": Words(
            "版面上的印章（编号 {es_id}）在签章时未启用、已停用、注销或过期。",
            "The seal that is seen (number {es_id}) was not in force when the document was sealed.",
            *_FORGED,
        ),
        # reading
        "malformed": CONTENT_WORDS["malformed"],
        "file-empty": Words("文件为空。", "The file is empty.", *_INTACT),
        "file-too-large": Words("文件超过 {limit} 字节，未作解析。", "Larger than {limit} bytes; not read.", *_INTACT),
        "archive-inside": Words(
            "压缩包内的压缩包不展开。",
            "An archive inside an archive is not opened.",
            "请解开后直接验证其中的文件。",
            "Unpack it and verify the files themselves.",
        ),
        "archive-irregular": Words(
            "压缩包不规范：{detail}。",
            "The archive is irregular: {detail}.",
            "请用常用工具重新打包（文件名用 UTF-8），或直接验证文件。",
            "Pack it again with plain tools (UTF-8 names), or verify the files themselves.",
        ),
        "parser-timeout": Words(
            "无法解析：解析超过 {seconds} 秒，已中止。",
            "Not readable: reading took over {seconds} s and was stopped.",
            *_HOSTILE,
        ),
        "parser-memory": Words(
            "无法解析：解析所需内存超过限制，已中止。",
            "Not readable: reading needed more memory than allowed.",
            *_HOSTILE,
        ),
        "parser-crashed": Words(
            "无法解析：解析进程异常终止。", "Not readable: the reading process ended abnormally.", *_HOSTILE
        ),
        "parser-unavailable": Words(
            "未能解析：解析进程无法启动。",
            "Not read: no reading process could be started.",
            "与文件无关，请联系运维后重试。",
            "This is not the file's fault; tell the operator and try again.",
        ),
        "parser-failed": Words("无法解析：{detail}。", "Not readable: {detail}.", *_HOSTILE),
        "trust-missing": Words(
            "没有信任列表，无法判断。",
            "There is no trust list to judge by.",
            "请取得平台的信任列表与密钥文件。",
            "Obtain the hub's trust list and key file.",
        ),
        # signed reports
        "report-key-good": Words("由平台 {owner} 的报告密钥签名。", "Signed with the report key of the hub {owner}."),
        "report-key-refused": Words(
            "签名密钥不是平台的报告密钥。", "The key is not a report key of the hub.", *_FORGED_REPORT
        ),
        "report-good": Words(
            "报告内容完整：{count} 份文件，验证时点 {at}。", "The report is whole: {count} documents, as of {at}."
        ),
        "report-malformed": Words("报告内容不成立：{detail}。", "The report does not hold: {detail}.", *_FORGED_REPORT),
    }
)

WORDS: Final[Mapping[str, Words]] = MappingProxyType({**CONTENT_WORDS, **COPY_WORDS, **OWN_WORDS})
