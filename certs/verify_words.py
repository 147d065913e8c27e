"""What verification says to people: per code a sentence and a next step, in Chinese and English.

Values in braces come from the step's evidence. Every code a step can end with has its row here; a test holds that.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Words(NamedTuple):
    """A sentence and the next step, each in both languages; the next step is empty where nothing is to be done."""

    zh: str
    en: str
    next_zh: str = ""
    next_en: str = ""


STEP_NAMES: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        1: ("解析文件", "Read the document"),
        2: ("类型与算法", "Kind and algorithm"),
        3: ("签名密钥", "Signing key"),
        4: ("签名", "Signature"),
        5: ("证照标识", "Identifier"),
        6: ("证照类型", "Certificate type"),
        7: ("颁发资格", "Right to issue"),
        8: ("有效期限", "Term of validity"),
        9: ("证照状态", "Status"),
        10: ("持证主体绑定", "Binding to the holder"),
    }
)

_INTACT = ("请持证主体重新出示完整文件。", "Ask the holder to present the intact document again.")
_FORGED = ("不予采信，并向颁发机构核实。", "Do not rely on it; ask the issuing authority.")
_REFRESH = ("请更新信任列表后重新验证。", "Fetch the current trust list and verify again.")
_ISSUER = ("请联系颁发机构。", "Contact the issuing authority.")
_STATUS = ("请获取该时点的状态列表后重新验证。", "Obtain the status list of that time and verify again.")

WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "not-reached": Words("前一步未通过，未作检查。", "Not examined: an earlier step was not passed."),
        "parsed": Words("文件结构完整。", "The document is well formed."),
        "malformed": Words("文件不是完整的电子证照：{detail}。", "Not an intact certificate: {detail}.", *_INTACT),
        "kind-known": Words("类型 {typ}，算法 {alg}。", "Kind {typ}, algorithm {alg}."),
        "kind-refused": Words("文件类型或算法不被接受：{detail}。", "Kind or algorithm refused: {detail}.", *_FORGED),
        "key-trusted": Words(
            "签名密钥属于 {owner}，签发时在有效期内。", "The key is {owner}'s and was in force at the time of issue."
        ),
        "key-unknown": Words("信任列表中没有该签名密钥。", "The trust list does not know the signing key.", *_REFRESH),
        "key-distrusted": Words(
            "该密钥自 {since} 起被宣布失密，签名本身不足以证明。",
            "The key is declared compromised since {since}; its signature alone proves nothing.",
            "请以存证日志中的签发记录核实。",
            "Check the issue against the evidence log.",
        ),
        "key-outside-window": Words(
            "签发时间不在密钥有效期内。", "The key was not in force at the time of issue.", *_FORGED
        ),
        "key-not-issuers": Words(
            "签名密钥不属于文件所称的颁发机构。", "The key is not the named authority's.", *_FORGED
        ),
        "trust-stale": Words("信任列表有效至 {until}，不足以判断。", "The trust list ran out at {until}.", *_REFRESH),
        "alg-unavailable": Words(
            "本机不支持该算法。",
            "This computer cannot run the algorithm.",
            "请换用支持国密算法的环境验证。",
            "Verify where the algorithm is available.",
        ),
        "signature-good": Words("签名与内容一致。", "The signature covers the content."),
        "signature-invalid": Words("签名与内容不符：{detail}。", "The signature does not fit: {detail}.", *_FORGED),
        "identifier-good": Words(
            "证照标识 {identifier} 校验正确，与内容一致。", "The identifier {identifier} is right and fits the content."
        ),
        "identifier-invalid": Words(
            "证照标识或照面内容不一致：{detail}。", "Identifier and content disagree: {detail}.", *_FORGED
        ),
        "type-known": Words("证照类型：{name}。", "Certificate type: {name}."),
        "type-unknown": Words("未知的证照类型 {type}。", "Certificate type {type} is not known.", *_REFRESH),
        "issuer-entitled": Words("{issuer} 有权颁发该类证照。", "{issuer} was entitled to issue this type."),
        "issuer-unknown": Words(
            "信任列表中没有颁发机构 {issuer}。", "The trust list has no issuer {issuer}.", *_REFRESH
        ),
        "issuer-not-entitled": Words(
            "{issuer} 签发时无权颁发该类证照。", "{issuer} was not entitled to issue this type then.", *_FORGED
        ),
        "in-term": Words("在有效期内（{until}）。", "Within its term ({until})."),
        "expired": Words(
            "已过期，到期日 {until}。",
            "Expired; the last valid day was {until}.",
            "请办理延续或换发。",
            "Apply for renewal.",
        ),
        "not-yet-valid": Words(
            "自 {since} 起生效，尚未生效。", "Valid from {since} only.", "请在生效后使用。", "Use it from that day on."
        ),
        "not-yet-issued": Words(
            "该时点证照尚未签发（签发于 {issued}）。",
            "It was issued only at {issued}.",
            "请核对验证时点。",
            "Check the time asked for.",
        ),
        "status-valid": Words("状态有效（截至 {known}）。", "In force (as known at {known})."),
        "status-suspended": Words("证照已被暂扣：{reason}。", "Suspended: {reason_code}.", *_ISSUER),
        "status-superseded": Words(
            "证照已变更，被新版本取代：{reason}。",
            "Replaced by a newer version: {reason_code}.",
            "请出示最新版本。",
            "Present the newest version.",
        ),
        "status-deregistered": Words("证照已注销：{reason}。", "Deregistered: {reason_code}.", *_ISSUER),
        "status-annulled": Words("证照已被撤销：{reason}。", "Annulled: {reason_code}.", *_ISSUER),
        "status-revoked": Words("证照已被吊销：{reason}。", "Revoked: {reason_code}.", *_ISSUER),
        "status-voided": Words("证照已作废：{reason}。", "Voided: {reason_code}.", *_ISSUER),
        "status-transferred": Words("证照已转出：{reason}。", "Transferred out: {reason_code}.", *_ISSUER),
        "status-ended": Words(
            "证照已失效（注销、撤销、吊销或作废）。",
            "Revoked: deregistered, annulled, revoked or voided.",
            *_ISSUER,
        ),
        "status-replaced": Words(
            "证照已变更或转出。",
            "Replaced by a newer version or transferred out.",
            "请出示最新版本。",
            "Present the newest version.",
        ),
        "issuer-name-of-another": Words(
            "所载颁发机构名称（{stated}）现属另一机构；签发机构登记为{issuer}。",
            "The name it gives its issuer ({stated}) is another authority's now; the issuer is registered as {issuer}.",
            *_ISSUER,
        ),
        "status-elsewhere": Words(
            "所载状态位置不是该证照登记的位置。",
            "The entry it names for its status is not the one registered for this certificate.",
            *_FORGED,
        ),
        "status-missing": Words("没有该时点的状态信息。", "There is no status information of that time.", *_STATUS),
        "status-stale": Words("状态信息已过时（{detail}）。", "The status information is stale ({detail}).", *_STATUS),
        "status-refused": Words("状态列表不可信：{detail}。", "The status list is refused: {detail}.", *_STATUS),
        "binding-not-asked": Words("未要求持证主体证明。", "No proof by the holder was asked for."),
        "binding-good": Words("由持证主体本人出示。", "Presented by the holder."),
        "binding-unanswered": Words(
            "文件带有持证主体证明，但未给出应答的质询，无法核对。",
            "The holder's proof cannot be checked without the challenge it answers.",
            "请提供受众与随机数后重新验证。",
            "Verify with the audience and nonce it answers.",
        ),
        "binding-invalid": Words(
            "持证主体证明未通过：{detail}。",
            "The holder's proof is refused: {detail}.",
            "请持证主体重新出示。",
            "Ask the holder to present again.",
        ),
    }
)
