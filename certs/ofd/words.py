"""What verification of a sealed document says to people: names of the eleven steps, and words per code."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from certs.verify_words import Words

STEP_NAMES: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        1: ("解析文件与签章", "Read the document and its seal"),
        2: ("印章本身", "The seal itself"),
        3: ("印章状态与期限", "State and term of the seal"),
        4: ("签章人在印章名单内", "Signer on the seal's list"),
        5: ("签章人证书", "The signer's certificate"),
        6: ("时间戳", "Time stamp"),
        7: ("签章签名", "Signature of the stamp"),
        8: ("签名文件摘要", "Digest of the signature file"),
        9: ("各文件摘要", "Digests of the parts"),
        10: ("保护范围", "Scope of protection"),
        11: ("印章位置", "Place of the seal"),
    }
)

_INTACT = ("请持有人重新提供完整文件。", "Ask for the intact document again.")
_FORGED = ("不予采信，并向签章单位核实。", "Do not rely on it; ask the unit whose seal it bears.")
_REFRESH = ("请更新信任列表与印章登记后重新验证。", "Fetch the current trust list and seal register; verify again.")
_MAKER = ("请用支持该标准的工具验证，或请签章单位重新签章。", "Use a tool for that standard, or have it sealed anew.")
_PROOF = ("请提供可信时间戳或用印记录。", "Provide a trusted time stamp or the log of the seal's use.")

WORDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "not-reached": Words("前一步未通过，未作检查。", "Not examined: an earlier step was not passed."),
        # 1
        "parsed": Words("文件与签章结构完整。", "Document and seal are well formed."),
        "package-irregular": Words(
            "文件格式不规范，各软件可能读出不同内容：{detail}。",
            "Irregular package that programs could read differently: {detail}.",
            *_INTACT,
        ),
        "document-malformed": Words(
            "不是完整的 OFD 文件：{detail}。", "Not an intact OFD document: {detail}.", *_INTACT
        ),
        "seal-malformed": Words("签章数据不符合标准：{detail}。", "The seal data is irregular: {detail}.", *_FORGED),
        "unsealed": Words("文件没有签章。", "The document bears no seal.", *_FORGED),
        "standard-recognised": Words(
            "签章按 {standard} 制作，可识别，未验证。", "Sealed by {standard}: recognised, not verified.", *_MAKER
        ),
        "kind-recognised": Words(
            "数字签名（{kind}）不带印章，可识别，未验证。", "A signature of kind {kind}: not verified.", *_MAKER
        ),
        # 2
        "seal-good": Words("印章由 {maker} 制作，内容未改。", "The seal was made by {maker} and is unchanged."),
        "seal-forged": Words("印章不可信：{detail}。", "The seal is not genuine: {detail}.", *_FORGED),
        "seal-file-differs": Words("印章文件与签章内印章不同。", "Seal.esl is not the seal that was used.", *_FORGED),
        "maker-refused": Words(
            "制章者证书不可用：{detail}。", "The seal maker's certificate fails: {detail}.", *_FORGED
        ),
        "maker-unknown": Words(
            "制章者证书无法确认：{detail}。", "The seal maker cannot be judged: {detail}.", *_REFRESH
        ),
        # 3
        "seal-in-force": Words("签章时印章已启用且在有效期内。", "The seal was in use and in term at the time."),
        "seal-outside-term": Words(
            "签章时间 {time} 不在印章有效期内。", "Sealed at {time}, outside the seal's term.", *_FORGED
        ),
        "seal-not-yet-used": Words(
            "验证时点早于签章时间 {time}。", "Sealed only at {time}.", "请核对验证时点。", "Check the time."
        ),
        "seal-register-missing": Words("没有印章登记信息。", "There is no register of seals.", *_REFRESH),
        "seal-not-on-file": Words("印章 {es_id} 未登记。", "Seal {es_id} is not on file.", *_REFRESH),
        "seal-differs": Words("与登记的印章 {es_id} 不同。", "Not the seal {es_id} that is on file.", *_FORGED),
        "seal-not-in-force": Words("签章时印章状态为{state_zh}。", "The seal was {state} at the time.", *_FORGED),
        "seal-ended-since": Words(
            "印章现已{state_zh}，签章时间未经证明。", "The seal is {state} now and the time is unproven.", *_PROOF
        ),
        # 4
        "signer-listed": Words("签章人证书在印章名单内。", "The seal lists the signer's certificate."),
        "signer-not-listed": Words("签章人无权使用该印章。", "The seal does not list this signer.", *_FORGED),
        "signer-list-unreadable": Words(
            "印章名单的摘要算法无法识别。", "The seal's list has unknown digests.", *_MAKER
        ),
        # 5
        "signer-trusted": Words("签章人证书在签章时有效。", "The signer's certificate was good at the time."),
        "signer-refused": Words("签章人证书不可用：{detail}。", "The signer's certificate fails: {detail}.", *_FORGED),
        "signer-unknown": Words("签章人证书无法确认：{detail}。", "The signer cannot be judged: {detail}.", *_REFRESH),
        "signer-revoked-since": Words(
            "签章人证书现已吊销，签章时间未经证明。", "Revoked since, and the time is unproven.", *_PROOF
        ),
        # 6
        "timestamp-absent": Words("没有时间戳。", "There is no time stamp."),
        "timestamp-good": Words("时间戳证明签章早于 {time}。", "The time stamp proves it existed at {time}."),
        "timestamp-refused": Words("时间戳不可信：{detail}。", "The time stamp fails: {detail}.", *_FORGED),
        "timestamp-contradicts": Words(
            "时间戳 {time} 早于所称签章时间。", "The time stamp {time} is older than the stated time.", *_FORGED
        ),
        "timestamp-unknown": Words(
            "时间戳无法确认：{detail}。", "The time stamp cannot be judged: {detail}.", *_REFRESH
        ),
        # 7, 8
        "signature-good": Words("签名与签章内容一致。", "The signature covers the stamp."),
        "signature-invalid": Words("签名不成立：{detail}。", "The signature fails: {detail}.", *_FORGED),
        "alg-unavailable": Words(
            "本机不支持国密算法。", "This computer has no SM2.", "请换机验证。", "Verify elsewhere."
        ),
        "digest-good": Words("签名文件未改。", "The signature file is unchanged."),
        "digest-differs": Words(
            "签名文件被修改或调换：{detail}。", "The signature file was changed: {detail}.", *_FORGED
        ),
        # 9, 10, 11
        "parts-good": Words("{count} 个文件均未改。", "All {count} parts are unchanged."),
        "part-changed": Words("文件在签章后被修改：{detail}。", "Changed after sealing: {detail}.", *_FORGED),
        "references-refused": Words(
            "保护清单不规范：{detail}。", "The list of parts is irregular: {detail}.", *_FORGED
        ),
        "all-covered": Words("全部内容受签章保护。", "Everything in the document is protected."),
        "uncovered": Words("有未受签章保护的内容：{detail}。", "Not protected by the seal: {detail}.", *_FORGED),
        "place-good": Words("印章位于第 {pages} 页。", "The seal is on page {pages}."),
        "place-invalid": Words("印章位置不成立：{detail}。", "The place of the seal is wrong: {detail}.", *_FORGED),
    }
)
